//! What a certificate or receipt says, with the labels its own type gives.

use auth_core::{Report, Timestamp};
use credential::{
    kinds::{self, CertificateType},
    receipt,
};
use serde_json::Value;
use web::{Lang, Texts};

use super::view::Fact;
use crate::pages::CATALOG;

/// The claims of a statement: those of its type in the type's own order, then the others.
pub(super) fn facts(t: Texts, report: &Report) -> Vec<Fact> {
    let statement = &report.statement;
    let kind = ["type", "vct"]
        .iter()
        .find_map(|name| statement.get(*name)?.as_str())
        .and_then(|kind| CertificateType::by_slug(slug(kind)));
    let mut order: Vec<&str> = match kind {
        Some(kind) => kind.fields.iter().map(|field| field.claim).collect(),
        None => receipt::CLAIMS.iter().map(|(claim, ..)| *claim).collect(),
    };
    order.extend(kinds::common::ALL.iter().map(|(claim, ..)| *claim));
    let place = |name: &str| match (name, order.iter().position(|claim| *claim == name)) {
        ("type" | "vct", _) => 0,
        (_, Some(place)) => place + 1,
        (_, None) => order.len() + 1,
    };
    let mut claims: Vec<(&String, &Value)> = statement.iter().collect();
    claims.sort_by_key(|(name, _)| place(name));
    claims
        .into_iter()
        .map(|(name, value)| Fact { label: label(t, kind, name), value: shown(t, name, value) })
        .collect()
}

/// The last part of a type URL, or the short name of a type as it stands in a printed code.
fn slug(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or(kind)
}

fn label(t: Texts, kind: Option<&CertificateType>, name: &str) -> String {
    let pick = |zh_cn: &str, en: &str| match t.lang() {
        Lang::En => en.to_owned(),
        Lang::ZhCn => zh_cn.to_owned(),
    };
    if let Some(field) = kind.and_then(|kind| kind.fields.iter().find(|field| field.claim == name))
    {
        return pick(field.zh_cn, field.en);
    }
    if let (None, Some((_, _, zh_cn, en))) =
        (kind, receipt::CLAIMS.iter().find(|(claim, ..)| *claim == name))
    {
        return pick(zh_cn, en);
    }
    if let Some((_, _, zh_cn, en)) = kinds::common::ALL.iter().find(|(claim, ..)| *claim == name) {
        return pick(zh_cn, en);
    }
    let id = format!("claim-{}", name.replace('_', "-"));
    if CATALOG.has(&id) { t.t(&id) } else { name.to_owned() }
}

/// A value as people read it: times become those of the county, types and answers become words.
fn shown(t: Texts, name: &str, value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::Bool(yes) => t.t(if *yes { "value-yes" } else { "value-no" }),
        Value::Number(number) => match number.as_i64() {
            Some(seconds) if name.ends_with("_at") => t.lang().time(Timestamp::from_unix(seconds)),
            _ => number.to_string(),
        },
        Value::String(text) => words(t, name, text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(t, name, item)).collect();
            items.join(&t.t("list-separator"))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", label(t, None, name), shown(t, name, value)))
                .collect();
            members.join("; ")
        }
    }
}

fn words(t: Texts, name: &str, text: &str) -> String {
    match name {
        "type" | "vct" => match kinds::ALL.iter().find(|kind| kind.slug == slug(text)) {
            Some(kind) if t.lang() == Lang::En => kind.en.to_owned(),
            Some(kind) => kind.zh_cn.to_owned(),
            None if slug(text) == receipt::SLUG => t.t("kind-receipt"),
            None => text.to_owned(),
        },
        "answer" if ["yes", "no", "undetermined"].contains(&text) => t.t(&format!("value-{text}")),
        _ => match Timestamp::parse_rfc3339(text) {
            Some(at) if name.ends_with("_at") => t.lang().time(at),
            _ => text.to_owned(),
        },
    }
}
