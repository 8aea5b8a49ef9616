//! Rooms: a table with fruit on it, chairs, a wall of some color, a window or a lamp.

use super::canvas::{Canvas, Texture};
use super::color::{Color, WHITE, rgb, unguessable};
use super::dice::Dice;
use super::food::{Bowl, apple, banana, broccoli, contact, orange};
use super::light::{Light, Weather};
use super::room::{pendant, picture, wall, window};
use super::shape::{Point, Shape};

/// A room.
pub(super) fn paint(canvas: &mut Canvas, dice: &mut Dice) -> Light {
    let light = Light::new(Weather::Indoor, dice);
    let edge = dice.between(0.36, 0.66);
    wall(canvas, &light, edge, dice);
    if dice.chance(0.5) {
        window(canvas, &light, edge, dice);
    } else if dice.chance(0.6) {
        picture(canvas, &light, edge, dice);
    }
    if dice.chance(0.35) {
        pendant(canvas, &light, dice);
    }
    for side in [-1.0, 1.0] {
        if dice.chance(0.45) {
            let center = [0.5 + side * dice.between(0.2, 0.4), edge];
            chair(canvas, &light, center, dice.between(0.22, 0.34), dice);
        }
    }
    table(canvas, &light, edge, dice);
    setting(canvas, &light, edge, dice);
    light
}

fn chair(canvas: &mut Canvas, light: &Light, center: Point, height: f32, dice: &mut Dice) {
    let wood = if dice.chance(0.7) {
        rgb(0.47, 0.31, 0.17).varied(0.25, dice)
    } else {
        unguessable(0.2, 0.7, dice)
    };
    let half = height * 0.36;
    canvas.within(center, [half, height], 0.0, |canvas| {
        canvas.thing("chair", |canvas| {
            for side in [-1.0, 1.0] {
                let exposure = 0.5 + 0.4 * side * light.side;
                canvas.fill(
                    Shape::new().rectangle(side * 0.9 - 0.11, -1.0, 0.22, 1.25),
                    light.on(wood, exposure),
                );
            }
            for (y, thick) in [(-0.98, 0.17), (-0.6, 0.11), (-0.3, 0.11)] {
                canvas.shade(
                    Shape::new().rounded(-0.95, y, 1.9, thick, 0.04),
                    ([0.0, y], light.on(wood, 0.95)),
                    ([0.0, y + thick], light.on(wood, 0.3)),
                );
            }
            for x in [-0.4, 0.0, 0.4] {
                canvas.fill(
                    Shape::new().rectangle(x - 0.07, -0.85, 0.14, 1.0),
                    light.on(wood, 0.45),
                );
            }
        });
    });
}

fn table(canvas: &mut Canvas, light: &Light, edge: f32, dice: &mut Dice) {
    let cloth = dice.chance(0.25);
    let color = if cloth {
        unguessable(0.4, 0.85, dice)
    } else {
        rgb(0.68, 0.51, 0.34)
            .mix(rgb(0.36, 0.23, 0.14), dice.unit())
            .varied(0.1, dice)
    };
    let outline = [
        [-0.02, 1.02],
        [1.02, 1.02],
        [1.02, edge + 0.06],
        [0.97, edge],
        [0.03, edge],
        [-0.02, edge + 0.06],
    ];
    let surface = || Shape::new().polygon(&outline);
    canvas.thing("dining table", |canvas| {
        let reach = 0.5 * light.side;
        canvas.shade(
            surface(),
            ([0.5 + reach, edge], light.on(color.mix(WHITE, 0.10), 1.0)),
            ([0.5 - reach, 1.0], light.on(color.scaled(0.9), 0.5)),
        );
    });
    if cloth {
        if dice.chance(0.6) {
            check(canvas, light, edge, color, dice);
        }
    } else {
        canvas.texture(surface(), Texture::Mottle, [2.2, 0.16], 0.30, dice);
        let mut seams = Shape::new();
        for plank in 1..5 {
            let y = edge + (1.0 - edge) * (plank as f32 / 5.0) * (plank as f32 / 5.0).max(0.3);
            seams = seams.rectangle(-0.01, y, 1.02, 0.006);
        }
        canvas.multiply(seams, rgb(0.62, 0.58, 0.55));
    }
    canvas.soft(
        [0.5 + 0.4 * light.side, edge + 0.1],
        [0.5, 0.16],
        rgb(1.0, 0.98, 0.94),
        0.22,
    );
}

