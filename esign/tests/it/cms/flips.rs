//! No byte of a signature is free to change.

use auth_core::key::KeyKind;
use proptest::prelude::*;

use super::{CONTENT, Office, verify};

#[tokio::test]
async fn any_byte_changed_is_never_valid() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048, KeyKind::Sm2] {
        let office = Office::new(kind).await;
        let cms = office.sign().await;
        // Verifying SM2 is slow without optimisation; the structure is the same.
        let flips: &[u8] =
            if kind == KeyKind::P256 { &[1, 2, 4, 8, 16, 32, 64, 128] } else { &[1] };
        for index in 0..cms.len() {
            for flip in flips {
                let mut damaged = cms.clone();
                damaged[index] ^= flip;
                let valid = office.is_valid(&damaged, CONTENT).await;
                assert!(!valid, "{kind:?}: byte {index} ^ {flip:#x}");
            }
        }
    }
}

#[test]
fn any_byte_replaced_or_cut_is_never_valid_and_never_panics() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (office, cms) = runtime.block_on(async {
        let office = Office::new(KeyKind::P256).await;
        let cms = office.sign().await;
        (office, cms)
    });
    let mut runner = proptest::test_runner::TestRunner::default();
    let change = (0..cms.len(), any::<u8>(), 0..cms.len());
    runner
        .run(&change, |(index, value, cut)| {
            let mut damaged = cms.clone();
            damaged[index] = value;
            let same = damaged == cms;
            prop_assert_eq!(runtime.block_on(office.is_valid(&damaged, CONTENT)), same);
            damaged.remove(cut);
            prop_assert!(!runtime.block_on(office.is_valid(&damaged, CONTENT)));
            damaged.truncate(cut);
            prop_assert!(verify(&damaged, CONTENT).is_err());
            Ok(())
        })
        .unwrap();
}
