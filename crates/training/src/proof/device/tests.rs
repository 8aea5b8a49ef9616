//! Devices that are wrong in one thing: each has to be caught.

use std::cell::Cell;

use super::judging::judge;
use super::learning::{Computes, Learned, Painted, Task};
use super::*;

/// A device with a fault.
struct Faulty {
    device: Device,
    /// What it takes for its task.
    takes: fn(&mut Task),
    /// What it makes of what it has learned.
    answers: fn(&mut Learned),
    /// What it makes of pictures.
    paints: fn(&mut Painted),
}

fn sound() -> Faulty {
    Faulty {
        device: Device::flex(),
        takes: |_| {},
        answers: |_| {},
        paints: |_| {},
    }
}

impl Computes for Faulty {
    fn learn(&self, case: &Case, task: &Task) -> Result<Learned, String> {
        let mut task = task.clone();
        (self.takes)(&mut task);
        let mut learned = self.device.learn(case, &task)?;
        (self.answers)(&mut learned);
        Ok(learned)
    }

    fn paint(&self, case: &Case, task: &Task) -> Result<Painted, String> {
        let mut painted = self.device.paint(case, task)?;
        (self.paints)(&mut painted);
        Ok(painted)
    }
}

fn case(what: &str) -> Case {
    let mut cases = cases::cases(true).unwrap().into_iter();
    cases.find(|case| case.what == what).unwrap()
}

fn first() -> Case {
    case("image_transformation batch transposed")
}

fn judged(case: &Case, arithmetic: Arithmetic, device: &dyn Computes) -> Judged {
    judge([case, case], arithmetic, &Device::flex(), device).unwrap()
}

/// The parts that disagree.
fn disagreeing(arithmetic: Arithmetic, faulty: &Faulty) -> Vec<&'static str> {
    let parts = judged(&first(), arithmetic, faulty).parts;
    let disagree = parts.iter().filter(|part| !part.agrees());
    disagree.map(|part| part.part).collect()
}

fn double(tensors: &mut tensors::Tensors, name: &str, factor: f32) {
    let values = tensors.get_mut(name).unwrap();
    for value in values.iter_mut() {
        *value *= factor;
    }
}

#[test]
fn a_device_agrees_with_itself_to_the_bit() {
    for what in [
        "image_transformation batch transposed",
        "unet instance nearest",
        "iizuka with labels",
        "unet for classes",
        "two passes, clipping, average",
    ] {
        let judged = judged(&case(what), Arithmetic::F32, &Device::flex());
        assert_eq!(judged.draws, 1);
        let names: Vec<&str> = judged.parts.iter().map(|part| part.part).collect();
        assert_eq!(
            names,
            [
                "forward",
                "gradients",
                "steps",
                "losses",
                "pictures",
                "scores"
            ]
        );
        for part in &judged.parts {
            assert!(part.tensors > 0, "{what}: {}", part.part);
            let worst = part.worst.as_ref().unwrap();
            assert_eq!(worst.error, 0.0, "{what}: {worst:?}");
            assert!(worst.allowed > 0.0, "{what}: {worst:?}");
        }
        let mut twice = Twice::default();
        if let Some(both) = judged.twice {
            twice.add(what, both);
            assert!(twice.judged(true).unwrap().starts_with("bit-identical: "));
        } else {
            // Nothing is not equal.
            assert!(twice.judged(true).is_err());
        }
    }
}

#[test]
fn a_weight_that_is_off_by_a_hundredth_is_caught() {
    let faulty = Faulty {
        takes: |task| {
            let kernel = task.start.get_mut("encode_2.convolution.weight").unwrap();
            kernel.numbers[5] *= 1.01;
        },
        ..sound()
    };
    let found = disagreeing(Arithmetic::F32, &faulty);
    assert!(found.contains(&"forward"), "{found:?}");
    assert!(found.contains(&"gradients"), "{found:?}");
}

#[test]
fn a_gradient_that_is_off_by_a_hundredth_is_caught_in_every_draw() {
    let faulty = Faulty {
        answers: |learned| {
            double(&mut learned.gradients, "decode_1.convolution.weight", 1.01);
        },
        ..sound()
    };
    let judged = judged(&first(), Arithmetic::F32, &faulty);
    assert_eq!(judged.draws, 4);
    let gradients = &judged.parts[1];
    assert_eq!(gradients.beyond.len(), 1, "{gradients:?}");
    assert_eq!(gradients.beyond[0].tensor, "decode_1.convolution.weight");
    assert!((gradients.beyond[0].error - 0.01).abs() < 1e-4);
}

