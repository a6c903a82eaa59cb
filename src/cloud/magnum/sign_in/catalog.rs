//! The catalog of a token: which URL each service has in which region.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;
use serde::Deserialize;

use super::service::Service;
use super::settings::{CatalogInterface, CloudSettings};
use crate::cloud::magnum::error::MagnumError;

/// The services that are used.
const SERVICES: [Service; 3] = [Service::ContainerInfra, Service::Compute, Service::Orchestration];

/// One service of a catalog.
#[derive(Debug, Deserialize)]
pub(super) struct CatalogEntry {
    #[serde(rename = "type")]
    service_type: String,
    #[serde(default)]
    endpoints: Vec<CatalogUrl>,
}

/// One URL of a service.
#[derive(Debug, Deserialize)]
struct CatalogUrl {
    interface: String,
    /// Its older name is `region`; both are there since Keystone's version 3.2.
    region_id: Option<String>,
    region: Option<String>,
    url: String,
}

impl CatalogUrl {
    fn region(&self) -> Option<&str> {
        self.region_id.as_deref().or(self.region.as_deref())
    }

    fn has(&self, interface: CatalogInterface) -> bool {
        self.interface == interface.name()
    }
}

/// A region and the URLs of its services.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RegionUrls {
    pub(super) region: String,
    pub(super) urls: BTreeMap<Service, Url>,
}

/// Chooses the region and its URLs.
///
/// # Errors
/// When there is no such region, when there are several and none is named, or when the region has
/// no Magnum.
pub(super) fn choose(catalog: &[CatalogEntry], settings: &CloudSettings) -> Result<RegionUrls, MagnumError> {
    let interface = settings.interface;
    let region = region(catalog, settings)?;
    let mut urls = settings.overrides.clone();
    for service in SERVICES {
        let found = of_service(catalog, service).find(|url| url.has(interface) && url.region() == Some(&region));
        if let Some(url) = found.and_then(|found| Url::parse(found.url.trim()).ok()) {
            urls.entry(service).or_insert_with(|| base(service, url));
        }
    }
    match urls.contains_key(&Service::ContainerInfra) {
        true => Ok(RegionUrls { region, urls }),
        false => Err(MagnumError::NoMagnum { interface: interface.name(), region }),
    }
}

/// Returns the region of the settings, or the only one that has Magnum.
fn region(catalog: &[CatalogEntry], settings: &CloudSettings) -> Result<String, MagnumError> {
    let all: BTreeSet<&str> = catalog.iter().flat_map(|entry| &entry.endpoints).filter_map(CatalogUrl::region).collect();
    let owned = |regions: &BTreeSet<&str>| regions.iter().map(ToString::to_string).collect::<Vec<_>>();
    if let Some(name) = &settings.region {
        return match all.contains(name.as_str()) {
            true => Ok(name.clone()),
            false => Err(MagnumError::NoSuchRegion { name: name.clone(), known: owned(&all) }),
        };
    }
    let of_magnum = of_service(catalog, Service::ContainerInfra).filter(|url| url.has(settings.interface));
    let of_magnum: BTreeSet<&str> = of_magnum.filter_map(CatalogUrl::region).collect();
    let candidates = if of_magnum.is_empty() { &all } else { &of_magnum };
    match owned(candidates).as_slice() {
        [only] => Ok(only.clone()),
        several => Err(MagnumError::NoRegion { known: several.to_vec() }),
    }
}

fn of_service(catalog: &[CatalogEntry], service: Service) -> impl Iterator<Item = &CatalogUrl> {
    let is_it = move |entry: &&CatalogEntry| {
        entry.service_type == service.official_type() || service.aliases().contains(&entry.service_type.as_str())
    };
    catalog.iter().filter(is_it).flat_map(|entry| &entry.endpoints)
}

