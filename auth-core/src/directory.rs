//! The directory: registering people, giving them passwords, roles and mandates.
//!
//! Used by the command line, the administration pages and the demo county alike; every act carries
//! its actor and is recorded.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{
    audit::{Actor, Event, Outcome},
    clock::Timestamp,
    fault::Fault,
    id::{MandateId, OrganisationId, PersonId},
    organisation::{Mandate, Organisations},
    password::{HashPool, WeakPassword, check_new},
    person::{People, PersonRow, Profile, Username, VerifierChange},
    role::{Role, RoleGrant, RolesConflict, may_hold},
    secret::handle,
    session::Assurance,
    vault::Vault,
};

/// The directory over its ports.
#[derive(Clone)]
pub struct Directory {
    /// Person and role rows.
    pub people: Arc<dyn People>,
    /// Organisation and mandate rows.
    pub organisations: Arc<dyn Organisations>,
    /// Encryption of personal data.
    pub vault: Arc<Vault>,
    /// Password hashing.
    pub hashes: Arc<dyn HashPool>,
    /// Fewest characters of a new password.
    pub min_password_chars: usize,
}

/// A person to be registered.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Canonical user name.
    pub username: Username,
    /// Personal data.
    pub profile: Profile,
    /// How well the identity was proofed.
    pub assurance: Assurance,
    /// First password; `None` leaves the account without one.
    pub password: Option<Zeroizing<String>>,
    /// Whether that password must be changed at first sign-in.
    pub must_change_password: bool,
}

impl Directory {
    /// Registers a person.
    pub async fn register(
        &self,
        new: NewPerson,
        actor: Actor,
        now: Timestamp,
    ) -> Result<PersonId, DirectoryError> {
        let id = PersonId::new(now, self.vault.random());
        let (key, wrapped_key) = self.vault.new_person_key(&id).await?;
        let json = serde_json::to_vec(&new.profile).map_err(|_| Fault::Corrupt)?;
        let json = Zeroizing::new(json);
        let verifier = match new.password {
            Some(password) => {
                check_new(&password, &new.username, self.min_password_chars)?;
                let phc = Zeroizing::new(self.hashes.hash(password).await?);
                key.seal("verifier", phc.as_bytes(), self.vault.random())?
            }
            None => Vec::new(),
        };
        let index = |kind, value: &Option<String>| {
            value.as_ref().map(|value| self.vault.index(kind, value))
        };
        let row = PersonRow {
            sub: handle(self.vault.random()),
            username: new.username,
            assurance: new.assurance,
            wrapped_key,
            profile: key.seal("profile", &json, self.vault.random())?,
            verifier,
            id_number_hash: index("id-number", &new.profile.id_number),
            phone_hash: index("phone", &new.profile.phone),
            disabled_at: None,
            must_change_password: new.must_change_password,
            created_at: now,
            id: id.clone(),
        };
        let event = Event::new("person.register", actor, Outcome::Done, now).subject(id.as_str());
        if self.people.add(row, event).await? { Ok(id) } else { Err(DirectoryError::Taken) }
    }

    /// The personal data of a person, decrypted. `None` once erased.
    pub async fn profile(&self, row: &PersonRow) -> Result<Option<Profile>, Fault> {
        if row.wrapped_key.is_empty() {
            return Ok(None);
        }
        let key = self.vault.person_key(&row.id, &row.wrapped_key).await?;
        let json = key.open("profile", &row.profile)?;
        serde_json::from_slice(&json).map(Some).map_err(|_| Fault::Corrupt)
    }

    /// Sets a password on behalf of a person (an administrator or the command line).
    pub async fn set_password(
        &self,
        person: &PersonId,
        password: Zeroizing<String>,
        must_change: bool,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let row = self.people.find(person).await?.ok_or(DirectoryError::Unknown)?;
        check_new(&password, &row.username, self.min_password_chars)?;
        let key = self.vault.person_key(person, &row.wrapped_key).await?;
        let phc = Zeroizing::new(self.hashes.hash(password).await?);
        let change = VerifierChange {
            person: person.clone(),
            expected: row.verifier,
            verifier: key.seal("verifier", phc.as_bytes(), self.vault.random())?,
            must_change,
            keep: None,
            now,
            event: Event::new("person.set-password", actor, Outcome::Done, now)
                .subject(person.as_str()),
        };
        if self.people.set_verifier(change).await? { Ok(()) } else { Err(DirectoryError::Raced) }
    }

    /// Gives a role. Refused when the person holds one that excludes it, and when the organisation
    /// is missing or superfluous.
    pub async fn grant_role(
        &self,
        grant: RoleGrant,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        if grant.role.needs_organisation() != grant.organisation.is_some() {
            return Err(DirectoryError::OrganisationMismatch);
        }
        let person = self.people.find(&grant.person).await?.ok_or(DirectoryError::Unknown)?;
        let held = self.roles(&person.id, now).await?;
        let event = |outcome| {
            let event = Event::new("role.grant", actor.clone(), outcome, now)
                .subject(grant.person.as_str())
                .with("role", grant.role.as_str());
            match &grant.organisation {
                Some(organisation) => event.with("organisation", organisation.as_str()),
                None => event,
            }
        };
        if let Err(conflict) = may_hold(&held, grant.role, now) {
            self.people.record(event(Outcome::Refused)).await?;
            return Err(conflict.into());
        }
        let mac = self.vault.row_mac(ROLE_TABLE, &grant.mac_parts());
        let done = event(Outcome::Done);
        if self.people.grant_role(grant, mac, done).await? {
            Ok(())
        } else {
            Err(DirectoryError::Taken)
        }
    }

