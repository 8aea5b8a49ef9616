//! Walls, windows, roofs: houses along a street and alone in a field.

use super::camera::Camera;
use super::canvas::{Canvas, Texture};
use super::color::{Color, WHITE, rgb, unguessable};
use super::dice::Dice;
use super::light::{Light, Weather};
use super::shape::{Point, Shape};

/// What a wall is made of. Brick shows its courses, stone is gray; plaster may be painted any color.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wall {
    Brick,
    Stone,
    Plaster,
}

impl Wall {
    pub(super) fn any(dice: &mut Dice) -> Self {
        dice.choose(&[
            Self::Brick,
            Self::Brick,
            Self::Stone,
            Self::Plaster,
            Self::Plaster,
        ])
    }

    pub(super) fn color(self, dice: &mut Dice) -> Color {
        match self {
            Self::Brick => rgb(0.55, 0.31, 0.22).varied(0.16, dice),
            Self::Stone => rgb(0.64, 0.61, 0.56).varied(0.16, dice),
            Self::Plaster => {
                let paint = unguessable(0.38, 0.78, dice);
                let luma = paint.luma();
                paint.mix(rgb(luma, luma, luma), 0.45)
            }
        }
    }
}

/// A wall that looks at the viewer, from (x, y) to (x + width, y + height), with its courses.
pub(super) fn front(
    canvas: &mut Canvas,
    light: &Light,
    (corner, size): (Point, [f32; 2]),
    wall: Wall,
    dice: &mut Dice,
) {
    let color = wall.color(dice);
    let [x, y] = corner;
    let exposure = dice.between(0.4, 0.9);
    let area = || Shape::new().rectangle(x, y, size[0], size[1]);
    let left = light.on(color, (exposure - 0.12 * light.side).clamp(0.0, 1.0));
    let right = light.on(color, (exposure + 0.12 * light.side).clamp(0.0, 1.0));
    canvas.shade(area(), ([x, y], left), ([x + size[0], y + size[1]], right));
    if wall == Wall::Brick {
        let course = dice.between(0.026, 0.042);
        let mortar = light.on(color.mix(rgb(0.72, 0.68, 0.62), 0.55), exposure);
        let rows = (size[1] / course) as usize + 1;
        let columns = (size[0] / (course * 2.4)) as usize + 2;
        let mut odd_bricks = Shape::new();
        let mut joints = Shape::new();
        for row in 0..rows {
            let top = y + row as f32 * course;
            joints = joints.rectangle(x, top, size[0], course * 0.13);
            for column in 0..columns {
                let start = x + (column as f32 - 0.5 * (row % 2) as f32) * course * 2.4;
                joints = joints.rectangle(start, top, course * 0.13, course);
                if dice.chance(0.22) {
                    odd_bricks = odd_bricks.rectangle(start, top, course * 2.4, course);
                }
            }
        }
        canvas.veil(odd_bricks, light.on(color.scaled(0.62), exposure), 0.7);
        canvas.veil(joints, mortar, 0.75);
    }
    canvas.texture(area(), Texture::Mottle, [0.8, 0.8], 0.11, dice);
    canvas.texture(area(), Texture::Grain, [0.4, 0.4], 0.10, dice);
}

/// A row of buildings along one side (-1 left, 1 right) of the street, far ones first.
pub(super) fn row(
    canvas: &mut Canvas,
    light: &Light,
    (camera, side, setback): (&Camera, f32, f32),
    dice: &mut Dice,
) {
    let mut ends = vec![dice.between(2.0, 4.0)];
    while let Some(&last) = ends.last() {
        if last > 60.0 {
            break;
        }
        ends.push(last + dice.between(7.0, 14.0));
    }
    for pair in ends.windows(2).rev() {
        let height = dice.between(6.0, 15.0);
        house_wall(
            canvas,
            light,
            (camera, side * setback),
            (pair[0], pair[1], height),
            dice,
        );
    }
}

