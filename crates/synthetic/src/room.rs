//! The walls of a room and what is on them.

use super::buildings::{Wall, front};
use super::canvas::{Canvas, Texture};
use super::color::{WHITE, rgb, unguessable};
use super::dice::Dice;
use super::light::{Light, Weather};
use super::shape::Shape;
use super::sky;

/// The wall behind, from the top of the frame to the table's far `edge`: painted, striped or brick.
pub(super) fn wall(canvas: &mut Canvas, light: &Light, edge: f32, dice: &mut Dice) {
    if dice.chance(0.15) {
        front(
            canvas,
            light,
            ([-0.01, -0.01], [1.02, edge + 0.05]),
            Wall::Brick,
            dice,
        );
    } else {
        let paint = unguessable(0.30, 0.80, dice);
        let luma = paint.luma();
        let color = paint.mix(rgb(luma, luma, luma), 0.4);
        let area = || Shape::new().rectangle(-0.01, -0.01, 1.02, edge + 0.05);
        let reach = 0.6 * light.side;
        canvas.shade(
            area(),
            ([0.5 + reach, 0.0], light.on(color, 0.95)),
            ([0.5 - reach, edge], light.on(color, 0.35)),
        );
        if dice.chance(0.3) {
            // Striped wallpaper.
            let stripe = color.scaled(dice.choose(&[0.85, 1.12]));
            let width = dice.between(0.025, 0.06);
            let mut stripes = Shape::new();
            let mut x = 0.0;
            while x < 1.0 {
                stripes = stripes.rectangle(x, -0.01, width, edge + 0.05);
                x += width * 2.0;
            }
            canvas.veil(stripes, light.on(stripe, 0.6), 0.6);
        }
        canvas.texture(area(), Texture::Mottle, [1.2, 1.2], 0.10, dice);
        if dice.chance(0.5) {
            let y = edge - dice.between(0.03, 0.1);
            canvas.fill(
                Shape::new().rectangle(-0.01, y, 1.02, 0.025),
                light.on(WHITE, 0.6),
            );
            canvas.fill(
                Shape::new().rectangle(-0.01, y + 0.025, 1.02, 0.2),
                light.on(rgb(0.46, 0.33, 0.22), 0.35),
            );
        }
    }
}

/// A window, with the weather outside it and perhaps curtains.
pub(super) fn window(canvas: &mut Canvas, light: &Light, edge: f32, dice: &mut Dice) {
    let outside = Light::new(dice.choose(&[Weather::Clear, Weather::Cloudy]), dice);
    let (width, height) = (dice.between(0.24, 0.42), edge * dice.between(0.55, 0.8));
    let x = (0.5 + light.side * 0.3 - width * 0.5).clamp(0.02, 0.98 - width);
    let y = edge * 0.08;
    let frame = light.on(WHITE, 0.8);
    canvas.fill(
        Shape::new().rectangle(x - 0.02, y - 0.02, width + 0.04, height + 0.04),
        frame,
    );
    canvas.shade(
        Shape::new().rectangle(x, y, width, height),
        ([x, y], outside.zenith),
        ([x, y + height], outside.horizon),
    );
    let mut hills = sky::ridge(0.0, 0.35, 3.0, dice);
    for point in &mut hills {
        point[0] = x + point[0].clamp(0.0, 1.0) * width;
        point[1] = y + height * (0.85 + point[1]).clamp(0.0, 1.0);
    }
    let count = hills.len();
    hills[count - 2] = [x + width, y + height];
    hills[count - 1] = [x, y + height];
    canvas.fill(
        Shape::new().polygon(&hills),
        outside.on(rgb(0.30, 0.42, 0.18), 0.8),
    );
    canvas.fill(
        Shape::new().rectangle(x + width * 0.5 - 0.008, y, 0.016, height),
        frame,
    );
    canvas.fill(
        Shape::new().rectangle(x, y + height * 0.45, width, 0.014),
        frame,
    );
    if dice.chance(0.6) {
        let cloth = unguessable(0.3, 0.75, dice);
        for side in [0.0, 1.0] {
            let left = x - 0.05 + side * (width + 0.02);
            for fold in 0..4 {
                canvas.veil(
                    Shape::new().rectangle(
                        left + 0.02 * fold as f32,
                        y - 0.04,
                        0.021,
                        height + 0.14,
                    ),
                    light.on(cloth, 0.3 + 0.5 * (fold % 2) as f32),
                    0.96,
                );
            }
        }
    }
    canvas.soft(
        [x + width * 0.5, y + height * 0.5],
        [0.6, 0.5],
        rgb(1.0, 0.98, 0.94),
        0.22,
    );
}

/// A framed picture of nothing in particular.
pub(super) fn picture(canvas: &mut Canvas, light: &Light, edge: f32, dice: &mut Dice) {
    let (width, height) = (dice.between(0.16, 0.34), edge * dice.between(0.35, 0.55));
    let (x, y) = (
        dice.between(0.08, 0.92 - width),
        edge * dice.between(0.12, 0.3),
    );
    let frame = dice.choose(&[
        rgb(0.40, 0.27, 0.15),
        rgb(0.14, 0.13, 0.12),
        rgb(0.66, 0.52, 0.28),
    ]);
    canvas.multiply(
        Shape::new().rectangle(
            x - 0.02 - light.side * 0.015,
            y,
            width + 0.04,
            height + 0.035,
        ),
        light.cast(),
    );
    canvas.fill(
        Shape::new().rectangle(x - 0.018, y - 0.018, width + 0.036, height + 0.036),
        light.on(frame, 0.7),
    );
    canvas.fill(
        Shape::new().rectangle(x, y, width, height),
        light.on(unguessable(0.3, 0.8, dice), 0.7),
    );
    for _ in 0..4 {
        let center = [
            x + width * dice.between(0.25, 0.75),
            y + height * dice.between(0.25, 0.75),
        ];
        let color = unguessable(0.2, 0.7, dice);
        canvas.fill(
            Shape::new().blob(
                center,
                width * dice.between(0.08, 0.22),
                height * dice.between(0.08, 0.22),
                0.3,
                dice,
            ),
            light.on(color, 0.7),
        );
    }
}

/// A lamp that hangs from the ceiling.
pub(super) fn pendant(canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
    let [x, y] = [dice.between(0.2, 0.8), dice.between(0.12, 0.24)];
    let shade = unguessable(0.3, 0.65, dice);
    canvas.stroke(
        Shape::new().line(&[[x, -0.01], [x, y]]),
        0.006,
        rgb(0.1, 0.1, 0.1),
    );
    canvas.soft([x, y + 0.06], [0.5, 0.4], rgb(1.0, 0.85, 0.58), 0.42);
    canvas.fill(
        Shape::new().ellipse(x, y + 0.068, 0.03, 0.02),
        rgb(1.0, 0.96, 0.84),
    );
    canvas.shade(
        Shape::new().polygon(&[
            [x - 0.03, y],
            [x + 0.03, y],
            [x + 0.10, y + 0.07],
            [x - 0.10, y + 0.07],
        ]),
        ([x, y], light.on(shade, 0.4)),
        ([x, y + 0.07], shade.scaled(1.1)),
    );
}
