//! The texts below the lists of flags. Each example is run, or at least parsed, by
//! `tests/it/cli.rs`.

/// The line before the examples of a text.
pub const EXAMPLES: &str = "Examples:";

/// What stands for a flag where it is not on the command line.
pub const VARIABLES: &str = "Each flag has a variable: --idle-threshold is EC2_AUTOSCALE_IDLE_THRESHOLD. Only -f, \
    --replicas, --without-…, --at, --apply and --out of man have none.";

/// What a newcomer tries first.
pub(super) const FIRST_STEP: &str = "See a plan without a cluster or an account: ec2-autoscale plan --demo";

/// The last line of `ec2-autoscale -h`.
pub(super) const WHOLE: &str = "All of it: ec2-autoscale --help; topics: ec2-autoscale help";

/// Returns the last line of `-h` of a command.
pub(super) fn whole_of(command: &str) -> String {
    format!("All flags, with examples: ec2-autoscale {command} --help")
}

/// The text of `ec2-autoscale --help`, which fits 34 lines of 80 columns.
pub(super) const TOP: &str = "\
See a plan without a cluster or an account: ec2-autoscale plan --demo
Each flag has a variable: --idle-threshold is EC2_AUTOSCALE_IDLE_THRESHOLD.
Exit codes: 0 done, 1 failed, 2 changes, 3 incomplete, 64 usage, 75 Lease held.";

/// The text of `plan`.
pub(super) const PLAN: &str = "\
Durations are seconds or units: 600, 10m, 1h30m.

Examples:
  ec2-autoscale plan --demo
  ec2-autoscale plan --demo -o json --out plan.json
  ec2-autoscale plan -f job.yaml --cluster-name prod --regions us-west-2
  ec2-autoscale plan --cluster-name prod --regions us-west-2,us-east-1
  ec2-autoscale plan --cluster-name prod --cloud magnum";

/// The text of `apply`.
pub(super) const APPLY: &str = "\
Durations are seconds or units: 600, 10m, 1h30m.
After plan --out plan.json: apply plan.json does what of it still holds, under
its own policy, and tells what drifted. It finds cluster, regions and groups
by itself; a flag that says otherwise is an error, --only-group may narrow.

Examples:
  ec2-autoscale apply --until-needed 50s --cluster-name prod --regions us-west-2
  ec2-autoscale apply plan.json --dry-run --demo
  ec2-autoscale apply --dry-run --demo
  ec2-autoscale apply --dry-run --demo --no-scale-in -o json
  ec2-autoscale apply --cluster-name prod --regions us-west-2,us-east-1 --yes";

/// The text of `show`.
pub(super) const SHOW: &str = "\
Examples:
  ec2-autoscale show before.json --all
  ec2-autoscale show before.json -o markdown";

/// The text of `diff`.
pub(super) const DIFF: &str = "\
Examples:
  ec2-autoscale diff before.json after.json
  ec2-autoscale diff before.json after.json --detailed-exitcode -o json";

/// The text of `doctor`.
pub(super) const DOCTOR: &str = "\
It changes nothing. Exit codes: 0 nothing is wrong, 1 something is, 3 not all
could be found out.

Examples:
  ec2-autoscale doctor --demo
  ec2-autoscale doctor --demo -o json
  ec2-autoscale doctor --cluster-name prod --regions us-west-2";

/// The text of `manifests`.
pub(super) const MANIFESTS: &str = "\
All flags of apply count, and stand in the CronJob. Files go into a ConfigMap.

Examples:
  ec2-autoscale manifests --image IMAGE --cluster-name prod --regions us-west-2
  ec2-autoscale manifests --image IMAGE --cluster-name=prod --regions=us-west-2
  ec2-autoscale manifests --image IMAGE --cluster-name=prod --cloud=magnum";

