//! One plane of chroma as pixels: its bins, lines through gray, and a frame of the colours at its
//! edges.

use image::{Rgb, RgbImage};

use super::super::axis::{Axis, Scale};
use super::super::diverging::Diverging;
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area};
use super::super::text::{self, Weight};
use super::super::theme::{Color, SMALL_SIZE, Theme};
use super::ChromaCounts;

/// Pixels a point, as many as the PNG files have.
const SCALE: f64 = 2.0;
/// Thickness of the frame, and of the line of background inside it, in pixels.
const FRAME: u32 = 12;
const RIM: u32 = 3;
/// The faintest that a bin with a pixel is drawn, so that it stands out from one without.
const FAINTEST: f64 = 0.1;
/// Powers of ten that colours span at most.
const DECADES: i32 = 6;

/// Which part of the plane is shown, and how large: the same for all planes of a figure.
pub(super) struct View {
    /// Bins shown in each direction, odd, gray in the middle.
    bins: [usize; 2],
    /// Bins there are in each direction.
    all: [usize; 2],
    bin_size: [f64; 2],
    /// Pixels across a bin.
    pixels: u32,
}

impl View {
    /// Shows all bins that hold a pixel in any of `counts`, with `aim` points for the longer side.
    pub(super) fn new<'a>(
        counts: impl Iterator<Item = &'a ChromaCounts> + Clone,
        aim: f64,
    ) -> Self {
        let first = counts.clone().next();
        let all = first.map_or([1, 1], ChromaCounts::bins);
        let bin_size = first.map_or([1.0, 1.0], ChromaCounts::bin_size);
        let mut reach = [4, 4];
        for counts in counts {
            let here = counts.reach();
            reach = [0, 1].map(|channel| here[channel].max(reach[channel]));
        }
        let farthest = reach[0].max(reach[1]);
        let bins = [0, 1].map(|channel| {
            let reach = reach[channel].max(farthest / 2) + 1;
            (2 * reach + 1).min(all[channel])
        });
        let longest = bins[0].max(bins[1]) as f64;
        Self {
            bins,
            all,
            bin_size,
            pixels: (SCALE * aim / longest).round().max(2.0) as u32,
        }
    }

    fn pixels(&self) -> [u32; 2] {
        self.bins
            .map(|bins| bins as u32 * self.pixels + 2 * (FRAME + RIM))
    }

    /// Width and height of a plane with its frame, in points.
    pub(super) fn size(&self) -> (f64, f64) {
        let [width, height] = self.pixels();
        (f64::from(width) / SCALE, f64::from(height) / SCALE)
    }

    /// The largest chroma shown in a channel.
    fn limit(&self, channel: usize) -> f64 {
        self.bins[channel] as f64 / 2.0 * self.bin_size[channel]
    }

    fn label(&self, channel: usize, sign: f64) -> String {
        let limit = self.limit(channel);
        let digits = (1.0 - limit.log10().floor()).clamp(0.0, 6.0) as usize;
        text::signed(sign * limit, digits)
    }

    /// Width of the widest number beside a plane, in points.
    pub(super) fn widest_label(&self) -> f64 {
        [-1.0, 1.0]
            .map(|sign| text::width(&self.label(1, sign), SMALL_SIZE, Weight::Regular))
            .into_iter()
            .fold(0.0, f64::max)
    }

    /// Writes the second channel's name and range left of a plane.
    pub(super) fn write_up(&self, page: &mut Page, name: &str, plane: Area) {
        let style = Words::caption(page.theme);
        let edge = f64::from(FRAME + RIM) / SCALE;
        let x = plane.x - 6.0;
        let places = [
            (
                self.label(1, 1.0),
                plane.y + edge + text::CAPITAL * SMALL_SIZE,
            ),
            (self.label(1, -1.0), plane.bottom() - edge),
        ];
        for (words, baseline) in places {
            page.write(&words, (x, baseline), Align::Right, f64::INFINITY, style);
        }
        let ink = Words {
            color: page.theme.ink(),
            ..style
        };
        let baseline = plane.y + f64::midpoint(plane.height, text::CAPITAL * SMALL_SIZE);
        let room = self.widest_label() + 4.0;
        page.write(name, (x, baseline), Align::Right, room, ink);
    }

    /// Writes the first channel's name and range under a plane.
    pub(super) fn write_across(&self, page: &mut Page, name: &str, plane: Area) {
        let style = Words::caption(page.theme);
        let edge = f64::from(FRAME + RIM) / SCALE;
        let baseline = plane.bottom() + 5.0 + text::ASCENT * SMALL_SIZE;
        let third = plane.width / 3.0;
        let low = self.label(0, -1.0);
        page.write(&low, (plane.x + edge, baseline), Align::Left, third, style);
        let high = self.label(0, 1.0);
        let at = (plane.right() - edge, baseline);
        page.write(&high, at, Align::Right, third, style);
        let ink = Words {
            color: page.theme.ink(),
            ..style
        };
        let middle = (plane.x + plane.width / 2.0, baseline);
        page.write(name, middle, Align::Center, third - 8.0, ink);
    }
}

