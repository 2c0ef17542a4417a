//! `/proofs`: the public catalogue of what may be asked instead of a paper, by whom, on what basis.

use std::collections::{BTreeMap, btree_map::Entry};

use auth_core::Fault;
use axum::{extract::State, response::Response};
use web::{ErrorPage, Lang, PageHead, Section, Texts, Visitor};

use super::{Deps, counter::item_name};
use crate::{CATALOG, items, items::Method};

/// The catalogue.
pub(super) async fn catalogue(
    State(deps): State<Deps>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    let lang = visitor.lang;
    let t = CATALOG.texts(lang);
    let cards =
        cards(&deps, lang).await.map_err(|fault| ErrorPage::fault(&deps.shell, lang, fault))?;
    let body = web::render(&CataloguePage { t, cards });
    let title = t.t("proofs-title");
    Ok(web::page(&deps.shell, &PageHead::new(&visitor, &title).section(Section::Proofs), &body))
}

async fn cards(deps: &Deps, lang: Lang) -> Result<Vec<Card>, Fault> {
    let matters = deps.registry.matters.all().await?;
    let mut names = BTreeMap::new();
    for matter in &matters {
        if let Entry::Vacant(free) = names.entry(matter.organisation.to_string()) {
            let found = deps.registry.organisations.find(&matter.organisation).await?;
            free.insert(found.map_or_else(String::new, |found| found.name));
        }
    }
    let t = CATALOG.texts(lang);
    let card = |item: &'static items::ProofItem| Card {
        code: item.code,
        name: item_name(item, lang),
        basis: match lang {
            Lang::En => item.basis_en,
            Lang::ZhCn => item.basis_zh_cn,
        },
        methods: item
            .methods
            .iter()
            .map(|method| match method {
                Method::Credential => t.t("method-credential"),
                Method::Original => t.t("method-original"),
            })
            .collect(),
        validity_days: item.validity_days,
        used_in: matters
            .iter()
            .filter(|matter| matter.items.iter().any(|code| code == item.code))
            .map(|matter| {
                let department = names.get(matter.organisation.as_str());
                (department.cloned().unwrap_or_default(), matter.name.clone())
            })
            .collect(),
    };
    Ok(items::ALL.into_iter().map(card).collect())
}

struct Card {
    code: &'static str,
    name: &'static str,
    basis: &'static str,
    methods: Vec<String>,
    validity_days: i64,
    used_in: Vec<(String, String)>,
}

#[derive(askama::Template)]
#[template(path = "proofs.html")]
struct CataloguePage {
    t: Texts,
    cards: Vec<Card>,
}