fn check(canvas: &mut Canvas, light: &Light, edge: f32, color: Color, dice: &mut Dice) {
    let dark = light.on(color.scaled(dice.between(0.6, 0.8)), 0.75);
    let mut bands = Shape::new();
    for step in 0..9 {
        let x = step as f32 / 4.0 - 0.5;
        let squeeze = |x: f32, share: f32| 0.5 + (x - 0.5) * share;
        bands = bands.polygon(&[
            [squeeze(x, 0.6), edge],
            [squeeze(x + 0.12, 0.6), edge],
            [squeeze(x + 0.12, 1.25), 1.02],
            [squeeze(x, 1.25), 1.02],
        ]);
    }
    canvas.veil(bands, dark, 0.5);
    let mut rows = Shape::new();
    for step in 0..4 {
        let t = step as f32 / 4.0;
        rows = rows.rectangle(
            -0.01,
            edge + (1.0 - edge) * t * (0.4 + 0.6 * t),
            1.02,
            0.03 + 0.07 * t,
        );
    }
    canvas.veil(rows, dark, 0.5);
}

/// What stands on the table, far things first.
fn setting(canvas: &mut Canvas, light: &Light, edge: f32, dice: &mut Dice) {
    let depth = 1.0 - edge;
    let size = dice.between(0.075, 0.14);
    if dice.chance(0.55) {
        let half = dice.between(0.18, 0.28);
        let center = [
            dice.between(half + 0.03, 0.97 - half),
            edge + depth * dice.between(0.05, 0.3),
        ];
        let bowl = Bowl::new(center, half, dice);
        bowl.back(canvas, light);
        let kind = dice.count(0, 3);
        let fruit = (half * 0.36).min(0.11);
        for (across, up) in [
            (-0.5, -0.08),
            (0.5, -0.08),
            (0.0, -0.3),
            (-0.25, 0.12),
            (0.28, 0.12),
        ] {
            let place = [center[0] + across * half, center[1] + up * half];
            // A bowl of one kind, or a mixed one.
            let kind = if kind == 3 { dice.count(0, 2) } else { kind };
            piece(
                canvas,
                light,
                (kind, place, fruit * dice.between(0.9, 1.1)),
                dice,
            );
        }
        bowl.front(canvas, light);
    }
    let mut places: Vec<f32> = (0..dice.count(1, 5))
        .map(|_| dice.between(0.25, 0.88))
        .collect();
    places.sort_by(f32::total_cmp);
    let favourite = dice.count(0, 3);
    for t in places {
        let place = [dice.between(0.1, 0.9), edge + depth * t];
        let grown = size * (0.7 + 0.55 * t);
        let kind = if dice.chance(0.6) {
            favourite
        } else {
            dice.count(0, 4)
        };
        piece(
            canvas,
            light,
            (kind, [place[0], place[1] - grown * 0.8], grown),
            dice,
        );
    }
}

fn piece(
    canvas: &mut Canvas,
    light: &Light,
    (kind, place, size): (usize, Point, f32),
    dice: &mut Dice,
) {
    match kind {
        0 => orange(canvas, light, (place, size), dice),
        1 => apple(canvas, light, (place, size), dice),
        2 => banana(canvas, light, (place, size * 1.5), dice),
        3 => broccoli(canvas, light, (place, size * 1.15), dice),
        _ => cup(canvas, light, (place, size), dice),
    }
}

fn cup(canvas: &mut Canvas, light: &Light, (center, size): (Point, f32), dice: &mut Dice) {
    let glaze = if dice.chance(0.3) {
        WHITE.scaled(0.93)
    } else {
        unguessable(0.2, 0.75, dice)
    };
    contact(canvas, light, center, [size * 0.7, size]);
    canvas.within(center, [size, size], 0.0, |canvas| {
        canvas.thing("cup", |canvas| {
            canvas.stroke(
                Shape::new().ellipse(0.72 * dice.sign(), 0.1, 0.26, 0.34),
                0.13,
                light.on(glaze, 0.5),
            );
            let reach = 0.6 * light.side;
            canvas.shade(
                Shape::new().smooth(&[
                    [-0.68, -0.8],
                    [-0.68, -0.7],
                    [-0.62, 0.6],
                    [-0.4, 0.95],
                    [0.4, 0.95],
                    [0.62, 0.6],
                    [0.68, -0.7],
                    [0.68, -0.8],
                ]),
                ([reach, 0.0], light.on(glaze, 1.0)),
                ([-reach, 0.0], light.on(glaze, 0.1)),
            );
            canvas.fill(
                Shape::new().ellipse(0.0, -0.74, 0.62, 0.17),
                light.on(glaze.scaled(0.8), 0.4),
            );
            canvas.fill(
                Shape::new().ellipse(0.0, -0.70, 0.53, 0.12),
                light.on(rgb(0.26, 0.16, 0.10), 0.6),
            );
        });
    });
}
