//! How a document is sealed: PAdES for a PDF, a detached CMS beside any other file.

use auth_core::{Timestamp, key::Signer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    cms::{self, CmsOptions, DigestAlgorithm, Digested},
    draw::MM,
    error::SealError,
    pdf::{
        read::Rect,
        sign::{Appearance, Prepared, Resource, SignatureField, layout, prepare},
    },
    request::Place,
    seal::Seal,
    store::SealingId,
};

/// How a document is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Detached CMS, CAdES B-B (EN 319 122-1).
    Cms,
    /// PAdES B-B with a visible seal (EN 319 142-1).
    Pdf,
}

impl Format {
    /// What a document is, told by its first bytes.
    pub fn of(bytes: &[u8]) -> Self {
        if super::is_pdf(bytes) { Self::Pdf } else { Self::Cms }
    }

    /// Stable text for columns.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cms => "cms",
            Self::Pdf => "pdf",
        }
    }

    /// Reads what [`Format::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Cms, Self::Pdf].into_iter().find(|format| format.as_str() == text)
    }

    /// Media type of the result.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Cms => "application/pkcs7-signature",
            Self::Pdf => "application/pdf",
        }
    }

    /// The result's file name: a PDF keeps its own, a signature lies beside its file.
    pub fn file_name(self, document: &str) -> String {
        match self {
            Self::Cms => format!("{document}.p7s"),
            Self::Pdf => document.to_owned(),
        }
    }
}

/// A sealed document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The sealed PDF, or the detached signature.
    pub file: Vec<u8>,
    /// How.
    pub format: Format,
    /// Where the addition begins in `file`: the length of the original PDF, 0 for a signature.
    pub original: usize,
}

impl Sealed {
    /// What was added to the document: all that must be kept to give the same file again.
    pub fn addition(&self) -> &[u8] {
        self.file.get(self.original..).unwrap_or_default()
    }

    /// SHA-256 of the file.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.file).into()
    }

    /// The same file from the document and what was kept.
    pub fn again(format: Format, document: &[u8], addition: &[u8]) -> Vec<u8> {
        match format {
            Format::Cms => addition.to_vec(),
            Format::Pdf => [document, addition].concat(),
        }
    }
}

/// Everything a signature says besides the document.
pub(super) struct Statement<'a> {
    pub(super) seal: &'a Seal,
    pub(super) signer: &'a Signer,
    pub(super) sealing: &'a SealingId,
    pub(super) place: Place,
    pub(super) reason: Option<&'a str>,
    pub(super) now: Timestamp,
}

/// Checks that a document can be sealed, without signing: an officer hears it when asking, not when
/// the second officer has decided.
pub(super) fn check(bytes: &[u8], format: Format, place: Place) -> Result<(), SealError> {
    if bytes.is_empty() {
        return Err(SealError::Empty);
    }
    if format == Format::Pdf {
        middle(bytes, place, 0.0)?;
        // An invisible dry run with all rules of preparing.
        prepare(bytes, &field("check", Timestamp(0), None, None, None, 0))?;
    }
    Ok(())
}

/// Signs a document with a seal, deciding and recording nothing: the work inside
/// [`super::seal_document`], for benchmarks and for tools that keep their own records.
///
/// # Errors
/// What the document or the keystore refuses.
pub async fn sign_document(
    (seal, signer): (&Seal, &Signer),
    document: Vec<u8>,
    place: Place,
    (sealing, now): (&SealingId, Timestamp),
) -> Result<Sealed, SealError> {
    let format = Format::of(&document);
    sign(document, format, &Statement { seal, signer, sealing, place, reason: None, now }).await
}

/// Signs. CPU work on large documents happens on a thread that may block.
pub(super) async fn sign(
    document: Vec<u8>,
    format: Format,
    statement: &Statement<'_>,
) -> Result<Sealed, SealError> {
    match format {
        Format::Cms => sign_cms(&document, statement).await,
        Format::Pdf => sign_pdf(document, statement).await,
    }
}

async fn sign_cms(document: &[u8], statement: &Statement<'_>) -> Result<Sealed, SealError> {
    let digest = digest_of(statement)?;
    let digested = Digested::of(digest, document);
    let options = CmsOptions { signing_time: Some(statement.now) };
    let file = cms::sign_detached(statement.signer, digested, options).await?;
    Ok(Sealed { file, format: Format::Cms, original: 0 })
}

