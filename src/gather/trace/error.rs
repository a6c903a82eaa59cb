//! Why a trace is not understood.

use crate::gather::document::DocumentError;
use crate::gather::manifests::ManifestError;

/// Why a text is not a trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It can't be read.
    #[error("trace {0}")]
    Unreadable(#[from] DocumentError),
    /// There is nothing to simulate.
    #[error(
        "{file} holds no work; write lines such as {{\"at\":\"8h\",\"name\":\"train\",\"class\":\"gpu\",\"duration\":\"2h\"}}"
    )]
    Empty {
        /// The file.
        file: String,
    },
    /// A line is wrong.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: TraceLineProblem,
    },
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum TraceLineProblem {
    /// It is not text.
    #[error("not UTF-8; write it as UTF-8 text")]
    NotUtf8,
    /// It is not JSON, or more than one value.
    #[error("not one JSON object: {0}")]
    NotJson(String),
    /// It is none of the kinds of lines.
    #[error(
        "neither a class (class and spec), nor work (at, name and class; or at and one of manifest, gavel, openb, simkube, \
         prometheus), nor trouble (at and one of outage, reclaim, availability)"
    )]
    NoKind,
    /// A field has a value that it cannot have; the text names the field.
    #[error("{0}")]
    Field(String),
    /// A field that lines of its kind do not have.
    #[error("{0} is an unknown field; take it out, or write it as it is meant")]
    UnknownField(String),
    /// It names a class that no line before defines.
    #[error("class {class} is not known; {}", those_known(.known))]
    UnknownClass {
        /// What is named.
        class: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// It defines a class a second time.
    #[error("class {class} is in line {first} already; give it another name")]
    ClassTwice {
        /// The class.
        class: String,
        /// The line that has it.
        first: u64,
    },
    /// It uses a name a second time.
    #[error("{name} is in line {first} already; give it another name")]
    NameTwice {
        /// Namespace and name.
        name: String,
        /// The line that has it.
        first: u64,
    },
    /// Its pods cannot exist.
    #[error("{object}: {problem}")]
    Pods {
        /// The class or work.
        object: String,
        /// What is wrong with them.
        problem: String,
    },
    /// A Job has no duration.
    #[error("{object} ends at an unknown time; write a duration")]
    Endless {
        /// The object of the manifest.
        object: String,
    },
    /// Its manifest is wrong.
    #[error(transparent)]
    Manifest(Box<ManifestError>),
    /// It names a manifest, and the text has no directory.
    #[error("manifest {0:?}: a trace that is no file of its own can't name files; write the object itself")]
    NoFiles(String),
    /// It names a file of others, and the text has no directory.
    #[error("{0:?}: a trace that is no file of its own can't name others; write it to a file beside them")]
    NoFolder(String),
    /// A file that it names can't be read.
    #[error(transparent)]
    File(#[from] DocumentError),
    /// A line of a file that it names is wrong.
    #[error("{file}:{line}: {problem}")]
    LineOfFile {
        /// That file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it, and what can be done about it.
        problem: String,
    },
    /// A file that it names is not what it should be.
    #[error("{file}: {problem}")]
    WrongFile {
        /// That file.
        file: String,
        /// What is wrong with it, and what can be done about it.
        problem: String,
    },
}

impl From<ManifestError> for TraceLineProblem {
    fn from(error: ManifestError) -> Self {
        Self::Manifest(Box::new(error))
    }
}

fn those_known(known: &[String]) -> String {
    match known {
        [] => "write a line with class and spec before it".to_owned(),
        known => format!("the lines before have {}", known.join(", ")),
    }
}
