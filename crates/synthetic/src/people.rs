//! People, and what they hold over their heads or stand on.

use super::canvas::Canvas;
use super::color::{BLACK, Color, WHITE, rgb, unguessable};
use super::dice::{Dice, turn};
use super::ground::Stand;
use super::light::Light;
use super::shape::{Point, Shape};

/// How somebody is dressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dress {
    Street,
    Beach,
    Winter,
}

fn skin(dice: &mut Dice) -> Color {
    rgb(0.87, 0.67, 0.54).mix(rgb(0.42, 0.27, 0.19), dice.unit() * dice.unit() * 1.1)
}

fn hair(dice: &mut Dice) -> Color {
    dice.choose(&[
        rgb(0.12, 0.09, 0.07),
        rgb(0.25, 0.16, 0.10),
        rgb(0.38, 0.26, 0.15),
        rgb(0.70, 0.55, 0.32),
        rgb(0.55, 0.53, 0.50),
    ])
}

fn trousers(dice: &mut Dice) -> Color {
    dice.choose(&[
        rgb(0.19, 0.24, 0.34),
        rgb(0.24, 0.30, 0.40),
        rgb(0.14, 0.14, 0.15),
        rgb(0.46, 0.40, 0.31),
        rgb(0.30, 0.29, 0.28),
    ])
    .varied(0.15, dice)
}

/// Somebody standing or walking.
pub(super) fn person(
    canvas: &mut Canvas,
    light: &Light,
    stand: Stand,
    dress: Dress,
    dice: &mut Dice,
) {
    stand.shadow(canvas, light, 0.30);
    let unit = stand.height;
    let way = dice.sign();
    canvas.within(stand.foot, [unit * way, unit], 0.0, |canvas| {
        canvas.thing("person", |canvas| {
            figure(canvas, light, &stand, (dress, way), dice);
        });
    });
}

fn figure(
    canvas: &mut Canvas,
    light: &Light,
    stand: &Stand,
    (dress, way): (Dress, f32),
    dice: &mut Dice,
) {
    let sun = light.side * way;
    let skin = skin(dice);
    let shirt = unguessable(0.18, 0.72, dice);
    let legs = match dress {
        Dress::Street => trousers(dice),
        Dress::Beach => skin,
        Dress::Winter => trousers(dice).scaled(0.8),
    };
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    let stride = dice.between(0.02, 0.10);
    let (lit, dim) = if sun < 0.0 { (0.9, 0.3) } else { (0.3, 0.9) };
    // Shaded across: the side toward the sun is bright.
    let limb = |canvas: &mut Canvas, points: &[Point], color: Color, exposure: f32| {
        canvas.fill(Shape::new().polygon(points), tone(color, exposure));
    };
    for (side, exposure) in [(-1.0, lit), (1.0, dim)] {
        let ankle = side * (0.035 + stride);
        limb(
            canvas,
            &[
                [side * 0.005, -0.50],
                [side * 0.085, -0.50],
                [ankle + side * 0.03, -0.02],
                [ankle - side * 0.03, -0.02],
            ],
            legs,
            exposure,
        );
        canvas.fill(
            Shape::new().ellipse(ankle + 0.015, -0.015, 0.05, 0.022),
            tone(if dress == Dress::Beach { skin } else { BLACK }, exposure),
        );
    }
    let sleeve = match dress {
        Dress::Beach => skin,
        Dress::Street if dice.chance(0.5) => skin,
        _ => shirt,
    };
    let arm_spread = dice.between(0.02, 0.10);
    for (side, exposure) in [(-1.0, lit), (1.0, dim)] {
        let hand = [side * (0.14 + arm_spread), -0.47];
        canvas.stroke(
            Shape::new().line(&[
                [side * 0.115, -0.77],
                [side * (0.135 + arm_spread * 0.6), -0.62],
                hand,
            ]),
            0.055,
            tone(sleeve, exposure * 0.9),
        );
        canvas.fill(
            Shape::new().ellipse(hand[0], hand[1], 0.026, 0.03),
            tone(skin, exposure),
        );
    }
    torso(canvas, &tone, (dress, shirt, skin), (lit, dim), dice);
    canvas.fill(
        Shape::new().rectangle(-0.028, -0.89, 0.056, 0.06),
        tone(skin.scaled(0.85), 0.5),
    );
    canvas.shade(
        Shape::new().ellipse(0.0, -0.935, 0.062, 0.074),
        ([-0.05, -0.93], tone(skin, lit)),
        ([0.05, -0.93], tone(skin, dim)),
    );
    let cap = if dress == Dress::Winter {
        unguessable(0.2, 0.6, dice)
    } else {
        hair(dice)
    };
    canvas.fill(
        Shape::new().smooth(&[
            [-0.082, -0.92],
            [-0.078, -1.02],
            [0.0, -1.045],
            [0.078, -1.02],
            [0.082, -0.92],
            [0.03, -0.985],
            [-0.03, -0.985],
        ]),
        tone(cap, 0.6),
    );
}

