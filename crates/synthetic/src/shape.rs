//! Outlines: what a thing's parts look like before they get a color.

use tiny_skia::{Path, PathBuilder, Rect};

use super::dice::{Dice, turn};

/// One or more closed outlines (or an open line, for strokes), in the coordinates of the current frame.
#[derive(Default)]
pub(super) struct Shape(PathBuilder);

/// A point: x to the right, y down.
pub(super) type Point = [f32; 2];

impl Shape {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn polygon(mut self, points: &[Point]) -> Self {
        self.trace(points);
        self.0.close();
        self
    }

    pub(super) fn line(mut self, points: &[Point]) -> Self {
        self.trace(points);
        self
    }

    fn trace(&mut self, points: &[Point]) {
        for (index, [x, y]) in points.iter().enumerate() {
            if index == 0 {
                self.0.move_to(*x, *y);
            } else {
                self.0.line_to(*x, *y);
            }
        }
    }

    pub(super) fn rectangle(mut self, x: f32, y: f32, width: f32, height: f32) -> Self {
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            self.0.push_rect(rect);
        }
        self
    }

    pub(super) fn ellipse(mut self, x: f32, y: f32, half_width: f32, half_height: f32) -> Self {
        if let Some(rect) = Rect::from_ltrb(
            x - half_width,
            y - half_height,
            x + half_width,
            y + half_height,
        ) {
            self.0.push_oval(rect);
        }
        self
    }

    /// A closed curve with `points` as its control polygon: corners come out round.
    pub(super) fn smooth(mut self, points: &[Point]) -> Self {
        let middle = |a: Point, b: Point| [f32::midpoint(a[0], b[0]), f32::midpoint(a[1], b[1])];
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return self;
        };
        let start = middle(*last, *first);
        self.0.move_to(start[0], start[1]);
        for (index, point) in points.iter().enumerate() {
            let next = points[(index + 1) % points.len()];
            let end = middle(*point, next);
            self.0.quad_to(point[0], point[1], end[0], end[1]);
        }
        self.0.close();
        self
    }

    /// An irregular round thing; `roughness` 0 is an ellipse, 0.3 a potato.
    pub(super) fn blob(
        self,
        center: Point,
        half_width: f32,
        half_height: f32,
        roughness: f32,
        dice: &mut Dice,
    ) -> Self {
        let phase = dice.unit();
        let points: [Point; 9] = std::array::from_fn(|step| {
            let (cosine, sine) = turn(phase + step as f32 / 9.0);
            // A control polygon lies outside its curve; 1.06 makes up for it.
            let reach = 1.06 * dice.around(1.0, roughness);
            [
                center[0] + cosine * half_width * reach,
                center[1] + sine * half_height * reach,
            ]
        });
        self.smooth(&points)
    }

    /// A regular polygon of `sides` with a flat top, `radius` to its corners.
    pub(super) fn regular(self, center: Point, radius: f32, sides: u16) -> Self {
        let points: Vec<Point> = (0..sides)
            .map(|side| {
                let (cosine, sine) = turn((f32::from(side) + 0.5) / f32::from(sides) - 0.25);
                [center[0] + cosine * radius, center[1] + sine * radius]
            })
            .collect();
        self.polygon(&points)
    }

    /// A rectangle with rounded corners.
    pub(super) fn rounded(mut self, x: f32, y: f32, width: f32, height: f32, radius: f32) -> Self {
        let (right, bottom) = (x + width, y + height);
        let builder = &mut self.0;
        builder.move_to(x + radius, y);
        builder.line_to(right - radius, y);
        builder.quad_to(right, y, right, y + radius);
        builder.line_to(right, bottom - radius);
        builder.quad_to(right, bottom, right - radius, bottom);
        builder.line_to(x + radius, bottom);
        builder.quad_to(x, bottom, x, bottom - radius);
        builder.line_to(x, y + radius);
        builder.quad_to(x, y, x + radius, y);
        builder.close();
        self
    }

    /// The path, or nothing where the shape is empty or not finite.
    pub(super) fn finish(self) -> Option<Path> {
        self.0.finish()
    }
}
