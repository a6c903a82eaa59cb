//! Which of the places with settings counts: exactly one does, so that a user of one and a password
//! of another never meet.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::cloud_config;
use super::clouds_yaml::CloudsFile;
use super::options::MagnumOptions;
use super::surroundings::SignInSurroundings;
use super::written::{KEYS, SettingsPlace, WrittenSettings};
use crate::cloud::magnum::error::MagnumError;

/// The names that openstacksdk accepts for the file.
const CLOUDS: [&str; 2] = ["clouds.yaml", "clouds.yml"];
const SECURE: [&str; 2] = ["secure.yaml", "secure.yml"];

/// What a variable changes of a cloud that `OS_CLOUD` names, as it does for `openstack`.
const OVERRIDES: [&str; 5] = ["cacert", "endpoint_type", "insecure", "interface", "region_name"];

/// Finds the settings: in the file of `--cloud-config`; else of the cloud that `OS_CLOUD` names;
/// else in the variables `OS_…`; else of the only cloud of a `clouds.yaml`.
///
/// # Errors
/// When there are none, or when a file cannot be read.
pub(super) fn find(options: &MagnumOptions, surroundings: &SignInSurroundings<'_>) -> Result<WrittenSettings, MagnumError> {
    let variable = surroundings.variable;
    if let Some(path) = &options.cloud_config {
        return cloud_config::parse(path, &read(path, "--cloud-config")?);
    }
    let environment = environment(surroundings);
    if let Some(cloud) = variable("OS_CLOUD") {
        let mut written = named_cloud(cloud.trim(), surroundings)?;
        let mut overrides = WrittenSettings::new(SettingsPlace::Environment);
        for key in OVERRIDES {
            if let Some(value) = environment.get(key) {
                overrides.set(key, value.to_owned());
            }
        }
        written.override_with(&overrides);
        return Ok(written);
    }
    if environment.get("auth_url").is_some() {
        return Ok(environment);
    }
    if let Some(written) = only_cloud(surroundings)? {
        return Ok(written);
    }
    match KEYS.into_iter().any(|key| environment.get(key).is_some()) {
        true => Ok(environment),
        false => Err(MagnumError::NoSettings { folders: folders(surroundings) }),
    }
}

/// Returns the place of settings that need no flag, if there is one: a variable, or a file.
pub(crate) fn settings_in_sight(variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    in_sight(&SignInSurroundings::with_variables(variable))
}

fn in_sight(surroundings: &SignInSurroundings<'_>) -> Option<String> {
    let variables = ["OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"];
    let variable = variables.into_iter().find(|name| (surroundings.variable)(name).is_some()).map(str::to_owned);
    let files = || surroundings.folders.iter().flat_map(|folder| CLOUDS.map(|name| folder.join(name)));
    variable.or_else(|| files().find(|path| path.exists()).map(|path| path.display().to_string()))
}

fn environment(surroundings: &SignInSurroundings<'_>) -> WrittenSettings {
    let mut written = WrittenSettings::new(SettingsPlace::Environment);
    for key in KEYS {
        if let Some(value) = (surroundings.variable)(&written.place.name(key)) {
            written.set(key, value);
        }
    }
    written
}

fn named_cloud(cloud: &str, surroundings: &SignInSurroundings<'_>) -> Result<WrittenSettings, MagnumError> {
    let Some(found) = ReadClouds::find(surroundings)? else {
        let files = format!("no clouds.yaml in {}", folders(surroundings));
        return Err(MagnumError::NoSuchCloud { name: cloud.to_owned(), files, known: Vec::new() });
    };
    found.settings(cloud).ok_or_else(|| MagnumError::NoSuchCloud {
        name: cloud.to_owned(),
        files: found.path.display().to_string(),
        known: found.names(),
    })
}

fn only_cloud(surroundings: &SignInSurroundings<'_>) -> Result<Option<WrittenSettings>, MagnumError> {
    let Some(found) = ReadClouds::find(surroundings)? else { return Ok(None) };
    match found.names().as_slice() {
        [] => Ok(None),
        [only] => Ok(found.settings(only)),
        _ => Err(MagnumError::WhichCloud { file: found.path.display().to_string(), known: found.names() }),
    }
}

