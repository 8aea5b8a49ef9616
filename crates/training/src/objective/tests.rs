use super::regression::Regression;
use super::{Objective, space::luma};
use crate::color::{
    ClassesSection, ColorSection, Gray, Head, LAB_UNIT, Space, chroma_scales, lab, yuv,
};
use crate::experiment::section::Loss;
use burn::tensor::{Device, Tensor, TensorData};

fn pixels(rgb: &[[f64; 3]]) -> Tensor<4> {
    let planes: Vec<f32> = (0..3)
        .flat_map(|channel| rgb.iter().map(move |pixel| pixel[channel] as f32))
        .collect();
    Tensor::from_data(
        TensorData::new(planes, [1, 3, 1, rgb.len()]),
        &Device::flex(),
    )
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn regression(space: Space, head: Head, gray: Gray) -> Regression {
    let classes = ClassesSection::default();
    Regression {
        color: ColorSection {
            space,
            head,
            gray,
            classes,
        },
        loss: Loss::Mse,
    }
}

fn section(space: Space, head: Head, gray: Gray) -> Objective {
    Objective::Regression(regression(space, head, gray))
}

/// Every corner of the cube, grays, and colors in between, the darkest ones too.
fn palette() -> Vec<[f64; 3]> {
    let levels = [0.0, 0.002, 0.03, 0.25, 0.5, 0.9, 1.0];
    let mut palette = Vec::new();
    for red in levels {
        for green in levels {
            for blue in levels {
                palette.push([red, green, blue]);
            }
        }
    }
    palette
}

#[test]
fn gray_is_the_mean_or_the_luma() {
    let split = |gray| section(Space::Rgb, Head::Upstream, gray).split(pixels(&[[0.9, 0.3, 0.0]]));
    let mean = split(Gray::Mean);
    for value in values(mean.input) {
        assert!((value - 0.4).abs() < 1e-6, "{value}");
    }
    assert_eq!(values(mean.target), [0.9, 0.3, 0.0]);
    let luma = values(luma(pixels(&[[1.0, 0.5, 0.25]])));
    assert!((luma[0] - 0.621).abs() < 1e-6, "{luma:?}");
}

#[test]
fn tensors_agree_with_pixels() {
    let palette = palette();
    let count = palette.len();
    for (space, convert, unit) in [
        (
            Space::Yuv,
            yuv::from_rgb as fn([f64; 3]) -> [f64; 3],
            [1.0, 1.0],
        ),
        (Space::Lab, lab::from_rgb, [100.0, LAB_UNIT]),
    ] {
        let split = section(space, Head::Exact, Gray::Mean).split(pixels(&palette));
        let (input, target) = (values(split.input), values(split.target));
        for (index, rgb) in palette.iter().enumerate() {
            let [gray, first, second] = convert(*rgb);
            let found = [input[index], target[index], target[count + index]];
            let expected = [gray / unit[0], first / unit[1], second / unit[1]];
            for (found, expected) in found.into_iter().zip(expected) {
                assert!(
                    (f64::from(found) - expected).abs() < 3e-6,
                    "{space:?} of {rgb:?}: {found} and {expected}"
                );
            }
        }
    }
}

#[test]
fn there_and_back_is_the_identity() {
    let palette = palette();
    let rgb = values(pixels(&palette));
    for space in [Space::Yuv, Space::Lab] {
        let section = section(space, Head::Exact, Gray::Mean);
        let split = section.split(pixels(&palette));
        let back = values(section.join(split.input, split.target));
        for (back, rgb) in back.into_iter().zip(&rgb) {
            assert!((back - rgb).abs() < 2e-4, "{space:?}: {back} and {rgb}");
        }
    }
}

#[test]
fn a_gray_picture_has_no_colour() {
    for space in [Space::Rgb, Space::Yuv, Space::Lab] {
        let section = section(space, Head::Upstream, Gray::Mean);
        let split = section.split(pixels(&[[0.2, 0.2, 0.2], [0.9, 0.9, 0.9]]));
        let gray = values(section.gray_picture(split.input));
        for (found, expected) in gray.into_iter().zip([0.2, 0.9, 0.2, 0.9, 0.2, 0.9]) {
            assert!((found - expected).abs() < 1e-3, "{space:?}: {found}");
        }
    }
}

#[test]
fn heads_reach_what_they_say() {
    let ends = Tensor::from_data(
        TensorData::new(vec![-1.0_f32, 1.0, -1.0, 1.0], [1, 2, 1, 2]),
        &Device::flex(),
    );
    let head = |space, head| values(regression(space, head, Gray::Mean).head(ends.clone()));
    assert_eq!(head(Space::Rgb, Head::Upstream), [0.0, 1.0, 0.0, 1.0]);
    assert_eq!(head(Space::Yuv, Head::Upstream), [-0.5, 0.5, -0.5, 0.5]);
    let reach = yuv::LARGEST_CHROMA.map(|chroma| chroma as f32);
    let exact = [-reach[0], reach[0], -reach[1], reach[1]];
    assert_eq!(head(Space::Yuv, Head::Exact), exact);
    // No color lies beyond an exact head.
    for space in [Space::Yuv, Space::Lab] {
        let section = section(space, Head::Exact, Gray::Mean);
        let target = values(section.split(pixels(&palette())).target);
        let planes = target.chunks_exact(target.len() / 2);
        for (plane, limit) in planes.zip(chroma_scales(space).map(|scale| scale.limit)) {
            let largest = plane
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            assert!(f64::from(largest) <= limit + 1e-6, "{space:?}: {largest}");
        }
    }
}

/// PyTorch's losses of the same name: see `tests/golden/optimizers.py`.
#[test]
fn losses_are_those_of_pytorch() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../../../tests/golden/optimizers.json")).unwrap();
    let golden = &golden["losses"];
    let numbers = |of: &serde_json::Value| serde_json::from_value::<Vec<f32>>(of.clone()).unwrap();
    let tensor = |of: &str| {
        Tensor::<4>::from_data(
            TensorData::new(numbers(&golden[of]), [1, 1, 1, 5]),
            &Device::flex(),
        )
    };
    let losses = [
        ("mse", Loss::Mse),
        ("l1", Loss::L1),
        ("huber 0.05", Loss::Huber { delta: 0.05 }),
        ("huber 0.3", Loss::Huber { delta: 0.3 }),
        ("smooth_l1 0.05", Loss::SmoothL1 { beta: 0.05 }),
        ("smooth_l1 0.3", Loss::SmoothL1 { beta: 0.3 }),
    ];
    for loss in Loss::ALL {
        assert!(losses.iter().any(|(_, known)| *known == loss), "{loss:?}");
    }
    for (name, loss) in losses {
        let regression = Regression {
            loss,
            ..regression(Space::Rgb, Head::Upstream, Gray::Mean)
        };
        let found = values(regression.errors(tensor("answer"), tensor("target")));
        let expected = numbers(&golden["shares"][name]);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-6,
                "{name}: {found} and {expected}"
            );
        }
    }
}
