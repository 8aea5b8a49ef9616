//! Value noise on an integer lattice, the source of clouds, textures and film grain.

/// A hash of a lattice point, uniform in 0 to 1.
pub(super) fn lattice(x: i32, y: i32, seed: u32) -> f32 {
    let mut bits = (x as u32)
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add((y as u32).wrapping_mul(0x85EB_CA77))
        .wrapping_add(seed.wrapping_mul(0xC2B2_AE3D));
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
    bits ^= bits >> 15;
    (bits >> 8) as f32 / 16_777_216.0
}

/// Smooth noise in 0 to 1 with features one unit wide. `period` wraps the lattice (0: no wrap), which makes tiles.
pub(super) fn smooth(x: f32, y: f32, period: i32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (across, down) = (ease(x - left), ease(y - top));
    let (column, row) = (left as i32, top as i32);
    let wrap = |value: i32| {
        if period > 0 {
            value.rem_euclid(period)
        } else {
            value
        }
    };
    let corner = |dx: i32, dy: i32| lattice(wrap(column + dx), wrap(row + dy), seed);
    let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * across;
    let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * across;
    upper + (lower - upper) * down
}

/// `octaves` layers of [`smooth`], each twice as fine and half as strong; 0 to 1, mean one half.
pub(super) fn fractal(x: f32, y: f32, octaves: u32, period: i32, seed: u32) -> f32 {
    let (mut sum, mut weight, mut total, mut scale) = (0.0, 1.0, 0.0, 1.0);
    for octave in 0..octaves {
        let layer = smooth(
            x * scale,
            y * scale,
            period << octave,
            seed.wrapping_add(octave.wrapping_mul(101)),
        );
        sum += layer * weight;
        total += weight;
        weight *= 0.55;
        scale *= 2.0;
    }
    sum / total
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(super) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_centred_and_varied() {
        let values: Vec<f32> = (0..4096)
            .map(|i| fractal((i % 64) as f32 * 0.37, (i / 64) as f32 * 0.41, 4, 0, 7))
            .collect();
        let mean = values.iter().sum::<f32>() / 4096.0;
        let spread = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / 4096.0;
        assert!((mean - 0.5).abs() < 0.05, "mean: {mean}");
        assert!(spread > 0.005, "variance: {spread}");
    }

    #[test]
    fn a_period_makes_a_tile() {
        for step in 0..20 {
            let y = step as f32 * 0.31;
            assert!((fractal(0.3, y, 3, 8, 1) - fractal(8.3, y, 3, 8, 1)).abs() < 1e-4);
        }
    }
}
