//! Steps of the citizen.

use anyhow::Result;

use super::{Tour, check, sign_in};

/// The certificate's forms, taken from `/credentials`.
pub(super) async fn take_certificate(tour: &mut Tour<'_>) -> Result<String> {
    let path = tour.certificate.clone();
    check(!path.is_empty(), "nothing was issued")?;
    sign_in(&mut tour.zhangsan, "zhangsan", "/credentials").await?;
    let mine = tour.zhangsan.get("/credentials").await?.ok()?;
    check(mine.links(&path).len() == 1, "the holder does not see the certificate")?;
    let png = tour.zhangsan.get(&format!("{path}/qr.png")).await?.ok()?;
    let sd_jwt = tour.zhangsan.get(&format!("{path}/certificate.sd-jwt")).await?.ok()?;
    let pdf = tour.zhangsan.get(&format!("{path}/certificate.pdf")).await?.ok()?;
    tour.keep("licence.png", &png.body)?;
    tour.keep("licence.sd-jwt", &sd_jwt.body)?;
    tour.keep("licence.pdf", &pdf.body)?;
    let stranger = tour.lisi.get(&path).await?;
    check(stranger.status == 404, "somebody else sees the certificate")?;
    for (name, body) in [("licence.sd-jwt", sd_jwt.body), ("licence.pdf", pdf.body)] {
        let report = tour.verify(body.to_vec()).await?;
        check(report["verdict"] == "valid", &format!("{name}: {report}"))?;
    }
    Ok(tour.say(
        "licence.png、licence.sd-jwt、licence.pdf 核验通过；他人打开该页得到 404".to_owned(),
        "licence.png, licence.sd-jwt, licence.pdf verify; others get 404 there".to_owned(),
    ))
}
