//! Foreign readers of our log: Go's `sumdb/note` and `sumdb/tlog`, and OpenSSL for checkpoints
//! signed with P-256 and SM2.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use auth_core::{
    audit::{Head, TilePath, merkle::edge_tiles},
    key::KeyKind,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    database::Database,
    fixture::{ORIGIN, note_key, sealer, signer},
    log::record,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_proves_every_leaf_from_checkpoint_and_tiles() {
    let database = Database::sqlite().await;
    let signer = signer(KeyKind::Ed25519).await;
    record(&database, 600).await;
    let head = sealer(&database.stores.log, &signer).seal().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    publish(&database, head, folder.path()).await;
    let go = Command::new("go")
        .args(["run", "."])
        .arg(folder.path())
        .arg(note_key(&signer).verifier_key())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign"))
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off")
        .output();
    let output = match go {
        Err(error) => return eprintln!("skipped: go: {error}"),
        Ok(output) => output,
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && errors.contains("module lookup disabled") {
        return eprintln!("skipped: golang.org/x/mod is not in the module cache");
    }
    assert!(output.status.success(), "{errors}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{ORIGIN}: {} leaves proved\n", head.size)
    );
}

/// Checkpoint and tiles under the paths they are served at.
async fn publish(database: &Database, head: Head, folder: &Path) {
    let log = database.stores.log.as_ref();
    let checkpoint = log.checkpoint().await.unwrap().unwrap().note;
    fs::write(folder.join("checkpoint"), checkpoint).unwrap();
    let mut paths = Vec::new();
    for (level, index) in edge_tiles(head.size) {
        let width = usize::try_from((head.size >> (8 * u32::from(level))) % 256).unwrap();
        paths.push(TilePath { level, index, width });
        paths.extend((0..index).map(|index| TilePath { level, index, width: 256 }));
    }
    for path in paths {
        let tile = log.tile(path.level, path.index).await.unwrap().unwrap();
        let file = folder.join(path.to_string());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, path.cut(&tile).unwrap()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_verifies_checkpoints_of_p256_and_sm2_keys() {
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
        return eprintln!("skipped: no openssl");
    }
    for kind in [KeyKind::P256, KeyKind::Sm2] {
        let database = Database::sqlite().await;
        let signer = signer(kind).await;
        record(&database, 3).await;
        sealer(&database.stores.log, &signer).seal().await.unwrap();
        let note = database.stores.log.checkpoint().await.unwrap().unwrap().note;
        let (text, signature) = note.rsplit_once("\n\n").unwrap();
        let signature = STANDARD.decode(signature.trim_end().rsplit_once(' ').unwrap().1).unwrap();
        let mut signature = signature[4..].to_vec();
        if kind == KeyKind::Sm2 {
            signature = auth_core::key::ecdsa_to_der(&signature).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("text"), format!("{text}\n")).unwrap();
        fs::write(file("signature"), signature).unwrap();
        fs::write(file("key.der"), signer.public().spki()).unwrap();
        let mut openssl = Command::new("openssl");
        openssl.args(["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]);
        openssl.arg("-inkey").arg(file("key.der"));
        openssl.arg("-in").arg(file("text")).arg("-sigfile").arg(file("signature"));
        if kind == KeyKind::Sm2 {
            openssl.args(["-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]);
        } else {
            openssl.args(["-digest", "sha256"]);
        }
        let output = openssl.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("Verified Successfully"), "{said}");
    }
}
