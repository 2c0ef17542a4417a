//! Certificate rows, from the reservation of a serial number to its revocation.

use async_trait::async_trait;
use auth_core::{Fault, Timestamp, audit::Event, id::CaId};
use pki::{
    cert::Serial,
    crl::{Entry, RevocationReason},
    store::{CertificateRow, Certificates, Issuance, Reservation, Revoke, RevokeOutcome},
};

use super::{Conn, Store};
use crate::Failure;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT authority_id, serial, profile, subject, certificate, reserved_at, not_after,
             revoked_at, revocation_reason FROM certificate WHERE authority_id = $1 ",
            $condition
        )
    };
}

#[async_trait]
impl Certificates for Store {
    async fn reserve(&self, reservation: Reservation, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let inserted = sqlx::query(
                    "INSERT INTO certificate
                     (authority_id, serial, profile, subject, reserved_at, not_after)
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                )
                .bind(reservation.ca.as_str())
                .bind(reservation.serial.to_hex())
                .bind(reservation.profile)
                .bind(&reservation.subject)
                .bind(reservation.at.0)
                .bind(reservation.not_after.0)
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

    async fn record(&self, issued: Issuance, event: Event) -> Result<bool, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let recorded = record(tx.conn(), &issued).await?;
                if recorded {
                    tx.record(event);
                }
                Ok(recorded)
            })
        })
        .await
    }

    async fn find(&self, ca: &CaId, serial: Serial) -> Result<Option<CertificateRow>, Fault> {
        let ca = ca.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let row: Option<Columns> = sqlx::query_as(select!("AND serial = $2"))
                    .bind(ca)
                    .bind(serial.to_hex())
                    .fetch_optional(conn)
                    .await?;
                row.map(certificate).transpose()
            })
        })
        .await
    }

    async fn list(
        &self,
        ca: &CaId,
        after: Option<Serial>,
        limit: u32,
    ) -> Result<Vec<CertificateRow>, Fault> {
        let ca = ca.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<Columns> =
                    sqlx::query_as(select!("AND serial > $2 ORDER BY serial LIMIT $3"))
                        .bind(ca)
                        .bind(after.map_or_else(String::new, Serial::to_hex))
                        .bind(i64::from(limit))
                        .fetch_all(conn)
                        .await?;
                rows.into_iter().map(certificate).collect()
            })
        })
        .await
    }

    async fn revoke(&self, revocation: Revoke, event: Event) -> Result<RevokeOutcome, Fault> {
        self.act(move |tx| {
            Box::pin(async move {
                let revoked = sqlx::query(
                    "UPDATE certificate SET revoked_at = $1, revocation_reason = $2
                     WHERE authority_id = $3 AND serial = $4 AND revoked_at IS NULL",
                )
                .bind(revocation.at.0)
                .bind(revocation.reason.as_str())
                .bind(revocation.ca.as_str())
                .bind(revocation.serial.to_hex())
                .execute(tx.conn())
                .await?;
                if revoked.rows_affected() == 1 {
                    tx.record(event);
                    return Ok(RevokeOutcome::Done);
                }
                let known: Option<(i64,)> = sqlx::query_as(
                    "SELECT revoked_at FROM certificate WHERE authority_id = $1 AND serial = $2",
                )
                .bind(revocation.ca.as_str())
                .bind(revocation.serial.to_hex())
                .fetch_optional(tx.conn())
                .await?;
                Ok(known.map_or(RevokeOutcome::Unknown, |_| RevokeOutcome::Already))
            })
        })
        .await
    }

    async fn revoked(&self, ca: &CaId) -> Result<Vec<Entry>, Fault> {
        let ca = ca.as_str().to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(String, i64, String)> = sqlx::query_as(
                    "SELECT serial, revoked_at, revocation_reason FROM certificate
                     WHERE authority_id = $1 AND revoked_at IS NOT NULL ORDER BY serial",
                )
                .bind(ca)
                .fetch_all(conn)
                .await?;
                let entry = |(serial_text, at, reason_name): (String, i64, String)| {
                    Ok(Entry {
                        serial: serial(&serial_text)?,
                        revoked_at: Timestamp(at),
                        reason: reason(&reason_name)?,
                    })
                };
                rows.into_iter().map(entry).collect()
            })
        })
        .await
    }

    async fn unfinished(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<(CaId, Serial)>, Fault> {
        self.read(move |conn| {
            Box::pin(async move {
                let rows: Vec<(String, String)> = sqlx::query_as(
                    "SELECT authority_id, serial FROM certificate
                     WHERE certificate IS NULL AND revoked_at IS NULL AND reserved_at < $1
                     ORDER BY reserved_at LIMIT $2",
                )
                .bind(before.0)
                .bind(i64::from(limit))
                .fetch_all(conn)
                .await?;
                rows.into_iter()
                    .map(|(ca, number)| Ok((CaId::from_text(ca), serial(&number)?)))
                    .collect()
            })
        })
        .await
    }
}

/// The outcome of a reservation, within the act of another port too.
pub(super) async fn record(conn: &mut Conn, issued: &Issuance) -> Result<bool, Failure> {
    let recorded = sqlx::query(
        "UPDATE certificate SET certificate = $1, issued_at = $2
         WHERE authority_id = $3 AND serial = $4 AND certificate IS NULL AND revoked_at IS NULL",
    )
    .bind(issued.certificate.as_slice())
    .bind(issued.at.0)
    .bind(issued.ca.as_str())
    .bind(issued.serial.to_hex())
    .execute(conn)
    .await?;
    Ok(recorded.rows_affected() == 1)
}

type Columns =
    (String, String, String, String, Option<Vec<u8>>, i64, i64, Option<i64>, Option<String>);

fn certificate(row: Columns) -> Result<CertificateRow, Failure> {
    let (ca, number, profile, subject, certificate, reserved_at, not_after, revoked_at, why) = row;
    let revoked = match (revoked_at, why) {
        (None, None) => None,
        (Some(at), Some(why)) => Some((Timestamp(at), reason(&why)?)),
        _ => return Err(Fault::Corrupt.into()),
    };
    Ok(CertificateRow {
        ca: CaId::from_text(ca),
        serial: serial(&number)?,
        profile,
        subject,
        certificate,
        reserved_at: Timestamp(reserved_at),
        not_after: Timestamp(not_after),
        revoked,
    })
}

fn serial(text: &str) -> Result<Serial, Failure> {
    Serial::from_hex(text).ok_or_else(|| Fault::Corrupt.into())
}

fn reason(name: &str) -> Result<RevocationReason, Failure> {
    RevocationReason::from_name(name).ok_or_else(|| Fault::Corrupt.into())
}
