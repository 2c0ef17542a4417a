//! The visible form of a signature: a Form XObject at a place on a page.

use std::io::Write as _;

use super::field::name;
use super::write::Update;
use crate::pdf::PdfRefused;
use crate::pdf::read::{Dict, Object, Page, Rect, Ref};

/// A drawing at a place on a page.
#[derive(Clone, Debug)]
pub struct Appearance<'a> {
    /// Page, counted from 0.
    pub page: usize,
    /// Where on the page as it is shown, points from its lower left corner. Rotation, crop box and
    /// user unit of the page are taken into account.
    pub place: Rect,
    /// Width and height of the drawing's own coordinate space, scaled to fill `place`.
    pub size: (f64, f64),
    /// Content stream (ISO 32000-2 §7.8.2), origin at the lower left of the drawing.
    pub content: &'a [u8],
    /// What the content names.
    pub resources: Vec<Resource<'a>>,
}

/// Something a content stream refers to by name.
#[derive(Clone, Debug)]
pub enum Resource<'a> {
    /// A drawing made and compressed before, painted as one group: `/name Do`. What is the same on
    /// every document is not compressed again for each.
    Form {
        /// Its name in the content.
        name: &'a str,
        /// Width and height of its own coordinate space.
        size: (f64, f64),
        /// Content stream without resources, compressed by FlateDecode (ISO 32000-2 §7.4.4).
        deflated: &'a [u8],
    },
    /// A graphics state for transparency: `/name gs`.
    GraphicsState {
        /// Its name in the content.
        name: &'a str,
        /// Opacity of fills and strokes, 0 to 1.
        alpha: f64,
        /// Darkens what lies below, as ink does, instead of covering it.
        multiply: bool,
    },
    /// A picture: `/name Do`.
    Image {
        /// Its name in the content.
        name: &'a str,
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// Rows of red, green, blue.
        rgb: &'a [u8],
        /// One byte of opacity per pixel.
        alpha: Option<&'a [u8]>,
    },
}

