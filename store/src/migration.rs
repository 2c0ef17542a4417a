//! Migrations as data, and what a check of the database found.

use sha2::{Digest, Sha256};

use crate::stores::StoreError;

/// One numbered step of the schema. A step that was applied never changes again.
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

impl Migration {
    /// SHA-256 of the text: kept beside the number, so that a changed step is noticed.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.sql.as_bytes()).to_vec()
    }
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// What `doctor` shows about the database: one line per thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `journal_mode`, `synchronous_commit`, `schema`, …
    pub name: &'static str,
    /// What was found.
    pub value: String,
    /// Whether it is fit for production; if not, what to do about it.
    pub remedy: Option<&'static str>,
}

impl Finding {
    /// A finding, good when `good`, else with this remedy.
    pub(crate) fn new(
        name: &'static str,
        value: impl Into<String>,
        good: bool,
        remedy: &'static str,
    ) -> Self {
        Self { name, value: value.into(), remedy: (!good).then_some(remedy) }
    }

    /// Whether nothing needs to be done.
    pub const fn is_good(&self) -> bool {
        self.remedy.is_none()
    }
}

/// The steps that are not applied yet, or why this program must not touch this database.
pub(crate) fn pending<'a>(
    steps: &'a [Migration],
    applied: &[(i64, Vec<u8>)],
) -> Result<Vec<&'a Migration>, StoreError> {
    for (number, hash) in applied {
        match steps.iter().find(|step| step.number == *number) {
            None => return Err(StoreError::MigrationUnknown(*number)),
            Some(step) if step.hash() != *hash => {
                return Err(StoreError::MigrationChanged(*number));
            }
            Some(_) => {}
        }
    }
    let is_applied = |step: &&Migration| applied.iter().any(|(number, _)| *number == step.number);
    Ok(steps.iter().filter(|step| !is_applied(step)).collect())
}

/// Whether the schema is up.
pub(crate) fn schema_finding(steps: &[Migration], applied: impl Iterator<Item = i64>) -> Finding {
    let applied: Vec<i64> = applied.collect();
    let missing = steps.iter().filter(|step| !applied.contains(&step.number)).count();
    let value = format!("{} of {} migrations applied", applied.len(), steps.len());
    Finding::new("schema", value, missing == 0, "run `yinxin migrate`")
}
