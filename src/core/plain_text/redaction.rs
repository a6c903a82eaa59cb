//! Redaction of texts for others. The errors of clouds name roles, accounts and at times
//! credentials. The person who runs the command may see them on the terminal, but Events, the
//! status and Slack have other readers.

use std::borrow::Cow;

/// The replacement for redacted text.
const GONE: &str = "…";

/// The number of digits of an account's number.
const ACCOUNT_DIGITS: usize = 12;

/// The first letters of the ids of keys and of IAM's principals.
const ID_PREFIXES: [&str; 9] = ["AKIA", "ASIA", "ABIA", "ACCA", "AIDA", "AROA", "AGPA", "ANPA", "ANVA"];

/// The number of letters of the shortest of these ids.
const SHORTEST_ID: usize = 16;

/// The number of letters of a secret key, and of the shortest base64 text that counts as a secret.
const SECRET_LENGTH: usize = 40;

/// The ends of names whose values are secrets, in small letters.
const SECRET_NAMES: [&str; 8] =
    ["token", "signature", "credential", "password", "passwd", "secret", "secretaccesskey", "secret_access_key"];

/// Words that stand before a secret, in small letters. The last of them stand before a message in
/// which the cloud encodes who tried what.
const BEFORE_SECRETS: [&str; 7] = [
    "bearer",
    "authorization: basic",
    "token:",
    "password:",
    "x-amz-security-token:",
    "x-amz-signature:",
    "encoded authorization failure message:",
];

/// Returns the text without ARNs, account numbers and credentials. Of an ARN the service and the
/// type of the resource stay.
#[must_use]
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = &rest[..rest.find(ends_word).unwrap_or(rest.len())];
        kept.push_str(&word_without(word, &kept));
        rest = &rest[word.len()..];
        let between = rest.find(|letter| !ends_word(letter)).unwrap_or(rest.len());
        kept.push_str(&rest[..between]);
        rest = &rest[between..];
    }
    if kept == text { Cow::Borrowed(text) } else { Cow::Owned(kept) }
}

fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || "\"'`<>(){}[]".contains(letter)
}

fn word_without(word: &str, before: &str) -> String {
    let core = word.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let ending = &word[core.len()..];
    if !core.is_empty() && stands_before_secret(before) {
        return format!("{GONE}{ending}");
    }
    if let Some(at) = arn(core) {
        return format!("{}{}{ending}", parts_without(&core[..at]), short_arn(&core[at..]));
    }
    format!("{}{ending}", parts_without(core))
}

fn stands_before_secret(before: &str) -> bool {
    let before = before.trim_end_matches(|letter: char| letter.is_whitespace() || "\"'`=".contains(letter));
    BEFORE_SECRETS.iter().any(|words| {
        let Some(at) = before.len().checked_sub(words.len()) else { return false };
        let alone = before.get(..at).is_some_and(|before| !before.ends_with(char::is_alphanumeric));
        alone && before.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(words))
    })
}

/// Returns where an ARN begins, which may be encoded for an address.
fn arn(word: &str) -> Option<usize> {
    let small = word.to_ascii_lowercase();
    let begins = |sign: &str| {
        small.match_indices(sign).map(|(at, _)| at).find(|at| !small[..*at].ends_with(|letter: char| letter.is_alphanumeric()))
    };
    begins("arn:").into_iter().chain(begins("arn%3a")).min()
}

/// Returns `arn:aws:sts:…:assumed-role/…` for `arn:aws:sts::123456789012:assumed-role/runs/ada`.
fn short_arn(arn: &str) -> String {
    if arn.split(':').nth(3) == Some(GONE) {
        // It was shortened before.
        return arn.to_owned();
    }
    let mut fields = arn.splitn(6, ':');
    let is_name = |name: &&str| {
        name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let (partition, service) = (fields.nth(1).filter(is_name), fields.next().filter(is_name));
    let (Some(partition), Some(service), Some(resource)) = (partition, service, fields.nth(2)) else {
        return format!("arn:{GONE}");
    };
    match resource
        .split_once(['/', ':'])
        .filter(|(kind, _)| kind.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'))
    {
        Some((kind, _)) => format!("arn:{partition}:{service}:{GONE}:{kind}/{GONE}"),
        None => format!("arn:{partition}:{service}:{GONE}"),
    }
}

/// Returns a word without its secrets; it may be an address with a query.
fn parts_without(word: &str) -> String {
    let word = without_user(word);
    let parts: Vec<Cow<'_, str>> = word.split_inclusive(['&', '?', ',', ';']).map(part_without).collect();
    parts.concat()
}

/// Returns `https://…@host` for an address that holds a password.
fn without_user(word: &str) -> Cow<'_, str> {
    let user = word.split_once("://").and_then(|(scheme, rest)| {
        let (host, _) = rest.split_once(['/', '?', '#']).unwrap_or((rest, ""));
        let user = host.rfind('@')?;
        Some((scheme, &rest[user..]))
    });
    user.map_or(Cow::Borrowed(word), |(scheme, rest)| Cow::Owned(format!("{scheme}://{GONE}{rest}")))
}

/// Returns `name=value` of a secret name without its value, and any other part without what looks
/// like a secret.
fn part_without(part: &str) -> Cow<'_, str> {
    let body = part.trim_end_matches(['&', '?', ',', ';']);
    if let Some((name, value)) = body.split_once('=') {
        let small = name.to_ascii_lowercase();
        if !value.is_empty() && SECRET_NAMES.iter().any(|secret| small.ends_with(secret)) {
            return Cow::Owned(format!("{name}={GONE}{}", &part[body.len()..]));
        }
    }
    let without_web_tokens = without_runs(part, |letter| is_identifier(letter) || letter == '.', is_web_token);
    let without_keys = without_runs(&without_web_tokens, is_base64, is_long_base64);
    without_runs(&without_keys, is_identifier, is_secret_id).into_owned().into()
}

