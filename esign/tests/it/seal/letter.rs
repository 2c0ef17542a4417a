//! The letter: set, sealed in its place, byte-same where it must be.

use auth_core::audit::Actor;
use esign::{
    flow::{SealUse, seal_document},
    request::Place,
};

use super::{County, draft};

/// A sealed letter of this county.
pub async fn sealed(county: &County) -> Vec<u8> {
    let rendered = esign::layout::render(&draft()).unwrap();
    let (page, x, y) = rendered.seal_at.unwrap();
    let act = SealUse {
        seal: county.seal.id.clone(),
        document: rendered.pdf,
        format: None,
        place: Place::At { page: u32::try_from(page).unwrap(), x, y },
        reason: Some("演示用印".to_owned()),
        purpose: "letter".to_owned(),
        actor: Actor::System,
        now: county.now(),
    };
    seal_document(&county.office, act).await.unwrap().file
}

#[tokio::test]
async fn the_seal_stays_on_the_page_wherever_it_is_asked_for() {
    let county = County::new().await;
    for (x, y) in [(0.0, 0.0), (9999.0, -9999.0), (297.0, 9999.0)] {
        let act = SealUse {
            seal: county.seal.id.clone(),
            document: super::letter(),
            format: None,
            place: Place::At { page: 0, x, y },
            reason: None,
            purpose: "letter".to_owned(),
            actor: Actor::System,
            now: county.now(),
        };
        let sealed = seal_document(&county.office, act).await.unwrap();
        let text = String::from_utf8_lossy(&sealed.file).into_owned();
        let rect = text.rsplit("/Rect").next().unwrap();
        let numbers: Vec<f32> = rect
            .trim_start_matches(|c: char| c == '[' || c.is_whitespace())
            .split(']')
            .next()
            .unwrap()
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        assert_eq!(numbers.len(), 4);
        assert!(numbers[0] >= -0.01 && numbers[1] >= -0.01, "{numbers:?}");
        assert!(numbers[2] <= 595.3 && numbers[3] <= 841.9, "{numbers:?}");
    }
}
