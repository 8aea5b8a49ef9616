//! Streets by night: lamps, lit windows, traffic lights, wet asphalt.

use super::buildings::row;
use super::camera::Camera;
use super::canvas::{Canvas, Texture};
use super::color::rgb;
use super::dice::Dice;
use super::ground::plane;
use super::light::{Light, Weather};
use super::people::{Dress, person};
use super::road::{road, traffic};
use super::shape::Shape;
use super::signs::{lamp, shop, traffic_light};
use super::sky;
use super::vehicles::car_side;

/// A street at night.
pub(super) fn paint(canvas: &mut Canvas, dice: &mut Dice) -> Light {
    let light = Light::new(Weather::Night, dice);
    let horizon = dice.between(0.46, 0.62);
    let camera = Camera::new(horizon, dice);
    sky::paint(canvas, &light, horizon, dice);
    sky::far_land(canvas, &light, horizon, (rgb(0.2, 0.2, 0.2), 0.08), dice);
    plane(
        canvas,
        &light,
        horizon,
        (rgb(0.5, 0.48, 0.45), Texture::Grain, 0.2),
        dice,
    );
    let half = dice.between(3.4, 4.8);
    let wall = dice.between(6.5, 9.5);
    let open = if dice.chance(0.35) { dice.sign() } else { 0.0 };
    for side in [-1.0, 1.0] {
        if side * open <= 0.0 {
            row(canvas, &light, (&camera, side, wall), dice);
        }
    }
    let wet = dice.chance(0.6);
    road(canvas, &light, (&camera, half, wet), dice);
    let side = if open == 0.0 { dice.sign() } else { open };
    let warm = rgb(1.0, 0.70, 0.34);
    for z in [46.0, 28.0, 17.0, 10.0] {
        let stand = camera.stand(side * (half + 0.7), z, 6.0);
        if wet {
            // Its reflection, drawn out toward the viewer.
            let x = stand.foot[0] - side * stand.height * 0.2;
            canvas.soft(
                [x, stand.foot[1] + stand.height * 0.4],
                [stand.height * 0.07, stand.height * 0.55],
                warm,
                0.5,
            );
        }
        lamp(canvas, &light, stand, -side);
    }
    for _ in 0..dice.count(1, 3) {
        let left = dice.chance(0.5);
        let x = if left {
            dice.between(0.03, 0.28)
        } else {
            dice.between(0.72, 0.97)
        };
        let center = [x, horizon - dice.between(0.06, 0.26)];
        let size = [dice.between(0.04, 0.09), dice.between(0.018, 0.036)];
        shop(canvas, &light, (center, size), dice);
    }
    traffic(canvas, &light, &camera, half, dice);
    if dice.chance(0.35) {
        car_side(
            canvas,
            &light,
            camera.stand(dice.between(-3.0, 3.0), dice.between(6.0, 9.0), 1.5),
            dice,
        );
    }
    for _ in 0..dice.count(0, 3) {
        let x = dice.sign() * dice.between(half + 0.4, wall - 0.5);
        person(
            canvas,
            &light,
            camera.stand(x, dice.between(4.5, 12.0), 1.72),
            Dress::Street,
            dice,
        );
    }
    if dice.chance(0.7) {
        let x = dice.sign() * dice.between(1.5, half + 0.8);
        let stand = camera.stand(x, dice.between(4.5, 8.0), 4.2);
        traffic_light(canvas, &light, stand, dice);
    }
    if wet && dice.chance(0.5) {
        canvas.veil(
            Shape::new().rectangle(-0.01, horizon, 1.02, 1.0 - horizon),
            rgb(0.5, 0.42, 0.32),
            0.06,
        );
    }
    light
}
