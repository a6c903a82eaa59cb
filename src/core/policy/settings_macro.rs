//! The items that are made from the rows of the table of settings.

/// Stands for the code, if the row has a tag: code that is repeated for such rows has to name the
/// tag.
macro_rules! of_tag {
    (tag, $($code:tt)*) => { $($code)* };
}

/// Makes of one row for each setting the fields of [`Policy`] and of [`GroupPolicy`] and the list
/// of [`Setting`]s.
///
/// [`Policy`]: super::Policy
/// [`GroupPolicy`]: super::GroupPolicy
/// [`Setting`]: super::Setting
macro_rules! settings {
    ($(
        $section:literal {
            $(
                $(#[doc = $text:tt])+
                $field:ident: $type:ty = $default:expr, $usage:literal as $kind:ident $(, $tag:ident)?;
            )+
        }
    )+) => {
        /// The rules by which the planner decides. They are part of every plan, so that a saved
        /// plan is judged by its own rules. A field that a plan of an older version does not have
        /// has its default.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Policy {
            $($(
                #[doc = concat!("`", $usage, "`:")]
                $(#[doc = $text])+
                pub $field: $type,
            )+)+
            /// What holds for single groups, from a policy file.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub groups: Vec<GroupRule>,
            /// The limits on parts of the cluster, from a policy file.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub limits: Vec<NamedLimit>,
            /// The quotas on what some pods may use, from a policy file.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub quotas: Vec<PodQuota>,
            /// The schedules of a policy file that these settings follow; absent without any.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub in_force: Option<InForce>,
        }

        impl Default for Policy {
            fn default() -> Self {
                Self { $($( $field: $default, )+)+ groups: Vec::new(), limits: Vec::new(), quotas: Vec::new(), in_force: None }
            }
        }

        impl Policy {
            /// The settings in the order of their flags in the help.
            pub const SETTINGS: &'static [Setting] = &[$($(
                Setting {
                    section: $section,
                    usage: $usage,
                    text: &[$($text),+],
                    has_tag: false $(|| of_tag!($tag, true))?,
                    takes: kind::$kind.takes,
                    read: |policy, value| {
                        policy.$field = (kind::$kind.read)(value)?;
                        Ok(())
                    },
                    write: |policy| (kind::$kind.write)(&policy.$field),
                },
            )+)+];
        }

        /// The settings that a group's tags `ec2-autoscale/<flag>` may change for that group.
        #[derive(Debug, Clone, PartialEq)]
        pub struct GroupPolicy {
            /// Tag `ec2-autoscale/priority`: the higher is tried first.
            pub priority: i64,
            /// The least capacity that is left, of a policy file; the group's own minimum counts as
            /// well.
            pub min: Option<i64>,
            /// The most capacity that is requested, likewise.
            pub max: Option<i64>,
            $($($(
                #[doc = concat!("As in [`Policy`], or the group's ", stringify!($tag), ".")]
                pub $field: $type,
            )?)+)+
        }

        impl GroupPolicy {
            /// Returns the settings of a group without tags.
            pub(super) fn without_tags(policy: &Policy) -> Self {
                Self { priority: 0, min: None, max: None, $($($( $field: of_tag!($tag, policy.$field), )?)+)+ }
            }

            /// Reads the value of the tag that has a flag's name; the error names the values that
            /// are understood.
            pub(super) fn read(&mut self, flag: &str, value: &str) -> Result<(), &'static str> {
                $($($(
                    if of_tag!($tag, flag_of($usage)) == flag {
                        self.$field = (kind::$kind.read)(value).map_err(|_| kind::$kind.expected)?;
                        return Ok(());
                    }
                )?)+)+
                Err("a setting that a group can have; see the table of flags (ec2-autoscale help flags)")
            }
        }
    };
}
