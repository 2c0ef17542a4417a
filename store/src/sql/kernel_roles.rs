//! Role rows, within the acts and reads of people.

use auth_core::{
    Fault, Timestamp,
    id::{OrganisationId, PersonId},
    role::{Role, RoleGrant, may_hold},
};

use super::Conn;
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT person_id, role, organisation_id, valid_from, valid_until, mac
             FROM role_grant WHERE ",
            $condition,
            " ORDER BY person_id, role, organisation_id"
        )
    };
}

/// Gives a role unless the person holds it there. A grant that has run out is replaced.
///
/// The directory has asked [`may_hold`] already; it is asked again under the lock of the person's
/// row, so that two grants at the same moment cannot join two administrators in one person.
pub(super) async fn grant(
    conn: &mut Conn,
    grant: &RoleGrant,
    mac: [u8; 32],
    now: Timestamp,
) -> Result<bool, Failure> {
    let locked = sqlx::query("UPDATE person SET id = id WHERE id = $1")
        .bind(grant.person.as_str())
        .execute(&mut *conn)
        .await?;
    if locked.rows_affected() == 0 {
        return Ok(false);
    }
    let rows = of_person(conn, &grant.person).await?;
    let held: Vec<RoleGrant> = rows.into_iter().map(|(held, _)| held).collect();
    if may_hold(&held, grant.role, now).is_err() {
        return Ok(false);
    }
    let granted = sqlx::query(
        "INSERT INTO role_grant (person_id, role, organisation_id, valid_from, valid_until, mac)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person_id, role, organisation_id) DO UPDATE
         SET valid_from = excluded.valid_from, valid_until = excluded.valid_until,
             mac = excluded.mac
         WHERE role_grant.valid_until <= $7",
    )
    .bind(grant.person.as_str())
    .bind(grant.role.as_str())
    .bind(grant.organisation.as_ref().map_or("", OrganisationId::as_str))
    .bind(grant.valid_from.0)
    .bind(grant.valid_until.map(|until| until.0))
    .bind(mac.as_slice())
    .bind(now.0)
    .execute(conn)
    .await?;
    Ok(granted.rows_affected() == 1)
}

pub(super) async fn withdraw(
    conn: &mut Conn,
    person: &PersonId,
    role: Role,
    organisation: Option<&OrganisationId>,
) -> Result<bool, Failure> {
    let withdrawn = sqlx::query(
        "DELETE FROM role_grant WHERE person_id = $1 AND role = $2 AND organisation_id = $3",
    )
    .bind(person.as_str())
    .bind(role.as_str())
    .bind(organisation.map_or("", OrganisationId::as_str))
    .execute(conn)
    .await?;
    Ok(withdrawn.rows_affected() == 1)
}

pub(super) async fn of_person(
    conn: &mut Conn,
    person: &PersonId,
) -> Result<Vec<(RoleGrant, [u8; 32])>, Failure> {
    let rows: Vec<Columns> =
        sqlx::query_as(select!("person_id = $1")).bind(person.as_str()).fetch_all(conn).await?;
    rows.into_iter().map(role_grant).collect()
}

/// All rows of the next `limit` people that have any.
pub(super) async fn page(
    conn: &mut Conn,
    after: &str,
    limit: u32,
) -> Result<Vec<(RoleGrant, [u8; 32])>, Failure> {
    let rows: Vec<Columns> = sqlx::query_as(select!(
        "person_id IN (SELECT DISTINCT person_id FROM role_grant WHERE person_id > $1
         ORDER BY person_id LIMIT $2)"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(role_grant).collect()
}

type Columns = (String, String, String, i64, Option<i64>, Vec<u8>);

fn role_grant(row: Columns) -> Result<(RoleGrant, [u8; 32]), Failure> {
    let (person, role, organisation, valid_from, valid_until, mac) = row;
    let grant = RoleGrant {
        person: PersonId::from_text(person),
        role: Role::parse(&role).ok_or(Fault::Corrupt)?,
        organisation: (!organisation.is_empty()).then(|| OrganisationId::from_text(organisation)),
        valid_from: Timestamp(valid_from),
        valid_until: valid_until.map(Timestamp),
    };
    Ok((grant, hash_column(mac)?))
}
