//! `explain buffer` and `explain request`: where room is held, what is bought, and why no more.

use ec2_autoscale_core::plan::explain::{self, BufferExplanation, RequestExplanation};
use ec2_autoscale_core::render;
use ec2_autoscale_core::snapshot::ObjectName;

use crate::support::scenario::situation;

/// A node with room for one pod, and a group that may grow by one more.
const SHORT: &str = "group web max=2 desired=1 cpu=4 mem=16Gi\nnode web-1 group=web age=2h\n";

fn buffer(script: &str) -> BufferExplanation {
    let (world, policy) = situation(script);
    explain::buffer(&world.snapshot, &policy, &ObjectName::new("batch", "spare")).expect("a buffer")
}

fn request(script: &str) -> RequestExplanation {
    let (world, policy) = situation(script);
    explain::request(&world.snapshot, &policy, &ObjectName::new("batch", "train")).expect("a request")
}

#[test]
fn a_buffer_shows_where_its_room_is() {
    let explained = buffer(&format!("{SHORT}buffer spare replicas=3 cpu=3"));
    insta::assert_snapshot!(render::explain_buffer(&explained, Some(100), false));
    let json = render::json(&explained);
    assert_eq!(serde_json::from_str::<BufferExplanation>(&json).expect("what was written"), explained);
}

#[test]
fn a_request_shows_each_pod_set() {
    let explained = request(&format!("{SHORT}request train count=2 cpu=3\nmore-pods train count=1 cpu=1"));
    insta::assert_snapshot!(render::explain_request(&explained, Some(100), false));
    let json = render::json(&explained);
    assert_eq!(serde_json::from_str::<RequestExplanation>(&json).expect("what was written"), explained);
}
