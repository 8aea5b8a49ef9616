//! The picture being painted. Coordinates run from 0 to 1 across the frame, whatever its size in pixels, so a scene
//! has one composition at every size; a frame within it is set by [`Canvas::within`].

use std::sync::OnceLock;

use tiny_skia::{
    BlendMode, FillRule, FilterQuality, GradientStop, LinearGradient, Paint, Pattern, Pixmap,
    PixmapRef, RadialGradient, Shader, SpreadMode, Stroke, Transform,
};

use super::color::Color;
use super::dice::{Dice, turn};
use super::noise::{fractal, lattice};
use super::shape::{Point, Shape};

/// A pixmap, the frame that shapes are given in, and the things painted so far.
pub(super) struct Canvas {
    pixmap: Pixmap,
    side: f32,
    frame: Transform,
    /// Corner points of the thing being painted, in 0 to 1 across the frame; `None` outside [`Canvas::thing`].
    traced: Option<Vec<Point>>,
    things: Vec<Thing>,
}

/// Something with a COCO category, outlined by the points of all its parts.
pub(super) struct Thing {
    pub(super) category: &'static str,
    /// In 0 to 1 across the frame; may leave it.
    pub(super) points: Vec<Point>,
}

/// Patterns of light and dark that are laid over a surface without changing its hue.
#[derive(Clone, Copy)]
pub(super) enum Texture {
    /// Soft patches, as of clouds, dirt and old plaster.
    Mottle,
    /// Single grains, as of sand and asphalt.
    Grain,
}

const TILE: u32 = 96;

