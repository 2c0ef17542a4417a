//! Reading codes, families and refresh tokens together with the state of all they depend on: one
//! statement each, so that a token request costs one indexed read before its act.

use auth_core::{
    Fault, Timestamp,
    id::{ClientId, GrantId, PersonId, SessionId},
    secret::TokenHash,
};
use oidc_provider::{
    grant::{
        Authentication, Code, CodeFound, CodeStage, Family, FamilyFound, FamilyId, RefreshFound,
    },
    pkce::Challenge,
    scope::Scopes,
    subject::{SessionStanding, Standing, SubjectStanding},
};
use sqlx::Row as _;

use super::{Conn, Db};
use crate::Failure;

type Row = <Db as sqlx::Database>::Row;

/// Columns of [`standing`], from client `c`, person `u`, permission `p` and session `s`.
macro_rules! standing_columns {
    () => {
        "c.disabled_at AS client_disabled_at, u.sub AS sub, u.disabled_at AS person_disabled_at,
         u.must_change_password AS must_change_password, p.withdrawn_at AS withdrawn_at,
         s.expires_at AS session_expires_at, s.ended_at AS session_ended_at"
    };
}

/// Columns of [`family`], from family `f`.
macro_rules! family_columns {
    () => {
        "f.id AS family_id, f.permission_id AS permission_id, f.client_id AS client_id,
         f.person_id AS person_id, f.session_id AS session_id, f.scopes AS scopes,
         f.authentication AS authentication, f.sid AS sid, f.created_at AS created_at,
         f.expires_at AS family_expires_at, f.revoked_at AS revoked_at"
    };
}

macro_rules! family_joins {
    () => {
        "JOIN oidc_client c ON c.id = f.client_id
         JOIN person u ON u.id = f.person_id
         JOIN oidc_permission p ON p.id = f.permission_id
         LEFT JOIN session s ON s.id = f.session_id"
    };
}

pub(super) async fn find_code(
    conn: &mut Conn,
    hash: &TokenHash,
) -> Result<Option<CodeFound>, Failure> {
    let row = sqlx::query(concat!(
        "SELECT o.permission_id AS permission_id, o.client_id AS client_id,
         o.person_id AS person_id, o.session_id AS session_id, o.redirect_uri AS redirect_uri,
         o.scopes AS scopes, o.nonce AS nonce, o.challenge AS challenge,
         o.authentication AS authentication, o.issued_at AS issued_at,
         o.expires_at AS expires_at, o.family_id AS family_id, ",
        standing_columns!(),
        " FROM oidc_code o JOIN oidc_client c ON c.id = o.client_id
         JOIN person u ON u.id = o.person_id
         JOIN oidc_permission p ON p.id = o.permission_id
         LEFT JOIN session s ON s.id = o.session_id WHERE o.hash = $1"
    ))
    .bind(hash.0.as_slice())
    .fetch_optional(conn)
    .await?;
    row.map(|row| code(&row, *hash)).transpose()
}

pub(super) async fn find_family(
    conn: &mut Conn,
    id: &FamilyId,
) -> Result<Option<FamilyFound>, Failure> {
    let row = sqlx::query(concat!(
        "SELECT ",
        family_columns!(),
        ", ",
        standing_columns!(),
        " FROM oidc_family f ",
        family_joins!(),
        " WHERE f.id = $1"
    ))
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| family(&row)).transpose()
}

pub(super) async fn find_refresh(
    conn: &mut Conn,
    hash: &TokenHash,
) -> Result<Option<RefreshFound>, Failure> {
    let row = sqlx::query(concat!(
        "SELECT r.generation AS generation, r.used_at AS used_at, r.expires_at AS expires_at, ",
        family_columns!(),
        ", ",
        standing_columns!(),
        " FROM oidc_refresh r JOIN oidc_family f ON f.id = r.family_id ",
        family_joins!(),
        " WHERE r.hash = $1"
    ))
    .bind(hash.0.as_slice())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(RefreshFound {
        family: family(&row)?,
        generation: row.try_get("generation")?,
        used_at: time(&row, "used_at")?,
        expires_at: Timestamp(row.try_get("expires_at")?),
    }))
}

