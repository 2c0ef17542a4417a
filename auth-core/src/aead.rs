//! Authenticated encryption of small secrets in the algorithm of the profile.

use aes_gcm::{
    AesGcm, KeyInit,
    aead::{Aead, Payload, consts::U12},
};
use ring::aead as ring_aead;
use zeroize::Zeroizing;

use crate::{fault::Fault, profile::Profile, random::Random};

/// Encrypts: `nonce (12) ‖ ciphertext ‖ tag (16)`, AES-256-GCM (`intl`) or SM4-GCM (`gm`, which
/// uses the first 16 bytes of the key). A random nonce is safe for 2³² messages under one key.
/// Fails only for messages above the limit of GCM, 64 GiB.
pub fn seal(
    profile: Profile,
    key: &[u8; 32],
    context: &[u8],
    plain: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, Fault> {
    let nonce: [u8; NONCE] = random.bytes();
    let mut out = nonce.to_vec();
    match profile {
        Profile::Gm => {
            let payload = Payload { msg: plain, aad: context };
            out.extend(sm4(key).encrypt(&nonce.into(), payload).map_err(|_| Fault::Corrupt)?);
        }
        Profile::Intl => {
            let mut body = plain.to_vec();
            let nonce = ring_aead::Nonce::assume_unique_for_key(nonce);
            let aad = ring_aead::Aad::from(context);
            let key = aes(key).ok_or(Fault::Corrupt)?;
            key.seal_in_place_append_tag(nonce, aad, &mut body).map_err(|_| Fault::Corrupt)?;
            out.extend(body);
        }
    }
    Ok(out)
}

/// Decrypts; [`Fault::Corrupt`] when key, context or any byte differs.
pub fn open(
    profile: Profile,
    key: &[u8; 32],
    context: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(Fault::Corrupt)?;
    match profile {
        Profile::Gm => {
            let payload = Payload { msg: body, aad: context };
            let plain = sm4(key).decrypt(&(*nonce).into(), payload);
            plain.map(Zeroizing::new).map_err(|_| Fault::Corrupt)
        }
        Profile::Intl => {
            let mut body = Zeroizing::new(body.to_vec());
            let nonce = ring_aead::Nonce::assume_unique_for_key(*nonce);
            let key = aes(key).ok_or(Fault::Corrupt)?;
            let plain = key
                .open_in_place(nonce, ring_aead::Aad::from(context), &mut body)
                .map_err(|_| Fault::Corrupt)?
                .len();
            body.truncate(plain);
            Ok(body)
        }
    }
}

fn sm4(key: &[u8; 32]) -> AesGcm<sm4::Sm4, U12> {
    let mut short = Zeroizing::new([0; 16]);
    short.copy_from_slice(&key[..16]);
    AesGcm::new(&(*short).into())
}

fn aes(key: &[u8; 32]) -> Option<ring_aead::LessSafeKey> {
    ring_aead::UnboundKey::new(&ring_aead::AES_256_GCM, key).ok().map(ring_aead::LessSafeKey::new)
}

/// Nonce length of GCM, bytes.
const NONCE: usize = 12;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
mod tests {
    use super::*;

    struct Fixed;
    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(3);
        }
    }

    #[test]
    fn opens_only_what_was_sealed_in_the_same_context() {
        for profile in [Profile::Gm, Profile::Intl] {
            let sealed = seal(profile, &[1; 32], b"here", b"secret", &Fixed).unwrap();
            assert_eq!(*open(profile, &[1; 32], b"here", &sealed).unwrap(), b"secret");
            assert!(open(profile, &[1; 32], b"there", &sealed).is_err());
            assert!(open(profile, &[2; 32], b"here", &sealed).is_err());
            for index in 0..sealed.len() {
                let mut bad = sealed.clone();
                bad[index] ^= 1;
                assert!(open(profile, &[1; 32], b"here", &bad).is_err(), "{profile:?} {index}");
                assert!(open(profile, &[1; 32], b"here", &sealed[..index]).is_err());
            }
        }
    }
}
