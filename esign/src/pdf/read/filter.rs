//! Decoding of cross-reference and object streams: Flate and its predictors (ISO 32000-2 §7.4.4).

use std::io::Read;

use super::limits::MAX_INFLATED;
use super::object::{Dict, Object};
use crate::pdf::PdfRefused;

/// Decodes stream data whose dictionary is `dict`. `allowed` is what the document may still
/// inflate. Only the filters that structure streams use are known: none and `FlateDecode`.
pub(crate) fn decode(dict: &Dict, data: &[u8], allowed: usize) -> Result<Vec<u8>, PdfRefused> {
    let limit = allowed.min(MAX_INFLATED);
    let (filter, parameters) = single(dict.get(b"Filter"), dict.get(b"DecodeParms"))?;
    match filter {
        None if data.len() > limit => Err(TOO_LARGE),
        None => Ok(data.to_vec()),
        Some(b"FlateDecode") => {
            let bytes = inflate(data, limit)?;
            match parameters {
                Some(parameters) => unpredict(bytes, parameters),
                None => Ok(bytes),
            }
        }
        Some(_) => Err(PdfRefused::broken(0, "a structure stream with an unknown filter")),
    }
}

type Filter<'a> = (Option<&'a [u8]>, Option<&'a Dict>);

/// The one filter and its parameters, written plainly or in an array of one.
fn single<'a>(
    filter: Option<&'a Object>,
    parameters: Option<&'a Object>,
) -> Result<Filter<'a>, PdfRefused> {
    fn first(object: Option<&Object>) -> Result<Option<&Object>, PdfRefused> {
        match object {
            Some(Object::Array(items)) if items.len() > 1 => {
                Err(PdfRefused::broken(0, "a structure stream with several filters"))
            }
            Some(Object::Array(items)) => Ok(items.first()),
            other => Ok(other.filter(|object| !object.is_null())),
        }
    }
    let filter = match first(filter)? {
        None => None,
        Some(object) => {
            Some(object.as_name().ok_or(PdfRefused::broken(0, "the name of a filter"))?)
        }
    };
    Ok((filter, first(parameters)?.and_then(Object::as_dict)))
}

fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, PdfRefused> {
    let mut bytes = Vec::new();
    let over = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::ZlibDecoder::new(data)
        .take(over)
        .read_to_end(&mut bytes)
        .map_err(|_| PdfRefused::broken(0, "a deflated stream"))?;
    if bytes.len() > limit { Err(TOO_LARGE) } else { Ok(bytes) }
}

fn unpredict(bytes: Vec<u8>, parameters: &Dict) -> Result<Vec<u8>, PdfRefused> {
    let value =
        |key: &[u8], default: i64| parameters.get(key).map_or(Some(default), Object::as_int);
    let predictor = value(b"Predictor", 1);
    if predictor == Some(1) {
        return Ok(bytes);
    }
    let sizes = (value(b"Colors", 1), value(b"BitsPerComponent", 8), value(b"Columns", 1));
    let (Some(10..=15), (Some(colors @ 1..=32), Some(8), Some(columns @ 1..=65_536))) =
        (predictor, sizes)
    else {
        return Err(PdfRefused::broken(0, "a predictor that structure streams use"));
    };
    // Both factors are bounded above, so the conversions and the product cannot fail.
    let pixel = usize::try_from(colors).unwrap_or(1);
    let width = pixel * usize::try_from(columns).unwrap_or(1);
    png_rows(&bytes, pixel, width)
}

/// Undoes the PNG filters (ISO/IEC 15948 §9) row by row.
fn png_rows(bytes: &[u8], pixel: usize, width: usize) -> Result<Vec<u8>, PdfRefused> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; width];
    let mut row = vec![0_u8; width];
    for coded in bytes.chunks(width + 1) {
        let Some((kind, coded)) = coded.split_first() else { continue };
        for (i, byte) in coded.iter().enumerate() {
            let left = i.checked_sub(pixel).map_or(0, |j| row[j]);
            let corner = i.checked_sub(pixel).map_or(0, |j| above[j]);
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => u8::try_from((u16::from(left) + u16::from(above[i])) / 2).unwrap_or(0),
                4 => paeth(left, above[i], corner),
                _ => return Err(PdfRefused::broken(0, "a PNG row filter")),
            };
            row[i] = byte.wrapping_add(guess);
        }
        out.extend(&row[..coded.len()]);
        above.copy_from_slice(&row);
    }
    Ok(out)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let base = i16::from(left) + i16::from(above) - i16::from(corner);
    let distance = |value: u8| (base - i16::from(value)).abs();
    if distance(left) <= distance(above) && distance(left) <= distance(corner) {
        left
    } else if distance(above) <= distance(corner) {
        above
    } else {
        corner
    }
}

const TOO_LARGE: PdfRefused = PdfRefused::Limit("inflated bytes");
