//! The words of sentences that clouds, schedulers and this program write, which show nothing of a
//! cluster.

/// The words of what EC2, Auto Scaling, kube-scheduler and this program report, in small letters.
const VOCABULARY: &str = "\
    a about access account action activity add additional address affinity after again all allocatable allocate allowed already also \
    am an and another anti any api are arm64 amd64 as asg asked assume at attach attempt authorized auto autoscaling auto-scaling \
    available availability away backoff balance balancing be because been before below between bound busy but by call calls can \
    cannot capacity cause certificate change changed check claim claims cloud cluster code conflict connect connection \
    container could couldn cpu create created current currently custom daemonset deadline delete deleted deny describe desired \
    device devices did didn different disk do does doesn don done due each ec2 ecs either eks elapsed encoded end ended \
    ephemeral-storage error event exceeded exist exists expected explicit failed failure false fit fleet for forbidden found \
    free from full get gpu group groups had has have host hour http https identity iam if image in inactive increase \
    incoming insufficient instance instances internal invalid io is isn it its key label labels larger launch launched \
    launching lease least left less limit limits list loadbalancer longer lost machine machines many match matched max maximum may \
    memory message min minimum more most much must name named namespace need needs network never new no node nodes none \
    not number object of offered on on-demand one only operation or other others our out parameter parallel part per \
    perform permission permissions persistentvolume persistentvolumeclaim persistentvolumeclaims placed placement please pod \
    pods policy port ports preempt preemption presumed price process processes provided provisioning quota rate reached \
    read ready reason refused rejected remaining remove replace replaced request requested requests required reservation \
    resource resources response restrictions retry role rolled rule rules running s same scale scaling schedule scheduled \
    scheduler scheduling selector server service set shared shortly should simultaneous size small so some specified specify \
    specifying spot spread start started starting state status still stop stopped subnet subnets successful such sufficient \
    support supported suspended system t taint tainted taints template templates terminate terminated terminating than that the their \
    them then there these they this throttled throttling time timed timeout times to toleration tolerate tolerated too \
    topology true try type types unavailable unauthorized unbound unhealthy unknown unreachable unschedulable unsupported \
    until untolerated update us use used user using vcpu vcpus version victims volume volumes wait waiting was we were when \
    where which while will with without working would yes you your zone zones";

/// Whether a word, in small letters, is one of them.
pub(crate) fn is_word(word: &str) -> bool {
    VOCABULARY.split_whitespace().any(|known| known == word)
}
