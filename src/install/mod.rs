//! What an installation is made of: the objects in the cluster, what watches them, and the role in
//! the account. Pure texts, made for the flags that are given.

mod iam_policy;
mod kustomize;
mod manifests;
mod monitoring;
mod trust_policy;

pub(crate) use iam_policy::{IamPurpose, iam_policy};
pub(crate) use kustomize::{BaseFile, kustomize_base};
pub(crate) use manifests::{Installation, MountedFile, manifests, template_objects};
pub(crate) use monitoring::monitoring_objects;
pub(crate) use trust_policy::{ServiceAccount, TrustedIssuer, trust_policy};

/// The version of the language of policies.
const POLICY_LANGUAGE: &str = "2012-10-17";