impl Appearance<'_> {
    pub(super) fn check(&self) -> Result<(), PdfRefused> {
        let Rect { x0, y0, x1, y1 } = self.place;
        let fits = |value: f64| value.is_finite() && value.abs() < MAX_COORDINATE;
        let (width, height) = self.size;
        let finite = [x0, y0, x1, y1, width, height].into_iter().all(fits);
        if !finite || x1 <= x0 || y1 <= y0 || width <= 0.0 || height <= 0.0 {
            return Err(PdfRefused::Place);
        }
        Ok(())
    }

    /// The widget's rectangle in the default user space of `page`.
    pub(super) fn rect(&self, page: &Page) -> Object {
        let (x0, y0) = to_user_space(page, self.place.x0, self.place.y0);
        let (x1, y1) = to_user_space(page, self.place.x1, self.place.y1);
        numbers(&[x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
    }

    /// Writes the form and its resources; the reference is that of the form.
    pub(super) fn write(&self, update: &mut Update, page: &Page) -> Result<Ref, PdfRefused> {
        let resources = self.resources(update)?;
        let mut group = Dict::default();
        group.set(b"S", name(b"Transparency"));
        let mut dict = Dict::default();
        dict.set(b"Type", name(b"XObject"));
        dict.set(b"Subtype", name(b"Form"));
        dict.set(b"BBox", numbers(&[0.0, 0.0, self.size.0, self.size.1]));
        dict.set(b"Matrix", upright(page.rotation));
        dict.set(b"Resources", Object::Dict(resources));
        dict.set(b"Group", Object::Dict(group));
        dict.set(b"Filter", name(b"FlateDecode"));
        let form = update.allot();
        update.stream(form, dict, &deflate(self.content)?);
        Ok(form)
    }

    fn resources(&self, update: &mut Update) -> Result<Dict, PdfRefused> {
        let mut states = Dict::default();
        let mut images = Dict::default();
        for resource in &self.resources {
            match resource {
                Resource::GraphicsState { name: key, alpha, multiply } => {
                    states.set(key.as_bytes(), Object::Dict(graphics_state(*alpha, *multiply)));
                }
                Resource::Form { name: key, size, deflated } => {
                    images.set(key.as_bytes(), Object::Ref(write_form(update, *size, deflated)));
                }
                Resource::Image { name: key, .. } => {
                    images.set(key.as_bytes(), Object::Ref(write_image(update, resource)?));
                }
            }
        }
        let mut resources = Dict::default();
        for (key, dict) in [(&b"ExtGState"[..], states), (b"XObject", images)] {
            if dict.iter().next().is_some() {
                resources.set(key, Object::Dict(dict));
            }
        }
        Ok(resources)
    }
}

fn graphics_state(alpha: f64, multiply: bool) -> Dict {
    let mut state = Dict::default();
    state.set(b"Type", name(b"ExtGState"));
    state.set(b"ca", number(alpha.clamp(0.0, 1.0)));
    state.set(b"CA", number(alpha.clamp(0.0, 1.0)));
    state.set(b"BM", name(if multiply { b"Multiply" } else { b"Normal" }));
    state
}

fn write_form(update: &mut Update, size: (f64, f64), deflated: &[u8]) -> Ref {
    let mut group = Dict::default();
    group.set(b"S", name(b"Transparency"));
    let mut dict = Dict::default();
    dict.set(b"Type", name(b"XObject"));
    dict.set(b"Subtype", name(b"Form"));
    dict.set(b"BBox", numbers(&[0.0, 0.0, size.0, size.1]));
    dict.set(b"Resources", Object::Dict(Dict::default()));
    dict.set(b"Group", Object::Dict(group));
    dict.set(b"Filter", name(b"FlateDecode"));
    let form = update.allot();
    update.stream(form, dict, deflated);
    form
}

fn write_image(update: &mut Update, image: &Resource<'_>) -> Result<Ref, PdfRefused> {
    let Resource::Image { width, height, rgb, alpha, .. } = image else {
        return Err(PdfRefused::Place);
    };
    let pixels = usize::try_from(u64::from(*width) * u64::from(*height)).unwrap_or(usize::MAX);
    let sized =
        pixels.checked_mul(3) == Some(rgb.len()) && alpha.is_none_or(|alpha| alpha.len() == pixels);
    if !sized || pixels == 0 {
        return Err(PdfRefused::Place);
    }
    let mut dict = Dict::default();
    dict.set(b"Type", name(b"XObject"));
    dict.set(b"Subtype", name(b"Image"));
    dict.set(b"Width", Object::Int(i64::from(*width)));
    dict.set(b"Height", Object::Int(i64::from(*height)));
    dict.set(b"BitsPerComponent", Object::Int(8));
    dict.set(b"Filter", name(b"FlateDecode"));
    let mut colours = dict.clone();
    colours.set(b"ColorSpace", name(b"DeviceRGB"));
    if let Some(alpha) = alpha {
        dict.set(b"ColorSpace", name(b"DeviceGray"));
        let mask = update.allot();
        update.stream(mask, dict, &deflate(alpha)?);
        colours.set(b"SMask", Object::Ref(mask));
    }
    let reference = update.allot();
    update.stream(reference, colours, &deflate(rgb)?);
    Ok(reference)
}

/// From the page as shown (points, lower left origin) to its default user space.
fn to_user_space(page: &Page, x: f64, y: f64) -> (f64, f64) {
    let (x, y) = (x / page.unit, y / page.unit);
    let area = page.visible;
    let (width, height) = (area.width(), area.height());
    let (x, y) = match page.rotation {
        90 => (width - y, x),
        180 => (width - x, height - y),
        270 => (y, height - x),
        _ => (x, y),
    };
    (area.x0 + x, area.y0 + y)
}

/// The form matrix that undoes the clockwise rotation of the page.
fn upright(rotation: u16) -> Object {
    let matrix = match rotation {
        90 => [0, 1, -1, 0, 0, 0],
        180 => [-1, 0, 0, -1, 0, 0],
        270 => [0, -1, 1, 0, 0, 0],
        _ => [1, 0, 0, 1, 0, 0],
    };
    Object::Array(matrix.map(Object::Int).to_vec())
}

pub(super) fn numbers(values: &[f64]) -> Object {
    Object::Array(values.iter().copied().map(number).collect())
}

fn number(value: f64) -> Object {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    Object::Real(if text == "-0" { "0" } else { text }.as_bytes().into())
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, PdfRefused> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into a vector cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|_| PdfRefused::Place)
}

/// Largest coordinate, points: what ISO 32000-1 Annex C allows a page to measure, twice.
const MAX_COORDINATE: f64 = 28_800.0;
