//! Every text that a template or handler names exists, in both languages.

use super::CATALOG;

#[test]
fn every_text_exists_in_both_languages() {
    assert_eq!(CATALOG.missing(), Vec::<String>::new());
    for source in SOURCES {
        assert_eq!(CATALOG.unknown_in(source), Vec::<String>::new());
    }
}

#[test]
fn ids_made_of_a_prefix_and_a_code_exist() {
    for role in auth_core::role::Role::ALL {
        assert!(CATALOG.has(&format!("role-{}", role.as_str())), "{role:?}");
    }
    for code in super::admin::DONE {
        assert!(CATALOG.has(&format!("done-{code}")), "{code}");
    }
    for verdict in ["valid", "invalid", "undetermined"] {
        assert!(CATALOG.has(&format!("verdict-{verdict}")));
        assert!(CATALOG.has(&format!("verdict-{verdict}-meaning")));
    }
    for code in REASONS {
        assert!(CATALOG.has(&format!("reason-{code}")), "{code}");
    }
    for answer in ["yes", "no", "undetermined"] {
        assert!(CATALOG.has(&format!("value-{answer}")));
    }
    for tile in PORTAL.split("tile(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(CATALOG.has(&format!("tile-{tile}")), "{tile}");
        assert!(CATALOG.has(&format!("tile-{tile}-text")), "{tile}");
    }
}

/// Codes and families of codes that the verifiers of the rooms give.
const REASONS: [&str; 75] = [
    "address-differs",
    "certificate-expired",
    "certificate-not-yet-valid",
    "certificate-purpose",
    "certificate-revoked",
    "certificate-signature-wrong",
    "claims-malformed",
    "cms",
    "cms-algorithm-refused",
    "cms-certificate-missing",
    "cms-limit",
    "cms-no-signer",
    "content-missing",
    "cose-malformed",
    "critical-extension-unknown",
    "cwt-malformed",
    "digest-mismatch",
    "disclosures-wrong",
    "expired",
    "format-unknown",
    "issuer-not-authority",
    "issuer-not-certified",
    "jwt-malformed",
    "key-binding-wrong",
    "key-usage",
    "name-constraints",
    "no-legal-effect",
    "no-signature",
    "no-status",
    "no-trusted-path",
    "not-checked",
    "not-yet-valid",
    "path",
    "path-budget",
    "path-too-long",
    "pdf",
    "pdf-broken",
    "pdf-byte-range",
    "pdf-changed-after-signing",
    "pdf-encrypted",
    "pdf-hybrid",
    "pdf-irregular",
    "pdf-limit",
    "pdf-signature-unsupported",
    "pdf-xfa",
    "picture-too-large",
    "picture-unreadable",
    "policy-missing",
    "qr-not-found",
    "revocation-list",
    "revocation-list-missing",
    "revocation-list-not-yet-valid",
    "revocation-list-signature-wrong",
    "revocation-list-stale",
    "revocation-list-unsupported",
    "revoked",
    "sd-jwt",
    "sd-jwt-too-long",
    "several-codes",
    "signature-wrong",
    "signer-not-named",
    "signer-unknown",
    "signing-time-before-certificate",
    "signing-time-in-future",
    "status",
    "status-from-the-future",
    "status-missing",
    "status-out-of-range",
    "status-stale",
    "status-value-unknown",
    "suspended",
    "yx1",
    "yx1-encoding",
    "yx1-prefix",
    "yx1-too-long",
];
const PORTAL: &str = include_str!("portal.rs");
const SOURCES: [&str; 26] = [
    PORTAL,
    include_str!("developer.rs"),
    include_str!("landing.rs"),
    include_str!("verify/mod.rs"),
    include_str!("verify/statement.rs"),
    include_str!("verify/view.rs"),
    include_str!("admin/mod.rs"),
    include_str!("admin/audit.rs"),
    include_str!("admin/inventory.rs"),
    include_str!("admin/organisations.rs"),
    include_str!("admin/people.rs"),
    include_str!("admin/person.rs"),
    include_str!("../../templates/pages/developer.html"),
    include_str!("../../templates/pages/home.html"),
    include_str!("../../templates/pages/landing.html"),
    include_str!("../../templates/pages/result.html"),
    include_str!("../../templates/pages/verify.html"),
    include_str!("../../templates/pages/welcome.html"),
    include_str!("../../templates/pages/admin/audit.html"),
    include_str!("../../templates/pages/admin/certificates.html"),
    include_str!("../../templates/pages/admin/clients.html"),
    include_str!("../../templates/pages/admin/desk.html"),
    include_str!("../../templates/pages/admin/keys.html"),
    include_str!("../../templates/pages/admin/organisations.html"),
    include_str!("../../templates/pages/admin/people.html"),
    include_str!("../../templates/pages/admin/person.html"),
];
