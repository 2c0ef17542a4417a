//! What crosses between domains: small ports, joined in `server`.

use async_trait::async_trait;

use crate::{
    audit::Event,
    clock::Timestamp,
    fault::Fault,
    id::{ClientId, OrganisationId, PersonId, SealId},
    verdict::Report,
};

/// Checks bearer tokens for the REST interfaces of all domains. Owner: `oidc-provider`.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    /// What the token allows; `None` when it is unknown, expired, revoked or its subject may not
    /// act any more (RFC 6750 §3.1 `invalid_token`).
    async fn check(&self, token: &str, now: Timestamp) -> Result<Option<TokenAccess>, Fault>;
}

/// What a valid access token allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAccess {
    /// The client it was issued to.
    pub client: ClientId,
    /// The person it acts for; `None` for client credentials.
    pub person: Option<PersonId>,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl TokenAccess {
    /// Whether this scope was granted.
    pub fn allows(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// Seals a document with an organisation's seal. Owner: `esign`; used where another domain makes
/// documents (the sealed PDF of a certificate, the page of a receipt).
#[async_trait]
pub trait DocumentSealer: Send + Sync {
    /// The sealed document, or why not.
    async fn seal(&self, request: SealDocument) -> Result<Result<Vec<u8>, SealRefused>, Fault>;
}

/// A document to be sealed by the program on behalf of a domain.
#[derive(Clone, Debug)]
pub struct SealDocument {
    /// The finished PDF.
    pub pdf: Vec<u8>,
    /// The seal to use; `None` takes the issuing organisation's only active seal.
    pub seal: Option<SealId>,
    /// The organisation in whose name.
    pub organisation: OrganisationId,
    /// Where the middle of the seal stands: page (from 0), x and y in PDF points from the lower
    /// left corner.
    pub at: (usize, f32, f32),
    /// Why, for the record: a stable act name such as `credential.document`.
    pub purpose: &'static str,
    /// The row this belongs to.
    pub subject: String,
    /// Now.
    pub now: Timestamp,
}

/// Why a document was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealRefused {
    /// The document is not one that can be sealed.
    #[error("the document cannot be sealed")]
    Document,
    /// The organisation has no active seal.
    #[error("the organisation has no active seal")]
    NoSeal,
    /// The seal or its certificate is revoked, suspended or expired.
    #[error("the seal is not active")]
    NotActive,
}

/// Recognises and verifies one family of signed things. Owners: `esign` and `credential`; used by
/// `/verify`, `POST /api/verify` and `yinxin verify`.
#[async_trait]
pub trait DocumentVerifier: Send + Sync {
    /// Whether these bytes look like something this verifier understands. Cheap, never wrong about
    /// another family's bytes.
    fn sniff(&self, bytes: &[u8]) -> bool;

    /// Verifies. Trust anchors and status snapshots are the verifier's own, fetched beforehand;
    /// what could not be had makes the verdict undetermined, never valid and never invalid.
    async fn verify(&self, input: VerifyInput<'_>) -> Report;
}

/// What to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerifyInput<'a> {
    /// The file or text.
    pub bytes: &'a [u8],
    /// For detached signatures: the content.
    pub content: Option<&'a [u8]>,
    /// Judge as of this time.
    pub at: Timestamp,
}

/// Sets documents of our own making: letters, the printed face of a certificate, receipts.
/// Owner: `esign`, which carries the fonts; used by `credential`.
///
/// The same draft gives the same bytes. Rendering is arithmetic without input or output; call it
/// from a blocking thread when drafts are long.
pub trait DocumentRenderer: Send + Sync {
    /// The document as PDF 1.7, pages of A4, fonts embedded, text selectable.
    fn render(&self, draft: &DocumentDraft) -> Result<RenderedDocument, DraftRefused>;
}

/// What a document says, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentDraft {
    /// Title of the file, shown by viewers in their window bar.
    pub title: String,
    /// Language of the text, a BCP 47 tag such as `zh-CN`.
    pub language: String,
    /// When the document was made.
    pub made_at: Timestamp,
    /// Small print at the foot of every page, before the page number.
    pub footer: String,
    /// Its parts.
    pub blocks: Vec<DocumentBlock>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentBlock {
    /// Who signs and when, set to the right; the seal stands over it
    /// ([`RenderedDocument::seal_at`]). At most one per document.
    Closing {
        /// Full name of the organisation.
        organisation: String,
        /// The date as it shall be read, `2026年11月24日`.
        date: String,
    },
    /// A heading inside the text.
    Heading(String),
    /// Small remarks below the text.
    Note(String),
    /// Text; its first line is indented by two characters.
    Paragraph(String),
    /// A QR code with a caption below.
    Qr {
        /// Modules row by row, `true` is dark; the length is a square of at least 21².
        modules: Vec<bool>,
        /// What the code is for.
        caption: String,
    },
    /// A table of names and values.
    Rows(Vec<(String, String)>),
    /// Text without indentation, such as the addressee.
    Salutation(String),
    /// The large centred title.
    Title(String),
}

/// A document that was set.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedDocument {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Where the middle of a seal belongs, for [`SealDocument::at`]; present when the draft has a
    /// closing.
    pub seal_at: Option<(usize, f32, f32)>,
    /// Number of pages.
    pub pages: usize,
}

/// Why a draft was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftRefused {
    /// A character that the fonts do not have; it is named, never drawn as a box.
    #[error("the font has no glyph for {character:?} (U+{:04X})", u32::from(*character))]
    Glyph {
        /// The character.
        character: char,
    },
    /// More pages than a document may have.
    #[error("the document is too long")]
    Long,
    /// The QR modules are not a square.
    #[error("the QR code is not a square")]
    Qr,
}

/// Secrets all nodes share (cookie keys, the key of look-up indexes), each wrapped by the
/// keystore. Owner: `store`.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The wrapped bytes of a secret.
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault>;

    /// Keeps these bytes unless the name is taken, and returns those that are kept: of two nodes
    /// that start together, one wins and both use its secret. `event` is recorded by the winner.
    async fn insert_once(&self, name: &str, wrapped: &[u8], event: Event)
    -> Result<Vec<u8>, Fault>;
}
