# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ec2_autoscale_global_optspecs
    string join \n v/verbose no-color h/help V/version
end

function __fish_ec2_autoscale_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ec2_autoscale_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ec2_autoscale_using_subcommand
    set -l cmd (__fish_ec2_autoscale_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -s V -l version -d 'Print version'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "plan" -d 'Show what would be done, and why: changes nothing'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "apply" -d 'Make the plan and carry it out; on a terminal it asks first'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "snapshot" -d 'Write what was seen as JSON, to be replayed with --snapshot'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "explain" -d 'Show one pod, node or group in full: which rule says no'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "schema" -d 'Print the JSON Schema of a document, such as a plan'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l snapshot -d 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l cluster-name -d 'Value of the tag that the cluster\'s groups carry; required for a live run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l kubeconfig -d 'The kubeconfig file; without it as kubectl finds it, then the pod\'s service account' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l context -d 'Context of the kubeconfig; without it the current one' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l lease-namespace -d 'Namespace of the Lease that keeps two applies apart' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l timeout -d 'Longest time for the whole run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l regions -l aws-regions -d 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l aws-access-key -d 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l aws-secret-key -d 'Discouraged likewise; goes with --aws-access-key' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l group-tag -d 'Manage the groups that carry this tag as well; repeated: all of these tags' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l group -d 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l sleep -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l datadog-api-key -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l pod-namespace -d 'Help the pending pods of this namespace only; repeatable; without it all' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l min-priority -d 'Pods of a lower priority never cause a purchase nor keep a node' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l scheduler-name -d 'Help the pods of this scheduler; repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l scheduler-scoring -d 'How the scheduler chooses among nodes: least-allocated (its default) or most-allocated' -r -f -a "least-allocated\t''
most-allocated\t''"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l only-group -d 'Touch this group and its nodes only; repeatable; without it all' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l instance-init-time -d 'Longest time from the launch of an instance to a Ready node' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l backoff -d 'How long a group is left alone after a launch of it failed' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l over-provision -d 'Extra nodes for each group that is scaled up' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-scale-up -d 'Most new nodes in one run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l expander -d 'How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l seed -d 'Another number, other lots of the expander random' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-nodes-total -d 'Buy nothing above so many nodes in the whole cluster' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-cpu -d 'Buy nothing above so much cpu that pods may request of all nodes together' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-memory -d 'Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l packing -d 'Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)' -r -f -a "dense\t''
scheduler\t''"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l idle-threshold -d 'How long a node must have been idle to go' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l min-node-age -d 'Younger nodes stay' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l type-idle-count -d 'Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l type-idle-threshold -d 'How long spare idle nodes of a shape are kept [default: 7d]' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l launch-hour-threshold -d 'Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l drain-utilization -d 'Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l drain-grace -d 'Pods placed more lately are not evicted' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l drain-timeout -d 'A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-parallel-drains -d 'Most nodes that are drained at a time' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-scale-in-fraction -d 'Most managed nodes that go in one run, as a fraction of them, rounded up' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l cordon-settle -d 'Least time between the cordon of a node and its termination, in a later run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l dead-after -d 'A node that is not Ready for so long looks dead' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-dead-fraction -d 'When a larger fraction of the nodes, and more than 3, look dead, none is removed' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l max-pods -d 'Pods that a new node takes; without it what the network interfaces of its type allow' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l vm-memory-overhead -d 'Fraction of an instance\'s memory that the hypervisor keeps' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l startup-taint -d 'Key of a further taint that nodes carry only while they start; repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -s o -l output -d 'table or json' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l out -d 'Write the plan to this file as well: the bytes of plan -o json' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l demo -d 'Plan from the example in the program: no cluster and no AWS account needed'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l use-aws-iam-role -d 'Not needed: ignored with a note'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l numeric-tolerations -d 'The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l no-scale-up -l no-scale -d 'Add no nodes'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l balance-similar-groups -d 'Spread new nodes over groups that differ only in their zone'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l allow-uncertain-zone -d 'Buy for a pod that needs one zone in a group that may launch in others, too'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l revert-unfilled -d 'Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l no-scale-in -l no-maintenance -d 'Remove no nodes'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l consolidate -d 'Drain every node whose pods fit on the others'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l detailed-exitcode -d 'Exit with 2 when there are changes; idle marks alone are none'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l apply -d 'Carry the plan out: the same as the command apply'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -s y -l yes -d 'Do not ask on a terminal'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l wait -d 'Stay until the nodes that were cordoned or drained are terminated; pods are waited for at most for --drain-timeout'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l beside-cluster-autoscaler -d 'Go on although Cluster Autoscaler is at work in the cluster: only when it manages other groups'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand plan" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l cluster-name -d 'Value of the tag that the cluster\'s groups carry; required for a live run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l kubeconfig -d 'The kubeconfig file; without it as kubectl finds it, then the pod\'s service account' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l context -d 'Context of the kubeconfig; without it the current one' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l lease-namespace -d 'Namespace of the Lease that keeps two applies apart' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l timeout -d 'Longest time for the whole run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l regions -l aws-regions -d 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l aws-access-key -d 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l aws-secret-key -d 'Discouraged likewise; goes with --aws-access-key' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l group-tag -d 'Manage the groups that carry this tag as well; repeated: all of these tags' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l group -d 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l sleep -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l datadog-api-key -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l pod-namespace -d 'Help the pending pods of this namespace only; repeatable; without it all' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l min-priority -d 'Pods of a lower priority never cause a purchase nor keep a node' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l scheduler-name -d 'Help the pods of this scheduler; repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l scheduler-scoring -d 'How the scheduler chooses among nodes: least-allocated (its default) or most-allocated' -r -f -a "least-allocated\t''
most-allocated\t''"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l only-group -d 'Touch this group and its nodes only; repeatable; without it all' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l instance-init-time -d 'Longest time from the launch of an instance to a Ready node' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l backoff -d 'How long a group is left alone after a launch of it failed' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l over-provision -d 'Extra nodes for each group that is scaled up' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-scale-up -d 'Most new nodes in one run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l expander -d 'How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l seed -d 'Another number, other lots of the expander random' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-nodes-total -d 'Buy nothing above so many nodes in the whole cluster' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-cpu -d 'Buy nothing above so much cpu that pods may request of all nodes together' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-memory -d 'Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l packing -d 'Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)' -r -f -a "dense\t''
scheduler\t''"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l idle-threshold -d 'How long a node must have been idle to go' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l min-node-age -d 'Younger nodes stay' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l type-idle-count -d 'Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l type-idle-threshold -d 'How long spare idle nodes of a shape are kept [default: 7d]' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l launch-hour-threshold -d 'Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l drain-utilization -d 'Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l drain-grace -d 'Pods placed more lately are not evicted' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l drain-timeout -d 'A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-parallel-drains -d 'Most nodes that are drained at a time' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-scale-in-fraction -d 'Most managed nodes that go in one run, as a fraction of them, rounded up' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l cordon-settle -d 'Least time between the cordon of a node and its termination, in a later run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l dead-after -d 'A node that is not Ready for so long looks dead' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-dead-fraction -d 'When a larger fraction of the nodes, and more than 3, look dead, none is removed' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l max-pods -d 'Pods that a new node takes; without it what the network interfaces of its type allow' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l vm-memory-overhead -d 'Fraction of an instance\'s memory that the hypervisor keeps' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l startup-taint -d 'Key of a further taint that nodes carry only while they start; repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -s o -l output -d 'table or json' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l out -d 'Write the plan to this file as well: the bytes of plan -o json' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l snapshot -d 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l use-aws-iam-role -d 'Not needed: ignored with a note'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l numeric-tolerations -d 'The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l no-scale-up -l no-scale -d 'Add no nodes'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l balance-similar-groups -d 'Spread new nodes over groups that differ only in their zone'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l allow-uncertain-zone -d 'Buy for a pod that needs one zone in a group that may launch in others, too'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l revert-unfilled -d 'Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l no-scale-in -l no-maintenance -d 'Remove no nodes'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l consolidate -d 'Drain every node whose pods fit on the others'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -s y -l yes -d 'Do not ask on a terminal'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l wait -d 'Stay until the nodes that were cordoned or drained are terminated; pods are waited for at most for --drain-timeout'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l beside-cluster-autoscaler -d 'Go on although Cluster Autoscaler is at work in the cluster: only when it manages other groups'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l dry-run -d 'Change nothing: the same as the command plan'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l demo -d 'Plan from the example in the program: no cluster and no AWS account needed'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l detailed-exitcode -d 'Exit with 2 when there are changes; idle marks alone are none'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand apply" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l snapshot -d 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l cluster-name -d 'Value of the tag that the cluster\'s groups carry; required for a live run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l kubeconfig -d 'The kubeconfig file; without it as kubectl finds it, then the pod\'s service account' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l context -d 'Context of the kubeconfig; without it the current one' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l lease-namespace -d 'Namespace of the Lease that keeps two applies apart' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l timeout -d 'Longest time for the whole run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l regions -l aws-regions -d 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l aws-access-key -d 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l aws-secret-key -d 'Discouraged likewise; goes with --aws-access-key' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l group-tag -d 'Manage the groups that carry this tag as well; repeated: all of these tags' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l group -d 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l sleep -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l datadog-api-key -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l out -d 'Write to this file instead of standard output; compressed when it ends in .gz' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l demo -d 'Plan from the example in the program: no cluster and no AWS account needed'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l use-aws-iam-role -d 'Not needed: ignored with a note'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand snapshot" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l snapshot -d 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l cluster-name -d 'Value of the tag that the cluster\'s groups carry; required for a live run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l kubeconfig -d 'The kubeconfig file; without it as kubectl finds it, then the pod\'s service account' -r -F
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l context -d 'Context of the kubeconfig; without it the current one' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l lease-namespace -d 'Namespace of the Lease that keeps two applies apart' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l timeout -d 'Longest time for the whole run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l regions -l aws-regions -d 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l aws-access-key -d 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l aws-secret-key -d 'Discouraged likewise; goes with --aws-access-key' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l group-tag -d 'Manage the groups that carry this tag as well; repeated: all of these tags' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l group -d 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l sleep -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l datadog-api-key -d 'Refused' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l pod-namespace -d 'Help the pending pods of this namespace only; repeatable; without it all' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l min-priority -d 'Pods of a lower priority never cause a purchase nor keep a node' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l scheduler-name -d 'Help the pods of this scheduler; repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l scheduler-scoring -d 'How the scheduler chooses among nodes: least-allocated (its default) or most-allocated' -r -f -a "least-allocated\t''
most-allocated\t''"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l only-group -d 'Touch this group and its nodes only; repeatable; without it all' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l instance-init-time -d 'Longest time from the launch of an instance to a Ready node' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l backoff -d 'How long a group is left alone after a launch of it failed' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l over-provision -d 'Extra nodes for each group that is scaled up' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-scale-up -d 'Most new nodes in one run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l expander -d 'How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l seed -d 'Another number, other lots of the expander random' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-nodes-total -d 'Buy nothing above so many nodes in the whole cluster' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-cpu -d 'Buy nothing above so much cpu that pods may request of all nodes together' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-memory -d 'Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l packing -d 'Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)' -r -f -a "dense\t''
scheduler\t''"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l idle-threshold -d 'How long a node must have been idle to go' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l min-node-age -d 'Younger nodes stay' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l type-idle-count -d 'Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l type-idle-threshold -d 'How long spare idle nodes of a shape are kept [default: 7d]' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l launch-hour-threshold -d 'Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l drain-utilization -d 'Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l drain-grace -d 'Pods placed more lately are not evicted' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l drain-timeout -d 'A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-parallel-drains -d 'Most nodes that are drained at a time' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-scale-in-fraction -d 'Most managed nodes that go in one run, as a fraction of them, rounded up' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l cordon-settle -d 'Least time between the cordon of a node and its termination, in a later run' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l dead-after -d 'A node that is not Ready for so long looks dead' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-dead-fraction -d 'When a larger fraction of the nodes, and more than 3, look dead, none is removed' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l max-pods -d 'Pods that a new node takes; without it what the network interfaces of its type allow' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l vm-memory-overhead -d 'Fraction of an instance\'s memory that the hypervisor keeps' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l startup-taint -d 'Key of a further taint that nodes carry only while they start; repeatable' -r
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -s o -l output -d 'table or json' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l demo -d 'Plan from the example in the program: no cluster and no AWS account needed'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l use-aws-iam-role -d 'Not needed: ignored with a note'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l numeric-tolerations -d 'The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l no-scale-up -l no-scale -d 'Add no nodes'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l balance-similar-groups -d 'Spread new nodes over groups that differ only in their zone'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l allow-uncertain-zone -d 'Buy for a pod that needs one zone in a group that may launch in others, too'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l revert-unfilled -d 'Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l no-scale-in -l no-maintenance -d 'Remove no nodes'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l consolidate -d 'Drain every node whose pods fit on the others'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand explain" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand schema" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand schema" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand schema" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand completions" -s v -l verbose -d 'Log to standard error; -vv and -vvv say more'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand completions" -l no-color -d 'No colour; the variable NO_COLOR does the same'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand completions" -s h -l help -d 'Print help'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "plan" -d 'Show what would be done, and why: changes nothing'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "apply" -d 'Make the plan and carry it out; on a terminal it asks first'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "snapshot" -d 'Write what was seen as JSON, to be replayed with --snapshot'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "explain" -d 'Show one pod, node or group in full: which rule says no'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "schema" -d 'Print the JSON Schema of a document, such as a plan'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c ec2-autoscale -n "__fish_ec2_autoscale_using_subcommand help; and not __fish_seen_subcommand_from plan apply snapshot explain schema completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
