//! No region could be read: then nothing can be scaled, and no tags are to blame.

use crate::snapshot::Snapshot;

/// No region could be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(.regions))]
pub(super) struct NoRegionRead {
    /// Each region with its error.
    regions: Vec<(String, String)>,
}

fn sentence(regions: &[(String, String)]) -> String {
    match regions {
        [(region, error)] => format!("{region} could not be read: {error}"),
        regions => {
            let each: Vec<String> = regions.iter().map(|(region, error)| format!("{region}: {error}")).collect();
            format!("none of the regions could be read: {}", each.join("; "))
        }
    }
}

impl NoRegionRead {
    /// Checks that some region was read, which is enough to go on.
    pub(super) fn check(snapshot: &Snapshot) -> Result<(), Self> {
        let unread = |region: &crate::snapshot::Region| Some((region.name.clone(), region.unreadable.clone()?));
        match snapshot.regions.iter().map(unread).collect::<Option<Vec<_>>>() {
            Some(regions) if !regions.is_empty() => Err(Self { regions }),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::snapshot::{ClusterIdentity, Region};

    fn check(regions: &[(&str, Option<&str>)]) -> Result<(), String> {
        let mut snapshot = Snapshot::empty(ClusterIdentity::default(), Timestamp::UNIX_EPOCH);
        let region = |(name, error): &(&str, Option<&str>)| Region {
            name: (*name).to_owned(),
            preference: 0,
            unreadable: error.map(str::to_owned),
        };
        snapshot.regions = regions.iter().map(region).collect();
        NoRegionRead::check(&snapshot).map_err(|error| error.to_string())
    }

    #[test]
    fn the_errors_of_all_regions_are_told_when_none_was_read() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[("us-west-2", None)]), Ok(()));
        assert_eq!(check(&[("us-west-2", Some("500")), ("us-east-1", None)]), Ok(()));
        assert_eq!(check(&[("us-west-2", Some("500"))]), Err("us-west-2 could not be read: 500".to_owned()));
        assert_eq!(
            check(&[("us-west-2", Some("500")), ("us-east-1", Some("502"))]),
            Err("none of the regions could be read: us-west-2: 500; us-east-1: 502".to_owned())
        );
    }
}
