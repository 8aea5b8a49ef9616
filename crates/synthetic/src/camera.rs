//! Perspective: from meters in front of the camera to places in the frame.

use super::dice::Dice;
use super::ground::Stand;
use super::shape::Point;

/// A camera looking down a street.
#[derive(Clone, Copy)]
pub(super) struct Camera {
    /// Where parallel lines meet; its height is the horizon.
    pub(super) vanish: Point,
    /// Frame widths per unit of x/z.
    pub(super) focal: f32,
    /// Height above the ground, in meters.
    pub(super) eye: f32,
}

impl Camera {
    pub(super) fn new(horizon: f32, dice: &mut Dice) -> Self {
        Self {
            vanish: [dice.between(0.28, 0.72), horizon],
            focal: dice.between(0.8, 1.15),
            eye: dice.between(1.5, 2.1),
        }
    }

    /// The place in the frame of a point `x` meters right, `y` above the ground, `z` ahead.
    pub(super) fn see(&self, x: f32, y: f32, z: f32) -> Point {
        [
            self.vanish[0] + self.focal * x / z,
            self.vanish[1] + self.focal * (self.eye - y) / z,
        ]
    }

    /// A quadrilateral on a wall along the street at `x`.
    pub(super) fn wall(
        &self,
        x: f32,
        (low, high): (f32, f32),
        (near, far): (f32, f32),
    ) -> [Point; 4] {
        [
            self.see(x, low, near),
            self.see(x, high, near),
            self.see(x, high, far),
            self.see(x, low, far),
        ]
    }

    /// A strip of ground between two `x`.
    pub(super) fn strip(&self, (left, right): (f32, f32), (near, far): (f32, f32)) -> [Point; 4] {
        [
            self.see(left, 0.0, near),
            self.see(right, 0.0, near),
            self.see(right, 0.0, far),
            self.see(left, 0.0, far),
        ]
    }

    /// Where something `tall` meters high stands, `x` meters right and `z` ahead.
    pub(super) fn stand(&self, x: f32, z: f32, tall: f32) -> Stand {
        Stand::new(
            self.see(x, 0.0, z),
            self.focal * tall / z,
            (z / 130.0).min(0.5),
        )
    }
}
