//! One plane of chroma as pixels: its bins, lines through gray, and a frame of the colors at its
//! edges.

use std::sync::Arc;

use image::{Rgb, RgbImage};

use super::super::axis::{Axis, Scale};
use super::super::diverging::Diverging;
use super::super::grid::{Page, Words};
use super::super::scene::{Align, Area, GROUND_SCALE, Mark};
use super::super::text::{self, Weight};
use super::super::theme::{Color, SMALL_SIZE, Theme};
use super::ChromaCounts;

/// Pixels per point.
const SCALE: f64 = GROUND_SCALE as f64;
/// Thickness of the frame, and of the line of background inside it, in pixels.
const FRAME: u32 = 10;
const RIM: u32 = 4;
/// The faintest that a bin with a pixel is drawn, so that it stands out from one without.
const FAINTEST: f64 = 0.1;
/// Powers of ten that colors span at most.
const DECADES: i32 = 6;

/// Which part of the plane is shown, and how large: the same for all planes of a figure.
pub(super) struct View {
    /// The first bin shown in each direction.
    first: [usize; 2],
    /// How many are.
    bins: [usize; 2],
    /// The bin of gray.
    gray: [usize; 2],
    bin_size: [f64; 2],
    /// Pixels across a bin.
    pixels: u32,
}

/// The fewest bins shown in a direction.
const FEWEST: usize = 15;

impl View {
    /// Shows gray and all bins that hold a pixel in any of `counts`, with `aim` points for the longer
    /// side.
    pub(super) fn new<'a>(
        counts: impl Iterator<Item = &'a ChromaCounts> + Clone,
        aim: f64,
    ) -> Self {
        let first = counts.clone().next();
        let all = first.map_or([1, 1], ChromaCounts::bins);
        let gray = all.map(|bins| bins / 2);
        let mut shown = gray.map(|bin| (bin, bin));
        for extent in counts.filter_map(ChromaCounts::extent) {
            for (shown, (low, high)) in shown.iter_mut().zip(extent) {
                *shown = (shown.0.min(low), shown.1.max(high));
            }
        }
        let longest = shown.map(|(low, high)| high - low);
        let least = (longest[0].max(longest[1]) / 2).max(FEWEST);
        let shown = [0, 1].map(|channel| {
            let (low, high) = shown[channel];
            let missing = least.saturating_sub(high - low);
            let low = low.saturating_sub(1 + missing / 2);
            let high = (high + 1 + missing.div_ceil(2)).min(all[channel] - 1);
            (low, high)
        });
        let bins = shown.map(|(low, high)| high - low + 1);
        Self {
            first: shown.map(|(low, _)| low),
            bins,
            gray,
            bin_size: first.map_or([1.0, 1.0], ChromaCounts::bin_size),
            // Even, so that a plane covers whole points.
            pixels: 2 * (aim / bins[0].max(bins[1]) as f64).round().max(1.0) as u32,
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

    /// The lowest and the highest chroma shown in a channel.
    fn limits(&self, channel: usize) -> [f64; 2] {
        let first = self.first[channel] as f64 - self.gray[channel] as f64 - 0.5;
        [first, first + self.bins[channel] as f64].map(|bins| bins * self.bin_size[channel])
    }

    fn labels(&self, channel: usize) -> [String; 2] {
        let limits = self.limits(channel);
        let most = limits[1].max(-limits[0]);
        let digits = (1.0 - most.log10().floor()).clamp(0.0, 6.0) as usize;
        limits.map(|limit| text::signed(limit, digits))
    }

    /// Width of the widest number beside a plane, in points.
    pub(super) fn widest_label(&self) -> f64 {
        self.labels(1)
            .map(|label| text::width(&label, SMALL_SIZE, Weight::Regular))
            .into_iter()
            .fold(0.0, f64::max)
    }

    /// Writes the second channel's name and range left of a plane.
    pub(super) fn write_up(&self, page: &mut Page, name: &str, plane: Area) {
        let style = Words::caption(page.theme);
        let edge = f64::from(FRAME + RIM) / SCALE;
        let x = plane.x - 6.0;
        let [low, high] = self.labels(1);
        let places = [
            (high, plane.y + edge + text::CAPITAL * SMALL_SIZE),
            (low, plane.bottom() - edge),
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
        let [low, high] = self.labels(0);
        page.write(&low, (plane.x + edge, baseline), Align::Left, third, style);
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

/// What color a share of all pixels has.
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

    /// The color at a place of the bar, from 0 to 1: one arm of the map that signed numbers have.
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

    pub(super) fn mark(&self, view: &View, ink: &Ink, theme: Theme) -> Mark {
        let [width, height] = view.pixels();
        let edge = FRAME + RIM;
        let page = rgb(theme.background());
        let line = rgb(theme.grid());
        let middle = |channel: usize| {
            let bins = view.gray[channel] as f64 - view.first[channel] as f64 + 0.5;
            (bins * f64::from(view.pixels)) as u32 + edge
        };
        let middle = [middle(0), height - middle(1)];
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let in_frame = |at: u32, length: u32, thick: u32| at < thick || at >= length - thick;
            if in_frame(x, width, FRAME) || in_frame(y, height, FRAME) {
                return Rgb((self.color)(view.chroma_at([x, y])));
            }
            if in_frame(x, width, edge) || in_frame(y, height, edge) {
                return page;
            }
            let column = ((x - edge) / view.pixels) as usize + view.first[0];
            // Rows of bins run up, rows of pixels down.
            let row = ((height - edge - 1 - y) / view.pixels) as usize + view.first[1];
            let share = self.counts.share([column, row]);
            if share > 0.0 {
                ink.at(ink.axis.share(100.0 * share))
            } else if x / 2 == middle[0] / 2 || y / 2 == middle[1] / 2 {
                line
            } else {
                page
            }
        });
        Mark::Ground {
            area: self.area(view),
            picture: Arc::new(picture),
        }
    }
}

impl View {
    /// The chroma at a pixel, that of the edge for the frame's.
    fn chroma_at(&self, pixel: [u32; 2]) -> [f64; 2] {
        let [width, height] = self.pixels();
        let edge = f64::from(FRAME + RIM);
        let share = |at: u32, length: u32| {
            let inside = f64::from(length) - 2.0 * edge;
            ((f64::from(at) + 0.5 - edge) / inside).clamp(0.0, 1.0)
        };
        let at = |share: f64, [low, high]: [f64; 2]| low + share * (high - low);
        [
            at(share(pixel[0], width), self.limits(0)),
            at(1.0 - share(pixel[1], height), self.limits(1)),
        ]
    }
}
