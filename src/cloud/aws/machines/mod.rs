//! Instances of EC2: what it knows of them, how they are, and whether they are this cluster's.

pub(crate) mod belonging;
pub(crate) mod instances;
pub(crate) mod status_checks;
