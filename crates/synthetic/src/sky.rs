//! Skies: gradient, sun, clouds in perspective, and the land far away under them.

use tiny_skia::{BlendMode, Pixmap, PremultipliedColorU8};

use super::canvas::Canvas;
use super::color::{Color, rgb};
use super::dice::Dice;
use super::light::{Light, Weather};
use super::noise::{fractal, smoothstep};
use super::shape::{Point, Shape};

/// Paints the sky from the top of the frame to `horizon`.
pub(super) fn paint(canvas: &mut Canvas, light: &Light, horizon: f32, dice: &mut Dice) {
    let area = || Shape::new().rectangle(-0.01, -0.01, 1.02, horizon + 0.03);
    let middle = light.zenith.mix(light.horizon, 0.55);
    canvas.gradient(
        area(),
        [0.5, 0.0],
        [0.5 + 0.12 * light.side, horizon],
        &[
            (0.0, light.zenith, 1.0),
            (0.55, middle, 1.0),
            (1.0, light.horizon, 1.0),
        ],
    );
    let sun = [0.5 + 0.62 * light.side, horizon * dice.between(0.1, 0.5)];
    match light.weather {
        Weather::Clear => canvas.soft(sun, [0.6, 0.5], rgb(1.0, 0.98, 0.9), 0.4),
        Weather::Dusk => {
            let sun = [0.5 + 0.45 * light.side, horizon * dice.between(0.72, 0.97)];
            canvas.soft(sun, [0.75, 0.42], rgb(1.0, 0.62, 0.30), 0.75);
            if dice.chance(0.5) {
                canvas.soft(sun, [0.15, 0.15], rgb(1.0, 0.93, 0.72), 1.0);
            }
        }
        Weather::Night if dice.chance(0.35) => {
            let moon = [dice.between(0.1, 0.9), horizon * dice.between(0.1, 0.4)];
            canvas.soft(moon, [0.14, 0.14], rgb(0.55, 0.57, 0.6), 0.5);
            canvas.fill(
                Shape::new().ellipse(moon[0], moon[1], 0.028, 0.028),
                rgb(0.93, 0.92, 0.86),
            );
        }
        _ => {}
    }
    if light.clouds > 0.08 {
        let layer = clouds(light, dice);
        canvas.pattern(
            area(),
            layer.as_ref(),
            ([-0.01, -0.01], [1.02, horizon + 0.02]),
            1.0,
            BlendMode::SourceOver,
        );
    }
}

/// A sheet of clouds, seen from below, so that it thickens and flattens toward the horizon.
fn clouds(light: &Light, dice: &mut Dice) -> Pixmap {
    const WIDTH: u32 = 96;
    const HEIGHT: u32 = 56;
    let seed = dice.bits();
    let (lit, dark, solidity) = match light.weather {
        Weather::Dusk => (rgb(1.0, 0.70, 0.48), rgb(0.42, 0.36, 0.44), 0.85),
        Weather::Night => (rgb(0.20, 0.18, 0.19), rgb(0.10, 0.10, 0.12), 0.7),
        Weather::Cloudy => (
            light.zenith.scaled(1.10),
            light.zenith.scaled(dice.between(0.72, 0.9)),
            0.9,
        ),
        _ => (rgb(0.99, 0.99, 0.98), rgb(0.72, 0.75, 0.80), 0.95),
    };
    let threshold = 0.66 - 0.34 * light.clouds;
    let softness = dice.between(0.08, 0.2);
    let stretch = dice.between(0.9, 2.0);
    let wind = dice.between(0.0, 50.0);
    let density = |u: f32, altitude: f32| {
        let away = 1.0 / (0.16 + altitude);
        let x = (u - 0.5) * away * 2.4 / stretch + wind;
        let y = away * 2.2;
        fractal(x, y, 5, 0, seed)
    };
    let mut layer = Pixmap::new(WIDTH, HEIGHT).expect("a cloud layer has a positive size");
    for (index, pixel) in layer.pixels_mut().iter_mut().enumerate() {
        let u = ((index as u32 % WIDTH) as f32 + 0.5) / WIDTH as f32;
        let altitude = 1.0 - ((index as u32 / WIDTH) as f32 + 0.5) / HEIGHT as f32;
        let here = density(u, altitude);
        let cover = if light.weather == Weather::Cloudy {
            0.75
        } else {
            smoothstep(threshold - softness, threshold + softness, here)
        };
        if cover <= 0.0 {
            continue;
        }
        // Thinner cloud toward the sun means more light comes through.
        let sunward = density(u + 0.045 * light.side, altitude + 0.05);
        let brightness = (0.62 + (here - sunward) * 3.4 - (here - threshold) * 0.8).clamp(0.0, 1.0);
        let opacity = cover * solidity * smoothstep(0.0, 0.22, altitude);
        *pixel = premultiplied(dark.mix(lit, brightness), opacity);
    }
    layer
}

fn premultiplied(color: Color, opacity: f32) -> PremultipliedColorU8 {
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    tiny_skia::ColorU8::from_rgba(
        byte(color.red),
        byte(color.green),
        byte(color.blue),
        byte(opacity),
    )
    .premultiply()
}

/// The outline of hills, a forest's edge or mountains: from `base` up to `height` above it, closed below.
pub(super) fn ridge(base: f32, height: f32, detail: f32, dice: &mut Dice) -> Vec<Point> {
    let seed = dice.bits();
    let start = dice.between(0.0, 100.0);
    let mut points: Vec<Point> = (0..=48)
        .map(|step| {
            let x = step as f32 / 48.0;
            let rise = fractal(start + x * detail, 0.5, 4, 0, seed);
            [x * 1.04 - 0.02, base - height * rise]
        })
        .collect();
    points.push([1.02, base + 0.04]);
    points.push([-0.02, base + 0.04]);
    points
}

/// Two or three lines of far land, each paler than the next.
pub(super) fn far_land(
    canvas: &mut Canvas,
    light: &Light,
    horizon: f32,
    (color, height): (Color, f32),
    dice: &mut Dice,
) {
    let layers = dice.count(2, 3);
    for layer in 0..layers {
        let near = (layer + 1) as f32 / layers as f32;
        let land = color.varied(0.12, dice);
        let tone = light.far(light.on(land, 0.45), 0.72 - 0.5 * near);
        let points = ridge(
            horizon + 0.012 * near,
            height * (1.15 - 0.55 * near),
            dice.between(2.0, 4.0) + 2.0 * near,
            dice,
        );
        canvas.gradient(
            Shape::new().polygon(&points),
            [0.5, horizon - height],
            [0.5, horizon + 0.02],
            &[(0.0, tone, 1.0), (1.0, light.far(tone, 0.35), 1.0)],
        );
    }
}
