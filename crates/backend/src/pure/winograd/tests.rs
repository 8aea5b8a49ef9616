//! Winograd's convolutions beside the direct ones and beside sums as they are defined.

use rayon::ThreadPoolBuilder;

use super::*;
use crate::pure::convolution::direct;
use crate::pure::convolution::tests::Operands;
use crate::pure::lines::Map;

/// The network's, smaller.
const RESIDUAL: Geometry = Geometry {
    batch: 2,
    large: [21, 24],
    small: [19, 22],
    large_channels: 64,
    small_channels: 64,
    size: 3,
    stride: 1,
    before: 0,
};

/// Sizes that tiles divide and that they do not, kernels that reach beyond the map by one and by two pixels, panels that are
/// not full, maps of several bands and of groups of tiles that begin within a row, and tiles that lie beyond the map.
const GEOMETRIES: [Geometry; 7] = [
    RESIDUAL,
    Geometry {
        large: [10, 14],
        small: [8, 12],
        large_channels: 48,
        small_channels: 32,
        ..RESIDUAL
    },
    Geometry {
        large: [9, 10],
        small: [9, 10],
        large_channels: 32,
        small_channels: 80,
        before: 1,
        ..RESIDUAL
    },
    Geometry {
        large: [6, 9],
        small: [8, 11],
        large_channels: 32,
        small_channels: 48,
        before: 2,
        ..RESIDUAL
    },
    Geometry {
        batch: 3,
        large: [39, 121],
        small: [37, 119],
        large_channels: 32,
        small_channels: 32,
        ..RESIDUAL
    },
    Geometry {
        large: [6, 7],
        small: [10, 12],
        large_channels: 32,
        small_channels: 32,
        ..RESIDUAL
    },
    Geometry {
        batch: 1,
        large: [4, 4],
        small: [3, 3],
        large_channels: 32,
        small_channels: 32,
        before: 1,
        ..RESIDUAL
    },
];

/// Numbers on [-1, 1) whose sums cancel no more than chance has it.
fn random(geometry: &Geometry) -> Operands {
    let mut state = 1_u64;
    let mut noise = |count: usize| -> Vec<f32> {
        (0..count)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 40) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect()
    };
    let [small, large] =
        [false, true].map(|large| geometry.batch * geometry.extent(large).values());
    Operands {
        small: noise(small),
        large: noise(large),
        kernel: noise(geometry.small_channels * geometry.large_channels * SIZE * SIZE),
    }
}

/// A map that does not lie in memory as a whole.
struct Made<'a>(Map<'a>);

impl Lines for Made<'_> {
    fn write(&self, image: usize, line: usize, values: &mut [f32]) {
        self.0.write(image, line, values);
    }

    fn map(&self) -> Option<&[f32]> {
        None
    }
}

fn maps<'a>(geometry: &Geometry, operands: &'a Operands) -> [Map<'a>; 2] {
    [
        Map::new(geometry.extent(false), &operands.small),
        Map::new(geometry.extent(true), &operands.large),
    ]
}

fn empty(geometry: &Geometry) -> [Vec<f32>; 2] {
    [false, true].map(|large| vec![0.0; geometry.batch * geometry.extent(large).values()])
}

/// The small map, the large one, and the kernel's gradient.
fn results(
    geometry: &Geometry,
    kernel: &[f32],
    small: &impl Lines,
    large: &impl Lines,
) -> [Vec<f32>; 3] {
    let [mut gathered, mut scattered] = empty(geometry);
    gather(geometry, large, kernel, &mut gathered, |_| ());
    scatter(geometry, small, kernel, &mut scattered, |_| ());
    [gathered, scattered, correlate(geometry, large, small)]
}

fn direct_results(geometry: &Geometry, operands: &Operands) -> [Vec<f32>; 3] {
    let [small, large] = maps(geometry, operands);
    let [mut gathered, mut scattered] = empty(geometry);
    let kernel = &operands.kernel;
    direct::gather(geometry, &large, kernel, &mut gathered, |_| ());
    direct::scatter(geometry, &small, kernel, &mut scattered, |_| ());
    let correlated = direct::correlate(geometry, &large, &small);
    [gathered, scattered, correlated]
}

/// The largest error, as a part of the largest value, and the root of the mean of the errors' squares.
fn errors(found: &[f32], exact: &[f64]) -> [f64; 2] {
    assert_eq!(found.len(), exact.len());
    let (mut worst, mut size, mut squares) = (0.0_f64, 0.0_f64, 0.0);
    for (found, exact) in found.iter().zip(exact) {
        let error = (f64::from(*found) - exact).abs();
        assert!(error.is_finite());
        worst = worst.max(error);
        size = size.max(exact.abs());
        squares += error * error;
    }
    [worst / size, (squares / exact.len() as f64).sqrt()]
}

