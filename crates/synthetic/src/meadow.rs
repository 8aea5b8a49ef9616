//! Meadows with cows or sheep, trees and hills.

use super::animals::{bird, cow, dog, sheep};
use super::buildings::cottage;
use super::canvas::{Canvas, Texture};
use super::color::{Color, rgb};
use super::dice::Dice;
use super::furniture::bench;
use super::ground::{Stand, blades, plane};
use super::light::Light;
use super::people::{Dress, person};
use super::plants::{bush, flowers, tree, wood};
use super::shape::Shape;
use super::sky;

/// A meadow.
pub(super) fn paint(canvas: &mut Canvas, dice: &mut Dice) -> Light {
    let light = Light::outdoors(dice);
    let horizon = dice.between(0.28, 0.58);
    sky::paint(canvas, &light, horizon, dice);
    let hills = dice.choose(&[
        rgb(0.28, 0.36, 0.20),
        rgb(0.36, 0.40, 0.22),
        rgb(0.42, 0.38, 0.25),
    ]);
    let height = dice.between(0.05, 0.2).min(horizon * 0.5);
    sky::far_land(canvas, &light, horizon, (hills, height), dice);
    if dice.chance(0.45) {
        wood(
            canvas,
            &light,
            (horizon - dice.between(0.05, 0.14), horizon + 0.015, 0.3),
            dice,
        );
    }
    // Fresh, or dry at summer's end.
    let grass = rgb(0.35, 0.46, 0.16)
        .mix(rgb(0.62, 0.55, 0.28), (dice.unit() * 1.5 - 0.6).max(0.0))
        .varied(0.1, dice);
    plane(canvas, &light, horizon, (grass, Texture::Mottle, 0.3), dice);
    cloud_shadow(canvas, &light, horizon, dice);
    if dice.chance(0.3) {
        path(canvas, &light, horizon, dice);
    }
    blades(
        canvas,
        &light,
        grass,
        (horizon + 0.02, 1.03, dice.between(0.05, 0.11)),
        dice,
    );
    if dice.chance(0.35) {
        flowers(canvas, &light, (horizon + 0.08, 1.0), dice);
    }
    if dice.chance(0.25) {
        let foot = [dice.between(0.15, 0.85), horizon + dice.between(0.01, 0.05)];
        cottage(
            canvas,
            &light,
            (foot, dice.between(0.14, 0.28), 0.2),
            false,
            dice,
        );
    }
    if dice.chance(0.35) {
        fence(canvas, &light, horizon + dice.between(0.05, 0.14), dice);
    }
    if dice.chance(0.12) {
        let foot = [dice.between(0.2, 0.8), horizon + dice.between(0.08, 0.16)];
        bench(canvas, &light, Stand::on_plane(foot, horizon, 0.55), dice);
    }
    inhabitants(canvas, &light, horizon, dice);
    light
}