fn code(row: &Row, hash: TokenHash) -> Result<CodeFound, Failure> {
    let family: Option<String> = row.try_get("family_id")?;
    let code = Code {
        hash,
        grant: GrantId::from_text(row.try_get::<String, _>("permission_id")?),
        client: ClientId::from_text(row.try_get::<String, _>("client_id")?),
        person: PersonId::from_text(row.try_get::<String, _>("person_id")?),
        session: SessionId::from_text(row.try_get::<String, _>("session_id")?),
        redirect_uri: row.try_get("redirect_uri")?,
        scopes: scopes(row)?,
        nonce: row.try_get("nonce")?,
        challenge: row.try_get::<Option<String>, _>("challenge")?.map(Challenge::from_stored),
        authentication: authentication(row)?,
        issued_at: Timestamp(row.try_get("issued_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    };
    let stage = match family {
        Some(family) => CodeStage::Redeemed { family: FamilyId::from_text(family) },
        None => CodeStage::Pending,
    };
    let subject = SubjectStanding { session: session(row)?, ..subject(row)? };
    Ok(CodeFound { code, stage, standing: standing(row, subject)?, sub: row.try_get("sub")? })
}

fn family(row: &Row) -> Result<FamilyFound, Failure> {
    let session_id: Option<String> = row.try_get("session_id")?;
    let expires_at = Timestamp(row.try_get("family_expires_at")?);
    let family = Family {
        id: FamilyId::from_text(row.try_get::<String, _>("family_id")?),
        grant: GrantId::from_text(row.try_get::<String, _>("permission_id")?),
        client: ClientId::from_text(row.try_get::<String, _>("client_id")?),
        person: PersonId::from_text(row.try_get::<String, _>("person_id")?),
        session: session_id.map(SessionId::from_text),
        scopes: scopes(row)?,
        authentication: authentication(row)?,
        sid: row.try_get("sid")?,
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at,
    };
    let session = match family.session {
        Some(_) => session(row)?,
        None => SessionStanding::Detached,
    };
    let subject = SubjectStanding {
        revoked_at: time(row, "revoked_at")?,
        family_expires_at: Some(expires_at),
        session,
        ..subject(row)?
    };
    Ok(FamilyFound { family, standing: standing(row, subject)?, sub: row.try_get("sub")? })
}

fn standing(row: &Row, subject: SubjectStanding) -> Result<Standing, Failure> {
    let client_disabled_at = time(row, "client_disabled_at")?;
    Ok(Standing { client_disabled_at, subject: Some(subject) })
}

/// Person and permission; family and session are the caller's.
fn subject(row: &Row) -> Result<SubjectStanding, Failure> {
    Ok(SubjectStanding {
        disabled_at: time(row, "person_disabled_at")?,
        must_change_password: row.try_get::<i64, _>("must_change_password")? != 0,
        withdrawn_at: time(row, "withdrawn_at")?,
        ..SubjectStanding::default()
    })
}

/// A session whose row was swept has ended.
fn session(row: &Row) -> Result<SessionStanding, Failure> {
    let ended_at = time(row, "session_ended_at")?;
    Ok(match time(row, "session_expires_at")? {
        Some(end) if ended_at.is_none() => SessionStanding::Until(end),
        _ => SessionStanding::Ended,
    })
}

fn time(row: &Row, name: &str) -> Result<Option<Timestamp>, Failure> {
    Ok(row.try_get::<Option<i64>, _>(name)?.map(Timestamp))
}

fn scopes(row: &Row) -> Result<Scopes, Failure> {
    let text: String = row.try_get("scopes")?;
    Ok(Scopes::parse(&text).ok_or(Fault::Corrupt)?)
}

fn authentication(row: &Row) -> Result<Authentication, Failure> {
    let json: String = row.try_get("authentication")?;
    Ok(serde_json::from_str(&json).map_err(|_| Fault::Corrupt)?)
}