    /// Withdraws a role.
    pub async fn withdraw_role(
        &self,
        person: &PersonId,
        role: Role,
        organisation: Option<&OrganisationId>,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let event = Event::new("role.withdraw", actor, Outcome::Done, now)
            .subject(person.as_str())
            .with("role", role.as_str());
        if self.people.withdraw_role(person, role, organisation, event).await? {
            Ok(())
        } else {
            Err(DirectoryError::Unknown)
        }
    }

    /// The roles that a person holds now. A row whose MAC is wrong is [`Fault::Corrupt`]: an edited
    /// table must stop its person, not promote them.
    pub async fn roles(&self, person: &PersonId, now: Timestamp) -> Result<Vec<RoleGrant>, Fault> {
        let rows = self.people.roles(person).await?;
        let mut grants = Vec::with_capacity(rows.len());
        for (grant, mac) in rows {
            if !self.vault.row_mac_holds(ROLE_TABLE, &grant.mac_parts(), &mac) {
                return Err(Fault::Corrupt);
            }
            if grant.holds_at(now) {
                grants.push(grant);
            }
        }
        Ok(grants)
    }

    /// Gives a mandate.
    pub async fn give_mandate(
        &self,
        mut mandate: Mandate,
        actor: Actor,
        now: Timestamp,
    ) -> Result<MandateId, Fault> {
        mandate.id = MandateId::new(now, self.vault.random());
        let mac = self.vault.row_mac(MANDATE_TABLE, &mandate.mac_parts());
        let event = Event::new("mandate.give", actor, Outcome::Done, now)
            .subject(mandate.id.as_str())
            .with("agent", mandate.agent.as_str())
            .with("principal", mandate.principal.as_str());
        let id = mandate.id.clone();
        self.organisations.add_mandate(mandate, mac, event).await?;
        Ok(id)
    }

    /// The mandates that an agent holds now; a wrong MAC is [`Fault::Corrupt`].
    pub async fn mandates(&self, agent: &PersonId, now: Timestamp) -> Result<Vec<Mandate>, Fault> {
        let rows = self.organisations.mandates(agent).await?;
        let mut mandates = Vec::with_capacity(rows.len());
        for (mandate, mac) in rows {
            if !self.vault.row_mac_holds(MANDATE_TABLE, &mandate.mac_parts(), &mac) {
                return Err(Fault::Corrupt);
            }
            if mandate.holds_at(now) {
                mandates.push(mandate);
            }
        }
        Ok(mandates)
    }

    /// Names every role and mandate row whose MAC is wrong and every person whose data does not
    /// decrypt: for `doctor`. Reads in pages of [`CHECK_PAGE`].
    pub async fn check(&self) -> Result<Vec<EditedRow>, Fault> {
        let mut edited = Vec::new();
        self.check_roles(&mut edited).await?;
        self.check_mandates(&mut edited).await?;
        self.check_people(&mut edited).await?;
        Ok(edited)
    }

    async fn check_roles(&self, edited: &mut Vec<EditedRow>) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.people.all_roles(after.as_ref(), CHECK_PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.person.clone());
            for (grant, mac) in rows {
                if !self.vault.row_mac_holds(ROLE_TABLE, &grant.mac_parts(), &mac) {
                    let row = format!("{}/{}", grant.person, grant.role.as_str());
                    edited.push(EditedRow { table: ROLE_TABLE, row });
                }
            }
        }
    }

    async fn check_mandates(&self, edited: &mut Vec<EditedRow>) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.organisations.all_mandates(after.as_ref(), CHECK_PAGE).await?;
            let Some((last, _)) = rows.last() else { return Ok(()) };
            after = Some(last.id.clone());
            for (mandate, mac) in rows {
                if !self.vault.row_mac_holds(MANDATE_TABLE, &mandate.mac_parts(), &mac) {
                    edited.push(EditedRow { table: MANDATE_TABLE, row: mandate.id.to_string() });
                }
            }
        }
    }

    async fn check_people(&self, edited: &mut Vec<EditedRow>) -> Result<(), Fault> {
        let mut after = None;
        loop {
            let rows = self.people.list(after.as_ref(), CHECK_PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.id.clone());
            for row in rows {
                match self.profile(&row).await {
                    Err(Fault::Corrupt) => {
                        edited.push(EditedRow { table: "person", row: row.id.to_string() });
                    }
                    Err(fault) => return Err(fault),
                    Ok(_) => {}
                }
            }
        }
    }
}

/// A row that somebody edited behind the program's back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedRow {
    /// The table.
    pub table: &'static str,
    /// Which row.
    pub row: String,
}

/// Why the directory refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Two roles exclude each other.
    #[error(transparent)]
    Conflict(#[from] RolesConflict),
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The role belongs to an organisation and none was named, or the reverse.
    #[error("the role needs an organisation, or must not have one")]
    OrganisationMismatch,
    /// Somebody else changed the same thing at the same time.
    #[error("changed by somebody else meanwhile")]
    Raced,
    /// The name, or the role, is taken already.
    #[error("taken already")]
    Taken,
    /// No such person or role.
    #[error("unknown")]
    Unknown,
    /// The new password is too weak.
    #[error("weak password: {0}")]
    Weak(#[from] WeakPassword),
}

/// Name of the role table in MACs and findings.
pub const ROLE_TABLE: &str = "role_grant";
/// Name of the mandate table in MACs and findings.
pub const MANDATE_TABLE: &str = "mandate";
/// People or mandates read at a time by [`Directory::check`].
const CHECK_PAGE: u32 = 500;
