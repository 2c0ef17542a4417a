//! Organisation, post and mandate rows.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{MandateId, OrganisationId, PersonId, PostId},
    organisation::{CreditCode, Mandate, Organisation, OrganisationKind, Organisations, Post},
};

use super::Store;
use crate::{Failure, columns::hash_column};

macro_rules! select_organisation {
    ($condition:literal) => {
        concat!(
            "SELECT id, name, credit_code, kind, disabled_at FROM organisation WHERE ",
            $condition
        )
    };
}

macro_rules! select_mandate {
    ($condition:literal) => {
        concat!(
            "SELECT id, agent_id, principal_id, scope, valid_from, valid_until, mac
             FROM mandate WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl Organisations for Store {
    async fn add(&self, organisation: Organisation, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let inserted = sqlx::query(
                    "INSERT INTO organisation (id, name, credit_code, kind, disabled_at)
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                )
                .bind(organisation.id.as_str())
                .bind(&organisation.name)
                .bind(organisation.credit_code.as_str())
                .bind(organisation.kind.as_str())
                .bind(organisation.disabled_at.map(|at| at.0))
                .execute(tx.conn())
                .await?;
                if inserted.rows_affected() == 0 {
                    return Ok(false);
                }
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn find(&self, id: &OrganisationId) -> Result<Option<Organisation>, Fault> {
        self.one_organisation(select_organisation!("id = $1"), id.as_str()).await
    }

    async fn by_credit_code(&self, code: &CreditCode) -> Result<Option<Organisation>, Fault> {
        self.one_organisation(select_organisation!("credit_code = $1"), code.as_str()).await
    }

    async fn list(
        &self,
        after: Option<&OrganisationId>,
        limit: u32,
    ) -> Result<Vec<Organisation>, Fault> {
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<OrganisationColumns> =
                    sqlx::query_as(select_organisation!("id > $1 ORDER BY id LIMIT $2"))
                        .bind(after)
                        .bind(i64::from(limit))
                        .fetch_all(conn)
                        .await?;
                rows.into_iter().map(organisation).collect()
            })
        })
        .await
    }

    async fn set_disabled(
        &self,
        id: &OrganisationId,
        disabled_at: Option<Timestamp>,
        event: Event,
    ) -> Result<bool, Fault> {
        let id = id.clone();
        self.act(move |tx| {
            Box::pin(async move {
                let changed = sqlx::query("UPDATE organisation SET disabled_at = $1 WHERE id = $2")
                    .bind(disabled_at.map(|at| at.0))
                    .bind(id.as_str())
                    .execute(tx.conn())
                    .await?;
                if changed.rows_affected() == 0 {
                    return Ok(false);
                }
                tx.record(event);
                Ok(true)
            })
        })
        .await
    }

    async fn add_post(&self, post: Post, event: Event) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO post (id, person_id, organisation_id, department, title,
                     valid_from, valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(post.id.as_str())
                .bind(post.person.as_str())
                .bind(post.organisation.as_str())
                .bind(&post.department)
                .bind(&post.title)
                .bind(post.valid_from.0)
                .bind(post.valid_until.map(|until| until.0))
                .execute(tx.conn())
                .await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn posts(&self, person: &PersonId) -> Result<Vec<Post>, Fault> {
        let person = person.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, String, i64, Option<i64>)> = sqlx::query_as(
                    "SELECT id, organisation_id, department, title, valid_from, valid_until
                     FROM post WHERE person_id = $1 ORDER BY valid_from, id",
                )
                .bind(person.as_str())
                .fetch_all(conn)
                .await?;
                Ok(rows
                    .into_iter()
                    .map(|(id, organisation, department, title, valid_from, valid_until)| Post {
                        id: PostId::from_text(id),
                        person: person.clone(),
                        organisation: OrganisationId::from_text(organisation),
                        department,
                        title,
                        valid_from: Timestamp(valid_from),
                        valid_until: valid_until.map(Timestamp),
                    })
                    .collect())
            })
        })
        .await
    }

    async fn add_mandate(
        &self,
        mandate: Mandate,
        mac: [u8; 32],
        event: Event,
    ) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO mandate (id, agent_id, principal_id, scope, valid_from,
                     valid_until, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                )
                .bind(mandate.id.as_str())
                .bind(mandate.agent.as_str())
                .bind(mandate.principal.as_str())
                .bind(&mandate.scope)
                .bind(mandate.valid_from.0)
                .bind(mandate.valid_until.map(|until| until.0))
                .bind(mac.as_slice())
                .execute(tx.conn())
                .await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn mandates(&self, agent: &PersonId) -> Result<Vec<(Mandate, [u8; 32])>, Fault> {
        let agent = agent.clone();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<MandateColumns> =
                    sqlx::query_as(select_mandate!("agent_id = $1 ORDER BY id"))
                        .bind(agent.as_str())
                        .fetch_all(conn)
                        .await?;
                rows.into_iter().map(mandate).collect()
            })
        })
        .await
    }

    async fn all_mandates(
        &self,
        after: Option<&MandateId>,
        limit: u32,
    ) -> Result<Vec<(Mandate, [u8; 32])>, Fault> {
        let after = after.map_or_else(String::new, |id| id.as_str().to_owned());
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<MandateColumns> =
                    sqlx::query_as(select_mandate!("id > $1 ORDER BY id LIMIT $2"))
                        .bind(after)
                        .bind(i64::from(limit))
                        .fetch_all(conn)
                        .await?;
                rows.into_iter().map(mandate).collect()
            })
        })
        .await
    }
}

impl Store {
    async fn one_organisation(
        &self,
        sql: &'static str,
        key: &str,
    ) -> Result<Option<Organisation>, Fault> {
        let key = key.to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<OrganisationColumns> =
                    sqlx::query_as(sql).bind(key).fetch_optional(conn).await?;
                row.map(organisation).transpose()
            })
        })
        .await
    }
}

type OrganisationColumns = (String, String, String, String, Option<i64>);

fn organisation(row: OrganisationColumns) -> Result<Organisation, Failure> {
    let (id, name, credit_code, kind, disabled_at) = row;
    Ok(Organisation {
        id: OrganisationId::from_text(id),
        name,
        credit_code: CreditCode::parse(&credit_code).ok_or(Fault::Corrupt)?,
        kind: OrganisationKind::parse(&kind).ok_or(Fault::Corrupt)?,
        disabled_at: disabled_at.map(Timestamp),
    })
}

type MandateColumns = (String, String, String, String, i64, Option<i64>, Vec<u8>);

fn mandate(row: MandateColumns) -> Result<(Mandate, [u8; 32]), Failure> {
    let (id, agent, principal, scope, valid_from, valid_until, mac) = row;
    let mandate = Mandate {
        id: MandateId::from_text(id),
        agent: PersonId::from_text(agent),
        principal: OrganisationId::from_text(principal),
        scope,
        valid_from: Timestamp(valid_from),
        valid_until: valid_until.map(Timestamp),
    };
    Ok((mandate, hash_column(mac)?))
}
