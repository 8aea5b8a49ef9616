//! The PDF files: one page, marks as vectors, only the letters in use embedded of each font.
//!
//! A document of this module holds no time of day, so equal figures give equal bytes.

use std::collections::BTreeMap;

use ab_glyph::{Font as _, FontRef};
use image::RgbImage;
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{CidFontType, FontFlags, LineJoinStyle, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::{GlyphRemapper, subset};

use super::scene::{Align, Area, Mark, Point, Text};
use super::text::{self, Weight};
use super::theme::Color;
use super::{Figure, FigureError, svg};

/// How hard pictures and content are squeezed, from 0 to 10.
const COMPRESSION: u8 = 6;

/// Where control points of a quarter circle lie, in radii.
const ROUND: f64 = 0.552_284_75;

/// The order of bytes by which readers know a PDF file.
const START: &[u8] = b"%PDF-";

/// Far outside of any page, in points.
const FAR: f64 = 30_000.0;

/// Space before a letter that is not in the font's own unit: PDF counts in thousandths of an em.
const UNITS_PER_EM: f32 = 1000.0;

/// The whole document.
pub(super) fn document(
    figure: &Figure,
    metadata: &[(&str, String)],
) -> Result<Vec<u8>, FigureError> {
    let mut next = 1;
    let mut fresh = || {
        let id = Ref::new(next);
        next += 1;
        id
    };
    let (catalog, pages, page, content, info, origin) =
        (fresh(), fresh(), fresh(), fresh(), fresh(), fresh());
    let mut faces = [Weight::Regular, Weight::Bold].map(Face::new);
    let mut drawn = Drawn::new(figure);
    for mark in &figure.marks {
        drawn.draw(mark, &mut faces);
    }
    let Drawn {
        content: operations,
        pictures,
        opacities,
        ..
    } = drawn;

    let mut pdf = Pdf::new();
    pdf.catalog(catalog)
        .pages(pages)
        .pair(Name(b"ColorizeFigure"), origin);
    pdf.pages(pages).kids([page]).count(1);
    pdf.document_info(info)
        .title(TextStr(&figure.title))
        .producer(TextStr("colorize"));
    // Not compressed, so that what made a figure can be read in it without a PDF reader.
    pdf.stream(origin, svg::entries(metadata).as_bytes());

    let pictures: Vec<(String, Ref, &RgbImage)> = pictures
        .iter()
        .enumerate()
        .map(|(number, picture)| (format!("P{number}"), fresh(), *picture))
        .collect();
    let used: Vec<(Name<'static>, Ref, &Face)> = faces
        .iter()
        .filter(|face| !face.letters.is_empty())
        .map(|face| (face.name(), fresh(), face))
        .collect();
    let mut sheet = pdf.page(page);
    sheet
        .parent(pages)
        .media_box(Rect::new(
            0.0,
            0.0,
            figure.width as f32,
            figure.height as f32,
        ))
        .contents(content);
    let mut resources = sheet.resources();
    let mut fonts = resources.fonts();
    for (name, id, _) in &used {
        fonts.pair(*name, id);
    }
    fonts.finish();
    let mut images = resources.x_objects();
    for (name, id, _) in &pictures {
        images.pair(Name(name.as_bytes()), id);
    }
    images.finish();
    let mut states = resources.ext_g_states();
    for opacity in &opacities {
        let opacity = f32::from(*opacity) / 100.0;
        let name = state_name(opacity);
        states
            .insert(Name(name.as_bytes()))
            .start::<pdf_writer::writers::ExtGraphicsState<'_>>()
            .non_stroking_alpha(opacity);
    }
    states.finish();
    resources.finish();
    sheet.finish();

    let operations = compress_to_vec_zlib(&operations.finish(), COMPRESSION);
    pdf.stream(content, &operations).filter(Filter::FlateDecode);
    for (_, id, picture) in pictures {
        let samples = compress_to_vec_zlib(picture.as_raw(), COMPRESSION);
        let mut image = pdf.image_xobject(id, &samples);
        image.filter(Filter::FlateDecode);
        image
            .width(picture.width().cast_signed())
            .height(picture.height().cast_signed())
            .bits_per_component(8);
        image.color_space().device_rgb();
    }
    for (_, id, face) in used {
        face.embed(&mut pdf, id, [(); 4].map(|()| fresh()))?;
    }
    Ok(pdf.finish())
}

/// The metadata of a document that [`document`] wrote, or `None` if it is not one.
pub(super) fn metadata(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    bytes
        .starts_with(START)
        .then(|| svg::entries_of(&String::from_utf8_lossy(bytes)))
}

fn state_name(opacity: f32) -> String {
    format!("O{}", (opacity * 100.0).round())
}

/// What has been drawn so far.
struct Drawn<'a> {
    content: Content,
    pictures: Vec<&'a RgbImage>,
    /// In percent.
    opacities: Vec<u8>,
}

impl<'a> Drawn<'a> {
    /// The empty page, with the figure's ground, and with y downwards as in a [`Figure`].
    fn new(figure: &Figure) -> Self {
        let (width, height) = (figure.width as f32, figure.height as f32);
        let mut content = Content::new();
        content
            .transform([1.0, 0.0, 0.0, -1.0, 0.0, height])
            .set_line_join(LineJoinStyle::RoundJoin);
        fill(&mut content, figure.background);
        content.rect(0.0, 0.0, width, height).fill_nonzero();
        Self {
            content,
            pictures: Vec::new(),
            opacities: Vec::new(),
        }
    }

    fn draw(&mut self, mark: &'a Mark, faces: &mut [Face; 2]) {
        match mark {
            Mark::Rectangle { area, color } => {
                fill(&mut self.content, *color);
                let [x, y, width, height] = corners(area);
                self.content.rect(x, y, width, height).fill_nonzero();
            }
            Mark::Line {
                points,
                width,
                color,
                dashes,
            } => {
                let [red, green, blue] = shares(*color);
                self.content
                    .set_stroke_rgb(red, green, blue)
                    .set_line_width(*width as f32)
                    .set_dash_pattern(dashes.iter().map(|length| *length as f32), 0.0);
                self.path(points.iter().copied());
                self.content.stroke();
            }
            Mark::Band {
                points,
                color,
                opacity,
            } => {
                let percent = (opacity * 100.0).round().clamp(0.0, 100.0) as u8;
                if !self.opacities.contains(&percent) {
                    self.opacities.push(percent);
                }
                let name = state_name(f32::from(percent) / 100.0);
                self.content
                    .save_state()
                    .set_parameters(Name(name.as_bytes()));
                fill(&mut self.content, *color);
                let upper = points.iter().map(|&(x, upper, _)| (x, upper));
                let lower = points.iter().rev().map(|&(x, _, lower)| (x, lower));
                self.path(upper.chain(lower));
                self.content.close_path().fill_nonzero().restore_state();
            }
            Mark::Dot {
                center,
                radius,
                color,
            } => {
                fill(&mut self.content, *color);
                self.circle(*center, *radius);
                self.content.fill_nonzero();
            }
            Mark::Text(words) => {
                let face = &mut faces[usize::from(words.weight == Weight::Bold)];
                self.write(words, face);
            }
            Mark::Ground { picture, .. } | Mark::Picture { picture, .. } if picture.is_empty() => {}
            Mark::Ground { area, picture } | Mark::Picture { area, picture } => {
                let name = format!("P{}", self.pictures.len());
                self.pictures.push(picture);
                let [x, y, width, height] = corners(area);
                self.content
                    .save_state()
                    .transform([width, 0.0, 0.0, -height, x, y + height])
                    .x_object(Name(name.as_bytes()))
                    .restore_state();
            }
        }
    }

    fn path(&mut self, points: impl Iterator<Item = Point>) {
        for (number, (x, y)) in points.enumerate() {
            // What lies far outside of the page is not seen, and PDF knows no number that is not finite.
            let [x, y] = [x, y].map(|place| place.clamp(-FAR, FAR) as f32);
            if number == 0 {
                self.content.move_to(x, y);
            } else {
                self.content.line_to(x, y);
            }
        }
    }

    fn circle(&mut self, (x, y): Point, radius: f64) {
        let at =
            |across: f64, down: f64| ((x + across * radius) as f32, (y + down * radius) as f32);
        let (start_x, start_y) = at(1.0, 0.0);
        self.content.move_to(start_x, start_y);
        let quarters = [
            [(1.0, ROUND), (ROUND, 1.0), (0.0, 1.0)],
            [(-ROUND, 1.0), (-1.0, ROUND), (-1.0, 0.0)],
            [(-1.0, -ROUND), (-ROUND, -1.0), (0.0, -1.0)],
            [(ROUND, -1.0), (1.0, -ROUND), (1.0, 0.0)],
        ];
        for quarter in quarters {
            let [first, second, end] = quarter.map(|(across, down)| at(across, down));
            self.content
                .cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
        }
    }

    fn write(&mut self, words: &Text, face: &mut Face) {
        let width = text::width(&words.words, words.size, words.weight);
        let x = match words.align {
            Align::Left => words.at.0,
            Align::Center => words.at.0 - width / 2.0,
            Align::Right => words.at.0 - width,
        };
        fill(&mut self.content, words.color);
        self.content
            .begin_text()
            .set_font(face.name(), words.size as f32)
            .set_text_matrix([1.0, 0.0, 0.0, -1.0, x as f32, words.at.1 as f32]);
        let mut shown = self.content.show_positioned();
        let mut items = shown.items();
        let mut before = None;
        for letter in words.words.chars() {
            let (glyph, kern) = face.letter(letter, before);
            if kern != 0.0 {
                items.adjust(-kern);
            }
            items.show(Str(&glyph.to_be_bytes()));
            before = Some(letter);
        }
        items.finish();
        shown.finish();
        self.content.end_text();
    }
}

fn shares((red, green, blue): Color) -> [f32; 3] {
    [red, green, blue].map(|value| f32::from(value) / 255.0)
}

fn fill(content: &mut Content, color: Color) {
    let [red, green, blue] = shares(color);
    content.set_fill_rgb(red, green, blue);
}

fn corners(area: &Area) -> [f32; 4] {
    [area.x, area.y, area.width, area.height].map(|value| value as f32)
}

/// A font, and the letters of it that are in use.
struct Face {
    weight: Weight,
    font: Option<FontRef<'static>>,
    remapper: GlyphRemapper,
    /// By the number that the letter has in the embedded font.
    letters: BTreeMap<u16, (char, f32)>,
}

impl Face {
    fn new(weight: Weight) -> Self {
        Self {
            weight,
            // The fonts are part of the program: one that cannot be read is a failure that every test would see.
            font: FontRef::try_from_slice(weight.face()).ok(),
            remapper: GlyphRemapper::new(),
            letters: BTreeMap::new(),
        }
    }

    fn name(&self) -> Name<'static> {
        match self.weight {
            Weight::Regular => Name(b"Regular"),
            Weight::Bold => Name(b"Bold"),
        }
    }

    fn base_name(&self) -> Name<'static> {
        match self.weight {
            Weight::Regular => Name(b"FIGURE+DejaVuSans"),
            Weight::Bold => Name(b"FIGURE+DejaVuSans-Bold"),
        }
    }

    /// The letter's number in the embedded font, and by how much it stands nearer to the letter before it, negative if it
    /// does, in thousandths of an em.
    fn letter(&mut self, letter: char, before: Option<char>) -> (u16, f32) {
        let Some(font) = &self.font else {
            return (0, 0.0);
        };
        let unit = UNITS_PER_EM / font.units_per_em().unwrap_or(2048.0);
        let glyph = font.glyph_id(letter);
        let kern = before.map_or(0.0, |before| {
            font.kern_unscaled(font.glyph_id(before), glyph) * unit
        });
        let number = self.remapper.remap(glyph.0);
        let width = font.h_advance_unscaled(glyph) * unit;
        self.letters.entry(number).or_insert((letter, width));
        (number, kern)
    }

    /// Writes the font as `id`, with the further objects that it consists of.
    fn embed(&self, pdf: &mut Pdf, id: Ref, parts: [Ref; 4]) -> Result<(), FigureError> {
        let [cid_font, descriptor, to_unicode, file] = parts;
        let info = SystemInfo {
            registry: Str(b"Adobe"),
            ordering: Str(b"Identity"),
            supplement: 0,
        };
        pdf.type0_font(id)
            .base_font(self.base_name())
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid_font)
            .to_unicode(to_unicode);
        let mut font = pdf.cid_font(cid_font);
        font.subtype(CidFontType::Type2)
            .base_font(self.base_name())
            .system_info(info)
            .font_descriptor(descriptor)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = font.widths();
        for (number, (_, width)) in &self.letters {
            widths.consecutive(*number, [*width]);
        }
        widths.finish();
        font.finish();
        // In thousandths of an em, from the font's own tables.
        pdf.font_descriptor(descriptor)
            .name(self.base_name())
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(-1069.0, -415.0, 1975.0, 1174.0))
            .italic_angle(0.0)
            .ascent(928.0)
            .descent(-236.0)
            .cap_height(729.0)
            .stem_v(if self.weight == Weight::Bold {
                160.0
            } else {
                90.0
            })
            .font_file2(file);
        let mut cmap = UnicodeCmap::new(Name(b"Custom"), info);
        for (number, (letter, _)) in &self.letters {
            cmap.pair(*number, *letter);
        }
        let cmap = compress_to_vec_zlib(&cmap.finish(), COMPRESSION);
        pdf.cmap(to_unicode, &cmap).filter(Filter::FlateDecode);
        let data = subset(self.weight.face(), 0, &self.remapper)?;
        let data = compress_to_vec_zlib(&data, COMPRESSION);
        pdf.stream(file, &data).filter(Filter::FlateDecode);
        Ok(())
    }
}