impl Canvas {
    /// A black canvas of `side` pixels.
    pub(super) fn new(side: u32) -> Self {
        Self {
            pixmap: Pixmap::new(side, side).expect("a canvas has a positive side"),
            side: side as f32,
            frame: Transform::identity(),
            traced: None,
            things: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Pixmap, Vec<Thing>) {
        (self.pixmap, self.things)
    }

    /// Paints with `origin` as (0, 0), one unit `scale` wide (negative x scale mirrors), turned by `turns`.
    pub(super) fn within(
        &mut self,
        origin: Point,
        scale: [f32; 2],
        turns: f32,
        paint: impl FnOnce(&mut Self),
    ) {
        let outer = self.frame;
        let (cosine, sine) = turn(turns);
        let inner = Transform::from_row(
            cosine * scale[0],
            sine * scale[0],
            -sine * scale[1],
            cosine * scale[1],
            origin[0],
            origin[1],
        );
        self.frame = outer.pre_concat(inner);
        paint(self);
        self.frame = outer;
    }

    /// Everything that `paint` fills is one thing of `category`, and becomes one annotation.
    pub(super) fn thing(&mut self, category: &'static str, paint: impl FnOnce(&mut Self)) {
        let outer = self.traced.replace(Vec::new());
        paint(self);
        if let Some(points) = std::mem::replace(&mut self.traced, outer) {
            self.things.push(Thing { category, points });
        }
    }

    /// Paints something that belongs to no thing, such as the shadow it throws.
    pub(super) fn untraced(&mut self, paint: impl FnOnce(&mut Self)) {
        let outer = self.traced.take();
        paint(self);
        self.traced = outer;
    }

    pub(super) fn fill(&mut self, shape: Shape, color: Color) {
        self.lay(
            shape,
            Shader::SolidColor(solid(color, 1.0)),
            BlendMode::SourceOver,
        );
    }

    /// A see-through fill.
    pub(super) fn veil(&mut self, shape: Shape, color: Color, opacity: f32) {
        self.lay(
            shape,
            Shader::SolidColor(solid(color, opacity)),
            BlendMode::SourceOver,
        );
    }

    /// Darkens what lies below by the factors in `color`: how a shadow falls.
    pub(super) fn multiply(&mut self, shape: Shape, color: Color) {
        self.lay(
            shape,
            Shader::SolidColor(solid(color, 1.0)),
            BlendMode::Multiply,
        );
    }

    /// A linear gradient through `stops` (position in 0 to 1, color, opacity).
    pub(super) fn gradient(
        &mut self,
        shape: Shape,
        from: Point,
        to: Point,
        stops: &[(f32, Color, f32)],
    ) {
        let shader = LinearGradient::new(
            place(from),
            place(to),
            gradient_stops(stops),
            SpreadMode::Pad,
            Transform::identity(),
        );
        if let Some(shader) = shader {
            self.lay(shape, shader, BlendMode::SourceOver);
        }
    }

    /// A fill that goes from one color to another.
    pub(super) fn shade(&mut self, shape: Shape, from: (Point, Color), to: (Point, Color)) {
        self.gradient(shape, from.0, to.0, &[(0.0, from.1, 1.0), (1.0, to.1, 1.0)]);
    }

    /// A round fill: `stops` run from `center` to `radius`.
    pub(super) fn radial(
        &mut self,
        shape: Shape,
        center: Point,
        radius: f32,
        stops: &[(f32, Color, f32)],
    ) {
        let shader = RadialGradient::new(
            place(center),
            0.0,
            place(center),
            radius,
            gradient_stops(stops),
            SpreadMode::Pad,
            Transform::identity(),
        );
        if let Some(shader) = shader {
            self.lay(shape, shader, BlendMode::SourceOver);
        }
    }

    /// A soft spot without an edge: glow, haze, contact shadow.
    pub(super) fn soft(&mut self, center: Point, half: [f32; 2], color: Color, opacity: f32) {
        self.untraced(|canvas| {
            canvas.within(center, half, 0.0, |canvas| {
                canvas.radial(
                    Shape::new().ellipse(0.0, 0.0, 1.0, 1.0),
                    [0.0, 0.0],
                    1.0,
                    &[
                        (0.0, color, opacity),
                        (0.35, color, opacity * 0.62),
                        (0.7, color, opacity * 0.16),
                        (1.0, color, 0.0),
                    ],
                );
            });
        });
    }

    pub(super) fn stroke(&mut self, shape: Shape, width: f32, color: Color) {
        let Some(path) = shape.finish() else { return };
        self.trace(path.points());
        let mut paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        paint.shader = Shader::SolidColor(solid(color, 1.0));
        let stroke = Stroke {
            width,
            line_cap: tiny_skia::LineCap::Round,
            line_join: tiny_skia::LineJoin::Round,
            ..Stroke::default()
        };
        let transform = self.frame.post_scale(self.side, self.side);
        self.pixmap
            .stroke_path(&path, &paint, &stroke, transform, None);
    }

    /// Lays `texture` over a shape; one tile is `tile` wide and high, `strength` in 0 to 1.
    pub(super) fn texture(
        &mut self,
        shape: Shape,
        texture: Texture,
        tile: [f32; 2],
        strength: f32,
        dice: &mut Dice,
    ) {
        let origin = [
            dice.between(-1.0, 0.0) * tile[0],
            dice.between(-1.0, 0.0) * tile[1],
        ];
        self.pattern(
            shape,
            texture.tile().as_ref(),
            (origin, tile),
            strength,
            BlendMode::Overlay,
        );
    }

    /// Fills a shape with a picture that covers `area` (origin, size) and repeats beyond it.
    pub(super) fn pattern(
        &mut self,
        shape: Shape,
        picture: PixmapRef<'_>,
        area: (Point, [f32; 2]),
        opacity: f32,
        blend: BlendMode,
    ) {
        let placed = Transform::from_row(
            area.1[0] / picture.width() as f32,
            0.0,
            0.0,
            area.1[1] / picture.height() as f32,
            area.0[0],
            area.0[1],
        );
        let shader = Pattern::new(
            picture,
            SpreadMode::Repeat,
            FilterQuality::Bilinear,
            opacity,
            placed,
        );
        self.lay(shape, shader, blend);
    }

    fn lay(&mut self, shape: Shape, shader: Shader<'_>, blend_mode: BlendMode) {
        let Some(path) = shape.finish() else { return };
        self.trace(path.points());
        let paint = Paint {
            shader,
            blend_mode,
            anti_alias: true,
            ..Paint::default()
        };
        let transform = self.frame.post_scale(self.side, self.side);
        self.pixmap
            .fill_path(&path, &paint, FillRule::Winding, transform, None);
    }

    fn trace(&mut self, points: &[tiny_skia::Point]) {
        if let Some(traced) = &mut self.traced {
            let mut mapped = points.to_vec();
            self.frame.map_points(&mut mapped);
            traced.extend(mapped.iter().map(|point| [point.x, point.y]));
        }
    }
}

impl Texture {
    fn tile(self) -> &'static Pixmap {
        static MOTTLE: OnceLock<Pixmap> = OnceLock::new();
        static GRAIN: OnceLock<Pixmap> = OnceLock::new();
        match self {
            Self::Mottle => MOTTLE.get_or_init(|| {
                gray_tile(|x, y| {
                    let scale = 6.0 / TILE as f32;
                    let value = fractal(x as f32 * scale, y as f32 * scale, 4, 6, 11);
                    0.5 + (value - 0.5) * 2.2
                })
            }),
            Self::Grain => GRAIN.get_or_init(|| {
                gray_tile(|x, y| 0.5 * lattice(x, y, 5) + 0.5 * lattice(x / 2, y / 2, 6))
            }),
        }
    }
}

fn gray_tile(value: impl Fn(i32, i32) -> f32) -> Pixmap {
    let mut pixmap = Pixmap::new(TILE, TILE).expect("a tile has a positive side");
    for (index, pixel) in pixmap.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (index as u32 % TILE, index as u32 / TILE);
        let gray = (value(x.cast_signed(), y.cast_signed()).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        *pixel = tiny_skia::ColorU8::from_rgba(gray, gray, gray, 255).premultiply();
    }
    pixmap
}

fn solid(color: Color, opacity: f32) -> tiny_skia::Color {
    let clamp = |value: f32| value.clamp(0.0, 1.0);
    tiny_skia::Color::from_rgba(
        clamp(color.red),
        clamp(color.green),
        clamp(color.blue),
        clamp(opacity),
    )
    .unwrap_or(tiny_skia::Color::BLACK)
}

fn gradient_stops(stops: &[(f32, Color, f32)]) -> Vec<GradientStop> {
    stops
        .iter()
        .map(|(position, color, opacity)| GradientStop::new(*position, solid(*color, *opacity)))
        .collect()
}

fn place(point: Point) -> tiny_skia::Point {
    tiny_skia::Point::from_xy(point[0], point[1])
}
