//! moto, the Python package that the tests' AWS is made of.

use std::path::PathBuf;

use crate::support::python_tools::PythonTools;

const MOTO: PythonTools =
    PythonTools { name: "moto", cloud: "AWS", folder: "aws", requirements: include_str!("requirements.txt"), built: None };

/// The Python interpreter that has moto, installed now if it is not there yet.
pub(crate) fn python_with_moto() -> PathBuf {
    MOTO.interpreter()
}
