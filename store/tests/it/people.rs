//! People, roles, organisations, mandates.

use std::sync::Arc;

use auth_core::{
    Timestamp,
    id::{MandateId, PersonId, PostId},
    organisation::{Mandate, Post},
    person::{People, VerifierChange},
    role::{Role, RoleGrant},
};

use crate::{
    database::{Database, on_both},
    fixture::{NOW, event, organisation, person},
};

on_both!(
    a_name_or_sub_or_identity_is_taken_once,
    a_row_reads_back_as_written,
    a_password_changes_only_from_the_one_that_was_read,
    an_erased_person_leaves_no_data_and_no_free_name,
    pages_reach_everybody_once,
    two_grants_at_once_never_join_two_administrators,
    a_grant_that_has_run_out_can_be_given_again,
    organisations_posts_and_mandates_read_back,
);

async fn a_name_or_sub_or_identity_is_taken_once(database: Database) {
    let people = &database.stores.people;
    let mut first = person("zhangsan");
    first.id_number_hash = Some([7; 32]);
    assert_eq!(people.add(first.clone(), event("add")).await, Ok(true));
    let mut same_name = person("zhangsan");
    same_name.id = PersonId::from_text("other");
    same_name.sub = "other".into();
    assert_eq!(people.add(same_name, event("add")).await, Ok(false));
    let mut same_sub = person("lisi");
    same_sub.sub.clone_from(&first.sub);
    assert_eq!(people.add(same_sub, event("add")).await, Ok(false));
    let mut same_identity = person("wangwu");
    same_identity.id_number_hash = Some([7; 32]);
    assert_eq!(people.add(same_identity, event("add")).await, Ok(false));
    assert_eq!(database.count("SELECT COUNT(*) FROM audit_event").await, 1);
}

async fn a_row_reads_back_as_written(database: Database) {
    let people = &database.stores.people;
    let mut row = person("张三");
    row.id_number_hash = Some([7; 32]);
    row.phone_hash = Some([8; 32]);
    row.profile = (0..=255).collect();
    row.disabled_at = Some(NOW);
    row.must_change_password = true;
    people.add(row.clone(), event("add")).await.unwrap();
    assert_eq!(people.find(&row.id).await, Ok(Some(row.clone())));
    assert_eq!(people.by_username(&row.username).await, Ok(Some(row.clone())));
    assert_eq!(people.by_sub(&row.sub).await, Ok(Some(row.clone())));
    assert_eq!(people.by_id_number(&[7; 32]).await, Ok(Some(row.clone())));
    assert_eq!(people.by_id_number(&[8; 32]).await, Ok(None));
    assert_eq!(people.list(None, 10).await, Ok(vec![row]));
}

async fn a_password_changes_only_from_the_one_that_was_read(database: Database) {
    let people = &database.stores.people;
    let row = person("zhangsan");
    people.add(row.clone(), event("add")).await.unwrap();
    let change = |expected: &[u8], new: &[u8]| VerifierChange {
        person: row.id.clone(),
        expected: expected.to_vec(),
        verifier: new.to_vec(),
        must_change: false,
        keep: None,
        now: NOW,
        event: event("change"),
    };
    assert_eq!(people.set_verifier(change(&[3], b"new")).await, Ok(true));
    assert_eq!(people.set_verifier(change(&[3], b"newer")).await, Ok(false));
    let tries = (0..20).map(|_| {
        let (people, change) = (Arc::clone(people), change(b"new", b"parallel"));
        tokio::spawn(async move { people.set_verifier(change).await.unwrap() })
    });
    let mut won = 0;
    for answer in tries.collect::<Vec<_>>() {
        won += u32::from(answer.await.unwrap());
    }
    assert_eq!(won, 1);
}

async fn an_erased_person_leaves_no_data_and_no_free_name(database: Database) {
    let people = &database.stores.people;
    let mut row = person("zhangsan");
    row.id_number_hash = Some([7; 32]);
    people.add(row.clone(), event("add")).await.unwrap();
    assert_eq!(people.erase(&row.id, NOW, event("erase")).await, Ok(true));
    assert_eq!(people.erase(&row.id, NOW, event("erase")).await, Ok(false));
    let left = people.find(&row.id).await.unwrap().unwrap();
    assert!(left.wrapped_key.is_empty() && left.profile.is_empty() && left.verifier.is_empty());
    assert_eq!((left.id_number_hash, left.disabled_at), (None, Some(NOW)));
    let mut again = person("zhangsan");
    again.id = PersonId::from_text("other");
    assert_eq!(people.add(again, event("add")).await, Ok(false), "sub and name stay taken");
}

async fn pages_reach_everybody_once(database: Database) {
    let people = &database.stores.people;
    for number in 0..25 {
        let row = person(&format!("person{number:02}"));
        people.add(row.clone(), event("add")).await.unwrap();
        for role in [Role::SealUser, Role::Issuer] {
            assert_eq!(
                people.grant_role(grant(&row.id, role), [1; 32], event("g")).await,
                Ok(true)
            );
        }
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = people.list(after.as_ref(), 10).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        seen.extend(page.into_iter().map(|row| row.id));
    }
    seen.dedup();
    assert_eq!(seen.len(), 25);
    let (mut after, mut roles) = (None, 0);
    loop {
        let page = people.all_roles(after.as_ref(), 10).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.person.clone());
        roles += page.len();
    }
    assert_eq!(roles, 50);
}