/// Removes the longest runs of letters that `belongs` matches where they are secrets.
fn without_runs(text: &str, belongs: fn(char) -> bool, is_secret: fn(&str) -> bool) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(belongs) {
        let run = &rest[begin..];
        let run = &run[..run.find(|letter| !belongs(letter)).unwrap_or(run.len())];
        kept.push_str(&rest[..begin]);
        kept.push_str(if is_secret(run) { GONE } else { run });
        rest = &rest[begin + run.len()..];
    }
    kept.push_str(rest);
    if kept == text { Cow::Borrowed(text) } else { Cow::Owned(kept) }
}

/// Whether a run is a JSON web token: its first part begins like every JSON object in base64.
fn is_web_token(run: &str) -> bool {
    run.starts_with("eyJ") && run.len() >= SHORTEST_ID
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+/=".contains(letter)
}

/// Whether a run is a long base64 text, as secret keys and session tokens are. Names have
/// characters in between that this alphabet lacks.
fn is_long_base64(run: &str) -> bool {
    let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    run.len() >= SECRET_LENGTH && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
}

/// Whether a letter may be part of a name: within one, as in `train-202611221200`, twelve digits
/// are no account.
fn is_identifier(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-".contains(letter)
}

fn is_secret_id(run: &str) -> bool {
    let is_account = run.len() == ACCOUNT_DIGITS && run.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = run.len() >= SHORTEST_ID
        && ID_PREFIXES.iter().any(|prefix| run.starts_with(prefix))
        && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_account || is_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_keep_their_service_and_the_type_of_the_resource() {
        for (text, kept) in [
            (
                "User: arn:aws:sts::123456789012:assumed-role/ec2-autoscale/ada@example.com is not authorized to perform: \
                 autoscaling:SetDesiredCapacity on resource: arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:1b2c:autoScalingGroupName/gpu.",
                "User: arn:aws:sts:…:assumed-role/… is not authorized to perform: \
                 autoscaling:SetDesiredCapacity on resource: arn:aws:autoscaling:…:autoScalingGroup/….",
            ),
            ("(arn:aws-us-gov:iam::123456789012:role/x)", "(arn:aws-us-gov:iam:…:role/…)"),
            ("bucket arn:aws:s3:::secret-bucket", "bucket arn:aws:s3:…"),
            ("key=arn:aws:kms:us-west-2:123456789012:key/1-2", "key=arn:aws:kms:…:key/…"),
            ("arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fx", "arn:…"),
            ("learn: more", "learn: more"),
        ] {
            assert_eq!(redacted(text), kept, "{text}");
            assert_eq!(redacted(kept), kept, "what is redacted stays as it is");
        }
    }

    #[test]
    fn accounts_go_and_names_that_hold_as_many_digits_stay() {
        for (text, kept) in [
            ("account 123456789012 may not", "account … may not"),
            ("(AccountId: 123456789012)", "(AccountId: …)"),
            ("123456789012.dkr.ecr.us-west-2.amazonaws.com/x", "….dkr.ecr.us-west-2.amazonaws.com/x"),
        ] {
            assert_eq!(redacted(text), kept);
        }
        for text in ["ml/train-202611221200", "i-0123456789012ab", "1234567890123", "12345678901", "a_123456789012"] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn credentials_go() {
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE",
            "AROAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl-_x",
        ] {
            for text in [secret.to_owned(), format!("the key '{secret}', used"), format!("Credential {secret}: no")] {
                assert!(!redacted(&text).contains(secret) && redacted(&text).contains('…'), "{text}");
            }
        }
        for (text, kept) in [
            ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
            ("authorization: bearer \"abc\"", "authorization: bearer \"…\""),
            ("X-Amz-Security-Token: IQoJb3Jp", "X-Amz-Security-Token: …"),
            (
                "GET https://sts.amazonaws.com/?Action=x&X-Amz-Credential=me&X-Amz-Signature=0a1b&X-Amz-Security-Token=IQ%3D",
                "GET https://sts.amazonaws.com/?Action=x&X-Amz-Credential=…&X-Amz-Signature=…&X-Amz-Security-Token=…",
            ),
            ("proxy http://ada:hunter2@proxy:3128/ refused", "proxy http://…@proxy:3128/ refused"),
            ("Encoded authorization failure message: 4Pk_x-7 and more", "Encoded authorization failure message: … and more"),
        ] {
            assert_eq!(redacted(text), kept);
        }
    }

    #[test]
    fn sentences_of_ours_stay() {
        for text in [
            "",
            "We currently do not have sufficient p3.16xlarge capacity in the Availability Zone you requested (us-west-2b).",
            "large (us-west-2): Insufficient cpu (64 asked, 3920m on a new node); small (us-west-2): at its maximum 3",
            "User \"system:serviceaccount:kube-system:ec2-autoscale\" cannot list resource \"pods\" in API group \"\"",
            "production-WorkerNodesAutoScalingGroup-1XK2J9QLM3N4 (us-west-2) 0→2",
            "reading token failed: tokens: 3; a basic claim \"data\"",
            "in backoff until 2026-11-22 12:42 UTC: desired 3 → 5",
        ] {
            assert!(matches!(redacted(text), Cow::Borrowed(same) if same == text), "{}", redacted(text));
        }
    }
}
