//! Steps of the officers: sealing, issuing, revoking.

use anyhow::{Context, Result};
use http::{Method, header};

use super::{Tour, check, letter::letter, sign_in};
use crate::demo::browser::{Answer, Part};

/// One officer asks, another approves, the sealed letter is fetched and verified.
pub(super) async fn seal_letter(tour: &mut Tour<'_>) -> Result<String> {
    let pdf = letter(tour.app.kernel.clock.now())?;
    sign_in(&mut tour.lisi, "lisi", "/officer").await?;
    let page = tour.lisi.get("/officer/ask").await?.ok()?;
    let seal = page.between("name=\"seal\" value=\"", "\"").context("no seal to choose")?;
    let token = page.hidden("send", "form_token")?;
    let parts = [
        ("form_token", Part::Value(&token)),
        ("file", Part::File("letter.pdf", "application/pdf", &pdf)),
        ("seal", Part::Value(&seal)),
        ("place", Part::Value("last-closing")),
        ("note", Part::Value("致政务服务中心的函，请审批")),
    ];
    let asked = tour.lisi.post_parts("/officer/ask", &parts).await?.ok()?;
    let request = asked.url.path().to_owned();
    check(request.starts_with("/officer/requests/"), "the request was not accepted")?;
    let own = tour.lisi.get(&request).await?.ok()?;
    check(!own.text().contains("id=\"approve\""), "an officer may approve their own request")?;
    let desk = sign_in(&mut tour.wangwu, "wangwu", "/officer").await?;
    check(desk.links(&request).len() == 1, "the approver does not see the request")?;
    let page = tour.wangwu.get(&request).await?.ok()?;
    tour.wangwu.submit(&page, "approve", &[]).await?.ok()?;
    let sealed = tour.lisi.get(&format!("{request}/sealed")).await?.ok()?;
    tour.keep("letter.pdf", &sealed.body)?;
    let report = tour.verify(sealed.body.to_vec()).await?;
    check(report["verdict"] == "valid", &format!("letter.pdf: {report}"))?;
    let signature = &report["signatures"][0];
    Ok(format!(
        "letter.pdf {} bytes: {} {} by {}\n{}",
        sealed.body.len(),
        signature["format"].as_str().unwrap_or_default(),
        signature["level"].as_str().unwrap_or_default(),
        signature["signer"].as_str().unwrap_or_default(),
        tour.say(
            "李四不能审批自己的请求；王五审批后盖章，核验通过".to_owned(),
            "李四 could not approve; 王五 approved; the letter verifies".to_owned(),
        ),
    ))
}

/// A detached CMS over any file, twice with one key: the same bytes.
pub(super) async fn seal_file(tour: &mut Tour<'_>) -> Result<String> {
    let content = "示例县政务服务中心：\n附件清单已核对。\n".as_bytes();
    tour.keep("letter.txt", content)?;
    let token = tour.machine_token().await?;
    let bearer = (header::AUTHORIZATION, format!("Bearer {token}"));
    let list = tour.stranger.send(Method::GET, "/api/seals", vec![bearer.clone()], None).await?;
    let seals = list.ok()?.json()?;
    let seal = seals["seals"][0]["id"].as_str().context("demo-m2m may use no seal")?.to_owned();
    let key = auth_core::secret::handle(&*tour.app.kernel.random);
    let path = format!("/api/seals/{seal}/documents");
    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..2 {
        let headers = vec![
            bearer.clone(),
            (header::CONTENT_TYPE, "text/plain".to_owned()),
            (header::HeaderName::from_static("idempotency-key"), key.clone()),
        ];
        let body = Some(content.to_vec().into());
        answers.push(tour.stranger.send(Method::POST, &path, headers, body).await?.ok()?);
    }
    check(answers[0].body == answers[1].body, "one idempotency key gave two signatures")?;
    tour.keep("letter.txt.p7s", &answers[0].body)?;
    Ok(format!(
        "letter.txt.p7s {} bytes, {}",
        answers[0].body.len(),
        tour.say(
            "同一 Idempotency-Key 两次请求得到同一文件".to_owned(),
            "the same file for the same Idempotency-Key".to_owned(),
        )
    ))
}

/// A licence from the desk `/issue`.
pub(super) async fn issue_licence(tour: &mut Tour<'_>) -> Result<String> {
    sign_in(&mut tour.lisi, "lisi", "/issue").await?;
    let page = tour.lisi.get("/issue/new/business-licence").await?.ok()?;
    let organisation = page
        .between("name=\"organisation\"", "</select>")
        .and_then(|select| select.split("value=\"").nth(1).map(str::to_owned))
        .and_then(|rest| rest.split('"').next().map(str::to_owned))
        .or_else(|| page.between("name=\"organisation\" value=\"", "\""))
        .context("no organisation to issue for")?;
    let credit_code = auth_core::organisation::CreditCode::complete("91330899MA0000009")
        .context("no credit code")?;
    let fields = [
        ("organisation", organisation.as_str()),
        ("holder", "zhangsan"),
        ("credit_code", credit_code.as_str()),
        ("name", "示例溪畔书店"),
        ("entity_type", "个体工商户"),
        ("legal_representative", "张三"),
        ("registered_capital", "壹拾万元整"),
        ("established_on", "2024-03-01"),
        ("address", "示例县云上镇溪畔路8号"),
        ("business_scope", "图书零售；文具用品零售。"),
    ];
    let issued = tour.lisi.submit(&page, "issue", &fields).await?.ok()?;
    let path = issued.url.path().to_owned();
    check(path.starts_with("/issue/certificates/"), "the licence was not issued")?;
    let id = path.trim_start_matches("/issue/certificates/").to_owned();
    tour.certificate = format!("/credentials/{id}");
    Ok(format!("/credentials/{id}"))
}

/// Revokes what the tour issued; the picture verifies no more.
pub(super) async fn revoke(tour: &mut Tour<'_>) -> Result<String> {
    let id = tour.certificate.trim_start_matches("/credentials/").to_owned();
    check(!id.is_empty(), "nothing was issued")?;
    let page = tour.lisi.get(&format!("/issue/certificates/{id}")).await?.ok()?;
    let fields = [("change", "revoke"), ("sure", "yes")];
    tour.lisi.submit(&page, "revoke-now", &fields).await?.ok()?;
    let report = tour.verify(tour.kept("licence.png")?).await?;
    check(report["verdict"] == "invalid", &format!("still {report}"))?;
    let status = tour.app.registry.snapshot_file(tour.app.kernel.clock.now()).await?;
    tour.keep("status-after.jwt", status.as_bytes())?;
    Ok(format!("licence.png: {} ({})", report["verdict"], report["reasons"][0]["code"]))
}
