//! `manifests`: prints the objects of an installation, for `kubectl apply -f -`. It reads only the
//! files that flags name.

use std::path::Path;

use anyhow::Context as _;

use super::{Console, RunError, out_file};
use crate::cli::{CloudName, GivenFlag, ManifestsCommand};
use crate::exit::ExitCode;
use crate::gather::document::{ByteSize, InputDocument, read_document};
use crate::install::{BaseFile, Installation, MountedFile, kustomize_base, manifests, monitoring_objects};

/// The flags that name files, which go into a ConfigMap.
const OF_FILES: [&str; 4] = ["policy", "prices", "buffer", "device-file"];
/// The flags whose values nobody may read in a manifest.
const SECRETS: [&str; 5] = ["aws-access-key", "aws-secret-key", "slack-hook", "slack-bot-token", "pushgateway"];
/// The flags of the machine where this command runs.
const OF_THIS_MACHINE: [&str; 2] = ["kubeconfig", "context"];
/// The most that files may hold together: the API server takes a mebibyte of an object.
const MOST: usize = 900 << 10;
/// The most bytes of a file that is read at all.
const LARGEST: ByteSize = ByteSize(1 << 20);

pub(super) fn run(command: &ManifestsCommand, console: &Console) -> anyhow::Result<ExitCode> {
    check(command)?;
    let mut files = Vec::new();
    let mut arguments = match command.look_only {
        true => vec!["plan".to_owned()],
        false => vec!["apply".to_owned(), format!("--until-needed={}", command.until_needed)],
    };
    for flag in &command.given {
        arguments.extend(words(flag, &mut files)?);
    }
    let size: usize = files.iter().map(|file| file.text.len()).sum();
    if size > MOST {
        let message = format!("the files of the flags hold {} KiB, and a ConfigMap takes {}", size >> 10, MOST >> 10);
        return Err(RunError::usage(message, "mount them by yourself, as cronjob.yaml shows at POLICY").into());
    }
    let installation = Installation {
        image: command.image.clone(),
        role_arn: command.role_arn.clone(),
        arguments,
        files,
        is_openstack: command.live.cloud.cloud == CloudName::Magnum,
    };
    let objects = manifests(&installation)?;
    if let Some(folder) = &command.out {
        write_base(folder, kustomize_base(objects, command.monitoring)?)?;
        return Ok(ExitCode::Done);
    }
    let text = match command.monitoring {
        true => format!("{objects}---\n{}", serde_saphyr::to_string_multiple(&monitoring_objects()?)?),
        false => objects,
    };
    console.print(&text).map_err(RunError::Output)?;
    Ok(ExitCode::Done)
}

/// Writes the files of a base into a folder, which is made if it is not there.
fn write_base(folder: &Path, files: Vec<BaseFile>) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    for BaseFile { name, text } in files {
        out_file::write(&folder.join(name), |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// Refuses what a run in the cluster could not use, or would not start with.
fn check(command: &ManifestsCommand) -> Result<(), RunError> {
    for GivenFlag { name, .. } in &command.given {
        if SECRETS.contains(&name.as_str()) {
            return Err(RunError::usage(
                format!("--{name} is a secret, and a manifest would show it"),
                "leave it out and put it into the Secret autoscaler, as cronjob.yaml describes",
            ));
        }
        if OF_THIS_MACHINE.contains(&name.as_str()) {
            return Err(RunError::usage(
                format!("--{name} is of this machine; in the cluster a run uses its service account"),
                "leave it out; `kubectl --context` chooses where the objects go",
            ));
        }
    }
    if command.live.cluster.cluster_name.is_none() {
        let message = "a run needs --cluster-name, the value of the tag KubernetesCluster of its groups";
        return Err(RunError::usage(message, "add --cluster-name NAME"));
    }
    if command.live.cloud.cloud == CloudName::Aws && command.live.cloud.regions.is_empty() {
        return Err(RunError::usage(
            "a run at AWS needs --regions",
            "add --regions us-west-2,us-east-1, the preferred one first",
        ));
    }
    Ok(())
}

/// Returns a flag as it stands in the container's arguments. Files that it names go to `files`.
fn words(flag: &GivenFlag, files: &mut Vec<MountedFile>) -> Result<Vec<String>, RunError> {
    let GivenFlag { name, values } = flag;
    if values.is_empty() {
        return Ok(vec![format!("--{name}")]);
    }
    let values: Vec<String> = match OF_FILES.contains(&name.as_str()) {
        // Several files are repeated, or stand in one value.
        true => {
            values.iter().flat_map(|value| value.split(',')).map(|path| mounted(name, path, files)).collect::<Result<_, _>>()?
        }
        false => values.clone(),
    };
    Ok(values.into_iter().map(|value| format!("--{name}={value}")).collect())
}

/// Reads a file that a flag names, and returns where it is mounted.
fn mounted(flag: &str, path: &str, files: &mut Vec<MountedFile>) -> Result<String, RunError> {
    let refused = |why: String| {
        RunError::usage(format!("--{flag} {path} {why}"), "name a text file with a name of its own, or mount it by yourself")
    };
    let InputDocument { bytes, .. } =
        read_document(Path::new(path), LARGEST).map_err(|error| refused(format!("can't be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| refused("is no text".to_owned()))?;
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).filter(|name| is_key(name));
    let name = name.ok_or_else(|| refused("has no name that a ConfigMap takes".to_owned()))?;
    let name = name.strip_suffix(".gz").unwrap_or(name).to_owned();
    let file = MountedFile { name, text };
    match files.iter().find(|known| known.name == file.name) {
        Some(known) if known.text != file.text => return Err(refused(format!("has the name of another file, {}", file.name))),
        Some(_) => {}
        None => files.push(file.clone()),
    }
    Ok(file.path())
}

/// Whether a ConfigMap takes a name as a key (`IsConfigMapKey`).
fn is_key(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 253 && name.chars().all(is_allowed) && !name.starts_with("..") && name != "."
}
