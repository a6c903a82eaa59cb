//! The reading of CapacityQuotas. A cluster that does not serve the kind costs no call.

use crate::kubernetes::list::{ListError, list_at};
use crate::kubernetes::reading::capacity_quotas::{ApiQuota, VERSIONS, read_capacity_quota};
use crate::kubernetes::served::ServedGroups;
use crate::kubernetes::{ApiServer, KubernetesError, Permission};
use crate::snapshot::{CapacityQuota, Gap, MissingFact};
use crate::well_known::capacity_quotas::{GROUP, PLURAL};

/// Reads every quota, and returns what could not be read of them, too.
pub(super) async fn read_quotas(
    server: ApiServer<'_>,
    served: &Result<ServedGroups, KubernetesError>,
) -> (Vec<CapacityQuota>, Vec<Gap>) {
    // That the API groups could not be read is a gap already.
    let Ok(served) = served else { return (Vec::new(), Vec::new()) };
    let listed = match list_quotas(server, served).await {
        Ok(listed) => listed,
        Err(error) => return (Vec::new(), vec![gap(error.to_string())]),
    };
    let (mut quotas, mut gaps) = (Vec::new(), Vec::new());
    for object in &listed {
        match read_capacity_quota(object) {
            Ok(quota) => quotas.push(quota),
            Err(problem) => gaps.push(gap(problem.to_string())),
        }
    }
    (quotas, gaps)
}

async fn list_quotas(server: ApiServer<'_>, served: &ServedGroups) -> Result<Vec<ApiQuota>, KubernetesError> {
    for version in VERSIONS.into_iter().filter(|version| served.has(GROUP, version)) {
        let path = format!("/apis/{GROUP}/{version}/{PLURAL}");
        let take = |taken: &mut Vec<ApiQuota>, quota: &ApiQuota| {
            taken.push(quota.clone());
            Ok(())
        };
        match list_at(server, &path, Vec::new, take).await {
            // The version is that of other kinds.
            Err(ListError::Call(error)) if error.code() == Some(404) => {}
            outcome => {
                let permission = Permission { verb: "list", resource: format!("{PLURAL}.{GROUP}"), namespace: None };
                return outcome.map_err(|error| KubernetesError::from_list_error(error, permission, server.url));
            }
        }
    }
    Ok(Vec::new())
}

fn gap(error: String) -> Gap {
    Gap { fact: MissingFact::Objects { resource: format!("{PLURAL}.{GROUP}") }, error }
}
