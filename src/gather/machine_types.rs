//! Machine types from a file (`--types`).

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use crate::cloud::read_machine_types;
use crate::snapshot::MachineType;

/// Why a file holds no machine types.
#[derive(Debug, thiserror::Error)]
pub enum MachineTypesError {
    /// It can't be read.
    #[error("machine types {file} can't be read: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// It is no list of machine types.
    #[error("{file}: {error}; write there what aws ec2 describe-instance-types prints")]
    NotAList {
        /// The file.
        file: String,
        /// Why not, with line and column.
        error: serde_json::Error,
    },
    /// It holds none that Kubernetes can use.
    #[error("{file} holds no machine type; write there what aws ec2 describe-instance-types prints")]
    Empty {
        /// The file.
        file: String,
    },
}

/// Reads the machine types of a file, which hold in each of the regions.
///
/// # Errors
/// When it cannot be read, or is no such list.
pub fn read(path: &Path, regions: &[String]) -> Result<Vec<MachineType>, MachineTypesError> {
    let file = path.display().to_string();
    let input = File::open(path).map_err(|error| MachineTypesError::Unreadable { file: file.clone(), error })?;
    let machines = read_machine_types(BufReader::new(input), regions)
        .map_err(|error| MachineTypesError::NotAList { file: file.clone(), error })?;
    if machines.is_empty() { Err(MachineTypesError::Empty { file }) } else { Ok(machines) }
}
