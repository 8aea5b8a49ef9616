//! The bytes of a small event file, compared with those that TensorBoard's own writer makes of the same events.

use super::event::{self, Picture};
use super::hyperparameters::{self, Keys, Outcome};
use super::record::framed;
use crate::catalog::Value;
use crate::experiment::Metric;
use crate::export::columns::{MetricColumn, description};

/// Bytes as a person compares them: sixteen a line.
fn hexadecimal(bytes: &[u8]) -> String {
    let lines = bytes.chunks(16).map(|line| {
        let bytes: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `tests/golden/event_file.py` makes it with the package `tensorboard`.
#[test]
fn an_event_file_is_tensorboards_to_the_byte() {
    let text = |text: &str| Value::Text(text.to_owned());
    let numbers = [16.0, 8.0].map(Value::Number);
    let mut keys = Keys::default();
    for (key, value) in [
        ("augment.flip", Value::Flag(true)),
        ("network.norm", text("batch")),
        ("network.norm", text("instance")),
        ("network.norm", text("batch")),
    ] {
        keys.add(key, value);
    }
    for number in numbers {
        keys.add("network.scale", number);
    }
    let column = |split: &str, metric: &str| MetricColumn {
        split: split.to_owned(),
        metric: metric.to_owned(),
    };
    let columns = [column("validation", "psnr"), column("train", "loss")];
    let began = 1_700_000_000.5;
    let mut events = vec![
        event::version(began),
        hyperparameters::experiment(began, &keys, &columns),
        hyperparameters::session(began, &[("network.scale".to_owned(), Value::Number(0.1))]),
    ];
    let loss = description(&Metric::Loss.properties());
    let mut description = Some(loss.as_str());
    for (step, value) in [(1, 0.1), (300, f64::NAN), (1 << 40, f64::NEG_INFINITY)] {
        let said = description.take();
        let time = began + 0.75;
        events.push(event::scalar(time, step, "train/loss", value, said));
    }
    events.push(hyperparameters::end(began, Outcome::Success));
    let file: Vec<u8> = events.iter().flat_map(|event| framed(event)).collect();
    let golden = include_str!("../../../../../tests/golden/event_file.hex");
    assert_eq!(hexadecimal(&file), golden.trim_end());
}

#[test]
fn a_picture_says_its_size() {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 7, 300);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0; 7 * 300 * 3]).unwrap();
    writer.finish().unwrap();
    let picture = Picture::of(&png).unwrap();
    let said = format!("{picture:?}");
    assert!(
        said.starts_with("Picture { width: 7, height: 300, colors: 3,"),
        "{said}"
    );
    assert!(Picture::of(b"GIF89a").is_none());
    assert!(Picture::of(b"\x89PNG\r\n\x1a\n").is_none());
}
