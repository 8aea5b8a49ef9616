//! Trees, firs, bushes and flowers.

use super::canvas::{Canvas, Texture};
use super::color::{Color, rgb};
use super::dice::{Dice, turn};
use super::ground::Stand;
use super::light::Light;
use super::shape::{Point, Shape};

/// Leaves are green; in some trees yellower, in a few, in autumn, brown.
pub(super) fn leaf_color(dice: &mut Dice) -> Color {
    let roll = dice.unit();
    let leaf = if roll < 0.64 {
        rgb(0.27, 0.40, 0.15)
    } else if roll < 0.93 {
        rgb(0.37, 0.45, 0.17)
    } else {
        rgb(0.58, 0.41, 0.17)
    };
    leaf.varied(0.18, dice)
}

/// A mass of leaves: dark inside and below, bright where the sun strikes.
pub(super) fn foliage(
    canvas: &mut Canvas,
    light: &Light,
    (center, half, far): (Point, [f32; 2], f32),
    color: Color,
    dice: &mut Dice,
) {
    let tone = |exposure: f32, gain: f32| light.far(light.on(color.scaled(gain), exposure), far);
    canvas.fill(
        Shape::new().blob(center, half[0] * 0.93, half[1] * 0.93, 0.16, dice),
        tone(0.08, 0.72),
    );
    // Leaves of each layer: how many, how large, how bright, how far shifted to the sun.
    let layers = [
        (34, 0.15, 0.10, 0.80, 0.0, 1.02),
        (40, 0.13, 0.38, 0.95, 0.10, 0.96),
        (34, 0.11, 0.72, 1.08, 0.24, 0.84),
        (20, 0.085, 1.0, 1.25, 0.36, 0.68),
    ];
    // A large mass has more leaves, not larger ones.
    let crowd = ((half[0] * half[1]).sqrt() / 0.09).clamp(0.6, 3.0);
    for (count, size, exposure, gain, shift, spread) in layers {
        let mut shape = Shape::new();
        let size = size / crowd.max(1.0).sqrt();
        for _ in 0..(count as f32 * crowd) as usize {
            let (cosine, sine) = turn(dice.unit());
            let reach = dice.unit().sqrt() * spread;
            let x = center[0] + half[0] * (cosine * reach + shift * light.side);
            let y = center[1] + half[1] * (sine * reach - shift);
            let size = size * dice.between(0.6, 1.3);
            shape = shape.blob([x, y], half[0] * size, half[1] * size * 0.8, 0.35, dice);
        }
        canvas.fill(shape, tone(exposure, gain * dice.around(1.0, 0.08)));
    }
}

/// A broad-leaved tree.
pub(super) fn tree(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    let [x, y] = stand.foot;
    let height = stand.height;
    let bark = rgb(0.36, 0.28, 0.21).varied(0.2, dice);
    stand.shadow(canvas, light, 0.5);
    let thick = height * dice.between(0.030, 0.055);
    let crown_bottom = y - height * dice.between(0.22, 0.4);
    let lean = dice.around(0.0, 0.04) * height;
    let dark = stand.tone(light, bark, 0.1);
    let lit = stand.tone(light, bark, 0.9);
    let (from, to) = if light.side < 0.0 {
        (lit, dark)
    } else {
        (dark, lit)
    };
    canvas.shade(
        Shape::new().polygon(&[
            [x - thick, y],
            [x - thick * 0.6 + lean, crown_bottom - height * 0.25],
            [x + thick * 0.6 + lean, crown_bottom - height * 0.25],
            [x + thick, y],
        ]),
        ([x - thick, y], from),
        ([x + thick, y], to),
    );
    let leaf = leaf_color(dice);
    let half_height = (crown_bottom - (y - height)) * 0.5;
    let half_width = half_height * dice.between(0.8, 1.25);
    let middle = crown_bottom - half_height;
    let masses = dice.count(1, 4);
    for mass in 0..masses {
        let aside = if masses == 1 {
            0.0
        } else {
            (mass as f32 / (masses - 1) as f32 - 0.5) * half_width * 0.9
        };
        let share = if masses == 1 {
            1.0
        } else {
            dice.between(0.6, 0.85)
        };
        let center = [
            x + lean + aside,
            middle + dice.around(0.0, 0.4) * half_height,
        ];
        foliage(
            canvas,
            light,
            (center, [half_width * share, half_height * share], stand.far),
            leaf,
            dice,
        );
    }
}

/// A branch that reaches in from the nearer side of the frame, as far as `tip`.
pub(super) fn branch(canvas: &mut Canvas, light: &Light, tip: Point, dice: &mut Dice) {
    let root = [
        if tip[0] < 0.5 { -0.05 } else { 1.05 },
        tip[1] - dice.between(0.1, 0.3),
    ];
    canvas.stroke(
        Shape::new().line(&[root, tip]),
        0.014,
        light.on(rgb(0.30, 0.23, 0.17), 0.3),
    );
    let leaf = leaf_color(dice);
    let masses = 4;
    for mass in 0..masses {
        let share = mass as f32 / (masses - 1) as f32;
        let center = [
            root[0] + (tip[0] - root[0]) * share,
            root[1] + (tip[1] - root[1]) * share + dice.around(0.0, 0.03),
        ];
        let half = 0.13 - 0.06 * share;
        foliage(canvas, light, (center, [half, half * 0.7], 0.0), leaf, dice);
    }
}