/// A `clouds.yaml` with its secrets.
struct ReadClouds {
    path: PathBuf,
    clouds: CloudsFile,
    secrets: Option<(PathBuf, CloudsFile)>,
}

impl ReadClouds {
    /// Finds the first file there is, and the first with secrets.
    fn find(surroundings: &SignInSurroundings<'_>) -> Result<Option<Self>, MagnumError> {
        let Some((path, clouds)) = first_file("OS_CLIENT_CONFIG_FILE", &CLOUDS, surroundings, None)? else { return Ok(None) };
        let secrets = first_file("OS_CLIENT_SECURE_FILE", &SECURE, surroundings, path.parent())?;
        Ok(Some(Self { path, clouds, secrets }))
    }

    fn names(&self) -> Vec<String> {
        self.clouds.names().map(str::to_owned).collect()
    }

    fn settings(&self, cloud: &str) -> Option<WrittenSettings> {
        let mut written = self.clouds.settings(cloud, &self.path)?;
        if let Some(secrets) = self.secrets.as_ref().and_then(|(path, secrets)| secrets.settings(cloud, path)) {
            written.override_with(&secrets);
        }
        Some(written)
    }
}

/// Reads the file that a variable names, or the first one of these names in the folders, of which
/// `preferred` comes first.
fn first_file(
    variable: &str,
    names: &[&str],
    surroundings: &SignInSurroundings<'_>,
    preferred: Option<&Path>,
) -> Result<Option<(PathBuf, CloudsFile)>, MagnumError> {
    if let Some(path) = (surroundings.variable)(variable).map(|path| PathBuf::from(path.trim())) {
        let clouds = CloudsFile::parse(&path, &read(&path, variable)?)?;
        return Ok(Some((path, clouds)));
    }
    let folders = preferred.into_iter().chain(surroundings.folders.iter().map(PathBuf::as_path));
    for path in folders.flat_map(|folder| names.iter().map(|name| folder.join(name))) {
        match fs::read_to_string(&path) {
            Ok(text) => {
                let clouds = CloudsFile::parse(&path, &text)?;
                return Ok(Some((path, clouds)));
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(&path, "the search for clouds.yaml", &error)),
        }
    }
    Ok(None)
}

/// Reads a file that a setting names.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(path: &Path, setting: &str) -> Result<String, MagnumError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, setting, &error))
}

fn unreadable(path: &Path, setting: &str, error: &std::io::Error) -> MagnumError {
    MagnumError::UnreadableFile { setting: setting.to_owned(), file: path.display().to_string(), reason: error.to_string() }
}

