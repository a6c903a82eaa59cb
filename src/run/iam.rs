//! `iam-policy` and `iam-role`: print the least policy of a command, and who may take a role.

use serde_json::Value;

use super::{Console, RunError};
use crate::cli::{IamPolicyCommand, IamRoleCommand, PolicyOf};
use crate::exit::ExitCode;
use crate::install::{IamPurpose, ServiceAccount, TrustedIssuer, iam_policy, trust_policy};
use crate::render;
use crate::snapshot::GroupTag;
use crate::well_known::tags;

/// The digits of an account's number.
const ACCOUNT_DIGITS: usize = 12;

/// Prints the policy of a command.
///
/// # Errors
/// Wrong usage: a policy that allows changes needs to be limited to some groups.
pub(super) fn policy(command: &IamPolicyCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let IamPolicyCommand { purpose, cluster_name, group_tag, no_scale_up, no_scale_in } = command;
    let purpose = match purpose {
        PolicyOf::Plan => IamPurpose::Plan,
        PolicyOf::Suggest => IamPurpose::Suggest,
        PolicyOf::Fix => IamPurpose::Fix,
        PolicyOf::Apply => IamPurpose::Apply { grows: !no_scale_up, removes: !no_scale_in },
    };
    let by_cluster =
        cluster_name.iter().map(|name| vec![GroupTag { key: tags::CLUSTER.to_owned(), value: Some(name.clone()) }]);
    let by_tags = (!group_tag.is_empty()).then(|| group_tag.clone());
    let groups: Vec<Vec<GroupTag>> = by_cluster.chain(by_tags).collect();
    if groups.is_empty() && !matches!(purpose, IamPurpose::Plan | IamPurpose::Suggest) {
        return Err(RunError::usage(
            "a policy that allows changes is limited to the groups of a cluster, and neither --cluster-name nor --group-tag names them",
            "add --cluster-name NAME, or print a policy that only reads: `ec2-autoscale iam-policy plan`",
        )
        .into());
    }
    print(&iam_policy(purpose, &groups), console)
}

/// Prints who may take the role.
///
/// # Errors
/// Wrong usage: names the flag that no account or issuer is written like.
pub(super) fn role(command: &IamRoleCommand, console: &Console) -> anyhow::Result<ExitCode> {
    let account = ServiceAccount { namespace: command.namespace.clone(), name: command.service_account.clone() };
    let issuer = match &command.oidc_issuer {
        Some(issuer) => open_id_connect(command, issuer)?,
        None => TrustedIssuer::PodIdentity,
    };
    print(&trust_policy(&account, &issuer), console)
}

fn open_id_connect(command: &IamRoleCommand, address: &str) -> Result<TrustedIssuer, RunError> {
    let number = command.account.clone().unwrap_or_default();
    if number.len() != ACCOUNT_DIGITS || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("--account {number:?} is no number of an account, which has twelve digits");
        return Err(RunError::usage(message, "`aws sts get-caller-identity` prints yours"));
    }
    let issuer = address.strip_prefix("https://").unwrap_or(address).trim_end_matches('/');
    if issuer.is_empty() || issuer.contains([' ', '"', '*', '?']) || issuer.contains("://") {
        return Err(RunError::usage(
            format!("--oidc-issuer {address:?} is no address of an issuer"),
            "`aws eks describe-cluster --name CLUSTER --query cluster.identity.oidc.issuer` prints it",
        ));
    }
    let (partition, issuer) = (command.partition.clone(), issuer.to_owned());
    Ok(TrustedIssuer::OpenIdConnect { account: number, partition, issuer })
}

fn print(document: &Value, console: &Console) -> anyhow::Result<ExitCode> {
    console.stream(|out| render::write_json(out, document)).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}
