//! The road itself, and who is on it: asphalt and markings, pavements, traffic, people.

use super::animals::dog;
use super::camera::Camera;
use super::canvas::{Canvas, Texture};
use super::color::{WHITE, rgb};
use super::dice::Dice;
use super::furniture::{bench, bin, hydrant};
use super::light::{Light, Weather};
use super::people::{Dress, person, umbrella};
use super::shape::Shape;
use super::vehicles::{bicycle, bus, car_front, car_side};

/// Asphalt with its markings, between pavements or verges `half` meters from the middle.
pub(super) fn road(
    canvas: &mut Canvas,
    light: &Light,
    (camera, half, wet): (&Camera, f32, bool),
    dice: &mut Dice,
) {
    let asphalt = rgb(0.41, 0.40, 0.395).varied(0.16, dice);
    let strip = || Shape::new().polygon(&camera.strip((-half, half), (0.6, 160.0)));
    let near = light.on(asphalt.scaled(if wet { 0.6 } else { 0.92 }), 0.85);
    let far = light.far(light.on(asphalt.scaled(1.1), 0.9), 0.35);
    canvas.shade(strip(), ([0.5, camera.vanish[1]], far), ([0.5, 1.0], near));
    canvas.texture(strip(), Texture::Grain, [0.5, 0.25], 0.15, dice);
    canvas.texture(strip(), Texture::Mottle, [0.9, 0.25], 0.17, dice);
    let paint = |color, gain: f32| light.on(color, gain);
    let yellow = rgb(0.86, 0.66, 0.18);
    let doubled = dice.chance(0.4);
    if doubled {
        for x in [-0.16, 0.10] {
            canvas.veil(
                Shape::new().polygon(&camera.strip((x, x + 0.11), (0.8, 120.0))),
                paint(yellow, 0.85),
                0.9,
            );
        }
    } else {
        let mut dashes = Shape::new();
        let mut z = dice.between(1.0, 4.0);
        while z < 90.0 {
            dashes = dashes.polygon(&camera.strip((-0.08, 0.08), (z, z + 2.6)));
            z += 6.5;
        }
        let line = if dice.chance(0.6) { yellow } else { WHITE };
        canvas.veil(dashes, paint(line, 0.85), 0.9);
    }
    let mut edges = Shape::new();
    for side in [-1.0, 1.0] {
        let x = side * half * 0.9;
        edges = edges.polygon(&camera.strip((x - 0.06, x + 0.06), (0.8, 120.0)));
    }
    canvas.veil(edges, paint(WHITE, 0.8), 0.7);
    if dice.chance(0.3) {
        let mut bar = Shape::new();
        let z = dice.between(3.5, 7.0);
        if dice.chance(0.5) {
            let mut x = -half * 0.9;
            while x < half * 0.85 {
                bar = bar.polygon(&camera.strip((x, x + 0.45), (z, z + 2.2)));
                x += 0.95;
            }
        } else {
            bar = bar.polygon(&camera.strip((0.2, half * 0.88), (z, z + 0.5)));
        }
        canvas.veil(bar, paint(WHITE, 0.85), 0.85);
    }
}

/// Slabs and a curb on both sides, between two distances from the middle.
pub(super) fn pavement(
    canvas: &mut Canvas,
    light: &Light,
    camera: &Camera,
    (inner, outer): (f32, f32),
    dice: &mut Dice,
) {
    let slab = rgb(0.62, 0.60, 0.56).varied(0.1, dice);
    for side in [-1.0, 1.0] {
        let strip =
            || Shape::new().polygon(&camera.strip((side * inner, side * outer), (0.6, 160.0)));
        canvas.shade(
            strip(),
            ([0.5, camera.vanish[1]], light.far(light.on(slab, 0.8), 0.3)),
            ([0.5, 1.0], light.on(slab, 0.75)),
        );
        canvas.texture(strip(), Texture::Grain, [0.6, 0.2], 0.2, dice);
        let mut joints = Shape::new();
        let mut z = 1.2;
        while z < 40.0 {
            joints = joints.polygon(&camera.strip((side * inner, side * outer), (z, z + 0.04)));
            z += 1.6;
        }
        canvas.veil(joints, light.on(slab.scaled(0.55), 0.5), 0.6);
        canvas.fill(
            Shape::new()
                .polygon(&camera.strip((side * inner, side * (inner + 0.22)), (0.6, 120.0))),
            light.on(rgb(0.70, 0.69, 0.66), 0.85),
        );
    }
}

/// Parked and moving cars, far ones first; now and then a bus.
pub(super) fn traffic(
    canvas: &mut Canvas,
    light: &Light,
    camera: &Camera,
    half: f32,
    dice: &mut Dice,
) {
    let mut places: Vec<f32> = (0..dice.count(0, 4))
        .map(|_| dice.between(5.0, 30.0))
        .collect();
    places.sort_by(|a, b| b.total_cmp(a));
    for z in places {
        let lane = dice.sign() * half * dice.between(0.45, 0.85);
        car_front(canvas, light, camera.stand(lane, z, 1.5), dice);
    }
    if dice.chance(0.22) {
        let x = dice.between(-4.0, 4.0);
        let z = dice.between(6.0, 11.0);
        if dice.chance(0.2) {
            bus(canvas, light, camera.stand(x, z + 3.0, 3.0), dice);
        } else {
            car_side(canvas, light, camera.stand(x, z, 1.5), dice);
        }
    }
}

/// People on the pavement, with what stands there: benches, hydrants, bins.
pub(super) fn passers_by(
    canvas: &mut Canvas,
    light: &Light,
    camera: &Camera,
    (inner, outer): (f32, f32),
    dice: &mut Dice,
) {
    let corner = dice.sign() * dice.between(inner, outer);
    match dice.count(0, 5) {
        0 => bench(
            canvas,
            light,
            camera.stand(corner, dice.between(8.0, 15.0), 0.95),
            dice,
        ),
        1 => hydrant(
            canvas,
            light,
            camera.stand(corner, dice.between(7.5, 12.0), 0.85),
            dice,
        ),
        2 => bin(
            canvas,
            light,
            camera.stand(corner, dice.between(7.5, 13.0), 1.15),
            dice,
        ),
        _ => {}
    }
    let mut places: Vec<f32> = (0..dice.count(0, 4))
        .map(|_| dice.between(6.0, 22.0))
        .collect();
    places.sort_by(|a, b| b.total_cmp(a));
    for z in places {
        let x = dice.sign() * dice.between(inner, outer);
        let stand = camera.stand(x, z, dice.between(1.55, 1.85));
        person(canvas, light, stand, Dress::Street, dice);
        let raining = light.weather == Weather::Cloudy && dice.chance(0.5);
        if raining {
            let mut cover = stand;
            cover.foot[1] -= stand.height * 0.45;
            cover.height = stand.height * 0.85;
            umbrella(canvas, light, cover, dice);
        }
        if dice.chance(0.15) {
            dog(canvas, light, camera.stand(x + 0.8, z - 0.2, 0.6), dice);
        }
        if dice.chance(0.15) {
            bicycle(canvas, light, camera.stand(x - 1.0, z - 0.1, 1.05), dice);
        }
    }
}
