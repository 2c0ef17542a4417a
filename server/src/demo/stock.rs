//! What the demo county owns: a seal, two certificates of 张三, matters for the counter.

use std::collections::BTreeMap;

use anyhow::Result;
use auth_core::{Timestamp, audit::Actor, id::ClientId};
use credential::{
    Authority, flow::issue::IssueRequest, items, kinds, kinds::CertificateType, store::Matter,
};
use esign::{
    flow::{NewSeal, give_right, make_seal},
    seal::{ClientRight, Seal},
};

use super::County;
use crate::app::App;

/// Makes what is not there yet.
pub async fn fill(app: &App, county: &County, now: Timestamp) -> Result<()> {
    let known = app.office.list(Some(&county.bureau.id), None, 1).await?;
    if known.is_empty() {
        make_bureau_seal(app, county, now).await?;
    }
    if app.registry.mine(&county.zhangsan).await?.is_empty() {
        issue_licence(app, county, now).await?;
        issue_permit(app, county, now).await?;
    }
    register_matters(app, county, now).await
}

/// The bureau's main seal, which `demo-m2m` may use through the interface.
async fn make_bureau_seal(app: &App, county: &County, now: Timestamp) -> Result<Seal> {
    let new = NewSeal {
        organisation: county.bureau.clone(),
        purpose: None,
        number: "3308990000017".to_owned(),
        diameter_mm: 42.0,
    };
    let seal = make_seal(&app.office, new, Actor::System, now).await?;
    let right = ClientRight {
        client: ClientId::from_text("demo-m2m"),
        seal: seal.id.clone(),
        valid_from: now,
        valid_until: None,
    };
    give_right(&app.office, right, Actor::System, now).await?;
    Ok(seal)
}

async fn issue_licence(app: &App, county: &County, now: Timestamp) -> Result<()> {
    let fields = [
        ("credit_code", county.company.credit_code.as_str()),
        ("name", county.company.name.as_str()),
        ("entity_type", "有限责任公司"),
        ("legal_representative", "张三"),
        ("registered_capital", "壹佰万元整"),
        ("established_on", "2020-05-18"),
        ("address", "示例县云上镇茶园路1号"),
        ("business_scope", "茶叶种植、加工、销售；食品销售；货物进出口。"),
    ];
    issue(app, county, &kinds::BUSINESS_LICENCE, &fields, now).await
}

async fn issue_permit(app: &App, county: &County, now: Timestamp) -> Result<()> {
    let fields = [
        ("name", "示例云上茶馆"),
        ("legal_representative", "张三"),
        ("permitted", "茶座"),
        ("address", "示例县云上镇茶园路1号"),
    ];
    issue(app, county, &kinds::HYGIENE_PERMIT, &fields, now).await
}

async fn issue(
    app: &App,
    county: &County,
    kind: &'static CertificateType,
    fields: &[(&str, &str)],
    now: Timestamp,
) -> Result<()> {
    let fields: BTreeMap<String, String> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = IssueRequest {
        kind,
        organisation: county.bureau.id.clone(),
        holder: county.zhangsan.clone(),
        fields,
        idempotency: None,
        by: Authority::System,
        now,
    };
    app.registry.issue(request).await?;
    Ok(())
}

/// Matters in which the service centre may ask; "开办食品经营" is not among them, so that its
/// refusal can be seen.
async fn register_matters(app: &App, county: &County, now: Timestamp) -> Result<()> {
    let matters = [
        ("tobacco-retail", "烟草专卖零售许可", vec![items::LICENCE_IN_FORCE.code]),
        (
            "subsidy-tea",
            "茶产业扶持资金申请",
            vec![items::LICENCE_IN_FORCE.code, items::LICENCE_ONE_YEAR.code],
        ),
    ];
    for (code, name, codes) in matters {
        let matter = Matter {
            organisation: county.service_centre.id.clone(),
            code: code.to_owned(),
            name: name.to_owned(),
            items: codes.into_iter().map(str::to_owned).collect(),
        };
        app.registry.register_matter(matter, &Authority::System, now).await?;
    }
    Ok(())
}
