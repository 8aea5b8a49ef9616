//! Beaches: sea to the horizon, sand, umbrellas, boats and kites.

use super::animals::bird;
use super::canvas::{Canvas, Texture};
use super::color::{Color, WHITE, rgb, unguessable};
use super::dice::Dice;
use super::ground::Stand;
use super::light::{Light, Weather};
use super::people::{Dress, person, umbrella};
use super::shape::{Point, Shape};
use super::vehicles::{boat, kite};
use super::{noise, sky};

/// A beach.
pub(super) fn paint(canvas: &mut Canvas, dice: &mut Dice) -> Light {
    let light = Light::outdoors(dice);
    let horizon = dice.between(0.26, 0.48);
    sky::paint(canvas, &light, horizon, dice);
    if dice.chance(0.35) {
        sky::far_land(canvas, &light, horizon, (rgb(0.36, 0.38, 0.32), 0.07), dice);
    }
    let shore = horizon + (1.0 - horizon) * dice.between(0.16, 0.5);
    let slope = dice.around(0.0, 0.16);
    sea(canvas, &light, (horizon, shore + slope.abs() + 0.05), dice);
    for _ in 0..dice.count(0, 3) {
        let far = dice.unit();
        let foot = [
            dice.between(0.05, 0.95),
            horizon + 0.006 + (shore - horizon) * 0.45 * far,
        ];
        let stand = Stand::new(foot, 0.05 + 0.17 * far, 0.25 * (1.0 - far));
        boat(canvas, &light, stand, dice);
    }
    sand(canvas, &light, (shore, slope), dice);
    things(canvas, &light, (horizon, shore + slope.abs() * 0.5), dice);
    if dice.chance(0.35) {
        for _ in 0..dice.count(1, 2) {
            let center = [dice.between(0.12, 0.88), dice.between(0.08, horizon * 0.75)];
            kite(canvas, &light, (center, dice.between(0.09, 0.2)), dice);
        }
    }
    if dice.chance(0.45) {
        for _ in 0..dice.count(1, 4) {
            let center = [dice.unit(), dice.between(0.06, horizon)];
            bird(canvas, &light, (center, dice.between(0.03, 0.08)), dice);
        }
    }
    light
}

/// The color of deep water under a sky: blue under blue, gray under gray, and lit by a sunset.
fn water(light: &Light) -> (Color, Color) {
    match light.weather {
        Weather::Clear => (rgb(0.13, 0.36, 0.52), rgb(0.28, 0.56, 0.60)),
        Weather::Dusk => (rgb(0.32, 0.30, 0.37), rgb(0.66, 0.50, 0.42)),
        _ => (rgb(0.40, 0.46, 0.48), rgb(0.52, 0.57, 0.57)),
    }
}

fn sea(canvas: &mut Canvas, light: &Light, (horizon, bottom): (f32, f32), dice: &mut Dice) {
    let (deep, shallow) = water(light);
    let (deep, shallow) = (deep.varied(0.1, dice), shallow.varied(0.1, dice));
    canvas.gradient(
        Shape::new().rectangle(-0.01, horizon, 1.02, bottom - horizon),
        [0.5, horizon],
        [0.5, bottom],
        &[
            (0.0, deep.mix(light.horizon, 0.22), 1.0),
            (0.25, deep, 1.0),
            (1.0, shallow, 1.0),
        ],
    );
    // Waves: dark troughs and bright crests, closer together toward the horizon.
    let (mut crests, mut troughs, mut glitter) = (Shape::new(), Shape::new(), Shape::new());
    let depth = bottom - horizon;
    let sun = 0.5 + 0.45 * light.side;
    for _ in 0..150 {
        let t = dice.unit();
        let y = horizon + depth * t * t.max(0.25);
        let near = (y - horizon) / depth;
        let half = 0.012 + 0.07 * near * dice.between(0.5, 1.2);
        let thick = 0.0014 + 0.006 * near;
        let x = dice.unit();
        match dice.count(0, 2) {
            0 => crests = crests.ellipse(x, y, half, thick),
            1 => troughs = troughs.ellipse(x, y, half, thick * 1.4),
            _ => {
                let x = sun + dice.around(0.0, 0.08 + 0.2 * near);
                glitter = glitter.ellipse(x, y, half * 0.4, thick);
            }
        }
    }
    canvas.veil(troughs, deep.scaled(0.72), 0.5);
    canvas.veil(crests, shallow.mix(light.horizon, 0.5), 0.45);
    match light.weather {
        Weather::Dusk => canvas.veil(glitter, rgb(1.0, 0.78, 0.48), 0.8),
        Weather::Clear => canvas.veil(glitter, rgb(0.97, 0.98, 0.97), 0.5),
        _ => {}
    }
    canvas.texture(
        Shape::new().rectangle(-0.01, horizon, 1.02, depth),
        Texture::Mottle,
        [0.9, 0.12],
        0.16,
        dice,
    );
    // Breakers before the shore.
    for breaker in 0..dice.count(1, 3) {
        let y = bottom - 0.05 - depth * 0.16 * (breaker as f32 + dice.unit());
        let seed = dice.bits();
        let thick = 0.010 + 0.012 * (y - horizon) / depth;
        let crest = |x: f32, up: f32| -> Point {
            let wobble = noise::fractal(x * 6.0, 0.3, 3, 0, seed) - 0.5;
            let foam = noise::fractal(x * 14.0, 3.3, 2, 0, seed);
            [x, y + wobble * 0.03 - up * thick * foam * 2.0]
        };
        let mut outline: Vec<Point> = (0..=32)
            .map(|step| crest(step as f32 / 32.0 * 1.04 - 0.02, 1.0))
            .collect();
        outline.extend(
            (0..=32)
                .rev()
                .map(|step| crest(step as f32 / 32.0 * 1.04 - 0.02, 0.0)),
        );
        canvas.veil(Shape::new().polygon(&outline), light.on(WHITE, 0.95), 0.85);
    }
}

