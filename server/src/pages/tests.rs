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
    for tile in PORTAL.split("tile(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(CATALOG.has(&format!("tile-{tile}")), "{tile}");
        assert!(CATALOG.has(&format!("tile-{tile}-text")), "{tile}");
    }
}

const PORTAL: &str = include_str!("portal.rs");
const SOURCES: [&str; 25] = [
    PORTAL,
    include_str!("developer.rs"),
    include_str!("landing.rs"),
    include_str!("verify/mod.rs"),
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
