//! Winter: snow, firs, mountains, skiers.

use super::animals::dog;
use super::buildings::cottage;
use super::canvas::{Canvas, Texture};
use super::color::{Color, rgb};
use super::dice::Dice;
use super::ground::Stand;
use super::light::{Light, Weather};
use super::people::{Dress, person, skier};
use super::plants::fir;
use super::shape::{Point, Shape};
use super::{noise, sky};

const SNOW: Color = rgb(0.93, 0.94, 0.96);

/// A winter day.
pub(super) fn paint(canvas: &mut Canvas, dice: &mut Dice) -> Light {
    let light = Light::outdoors(dice);
    let horizon = dice.between(0.30, 0.56);
    sky::paint(canvas, &light, horizon, dice);
    if dice.chance(0.65) {
        mountains(canvas, &light, horizon, dice);
    }
    if dice.chance(0.6) {
        let mut x = -0.02;
        while x < 1.02 {
            let stand = Stand::new([x, horizon + 0.02], dice.between(0.06, 0.15), 0.35);
            fir(canvas, &light, stand, 0.3, dice);
            x += dice.between(0.03, 0.07);
        }
    }
    ground(canvas, &light, horizon, dice);
    if dice.chance(0.35) {
        let foot = [dice.between(0.15, 0.85), horizon + dice.between(0.03, 0.10)];
        cottage(
            canvas,
            &light,
            (foot, dice.between(0.16, 0.34), 0.12),
            true,
            dice,
        );
    }
    let mut places: Vec<(f32, u32)> = Vec::new();
    for _ in 0..dice.count(1, 6) {
        places.push((
            horizon + (1.0 - horizon) * (0.05 + 0.5 * dice.unit() * dice.unit()),
            0,
        ));
    }
    for _ in 0..dice.count(1, 3) {
        places.push((horizon + (1.0 - horizon) * dice.between(0.15, 0.85), 1));
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (y, kind) in places {
        let foot = [dice.between(0.04, 0.96), y];
        if kind == 0 {
            let mut stand = Stand::on_plane(foot, horizon, dice.between(2.6, 4.6));
            stand.height = stand.height.clamp(0.12, 0.85);
            fir(canvas, &light, stand, 0.75, dice);
        } else if dice.chance(0.75) {
            skier(
                canvas,
                &light,
                Stand::on_plane(foot, horizon, dice.between(0.75, 0.95)),
                dice,
            );
        } else {
            person(
                canvas,
                &light,
                Stand::on_plane(foot, horizon, 0.85),
                Dress::Winter,
                dice,
            );
            if dice.chance(0.4) {
                let beside = [foot[0] + 0.12, foot[1] + 0.01];
                dog(canvas, &light, Stand::on_plane(beside, horizon, 0.3), dice);
            }
        }
    }
    if light.weather == Weather::Cloudy && dice.chance(0.6) {
        snowfall(canvas, dice);
    }
    light
}

fn ground(canvas: &mut Canvas, light: &Light, horizon: f32, dice: &mut Dice) {
    // Drifts, each lit from the sun's side and blue in its own shade.
    let drifts = dice.count(3, 5);
    for drift in 0..drifts {
        let t = drift as f32 / drifts as f32;
        let y = horizon + (1.0 - horizon) * t * t.max(0.3);
        let seed = dice.bits();
        let relief = 0.02 + 0.09 * t;
        let mut outline: Vec<Point> = (0..=24)
            .map(|step| {
                let x = step as f32 / 24.0 * 1.04 - 0.02;
                [
                    x,
                    y + (noise::fractal(x * 1.6, 0.4, 2, 0, seed) - 0.5) * relief,
                ]
            })
            .collect();
        outline.extend([[1.02, 1.03], [-0.02, 1.03]]);
        let shadow = light.on(SNOW.times(rgb(0.97, 1.0, 1.05)), 0.42);
        let bright = light.on(SNOW, 0.92);
        let (left, right) = if light.side < 0.0 {
            (bright, shadow)
        } else {
            (shadow, bright)
        };
        let way = dice.between(0.1, 0.3);
        let shape = || Shape::new().polygon(&outline);
        canvas.shade(
            shape(),
            (
                [0.1, y + way],
                light.far(left.mix(bright, 0.45), 0.15 * (1.0 - t)),
            ),
            (
                [0.9, y],
                light.far(right.mix(bright, 0.45), 0.15 * (1.0 - t)),
            ),
        );
        canvas.gradient(
            shape(),
            [0.5, y - relief * 0.5],
            [0.5, y + 0.30],
            &[(0.0, bright, 0.85), (0.6, bright, 0.1), (1.0, shadow, 0.35)],
        );
    }
    let area = || Shape::new().rectangle(-0.01, horizon + 0.04, 1.02, 1.0 - horizon);
    canvas.texture(area(), Texture::Mottle, [0.8, 0.25], 0.16, dice);
    canvas.texture(area(), Texture::Grain, [0.5, 0.4], 0.06, dice);
    if dice.chance(0.5) {
        // A pair of tracks.
        let (top, bottom) = (dice.between(0.2, 0.8), dice.between(0.1, 0.9));
        let tone = light.on(SNOW.times(rgb(0.95, 1.0, 1.06)), 0.3);
        for gap in [-1.0, 1.0] {
            canvas.veil(
                Shape::new().polygon(&[
                    [top + gap * 0.003, horizon + 0.04],
                    [bottom + gap * 0.04 - 0.010, 1.02],
                    [bottom + gap * 0.04 + 0.010, 1.02],
                ]),
                tone,
                0.7,
            );
        }
    }
}

fn mountains(canvas: &mut Canvas, light: &Light, horizon: f32, dice: &mut Dice) {
    let height = dice.between(0.18, 0.34).min(horizon * 0.85);
    let rock = rgb(0.44, 0.43, 0.44);
    for layer in 0..2 {
        let air = 0.5 - 0.2 * layer as f32;
        let peaks = sky::ridge(
            horizon + 0.03,
            height * (1.5 - 0.5 * layer as f32),
            dice.between(3.0, 5.5),
            dice,
        );
        let outline = Shape::new().polygon(&peaks);
        canvas.shade(
            outline,
            (
                [0.5, horizon - height],
                light.far(light.on(SNOW, 0.8), air * 0.8),
            ),
            (
                [0.5, horizon],
                light.far(light.on(rock.mix(SNOW, 0.25), 0.6), air),
            ),
        );
        // Flanks that look away from the sun, and rock that shows through.
        let (mut flanks, mut bare) = (Shape::new(), Shape::new());
        for pair in peaks.windows(2).take(48) {
            let falls = (pair[1][1] - pair[0][1]) * light.side.signum();
            let foot = horizon + 0.03;
            let [x, y] = pair[0];
            let reach = (foot - y) * dice.between(0.3, 0.8);
            let facet = [
                [x, y],
                pair[1],
                [pair[1][0] + 0.01, pair[1][1] + reach],
                [x - 0.01, y + reach * 0.8],
            ];
            if falls < 0.0 {
                flanks = flanks.polygon(&facet);
            } else if dice.chance(0.4) {
                bare = bare.polygon(&[
                    [x, y + reach * 0.5],
                    [x + 0.015, y + reach * 0.4],
                    [x + 0.03, y + reach * 1.4],
                ]);
            }
        }
        canvas.veil(
            flanks,
            light.far(light.on(SNOW.mix(rock, 0.35), 0.05), air),
            0.75,
        );
        canvas.veil(bare, light.far(light.on(rock, 0.4), air), 0.8);
    }
}

fn snowfall(canvas: &mut Canvas, dice: &mut Dice) {
    let mut flakes = Shape::new();
    for _ in 0..dice.count(60, 160) {
        let size = dice.between(0.002, 0.007);
        flakes = flakes.ellipse(dice.unit(), dice.unit(), size, size);
    }
    canvas.veil(flakes, rgb(0.98, 0.98, 0.98), 0.85);
}
