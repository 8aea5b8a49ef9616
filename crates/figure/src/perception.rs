//! How colors look, for the tests of the palettes: distances that readers of any color vision see.

use super::theme::Color;

/// How readers see linear sRGB: without loss, then without one kind of cone each (protan, deutan,
/// tritan), after Machado, Oliveira and Fernandes (2009), severity 1.
pub(super) const VISIONS: [[[f64; 3]; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

/// A color as a reader of the given vision sees it, in Björn Ottosson's perceptual space `OKLab`
/// (2020).
pub(super) fn seen(color: Color, vision: [[f64; 3]; 3]) -> [f64; 3] {
    oklab(apply(vision, linear(color)).map(|value| value.clamp(0.0, 1.0)))
}

/// How different two colors look to a reader of the given vision; side by side, 0.02 is just
/// noticeable.
pub(super) fn distance(first: Color, second: Color, vision: [[f64; 3]; 3]) -> f64 {
    seen(first, vision)
        .iter()
        .zip(seen(second, vision))
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f64>()
        .sqrt()
}

fn apply(matrix: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| {
        row.iter()
            .zip(v)
            .map(|(factor, value)| factor * value)
            .sum()
    })
}

fn linear(color: Color) -> [f64; 3] {
    [color.0, color.1, color.2].map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

fn oklab(rgb: [f64; 3]) -> [f64; 3] {
    let cones = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    let lab = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];
    apply(lab, apply(cones, rgb).map(f64::cbrt))
}
