//! A plot's ground as pixels: grid lines and dots by the thousand, which as marks of their own would
//! make files of megabytes and a picture in which the last run covers the others.

use std::sync::Arc;

use image::{Rgb, RgbImage};

use super::axis::Axis;
use super::frame::{x_place, y_place};
use super::scene::{Area, GROUND_SCALE, Mark, Point};
use super::theme::{Color, Theme};

/// Pixels for an area of whole points.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    area: Area,
    picture: RgbImage,
}

impl Ground {
    /// An empty ground in the page's color.
    pub(super) fn new(area: Area, theme: Theme) -> Self {
        let (red, green, blue) = theme.background();
        let [width, height] = [area.width, area.height].map(|side| side as u32 * GROUND_SCALE);
        Self {
            area,
            picture: RgbImage::from_pixel(width, height, Rgb([red, green, blue])),
        }
    }

    /// The same pixels at another place.
    pub(super) fn moved(&self, area: Area) -> Self {
        Self {
            area,
            picture: self.picture.clone(),
        }
    }

    /// Lines a point wide at the ticks of both axes.
    pub(super) fn draw_grid(&mut self, x_axis: &Axis, y_axis: &Axis, color: Color) {
        let (width, height) = self.picture.dimensions();
        let ink = Rgb([color.0, color.1, color.2]);
        let first = |place: f64, start: f64| ((place.round() - start) * 2.0) as u32;
        for tick in &y_axis.ticks {
            let top = first(y_place(self.area, Some(y_axis), tick.value), self.area.y);
            for y in (top..top + GROUND_SCALE).take_while(|y| *y < height) {
                (0..width).for_each(|x| self.picture.put_pixel(x, y, ink));
            }
        }
        for tick in &x_axis.ticks {
            let left = first(x_place(self.area, Some(x_axis), tick.value), self.area.x);
            for x in (left..left + GROUND_SCALE).take_while(|x| *x < width) {
                (0..height).for_each(|y| self.picture.put_pixel(x, y, ink));
            }
        }
    }

    /// A disc with a soft edge, at a place of the page, `opacity` from 0 to 1. What would lie
    /// outside is cut off.
    pub(super) fn dot(&mut self, center: Point, radius: f64, color: Color, opacity: f64) {
        let scale = f64::from(GROUND_SCALE);
        let (x, y) = (
            (center.0 - self.area.x) * scale,
            (center.1 - self.area.y) * scale,
        );
        let radius = radius * scale;
        let (width, height) = self.picture.dimensions();
        let span = |middle: f64, end: u32| {
            let first = (middle - radius - 1.0).max(0.0) as u32;
            first..((middle + radius + 1.0).max(0.0).ceil() as u32).min(end)
        };
        for row in span(y, height) {
            for column in span(x, width) {
                let aside = (f64::from(column) + 0.5 - x).hypot(f64::from(row) + 0.5 - y);
                let strength = (radius + 0.5 - aside).clamp(0.0, 1.0) * opacity;
                if strength <= 0.0 {
                    continue;
                }
                let pixel = self.picture.get_pixel_mut(column, row);
                for (value, ink) in pixel.0.iter_mut().zip([color.0, color.1, color.2]) {
                    let page = f64::from(*value);
                    *value = (page + (f64::from(ink) - page) * strength).round() as u8;
                }
            }
        }
    }

    /// The ground as a mark.
    pub(super) fn into_mark(self) -> Mark {
        Mark::Ground {
            area: self.area,
            picture: Arc::new(self.picture),
        }
    }
}
