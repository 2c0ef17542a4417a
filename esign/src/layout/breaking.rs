//! Lines: where Chinese and Latin text may be broken (禁则, GB/T 15834-2011 §5.1).

use auth_core::port::DraftRefused;

use crate::font::Typeface;

/// A line of text and how far it reaches.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    /// Width in points without added spacing.
    pub(super) width: f32,
    /// Whether the text goes on in the next line, so that this one may be spread to the margin.
    pub(super) soft: bool,
}

/// Breaks text into lines of at most `width` points, the first one shorter by `indent`.
/// A line feed ends a line; a word longer than a line is cut.
pub(super) fn lines(
    text: &str,
    face: Typeface,
    size: f32,
    width: f32,
    indent: f32,
) -> Result<Vec<Line>, DraftRefused> {
    let mut out = Vec::new();
    for paragraph in text.split('\n') {
        let indent = if out.is_empty() { indent } else { 0.0 };
        let glyphs = measure(paragraph.trim_end_matches('\r'), face, size)?;
        fill(&glyphs, width, indent, &mut out);
    }
    Ok(out)
}

/// Width of a text on one line, in points.
pub(super) fn width(text: &str, face: Typeface, size: f32) -> Result<f32, DraftRefused> {
    Ok(measure(text, face, size)?.iter().map(|(_, advance)| advance).sum())
}

fn measure(text: &str, face: Typeface, size: f32) -> Result<Vec<(char, f32)>, DraftRefused> {
    let one = |character: char| {
        let character = if character == '\t' { ' ' } else { character };
        let glyph = face
            .glyph(character)
            .map_err(|missing| DraftRefused::Glyph { character: missing.character })?;
        Ok((character, face.advance(glyph) * size))
    };
    text.chars().map(one).collect()
}

fn fill(glyphs: &[(char, f32)], width: f32, indent: f32, out: &mut Vec<Line>) {
    let mut rest = glyphs;
    let mut room = width - indent;
    while let Some(end) = first_break(rest, room) {
        let (line, next) = rest.split_at(end);
        push(line, true, out);
        let spaces = next.iter().take_while(|(character, _)| *character == ' ').count();
        rest = &next[spaces..];
        room = width;
    }
    push(rest, false, out);
}

/// Where the line must end, or `None` when all that is left fits.
fn first_break(glyphs: &[(char, f32)], room: f32) -> Option<usize> {
    let mut reach = 0.0;
    let mut last_allowed = None;
    for (index, (character, advance)) in glyphs.iter().enumerate() {
        if index > 0 && may_break(glyphs[index - 1].0, *character) {
            last_allowed = Some(index);
        }
        reach += advance;
        // A space may hang over the margin.
        if reach > room + TOLERANCE && *character != ' ' {
            return Some(last_allowed.unwrap_or(index).max(1));
        }
    }
    None
}

fn may_break(before: char, after: char) -> bool {
    if NEVER_LAST.contains(before) || NEVER_FIRST.contains(after) {
        return false;
    }
    // ———— and …… are one mark.
    if before == after && matches!(before, '—' | '…') {
        return false;
    }
    before == ' ' || before == '-' || is_wide(before) || is_wide(after)
}

/// Hanzi and full-width forms: a line may end between any two of them.
const fn is_wide(character: char) -> bool {
    matches!(character, '\u{2014}' | '\u{2026}' | '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF00}'..='\u{FFE6}')
}

fn push(glyphs: &[(char, f32)], soft: bool, out: &mut Vec<Line>) {
    let end =
        glyphs.iter().rposition(|(character, _)| *character != ' ').map_or(0, |last| last + 1);
    let kept = &glyphs[..end];
    out.push(Line {
        text: kept.iter().map(|(character, _)| *character).collect(),
        width: kept.iter().map(|(_, advance)| advance).sum(),
        soft,
    });
}

/// Marks that must not begin a line.
const NEVER_FIRST: &str = "、。，．：；？！）］｝〕〉》」』】〗”’…—·,.:;?!)]}%‰℃々〃";

/// Marks that must not end a line.
const NEVER_LAST: &str = "（［｛〔〈《「『【〖“‘([{￥¥$№";

/// Points by which a line may be too long: rounding of sums.
const TOLERANCE: f32 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, ems: f32) -> Vec<String> {
        let lines = lines(text, Typeface::Song, 10.0, ems * 10.0, 0.0).unwrap();
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn no_line_begins_with_a_stop_or_ends_with_an_opening_mark() {
        assert_eq!(set("今天天气好，明天也好", 5.0), ["今天天气", "好，明天也", "好"]);
        assert_eq!(set("他说天气（很好）吗", 5.0), ["他说天气", "（很好）吗"]);
        assert_eq!(set("一二三四……五六", 5.0), ["一二三", "四……五六"]);
    }

    #[test]
    fn words_stay_whole_unless_longer_than_a_line() {
        assert_eq!(set("ab Yinxin demo", 4.0), ["ab", "Yinxin", "demo"]);
        let cut = set("91330100MA0000000X91330100MA0000000X", 8.0);
        assert!(cut.len() > 1 && cut.concat() == "91330100MA0000000X91330100MA0000000X");
    }

    #[test]
    fn nothing_is_lost_and_nothing_loops() {
        assert_eq!(set("", 5.0), [""]);
        assert_eq!(set("一\n\n二", 5.0), ["一", "", "二"]);
        // Narrower than one character, and nothing but forbidden marks.
        assert_eq!(set("一二", 0.1).concat(), "一二");
        assert_eq!(set("，，，，，，", 2.0).concat(), "，，，，，，");
    }

    #[test]
    fn a_missing_glyph_is_named() {
        let refused = lines("张䶮", Typeface::Song, 10.0, 100.0, 0.0);
        assert_eq!(refused, Err(DraftRefused::Glyph { character: '䶮' }));
    }
}
