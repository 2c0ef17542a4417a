//! Roles: what a person may do in the program, kept to what the domains need.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{OrganisationId, PersonId},
};

/// A role. The three administrators (三员) exclude each other in one person
/// (GB/T 22239-2019 §8.1.4); the others belong to an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 审计管理员: reads the audit log, changes nothing.
    Auditor,
    /// 窗口工作人员: asks for proofs at the service counter of an organisation.
    CaseWorker,
    /// 发证人: issues and revokes certificates of an organisation.
    Issuer,
    /// 用印审批人: approves the use of an organisation's seals.
    SealApprover,
    /// 用印人: asks for documents to be sealed with an organisation's seals.
    SealUser,
    /// 安全管理员: grants and withdraws roles, approves clients.
    SecurityAdministrator,
    /// 系统管理员: runs the program: people, organisations, keys, certificates.
    SystemAdministrator,
}

impl Role {
    /// Every role, in alphabetical order.
    pub const ALL: [Self; 7] = [
        Self::Auditor,
        Self::CaseWorker,
        Self::Issuer,
        Self::SealApprover,
        Self::SealUser,
        Self::SecurityAdministrator,
        Self::SystemAdministrator,
    ];

    /// Stable text for columns, configuration and the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::CaseWorker => "case-worker",
            Self::Issuer => "issuer",
            Self::SealApprover => "seal-approver",
            Self::SealUser => "seal-user",
            Self::SecurityAdministrator => "security-administrator",
            Self::SystemAdministrator => "system-administrator",
        }
    }

    /// Reads what [`Role::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether this is one of the three administrators.
    pub const fn is_administrator(self) -> bool {
        matches!(self, Self::Auditor | Self::SecurityAdministrator | Self::SystemAdministrator)
    }

    /// Whether the role is held in an organisation rather than in the program as a whole.
    pub const fn needs_organisation(self) -> bool {
        !self.is_administrator()
    }
}

/// A role given to a person, for a time. Its stored row carries a MAC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    /// Who holds it.
    pub person: PersonId,
    /// What.
    pub role: Role,
    /// Where; `None` for the three administrators.
    pub organisation: Option<OrganisationId>,
    /// From when.
    pub valid_from: Timestamp,
    /// Until when; `None` means until withdrawn.
    pub valid_until: Option<Timestamp>,
}

impl RoleGrant {
    /// Whether the grant counts at this moment.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.valid_from <= now && self.valid_until.is_none_or(|until| now < until)
    }

    /// The parts that the row's MAC covers, in order.
    pub fn mac_parts(&self) -> [Vec<u8>; 5] {
        let until = self.valid_until.map_or(i64::MAX, |until| until.0);
        [
            self.person.as_str().as_bytes().to_vec(),
            self.role.as_str().as_bytes().to_vec(),
            self.organisation.as_ref().map_or_else(Vec::new, |id| id.as_str().as_bytes().to_vec()),
            self.valid_from.0.to_be_bytes().to_vec(),
            until.to_be_bytes().to_vec(),
        ]
    }
}

/// Whether `role` may be added to what a person holds already: the three administrators exclude
/// each other, and an auditor holds nothing else.
pub fn may_hold(held: &[RoleGrant], role: Role, now: Timestamp) -> Result<(), RolesConflict> {
    let conflict = held.iter().filter(|grant| grant.holds_at(now)).find(|grant| {
        let two_administrators = grant.role.is_administrator() && role.is_administrator();
        let auditor_acts = grant.role == Role::Auditor || role == Role::Auditor;
        grant.role != role && (two_administrators || auditor_acts)
    });
    conflict.map_or(Ok(()), |grant| Err(RolesConflict { held: grant.role, asked: role }))
}

/// Two roles that one person may not hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} excludes {}", held.as_str(), asked.as_str())]
pub struct RolesConflict {
    /// The role held already.
    pub held: Role,
    /// The role asked for.
    pub asked: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(role: Role) -> RoleGrant {
        RoleGrant {
            person: PersonId::from_text("p"),
            role,
            organisation: None,
            valid_from: Timestamp(0),
            valid_until: None,
        }
    }

    #[test]
    fn the_three_administrators_exclude_each_other() {
        let administrators = Role::ALL.into_iter().filter(|role| role.is_administrator());
        for held in administrators.clone() {
            for asked in administrators.clone() {
                let answer = may_hold(&[grant(held)], asked, Timestamp(1));
                assert_eq!(answer.is_ok(), held == asked, "{held:?} {asked:?}");
            }
        }
        assert!(may_hold(&[grant(Role::SealUser)], Role::Auditor, Timestamp(1)).is_err());
        assert!(may_hold(&[grant(Role::SealUser)], Role::Issuer, Timestamp(1)).is_ok());
    }
}
