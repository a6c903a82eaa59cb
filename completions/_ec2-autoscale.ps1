
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'ec2-autoscale' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'ec2-autoscale'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'ec2-autoscale' {
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what would be done, and why: changes nothing')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Make the plan and carry it out; on a terminal it asks first')
            [CompletionResult]::new('snapshot', 'snapshot', [CompletionResultType]::ParameterValue, 'Write what was seen as JSON, to be replayed with --snapshot')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show one pod, node or group in full: which rule says no')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of a document, such as a plan')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ec2-autoscale;plan' {
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood')
            [CompletionResult]::new('--cluster-name', '--cluster-name', [CompletionResultType]::ParameterName, 'Value of the tag that the cluster''s groups carry; required for a live run')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file; without it as kubectl finds it, then the pod''s service account')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Context of the kubeconfig; without it the current one')
            [CompletionResult]::new('--lease-namespace', '--lease-namespace', [CompletionResultType]::ParameterName, 'Namespace of the Lease that keeps two applies apart')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for the whole run')
            [CompletionResult]::new('--regions', '--regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-regions', '--aws-regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-access-key', '--aws-access-key', [CompletionResultType]::ParameterName, 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role')
            [CompletionResult]::new('--aws-secret-key', '--aws-secret-key', [CompletionResultType]::ParameterName, 'Discouraged likewise; goes with --aws-access-key')
            [CompletionResult]::new('--group-tag', '--group-tag', [CompletionResultType]::ParameterName, 'Manage the groups that carry this tag as well; repeated: all of these tags')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable')
            [CompletionResult]::new('--sleep', '--sleep', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--datadog-api-key', '--datadog-api-key', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--pod-namespace', '--pod-namespace', [CompletionResultType]::ParameterName, 'Help the pending pods of this namespace only; repeatable; without it all')
            [CompletionResult]::new('--min-priority', '--min-priority', [CompletionResultType]::ParameterName, 'Pods of a lower priority never cause a purchase nor keep a node')
            [CompletionResult]::new('--scheduler-name', '--scheduler-name', [CompletionResultType]::ParameterName, 'Help the pods of this scheduler; repeatable')
            [CompletionResult]::new('--scheduler-scoring', '--scheduler-scoring', [CompletionResultType]::ParameterName, 'How the scheduler chooses among nodes: least-allocated (its default) or most-allocated')
            [CompletionResult]::new('--only-group', '--only-group', [CompletionResultType]::ParameterName, 'Touch this group and its nodes only; repeatable; without it all')
            [CompletionResult]::new('--instance-init-time', '--instance-init-time', [CompletionResultType]::ParameterName, 'Longest time from the launch of an instance to a Ready node')
            [CompletionResult]::new('--backoff', '--backoff', [CompletionResultType]::ParameterName, 'How long a group is left alone after a launch of it failed')
            [CompletionResult]::new('--over-provision', '--over-provision', [CompletionResultType]::ParameterName, 'Extra nodes for each group that is scaled up')
            [CompletionResult]::new('--max-scale-up', '--max-scale-up', [CompletionResultType]::ParameterName, 'Most new nodes in one run')
            [CompletionResult]::new('--expander', '--expander', [CompletionResultType]::ParameterName, 'How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Another number, other lots of the expander random')
            [CompletionResult]::new('--max-nodes-total', '--max-nodes-total', [CompletionResultType]::ParameterName, 'Buy nothing above so many nodes in the whole cluster')
            [CompletionResult]::new('--max-cpu', '--max-cpu', [CompletionResultType]::ParameterName, 'Buy nothing above so much cpu that pods may request of all nodes together')
            [CompletionResult]::new('--max-memory', '--max-memory', [CompletionResultType]::ParameterName, 'Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti')
            [CompletionResult]::new('--packing', '--packing', [CompletionResultType]::ParameterName, 'Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)')
            [CompletionResult]::new('--idle-threshold', '--idle-threshold', [CompletionResultType]::ParameterName, 'How long a node must have been idle to go')
            [CompletionResult]::new('--min-node-age', '--min-node-age', [CompletionResultType]::ParameterName, 'Younger nodes stay')
            [CompletionResult]::new('--type-idle-count', '--type-idle-count', [CompletionResultType]::ParameterName, 'Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given')
            [CompletionResult]::new('--type-idle-threshold', '--type-idle-threshold', [CompletionResultType]::ParameterName, 'How long spare idle nodes of a shape are kept [default: 7d]')
            [CompletionResult]::new('--launch-hour-threshold', '--launch-hour-threshold', [CompletionResultType]::ParameterName, 'Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off')
            [CompletionResult]::new('--drain-utilization', '--drain-utilization', [CompletionResultType]::ParameterName, 'Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off')
            [CompletionResult]::new('--drain-grace', '--drain-grace', [CompletionResultType]::ParameterName, 'Pods placed more lately are not evicted')
            [CompletionResult]::new('--drain-timeout', '--drain-timeout', [CompletionResultType]::ParameterName, 'A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes')
            [CompletionResult]::new('--max-parallel-drains', '--max-parallel-drains', [CompletionResultType]::ParameterName, 'Most nodes that are drained at a time')
            [CompletionResult]::new('--max-scale-in-fraction', '--max-scale-in-fraction', [CompletionResultType]::ParameterName, 'Most managed nodes that go in one run, as a fraction of them, rounded up')
            [CompletionResult]::new('--cordon-settle', '--cordon-settle', [CompletionResultType]::ParameterName, 'Least time between the cordon of a node and its termination, in a later run')
            [CompletionResult]::new('--dead-after', '--dead-after', [CompletionResultType]::ParameterName, 'A node that is not Ready for so long looks dead')
            [CompletionResult]::new('--max-dead-fraction', '--max-dead-fraction', [CompletionResultType]::ParameterName, 'When a larger fraction of the nodes, and more than 3, look dead, none is removed')
            [CompletionResult]::new('--max-pods', '--max-pods', [CompletionResultType]::ParameterName, 'Pods that a new node takes; without it what the network interfaces of its type allow')
            [CompletionResult]::new('--vm-memory-overhead', '--vm-memory-overhead', [CompletionResultType]::ParameterName, 'Fraction of an instance''s memory that the hypervisor keeps')
            [CompletionResult]::new('--startup-taint', '--startup-taint', [CompletionResultType]::ParameterName, 'Key of a further taint that nodes carry only while they start; repeatable')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'table or json')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'table or json')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the plan to this file as well: the bytes of plan -o json')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Plan from the example in the program: no cluster and no AWS account needed')
            [CompletionResult]::new('--use-aws-iam-role', '--use-aws-iam-role', [CompletionResultType]::ParameterName, 'Not needed: ignored with a note')
            [CompletionResult]::new('--numeric-tolerations', '--numeric-tolerations', [CompletionResultType]::ParameterName, 'The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)')
            [CompletionResult]::new('--no-scale-up', '--no-scale-up', [CompletionResultType]::ParameterName, 'Add no nodes')
            [CompletionResult]::new('--no-scale', '--no-scale', [CompletionResultType]::ParameterName, 'Add no nodes')
            [CompletionResult]::new('--balance-similar-groups', '--balance-similar-groups', [CompletionResultType]::ParameterName, 'Spread new nodes over groups that differ only in their zone')
            [CompletionResult]::new('--allow-uncertain-zone', '--allow-uncertain-zone', [CompletionResultType]::ParameterName, 'Buy for a pod that needs one zone in a group that may launch in others, too')
            [CompletionResult]::new('--revert-unfilled', '--revert-unfilled', [CompletionResultType]::ParameterName, 'Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in')
            [CompletionResult]::new('--no-scale-in', '--no-scale-in', [CompletionResultType]::ParameterName, 'Remove no nodes')
            [CompletionResult]::new('--no-maintenance', '--no-maintenance', [CompletionResultType]::ParameterName, 'Remove no nodes')
            [CompletionResult]::new('--consolidate', '--consolidate', [CompletionResultType]::ParameterName, 'Drain every node whose pods fit on the others')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Exit with 2 when there are changes; idle marks alone are none')
            [CompletionResult]::new('--apply', '--apply', [CompletionResultType]::ParameterName, 'Carry the plan out: the same as the command apply')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask on a terminal')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask on a terminal')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Stay until the nodes that were cordoned or drained are terminated; pods are waited for at most for --drain-timeout')
            [CompletionResult]::new('--beside-cluster-autoscaler', '--beside-cluster-autoscaler', [CompletionResultType]::ParameterName, 'Go on although Cluster Autoscaler is at work in the cluster: only when it manages other groups')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ec2-autoscale;apply' {
            [CompletionResult]::new('--cluster-name', '--cluster-name', [CompletionResultType]::ParameterName, 'Value of the tag that the cluster''s groups carry; required for a live run')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file; without it as kubectl finds it, then the pod''s service account')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Context of the kubeconfig; without it the current one')
            [CompletionResult]::new('--lease-namespace', '--lease-namespace', [CompletionResultType]::ParameterName, 'Namespace of the Lease that keeps two applies apart')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for the whole run')
            [CompletionResult]::new('--regions', '--regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-regions', '--aws-regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-access-key', '--aws-access-key', [CompletionResultType]::ParameterName, 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role')
            [CompletionResult]::new('--aws-secret-key', '--aws-secret-key', [CompletionResultType]::ParameterName, 'Discouraged likewise; goes with --aws-access-key')
            [CompletionResult]::new('--group-tag', '--group-tag', [CompletionResultType]::ParameterName, 'Manage the groups that carry this tag as well; repeated: all of these tags')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable')
            [CompletionResult]::new('--sleep', '--sleep', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--datadog-api-key', '--datadog-api-key', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--pod-namespace', '--pod-namespace', [CompletionResultType]::ParameterName, 'Help the pending pods of this namespace only; repeatable; without it all')
            [CompletionResult]::new('--min-priority', '--min-priority', [CompletionResultType]::ParameterName, 'Pods of a lower priority never cause a purchase nor keep a node')
            [CompletionResult]::new('--scheduler-name', '--scheduler-name', [CompletionResultType]::ParameterName, 'Help the pods of this scheduler; repeatable')
            [CompletionResult]::new('--scheduler-scoring', '--scheduler-scoring', [CompletionResultType]::ParameterName, 'How the scheduler chooses among nodes: least-allocated (its default) or most-allocated')
            [CompletionResult]::new('--only-group', '--only-group', [CompletionResultType]::ParameterName, 'Touch this group and its nodes only; repeatable; without it all')
            [CompletionResult]::new('--instance-init-time', '--instance-init-time', [CompletionResultType]::ParameterName, 'Longest time from the launch of an instance to a Ready node')
            [CompletionResult]::new('--backoff', '--backoff', [CompletionResultType]::ParameterName, 'How long a group is left alone after a launch of it failed')
            [CompletionResult]::new('--over-provision', '--over-provision', [CompletionResultType]::ParameterName, 'Extra nodes for each group that is scaled up')
            [CompletionResult]::new('--max-scale-up', '--max-scale-up', [CompletionResultType]::ParameterName, 'Most new nodes in one run')
            [CompletionResult]::new('--expander', '--expander', [CompletionResultType]::ParameterName, 'How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Another number, other lots of the expander random')
            [CompletionResult]::new('--max-nodes-total', '--max-nodes-total', [CompletionResultType]::ParameterName, 'Buy nothing above so many nodes in the whole cluster')
            [CompletionResult]::new('--max-cpu', '--max-cpu', [CompletionResultType]::ParameterName, 'Buy nothing above so much cpu that pods may request of all nodes together')
            [CompletionResult]::new('--max-memory', '--max-memory', [CompletionResultType]::ParameterName, 'Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti')
            [CompletionResult]::new('--packing', '--packing', [CompletionResultType]::ParameterName, 'Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)')
            [CompletionResult]::new('--idle-threshold', '--idle-threshold', [CompletionResultType]::ParameterName, 'How long a node must have been idle to go')
            [CompletionResult]::new('--min-node-age', '--min-node-age', [CompletionResultType]::ParameterName, 'Younger nodes stay')
            [CompletionResult]::new('--type-idle-count', '--type-idle-count', [CompletionResultType]::ParameterName, 'Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given')
            [CompletionResult]::new('--type-idle-threshold', '--type-idle-threshold', [CompletionResultType]::ParameterName, 'How long spare idle nodes of a shape are kept [default: 7d]')
            [CompletionResult]::new('--launch-hour-threshold', '--launch-hour-threshold', [CompletionResultType]::ParameterName, 'Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off')
            [CompletionResult]::new('--drain-utilization', '--drain-utilization', [CompletionResultType]::ParameterName, 'Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off')
            [CompletionResult]::new('--drain-grace', '--drain-grace', [CompletionResultType]::ParameterName, 'Pods placed more lately are not evicted')
            [CompletionResult]::new('--drain-timeout', '--drain-timeout', [CompletionResultType]::ParameterName, 'A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes')
            [CompletionResult]::new('--max-parallel-drains', '--max-parallel-drains', [CompletionResultType]::ParameterName, 'Most nodes that are drained at a time')
            [CompletionResult]::new('--max-scale-in-fraction', '--max-scale-in-fraction', [CompletionResultType]::ParameterName, 'Most managed nodes that go in one run, as a fraction of them, rounded up')
            [CompletionResult]::new('--cordon-settle', '--cordon-settle', [CompletionResultType]::ParameterName, 'Least time between the cordon of a node and its termination, in a later run')
            [CompletionResult]::new('--dead-after', '--dead-after', [CompletionResultType]::ParameterName, 'A node that is not Ready for so long looks dead')
            [CompletionResult]::new('--max-dead-fraction', '--max-dead-fraction', [CompletionResultType]::ParameterName, 'When a larger fraction of the nodes, and more than 3, look dead, none is removed')
            [CompletionResult]::new('--max-pods', '--max-pods', [CompletionResultType]::ParameterName, 'Pods that a new node takes; without it what the network interfaces of its type allow')
            [CompletionResult]::new('--vm-memory-overhead', '--vm-memory-overhead', [CompletionResultType]::ParameterName, 'Fraction of an instance''s memory that the hypervisor keeps')
            [CompletionResult]::new('--startup-taint', '--startup-taint', [CompletionResultType]::ParameterName, 'Key of a further taint that nodes carry only while they start; repeatable')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'table or json')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'table or json')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the plan to this file as well: the bytes of plan -o json')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood')
            [CompletionResult]::new('--use-aws-iam-role', '--use-aws-iam-role', [CompletionResultType]::ParameterName, 'Not needed: ignored with a note')
            [CompletionResult]::new('--numeric-tolerations', '--numeric-tolerations', [CompletionResultType]::ParameterName, 'The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)')
            [CompletionResult]::new('--no-scale-up', '--no-scale-up', [CompletionResultType]::ParameterName, 'Add no nodes')
            [CompletionResult]::new('--no-scale', '--no-scale', [CompletionResultType]::ParameterName, 'Add no nodes')
            [CompletionResult]::new('--balance-similar-groups', '--balance-similar-groups', [CompletionResultType]::ParameterName, 'Spread new nodes over groups that differ only in their zone')
            [CompletionResult]::new('--allow-uncertain-zone', '--allow-uncertain-zone', [CompletionResultType]::ParameterName, 'Buy for a pod that needs one zone in a group that may launch in others, too')
            [CompletionResult]::new('--revert-unfilled', '--revert-unfilled', [CompletionResultType]::ParameterName, 'Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in')
            [CompletionResult]::new('--no-scale-in', '--no-scale-in', [CompletionResultType]::ParameterName, 'Remove no nodes')
            [CompletionResult]::new('--no-maintenance', '--no-maintenance', [CompletionResultType]::ParameterName, 'Remove no nodes')
            [CompletionResult]::new('--consolidate', '--consolidate', [CompletionResultType]::ParameterName, 'Drain every node whose pods fit on the others')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask on a terminal')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask on a terminal')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Stay until the nodes that were cordoned or drained are terminated; pods are waited for at most for --drain-timeout')
            [CompletionResult]::new('--beside-cluster-autoscaler', '--beside-cluster-autoscaler', [CompletionResultType]::ParameterName, 'Go on although Cluster Autoscaler is at work in the cluster: only when it manages other groups')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Change nothing: the same as the command plan')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Plan from the example in the program: no cluster and no AWS account needed')
            [CompletionResult]::new('--detailed-exitcode', '--detailed-exitcode', [CompletionResultType]::ParameterName, 'Exit with 2 when there are changes; idle marks alone are none')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ec2-autoscale;snapshot' {
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood')
            [CompletionResult]::new('--cluster-name', '--cluster-name', [CompletionResultType]::ParameterName, 'Value of the tag that the cluster''s groups carry; required for a live run')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file; without it as kubectl finds it, then the pod''s service account')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Context of the kubeconfig; without it the current one')
            [CompletionResult]::new('--lease-namespace', '--lease-namespace', [CompletionResultType]::ParameterName, 'Namespace of the Lease that keeps two applies apart')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for the whole run')
            [CompletionResult]::new('--regions', '--regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-regions', '--aws-regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-access-key', '--aws-access-key', [CompletionResultType]::ParameterName, 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role')
            [CompletionResult]::new('--aws-secret-key', '--aws-secret-key', [CompletionResultType]::ParameterName, 'Discouraged likewise; goes with --aws-access-key')
            [CompletionResult]::new('--group-tag', '--group-tag', [CompletionResultType]::ParameterName, 'Manage the groups that carry this tag as well; repeated: all of these tags')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable')
            [CompletionResult]::new('--sleep', '--sleep', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--datadog-api-key', '--datadog-api-key', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output; compressed when it ends in .gz')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Plan from the example in the program: no cluster and no AWS account needed')
            [CompletionResult]::new('--use-aws-iam-role', '--use-aws-iam-role', [CompletionResultType]::ParameterName, 'Not needed: ignored with a note')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ec2-autoscale;explain' {
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Plan from this snapshot instead of a cluster; - is standard input, .gz is understood')
            [CompletionResult]::new('--cluster-name', '--cluster-name', [CompletionResultType]::ParameterName, 'Value of the tag that the cluster''s groups carry; required for a live run')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file; without it as kubectl finds it, then the pod''s service account')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Context of the kubeconfig; without it the current one')
            [CompletionResult]::new('--lease-namespace', '--lease-namespace', [CompletionResultType]::ParameterName, 'Namespace of the Lease that keeps two applies apart')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for the whole run')
            [CompletionResult]::new('--regions', '--regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-regions', '--aws-regions', [CompletionResultType]::ParameterName, 'Regions, comma-separated, the preferred one first; without it the region of the AWS profile or environment')
            [CompletionResult]::new('--aws-access-key', '--aws-access-key', [CompletionResultType]::ParameterName, 'Discouraged, as others can read it in the list of processes: use the AWS environment, a profile or a role')
            [CompletionResult]::new('--aws-secret-key', '--aws-secret-key', [CompletionResultType]::ParameterName, 'Discouraged likewise; goes with --aws-access-key')
            [CompletionResult]::new('--group-tag', '--group-tag', [CompletionResultType]::ParameterName, 'Manage the groups that carry this tag as well; repeated: all of these tags')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Manage this group as well, perhaps within tighter limits (in units of its capacity); repeatable')
            [CompletionResult]::new('--sleep', '--sleep', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--datadog-api-key', '--datadog-api-key', [CompletionResultType]::ParameterName, 'Refused')
            [CompletionResult]::new('--pod-namespace', '--pod-namespace', [CompletionResultType]::ParameterName, 'Help the pending pods of this namespace only; repeatable; without it all')
            [CompletionResult]::new('--min-priority', '--min-priority', [CompletionResultType]::ParameterName, 'Pods of a lower priority never cause a purchase nor keep a node')
            [CompletionResult]::new('--scheduler-name', '--scheduler-name', [CompletionResultType]::ParameterName, 'Help the pods of this scheduler; repeatable')
            [CompletionResult]::new('--scheduler-scoring', '--scheduler-scoring', [CompletionResultType]::ParameterName, 'How the scheduler chooses among nodes: least-allocated (its default) or most-allocated')
            [CompletionResult]::new('--only-group', '--only-group', [CompletionResultType]::ParameterName, 'Touch this group and its nodes only; repeatable; without it all')
            [CompletionResult]::new('--instance-init-time', '--instance-init-time', [CompletionResultType]::ParameterName, 'Longest time from the launch of an instance to a Ready node')
            [CompletionResult]::new('--backoff', '--backoff', [CompletionResultType]::ParameterName, 'How long a group is left alone after a launch of it failed')
            [CompletionResult]::new('--over-provision', '--over-provision', [CompletionResultType]::ParameterName, 'Extra nodes for each group that is scaled up')
            [CompletionResult]::new('--max-scale-up', '--max-scale-up', [CompletionResultType]::ParameterName, 'Most new nodes in one run')
            [CompletionResult]::new('--expander', '--expander', [CompletionResultType]::ParameterName, 'How groups are ranked: a list of priority, region, single-zone, spot, least-waste, most-pods, least-nodes, random')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Another number, other lots of the expander random')
            [CompletionResult]::new('--max-nodes-total', '--max-nodes-total', [CompletionResultType]::ParameterName, 'Buy nothing above so many nodes in the whole cluster')
            [CompletionResult]::new('--max-cpu', '--max-cpu', [CompletionResultType]::ParameterName, 'Buy nothing above so much cpu that pods may request of all nodes together')
            [CompletionResult]::new('--max-memory', '--max-memory', [CompletionResultType]::ParameterName, 'Buy nothing above so much memory that pods may request of all nodes together, in GiB or as a quantity like 4Ti')
            [CompletionResult]::new('--packing', '--packing', [CompletionResultType]::ParameterName, 'Buy for pods packed tightly (dense), or as the scheduler will place them (scheduler)')
            [CompletionResult]::new('--idle-threshold', '--idle-threshold', [CompletionResultType]::ParameterName, 'How long a node must have been idle to go')
            [CompletionResult]::new('--min-node-age', '--min-node-age', [CompletionResultType]::ParameterName, 'Younger nodes stay')
            [CompletionResult]::new('--type-idle-count', '--type-idle-count', [CompletionResultType]::ParameterName, 'Idle nodes of each shape (type, labels, taints) that are kept as spares; 5 when only --type-idle-threshold is given')
            [CompletionResult]::new('--type-idle-threshold', '--type-idle-threshold', [CompletionResultType]::ParameterName, 'How long spare idle nodes of a shape are kept [default: 7d]')
            [CompletionResult]::new('--launch-hour-threshold', '--launch-hour-threshold', [CompletionResultType]::ParameterName, 'Nodes stay for so long into each hour since their launch, where hours are paid whole; 0 is off')
            [CompletionResult]::new('--drain-utilization', '--drain-utilization', [CompletionResultType]::ParameterName, 'Drain nodes of which pods request less than this fraction of every resource, if they fit elsewhere; 0 is off')
            [CompletionResult]::new('--drain-grace', '--drain-grace', [CompletionResultType]::ParameterName, 'Pods placed more lately are not evicted')
            [CompletionResult]::new('--drain-timeout', '--drain-timeout', [CompletionResultType]::ParameterName, 'A drain is given up after three times as long; with --wait, how long one run goes on emptying nodes')
            [CompletionResult]::new('--max-parallel-drains', '--max-parallel-drains', [CompletionResultType]::ParameterName, 'Most nodes that are drained at a time')
            [CompletionResult]::new('--max-scale-in-fraction', '--max-scale-in-fraction', [CompletionResultType]::ParameterName, 'Most managed nodes that go in one run, as a fraction of them, rounded up')
            [CompletionResult]::new('--cordon-settle', '--cordon-settle', [CompletionResultType]::ParameterName, 'Least time between the cordon of a node and its termination, in a later run')
            [CompletionResult]::new('--dead-after', '--dead-after', [CompletionResultType]::ParameterName, 'A node that is not Ready for so long looks dead')
            [CompletionResult]::new('--max-dead-fraction', '--max-dead-fraction', [CompletionResultType]::ParameterName, 'When a larger fraction of the nodes, and more than 3, look dead, none is removed')
            [CompletionResult]::new('--max-pods', '--max-pods', [CompletionResultType]::ParameterName, 'Pods that a new node takes; without it what the network interfaces of its type allow')
            [CompletionResult]::new('--vm-memory-overhead', '--vm-memory-overhead', [CompletionResultType]::ParameterName, 'Fraction of an instance''s memory that the hypervisor keeps')
            [CompletionResult]::new('--startup-taint', '--startup-taint', [CompletionResultType]::ParameterName, 'Key of a further taint that nodes carry only while they start; repeatable')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'table or json')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'table or json')
            [CompletionResult]::new('--demo', '--demo', [CompletionResultType]::ParameterName, 'Plan from the example in the program: no cluster and no AWS account needed')
            [CompletionResult]::new('--use-aws-iam-role', '--use-aws-iam-role', [CompletionResultType]::ParameterName, 'Not needed: ignored with a note')
            [CompletionResult]::new('--numeric-tolerations', '--numeric-tolerations', [CompletionResultType]::ParameterName, 'The scheduler compares taints with the operators Lt and Gt (its feature TaintTolerationComparisonOperators)')
            [CompletionResult]::new('--no-scale-up', '--no-scale-up', [CompletionResultType]::ParameterName, 'Add no nodes')
            [CompletionResult]::new('--no-scale', '--no-scale', [CompletionResultType]::ParameterName, 'Add no nodes')
            [CompletionResult]::new('--balance-similar-groups', '--balance-similar-groups', [CompletionResultType]::ParameterName, 'Spread new nodes over groups that differ only in their zone')
            [CompletionResult]::new('--allow-uncertain-zone', '--allow-uncertain-zone', [CompletionResultType]::ParameterName, 'Buy for a pod that needs one zone in a group that may launch in others, too')
            [CompletionResult]::new('--revert-unfilled', '--revert-unfilled', [CompletionResultType]::ParameterName, 'Take back what a group asked for and AWS cannot launch, where every live instance is protected from scale-in')
            [CompletionResult]::new('--no-scale-in', '--no-scale-in', [CompletionResultType]::ParameterName, 'Remove no nodes')
            [CompletionResult]::new('--no-maintenance', '--no-maintenance', [CompletionResultType]::ParameterName, 'Remove no nodes')
            [CompletionResult]::new('--consolidate', '--consolidate', [CompletionResultType]::ParameterName, 'Drain every node whose pods fit on the others')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ec2-autoscale;schema' {
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ec2-autoscale;completions' {
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Log to standard error; -vv and -vvv say more')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colour; the variable NO_COLOR does the same')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'ec2-autoscale;help' {
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what would be done, and why: changes nothing')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Make the plan and carry it out; on a terminal it asks first')
            [CompletionResult]::new('snapshot', 'snapshot', [CompletionResultType]::ParameterValue, 'Write what was seen as JSON, to be replayed with --snapshot')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show one pod, node or group in full: which rule says no')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON Schema of a document, such as a plan')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ec2-autoscale;help;plan' {
            break
        }
        'ec2-autoscale;help;apply' {
            break
        }
        'ec2-autoscale;help;snapshot' {
            break
        }
        'ec2-autoscale;help;explain' {
            break
        }
        'ec2-autoscale;help;schema' {
            break
        }
        'ec2-autoscale;help;completions' {
            break
        }
        'ec2-autoscale;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
