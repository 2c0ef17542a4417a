//! Signed notes (C2SP signed-note): text, and signatures by named keys.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::key::{
    KeyError, PublicKey, SignatureAlgorithm, Signer, ToSign, ecdsa_from_der, ecdsa_to_der, verify,
};

/// A key whose signatures on notes are believed: name, algorithm and public key.
///
/// Signature types: Ed25519 is `0x01`. P-256 is `0x02`, as transparency-dev's witness has it: DER
/// signature, key id from the SubjectPublicKeyInfo. All others are `0xff` followed by
/// `yinxin/<JOSE algorithm>` and a newline, since no byte is assigned for them: SM2 signatures are
/// `r ‖ s`, RSA ones as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    algorithm: SignatureAlgorithm,
    public: PublicKey,
}

impl NoteKey {
    /// A key under a name; `None` when the name cannot stand in a note (empty, with white space or
    /// `+`) or the algorithm does not fit the key.
    pub fn new(name: &str, algorithm: SignatureAlgorithm, public: PublicKey) -> Option<Self> {
        let fit = !name.is_empty()
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
            && algorithm.fits(public.kind());
        fit.then(|| Self { name: name.to_owned(), algorithm, public })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes that stand before a signature and point at its key.
    pub fn id(&self) -> [u8; 4] {
        let hash = if self.algorithm == SignatureAlgorithm::Es256 {
            Sha256::digest(self.public.spki())
        } else {
            Sha256::new()
                .chain_update(&self.name)
                .chain_update("\n")
                .chain_update(self.typed_key())
                .finalize()
        };
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The text that others configure to believe this key: `name+id+base64(type ‖ key)`, as
    /// Go's `sumdb/note` reads it.
    pub fn verifier_key(&self) -> String {
        let key = STANDARD.encode(self.typed_key());
        format!("{}+{}+{key}", self.name, hex::encode(self.id()))
    }

    /// Reads what [`NoteKey::verifier_key`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = STANDARD.decode(key).ok()?;
        let (algorithm, public) = match key.split_first()? {
            (&ED25519, bytes) => {
                (SignatureAlgorithm::EdDsa, PublicKey::from_ed25519(bytes.try_into().ok()?)?)
            }
            (&ECDSA, spki) => (SignatureAlgorithm::Es256, PublicKey::from_spki(spki)?),
            (&OTHER, rest) => {
                let end = rest.iter().position(|byte| *byte == b'\n')?;
                let (identifier, spki) = rest.split_at_checked(end)?;
                let jose = std::str::from_utf8(identifier).ok()?.strip_prefix(OWN_TYPES)?;
                (SignatureAlgorithm::from_jose(jose)?, PublicKey::from_spki(spki.get(1..)?)?)
            }
            _ => return None,
        };
        let read = Self::new(name, algorithm, public)?;
        (hex::encode(read.id()) == id && read.verifier_key() == text.trim()).then_some(read)
    }

    /// Signature type and public key.
    fn typed_key(&self) -> Vec<u8> {
        let spki = self.public.spki();
        match self.algorithm {
            SignatureAlgorithm::EdDsa => [&[ED25519], self.public.raw()].concat(),
            SignatureAlgorithm::Es256 => [&[ECDSA], spki].concat(),
            other => {
                let identifier = format!("{OWN_TYPES}{}\n", other.jose());
                [&[OTHER], identifier.as_bytes(), spki].concat()
            }
        }
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let fixed;
        let signature = if self.algorithm == SignatureAlgorithm::Es256 {
            let Some(both) = ecdsa_from_der(signature) else { return false };
            fixed = both;
            &fixed[..]
        } else {
            signature
        };
        verify(&self.public, self.algorithm, ToSign::Message(text.as_bytes()), signature).is_ok()
    }
}

/// Signs a text as a note under the signer's name.
pub async fn sign(signer: &Signer, name: &str, text: &str) -> Result<String, KeyError> {
    let unfit = || KeyError::Refused("not a name or text for a signed note".to_owned());
    let key = NoteKey::new(name, signer.algorithm(), signer.public().clone()).ok_or_else(unfit)?;
    if !is_text(text) {
        return Err(unfit());
    }
    let raw = signer.sign(ToSign::Message(text.as_bytes())).await?;
    let signature = if signer.algorithm() == SignatureAlgorithm::Es256 {
        ecdsa_to_der(&raw).ok_or_else(|| KeyError::Unavailable("not r and s".to_owned()))?
    } else {
        raw
    };
    let line = STANDARD.encode([&key.id()[..], &signature].concat());
    Ok(format!("{text}\n{DASH}{name} {line}\n"))
}

/// The text of a note that at least one of `keys` has signed; `None` when it is malformed, when no
/// known key has signed it, or when a signature that claims to be of a known key does not verify.
pub fn open<'a>(note: &'a str, keys: &[NoteKey]) -> Option<&'a str> {
    if note.len() > MAX_NOTE_BYTES {
        return None;
    }
    // The last empty line ends the text; the text keeps its final newline.
    let split = note.rfind("\n\n")?;
    let (text, signatures) = (note.get(..=split)?, note.get(split + 2..)?);
    if !is_text(text) || !signatures.ends_with('\n') {
        return None;
    }
    let mut believed = false;
    for (count, line) in signatures.lines().enumerate() {
        let (name, base64) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(base64).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        if count >= MAX_SIGNATURES {
            return None;
        }
        for key in keys.iter().filter(|key| key.name == name && key.id() == *id) {
            if !key.verifies(text, signature) {
                return None;
            }
            believed = true;
        }
    }
    believed.then_some(text)
}

/// Ends in a newline and holds no other control characters.
fn is_text(text: &str) -> bool {
    text.ends_with('\n') && !text.contains(|c: char| c < ' ' && c != '\n')
}

const ED25519: u8 = 0x01;
const ECDSA: u8 = 0x02;
const OTHER: u8 = 0xff;
/// After [`OTHER`]: whose type this is.
const OWN_TYPES: &str = "yinxin/";
/// U+2014 and a space begin a signature line.
const DASH: &str = "\u{2014} ";
/// A checkpoint has three lines; witnesses add one line each.
const MAX_NOTE_BYTES: usize = 256 * 1024;
/// The specification asks for at least 16.
const MAX_SIGNATURES: usize = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note` package.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn the_reference_implementations_example_opens() {
        let key = NoteKey::parse(PETER).unwrap();
        assert_eq!(key.verifier_key(), PETER);
        let text = open(NOTE, std::slice::from_ref(&key)).unwrap();
        assert!(text.starts_with("If you think") && text.ends_with("problem is.\n"));
        assert_eq!(open(NOTE, &[]), None, "nobody believed has signed");
        for at in 0..NOTE.len() {
            if NOTE.is_char_boundary(at) && NOTE.is_char_boundary(at + 1) {
                let edited = format!("{}~{}", &NOTE[..at], &NOTE[at + 1..]);
                assert_eq!(open(&edited, std::slice::from_ref(&key)), None, "byte {at}");
                assert_eq!(open(&NOTE[..at], std::slice::from_ref(&key)), None, "cut at {at}");
            }
        }
    }

    #[test]
    fn verifier_keys_that_lie_are_refused() {
        for bad in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+/w==",
        ] {
            assert_eq!(NoteKey::parse(bad), None, "{bad}");
        }
    }
}
