//! CSI drivers that rules know by name.

/// The driver of EBS volumes.
pub const EBS: &str = "ebs.csi.aws.com";
/// The driver of Cinder volumes.
pub const CINDER: &str = "cinder.csi.openstack.org";

/// The provisioners that were part of Kubernetes, each with the driver that serves its volumes
/// since: kube-scheduler counts and checks them as the driver's (CSI migration).
const MIGRATED: [(&str, &str); 7] = [
    ("kubernetes.io/aws-ebs", EBS),
    ("kubernetes.io/azure-disk", "disk.csi.azure.com"),
    ("kubernetes.io/azure-file", "file.csi.azure.com"),
    ("kubernetes.io/cinder", CINDER),
    ("kubernetes.io/gce-pd", "pd.csi.storage.gke.io"),
    ("kubernetes.io/portworx-volume", "pxd.portworx.com"),
    ("kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"),
];

/// Returns the driver that serves the volumes of a provisioner: usually the one of its name.
#[must_use]
pub fn of_provisioner(provisioner: &str) -> &str {
    MIGRATED.iter().find(|(old, _)| *old == provisioner).map_or(provisioner, |(_, driver)| driver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_provisioners_are_served_by_their_drivers() {
        assert_eq!(of_provisioner("kubernetes.io/aws-ebs"), EBS);
        assert_eq!(of_provisioner("efs.csi.aws.com"), "efs.csi.aws.com");
    }
}
