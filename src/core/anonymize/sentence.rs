//! Sentences of clouds, schedulers and people, of which known words alone stay.

/// What stands in place of a word that is not known.
const HIDDEN: &str = "…";
/// The words of what EC2, Auto Scaling, kube-scheduler and this program report. A word that is also
/// a name of the cluster is replaced all the same.
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
/// Numbers of more digits than this may be ids.
const MOST_DIGITS: usize = 5;

/// Returns a sentence in which `renamed` stands for what it knows.
pub(super) fn anonymized(sentence: &str, renamed: impl Fn(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some(first) = rest.chars().next() {
        if belongs_to_a_word(first) {
            let end = rest.find(|letter| !belongs_to_a_word(letter)).unwrap_or(rest.len());
            // A full stop or a hyphen at the end is none of a name.
            let word = rest[..end].trim_end_matches(['.', '-', '_', '\'']);
            let word = if word.is_empty() { &rest[..end] } else { word };
            written.push_str(&in_place_of(word, &renamed));
            rest = &rest[word.len()..];
        } else {
            written.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    written
}

fn belongs_to_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '\'')
}

fn in_place_of(word: &str, renamed: &impl Fn(&str) -> Option<String>) -> String {
    if let Some(renamed) = renamed(word) {
        return renamed;
    }
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && word.len() <= MOST_DIGITS;
    let is_mark = !word.chars().any(char::is_alphanumeric);
    let is_known =
        |part: &str| part.is_empty() || VOCABULARY.split_whitespace().any(|known| known == part.to_ascii_lowercase());
    if is_number || is_mark || word.split('\'').all(is_known) { word.to_owned() } else { HIDDEN.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_hidden_and_names_are_replaced() {
        let renamed = |word: &str| (word == "falcon-1").then(|| "n1".to_owned());
        let anonymized = |sentence: &str| super::anonymized(sentence, renamed);
        assert_eq!(anonymized("Instances of falcon-1 didn't start."), "Instances of n1 didn't start.");
        assert_eq!(
            anonymized("User: arn:aws:iam::123456789012:user/alice is not authorized"),
            "User: …:…:iam::…:user/… is not authorized"
        );
        assert_eq!(anonymized("0/5 nodes are available: 5 Insufficient cpu."), "0/5 nodes are available: 5 Insufficient cpu.");
    }
}
