//! The limits of `--group NAME:MIN:MAX`, which may be tighter than those of the group itself.

use crate::snapshot::{Group, GroupId, NamedGroup};

/// Narrows a group's limits to those of its `--group`. Wider limits are refused, as no cloud
/// exceeds its own.
pub(crate) fn narrow(group: &mut Group, named: &NamedGroup) {
    let (min, max) = (group.min, group.max);
    if let Some(wanted) = named.min {
        match wanted >= min {
            true => group.min = wanted,
            false => group.tags.problems.push(refused(&group.id, "min", wanted, min)),
        }
    }
    if let Some(wanted) = named.max {
        match wanted <= max {
            true => group.max = wanted,
            false => group.tags.problems.push(refused(&group.id, "max", wanted, max)),
        }
    }
    if group.min > group.max {
        group.tags.problems.push(format!(
            "--group {} leaves no room between its min of {} and its max of {}; the group's own {min} and {max} hold",
            group.id.name, group.min, group.max
        ));
        (group.min, group.max) = (min, max);
    }
}

fn refused(id: &GroupId, limit: &str, wanted: i64, own: i64) -> String {
    format!("--group {} asks for a {limit} of {wanted}, wider than the group's own {own}, which holds", id.name)
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::AutoScalingGroup;

    use super::*;
    use crate::cloud::aws::groups::described::convert;
    use crate::snapshot::Membership;

    fn group(min: i64, max: i64) -> Group {
        let size = |size: i64| i32::try_from(size).expect("a small size");
        let group = AutoScalingGroup::builder().min_size(size(min)).max_size(size(max)).build();
        let id = GroupId { region: "us-west-2".into(), name: "p3".into() };
        convert(&group, id, Membership::Named, None)
    }

    #[test]
    fn tighter_limits_win_and_wider_ones_are_refused() {
        for (flag, limits, problems) in [
            ("p3", (2, 10), 0),
            ("p3:3:5", (3, 5), 0),
            ("p3::5", (2, 5), 0),
            ("p3:0:5", (2, 5), 1),
            ("p3:3:50", (3, 10), 1),
            ("p3:0:1", (2, 10), 2),
        ] {
            let mut group = group(2, 10);
            narrow(&mut group, &flag.parse().expect("a named group"));
            assert_eq!((group.min, group.max), limits, "{flag}");
            assert_eq!(group.tags.problems.len(), problems, "{flag}: {:?}", group.tags.problems);
        }
    }
}