/// Returns a URL that paths can be put behind. That of Magnum ends in the version, and operators
/// who wrote it without are not refused by others either.
fn base(service: Service, mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    let path = match service {
        Service::ContainerInfra if !path.ends_with("/v1") => format!("{path}/v1"),
        Service::ContainerInfra | Service::Compute | Service::Orchestration => path,
    };
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::magnum::sign_in::options::MagnumOptions;
    use crate::cloud::magnum::sign_in::written::{SettingsPlace, WrittenSettings};

    /// A service, an interface, a region and a URL.
    type Row = (&'static str, &'static str, &'static str, &'static str);

    const CLOUD: [Row; 6] = [
        ("identity", "public", "One", "https://k:5000/v3"),
        ("container-infra", "public", "One", "https://m:9511/v1/"),
        ("container-infra", "internal", "One", "http://10.0.0.1:9511/v1"),
        ("compute", "public", "One", "https://n:8774/v2.1"),
        ("compute", "public", "Two", "https://n2:8774/v2.1"),
        ("orchestration", "internal", "One", "http://10.0.0.1:8004/v1/p"),
    ];

    fn chosen(rows: &[Row], values: &[(&str, &str)]) -> Result<(String, Vec<String>), String> {
        let entry = |(service, interface, region, url): &Row| {
            let endpoint = serde_json::json!({"interface": interface, "region_id": region, "region": region, "url": url});
            serde_json::json!({"type": service, "name": "x", "endpoints": [endpoint]})
        };
        let catalog: Vec<serde_json::Value> = rows.iter().map(entry).collect();
        let catalog: Vec<CatalogEntry> = serde_json::from_value(catalog.into()).expect("a catalog");
        let mut written = WrittenSettings::new(SettingsPlace::Environment);
        let needed = [("auth_url", "https://k"), ("user_id", "u"), ("password", "p"), ("trust_id", "t")];
        for (key, value) in needed.iter().chain(values) {
            written.set(key, (*value).to_owned());
        }
        let settings = CloudSettings::from_written(&written, &MagnumOptions::default()).expect("settings");
        let found = choose(&catalog, &settings).map_err(|error| error.to_string())?;
        Ok((found.region, found.urls.values().map(ToString::to_string).collect()))
    }

    fn urls(urls: &[&str]) -> (String, Vec<String>) {
        ("One".to_owned(), urls.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_region_with_magnum_is_taken_and_the_public_urls() {
        assert_eq!(chosen(&CLOUD, &[]), Ok(urls(&["https://m:9511/v1", "https://n:8774/v2.1"])));
        let internal = urls(&["http://10.0.0.1:9511/v1", "http://10.0.0.1:8004/v1/p"]);
        assert_eq!(chosen(&CLOUD, &[("interface", "internal")]), Ok(internal));
    }

    #[test]
    fn magnum_has_older_names_and_its_version_may_be_missing() {
        for name in ["container-infrastructure", "container-infrastructure-management"] {
            assert_eq!(
                chosen(&[(name, "public", "One", "https://m/magnum")], &[]),
                Ok(urls(&["https://m/magnum/v1"])),
                "{name}"
            );
        }
    }

    #[test]
    fn a_url_of_the_settings_counts_more() {
        let own = [("container_infra_endpoint_override", "http://127.0.0.1:9511/v1")];
        assert_eq!(chosen(&CLOUD, &own), Ok(urls(&["http://127.0.0.1:9511/v1", "https://n:8774/v2.1"])));
    }

    #[test]
    fn a_region_is_named_wrongly_or_needed_or_has_no_magnum() {
        let error = chosen(&CLOUD, &[("region_name", "Three")]).expect_err("no such region");
        assert_eq!(error, "\"Three\" is not a region of this cloud; its regions: One, Two");
        let error = chosen(&CLOUD, &[("region_name", "Two")]).expect_err("no Magnum");
        assert!(error.starts_with("the catalog of the cloud has no public URL of Magnum"), "{error}");
        let second = [&CLOUD[..], &[("container-infra", "public", "Two", "https://m2/v1")]].concat();
        let error = chosen(&second, &[]).expect_err("two regions");
        assert!(error.ends_with("has Magnum in One, Two; name one: --regions One"), "{error}");
    }
}
