//! Streets by day, most of them with a stop sign.

use super::animals::bird;
use super::buildings::{Wall, cottage, front, row};
use super::camera::Camera;
use super::canvas::{Canvas, Texture};
use super::color::{Color, rgb};
use super::dice::Dice;
use super::ground::{Stand, blades, plane};
use super::light::Light;
use super::plants::{branch, bush, tree, wood};
use super::road::{passers_by, pavement, road, traffic};
use super::shape::Shape;
use super::signs::{StopSign, lamp, other, shop, traffic_light};
use super::sky;

const GRASS: Color = rgb(0.34, 0.44, 0.17);

/// A street; `stop` says whether a stop sign stands there.
pub(super) fn paint(canvas: &mut Canvas, stop: bool, dice: &mut Dice) -> Light {
    let light = Light::outdoors(dice);
    let roll = dice.unit();
    let deep = roll < 0.82;
    if roll < 0.34 {
        city(canvas, &light, dice);
    } else if roll < 0.64 {
        suburb(canvas, &light, dice);
    } else if deep {
        country(canvas, &light, dice);
    } else {
        close(canvas, &light, dice);
    }
    if stop {
        stop_signs(canvas, &light, deep, dice);
    } else if dice.chance(0.7) {
        let height = dice.between(0.12, 0.34);
        let center = [dice.between(0.15, 0.85), dice.between(0.25, 0.45)];
        other(canvas, &light, (center, height), dice);
    }
    light
}

/// One sign, and where the street has depth sometimes another far away.
fn stop_signs(canvas: &mut Canvas, light: &Light, deep: bool, dice: &mut Dice) {
    // Mostly near, as people photograph them.
    let height = 0.17 + 0.33 * dice.unit().sqrt().min(dice.between(0.3, 1.0));
    let x = dice.between(0.06 + height * 0.5, 0.94 - height * 0.5);
    let y = dice.between(0.04 + height * 0.5, 0.52_f32.max(0.1 + height * 0.5));
    if deep && dice.chance(0.12) {
        let far = StopSign {
            center: [1.0 - x, y.midpoint(0.45)],
            height: height * 0.35,
            far: 0.12,
        };
        far.paint(canvas, light, dice);
    }
    let near = StopSign {
        center: [x, y],
        height,
        far: 0.0,
    };
    near.paint(canvas, light, dice);
    if dice.chance(0.10) {
        branch(canvas, light, [x, y - height * 0.42], dice);
    }
}

fn city(canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
    let horizon = dice.between(0.48, 0.64);
    let camera = Camera::new(horizon, dice);
    sky::paint(canvas, light, horizon, dice);
    sky::far_land(canvas, light, horizon, (rgb(0.45, 0.43, 0.42), 0.09), dice);
    let (half, wall) = (dice.between(3.4, 4.6), dice.between(6.0, 9.0));
    plane(
        canvas,
        light,
        horizon,
        (rgb(0.55, 0.53, 0.50), Texture::Grain, 0.2),
        dice,
    );
    // Sometimes one side is open.
    let open = if dice.chance(0.45) { dice.sign() } else { 0.0 };
    for side in [-1.0, 1.0] {
        if side * open > 0.0 {
            for z in [34.0, 22.0, 13.0] {
                let x = side * (wall + dice.between(0.0, 3.0));
                tree(
                    canvas,
                    light,
                    camera.stand(x, z, dice.between(5.0, 9.0)),
                    dice,
                );
            }
        } else {
            row(canvas, light, (&camera, side, wall), dice);
        }
    }
    pavement(canvas, light, &camera, (half, wall), dice);
    road(canvas, light, (&camera, half, false), dice);
    if dice.chance(0.5) {
        let side = dice.sign();
        for z in [40.0, 24.0, 15.0] {
            lamp(
                canvas,
                light,
                camera.stand(side * (half + 0.6), z, 6.5),
                -side,
            );
        }
    }
    traffic(canvas, light, &camera, half, dice);
    passers_by(canvas, light, &camera, (half + 0.5, wall - 0.7), dice);
    if dice.chance(0.22) {
        let x = dice.sign() * (half + 0.7);
        traffic_light(
            canvas,
            light,
            camera.stand(x, dice.between(6.0, 11.0), 4.4),
            dice,
        );
    }
    if dice.chance(0.35) {
        let center = [dice.choose(&[0.10, 0.9]), dice.between(0.22, 0.42)];
        shop(
            canvas,
            light,
            (center, [dice.between(0.05, 0.09), 0.035]),
            dice,
        );
    }
}

