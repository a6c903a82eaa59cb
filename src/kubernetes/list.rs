//! A whole list, page by page: complete, or an error.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ListMeta;
use kube::api::ListParams;
use kube::core::Request;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::{CallError, Endpoint};
use super::conversion::ConversionError;
use super::page_size::PageSize;
use super::retry::fetch_within;

/// A list is begun again at most this often when the server has forgotten where a page began (410).
/// It remembers for five minutes, so after more attempts the pages can't be read in time.
const MOST_RESTARTS: usize = 3;

/// Why a list is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListError {
    /// A page could not be read.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An object on a page is not understood.
    #[error(transparent)]
    Object(#[from] ConversionError),
}

#[derive(Deserialize)]
struct ListPage<K> {
    metadata: ListMeta,
    // Some servers send null for none.
    items: Option<Vec<K>>,
}

/// Lists every object of a kind that the field selector matches, and hands each to `take`. A page
/// is dropped before the next is requested, and holds fewer objects where they are large, so memory
/// follows what `take` keeps.
///
/// The list is one consistent moment of the cluster: when the server can't continue from there,
/// what was taken is thrown away and everything begins again with a `fresh` one.
pub(crate) async fn list<'a, K, S>(
    from: impl Into<Endpoint<'a>>,
    fields: Option<&str>,
    fresh: impl Fn() -> S,
    take: impl FnMut(&mut S, &K) -> Result<(), ConversionError>,
) -> Result<S, ListError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    list_with_version(from, &K::url_path(&(), None), fields, fresh, take).await.map(|(taken, _)| taken)
}

/// Does the same as [`list`] with the objects of a path, whose kind this version need not know.
pub(crate) async fn list_at<'a, K: DeserializeOwned, S>(
    from: impl Into<Endpoint<'a>>,
    path: &str,
    fresh: impl Fn() -> S,
    mut take: impl FnMut(&mut S, &K) -> Result<(), ConversionError>,
) -> Result<S, ListError> {
    from_the_start(from.into(), path, None, fresh, &mut take).await.map(|(taken, _)| taken)
}

/// Does the same as [`list_at`] with those that the field selector matches, and returns the version
/// of that moment, from which a watch goes on.
pub(crate) async fn list_with_version<'a, K: DeserializeOwned, S>(
    from: impl Into<Endpoint<'a>>,
    path: &str,
    fields: Option<&str>,
    fresh: impl Fn() -> S,
    mut take: impl FnMut(&mut S, &K) -> Result<(), ConversionError>,
) -> Result<(S, String), ListError> {
    from_the_start(from.into(), path, fields, fresh, &mut take).await
}

async fn from_the_start<K: DeserializeOwned, S>(
    from: Endpoint<'_>,
    path: &str,
    fields: Option<&str>,
    fresh: impl Fn() -> S,
    take: &mut impl FnMut(&mut S, &K) -> Result<(), ConversionError>,
) -> Result<(S, String), ListError> {
    let mut restarts = 0;
    loop {
        match pages(from, path, fields, fresh(), take).await {
            Err(ListError::Call(error)) if error.code() == Some(410) && restarts < MOST_RESTARTS => restarts += 1,
            outcome => return outcome,
        }
    }
}

async fn pages<K: DeserializeOwned, S>(
    from: Endpoint<'_>,
    path: &str,
    fields: Option<&str>,
    mut taken: S,
    take: &mut impl FnMut(&mut S, &K) -> Result<(), ConversionError>,
) -> Result<(S, String), ListError> {
    let mut size = PageSize::default();
    let mut params = ListParams { field_selector: fields.map(str::to_owned), ..ListParams::default() };
    loop {
        params.limit = Some(size.objects());
        let request = Request::new(path).list(&params);
        let request = request.map_err(|error| CallError::Malformed(error.to_string()))?;
        let answer = match fetch_within::<ListPage<K>>(from, &request, size.most_bytes()).await {
            Err(CallError::TooLong { .. }) if size.shrink() => continue,
            answer => answer?,
        };
        size.follow(answer.bytes);
        let page = answer.value;
        for object in page.items.iter().flatten() {
            take(&mut taken, object)?;
        }
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            return Ok((taken, page.metadata.resource_version.unwrap_or_default()));
        }
    }
}

/// Lists every object of a kind, each turned into its snapshot type.
pub(crate) async fn list_all<'a, K, T>(
    from: impl Into<Endpoint<'a>>,
    convert: impl Fn(&K) -> Result<T, ConversionError>,
) -> Result<Vec<T>, ListError>
where
    K: kube::Resource<DynamicType = ()> + DeserializeOwned,
{
    let take = |taken: &mut Vec<T>, object: &K| convert(object).map(|read| taken.push(read));
    list(from, None, Vec::new, take).await
}