/// The text of `iam-policy`.
pub(super) const IAM_POLICY: &str = "\
Examples:
  ec2-autoscale iam-policy --cluster-name=prod
  ec2-autoscale iam-policy plan
  ec2-autoscale iam-policy fix --group-tag team=ml,pool";

/// The text of `iam-role`.
pub(super) const IAM_ROLE: &str = "\
Examples:
  ec2-autoscale iam-role --pod-identity
  ec2-autoscale iam-role --account 123456789012 --oidc-issuer https://oidc.example/id/1";

/// The text of `snapshot`.
pub(super) const SNAPSHOT: &str = "\
It holds no environment variables, commands or secrets.

Examples:
  ec2-autoscale snapshot --demo
  ec2-autoscale snapshot --demo --out snapshot.json.gz
  ec2-autoscale snapshot --demo --anonymize --out anonymous.json
  ec2-autoscale snapshot --cluster-name prod --regions us-west-2 --out s.json";

/// The text of `explain`.
pub(super) const EXPLAIN: &str = "\
Durations are seconds or units: 600, 10m, 1h30m.

Examples:
  ec2-autoscale explain pod research/llm-16gpu-0 --demo
  ec2-autoscale explain node ip-10-0-1-21.us-west-2.compute.internal --demo
  ec2-autoscale explain group p3-west --demo -o json
  ec2-autoscale explain group workers --cluster-name prod --regions us-west-2";

/// The text of `simulate`.
pub(super) const SIMULATE: &str = "\
Durations are seconds or units: 600, 10m, 1h30m.
Nothing is changed and nobody is told; of the cluster only the start is read.

Examples:
  ec2-autoscale simulate --demo
  ec2-autoscale simulate --demo --longest 6h --html report.html
  ec2-autoscale simulate --demo --compare --idle-threshold=55m --idle-threshold=5m
  ec2-autoscale simulate --demo --sweep idle-threshold=5m,55m×interval=1m,5m
  ec2-autoscale simulate --cluster-name prod --regions us-west-2 --trace t.jsonl";

/// The text of `fix`.
pub(super) const FIX: &str = "\
Without --apply nothing is changed: each step shows its call, ready to paste,
and the one that takes it back. What has no single right mend is left to you.

Examples:
  ec2-autoscale fix --demo
  ec2-autoscale fix --demo -o json
  ec2-autoscale fix --cluster-name prod --regions us-west-2,us-east-1
  ec2-autoscale fix --cluster-name prod --regions us-west-2 --apply --yes";

/// The text of `suggest`.
pub(super) const SUGGEST: &str = "\
Every group that is shown has been planned with. The machine types are those
that the cloud offers; of a snapshot, those of its groups and of --types.

Examples:
  ec2-autoscale suggest --demo
  ec2-autoscale suggest --demo --to save -o json
  ec2-autoscale suggest --demo --as eksctl,terraform
  ec2-autoscale suggest --cluster-name prod --regions us-west-2 --as kops";

/// The text of `schema`.
pub(super) const SCHEMA: &str = "\
Examples:
  ec2-autoscale schema plan
  ec2-autoscale schema snapshot
  ec2-autoscale schema explain-pod";

/// The text of `completions`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  ec2-autoscale completions bash
  ec2-autoscale completions zsh
  ec2-autoscale completions kubectl";

/// The text of `help`.
pub(super) const HELP: &str = "\
On a terminal it is shown by EC2_AUTOSCALE_PAGER, else PAGER, else less.

Examples:
  ec2-autoscale help
  ec2-autoscale help plan
  ec2-autoscale help gangs";

/// The text of `man`.
pub(super) const MAN: &str = "\
man -l - shows a page on a terminal: ec2-autoscale man policy | man -l -
Names may have their section behind them: plan.1 is the command, plan.5 the file.

Examples:
  ec2-autoscale man
  ec2-autoscale man plan
  ec2-autoscale man gangs
  ec2-autoscale man groups
  ec2-autoscale man launching
  ec2-autoscale man magnum";