fn suburb(canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
    let horizon = dice.between(0.48, 0.62);
    let camera = Camera::new(horizon, dice);
    sky::paint(canvas, light, horizon, dice);
    if dice.chance(0.6) {
        wood(
            canvas,
            light,
            (horizon - dice.between(0.08, 0.22), horizon + 0.02, 0.25),
            dice,
        );
    }
    plane(canvas, light, horizon, (GRASS, Texture::Mottle, 0.26), dice);
    blades(canvas, light, GRASS, (horizon + 0.04, 1.02, 0.05), dice);
    let half = dice.between(3.2, 4.2);
    for z in [42.0, 26.0, 17.0] {
        for side in [-1.0, 1.0] {
            let foot = camera.see(side * dice.between(11.0, 15.0), 0.0, z);
            if dice.chance(0.75) {
                let width = camera.focal * dice.between(8.0, 12.0) / z;
                cottage(canvas, light, (foot, width, z / 130.0), false, dice);
            }
            if dice.chance(0.6) {
                let stand = camera.stand(
                    side * dice.between(6.5, 10.0),
                    z - 4.0,
                    dice.between(4.0, 9.0),
                );
                tree(canvas, light, stand, dice);
            }
        }
    }
    pavement(canvas, light, &camera, (half, half + 1.6), dice);
    road(canvas, light, (&camera, half, false), dice);
    traffic(canvas, light, &camera, half, dice);
    passers_by(canvas, light, &camera, (half + 0.4, half + 1.5), dice);
    if dice.chance(0.5) {
        let stand = camera.stand(
            dice.sign() * dice.between(5.0, 7.0),
            dice.between(6.0, 9.0),
            dice.between(1.0, 2.0),
        );
        bush(canvas, light, stand, dice.between(1.2, 2.2), dice);
    }
}

fn country(canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
    let horizon = dice.between(0.50, 0.68);
    let camera = Camera::new(horizon, dice);
    sky::paint(canvas, light, horizon, dice);
    let land = dice.choose(&[rgb(0.30, 0.38, 0.20), rgb(0.45, 0.40, 0.26)]);
    sky::far_land(canvas, light, horizon, (land, 0.13), dice);
    // Green in spring, straw in summer.
    let straw = dice.chance(0.4);
    let field = if straw { rgb(0.68, 0.56, 0.32) } else { GRASS };
    plane(canvas, light, horizon, (field, Texture::Mottle, 0.28), dice);
    blades(canvas, light, field, (horizon + 0.03, 1.02, 0.07), dice);
    for _ in 0..dice.count(1, 4) {
        let x = dice.sign() * dice.between(7.0, 22.0);
        tree(
            canvas,
            light,
            camera.stand(x, dice.between(18.0, 45.0), dice.between(5.0, 10.0)),
            dice,
        );
    }
    let dust = rgb(0.60, 0.50, 0.38);
    let half = dice.between(2.6, 3.8);
    canvas.veil(
        Shape::new().polygon(&camera.strip((-half - 1.0, half + 1.0), (0.6, 160.0))),
        light.on(dust, 0.8),
        0.75,
    );
    road(canvas, light, (&camera, half, false), dice);
    if dice.chance(0.5) {
        traffic(canvas, light, &camera, half, dice);
    }
    if dice.chance(0.3) {
        let center = [dice.between(0.1, 0.9), dice.between(0.08, 0.3)];
        bird(canvas, light, (center, dice.between(0.04, 0.09)), dice);
    }
}

/// Hardly any street: a wall, a hedge or nothing but sky behind.
fn close(canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
    let horizon = dice.between(0.7, 0.95);
    sky::paint(canvas, light, horizon, dice);
    match dice.count(0, 3) {
        0 => {
            let top = dice.between(-0.1, 0.35);
            let wall = Wall::any(dice);
            front(
                canvas,
                light,
                ([-0.01, top], [1.02, 1.02 - top]),
                wall,
                dice,
            );
        }
        1 => wood(canvas, light, (dice.between(0.05, 0.4), 1.02, 0.05), dice),
        2 => {
            wood(canvas, light, (dice.between(0.55, 0.75), 1.02, 0.12), dice);
            if dice.chance(0.5) {
                let x = dice.between(0.1, 0.9);
                let stand = Stand::new([x, 1.05], dice.between(0.7, 1.0), 0.05);
                tree(canvas, light, stand, dice);
            }
        }
        _ => {
            plane(canvas, light, horizon, (GRASS, Texture::Mottle, 0.26), dice);
            let foot = [dice.between(0.2, 0.8), horizon + 0.02];
            cottage(
                canvas,
                light,
                (foot, dice.between(0.5, 0.9), 0.05),
                false,
                dice,
            );
        }
    }
}
