//! Cows, sheep, dogs and birds.

use super::canvas::Canvas;
use super::color::{BLACK, Color, WHITE, rgb};
use super::dice::{Dice, turn};
use super::ground::Stand;
use super::light::Light;
use super::shape::{Point, Shape};

/// A cow seen from the side, brown, or black and white.
pub(super) fn cow(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 1.3);
    let pied = dice.chance(0.4);
    let hide = if pied {
        rgb(0.90, 0.88, 0.84)
    } else {
        rgb(0.50, 0.29, 0.15)
            .mix(rgb(0.66, 0.45, 0.26), dice.unit())
            .varied(0.15, dice)
    };
    let patch = if dice.chance(0.7) {
        rgb(0.11, 0.10, 0.10)
    } else {
        rgb(0.40, 0.22, 0.13)
    };
    let grazing = dice.chance(0.45);
    let unit = stand.height;
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    canvas.within(stand.foot, [unit * dice.sign(), unit], 0.0, |canvas| {
        canvas.thing("cow", |canvas| {
            for (x, exposure) in [(-0.42, 0.1), (0.36, 0.1), (-0.52, 0.45), (0.27, 0.45)] {
                canvas.fill(
                    Shape::new().polygon(&[
                        [x - 0.06, -0.45],
                        [x + 0.07, -0.45],
                        [x + 0.035, 0.0],
                        [x - 0.035, 0.0],
                    ]),
                    tone(hide.scaled(0.9), exposure),
                );
            }
            canvas.shade(
                Shape::new().smooth(&[
                    [-0.66, -0.88],
                    [-0.72, -0.60],
                    [-0.60, -0.38],
                    [-0.15, -0.30],
                    [0.25, -0.36],
                    [0.50, -0.42],
                    [0.60, -0.72],
                    [0.45, -0.93],
                    [0.0, -0.90],
                    [-0.35, -0.95],
                ]),
                ([0.0, -0.92], tone(hide.scaled(1.08), 1.0)),
                ([0.0, -0.36], tone(hide.scaled(0.8), 0.1)),
            );
            if pied {
                let mut patches = Shape::new();
                for (x, y, size) in [
                    (-0.42, -0.70, 0.16),
                    (0.02, -0.66, 0.19),
                    (0.36, -0.66, 0.13),
                ] {
                    if dice.chance(0.85) {
                        patches = patches.blob([x, y], size, size * 0.9, 0.35, dice);
                    }
                }
                canvas.fill(patches, tone(patch, 0.6));
            }
            canvas.fill(
                Shape::new().ellipse(-0.22, -0.32, 0.08, 0.05),
                tone(rgb(0.84, 0.62, 0.55), 0.3),
            );
            canvas.stroke(
                Shape::new().line(&[[-0.66, -0.82], [-0.73, -0.60], [-0.71, -0.35]]),
                0.03,
                tone(hide.scaled(0.7), 0.4),
            );
            let head_color = if pied { patch } else { hide.scaled(0.95) };
            cow_head(canvas, &tone, (hide, head_color), grazing);
        });
    });
}

/// Neck and head, raised or in the grass.
fn cow_head(
    canvas: &mut Canvas,
    tone: &impl Fn(Color, f32) -> Color,
    (hide, head_color): (Color, Color),
    grazing: bool,
) {
    let (neck, head): ([Point; 4], [f32; 2]) = if grazing {
        (
            [[0.40, -0.85], [0.42, -0.50], [0.66, -0.20], [0.76, -0.34]],
            [0.74, -0.18],
        )
    } else {
        (
            [[0.36, -0.90], [0.46, -0.52], [0.70, -0.80], [0.64, -1.0]],
            [0.74, -0.88],
        )
    };
    canvas.fill(Shape::new().smooth(&neck), tone(hide, 0.6));
    canvas.fill(Shape::new().polygon(&neck), tone(hide, 0.6));
    canvas.within(
        head,
        [1.0, 1.0],
        if grazing { 0.16 } else { 0.09 },
        |canvas| {
            canvas.fill(
                Shape::new().ellipse(-0.12, -0.06, 0.08, 0.035),
                tone(head_color, 0.3),
            );
            canvas.shade(
                Shape::new().smooth(&[
                    [-0.14, -0.14],
                    [-0.14, 0.10],
                    [0.12, 0.09],
                    [0.22, 0.06],
                    [0.22, -0.06],
                    [0.08, -0.12],
                ]),
                ([0.0, -0.12], tone(head_color, 0.95)),
                ([0.0, 0.1], tone(head_color, 0.2)),
            );
            canvas.fill(
                Shape::new().ellipse(0.16, 0.01, 0.05, 0.06),
                tone(rgb(0.80, 0.66, 0.58), 0.6),
            );
            canvas.stroke(
                Shape::new().line(&[[-0.10, -0.10], [-0.08, -0.19], [-0.03, -0.22]]),
                0.022,
                tone(rgb(0.85, 0.80, 0.68), 0.7),
            );
        },
    );
}

