//! `colorize verify device`, as a program.

use std::fs;
use std::process::{Command, Output};

use colorize::backend::{self, DeviceName};
use colorize::proof::device::Arithmetic;
use serde_json::Value;

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colorize"))
        .args(["verify", "device"])
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).unwrap()
}

#[test]
fn every_device_computes_what_flex_does() {
    let folder = tempfile::tempdir().unwrap();
    for device in backend::present() {
        let path = folder.path().join("device.json");
        let name = device.to_string();
        let output = verify(&[&name, "--quick", "--report", path.to_str().unwrap()]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(
            said.contains(&format!("ok: `{name}` computes what `flex` does")),
            "{said}"
        );
        let longest = said.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(80), "{said}");

        let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(report["verdict"], "ok");
        assert_eq!(report["device"], name.as_str());
        assert!(report["libraries"]["burn"].is_string());
        assert!(report["environment"]["machine"]["processor"].is_string());
        let checks = report["checks"].as_array().unwrap();
        for kind in [
            "network",
            "color",
            "loss",
            "optimizer",
            "step",
            "classifier",
            "determinism",
            "run",
            "memory",
        ] {
            assert!(checks.iter().any(|check| check["kind"] == kind), "{kind}");
        }
        let parts = checks
            .iter()
            .flat_map(|check| check["parts"].as_array().unwrap());
        let worst: Vec<&Value> = parts.map(|part| &part["worst"]).collect();
        assert!(worst.len() > 200, "{}", worst.len());
        if device == DeviceName::Flex {
            assert!(worst.iter().all(|it| it["error"] == 0.0), "{worst:?}");
        } else {
            assert!(worst.iter().any(|it| it["error"] != 0.0));
        }
    }
}

#[test]
fn what_a_device_cannot_do_is_refused_before_anything_is_computed() {
    for (arguments, message) in [
        (&["felx"][..], "did you mean `flex`?"),
        (
            &["flex", "--precision", "bf16"],
            "computes in 32-bit floats",
        ),
        (&["flex", "--precision", "f16"], "must be `f32` or `bf16`"),
        (&["libtorch:cuda:99"], "device `libtorch:cuda:99`"),
        (
            &["flex", "--against", "libtorch:cuda:99"],
            "device `libtorch:cuda:99`",
        ),
        (
            &["flex", "--report", "/dev/null/device.json"],
            "/dev/null/device.json",
        ),
    ] {
        let output = verify(arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
    assert_eq!(
        Arithmetic::of(&DeviceName::Flex, backend::Precision::F32),
        Arithmetic::F32
    );
}
