//! From a file to its signatures with coverage and changes.

use std::collections::HashMap;

use auth_core::Reason;
use auth_core::verdict::{Changes, Coverage};

use super::change::{Change, ChangeKind};
use super::diff::changes_of_revision;
use super::found::{FoundSignature, SignatureKind};
use crate::pdf::PdfRefused;
use crate::pdf::form::{Field, fields};
use crate::pdf::policy::Policy;
use crate::pdf::read::limits::{MAX_COMPARED, MAX_SIGNATURES};
use crate::pdf::read::{Dict, Document, Object, Place, View};

/// Finds every signature of a file and judges its structure. A document without signatures gives an
/// empty list. Values are not checked here: see [`super::verify`].
pub fn inspect(bytes: &[u8]) -> Result<Vec<FoundSignature>, PdfRefused> {
    let document = Document::open(bytes)?;
    let latest = document.latest();
    let mut found = Vec::new();
    let mut known = Vec::new();
    for field in fields(latest)? {
        if field.is_signature && field.value.is_some() {
            if found.len() == MAX_SIGNATURES {
                return Err(PdfRefused::Limit("signatures"));
            }
            found.push(FoundSignature::read(latest, &field)?);
        }
        known.push(field);
    }
    refuse_shared(&mut found, &known);
    let mut ends = revision_ends(&document);
    let mut rules = vec![Policy::default(); ends.len()];
    for signature in &mut found {
        if let Err(what) = cover(&document, signature, &known, (&mut ends, &mut rules)) {
            signature.broken("pdf-coverage", what);
        }
    }
    let policies = policies(rules);
    let later = later_changes(&document, &found, &ends);
    for signature in &mut found {
        judge(signature, &later, &policies);
        for irregularity in document.irregularities() {
            // Another reader may see another document in the same signed bytes.
            signature.coverage = Coverage::Partial;
            signature.reasons.push(Reason::with("pdf-irregular", irregularity.to_string()));
        }
    }
    Ok(found)
}

/// Two fields of one name, or two fields with one value, leave open which of them was signed.
fn refuse_shared(found: &mut [FoundSignature], known: &[Field]) {
    let mut names: HashMap<&str, usize> = HashMap::new();
    for field in known {
        *names.entry(&field.name).or_default() += 1;
    }
    let mut gaps: HashMap<usize, usize> = HashMap::new();
    for signature in found.iter() {
        if let Some([first, _]) = &signature.signed {
            *gaps.entry(first.end).or_default() += 1;
        }
    }
    for signature in found.iter_mut() {
        if names.get(&*signature.field).is_some_and(|count| *count > 1) {
            signature.broken("pdf-field-ambiguous", "several fields have this name");
            signature.signed = None;
        }
        let gap = signature.signed.as_ref().map(|[first, _]| first.end);
        if gap.and_then(|gap| gaps.get(&gap)).is_some_and(|count| *count > 1) {
            signature.broken("pdf-field-ambiguous", "several fields share this signature");
            signature.signed = None;
        }
    }
}

/// Length of the file after each revision, as far as the sections themselves tell.
fn revision_ends(document: &Document<'_>) -> Vec<usize> {
    let mut end = 0;
    let mut ends: Vec<usize> = document
        .sections()
        .iter()
        .map(|section| {
            end = end.max(section.end);
            end
        })
        .collect();
    if let Some(last) = ends.last_mut() {
        *last = document.bytes().len();
    }
    ends
}

/// Finds the revision that the signature closes, notes where that ends and what rules it adds. All
/// sections up to it must lie in the signed bytes, the last `startxref` there must name its section,
/// and the signature must have been the same one then.
fn cover(
    document: &Document<'_>,
    signature: &mut FoundSignature,
    known: &[Field],
    (ends, rules): (&mut [usize], &mut [Policy]),
) -> Result<(), &'static str> {
    let Some([_, second]) = signature.signed.clone() else { return Ok(()) };
    let sections = document.sections();
    let at = document.last_section_at(second.end);
    let index = at.and_then(|at| sections.iter().position(|section| section.at == at));
    let index = index.ok_or("the signed bytes are no revision of the file")?;
    let inside = sections.iter().take(index + 1).all(|section| section.end <= second.end);
    let after = sections.iter().skip(index + 1).all(|section| section.at >= second.end);
    let (Some(end), Some(rules), true) =
        (ends.get_mut(index), rules.get_mut(index), inside && after)
    else {
        return Err("cross-reference sections out of order");
    };
    let now = known.iter().find(|field| field.name == signature.field);
    let now = now.and_then(|field| value_of(document.latest(), field).ok());
    let then = document.view(index + 1, second.end);
    let own = now.and_then(|now| rules_then(then, &signature.field, &now).ok().flatten());
    let own = own.ok_or("the signature was another one in its own revision")?;
    if let (Some(level), SignatureKind::Approval) = (own.level, signature.kind) {
        signature.kind = SignatureKind::Certification(level);
    }
    *end = second.end;
    rules.join(own);
    signature.revision = Some(index + 1);
    let whole = second.end == document.bytes().len();
    signature.coverage = if whole { Coverage::Whole } else { Coverage::Revision };
    Ok(())
}

