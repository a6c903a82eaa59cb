//! First fit: each pod goes onto the first node with room for it.

use super::scene::{ModelCluster, ModelPod};
use crate::scheduler::fits;

/// What is free on the nodes of a scene while a model tries things out.
#[derive(Clone)]
pub(super) struct FreeRows(Vec<Vec<i64>>);

impl FreeRows {
    /// Returns what is free now.
    pub(super) fn of(scene: &ModelCluster<'_>) -> Self {
        Self(scene.nodes.iter().map(|node| node.free.clone()).collect())
    }

    /// Puts a pod onto the first node of the scene that is allowed, admits it and has room.
    pub(super) fn place(
        &mut self,
        scene: &ModelCluster<'_>,
        pod: &ModelPod<'_>,
        is_allowed: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let fitting =
            |place: &usize| fits(&self.0[*place], pod.row) && is_allowed(*place) && scene.admits(pod, &scene.nodes[*place]);
        let place = (0..self.0.len()).find(fitting)?;
        take(&mut self.0[place], pod.row);
        Some(place)
    }

    /// Puts all of these pods somewhere, or none of them. Returns whether that worked.
    pub(super) fn place_all<'p, 'w: 'p>(
        &mut self,
        scene: &ModelCluster<'_>,
        pods: impl IntoIterator<Item = &'p ModelPod<'w>>,
        is_allowed: impl Fn(usize) -> bool,
    ) -> bool {
        let mut taken = Vec::new();
        for pod in pods {
            if let Some(place) = self.place(scene, pod, &is_allowed) {
                taken.push((place, pod.row));
                continue;
            }
            for (place, row) in taken {
                give_back(&mut self.0[place], row);
            }
            return false;
        }
        true
    }
}

/// Takes what a pod requests.
pub(super) fn take(free: &mut [i64], row: &[i64]) {
    free.iter_mut().zip(row).for_each(|(free, requested)| *free -= requested);
}

/// Gives back what a pod requested.
fn give_back(free: &mut [i64], row: &[i64]) {
    free.iter_mut().zip(row).for_each(|(free, requested)| *free += requested);
}
