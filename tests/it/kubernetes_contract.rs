//! How a Kubernetes API server answers, fact by fact.
//!
//! Every fact is stated over HTTP and holds for our own server (`tests/support/kubernetes`) and for
//! a real kube-apiserver. Ours is always asked; the real one too when `KUBEBUILDER_ASSETS` names a
//! folder with the programs `kube-apiserver` and `etcd`. Where the two differ our server is wrong
//! and not the fact.
//!
//! [`only_ours`] holds what no real server does: faults, moments, the call log.

mod access;
mod apply;
mod binding;
mod client;
mod deleting;
mod discovery;
mod evicting;
mod leases_and_events;
mod listing;
mod manifest;
mod node_patches;
mod only_ours;
mod real_server;
mod selecting;
mod servers;
mod watching;
mod writing;