/// A fir: dark green tiers, in winter with snow upon them.
pub(super) fn fir(canvas: &mut Canvas, light: &Light, stand: Stand, snow: f32, dice: &mut Dice) {
    let [x, y] = stand.foot;
    let height = stand.height;
    let needle = rgb(0.15, 0.24, 0.16).varied(0.2, dice);
    stand.shadow(canvas, light, 0.35);
    let thick = height * 0.025;
    canvas.fill(
        Shape::new().rectangle(x - thick, y - height * 0.15, thick * 2.0, height * 0.15),
        stand.tone(light, rgb(0.30, 0.22, 0.17), 0.3),
    );
    let half = height * dice.between(0.20, 0.29);
    let tiers = 7;
    for tier in 0..tiers {
        let up = tier as f32 / tiers as f32;
        let reach = half * (1.0 - up * 0.93);
        let bottom = y - height * (0.08 + 0.86 * up);
        let top = bottom - height * 0.24;
        let jag = |dice: &mut Dice| dice.around(0.0, 0.014) * height;
        let mut outline = vec![[x, top]];
        for step in 0..=6 {
            let across = 1.0 - step as f32 / 3.0;
            let droop = across.abs() * height * 0.03;
            let notch = if step % 2 == 1 { height * -0.02 } else { 0.0 };
            outline.push([x + reach * across, bottom + droop + notch + jag(dice)]);
        }
        let gain = dice.around(1.0, 0.12);
        let dark = stand.tone(light, needle.scaled(gain * 0.75), 0.1);
        let lit = stand.tone(light, needle.scaled(gain * 1.2), 0.9);
        let (from, to) = if light.side < 0.0 {
            (lit, dark)
        } else {
            (dark, lit)
        };
        canvas.shade(
            Shape::new().polygon(&outline),
            ([x - reach, bottom], from),
            ([x + reach, bottom], to),
        );
        if dice.chance(snow) {
            let white = rgb(0.93, 0.94, 0.97);
            let sunny = if light.side < 0.0 { -1.0 } else { 1.0 };
            for (way, exposure) in [(-sunny, 0.25), (sunny, 0.95)] {
                let start = dice.between(0.1, 0.3);
                let end = dice.between(0.75, 0.98);
                let edge = |t: f32| {
                    [
                        x + way * reach * t,
                        top + (bottom - top) * (0.25 + 0.75 * t),
                    ]
                };
                canvas.fill(
                    Shape::new().smooth(&[
                        edge(start),
                        edge(end),
                        [edge(end)[0], edge(end)[1] + height * 0.018],
                        [
                            edge(0.5)[0] - way * reach * 0.08,
                            edge(0.5)[1] + height * 0.03,
                        ],
                        [edge(start)[0], edge(start)[1] + height * 0.03],
                    ]),
                    stand.tone(light, white, exposure),
                );
            }
        }
    }
}

/// A bush or a piece of hedge.
pub(super) fn bush(canvas: &mut Canvas, light: &Light, stand: Stand, width: f32, dice: &mut Dice) {
    let [x, y] = stand.foot;
    stand.shadow(canvas, light, width);
    let half = [stand.height * width * 0.5, stand.height * 0.55];
    let leaf = leaf_color(dice);
    foliage(
        canvas,
        light,
        ([x, y - stand.height * 0.48], half, stand.far),
        leaf,
        dice,
    );
}

/// A wall of leaves that fills the frame from `top` to `bottom`: the edge of a wood, a tall hedge.
pub(super) fn wood(
    canvas: &mut Canvas,
    light: &Light,
    (top, bottom, far): (f32, f32, f32),
    dice: &mut Dice,
) {
    let trees = dice.count(4, 7);
    // Whole woods turn more seldom than single trees.
    let leaf = if dice.chance(0.6) {
        rgb(0.27, 0.40, 0.15).varied(0.18, dice)
    } else {
        leaf_color(dice)
    };
    canvas.fill(
        Shape::new().rectangle(-0.01, top.midpoint(bottom), 1.02, (bottom - top) * 0.5),
        light.far(light.on(leaf.scaled(0.6), 0.1), far),
    );
    for index in 0..trees {
        let x = (index as f32 + dice.between(0.2, 0.8)) / trees as f32;
        let crown = top + (bottom - top) * dice.between(0.0, 0.3);
        let half = [
            dice.between(0.75, 1.1) / trees as f32,
            (bottom - crown) * 0.56,
        ];
        foliage(
            canvas,
            light,
            ([x, crown.midpoint(bottom)], half, far),
            leaf.varied(0.2, dice),
            dice,
        );
    }
    canvas.texture(
        Shape::new().rectangle(-0.01, top, 1.02, bottom - top),
        Texture::Mottle,
        [0.3, 0.3],
        0.14,
        dice,
    );
}

/// Flowers strewn over a meadow, white, yellow or red.
pub(super) fn flowers(
    canvas: &mut Canvas,
    light: &Light,
    (top, bottom): (f32, f32),
    dice: &mut Dice,
) {
    let petal = dice.choose(&[
        rgb(0.95, 0.94, 0.90),
        rgb(0.93, 0.80, 0.18),
        rgb(0.76, 0.18, 0.13),
    ]);
    let mut shape = Shape::new();
    for _ in 0..dice.count(30, 90) {
        let t = dice.unit();
        let size = 0.003 + 0.011 * t * t;
        shape = shape.ellipse(dice.unit(), top + (bottom - top) * t, size, size * 0.75);
    }
    canvas.fill(shape, light.on(petal, 0.95));
}
