//! Words on a plotters backend.

use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};
use plotters::backend::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, RGBColor, TextStyle};

use super::scene::{Align, Medium, Text, Undrawn};
use super::text;

/// Draws a line of words.
pub(super) fn draw_text<B: DrawingBackend>(
    backend: &mut B,
    medium: Medium,
    text: &Text,
) -> Result<(), Undrawn> {
    let em = text.size * medium.unit();
    let (red, green, blue) = text.color;
    let ink = RGBColor(red, green, blue);
    let (x, y) = medium.place(text.at);
    if let Medium::Bitmap { .. } = medium {
        return draw_letters(backend, text, em, (x, y), ink);
    }
    // What plotters calls a font's size, and how far under the anchor it sets the baseline; from
    // `SVGBackend::draw_text`.
    let (size, baseline) = (em * 1.24, 0.76 * em);
    let horizontal = match text.align {
        Align::Left => HPos::Left,
        Align::Center => HPos::Center,
        Align::Right => HPos::Right,
    };
    let style = TextStyle::from(text::font(size, text.weight))
        .color(&ink)
        .pos(Pos::new(horizontal, VPos::Top));
    backend
        .draw_text(&text.words, &style, (x, y - baseline.round() as i32))
        .map_err(|_| Undrawn)
}

/// Draws letters on a bitmap. plotters 0.3.7 sets every letter's ink where its advance begins, not
/// where its side bearing ends, which spaces words unevenly.
fn draw_letters<B: DrawingBackend>(
    backend: &mut B,
    text: &Text,
    em: f64,
    (x, y): (i32, i32),
    ink: RGBColor,
) -> Result<(), Undrawn> {
    let face = FontRef::try_from_slice(text.weight.face()).map_err(|_| Undrawn)?;
    let scale = PxScale::from((em * text::EM_TO_BITMAP_SIZE) as f32);
    let font = face.as_scaled(scale);
    let width = (text::width(&text.words, 1.0, text.weight) * em) as f32;
    let mut pen = x as f32
        - match text.align {
            Align::Left => 0.0,
            Align::Center => width / 2.0,
            Align::Right => width,
        };
    let mut before = None;
    for letter in text.words.chars() {
        let glyph = font.glyph_id(letter);
        pen += before.map_or(0.0, |before| font.kern(before, glyph));
        before = Some(glyph);
        let placed = glyph.with_scale_and_position(scale, ab_glyph::point(pen, y as f32));
        pen += font.h_advance(glyph);
        let Some(outline) = face.outline_glyph(placed) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        let mut drawn = Ok(());
        outline.draw(|column, row, coverage| {
            let place = (
                corner.x as i32 + column.cast_signed(),
                corner.y as i32 + row.cast_signed(),
            );
            let color = ink.mix(f64::from(coverage)).to_backend_color();
            drawn = std::mem::replace(&mut drawn, Ok(()))
                .and(backend.draw_pixel(place, color).map_err(|_| Undrawn));
        });
        drawn?;
    }
    Ok(())
}