#[test]
fn coarse_faults_are_caught_in_coarse_arithmetic() {
    for arithmetic in [Arithmetic::Tf32, Arithmetic::Bf16] {
        let swapped = Faulty {
            takes: |task| {
                for batch in &mut task.batches {
                    let first = &mut batch.pixels[..3 * batch.size * batch.size];
                    first
                        .as_chunks_mut::<3>()
                        .0
                        .iter_mut()
                        .for_each(|pixel| pixel.swap(0, 2));
                }
            },
            ..sound()
        };
        let found = disagreeing(arithmetic, &swapped);
        assert!(found.contains(&"forward"), "{arithmetic}: {found:?}");
        let scaled = Faulty {
            answers: |learned| double(&mut learned.gradients, "encode_1.norm.weight", 2.0),
            ..sound()
        };
        assert_eq!(
            disagreeing(arithmetic, &scaled),
            ["gradients"],
            "{arithmetic}"
        );
        let missing = Faulty {
            answers: |learned| {
                learned.gradients.remove("encode_1.norm.bias");
            },
            ..sound()
        };
        assert_eq!(
            disagreeing(arithmetic, &missing),
            ["gradients"],
            "{arithmetic}"
        );
        let broken = Faulty {
            answers: |learned| double(&mut learned.forward, "loss", f32::NAN),
            ..sound()
        };
        assert_eq!(
            disagreeing(arithmetic, &broken),
            ["forward"],
            "{arithmetic}"
        );
    }
}

#[test]
fn wrong_steps_pictures_and_scores_are_caught() {
    let still = Faulty {
        answers: |learned| double(&mut learned.moved, "encode_1.norm.running_mean", 0.9),
        ..sound()
    };
    assert_eq!(disagreeing(Arithmetic::F32, &still), ["steps"]);
    let slow = Faulty {
        answers: |learned| double(&mut learned.losses, "loss of step 3", 1.02),
        ..sound()
    };
    assert_eq!(disagreeing(Arithmetic::F32, &slow), ["losses"]);
    let pixel = Faulty {
        paints: |painted| {
            let pixel = painted.pictures[1].get_pixel_mut(3, 4);
            pixel.0[0] = pixel.0[0].wrapping_add(100);
        },
        ..sound()
    };
    assert_eq!(disagreeing(Arithmetic::F32, &pixel), ["pictures"]);
    let score = Faulty {
        paints: |painted| painted.scores[0].ssim -= 0.05,
        ..sound()
    };
    assert_eq!(disagreeing(Arithmetic::F32, &score), ["scores"]);
}

#[test]
fn rounding_passes_for_the_arithmetic_that_it_is_of_and_for_no_finer_one() {
    let coarse = Faulty {
        takes: |task| *task = task.shaken(Arithmetic::Tf32.unit(), 99),
        ..sound()
    };
    assert_eq!(disagreeing(Arithmetic::Bf16, &coarse), [""; 0]);
    assert!(disagreeing(Arithmetic::F32, &coarse).contains(&"forward"));
    // No network is so uncertain that nothing can be said of it.
    for case in cases::cases(true).unwrap() {
        if case.kind != "network" {
            continue;
        }
        let Judged { parts, .. } = judged(&case, Arithmetic::Tf32, &coarse);
        for part in parts {
            assert!(part.agrees(), "{}: {part:?}", case.what);
            let worst = part.worst.unwrap();
            assert!(
                part.part != "forward" || worst.allowed < 0.5,
                "{}: {worst:?}",
                case.what
            );
        }
    }
}

/// Is wrong in its first answers, by as much as a corner of a relu may be.
struct Unlucky {
    device: Device,
    answers: Cell<usize>,
    wrong: usize,
}

impl Computes for Unlucky {
    fn learn(&self, case: &Case, task: &Task) -> Result<Learned, String> {
        let mut learned = self.device.learn(case, task)?;
        self.answers.set(self.answers.get() + 1);
        if self.answers.get() <= self.wrong {
            double(&mut learned.gradients, "encode_1.convolution.weight", 1.05);
        }
        Ok(learned)
    }

    fn paint(&self, case: &Case, task: &Task) -> Result<Painted, String> {
        self.device.paint(case, task)
    }
}

#[test]
fn chance_is_forgiven_and_told_but_not_again_and_again() {
    let unlucky = |wrong| Unlucky {
        device: Device::flex(),
        answers: Cell::new(0),
        wrong,
    };
    let once = judged(&first(), Arithmetic::F32, &unlucky(1));
    assert_eq!(once.draws, 2);
    assert!(once.parts.iter().all(Part::agrees));
    let always = judged(&first(), Arithmetic::F32, &unlucky(9));
    assert_eq!(always.draws, 4);
    assert!(!always.parts.iter().all(Part::agrees));
    // The same task once more shows it as well.
    let mut twice = Twice::default();
    twice.add(
        "it",
        judged(&first(), Arithmetic::F32, &unlucky(0))
            .twice
            .unwrap(),
    );
    assert!(twice.judged(true).is_ok());
    let wavering = judge(
        [&first(), &first()],
        Arithmetic::F32,
        &Device::flex(),
        &unlucky(4),
    );
    let mut twice = Twice::default();
    twice.add("it", wavering.unwrap().twice.unwrap());
    let words = twice.judged(true).unwrap_err();
    assert!(
        words.contains("gradient of `encode_1.convolution.weight` of it"),
        "{words}"
    );
    assert!(twice.judged(false).unwrap().contains("does not promise"));
}

#[test]
fn a_panic_is_a_failed_check_with_its_message() {
    let check = Check::new("network", "any", Arithmetic::F32);
    let check = check.by(|_| panic!("out of memory"));
    assert!(!check.passed);
    assert_eq!(
        check.failure.as_deref(),
        Some("the device failed: out of memory")
    );
}
