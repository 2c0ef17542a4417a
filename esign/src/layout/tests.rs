//! Documents read back by foreign tools.

use std::{io::Write, process::Command};

use auth_core::{
    Timestamp,
    port::{DocumentBlock, DocumentDraft, DraftRefused},
};

use super::*;

fn letter() -> DocumentDraft {
    let body = "你公司报送的《关于申请食品经营许可的请示》（示例云上〔2026〕7号）收悉。经审查，提交的材料齐全、\
                符合法定形式，依照《中华人民共和国行政许可法》第三十八条第一款的规定，同意准予许可。Yinxin demo \
                letter No. 7，统一社会信用代码91330100MA0000000X。";
    DocumentDraft {
        title: "关于准予行政许可的决定".to_owned(),
        language: "zh-CN".to_owned(),
        made_at: Timestamp::from_unix(1_795_000_000),
        footer: "示例县为虚构，本文件不具有法律效力".to_owned(),
        blocks: vec![
            DocumentBlock::Title("示例县市场监督管理局关于准予行政许可的决定".to_owned()),
            DocumentBlock::Salutation("示例云上茶业有限公司：".to_owned()),
            DocumentBlock::Paragraph(body.to_owned()),
            DocumentBlock::Heading("一、许可事项".to_owned()),
            DocumentBlock::Rows(vec![
                ("名称".to_owned(), "示例云上茶业有限公司".to_owned()),
                ("经营范围".to_owned(), "茶叶种植；茶叶制品生产；食品销售（仅销售预包装食品）；农副产品销售；会议及展览服务。".to_owned()),
            ]),
            DocumentBlock::Qr { modules: checks(25), caption: "扫码核验".to_owned() },
            DocumentBlock::Closing {
                organisation: "示例县市场监督管理局".to_owned(),
                date: "2026年11月24日".to_owned(),
            },
            DocumentBlock::Note("说明：本页由印信生成。".to_owned()),
        ],
    }
}

fn checks(side: usize) -> Vec<bool> {
    (0..side * side).map(|index| (index / side + index % side).is_multiple_of(2)).collect()
}

/// Runs a foreign program on the PDF; `None`, with a reason, where it is not installed.
fn foreign(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<std::process::Output> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let path = file.path().to_str().unwrap();
    let arguments = arguments.iter().map(|argument| if *argument == "@" { path } else { argument });
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: {program}: {error}");
            None
        }
    }
}

#[test]
fn pdftotext_returns_the_text_and_qpdf_has_no_complaint() {
    let rendered = render(&letter()).unwrap();
    if let Ok(folder) = std::env::var("YINXIN_PICTURES") {
        std::fs::write(format!("{folder}/letter.pdf"), &rendered.pdf).unwrap();
    }
    assert_eq!(rendered.pages, 1);
    if let Some(output) = foreign("pdftotext", &["-raw", "@", "-"], &rendered.pdf) {
        let text: String = String::from_utf8(output.stdout).unwrap().split_whitespace().collect();
        for expected in [
            "示例县市场监督管理局关于准予行政许可的决定",
            "《关于申请食品经营许可的请示》（示例云上〔2026〕7号）收悉。经审查",
            "91330100MA0000000X",
            "2026年11月24日",
            "茶叶制品生产",
            "—1—",
        ] {
            assert!(text.contains(expected), "{expected} not in {text}");
        }
    }
    if let Some(output) = foreign("qpdf", &["--check", "@"], &rendered.pdf) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    if let Some(output) = foreign("pdffonts", &["@"], &rendered.pdf) {
        let fonts = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            fonts.matches("CID Type 0C (OT)").count() + fonts.matches("CID Type 0C ").count(),
            2,
            "{fonts}"
        );
    }
    assert!(rendered.pdf.len() < 120_000, "{}", rendered.pdf.len());
}

#[test]
fn the_same_draft_gives_the_same_bytes() {
    assert_eq!(render(&letter()).unwrap(), render(&letter()).unwrap());
    let later = DocumentDraft { made_at: Timestamp::from_unix(1_795_000_001), ..letter() };
    assert_ne!(render(&later).unwrap().pdf, render(&letter()).unwrap().pdf);
}

#[test]
fn long_texts_take_pages_and_no_more_than_allowed() {
    let many = |count: usize| {
        let blocks = vec![DocumentBlock::Paragraph("茶叶种植。".repeat(200)); count];
        DocumentDraft { blocks, ..letter() }
    };
    let rendered = render(&many(10)).unwrap();
    assert!((15..20).contains(&rendered.pages), "{}", rendered.pages);
    if let Some(output) = foreign("qpdf", &["--show-npages", "@"], &rendered.pdf) {
        let pages = String::from_utf8(output.stdout).unwrap();
        assert_eq!(pages.trim(), rendered.pages.to_string());
    }
    assert_eq!(render(&many(100)), Err(DraftRefused::Long));
}

#[test]
fn the_seals_place_is_on_the_page_for_every_length_of_text() {
    for lines in 0..30 {
        let mut draft = letter();
        draft.blocks.truncate(1);
        draft.blocks.push(DocumentBlock::Paragraph("茶".repeat(27 * lines)));
        draft.blocks.push(DocumentBlock::Closing {
            organisation: "示例县市场监督管理局".to_owned(),
            date: "2026年11月24日".to_owned(),
        });
        let rendered = render(&draft).unwrap();
        let (page, x, y) = rendered.seal_at.unwrap();
        assert_eq!(page + 1, rendered.pages);
        let half = 22.5 * crate::draw::MM;
        assert!(x + half < 595.0 && x - half > 0.0 && y - half > 60.0 && y + half < 841.0);
    }
}

#[test]
fn every_glyph_of_both_fonts_can_be_embedded() {
    let all: String = (0x20..0x1_0000_u32)
        .filter_map(char::from_u32)
        .filter(|character| crate::font::Typeface::Hei.glyph(*character).is_ok())
        .filter(|character| crate::font::Typeface::Song.glyph(*character).is_ok())
        .collect();
    assert!(all.chars().count() > 7_600);
    let blocks = vec![DocumentBlock::Heading(all.clone()), DocumentBlock::Paragraph(all)];
    let rendered = render(&DocumentDraft { blocks, ..letter() }).unwrap();
    if let Some(output) = foreign("pdftotext", &["@", "-"], &rendered.pdf) {
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains('齄') && text.contains('啊') && text.contains('※'));
    }
}

#[test]
fn what_cannot_be_set_is_refused() {
    let with = |block| render(&DocumentDraft { blocks: vec![block], ..letter() });
    let glyph = Err(DraftRefused::Glyph { character: '𠮷' });
    assert_eq!(with(DocumentBlock::Paragraph("𠮷野家".to_owned())), glyph);
    for side in [0, 20, 178] {
        let code = DocumentBlock::Qr { modules: checks(side), caption: String::new() };
        assert_eq!(with(code), Err(DraftRefused::Qr));
    }
    let odd = DocumentBlock::Qr { modules: vec![true; 500], caption: String::new() };
    assert_eq!(with(odd), Err(DraftRefused::Qr));
    // Nothing to say is still one page with its number.
    let empty = render(&DocumentDraft { blocks: Vec::new(), ..letter() }).unwrap();
    assert_eq!((empty.pages, empty.seal_at), (1, None));
}
