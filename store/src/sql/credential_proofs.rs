//! Questions and receipts.

use async_trait::async_trait;
use auth_core::{
    Fault, Timestamp,
    audit::Event,
    id::{OrganisationId, PersonId, ProofId},
};
use credential::{
    status::Status,
    store::{AnswerAct, ConsentAct, Consented, Decision, ProofRow, ProofState, Proofs, ReceiptRow},
};

use super::{
    Conn, Store,
    credential_credentials::{place, status_value},
    credential_status as status,
};
use crate::{Failure, columns::hash_column};

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, item, item_version, person_id, organisation_id, asked_by, matter, purpose,
             asked_at, expires_at, state, decided_at, text_hash, withdrawn_at FROM proof WHERE ",
            $condition
        )
    };
}

#[async_trait]
impl Proofs for Store {
    async fn ask(&self, row: ProofRow, event: Event) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                insert(tx.conn(), &row).await?;
                tx.record(event);
                Ok(())
            })
        })
        .await
    }

    async fn find(&self, id: &ProofId) -> Result<Option<ProofRow>, Fault> {
        let id = id.clone();
        self.read(move |conn| Box::pin(async move { find(conn, &id).await })).await
    }

    async fn of_person(&self, person: &PersonId) -> Result<Vec<ProofRow>, Fault> {
        let query = select!("person_id = $1 ORDER BY id DESC LIMIT $2");
        self.proof_rows(query, person.as_str().to_owned()).await
    }

    async fn of_organisation(&self, organisation: &OrganisationId) -> Result<Vec<ProofRow>, Fault> {
        let query = select!("organisation_id = $1 ORDER BY id DESC LIMIT $2");
        self.proof_rows(query, organisation.as_str().to_owned()).await
    }

    async fn consent(&self, act: ConsentAct) -> Result<Consented, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                if !decide(tx.conn(), &act).await? {
                    return Ok(Consented::TooLate);
                }
                if act.decision == Decision::Withdraw
                    && let Some(receipt) = receipt(tx.conn(), &act.id).await?
                {
                    // Later use of a receipt ends with the consent it rests on.
                    let step = (&[Status::Valid][..], Status::Invalid);
                    status::change(tx.conn(), receipt.place, step, act.now).await?;
                }
                let row = find(tx.conn(), &act.id).await?.ok_or(Fault::Corrupt)?;
                tx.record(act.event);
                Ok(Consented::Done(Box::new(row)))
            })
        })
        .await
    }

    async fn answer(&self, act: AnswerAct) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let answered = sqlx::query(
                    "UPDATE proof SET state = 'answered' WHERE id = $1 AND state = 'allowed'
                     AND expires_at > $2",
                )
                .bind(act.receipt.id.as_str())
                .bind(act.now.0)
                .execute(tx.conn())
                .await?;
                if answered.rows_affected() != 1 {
                    return Ok(false);
                }
                insert_receipt(tx.conn(), &act.receipt).await?;
                tx.record(act.event);
                Ok(true)
            })
        })
        .await
    }

    async fn receipt(&self, id: &ProofId) -> Result<Option<ReceiptRow>, Fault> {
        let id = id.clone();
        self.read(move |conn| Box::pin(async move { receipt(conn, &id).await })).await
    }

    async fn record(&self, event: Event) -> Result<(), Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                tx.record(event);
                Ok(())
            })
        })
        .await
    }
}

impl Store {
    async fn proof_rows(&self, query: &'static str, id: String) -> Result<Vec<ProofRow>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> =
                    sqlx::query_as(query).bind(id).bind(MOST_LISTED).fetch_all(conn).await?;
                rows.into_iter().map(proof).collect()
            })
        })
        .await
    }
}