/// A sheep: cream wool, dark or pale face.
pub(super) fn sheep(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 1.1);
    let wool = rgb(0.88, 0.82, 0.71).varied(0.08, dice);
    let face = if dice.chance(0.6) {
        rgb(0.17, 0.15, 0.14)
    } else {
        rgb(0.80, 0.74, 0.64)
    };
    let unit = stand.height;
    let way = dice.sign();
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    canvas.within(stand.foot, [unit * way, unit], 0.0, |canvas| {
        canvas.thing("sheep", |canvas| {
            for (x, exposure) in [(-0.30, 0.1), (0.26, 0.1), (-0.38, 0.5), (0.18, 0.5)] {
                canvas.fill(
                    Shape::new().rectangle(x - 0.035, -0.36, 0.07, 0.36),
                    tone(face, exposure),
                );
            }
            canvas.fill(
                Shape::new().blob([-0.05, -0.60], 0.56, 0.34, 0.08, dice),
                tone(wool, 0.2),
            );
            for (exposure, shift, count, size) in [(0.5, 0.0, 22, 0.13), (0.95, 0.10, 16, 0.11)] {
                let mut curls = Shape::new();
                for _ in 0..count {
                    let (cosine, sine) = turn(dice.unit());
                    let reach = dice.unit().sqrt() * 0.86;
                    curls = curls.ellipse(
                        -0.05 + 0.5 * cosine * reach + shift * light.side * way,
                        -0.60 + 0.28 * sine * reach - shift,
                        size,
                        size * 0.8,
                    );
                }
                canvas.fill(curls, tone(wool.scaled(1.02), exposure));
            }
            let low = if dice.chance(0.5) { 0.42 } else { 0.0 };
            canvas.shade(
                Shape::new().smooth(&[
                    [0.42, -0.86 + low],
                    [0.38, -0.58 + low],
                    [0.60, -0.50 + low],
                    [0.72, -0.58 + low],
                    [0.62, -0.84 + low],
                ]),
                ([0.5, -0.85 + low], tone(face, 0.95)),
                ([0.5, -0.5 + low], tone(face, 0.2)),
            );
            canvas.fill(
                Shape::new().ellipse(0.42, -0.76 + low, 0.09, 0.035),
                tone(face, 0.4),
            );
        });
    });
}

/// A dog seen from the side.
pub(super) fn dog(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 1.1);
    let coat = dice
        .choose(&[
            rgb(0.55, 0.38, 0.22),
            rgb(0.72, 0.55, 0.35),
            rgb(0.20, 0.16, 0.13),
            rgb(0.86, 0.82, 0.76),
        ])
        .varied(0.12, dice);
    let unit = stand.height;
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    canvas.within(stand.foot, [unit * dice.sign(), unit], 0.0, |canvas| {
        canvas.thing("dog", |canvas| {
            for (x, exposure) in [(-0.38, 0.15), (0.30, 0.15), (-0.46, 0.55), (0.22, 0.55)] {
                canvas.fill(
                    Shape::new().polygon(&[
                        [x - 0.06, -0.4],
                        [x + 0.06, -0.4],
                        [x + 0.03, 0.0],
                        [x - 0.03, 0.0],
                    ]),
                    tone(coat, exposure),
                );
            }
            canvas.shade(
                Shape::new().smooth(&[
                    [-0.58, -0.66],
                    [-0.52, -0.34],
                    [0.0, -0.34],
                    [0.42, -0.30],
                    [0.46, -0.70],
                    [0.0, -0.66],
                ]),
                ([0.0, -0.7], tone(coat, 1.0)),
                ([0.0, -0.32], tone(coat, 0.15)),
            );
            canvas.stroke(
                Shape::new().line(&[[-0.50, -0.58], [-0.66, -0.75], [-0.70, -0.92]]),
                0.06,
                tone(coat, 0.7),
            );
            canvas.fill(
                Shape::new().smooth(&[
                    [0.24, -0.62],
                    [0.34, -0.98],
                    [0.58, -1.02],
                    [0.80, -0.82],
                    [0.78, -0.74],
                    [0.52, -0.70],
                    [0.44, -0.5],
                ]),
                tone(coat, 0.75),
            );
            canvas.fill(
                Shape::new().ellipse(0.40, -0.84, 0.065, 0.13),
                tone(coat.scaled(0.6), 0.5),
            );
            canvas.fill(
                Shape::new().ellipse(0.75, -0.80, 0.035, 0.03),
                tone(BLACK, 0.5),
            );
        });
    });
}

/// A gull or a crow in the air; `size` is its span.
pub(super) fn bird(
    canvas: &mut Canvas,
    light: &Light,
    (center, size): (Point, f32),
    dice: &mut Dice,
) {
    let color = if dice.chance(0.6) {
        WHITE.scaled(0.94)
    } else {
        rgb(0.15, 0.14, 0.14)
    };
    let lift = dice.between(0.06, 0.3);
    canvas.within(
        center,
        [size * dice.sign(), size],
        dice.around(0.0, 0.05),
        |canvas| {
            canvas.thing("bird", |canvas| {
                for side in [-1.0, 1.0] {
                    canvas.fill(
                        Shape::new().smooth(&[
                            [0.0, -0.04],
                            [side * 0.25, -lift - 0.04],
                            [side * 0.55, -lift * 0.5],
                            [side * 0.25, -lift + 0.07],
                            [0.0, 0.05],
                        ]),
                        light.on(color, if side < 0.0 { 0.8 } else { 0.4 }),
                    );
                }
                canvas.fill(
                    Shape::new().ellipse(0.0, 0.0, 0.07, 0.05),
                    light.on(color, 0.5),
                );
            });
        },
    );
}
