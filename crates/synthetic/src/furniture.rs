//! What stands about in streets and gardens.

use super::canvas::Canvas;
use super::color::{WHITE, rgb, unguessable};
use super::dice::Dice;
use super::ground::Stand;
use super::light::Light;
use super::shape::Shape;

/// A wooden bench seen from the front.
pub(super) fn bench(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 1.9);
    let wood = rgb(0.52, 0.36, 0.21).varied(0.2, dice);
    let iron = stand.tone(light, rgb(0.18, 0.18, 0.18), 0.4);
    let unit = stand.height;
    canvas.within(stand.foot, [unit, unit], 0.0, |canvas| {
        canvas.thing("bench", |canvas| {
            for x in [-0.78, 0.70] {
                canvas.fill(Shape::new().rectangle(x, -0.95, 0.08, 0.95), iron);
            }
            for (y, thick, exposure) in [
                (-1.0, 0.13, 0.6),
                (-0.82, 0.13, 0.5),
                (-0.50, 0.07, 1.0),
                (-0.42, 0.09, 0.35),
            ] {
                canvas.fill(
                    Shape::new().rectangle(-0.95, y, 1.9, thick),
                    stand.tone(light, wood, exposure),
                );
            }
        });
    });
}

/// A fire hydrant: red, sometimes yellow, which is brighter in gray.
pub(super) fn hydrant(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 0.6);
    let paint = if dice.chance(0.65) {
        rgb(0.70, 0.12, 0.10)
    } else {
        rgb(0.90, 0.72, 0.18)
    }
    .varied(0.1, dice);
    let unit = stand.height;
    let tone = |exposure: f32| stand.tone(light, paint, exposure);
    let (left, right) = if light.side < 0.0 {
        (1.0, 0.2)
    } else {
        (0.2, 1.0)
    };
    canvas.within(stand.foot, [unit, unit], 0.0, |canvas| {
        canvas.thing("fire hydrant", |canvas| {
            for (x, y, width, height) in [
                (-0.26, -0.12, 0.52, 0.12),
                (-0.34, -0.62, 0.68, 0.16),
                (-0.18, -0.80, 0.36, 0.72),
                (-0.23, -0.82, 0.46, 0.09),
            ] {
                canvas.shade(
                    Shape::new().rounded(x, y, width, height, 0.03),
                    ([x, y], tone(left)),
                    ([x + width, y], tone(right)),
                );
            }
            canvas.fill(Shape::new().ellipse(0.0, -0.82, 0.17, 0.15), tone(0.7));
        });
    });
}

/// A bin or a letter box, of any color.
pub(super) fn bin(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 0.7);
    let paint = unguessable(0.18, 0.6, dice);
    let unit = stand.height;
    let tone = |exposure: f32| stand.tone(light, paint, exposure);
    let (left, right) = if light.side < 0.0 {
        (0.95, 0.3)
    } else {
        (0.3, 0.95)
    };
    canvas.within(stand.foot, [unit, unit], 0.0, |canvas| {
        canvas.shade(
            Shape::new().polygon(&[[-0.30, -0.9], [0.30, -0.9], [0.25, 0.0], [-0.25, 0.0]]),
            ([-0.3, 0.0], tone(left)),
            ([0.3, 0.0], tone(right)),
        );
        canvas.fill(
            Shape::new().rounded(-0.34, -1.0, 0.68, 0.13, 0.05),
            tone(0.9),
        );
        canvas.fill(
            Shape::new().rectangle(-0.12, -0.66, 0.24, 0.16),
            stand.tone(light, WHITE, 0.6),
        );
    });
}