/// What colour a share of all pixels has.
pub(super) struct Ink {
    map: Diverging,
    /// Of shares in percent.
    axis: Axis,
}

impl Ink {
    pub(super) fn new<'a>(counts: impl Iterator<Item = &'a ChromaCounts>, theme: Theme) -> Self {
        let (mut least, mut most) = (1.0_f64, f64::MIN_POSITIVE);
        for counts in counts.filter(|counts| counts.total() > 0) {
            let [across, up] = counts.bins();
            least = least.min(1.0 / counts.total() as f64);
            let bins = (0..up).flat_map(|y| (0..across).map(move |x| [x, y]));
            most = bins.map(|bin| counts.share(bin)).fold(most, f64::max);
        }
        let least = least.max(most / 10_f64.powi(DECADES));
        Self {
            map: Diverging::new(theme),
            axis: Axis::new(Scale::Log, 100.0 * least, 100.0 * most, 4, 0.0),
        }
    }

    pub(super) fn axis(&self) -> &Axis {
        &self.axis
    }

    /// The colour at a place of the bar, from 0 to 1: one arm of the map that signed numbers have.
    fn at(&self, place: f64) -> Rgb<u8> {
        rgb(self.map.color(-(FAINTEST + (1.0 - FAINTEST) * place)))
    }

    pub(super) fn bar(&self, width: u32, height: u32) -> RgbImage {
        let last = f64::from(width.max(2) - 1);
        RgbImage::from_fn(width, height, |x, _| self.at(f64::from(x) / last))
    }
}

fn rgb((red, green, blue): Color) -> Rgb<u8> {
    Rgb([red, green, blue])
}

/// A plane at its place.
pub(super) struct Plane<'a> {
    pub(super) counts: &'a ChromaCounts,
    pub(super) color: fn([f64; 2]) -> [u8; 3],
    /// Its upper left corner, in points.
    pub(super) corner: (f64, f64),
}

impl Plane<'_> {
    pub(super) fn area(&self, view: &View) -> Area {
        let (width, height) = view.size();
        Area {
            x: self.corner.0,
            y: self.corner.1,
            width,
            height,
        }
    }

    pub(super) fn picture(&self, view: &View, ink: &Ink, theme: Theme) -> RgbImage {
        let [width, height] = view.pixels();
        let edge = FRAME + RIM;
        let page = rgb(theme.background());
        let line = rgb(theme.grid());
        let first = [0, 1].map(|channel| (view.all[channel] - view.bins[channel]) / 2);
        let middle = [width / 2, height / 2];
        RgbImage::from_fn(width, height, |x, y| {
            let in_frame = |at: u32, length: u32, thick: u32| at < thick || at >= length - thick;
            if in_frame(x, width, FRAME) || in_frame(y, height, FRAME) {
                return Rgb((self.color)(view.chroma_at([x, y])));
            }
            if in_frame(x, width, edge) || in_frame(y, height, edge) {
                return page;
            }
            let column = ((x - edge) / view.pixels) as usize + first[0];
            // Rows of bins run up, rows of pixels down.
            let row = ((height - edge - 1 - y) / view.pixels) as usize + first[1];
            let share = self.counts.share([column, row]);
            if share > 0.0 {
                ink.at(ink.axis.share(100.0 * share))
            } else if x / 2 == middle[0] / 2 || y / 2 == middle[1] / 2 {
                line
            } else {
                page
            }
        })
    }
}

impl View {
    /// The chroma at a pixel, that of the edge for the frame's.
    fn chroma_at(&self, pixel: [u32; 2]) -> [f64; 2] {
        let [width, height] = self.pixels();
        let edge = f64::from(FRAME + RIM);
        let share = |at: u32, length: u32| {
            let inside = f64::from(length) - 2.0 * edge;
            ((f64::from(at) + 0.5 - edge) / inside).clamp(0.0, 1.0) * 2.0 - 1.0
        };
        [
            share(pixel[0], width) * self.limit(0),
            -share(pixel[1], height) * self.limit(1),
        ]
    }
}