async fn sign_pdf(document: Vec<u8>, statement: &Statement<'_>) -> Result<Sealed, SealError> {
    let original = document.len();
    let digest = digest_of(statement)?;
    let plan = Plan {
        picture: statement.seal.picture.clone(),
        side: f64::from(statement.seal.face.diameter_mm * MM),
        field: format!("Seal-{}", statement.sealing.0),
        name: statement.seal.face.organisation.clone(),
        reason: statement.reason.map(str::to_owned),
        place: statement.place,
        now: statement.now,
        reserved: cms::max_len(statement.signer)?,
    };
    let work = move || -> Result<(Prepared, Digested), SealError> {
        let prepared = plan.prepare(&document)?;
        let digested = prepared.digest(digest);
        Ok((prepared, digested))
    };
    let (prepared, digested) = if original > INLINE_BYTES {
        let joined = tokio::task::spawn_blocking(work).await;
        joined.map_err(|_| auth_core::Fault::Unavailable)??
    } else {
        work()?
    };
    let signature = cms::sign_detached(statement.signer, digested, CmsOptions::default()).await?;
    Ok(Sealed { file: prepared.fill(&signature)?, format: Format::Pdf, original })
}

/// What preparing needs, owned, so that it can move to another thread.
struct Plan {
    picture: Vec<u8>,
    side: f64,
    field: String,
    name: String,
    reason: Option<String>,
    place: Place,
    now: Timestamp,
    reserved: usize,
}

impl Plan {
    fn prepare(&self, document: &[u8]) -> Result<Prepared, SealError> {
        let half = self.side / 2.0;
        let (page, x, y) = middle(document, self.place, half)?;
        let size = (self.side, self.side);
        // Ink darkens what lies below instead of hiding it.
        let ink = Resource::GraphicsState { name: "Ink", alpha: 1.0, multiply: true };
        let face = Resource::Form { name: "Face", size, deflated: &self.picture };
        let appearance = Appearance {
            page,
            place: Rect { x0: x - half, y0: y - half, x1: x + half, y1: y + half },
            size,
            content: b"/Ink gs /Face Do",
            resources: vec![ink, face],
        };
        let field = field(
            &self.field,
            self.now,
            Some(&self.name),
            self.reason.as_deref(),
            Some(appearance),
            self.reserved,
        );
        Ok(prepare(document, &field)?)
    }
}

fn field<'a>(
    name: &'a str,
    signed_at: Timestamp,
    signer_name: Option<&'a str>,
    reason: Option<&'a str>,
    appearance: Option<Appearance<'a>>,
    reserved: usize,
) -> SignatureField<'a> {
    SignatureField {
        name,
        signed_at,
        signer_name,
        reason,
        location: None,
        contact: None,
        appearance,
        certification: None,
        reserved,
    }
}

/// Page and middle of the seal; `half` is half its side, so that it stays on the page.
fn middle(document: &[u8], place: Place, half: f64) -> Result<(usize, f64, f64), SealError> {
    let first = match place {
        Place::At { page, .. } => page as usize,
        Place::FirstMiddle | Place::LastClosing | Place::LastMiddle => 0,
    };
    let (count, mut size) = layout(document, first)?;
    let page = match place {
        Place::LastClosing | Place::LastMiddle => count.saturating_sub(1),
        Place::At { .. } | Place::FirstMiddle => first,
    };
    if page != first {
        (_, size) = layout(document, page)?;
    }
    let (width, height) = size;
    let (x, y) = match place {
        Place::At { x, y, .. } => (f64::from(x), f64::from(y)),
        Place::FirstMiddle | Place::LastMiddle => (width / 2.0, height / 2.0),
        Place::LastClosing => (width * 0.70, height * 0.22),
    };
    if !x.is_finite() || !y.is_finite() {
        return Err(crate::pdf::PdfRefused::Place.into());
    }
    let inside = |value: f64, size: f64| {
        if size <= half * 2.0 { size / 2.0 } else { value.clamp(half, size - half) }
    };
    Ok((page, inside(x, width), inside(y, height)))
}

fn digest_of(statement: &Statement<'_>) -> Result<DigestAlgorithm, SealError> {
    let algorithm = statement.signer.algorithm();
    DigestAlgorithm::of(algorithm).ok_or_else(|| auth_core::Fault::Corrupt.into())
}

/// Documents up to this size are prepared on the spot: shorter than a change of thread.
const INLINE_BYTES: usize = 256 * 1024;
