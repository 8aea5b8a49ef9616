//! The three operations against sums as they are defined, and with any number of threads.

use rayon::ThreadPoolBuilder;

use super::*;
use crate::pure::lines::Map;

const PLAIN: Geometry = Geometry {
    batch: 2,
    large: [13, 14],
    small: [11, 12],
    large_channels: 5,
    small_channels: 7,
    size: 3,
    stride: 1,
    before: 0,
};

/// Every way through the tiles: channels that fill vectors and that do not, few of them, kernels that reach beyond the map,
/// strides that leave pixels out, and maps of more than one band.
const GEOMETRIES: [Geometry; 10] = [
    PLAIN,
    Geometry {
        large_channels: 40,
        small_channels: 33,
        ..PLAIN
    },
    Geometry {
        large: [16, 18],
        small: [8, 9],
        stride: 2,
        ..PLAIN
    },
    Geometry {
        large: [16, 18],
        small: [8, 9],
        large_channels: 2,
        small_channels: 2,
        stride: 2,
        ..PLAIN
    },
    Geometry {
        large: [17, 18],
        small: [17, 18],
        large_channels: 1,
        small_channels: 16,
        size: 9,
        before: 4,
        ..PLAIN
    },
    Geometry {
        large: [17, 19],
        small: [17, 19],
        large_channels: 3,
        small_channels: 2,
        size: 9,
        before: 4,
        ..PLAIN
    },
    Geometry {
        large: [20, 13],
        small: [6, 4],
        large_channels: 3,
        small_channels: 8,
        size: 5,
        stride: 3,
        before: 1,
        ..PLAIN
    },
    Geometry {
        large: [12, 12],
        small: [4, 4],
        size: 2,
        stride: 3,
        ..PLAIN
    },
    Geometry {
        batch: 1,
        large: [3, 3],
        small: [1, 1],
        ..PLAIN
    },
    Geometry {
        batch: 1,
        large: [20, 400],
        small: [10, 200],
        large_channels: 16,
        small_channels: 32,
        size: 3,
        stride: 2,
        before: 0,
    },
];

/// Small map, large map and kernel of a geometry.
pub(in crate::pure) struct Operands {
    pub(in crate::pure) small: Vec<f32>,
    pub(in crate::pure) large: Vec<f32>,
    pub(in crate::pure) kernel: Vec<f32>,
}

impl Operands {
    fn new(geometry: &Geometry) -> Self {
        let noise = |count: usize, salt: usize| -> Vec<f32> {
            (0..count)
                .map(|index| ((index + salt) as f32 * 12.9898).sin())
                .collect()
        };
        let channels = geometry.small_channels * geometry.large_channels;
        let [small, large] =
            [false, true].map(|large| geometry.batch * geometry.extent(large).values());
        Self {
            small: noise(small, 0),
            large: noise(large, 1),
            kernel: noise(channels * geometry.size.pow(2), 2),
        }
    }

    /// The small map, the large one, and the kernel's gradient, each of the others.
    pub(in crate::pure) fn results(&self, geometry: &Geometry) -> [Vec<f32>; 3] {
        let small = Map::new(geometry.extent(false), &self.small);
        let large = Map::new(geometry.extent(true), &self.large);
        let mut gathered = vec![0.0; self.small.len()];
        let mut scattered = vec![0.0; self.large.len()];
        gather(geometry, &large, &self.kernel, &mut gathered, |_| ());
        scatter(geometry, &small, &self.kernel, &mut scattered, |_| ());
        [gathered, scattered, correlate(geometry, &large, &small)]
    }

    /// As defined.
    pub(in crate::pure) fn sums(&self, geometry: &Geometry) -> [Vec<f64>; 3] {
        let mut sums = [&self.small, &self.large, &self.kernel].map(|map| vec![0.0; map.len()]);
        let &Geometry {
            size,
            stride,
            before,
            small_channels,
            large_channels,
            ..
        } = geometry;
        for image in 0..geometry.batch {
            for place in 0..geometry.small[0] * geometry.small[1] * size * size {
                let (pixel, tap) = (place / (size * size), place % (size * size));
                let (row, column) = (pixel / geometry.small[1], pixel % geometry.small[1]);
                let (tap_y, tap_x) = (tap / size, tap % size);
                let inside = |at: usize, axis: usize| {
                    at.checked_sub(before)
                        .filter(|at| *at < geometry.large[axis])
                };
                let (Some(high), Some(wide)) = (
                    inside(row * stride + tap_y, 0),
                    inside(column * stride + tap_x, 1),
                ) else {
                    continue;
                };
                for channels in 0..small_channels * large_channels {
                    let (small, large) = (channels / large_channels, channels % large_channels);
                    let pixels = image * geometry.small[0] * geometry.small[1] + pixel;
                    let small = pixels * small_channels + small;
                    let line = image * geometry.large[0] + high;
                    let large = (line * geometry.large[1] + wide) * large_channels + large;
                    let kernel = channels * size * size + tap;
                    let [s, l, k] =
                        [self.small[small], self.large[large], self.kernel[kernel]].map(f64::from);
                    sums[0][small] += l * k;
                    sums[1][large] += s * k;
                    sums[2][kernel] += s * l;
                }
            }
        }
        sums
    }
}

#[test]
fn the_operations_are_the_sums_that_they_stand_for() {
    for geometry in GEOMETRIES {
        let operands = Operands::new(&geometry);
        let expected = operands.sums(&geometry);
        for (index, (found, expected)) in operands
            .results(&geometry)
            .iter()
            .zip(&expected)
            .enumerate()
        {
            assert_eq!(found.len(), expected.len());
            let size = expected
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()));
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (f64::from(*found) - expected).abs() <= 1e-5 * size,
                    "{geometry:?}, result {index}: {found} is not {expected}, of {size}"
                );
            }
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for geometry in GEOMETRIES {
        let operands = Operands::new(&geometry);
        let [one, three] = [1, 3].map(|threads| {
            let pool = ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| operands.results(&geometry))
        });
        assert_eq!(one, three, "{geometry:?}");
    }
}

#[test]
fn what_is_not_a_number_reaches_what_is_made_of_it() {
    // So many channels that no two pixels are computed as one.
    let geometry = Geometry {
        small_channels: 8,
        ..PLAIN
    };
    let mut operands = Operands::new(&geometry);
    operands.large[0] = f32::NAN;
    let [small, _, kernel] = operands.results(&geometry);
    let (of_first_pixel, of_others) = small.split_at(geometry.small_channels);
    assert!(of_first_pixel.iter().all(|value| value.is_nan()));
    assert!(of_others.iter().all(|value| value.is_finite()));
    assert!(kernel.iter().any(|value| value.is_nan()));
}