async fn two_grants_at_once_never_join_two_administrators(database: Database) {
    let nodes = [Arc::clone(&database.stores.people), database.again().await.people];
    for round in 0..10 {
        let row = person(&format!("admin{round}"));
        nodes[0].add(row.clone(), event("add")).await.unwrap();
        let roles =
            [Role::Auditor, Role::SecurityAdministrator, Role::SystemAdministrator, Role::SealUser];
        let tries = roles.into_iter().enumerate().map(|(number, role)| {
            let (people, grant) = (Arc::clone(&nodes[number % 2]), grant(&row.id, role));
            tokio::spawn(
                async move { people.grant_role(grant, [1; 32], event("grant")).await.unwrap() },
            )
        });
        for answer in tries.collect::<Vec<_>>() {
            answer.await.unwrap();
        }
        let held: Vec<_> = nodes[0].roles(&row.id).await.unwrap();
        let held: Vec<_> = held.into_iter().map(|(grant, _)| grant.role).collect();
        let administrators = held.iter().filter(|role| role.is_administrator()).count();
        assert!(administrators <= 1, "{held:?}");
        assert!(!held.contains(&Role::Auditor) || held.len() == 1, "{held:?}");
    }
}

async fn a_grant_that_has_run_out_can_be_given_again(database: Database) {
    let people: &dyn People = database.stores.people.as_ref();
    let row = person("lisi");
    people.add(row.clone(), event("add")).await.unwrap();
    let mut past = grant(&row.id, Role::Issuer);
    past.valid_until = Some(NOW);
    assert_eq!(people.grant_role(past, [1; 32], event("grant")).await, Ok(true));
    let lasting = grant(&row.id, Role::Issuer);
    assert_eq!(people.grant_role(lasting.clone(), [2; 32], event("grant")).await, Ok(true));
    assert_eq!(people.grant_role(lasting.clone(), [3; 32], event("grant")).await, Ok(false));
    assert_eq!(people.roles(&row.id).await, Ok(vec![(lasting.clone(), [2; 32])]));
    let place = lasting.organisation.as_ref();
    assert_eq!(people.withdraw_role(&row.id, Role::Issuer, place, event("w")).await, Ok(true));
    assert_eq!(people.withdraw_role(&row.id, Role::Issuer, place, event("w")).await, Ok(false));
    let nobody = PersonId::from_text("nobody");
    let to_nobody = people.grant_role(grant(&nobody, Role::Issuer), [1; 32], event("g")).await;
    assert_eq!(to_nobody, Ok(false));
}

async fn organisations_posts_and_mandates_read_back(database: Database) {
    let organisations = &database.stores.organisations;
    let (row, bureau) = (person("lisi"), organisation(1));
    database.stores.people.add(row.clone(), event("add")).await.unwrap();
    assert_eq!(organisations.add(bureau.clone(), event("add")).await, Ok(true));
    let mut same_code = bureau.clone();
    same_code.id = auth_core::id::OrganisationId::from_text("other");
    assert_eq!(organisations.add(same_code, event("add")).await, Ok(false));
    assert_eq!(organisations.find(&bureau.id).await, Ok(Some(bureau.clone())));
    assert_eq!(organisations.by_credit_code(&bureau.credit_code).await, Ok(Some(bureau.clone())));
    let mandate = Mandate {
        id: MandateId::from_text("mandate-1"),
        agent: row.id.clone(),
        principal: bureau.id.clone(),
        scope: "all".into(),
        valid_from: NOW,
        valid_until: None,
    };
    organisations.add_mandate(mandate.clone(), [9; 32], event("give")).await.unwrap();
    assert_eq!(organisations.mandates(&row.id).await, Ok(vec![(mandate.clone(), [9; 32])]));
    assert_eq!(organisations.all_mandates(None, 10).await, Ok(vec![(mandate, [9; 32])]));
    let post = Post {
        id: PostId::from_text("post-1"),
        person: row.id.clone(),
        organisation: bureau.id.clone(),
        department: "登记注册科".into(),
        title: "科长".into(),
        valid_from: NOW,
        valid_until: Some(Timestamp(i64::MAX)),
    };
    organisations.add_post(post.clone(), event("post")).await.unwrap();
    assert_eq!(organisations.posts(&row.id).await, Ok(vec![post]));
    let disabled = organisations.set_disabled(&bureau.id, Some(NOW), event("disable")).await;
    assert_eq!(disabled, Ok(true));
    let listed = organisations.list(None, 10).await.unwrap();
    assert_eq!(listed[0].disabled_at, Some(NOW));
}

fn grant(person: &PersonId, role: Role) -> RoleGrant {
    RoleGrant {
        person: person.clone(),
        role,
        organisation: role.needs_organisation().then(|| organisation(1).id),
        valid_from: NOW.plus_seconds(-60),
        valid_until: None,
    }
}