#[test]
fn the_operations_are_the_sums_that_they_stand_for() {
    for geometry in GEOMETRIES {
        let operands = random(&geometry);
        let [small, large] = maps(&geometry, &operands);
        let found = results(&geometry, &operands.kernel, &small, &large);
        // What is asked for is what is computed here.
        assert!(applies(&geometry), "{geometry:?}");
        assert_eq!(operands.results(&geometry), found);
        for (index, exact) in operands.sums(&geometry).iter().enumerate() {
            let [worst, _] = errors(&found[index], exact);
            assert!(worst <= 4e-6, "{geometry:?}, result {index}: {worst}");
        }
    }
}

/// Beside sums of as many products as the network's. Sums of few products are nearly exact directly.
#[test]
fn rounding_costs_less_than_two_bits() {
    let operands = random(&RESIDUAL);
    let [small, large] = maps(&RESIDUAL, &operands);
    let found = results(&RESIDUAL, &operands.kernel, &small, &large);
    let beside = direct_results(&RESIDUAL, &operands);
    for (index, exact) in operands.sums(&RESIDUAL).iter().enumerate() {
        let [found, beside] = [&found, &beside].map(|results| errors(&results[index], exact)[1]);
        assert!(
            found <= 4.0 * beside,
            "result {index}: {found}, directly {beside}"
        );
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for geometry in GEOMETRIES {
        let operands = random(&geometry);
        let [small, large] = maps(&geometry, &operands);
        let [one, two, three] = [1, 2, 3].map(|threads| {
            let pool = ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| results(&geometry, &operands.kernel, &small, &large))
        });
        assert_eq!(one, two, "{geometry:?}");
        assert_eq!(one, three, "{geometry:?}");
    }
}

#[test]
fn lines_that_are_made_give_the_bits_of_a_map() {
    for geometry in GEOMETRIES {
        let operands = random(&geometry);
        let [small, large] = maps(&geometry, &operands);
        let of_maps = results(&geometry, &operands.kernel, &small, &large);
        let of_lines = results(&geometry, &operands.kernel, &Made(small), &Made(large));
        assert_eq!(of_maps, of_lines, "{geometry:?}");
    }
}

#[test]
fn every_band_is_finished_once_and_in_order() {
    let geometry = Geometry {
        large: [70, 66],
        small: [68, 64],
        ..RESIDUAL
    };
    let operands = random(&geometry);
    let [_, large] = maps(&geometry, &operands);
    let [mut values, _] = empty(&geometry);
    let finished = gather(&geometry, &large, &operands.kernel, &mut values, |band| {
        band.values[0] += 1.0;
        (band.image, band.first, band.values.to_vec())
    });
    let [mut plain, _] = empty(&geometry);
    gather(&geometry, &large, &operands.kernel, &mut plain, |_| ());
    let row = geometry.extent(false).row();
    let mut first = 0;
    for (image, line, of_band) in &finished {
        assert_eq!(first, (image * geometry.small[0] + line) * row);
        assert_eq!(of_band, &values[first..][..of_band.len()]);
        plain[first] += 1.0;
        first += of_band.len();
    }
    assert!(finished.len() > geometry.batch);
    assert_eq!(values, plain);
}

#[test]
fn only_what_gains_by_it_is_computed_this_way() {
    for other in [
        Geometry {
            large_channels: 16,
            ..RESIDUAL
        },
        Geometry {
            small_channels: 40,
            ..RESIDUAL
        },
        Geometry {
            stride: 2,
            ..RESIDUAL
        },
        Geometry {
            size: 5,
            ..RESIDUAL
        },
        Geometry {
            before: 3,
            ..RESIDUAL
        },
        Geometry {
            large: [7, 7],
            small: [5, 5],
            ..RESIDUAL
        },
    ] {
        assert!(!applies(&other), "{other:?}");
    }
}

#[test]
fn what_is_not_a_number_reaches_what_is_made_of_it() {
    let mut operands = random(&RESIDUAL);
    operands.large[0] = f32::NAN;
    let [small, large] = maps(&RESIDUAL, &operands);
    let [gathered, _, kernel] = results(&RESIDUAL, &operands.kernel, &small, &large);
    let channels = RESIDUAL.small_channels;
    let (of_first_pixel, others) = gathered.split_at(channels);
    assert!(of_first_pixel.iter().all(|value| value.is_nan()));
    let of_next_tile = &others[(OUT - 1) * channels..][..channels];
    assert!(of_next_tile.iter().all(|value| value.is_finite()));
    assert!(kernel.iter().any(|value| value.is_nan()));
}
