//! `AWS_PROFILE`: a name that no file has is reported as that, and not as missing credentials or a
//! missing region.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::cloud::aws::error::AwsError;

/// The profile that exists whether a file has it or not.
const DEFAULT: &str = "default";

/// Refuses an `AWS_PROFILE` that neither the configuration nor the credentials file has. Only the
/// names of profiles are read from the files.
///
/// # Errors
/// With the files and the profiles they have.
pub(crate) fn check() -> Result<(), AwsError> {
    match env::var("AWS_PROFILE") {
        Ok(profile) if !profile.trim().is_empty() => check_in(profile.trim(), &Files::of_the_environment()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The files that hold profiles.
struct Files {
    config: Option<PathBuf>,
    credentials: Option<PathBuf>,
}

impl Files {
    fn of_the_environment() -> Self {
        let place = |variable: &str, usual: &str| {
            let named = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
            named.or_else(|| env::home_dir().map(|home| home.join(usual)))
        };
        Self {
            config: place("AWS_CONFIG_FILE", ".aws/config"),
            credentials: place("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        }
    }

    fn profiles(&self) -> BTreeSet<String> {
        let text = |path: &Option<PathBuf>| path.as_deref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
        let (config, credentials) = (text(&self.config), text(&self.credentials));
        let of_config = sections(&config).filter_map(profile_of_config);
        of_config.chain(sections(&credentials)).map(str::to_owned).collect()
    }
}

fn check_in(profile: &str, files: &Files) -> Result<(), AwsError> {
    let known = files.profiles();
    if profile == DEFAULT || known.contains(profile) {
        return Ok(());
    }
    let name = |path: &Option<PathBuf>| path.as_deref().map(Path::display).map(|path| path.to_string());
    let files: Vec<String> = [name(&files.config), name(&files.credentials)].into_iter().flatten().collect();
    let known = known.into_iter().collect();
    Err(AwsError::NoSuchProfile { profile: profile.to_owned(), files: files.join(" nor "), known })
}

/// Returns the names in brackets.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| Some(line.trim().strip_prefix('[')?.split_once(']')?.0.trim()))
}

/// Returns the profile of a section. In the configuration file a profile is called `profile NAME`,
/// except the default one; other sections are no profiles.
fn profile_of_config(section: &str) -> Option<&str> {
    match section.split_once(char::is_whitespace) {
        Some(("profile", name)) => Some(name.trim().trim_matches(['"', '\''])),
        Some(_) => None,
        None => (section == DEFAULT).then_some(section),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_in_one_of_the_two_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file");
            Some(path)
        };
        let config = "[default]\nregion=x\n[ profile dev ]\n[profile \"quoted\"] # ours\n[sso-session corp]\n[plain]\n";
        let files = Files {
            config: file("config", config),
            credentials: file("credentials", "[ops]\naws_secret_access_key = hunter2\n"),
        };
        for known in ["default", "dev", "quoted", "ops"] {
            assert_eq!(check_in(known, &files), Ok(()), "{known}");
        }
        for unknown in ["plain", "corp", "sso-session corp", "opss"] {
            let error = check_in(unknown, &files).expect_err(unknown).to_string();
            assert!(error.starts_with(&format!("AWS_PROFILE is {unknown:?}, a profile that neither ")), "{error}");
            assert!(error.contains("credentials has; they have default, dev, ops, quoted"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let nowhere = Files { config: Some("/nowhere/config".into()), credentials: None };
        let error = check_in("prod", &nowhere).expect_err("no file").to_string();
        assert!(error.contains("/nowhere/config has; they have none"), "{error}");
        assert_eq!(check_in("default", &nowhere), Ok(()));
    }
}
