//! The cluster of a case, on a server from which it is read as a run reads it.

use ec2_autoscale::cloud::CloudFacts;
use ec2_autoscale::duration::Seconds;
use ec2_autoscale::gather::{GatherOptions, gather_beside};
use ec2_autoscale::kubernetes::{ApiServer, connect_kubernetes};
use ec2_autoscale::progress::Silent;
use ec2_autoscale::server_clock::ServerClock;
use ec2_autoscale::snapshot::{GangRules, Pod, PodSpec, Snapshot};
use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;
use tokio::runtime::Runtime;

use super::admission;
use super::cases::{Case, Kind, Manifest};
use crate::support::kubernetes::KubernetesServer;

/// The time at which every case takes place, and at which leaving objects were deleted.
const NOW: &str = "2026-11-22T12:00:00Z";

/// One server for all cases, one after the other.
pub(super) struct World {
    server: KubernetesServer,
    /// The client is made once: reading the machine's certificates takes longer than a case.
    client: kube::Client,
    runtime: Runtime,
}

impl World {
    pub(super) fn start() -> Self {
        let server = KubernetesServer::start();
        let kubeconfig = server.kubeconfig();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let connected = runtime.block_on(connect_kubernetes(Some(&kubeconfig), None));
        Self { server, client: connected.expect("a client").0, runtime }
    }

    /// Makes the cluster of a case, reads it and takes it away again.
    pub(super) fn of(&self, case: &Case) -> Snapshot {
        let residents = case.namespaces().chain(case.runtime_classes()).chain(case.nodes()).chain(case.residents());
        let made: Vec<Manifest> = residents.chain([pending(case.asked())]).chain(case.storage()).collect();
        for object in &made {
            self.make(object);
        }
        let snapshot = self.read();
        assert_eq!(snapshot.gaps, [], "{}", case.name);
        for object in made {
            if let Some(resource) = resource(object.kind) {
                self.server.remove(resource, object.namespace(), object.name());
            }
        }
        snapshot
    }

    /// Makes a pod by a request, and returns it with its specification as they are read.
    pub(super) fn created(&self, case: &Case) -> (Pod, PodSpec) {
        let pod = &case.asked();
        for namespace in case.namespaces() {
            self.server.remove("namespaces", "", namespace.name());
            self.make(&namespace);
        }
        let mut body = pod.body.clone();
        admission::merge_label_keys(&mut body);
        let body: core::Pod = serde_json::from_value(body).expect("a pod");
        let pods: Api<core::Pod> = Api::namespaced(self.client.clone(), pod.namespace());
        let made = self.runtime.block_on(pods.create(&PostParams::default(), &body));
        made.unwrap_or_else(|error| panic!("{}: {error}", pod.body));
        let mut snapshot = self.read();
        self.server.remove("pods", pod.namespace(), pod.name());
        let read = snapshot.pods.remove(0);
        let spec = snapshot.spec(&read).clone();
        (read, spec)
    }

    fn make(&self, object: &Manifest) {
        if resource(object.kind).is_none() {
            return;
        }
        let mut body = object.body.clone();
        if let Some(owner) = &object.owner {
            let owner = self.server.get("pods", object.namespace(), owner);
            let (name, uid) = (&owner["metadata"]["name"], &owner["metadata"]["uid"]);
            body["metadata"]["ownerReferences"] =
                json!([{ "apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid, "controller": true }]);
        }
        if object.deleting {
            body["metadata"]["deletionTimestamp"] = json!(NOW);
            body["metadata"]["deletionGracePeriodSeconds"] = json!(30);
        }
        if object.kind == Kind::Pod {
            admission::merge_label_keys(&mut body);
        }
        self.server.add(body);
    }

    fn read(&self) -> Snapshot {
        let options = GatherOptions {
            cluster_name: Some("test".to_owned()),
            group_tags: Vec::new(),
            groups: Vec::new(),
            lease_namespace: "kube-system".to_owned(),
            activity_horizon: Seconds::minutes(60),
            all_activities: false,
            spot_prices: false,
            gangs: GangRules::default(),
            launches_only_for: None,
            devices: false,
            finished_pods: false,
            own_pod: None,
        };
        let now: Timestamp = NOW.parse().expect("a time");
        let snapshot = self.runtime.block_on(async {
            let server = ApiServer { client: &self.client, url: &self.server.url(), clock: &ServerClock::default() };
            gather_beside(async { Ok(CloudFacts::default()) }, server, &options, now, &Silent).await
        });
        snapshot.expect("a snapshot")
    }
}

/// Returns the pod as the scheduler leaves it when it found no place.
fn pending(mut pod: Manifest) -> Manifest {
    let condition = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" });
    pod.body["status"] = json!({ "phase": "Pending", "conditions": [condition] });
    pod
}

/// Returns the server's name for a kind. It does not have the kinds that a run does not read.
fn resource(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Namespace => Some("namespaces"),
        Kind::Node => Some("nodes"),
        Kind::Pod => Some("pods"),
        Kind::Claim => Some("persistentvolumeclaims"),
        Kind::Volume => Some("persistentvolumes"),
        Kind::StorageClass => Some("storageclasses"),
        Kind::CsiNode => Some("csinodes"),
        Kind::CsiDriver => Some("csidrivers"),
        Kind::StorageCapacity => Some("csistoragecapacities"),
        Kind::ResourceClaim => Some("resourceclaims"),
        Kind::VolumeAttachment | Kind::RuntimeClass => None,
    }
}