/// A signature dictionary with where it and its contents stand.
type Value = (Option<Place>, Option<std::ops::Range<usize>>, Option<Dict>);

fn value_of(view: View<'_, '_>, field: &Field) -> Result<Value, PdfRefused> {
    let value = field.value.as_ref().unwrap_or(&Object::Null);
    let place = value.as_ref().map(|reference| view.place(reference));
    let dict = view.resolve(value)?.as_dict().cloned();
    let contents = dict.as_ref().and_then(|dict| dict.get(b"Contents")).and_then(Object::as_text);
    Ok((place, contents.and_then(|text| text.at.clone()), dict))
}

/// The rules that the signature in field `name` set in its own revision; `None` if it was not the
/// one that `now` is.
fn rules_then(then: View<'_, '_>, name: &str, now: &Value) -> Result<Option<Policy>, PdfRefused> {
    let fields = fields(then)?;
    let Some(field) = fields.iter().find(|field| field.name == name) else { return Ok(None) };
    let value = value_of(then, field)?;
    let (Some(dict), true) = (&value.2, value == *now) else { return Ok(None) };
    let mut policy = Policy::default();
    policy.restrict(then, dict, field.dict()?)?;
    Ok(Some(policy))
}

/// The rules in force after each revision, counted from 1: index 0 is before any signature.
fn policies(rules: Vec<Policy>) -> Vec<Policy> {
    let mut policies = vec![Policy::default()];
    for own in rules {
        let mut policy = policies.last().cloned().unwrap_or_default();
        policy.join(own);
        policies.push(policy);
    }
    policies
}

/// The changes of every revision after the first signed one.
fn later_changes(document: &Document<'_>, found: &[FoundSignature], ends: &[usize]) -> Vec<Change> {
    let first = found.iter().filter_map(|signature| signature.revision).min();
    let Some(first) = first else { return Vec::new() };
    let mut budget = MAX_COMPARED;
    let mut changes = Vec::new();
    for (index, pair) in ends.windows(2).enumerate().skip(first - 1) {
        let before = document.view(index + 1, pair[0]);
        let after = document.view(index + 2, pair[1]);
        let revision = index + 2;
        let of_revision = changes_of_revision(before, after, &mut budget);
        changes.extend(of_revision.into_iter().map(|kind| Change { revision, kind }));
        if changes.len() > MAX_CHANGES {
            let what = "too many changes to tell".to_owned();
            let kind = ChangeKind::Other { object: None, what };
            changes.truncate(MAX_CHANGES);
            // Of the last revision, so that it counts against every signature.
            changes.push(Change { revision: ends.len(), kind });
            break;
        }
    }
    let answered: Vec<usize> = changes
        .iter()
        .filter(|change| is_signature(change) && closes_its_revision(change, found))
        .map(|change| change.revision)
        .collect();
    for change in &mut changes {
        let what = if is_signature(change) && !closes_its_revision(change, found) {
            "a signature that does not cover its own revision"
        } else if change.kind == ChangeKind::Metadata && !answered.contains(&change.revision) {
            "descriptive data changed without a signature"
        } else {
            continue;
        };
        change.kind = ChangeKind::Other { object: None, what: what.to_owned() };
    }
    changes
}

const fn is_signature(change: &Change) -> bool {
    matches!(change.kind, ChangeKind::SignatureAdded { .. } | ChangeKind::TimestampAdded { .. })
}

/// A signature added later is harmless only if it takes responsibility for its whole revision.
fn closes_its_revision(change: &Change, found: &[FoundSignature]) -> bool {
    match &change.kind {
        ChangeKind::SignatureAdded { field, .. } | ChangeKind::TimestampAdded { field } => found
            .iter()
            .any(|other| other.field == *field && other.revision == Some(change.revision)),
        _ => true,
    }
}

fn judge(signature: &mut FoundSignature, later: &[Change], policies: &[Policy]) {
    let Some(revision) = signature.revision else { return };
    signature.changes = Changes::None;
    if signature.coverage == Coverage::Revision && policies.len() == revision + 1 {
        signature.changes = Changes::Forbidden;
        signature.broken("pdf-changed-after-signing", "bytes were appended");
    }
    for change in later.iter().filter(|change| change.revision > revision) {
        let policy = policies.get(change.revision - 1);
        let permitted = policy.is_some_and(|policy| change.permitted(policy));
        if !permitted {
            signature.changes = Changes::Forbidden;
        } else if signature.changes == Changes::None {
            signature.changes = Changes::Permitted;
        }
        if signature.reasons.len() < MAX_REASONS {
            signature.reasons.push(change.reason(permitted));
        } else if !permitted && signature.reasons.len() == MAX_REASONS {
            signature.broken("pdf-changed-after-signing", "and more");
        }
        signature.later.push(change.clone());
    }
    // A later revision without a change that counts is still a later revision.
    if signature.changes == Changes::None && signature.coverage == Coverage::Revision {
        signature.changes = Changes::Permitted;
    }
}

/// Most changes kept of one document, over all revisions.
const MAX_CHANGES: usize = 4096;

/// Most changes told of one signature.
const MAX_REASONS: usize = 64;
