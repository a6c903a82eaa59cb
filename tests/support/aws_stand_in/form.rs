//! The parameters of a call as the Query protocol sends them.

use std::collections::BTreeMap;

use super::refusal::Refusal;

/// Names such as `Filter.1.Value.2` or `AutoScalingGroupNames.member.1`, and their values.
pub(super) type Params = BTreeMap<String, String>;

/// Filters: a name and the values of which one must fit.
pub(super) type Filters = Vec<(String, Vec<String>)>;

/// A parameter; empty when it was not sent.
pub(super) fn text<'a>(params: &'a Params, name: &str) -> &'a str {
    params.get(name).map_or("", String::as_str)
}

/// The members of a list, whose parameters start with `prefix`: `InstanceId` or
/// `AutoScalingGroupNames.member`.
pub(super) fn list(params: &Params, prefix: &str) -> Vec<String> {
    (1..).map_while(|number| params.get(&format!("{prefix}.{number}")).cloned()).collect()
}

/// EC2's `Filter.1` with `Value.1`, or Auto Scaling's `Filters.member.1` with `Values.member.1`.
pub(super) fn filters(params: &Params, prefix: &str, values: &str) -> Filters {
    let filter = |number: usize| {
        let name = params.get(&format!("{prefix}.{number}.Name"))?;
        Some((name.clone(), list(params, &format!("{prefix}.{number}.{values}"))))
    };
    (1..).map_while(filter).collect()
}

/// Cuts a page out of what was found. The token is the place of the next item.
pub(super) fn page<'a, T>(
    found: &'a [T],
    params: &Params,
    most: usize,
    invalid: fn() -> Refusal,
) -> Result<(&'a [T], Option<String>), Refusal> {
    let token = text(params, "NextToken");
    let first = if token.is_empty() { 0 } else { token.parse().map_err(|_| invalid())? };
    let rest = found.get(first..).ok_or_else(invalid)?;
    let next = (rest.len() > most).then(|| (first + most).to_string());
    Ok((&rest[..rest.len().min(most)], next))
}

/// How many items a page of Auto Scaling may hold.
pub(super) fn max_records(params: &Params, unsaid: usize) -> Result<usize, Refusal> {
    let asked = text(params, "MaxRecords");
    let most = if asked.is_empty() { Some(unsaid) } else { asked.parse().ok() };
    most.filter(|most| (1..=100).contains(most)).ok_or_else(|| {
        Refusal::validation(format!(
            "1 validation error detected: Value '{asked}' at 'maxRecords' failed to satisfy constraint: Member must have \
             value less than or equal to 100"
        ))
    })
}

/// What Auto Scaling says of a token that it did not give.
pub(super) fn invalid_next_token() -> Refusal {
    Refusal::new("InvalidNextToken", "The NextToken value is not valid.")
}

/// What EC2 says of one.
pub(super) fn invalid_token_of_ec2() -> Refusal {
    Refusal::new("InvalidParameterValue", "The token you provided is invalid")
}
