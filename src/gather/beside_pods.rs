//! The objects that state more of pods than the pods do: which start together, which a Job is about
//! to make, for which room is wanted that nobody has made yet, and how much of it there may be.

use super::{buffers, capacity_quotas, cluster, gangs, requests};
use crate::kubernetes::reading::SpecTable;
use crate::kubernetes::reading::gangs::GangHint;
use crate::kubernetes::served::served_groups;
use crate::kubernetes::{ApiServer, KubernetesError};
use crate::snapshot::{CapacityBuffer, CapacityQuota, Gang, GangRules, Gap, JobFacts, MissingFact, Pod, ProvisioningRequest};

/// The objects, and what could not be read of them.
pub(super) struct BesidePods {
    pub(super) gangs: Vec<Gang>,
    pub(super) capacity_buffers: Vec<CapacityBuffer>,
    pub(super) capacity_quotas: Vec<CapacityQuota>,
    pub(super) provisioning_requests: Vec<ProvisioningRequest>,
    pub(super) jobs: Vec<JobFacts>,
    pub(super) gaps: Vec<Gap>,
}

impl BesidePods {
    /// Reads them, and makes pods members of their gangs. `hints` are those of the pods by their
    /// index; `specs` takes the specifications of pods that nobody has made yet.
    pub(super) async fn read(
        server: ApiServer<'_>,
        pods: &mut [Pod],
        hints: &[(usize, Vec<GangHint>)],
        specs: &mut SpecTable,
        rules: &GangRules,
    ) -> Self {
        let served = served_groups(server).await;
        let (mut gangs, gaps_of_gangs) = gangs::read_gangs(server, &served, pods, hints, rules).await;
        let (capacity_buffers, gaps_of_buffers) = buffers::read_buffers(server, &served, specs, pods).await;
        let (capacity_quotas, gaps_of_quotas) = capacity_quotas::read_quotas(server, &served).await;
        let (mut provisioning_requests, gaps_of_requests) = requests::read_requests(server, &served, specs).await;
        gangs.extend(provisioning_requests.iter_mut().filter_map(ProvisioningRequest::join_gang));
        let (jobs, gaps_of_jobs) = cluster::jobs_if_needed(server, pods, rules).await;
        let of_served = served.err().map(|error| groups_unread(&error));
        let of_objects = [gaps_of_gangs, gaps_of_buffers, gaps_of_quotas, gaps_of_requests, gaps_of_jobs];
        let gaps = of_served.into_iter().chain(of_objects.into_iter().flatten()).collect();
        Self { gangs, capacity_buffers, capacity_quotas, provisioning_requests, jobs, gaps }
    }
}

/// Returns the gap that the API groups could not be read.
fn groups_unread(error: &KubernetesError) -> Gap {
    Gap { fact: MissingFact::Objects { resource: "API groups".to_owned() }, error: error.to_string() }
}