fn folders(surroundings: &SignInSurroundings<'_>) -> String {
    let folders: Vec<String> = surroundings.folders.iter().map(|folder| folder.display().to_string()).collect();
    folders.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is found with these variables, and these files in the only folder; `{}` in a
    /// variable is that folder.
    fn found(
        cloud_config: Option<&str>,
        variables: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> Result<(String, Option<String>, Option<String>), String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let place = folder.path().display().to_string();
        let variable = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.replace("{}", &place))
        };
        let surroundings = SignInSurroundings { variable: &variable, folders: vec![folder.path().to_owned()] };
        let options =
            MagnumOptions { cloud_config: cloud_config.map(|name| folder.path().join(name)), ..MagnumOptions::default() };
        let written = find(&options, &surroundings).map_err(|error| error.to_string().replace(&place, "DIR"))?;
        let get = |key: &str| written.get(key).map(str::to_owned);
        Ok((written.place.to_string().replace(&place, "DIR"), get("auth_url"), get("password")))
    }

    fn settings(place: &str, auth_url: &str, password: &str) -> (String, Option<String>, Option<String>) {
        (place.to_owned(), Some(auth_url.to_owned()), Some(password.to_owned()))
    }

    const ONE: &str = "clouds: {prod: {auth: {auth_url: yaml, password: open}}}";
    const TWO: &str = "clouds: {prod: {auth: {auth_url: yaml, password: open}}, dev: {auth: {auth_url: dev}}}";
    const SECRETS: &str = "clouds: {prod: {auth: {password: closed}}}";
    const INI: &str = "[Global]\nauth-url=ini\npassword=written\n";
    const VARIABLES: [(&str, &str); 2] = [("OS_AUTH_URL", "variable"), ("OS_PASSWORD", "set")];

    #[test]
    fn one_place_counts_and_the_most_explicit_wins() {
        let with_cloud = |name| [VARIABLES.as_slice(), &[("OS_CLOUD", name)]].concat();
        let files = [("clouds.yaml", TWO), ("secure.yaml", SECRETS), ("cloud.conf", INI)];
        assert_eq!(found(Some("cloud.conf"), &with_cloud("prod"), &files), Ok(settings("DIR/cloud.conf", "ini", "written")));
        let prod = settings("the cloud prod of DIR/clouds.yaml", "yaml", "closed");
        assert_eq!(found(None, &with_cloud("prod"), &files), Ok(prod));
        assert_eq!(found(None, &VARIABLES, &files), Ok(settings("the environment", "variable", "set")));
        let only = settings("the cloud prod of DIR/clouds.yml", "yaml", "open");
        assert_eq!(found(None, &[], &[("clouds.yml", ONE)]), Ok(only));
    }

    #[test]
    fn a_variable_names_a_file_anywhere() {
        let files = [("elsewhere", ONE), ("secrets", SECRETS)];
        let variables = [("OS_CLIENT_CONFIG_FILE", "{}/elsewhere"), ("OS_CLIENT_SECURE_FILE", "{}/secrets")];
        assert_eq!(found(None, &variables, &files), Ok(settings("the cloud prod of DIR/elsewhere", "yaml", "closed")));
        let error = found(None, &variables, &[]).expect_err("no file");
        assert!(error.starts_with("OS_CLIENT_CONFIG_FILE names DIR/elsewhere, which cannot be read"), "{error}");
    }

    #[test]
    fn a_variable_changes_the_region_of_a_named_cloud_and_not_its_password() {
        let variable = |name: &str| match name {
            "OS_CLOUD" => Some("prod".to_owned()),
            "OS_REGION_NAME" => Some("two".to_owned()),
            "OS_PASSWORD" => Some("of another".to_owned()),
            _ => None,
        };
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("clouds.yaml"), ONE).expect("a file");
        let surroundings = SignInSurroundings { variable: &variable, folders: vec![folder.path().to_owned()] };
        let written = find(&MagnumOptions::default(), &surroundings).expect("settings");
        assert_eq!((written.get("region_name"), written.get("password")), (Some("two"), Some("open")));
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        for (variables, files, words) in [
            (&[][..], &[][..], "no settings of an OpenStack cloud"),
            (&[], &[("clouds.yaml", TWO)], "DIR/clouds.yaml has several clouds; name one of them with OS_CLOUD: dev, prod"),
            (&[("OS_CLOUD", "prdo")], &[("clouds.yaml", TWO)], "DIR/clouds.yaml does not have; the clouds there: dev, prod"),
            (&[("OS_CLOUD", "prod")], &[], "no clouds.yaml in DIR"),
        ] {
            let error = found(None, variables, files).expect_err(words);
            assert!(error.contains(words), "{error}");
        }
        let error = found(Some("nowhere"), &VARIABLES, &[]).expect_err("no file");
        assert!(error.starts_with("--cloud-config names DIR/nowhere, which cannot be read"), "{error}");
    }

    #[test]
    fn settings_are_in_sight_by_a_variable_or_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let seen = |named: &'static str| {
            let variable = move |name: &str| (name == named).then(|| "x".to_owned());
            in_sight(&SignInSurroundings { variable: &variable, folders: vec![folder.path().to_owned()] })
        };
        assert_eq!(seen("OS_AUTH_URL").as_deref(), Some("OS_AUTH_URL"));
        assert_eq!(seen("OS_USERNAME"), None);
        fs::write(folder.path().join("clouds.yaml"), ONE).expect("a file");
        assert!(seen("").is_some_and(|place| place.ends_with("clouds.yaml")));
    }

    #[test]
    fn variables_without_an_url_count_when_nothing_else_is_there() {
        let found = found(None, &[("OS_PASSWORD", "set")], &[]).expect("settings");
        assert_eq!(found, ("the environment".to_owned(), None, Some("set".to_owned())));
    }
}
