//! Sample pictures: the same held-out images at every step, as the original drew them.

use anyhow::Context;
use image::RgbImage;

use super::Colorizer;
use crate::batch::{Batch, Photograph};
use crate::evaluate::psnr;
use crate::figure::{Theme, TriptychRow, decibels, triptych};
use crate::runs::{RunFolder, atomic};

/// The held-out images that samples show.
pub(super) struct Samples {
    batch: Batch,
    photographs: Vec<Photograph>,
    /// What a picture says of where it comes from.
    provenance: Vec<(&'static str, String)>,
}

impl Samples {
    /// Of a batch of held-out images; `provenance` is written into every picture.
    pub(super) fn new(
        batch: Batch,
        photographs: Vec<Photograph>,
        provenance: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            batch,
            photographs,
            provenance,
        }
    }

    /// Colours them with `model`, which is in inference mode, and draws them: rows of ground truth, gray and colorized
    /// under the title "Iteration N", and each picture on its own.
    pub(super) fn draw(
        &self,
        model: &Colorizer,
        step: usize,
        folder: &RunFolder,
    ) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let truth = self.batch.pictures();
        let output = model.colorize(&self.batch);
        let rows: Vec<TriptychRow<'_>> = (0..truth.len())
            .map(|index| TriptychRow {
                truth: &truth[index],
                gray: &output.gray[index],
                colorized: &output.colorized[index],
                caption: Some(decibels(psnr(&truth[index], &output.colorized[index]))),
            })
            .collect();
        let mut provenance = self.provenance.clone();
        provenance.push(("step", step.to_string()));
        let figure = triptych(&format!("Iteration {step}"), &rows, Theme::Light);
        atomic::write(
            &folder.sample(step).with_extension("png"),
            &figure.to_png(&provenance)?,
        )?;
        let kind = format!("step-{step:06}");
        for (index, photograph) in self.photographs.iter().enumerate() {
            save(&truth[index], folder, "truth", photograph)?;
            save(&output.gray[index], folder, "gray", photograph)?;
            save(&output.colorized[index], folder, &kind, photograph)?;
        }
        Ok(())
    }
}

fn save(
    picture: &RgbImage,
    folder: &RunFolder,
    kind: &str,
    photograph: &Photograph,
) -> anyhow::Result<()> {
    let mut png = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut png, image::ImageFormat::Png)
        .context("cannot encode a sample as PNG")?;
    atomic::write(&folder.sample_image(kind, photograph.id), png.get_ref())?;
    Ok(())
}