fn sand(canvas: &mut Canvas, light: &Light, (shore, slope): (f32, f32), dice: &mut Dice) {
    let seed = dice.bits();
    let grain = rgb(0.82, 0.70, 0.51)
        .mix(rgb(0.72, 0.60, 0.45), dice.unit())
        .varied(0.06, dice);
    let edge = |x: f32, down: f32| -> Point {
        let wobble = noise::fractal(x * 3.0, 0.7, 3, 0, seed) - 0.5;
        [x, shore + slope * (x - 0.5) + wobble * 0.07 + down]
    };
    let below = |down: f32| {
        let mut outline: Vec<Point> = (0..=32)
            .map(|step| edge(step as f32 / 32.0 * 1.04 - 0.02, down))
            .collect();
        outline.extend([[1.02, 1.02], [-0.02, 1.02]]);
        Shape::new().polygon(&outline)
    };
    canvas.veil(below(-0.008), light.on(WHITE, 0.95), 0.85);
    canvas.fill(below(0.006), light.on(grain.scaled(0.62), 0.75));
    canvas.veil(below(0.02), light.on(grain.scaled(0.72), 0.8), 0.8);
    canvas.shade(
        below(0.05),
        ([0.5, shore], light.on(grain.scaled(0.95), 0.85)),
        ([0.5, 1.0], light.on(grain, 0.95)),
    );
    canvas.texture(below(0.05), Texture::Mottle, [0.7, 0.22], 0.18, dice);
    canvas.texture(below(0.05), Texture::Grain, [0.45, 0.4], 0.14, dice);
    // Footprints.
    let mut steps = Shape::new();
    for _ in 0..dice.count(0, 50) {
        let t = dice.unit();
        let size = 0.004 + 0.011 * t;
        steps = steps.ellipse(
            dice.unit(),
            shore + 0.1 + (1.0 - shore) * t,
            size,
            size * 0.4,
        );
    }
    canvas.multiply(steps, rgb(0.80, 0.79, 0.78));
}

/// People, umbrellas and towels, far ones first.
fn things(canvas: &mut Canvas, light: &Light, (horizon, shore): (f32, f32), dice: &mut Dice) {
    let mut places: Vec<f32> = (0..dice.count(1, 6))
        .map(|_| shore + 0.04 + (0.96 - shore) * dice.unit() * dice.between(0.5, 1.0))
        .collect();
    places.sort_by(f32::total_cmp);
    for y in places {
        let foot = [dice.between(0.06, 0.94), y.min(0.98)];
        let tall = dice.between(0.62, 0.80);
        match dice.count(0, 5) {
            0 | 1 => umbrella(
                canvas,
                light,
                Stand::on_plane(foot, horizon, tall * 1.35),
                dice,
            ),
            2 => towel(canvas, light, foot, (foot[1] - horizon) * 0.5, dice),
            _ => person(
                canvas,
                light,
                Stand::on_plane(foot, horizon, tall),
                Dress::Beach,
                dice,
            ),
        }
    }
}

fn towel(canvas: &mut Canvas, light: &Light, [x, y]: Point, size: f32, dice: &mut Dice) {
    let cloth = unguessable(0.25, 0.7, dice);
    let skew = dice.around(0.0, 0.3) * size;
    canvas.fill(
        Shape::new().polygon(&[
            [x - size * 0.6, y],
            [x - size * 0.4 + skew, y - size * 0.22],
            [x + size * 0.5 + skew, y - size * 0.2],
            [x + size * 0.45, y + 0.01],
        ]),
        light.on(cloth, 0.95),
    );
}
