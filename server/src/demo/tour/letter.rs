//! The letter that is sealed during the tour.

use anyhow::Result;
use auth_core::{
    Timestamp,
    port::{DocumentBlock, DocumentDraft, DocumentRenderer},
};
use esign::layout::Typesetter;

/// A letter of the bureau, as PDF.
pub(super) fn letter(now: Timestamp) -> Result<Vec<u8>> {
    let organisation = "示例县市场监督管理局";
    let draft = DocumentDraft {
        title: "关于印信演示的函".to_owned(),
        language: "zh-CN".to_owned(),
        made_at: now,
        footer: "示例县为虚构，本函不具有法律效力".to_owned(),
        blocks: vec![
            DocumentBlock::Title("关于印信演示的函".to_owned()),
            DocumentBlock::Salutation("示例县政务服务中心：".to_owned()),
            DocumentBlock::Paragraph(
                "为落实“无证明”改革要求，我局自即日起通过印信统一公共组件出具电子函件。\
                 本函由经办人提出用印请求，经另一名审批人在手机上核准后加盖电子印章，\
                 收件单位可在核验页面上传本文件，查验签章是否完整、证书是否有效。"
                    .to_owned(),
            ),
            DocumentBlock::Paragraph(
                "一、群众和企业办理事项时，凡能够通过电子证照核验的，各窗口不再收取纸质证明。\
                 窗口工作人员提出核验请求，经本人同意后得到“是”“否”或“无法判定”的签名回执，\
                 回执只写明所问事项，不含证照其他内容。"
                    .to_owned(),
            ),
            DocumentBlock::Paragraph(
                "二、电子函件与纸质函件具有同等效力，归档时保存电子原件。收到的文件经核验提示\
                 “技术核验未通过”的，不得作为办理依据，并请及时告知我局。"
                    .to_owned(),
            ),
            DocumentBlock::Paragraph(
                "三、本函用于演示。示例县及其单位、人员均为虚构，印章标注“样章·无效”，\
                 数字证书载明不具有法律效力。"
                    .to_owned(),
            ),
            DocumentBlock::Closing {
                organisation: organisation.to_owned(),
                date: credential::flow::china_date(now),
            },
        ],
    };
    Ok(Typesetter.render(&draft)?.pdf)
}
