//! Resources that rules know by name, beside those of Kubernetes itself.

/// The name under which the device plugin offers EFA interfaces.
pub const EFA: &str = "vpc.amazonaws.com/efa";

/// How the name of a resource begins that names a DeviceClass (`ResourceDeviceClassPrefix`).
pub const DEVICE_CLASS: &str = "deviceclass.resource.kubernetes.io/";

/// The names under which the device plugins of one kind of device offer it. A node has one of
/// them.
const NAMES_OF_A_NEURON_DEVICE: [&str; 2] = ["aws.amazon.com/neuron", "aws.amazon.com/neurondevice"];

/// Returns the names under which a node may offer the same device, this one among them.
#[must_use]
pub fn names_of_device(name: &str) -> Vec<&str> {
    match NAMES_OF_A_NEURON_DEVICE.contains(&name) {
        true => NAMES_OF_A_NEURON_DEVICE.to_vec(),
        false => vec![name],
    }
}

/// Families whose devices a plugin reports on every node that has them. What such a node does not
/// report is not there, whatever a tag states.
pub const REPORTED_BY_PLUGINS: [&str; 7] =
    ["nvidia.com", "amd.com", "habana.ai", "gpu.intel.com", "google.com", "aws.amazon.com", "vpc.amazonaws.com"];

/// Returns the family of a device, which is the domain of its name: `nvidia.com` for a GPU and for
/// its slices. What Kubernetes itself counts has none.
#[must_use]
pub fn device_family(name: &str) -> Option<&str> {
    name.split_once('/').map(|(domain, _)| domain)
}

/// The family of what a node has for its network. That is no reason to spare a node.
const NETWORK_FAMILY: &str = "vpc.amazonaws.com";

/// Whether a resource is a device, such as a GPU, that makes its node dear.
#[must_use]
pub fn is_device(name: &str) -> bool {
    device_family(name).is_some_and(|family| family != NETWORK_FAMILY)
}

/// An address of a Windows node, which a webhook adds to the requests of every pod for Windows
/// (`aws/amazon-vpc-resource-controller-k8s`).
pub const PRIVATE_ADDRESS: &str = "vpc.amazonaws.com/PrivateIPv4Address";
