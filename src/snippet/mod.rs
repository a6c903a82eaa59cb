//! Suggested groups in the words of the tools that make groups, ready to paste.
//!
//! Each has the tags by which a group is found and its nodes are known while it has none. What
//! nobody but its owner knows, such as an image or a subnet, is a variable or a default of the
//! tool.

mod command_line;
mod eksctl;
mod facts;
mod kops;
mod terraform;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

pub use facts::SnippetFacts;

use crate::suggest::SuggestedGroup;

/// A tool that makes groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SnippetForm {
    /// A ClusterConfig of eksctl.
    Eksctl,
    /// An InstanceGroup of kops.
    Kops,
    /// Resources of Terraform.
    Terraform,
    /// Calls of the command line of AWS.
    Aws,
}

impl SnippetForm {
    /// Returns the name by which `--as` knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Eksctl => "eksctl",
            Self::Kops => "kops",
            Self::Terraform => "terraform",
            Self::Aws => "aws",
        }
    }
}

/// Groups in the words of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Snippet {
    /// The tool.
    pub form: SnippetForm,
    /// The text.
    pub text: String,
}

/// Writes groups in the words of a tool.
#[must_use]
pub fn snippet(form: SnippetForm, groups: &[SuggestedGroup], facts: &SnippetFacts) -> Snippet {
    let text = match form {
        SnippetForm::Eksctl => eksctl::write(groups, facts),
        SnippetForm::Kops => kops::write(groups, facts),
        SnippetForm::Terraform => terraform::write(groups, facts),
        SnippetForm::Aws => command_line::write(groups, facts),
    };
    Snippet { form, text }
}
