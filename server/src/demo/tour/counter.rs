//! Steps of the case worker, who gets an answer instead of a paper.

use anyhow::{Context, Result};

use super::{Tour, check, sign_in};
use crate::demo::browser::Answer;

const ITEM: &str = "licence-in-force";

/// A matter that the department did not register is refused.
pub(super) async fn unregistered(tour: &mut Tour<'_>) -> Result<String> {
    let answer = ask(tour, "food-business").await?;
    check(answer.status.is_client_error(), "an unregistered matter was accepted")?;
    let said = answer.element("error").context("no reason is given")?;
    Ok(format!("{}: {said}", answer.status.as_u16()))
}

/// Asked, allowed, answered; the receipt verifies, and nothing of the record was handed over.
pub(super) async fn prove(tour: &mut Tour<'_>) -> Result<String> {
    let asked = ask(tour, "tobacco-retail").await?.ok()?;
    let path = asked.url.path().to_owned();
    let id = path.strip_prefix("/counter/").context("the question was not asked")?.to_owned();
    sign_in(&mut tour.zhangsan, "zhangsan", "/consents").await?;
    let page = tour.zhangsan.get(&format!("/consents/{id}")).await?.ok()?;
    tour.zhangsan.submit(&page, "consent-allow", &[("decision", "allow")]).await?.ok()?;
    let question = tour.zhaoliu.get(&path).await?.ok()?;
    let answer = question.element("answer").context("no answer yet")?;
    let receipt = tour.zhaoliu.get(&format!("{path}/receipt.sd-jwt")).await?.ok()?;
    let picture = tour.zhaoliu.get(&format!("{path}/receipt.png")).await?.ok()?;
    tour.keep("receipt.sd-jwt", &receipt.body)?;
    tour.keep("receipt.png", &picture.body)?;
    tour.keep("receipt.html", &question.body)?;
    for body in [&receipt.body, &picture.body] {
        let report = tour.verify(body.to_vec()).await?;
        check(report["verdict"] == "valid", &format!("receipt: {report}"))?;
    }
    for secret in ["茶园路", "壹佰万元", "示例云上茶业"] {
        check(!question.text().contains(secret), "the page shows a claim of the record")?;
        check(!receipt.text().contains(secret), "the receipt holds a claim of the record")?;
    }
    Ok(format!("{answer}\nreceipt.sd-jwt, receipt.png: valid"))
}

async fn ask(tour: &mut Tour<'_>, matter: &str) -> Result<Answer> {
    let page = sign_in(&mut tour.zhaoliu, "zhaoliu", "/counter").await?;
    let select = page.between("name=\"organisation\"", "</select>").context("no organisation")?;
    let organisation =
        select.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let fields = [
        ("organisation", organisation),
        ("person", "zhangsan"),
        ("item", ITEM),
        ("matter", matter),
        ("purpose", "2026-1024 号办件"),
    ];
    tour.zhaoliu.submit(&page, "ask", &fields).await
}