fn house_wall(
    canvas: &mut Canvas,
    light: &Light,
    (camera, x): (&Camera, f32),
    (near, far, height): (f32, f32, f32),
    dice: &mut Dice,
) {
    let wall = Wall::any(dice);
    let color = wall.color(dice);
    let air = (near / 120.0).min(0.5);
    let facing = -x.signum();
    let tone = |color: Color, gain: f32| light.far(light.facing(color.scaled(gain), facing), air);
    let outline = || Shape::new().polygon(&camera.wall(x, (0.0, height), (near, far)));
    let foot = camera.see(x, 0.0, near);
    let top = camera.see(x, height, near);
    // Lighter toward the sky, darker at the pavement.
    canvas.shade(
        outline(),
        (top, tone(color, 1.05)),
        (foot, tone(color, 0.84)),
    );
    // The front that looks down the street, where it stands out beyond its neighbor.
    let across = camera.see(x * 2.5, height, near);
    canvas.fill(
        Shape::new().polygon(&[top, foot, [across[0], foot[1]], [across[0], top[1]]]),
        light.far(light.on(color, 0.35), air),
    );
    if near < 25.0 {
        canvas.texture(outline(), Texture::Mottle, [0.35, 0.35], 0.15, dice);
    }
    if wall == Wall::Brick && near < 14.0 {
        let mut courses = Shape::new();
        let mut y = 0.0;
        while y < height {
            courses = courses.polygon(&camera.wall(x, (y, y + 0.07), (near, far)));
            y += 0.36;
        }
        canvas.veil(courses, tone(color.mix(rgb(0.7, 0.66, 0.6), 0.5), 1.0), 0.5);
    }
    let glass = light.zenith.mix(rgb(0.14, 0.16, 0.18), 0.62);
    let frame = if dice.chance(0.6) {
        tone(WHITE, 0.85)
    } else {
        tone(color, 0.6)
    };
    let night = light.weather == Weather::Night;
    let dusk = light.weather == Weather::Dusk;
    let storey = dice.between(2.9, 3.6);
    let spacing = dice.between(2.2, 3.4);
    let bays = (((far - near) / spacing) as usize).max(1);
    let floors = (height / storey) as usize;
    for floor in 0..floors {
        for bay in 0..bays {
            let start = near + (bay as f32 + 0.25) * (far - near) / bays as f32;
            let end = start + spacing * 0.45;
            let (low, high) = if floor == 0 {
                (0.4, storey * 0.8)
            } else {
                let base = floor as f32 * storey;
                (base + 0.8, base + storey * 0.82)
            };
            let burning = (night && dice.chance(0.38)) || (dusk && dice.chance(0.15));
            let pane = if burning {
                rgb(0.98, 0.78, 0.42).varied(0.2, dice)
            } else {
                light.far(
                    glass
                        .varied(0.35, dice)
                        .scaled(if night { 0.6 } else { 0.9 }),
                    air,
                )
            };
            canvas.fill(
                Shape::new().polygon(&camera.wall(
                    x,
                    (low - 0.1, high + 0.1),
                    (start - 0.1, end + 0.1),
                )),
                frame,
            );
            canvas.fill(
                Shape::new().polygon(&camera.wall(x, (low, high), (start, end))),
                pane,
            );
        }
    }
    if dice.chance(0.35) && near < 20.0 {
        let awning = unguessable(0.25, 0.6, dice);
        let (start, end) = (near + (far - near) * 0.15, near + (far - near) * 0.8);
        let out = x - x.signum() * 1.1;
        canvas.fill(
            Shape::new().polygon(&[
                camera.see(x, 3.0, start),
                camera.see(x, 3.0, end),
                camera.see(out, 2.5, end),
                camera.see(out, 2.5, start),
            ]),
            light.far(light.on(awning, 0.75), air),
        );
    }
}

/// A house alone, seen from the front and a little from one side; `foot` is the middle of its front.
pub(super) fn cottage(
    canvas: &mut Canvas,
    light: &Light,
    (foot, width, far): (Point, f32, f32),
    snow: bool,
    dice: &mut Dice,
) {
    let wall = Wall::any(dice);
    let color = if dice.chance(0.3) {
        // A wooden house, weathered brown or barn red-brown.
        dice.choose(&[rgb(0.45, 0.32, 0.22), rgb(0.52, 0.22, 0.17)])
    } else {
        wall.color(dice)
    };
    let tiles = if snow {
        rgb(0.92, 0.93, 0.96)
    } else {
        dice.choose(&[
            rgb(0.56, 0.29, 0.20),
            rgb(0.34, 0.33, 0.34),
            rgb(0.42, 0.31, 0.25),
        ])
    }
    .varied(0.10, dice);
    let tone = |color: Color, exposure: f32| light.far(light.on(color, exposure), far);
    let (lit, dim): (f32, f32) = if light.side < 0.0 {
        (0.95, 0.2)
    } else {
        (0.25, 0.95)
    };
    canvas.soft(
        foot,
        [width * 0.75, width * 0.10],
        light.cast().scaled(0.2),
        0.5,
    );
    canvas.within(foot, [width, width], 0.0, |canvas| {
        let height = dice.between(0.36, 0.6);
        let roof = dice.between(0.22, 0.36);
        canvas.shade(
            Shape::new().rectangle(-0.5, -height, 0.66, height),
            ([-0.5, -height], tone(color.scaled(1.05), 0.8)),
            ([0.1, 0.0], tone(color.scaled(0.92), 0.65)),
        );
        canvas.fill(
            Shape::new().polygon(&[
                [0.16, 0.0],
                [0.16, -height],
                [0.33, -height - roof],
                [0.5, -height],
                [0.5, -0.02],
            ]),
            tone(color, dim),
        );
        let slope = [
            [-0.55, -height + 0.02],
            [-0.40, -height - roof],
            [0.33, -height - roof],
            [0.18, -height + 0.02],
        ];
        canvas.fill(Shape::new().polygon(&slope), tone(tiles, lit.max(0.5)));
        if !snow {
            canvas.texture(
                Shape::new().polygon(&slope),
                Texture::Grain,
                [1.6, 0.5],
                0.4,
                dice,
            );
        }
        let glow = matches!(light.weather, Weather::Dusk | Weather::Night) && dice.chance(0.6);
        let pane = if glow {
            rgb(0.98, 0.78, 0.42)
        } else {
            tone(light.zenith.mix(rgb(0.15, 0.17, 0.19), 0.65), 0.8)
        };
        let frame = tone(WHITE, 0.8);
        for x in [-0.40, -0.02] {
            canvas.fill(
                Shape::new().rectangle(x - 0.015, -height * 0.78, 0.15, height * 0.42),
                frame,
            );
            canvas.fill(
                Shape::new().rectangle(x, -height * 0.75, 0.12, height * 0.36),
                pane,
            );
        }
        let door = unguessable(0.15, 0.5, dice);
        canvas.fill(
            Shape::new().rectangle(-0.21, -height * 0.68, 0.13, height * 0.68),
            tone(door, 0.6),
        );
        canvas.fill(
            Shape::new().rectangle(0.29, -height * 0.72, 0.10, height * 0.34),
            pane.scaled(0.8),
        );
        if dice.chance(0.6) {
            canvas.fill(
                Shape::new().rectangle(-0.26, -height - roof - 0.12, 0.08, 0.2),
                tone(rgb(0.48, 0.28, 0.22), 0.6),
            );
        }
    });
}