/// Everything that stands on the grass, from far to near.
fn inhabitants(canvas: &mut Canvas, light: &Light, horizon: f32, dice: &mut Dice) {
    let cows = dice.chance(0.55);
    let mut herd: Vec<f32> = (0..dice.count(1, 6))
        .map(|_| horizon + (1.0 - horizon) * (0.06 + 0.62 * dice.unit() * dice.unit()))
        .collect();
    if dice.chance(0.45) {
        herd.push(dice.between(0.82, 0.95));
    }
    let trees: Vec<f32> = (0..dice.count(0, 3))
        .map(|_| horizon + (1.0 - horizon) * 0.30 * dice.unit())
        .collect();
    let mut all: Vec<(f32, bool)> = herd.into_iter().map(|y| (y, true)).collect();
    all.extend(trees.into_iter().map(|y| (y, false)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (y, animal) in all {
        let foot = [dice.between(0.06, 0.94), y];
        if !animal {
            let mut stand = Stand::on_plane(foot, horizon, dice.between(3.5, 5.5));
            stand.height = stand.height.clamp(0.14, 0.75);
            tree(canvas, light, stand, dice);
        } else if cows {
            cow(
                canvas,
                light,
                Stand::on_plane(foot, horizon, dice.between(0.72, 0.88)),
                dice,
            );
        } else {
            sheep(
                canvas,
                light,
                Stand::on_plane(foot, horizon, dice.between(0.5, 0.62)),
                dice,
            );
        }
    }
    if dice.chance(0.2) {
        let foot = [dice.between(0.1, 0.9), dice.between(horizon + 0.25, 0.95)];
        person(
            canvas,
            light,
            Stand::on_plane(foot, horizon, 1.05),
            Dress::Street,
            dice,
        );
        if dice.chance(0.6) {
            let beside = [foot[0] + 0.1, foot[1] + 0.01];
            dog(canvas, light, Stand::on_plane(beside, horizon, 0.35), dice);
        }
    }
    if dice.chance(0.3) {
        let foot = [dice.choose(&[0.0, 1.0]), 1.04];
        bush(
            canvas,
            light,
            Stand::new(foot, dice.between(0.2, 0.4), 0.0),
            1.6,
            dice,
        );
    }
    if dice.chance(0.3) {
        for _ in 0..dice.count(1, 4) {
            let center = [dice.unit(), horizon * dice.between(0.1, 0.7)];
            bird(canvas, light, (center, dice.between(0.02, 0.06)), dice);
        }
    }
}

fn cloud_shadow(canvas: &mut Canvas, light: &Light, horizon: f32, dice: &mut Dice) {
    if !light.hard() {
        return;
    }
    for _ in 0..dice.count(0, 2) {
        let t = dice.unit();
        let y = horizon + (1.0 - horizon) * (0.1 + 0.8 * t);
        canvas.soft(
            [dice.unit(), y],
            [dice.between(0.3, 0.8), 0.03 + 0.16 * t],
            rgb(0.05, 0.09, 0.05),
            0.4,
        );
    }
}

fn path(canvas: &mut Canvas, light: &Light, horizon: f32, dice: &mut Dice) {
    let bend = dice.between(0.2, 0.8);
    let foot = dice.between(0.2, 0.8);
    let earth: Color = rgb(0.62, 0.50, 0.36).varied(0.1, dice);
    let outline = || {
        Shape::new().smooth(&[
            [bend - 0.004, horizon + 0.01],
            [bend + 0.10, horizon + 0.10],
            [foot - 0.12, 0.85],
            [foot - 0.24, 1.15],
            [foot + 0.24, 1.15],
            [foot + 0.16, 0.85],
            [bend + 0.15, horizon + 0.10],
            [bend + 0.004, horizon + 0.01],
        ])
    };
    canvas.fill(outline(), light.on(earth, 0.85));
    canvas.texture(outline(), Texture::Grain, [0.4, 0.2], 0.25, dice);
}

fn fence(canvas: &mut Canvas, light: &Light, y: f32, dice: &mut Dice) {
    let wood = light.on(rgb(0.46, 0.38, 0.30).varied(0.15, dice), 0.55);
    let height = dice.between(0.035, 0.06);
    let slope = dice.around(0.0, 0.04);
    let posts = dice.count(7, 11);
    let at = |t: f32| [t * 1.1 - 0.05, y + slope * t];
    for post in 0..=posts {
        let [x, foot] = at(post as f32 / posts as f32);
        canvas.fill(
            Shape::new().rectangle(x - 0.004, foot - height, 0.008, height),
            wood,
        );
    }
    for rail in [0.85, 0.45] {
        let (left, right) = (at(0.0), at(1.0));
        canvas.stroke(
            Shape::new().line(&[
                [left[0], left[1] - height * rail],
                [right[0], right[1] - height * rail],
            ]),
            0.005,
            wood,
        );
    }
}