/// Writes a decision in one statement that also says whether it may still be made.
async fn decide(conn: &mut Conn, act: &ConsentAct) -> Result<bool, Failure> {
    let decided = match act.decision {
        Decision::Allow | Decision::Refuse => {
            let state = match act.decision {
                Decision::Allow => ProofState::Allowed,
                _ => ProofState::Refused,
            };
            let factors = serde_json::to_string(&act.factors).map_err(|_| Fault::Corrupt)?;
            sqlx::query(
                "UPDATE proof SET state = $1, decided_at = $2, text_hash = $3, factors = $4
                 WHERE id = $5 AND person_id = $6 AND state = 'asked' AND expires_at > $2",
            )
            .bind(state.as_str())
            .bind(act.now.0)
            .bind(act.text_hash.as_slice())
            .bind(factors)
            .bind(act.id.as_str())
            .bind(act.person.as_str())
            .execute(conn)
            .await?
        }
        Decision::Withdraw => {
            sqlx::query(
                "UPDATE proof SET state = 'withdrawn', withdrawn_at = $1
                 WHERE id = $2 AND person_id = $3 AND state IN ('allowed', 'answered')",
            )
            .bind(act.now.0)
            .bind(act.id.as_str())
            .bind(act.person.as_str())
            .execute(conn)
            .await?
        }
    };
    Ok(decided.rows_affected() == 1)
}

async fn insert(conn: &mut Conn, row: &ProofRow) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO proof (id, item, item_version, person_id, organisation_id, asked_by, matter,
         purpose, asked_at, expires_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
         $11)",
    )
    .bind(row.id.as_str())
    .bind(&row.item)
    .bind(i64::from(row.item_version))
    .bind(row.person.as_str())
    .bind(row.organisation.as_str())
    .bind(row.asked_by.as_str())
    .bind(&row.matter)
    .bind(row.purpose.as_slice())
    .bind(row.asked_at.0)
    .bind(row.expires_at.0)
    .bind(row.state.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_receipt(conn: &mut Conn, row: &ReceiptRow) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO proof_receipt (proof_id, answer, list_id, idx, answered_at, expires_at,
         sd_jwt, code) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(row.id.as_str())
    .bind(&row.answer)
    .bind(i64::from(row.place.list))
    .bind(i64::from(row.place.index))
    .bind(row.answered_at.0)
    .bind(row.expires_at.0)
    .bind(&row.sd_jwt)
    .bind(&row.code)
    .execute(conn)
    .await?;
    Ok(())
}

async fn find(conn: &mut Conn, id: &ProofId) -> Result<Option<ProofRow>, Failure> {
    let row: Option<Columns> =
        sqlx::query_as(select!("id = $1")).bind(id.as_str()).fetch_optional(conn).await?;
    row.map(proof).transpose()
}

async fn receipt(conn: &mut Conn, id: &ProofId) -> Result<Option<ReceiptRow>, Failure> {
    let row: Option<(String, i64, i64, i64, i64, i64, String, String)> = sqlx::query_as(
        "SELECT r.answer, r.list_id, r.idx, e.value, r.answered_at, r.expires_at, r.sd_jwt, r.code
         FROM proof_receipt r JOIN status_entry e ON e.list_id = r.list_id AND e.idx = r.idx
         WHERE r.proof_id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    let Some((answer, list, index, value, answered_at, expires_at, sd_jwt, code)) = row else {
        return Ok(None);
    };
    Ok(Some(ReceiptRow {
        id: id.clone(),
        answer,
        place: place(list, index)?,
        status: status_value(value)?,
        answered_at: Timestamp(answered_at),
        expires_at: Timestamp(expires_at),
        sd_jwt,
        code,
    }))
}

type Columns = (
    String,
    String,
    i64,
    String,
    String,
    String,
    String,
    Vec<u8>,
    i64,
    i64,
    String,
    Option<i64>,
    Option<Vec<u8>>,
    Option<i64>,
);

fn proof(row: Columns) -> Result<ProofRow, Failure> {
    let (id, item, version, person, organisation, asked_by, matter, purpose, ..) = row;
    let (asked_at, expires_at, state, decided_at, text_hash, withdrawn_at) =
        (row.8, row.9, row.10, row.11, row.12, row.13);
    Ok(ProofRow {
        id: ProofId::from_text(id),
        item,
        item_version: u16::try_from(version).map_err(|_| Fault::Corrupt)?,
        person: PersonId::from_text(person),
        organisation: OrganisationId::from_text(organisation),
        asked_by: PersonId::from_text(asked_by),
        matter,
        purpose,
        asked_at: Timestamp(asked_at),
        expires_at: Timestamp(expires_at),
        state: ProofState::parse(&state).ok_or(Fault::Corrupt)?,
        decided_at: decided_at.map(Timestamp),
        text_hash: text_hash.map(hash_column).transpose()?,
        withdrawn_at: withdrawn_at.map(Timestamp),
    })
}

/// Questions shown in one list, newest first.
const MOST_LISTED: i64 = 100;
