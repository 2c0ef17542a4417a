//! The printed face of a certificate: drawn, sealed by the issuing body, kept.

use auth_core::{
    Fault, Timestamp,
    audit::Actor,
    organisation::Organisation,
    port::{DocumentBlock, DocumentDraft, DraftRefused, SealDocument, SealRefused},
};
use serde_json::Value;

use super::{Registry, china_date, mine::Mine};
use crate::{act::Act, kinds::common, qr::QrCode};

impl Registry {
    /// The sealed PDF of a certificate: the one kept, or a new one.
    pub async fn document(
        &self,
        mine: &Mine,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Vec<u8>, DocumentError> {
        let holder = self.holder(&mine.row.holder).await?;
        let (_, key) = holder.ok_or(DocumentError::Fault(Fault::Corrupt))?;
        let field = format!("document:{}", mine.row.id);
        if let Some(sealed) = &mine.row.document {
            return Ok(key.open(&field, sealed)?.to_vec());
        }
        let organisation = self.organisations.find(&mine.row.organisation).await?;
        let organisation = organisation.ok_or(DocumentError::Fault(Fault::Corrupt))?;
        let drawn = self.renderer.render(&draft(mine, &organisation)?)?;
        let request = SealDocument {
            pdf: drawn.pdf,
            seal: None,
            organisation: organisation.id,
            at: drawn.seal_at.ok_or(DocumentError::Fault(Fault::Corrupt))?,
            purpose: Act::Document.as_str(),
            subject: mine.row.id.to_string(),
            now,
        };
        let pdf = self.sealer.seal(request).await??;
        let sealed = key.seal(&field, &pdf, self.vault.random())?;
        let event = Act::Document.done(actor, now).subject(mine.row.id.as_str());
        if self.credentials.keep_document(&mine.row.id, sealed, event).await? {
            return Ok(pdf);
        }
        // Somebody else was quicker: everyone gets the same file.
        let row = self.credentials.find(&mine.row.id).await?;
        let kept = row.and_then(|row| row.document).ok_or(DocumentError::Fault(Fault::Corrupt))?;
        Ok(key.open(&field, &kept)?.to_vec())
    }
}

fn draft(mine: &Mine, organisation: &Organisation) -> Result<DocumentDraft, DocumentError> {
    let text = |claim: &str| mine.content.claims.get(claim).and_then(Value::as_str);
    let own = mine.kind.fields.iter().map(|field| (field.zh_cn, field.claim));
    let shared = common::ALL.iter().map(|(claim, _, zh_cn, _)| (*zh_cn, *claim));
    let rows = own
        .chain(shared)
        .filter_map(|(label, claim)| Some((label.to_owned(), text(claim)?.to_owned())))
        .collect();
    let picture = QrCode::new(&mine.content.code).map_err(|_| DocumentError::Code)?;
    let side = 0..picture.width();
    let modules = side
        .clone()
        .flat_map(|y| side.clone().map(move |x| (x, y)))
        .map(|(x, y)| picture.is_dark(x, y));
    Ok(DocumentDraft {
        title: mine.kind.zh_cn.to_owned(),
        language: "zh-CN".to_owned(),
        made_at: mine.row.issued_at,
        footer: FOOTER.to_owned(),
        blocks: vec![
            DocumentBlock::Title(mine.kind.zh_cn.to_owned()),
            DocumentBlock::Rows(rows),
            DocumentBlock::Qr { modules: modules.collect(), caption: CAPTION.to_owned() },
            DocumentBlock::Closing {
                organisation: organisation.name.clone(),
                date: china_date(mine.row.issued_at),
            },
        ],
    })
}

/// Why there is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The code could not be drawn.
    #[error("the code could not be drawn")]
    Code,
    /// It could not be set: a character the fonts lack, or too much text.
    #[error(transparent)]
    Draft(#[from] DraftRefused),
    /// Something underneath failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealRefused),
}

const FOOTER: &str = "本证照为电子证照，以签发机关电子印章和核验码为准。";
const CAPTION: &str = "扫码核验：本码自带签名，离线也可核验；是否吊销以核验时的状态清单为准。";