/// Shoulders to hips, dressed or not.
fn torso(
    canvas: &mut Canvas,
    tone: &impl Fn(Color, f32) -> Color,
    (dress, cloth, skin): (Dress, Color, Color),
    (left, right): (f32, f32),
    dice: &mut Dice,
) {
    let bulk = if dress == Dress::Winter { 1.25 } else { 1.0 };
    let part = |canvas: &mut Canvas, (top, bottom): (f32, f32), color: Color| {
        // Half the width of a body at a height: shoulders, waist, hips.
        let half = |y: f32| {
            bulk * if y < -0.8 {
                0.118
            } else if y < -0.6 {
                0.092
            } else {
                0.100
            }
        };
        let neck = if top < -0.8 { 0.06 } else { half(top) };
        let middle = f32::midpoint(top, bottom);
        canvas.shade(
            Shape::new().polygon(&[
                [-neck, top],
                [-half(top), top + 0.03],
                [-half(middle), middle],
                [-half(bottom), bottom],
                [half(bottom), bottom],
                [half(middle), middle],
                [half(top), top + 0.03],
                [neck, top],
            ]),
            ([-0.11, top], tone(color, left)),
            ([0.11, bottom], tone(color, right)),
        );
    };
    let whole = (-0.855, -0.47);
    if dress == Dress::Beach {
        part(canvas, whole, skin);
        match dice.count(0, 3) {
            0 => part(canvas, (-0.855, -0.52), cloth),
            1 => {
                part(canvas, (-0.78, -0.71), cloth);
                part(canvas, (-0.56, -0.45), cloth);
            }
            2 => part(canvas, (-0.79, -0.45), cloth),
            _ => part(canvas, (-0.58, -0.38), cloth),
        }
    } else {
        part(canvas, whole, cloth);
    }
}

/// Somebody on skis, leaning into the slope.
pub(super) fn skier(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    let unit = stand.height;
    let lean = dice.around(0.0, 0.04);
    stand.shadow(canvas, light, 0.35);
    let ski = stand.tone(light, unguessable(0.2, 0.55, dice), 0.8);
    let pole = stand.tone(light, rgb(0.25, 0.25, 0.26), 0.5);
    let way = dice.sign();
    canvas.within(stand.foot, [unit * way, unit], lean, |canvas| {
        canvas.thing("skis", |canvas| {
            for y in [-0.012, 0.022] {
                canvas.stroke(
                    Shape::new().line(&[[-0.46, y - 0.02], [0.42, y + 0.03], [0.50, y - 0.02]]),
                    0.035,
                    ski,
                );
            }
        });
        for side in [-1.0, 1.0] {
            canvas.stroke(
                Shape::new().line(&[[side * 0.2, -0.47], [side * 0.32 - 0.08, 0.0]]),
                0.014,
                pole,
            );
        }
        canvas.thing("person", |canvas| {
            figure(canvas, light, &stand, (Dress::Winter, way), dice);
        });
    });
}

/// An umbrella stuck in the ground or held; `stand.height` is its height.
pub(super) fn umbrella(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    canvas.untraced(|canvas| {
        let [x, y] = stand.foot;
        let aside = if light.hard() { -light.side * 0.6 } else { 0.0 };
        canvas.soft(
            [x + aside * stand.height, y + 0.05 * stand.height],
            [stand.height * 0.72, stand.height * 0.17],
            light.cast().scaled(0.15),
            light.shadow * 1.6,
        );
    });
    let first = unguessable(0.22, 0.62, dice);
    let second = match dice.count(0, 2) {
        0 => WHITE.scaled(0.95),
        1 => unguessable(0.3, 0.7, dice),
        _ => first,
    };
    let unit = stand.height;
    let tilt = dice.around(0.0, 0.035);
    canvas.within(stand.foot, [unit, unit], tilt, |canvas| {
        canvas.stroke(
            Shape::new().line(&[[0.0, 0.0], [0.0, -0.97]]),
            0.022,
            stand.tone(light, rgb(0.72, 0.66, 0.56), 0.6),
        );
        canvas.thing("umbrella", |canvas| {
            let panels = 6;
            for panel in 0..panels {
                let from = panel as f32 / panels as f32;
                let to = (panel + 1) as f32 / panels as f32;
                // Ribs equally spaced around a circle, seen from the side.
                let edge = |t: f32| -turn(t * 0.5).0 * 0.56;
                let cloth = if panel % 2 == 0 { first } else { second };
                let outwards = edge(f32::midpoint(from, to)) / 0.56;
                let exposure = (0.55 + 0.45 * outwards * light.side).clamp(0.1, 1.0);
                let (left, right) = (edge(from), edge(to));
                let rim = |x: f32| -0.66 - 0.05 * (1.0 - x * x * 3.2).max(0.0);
                let curve =
                    |x: f32, t: f32| [x * t, -1.0 + (1.0 - (1.0 - t * t).sqrt()) * (rim(x) + 1.0)];
                let mut outline: Vec<Point> =
                    (0..=6).map(|step| curve(left, step as f32 / 6.0)).collect();
                outline.push([
                    f32::midpoint(left, right),
                    rim(f32::midpoint(left, right)) - 0.012,
                ]);
                outline.extend((0..=6).rev().map(|step| curve(right, step as f32 / 6.0)));
                canvas.fill(
                    Shape::new().polygon(&outline),
                    stand.tone(light, cloth, exposure),
                );
            }
        });
    });
}
