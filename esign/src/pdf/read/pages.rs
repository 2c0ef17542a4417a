//! The page tree (ISO 32000-2 §7.7.3).

use std::collections::HashSet;
use std::rc::Rc;

use super::limits::{MAX_PAGES, MAX_TREE_DEPTH};
use super::object::{Dict, Object, Ref};
use super::view::View;
use crate::pdf::PdfRefused;

/// A page with what it inherits.
#[derive(Clone, Debug)]
pub struct Page {
    /// Reference of the page object.
    pub reference: Ref,
    /// The page object, a dictionary.
    pub object: Rc<Object>,
    /// Visible area in default user space: the crop box within the media box.
    pub visible: Rect,
    /// Clockwise rotation when shown: 0, 90, 180 or 270 degrees.
    pub rotation: u16,
    /// Size of a unit in points (1/72 inch), 1.0 unless `UserUnit` says otherwise.
    pub unit: f64,
}

/// A rectangle by its lower left and upper right corners, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x0: f64,
    /// Lower edge.
    pub y0: f64,
    /// Right edge.
    pub x1: f64,
    /// Upper edge.
    pub y1: f64,
}

/// Attributes that a page inherits from the nodes above it.
#[derive(Clone, Copy, Default)]
struct Inherited {
    media: Option<Rect>,
    crop: Option<Rect>,
    rotation: Option<i64>,
}

struct Node {
    reference: Ref,
    inherited: Inherited,
    depth: usize,
}

impl Page {
    /// The page at `index`, counted from 0 in reading order.
    pub fn at(view: View<'_, '_>, index: usize) -> Result<Self, PdfRefused> {
        let mut passed = 0;
        let mut found = None;
        walk(view, |page| {
            let here = passed == index;
            passed += 1;
            if here {
                found = Some(page);
            }
            !here
        })?;
        found.ok_or(PdfRefused::NoSuchPage(index))
    }

    /// Every page in reading order.
    pub fn all(view: View<'_, '_>) -> Result<Vec<Self>, PdfRefused> {
        let mut pages = Vec::new();
        walk(view, |page| {
            pages.push(page);
            true
        })?;
        Ok(pages)
    }

    /// Width and height as shown, points: rotation and unit applied.
    pub fn shown_size(&self) -> (f64, f64) {
        let (width, height) = (self.visible.width() * self.unit, self.visible.height() * self.unit);
        if self.rotation.is_multiple_of(180) { (width, height) } else { (height, width) }
    }

    /// The page dictionary.
    pub fn dict(&self) -> Result<&Dict, PdfRefused> {
        self.object.as_dict().ok_or(PdfRefused::broken(0, "a page"))
    }
}

impl Rect {
    /// Width, points.
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// Height, points.
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// Reads `[x0 y0 x1 y1]`, corners in any order.
    pub(crate) fn read(view: View<'_, '_>, object: &Object) -> Result<Option<Self>, PdfRefused> {
        let array = view.resolve(object)?;
        let Some([a, b, c, d]) = array.as_array() else { return Ok(None) };
        let mut numbers = [0.0; 4];
        for (number, object) in numbers.iter_mut().zip([a, b, c, d]) {
            match view.resolve(object)?.as_number() {
                Some(value) => *number = value,
                None => return Ok(None),
            }
        }
        let [a, b, c, d] = numbers;
        Ok(Some(Self { x0: a.min(c), y0: b.min(d), x1: a.max(c), y1: b.max(d) }))
    }

    fn intersection(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }
}

/// Visits pages in reading order until `visit` returns `false`.
fn walk(view: View<'_, '_>, mut visit: impl FnMut(Page) -> bool) -> Result<(), PdfRefused> {
    let catalog = view.catalog()?;
    let root = catalog.as_dict().and_then(|dict| dict.get(b"Pages")).and_then(Object::as_ref);
    let reference = root.ok_or(PdfRefused::broken(0, "the reference of the page tree"))?;
    let mut open = vec![Node { reference, inherited: Inherited::default(), depth: 0 }];
    let mut seen = HashSet::new();
    while let Some(node) = open.pop() {
        if !seen.insert(node.reference) {
            return Err(PdfRefused::broken(0, "a page tree without circles"));
        }
        if seen.len() > MAX_PAGES || open.len() > MAX_PAGES || node.depth > MAX_TREE_DEPTH {
            return Err(PdfRefused::Limit("pages"));
        }
        let object = view.object(node.reference)?;
        let dict = object.as_dict().ok_or(PdfRefused::broken(0, "a page or page tree node"))?;
        let inherited = node.inherited.with(view, dict)?;
        match view.value(dict, b"Kids")? {
            Some(kids) => push_kids(&mut open, &kids, inherited, node.depth)?,
            None => {
                let page = page(view, node.reference, Rc::clone(&object), inherited)?;
                if !visit(page) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn push_kids(
    open: &mut Vec<Node>,
    kids: &Object,
    inherited: Inherited,
    depth: usize,
) -> Result<(), PdfRefused> {
    let kids = kids.as_array().ok_or(PdfRefused::broken(0, "an array of page tree kids"))?;
    for kid in kids.iter().rev() {
        let reference = kid.as_ref().ok_or(PdfRefused::broken(0, "references to pages"))?;
        open.push(Node { reference, inherited, depth: depth + 1 });
    }
    Ok(())
}

fn page(
    view: View<'_, '_>,
    reference: Ref,
    object: Rc<Object>,
    inherited: Inherited,
) -> Result<Page, PdfRefused> {
    let dict = object.as_dict().ok_or(PdfRefused::broken(0, "a page"))?;
    if dict.get(b"Type").is_some() && !dict.is_type(b"Page") {
        return Err(PdfRefused::broken(0, "a page"));
    }
    let media = inherited.media.unwrap_or(LETTER);
    let visible = inherited.crop.map_or(media, |crop| crop.intersection(media));
    let rotation = u16::try_from(inherited.rotation.unwrap_or(0).rem_euclid(360)).unwrap_or(0);
    let unit = match view.value(dict, b"UserUnit")? {
        Some(unit) => unit.as_number().filter(|unit| *unit > 0.0).unwrap_or(1.0),
        None => 1.0,
    };
    Ok(Page { reference, object, visible, rotation: rotation / 90 * 90, unit })
}

impl Inherited {
    fn with(mut self, view: View<'_, '_>, dict: &Dict) -> Result<Self, PdfRefused> {
        if let Some(object) = dict.get(b"MediaBox") {
            self.media = Rect::read(view, object)?.or(self.media);
        }
        if let Some(object) = dict.get(b"CropBox") {
            self.crop = Rect::read(view, object)?.or(self.crop);
        }
        if let Some(object) = dict.get(b"Rotate") {
            self.rotation = view.resolve(object)?.as_int().or(self.rotation);
        }
        Ok(self)
    }
}

/// What viewers take for a page without a media box.
const LETTER: Rect = Rect { x0: 0.0, y0: 0.0, x1: 612.0, y1: 792.0 };
