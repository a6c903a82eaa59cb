//! Why manifests are not understood: the file, the line, the object, the mistake and the way out.

use std::fmt;

use crate::gather::document::DocumentError;
use crate::kubernetes::ConversionProblem;

/// Why nothing can be planned for these files.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file can't be read.
    #[error("manifest {0}")]
    Unreadable(#[from] DocumentError),
    /// A directory can't be listed.
    #[error("directory {directory} can't be read: {error}")]
    UnreadableDirectory {
        /// The directory.
        directory: String,
        /// Why not.
        error: std::io::Error,
    },
    /// No file in a directory has the name of a manifest.
    #[error(
        "directory {directory} holds no *.yaml, *.yml or *.json; subdirectories are not looked at, so name the one that is meant"
    )]
    EmptyDirectory {
        /// The directory.
        directory: String,
    },
    /// Standard input is named twice and can be read once.
    #[error("- is given twice, and standard input can be read once; give the other manifests as files")]
    InputTwice,
    /// A file is not text.
    #[error("{file}:{line}: not UTF-8; write it as UTF-8 text")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    /// A file holds only blanks and comments.
    #[error("{file} holds no manifest; write objects of Kubernetes to it, such as a Job")]
    Empty {
        /// The file.
        file: String,
    },
    /// A text is neither YAML nor JSON.
    #[error("{file}{}: not YAML: {problem}", at(*.line))]
    Malformed {
        /// The file.
        file: String,
        /// The line, from 1, if it is known.
        line: Option<u64>,
        /// What is wrong.
        problem: String,
    },
    /// A document is not an object of Kubernetes.
    #[error("{place}: {problem}")]
    NotAnObject {
        /// Where it begins.
        place: SourcePlace,
        /// What is wrong.
        problem: &'static str,
    },
    /// An object that is wrong.
    #[error("{place}: {object}: {problem}")]
    Object {
        /// Where the mistake is.
        place: SourcePlace,
        /// Kind and name.
        object: String,
        /// What is wrong.
        problem: ObjectProblem,
    },
    /// The same object is there twice.
    #[error("{place}: {object} is in {first} already; keep one of them")]
    Twice {
        /// Where the second is.
        place: SourcePlace,
        /// Kind and name.
        object: String,
        /// Where the first is.
        first: SourcePlace,
    },
}

fn at(line: Option<u64>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

/// What is wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectProblem {
    /// A field has a value that it cannot have; the text names the field.
    #[error("{0}")]
    Field(String),
    /// Kubernetes would refuse the object, too.
    #[error(transparent)]
    Conversion(#[from] ConversionProblem),
    /// There is no name.
    #[error("it has no metadata.name; give it one")]
    NoName,
    /// The object has pods without containers.
    #[error("its pods have no containers; write spec.containers")]
    NoContainers,
    /// A container has no name.
    #[error("container {0} of its pods has no name; give it one")]
    NamelessContainer(usize),
    /// A count is below 0.
    #[error("{field} is {value}; write 0 or more")]
    Negative {
        /// The field.
        field: &'static str,
        /// Its value.
        value: i32,
    },
    /// The pods of a Job would start again for ever.
    #[error("restartPolicy of its pods is {0}, and pods of a Job have to end; write OnFailure or Never")]
    RestartsForEver(&'static str),
    /// There are more pods than any cluster has.
    #[error("it asks for {pods} pods at a time; Kubernetes is made for at most {MOST_PODS} in a whole cluster")]
    TooMany {
        /// How many.
        pods: u64,
    },
}

/// The most pods a cluster can have ("Considerations for large clusters", kubernetes.io).
pub(super) const MOST_PODS: u64 = 150_000;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file, or `standard input`.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
