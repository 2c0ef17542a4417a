//! The round seal in all lengths and forms.

use super::*;

fn seal(organisation: &str) -> RoundSeal {
    RoundSeal {
        organisation: organisation.to_owned(),
        purpose: None,
        number: "3300000000017".to_owned(),
        diameter_mm: 42.0,
        demo: false,
    }
}

/// Writes pictures for people to look at when `YINXIN_PICTURES` names a folder.
fn show(name: &str, picture: &Picture) {
    let Ok(folder) = std::env::var("YINXIN_PICTURES") else { return };
    std::fs::write(format!("{folder}/{name}.png"), picture.to_png(600).unwrap()).unwrap();
    std::fs::write(format!("{folder}/{name}.svg"), picture.to_svg(name)).unwrap();
}

#[test]
fn every_length_from_2_to_40_stays_inside_the_ring() {
    let long =
        "示例县人民政府政务服务和大数据管理局行政审批事务综合受理与电子证照管理中心工作委员会";
    for count in 2..=40 {
        let name: String = long.chars().take(count).collect();
        for demo in [false, true] {
            let purpose = demo.then(|| "电子证照专用章".to_owned());
            let picture = RoundSeal { demo, purpose, ..seal(&name) }.draw().unwrap();
            let middle = picture.width / 2.0;
            for step in picture.shapes.iter().skip(1).flat_map(|shape| &shape.path.steps) {
                if let Step::Line(end) | Step::Move(end) | Step::Cubic(_, _, end) = *step {
                    let reach = (end.x - middle).hypot(end.y - middle);
                    assert!(reach < middle * 0.95, "{count}: {reach} of {middle}");
                }
            }
            if [2, 6, 10, 14, 20, 30, 40].contains(&count) {
                show(&format!("seal-{count}-{demo}"), &picture);
            }
        }
    }
}

#[test]
fn the_demo_countys_seal() {
    let real = seal("示例县市场监督管理局");
    let picture = RoundSeal { demo: true, ..real.clone() }.draw().unwrap();
    show("seal-demo", &picture);
    assert_eq!(picture.shapes.len(), 5);
    assert_eq!(real.draw().unwrap().shapes.len(), 4);
    let purpose = Some("行政审批专用章".to_owned());
    show("seal-purpose", &RoundSeal { purpose, ..real }.draw().unwrap());
}

#[test]
fn what_cannot_be_drawn_is_named() {
    let bad = seal("示例县龘局");
    assert_eq!(bad.draw().unwrap_err().to_string(), "the font has no glyph for '龘' (U+9F98)",);
    assert_eq!(seal("县").draw(), Err(DrawError::Name(1)));
    assert_eq!(seal(&"县".repeat(41)).draw(), Err(DrawError::Name(41)));
    let number = "33-0".to_owned();
    assert_eq!(RoundSeal { number, ..seal("示例县") }.draw(), Err(DrawError::Number));
    let tiny = RoundSeal { diameter_mm: 5.0, ..seal("示例县") };
    assert_eq!(tiny.draw(), Err(DrawError::Diameter(5.0)));
    let nan = RoundSeal { diameter_mm: f32::NAN, ..seal("示例县") };
    assert!(nan.draw().is_err());
    let purpose = Some(String::new());
    assert_eq!(RoundSeal { purpose, ..seal("示例县") }.draw(), Err(DrawError::Purpose(0)));
}

#[test]
fn the_same_seal_gives_the_same_bytes() {
    let one = seal("示例县市场监督管理局").draw().unwrap();
    let two = seal("示例县市场监督管理局").draw().unwrap();
    assert_eq!(one.to_pdf(), two.to_pdf());
    assert_eq!(one.to_png(300), two.to_png(300));
    assert!(one.to_png(4).is_none());
}

#[test]
fn the_pdf_operators_balance_and_use_no_exponent() {
    let text = String::from_utf8(seal("示例县人民政府").draw().unwrap().to_pdf()).unwrap();
    assert!(text.starts_with("q ") && text.ends_with("Q\n"));
    assert!(text.split_whitespace().filter(|word| word.len() > 2).all(|word| !word.contains('e')));
}

#[test]
fn the_label_of_an_svg_is_text() {
    let svg = seal("示例县人民政府").draw().unwrap().to_svg("a<b>&\"c");
    assert!(svg.contains("<title>a&lt;b&gt;&amp;&quot;c</title>"));
}
