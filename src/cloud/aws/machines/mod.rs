//! Instances of EC2: their properties, their health, and whether they belong to this cluster.

pub(crate) mod belonging;
pub(crate) mod instances;
pub(crate) mod launched;
pub(crate) mod status_checks;
