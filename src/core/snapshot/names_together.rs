//! The names of pods lie next to each other in memory.

use super::{Name, Snapshot};

impl Snapshot {
    /// Moves the names of the pods next to each other, and their UIDs. When names stay where they
    /// were read, scattered over the heap, comparing and sharing them takes two fifths of the
    /// samples of a plan for 51,000 small pods.
    pub fn lay_names_together(&mut self) {
        /// This many names stay in memory as long as one of them does.
        const NAMES_A_TEXT: usize = 1000;
        for pods in self.pods.chunks_mut(NAMES_A_TEXT) {
            let names: Vec<Name> = Name::together(pods.iter().map(|pod| pod.name.as_str())).collect();
            let uids: Vec<Name> = Name::together(pods.iter().map(|pod| pod.uid.as_str())).collect();
            for ((pod, name), uid) in pods.iter_mut().zip(names).zip(uids) {
                (pod.name, pod.uid) = (name, uid);
            }
        }
    }
}
