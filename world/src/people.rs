//! People to act.

use auth_core::{
    audit::{Actor, Event, Outcome},
    directory::NewPerson,
    id::{OrganisationId, PersonId},
    organisation::{CreditCode, Organisation, OrganisationKind},
    person::{Profile, Username},
    role::{Role, RoleGrant},
    session::Assurance,
};
use zeroize::Zeroizing;

use crate::World;

/// The password of everybody.
pub const PASSWORD: &str = "Yinxin-test-2026";

impl World {
    /// Registers a person with [`PASSWORD`] and an identity number.
    pub async fn person(&self, username: &str, name: &str) -> PersonId {
        let new = NewPerson {
            username: Username::parse(username).expect("a user name"),
            profile: Profile {
                name: name.to_owned(),
                id_number: Some(format!("330899{username}")),
                phone: Some(format!("+86{username}")),
                address: Some("示例县云上镇茶园路1号".to_owned()),
            },
            assurance: Assurance(3),
            password: Some(Zeroizing::new(PASSWORD.to_owned())),
            must_change_password: false,
        };
        self.directory.register(new, Actor::System, self.now()).await.expect("registered")
    }

    /// Registers an organisation; `code` is the first 17 characters of its credit code.
    pub async fn organisation(&self, name: &str, code: &str) -> OrganisationId {
        let id = OrganisationId::new(self.now(), &*self.random);
        let organisation = Organisation {
            id: id.clone(),
            name: name.to_owned(),
            credit_code: CreditCode::complete(code).expect("a credit code"),
            kind: OrganisationKind::PublicBody,
            disabled_at: None,
        };
        let event = Event::new("organisation.add", Actor::System, Outcome::Done, self.now());
        assert!(self.directory.organisations.add(organisation, event).await.expect("added"));
        id
    }

    /// Gives a role.
    pub async fn grant(&self, person: &PersonId, role: Role, place: Option<&OrganisationId>) {
        let grant = RoleGrant {
            person: person.clone(),
            role,
            organisation: place.cloned(),
            valid_from: self.now(),
            valid_until: None,
        };
        self.directory.grant_role(grant, Actor::System, self.now()).await.expect("granted");
    }
}
