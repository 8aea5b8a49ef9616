//! Sample pictures: the same held-out images at every step, drawn as the original drew them.

use anyhow::Context;
use image::RgbImage;

use super::Colorizer;
use super::colorizer::{ChromaPlanes, Colorized};
use crate::batch::Batch;
use crate::color::{ColorSection, chroma_scales};
use crate::dataset::Photograph;
use crate::evaluate::psnr;
use crate::figure::{
    Channels, ChannelsRow, ChromaScale, Figure, Plane, Theme, Tile, TriptychRow, channels,
    decibels, gallery, triptych,
};
use crate::photo::PhotoFormat;
use crate::runs::{RunFolder, atomic};

/// Pictures side by side in the gallery of a run with fusion.
const GALLERY_COLUMNS: usize = 4;

/// The held-out images that samples show.
pub(super) struct Samples {
    batch: Batch,
    photographs: Vec<Photograph>,
    color: ColorSection,
    /// What a picture says of where it comes from.
    provenance: Vec<(&'static str, String)>,
}

impl Samples {
    /// Of a batch of held-out images; `provenance` is written into every picture.
    pub(super) fn new(
        batch: Batch,
        photographs: Vec<Photograph>,
        color: ColorSection,
        provenance: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            batch,
            photographs,
            color,
            provenance,
        }
    }

    /// Colorizes them with `model`, which is in inference mode, and draws them under the title "Iteration N", and each
    /// picture on its own.
    ///
    /// A network that answers in RGB gets rows of ground truth, gray and colorized; one that answers in chroma gets its
    /// channels beside the photograph's; one with fusion a gallery of what it made.
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
        let title = format!("Iteration {step}");
        let captions: Vec<String> = truth
            .iter()
            .zip(&output.colorized)
            .map(|(truth, colorized)| decibels(psnr(truth, colorized)))
            .collect();
        let figure = if !self.batch.features.is_empty() {
            colorized_gallery(&title, &output, &captions)
        } else if let Some(chroma) = model.chroma(&self.batch) {
            self.channels(&title, &truth, &output, &chroma, &captions)
        } else {
            triptychs(&title, &truth, &output, &captions)
        };
        let mut provenance = self.provenance.clone();
        provenance.push(("step", step.to_string()));
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

    fn channels(
        &self,
        title: &str,
        truth: &[RgbImage],
        output: &Colorized,
        chroma: &ChromaPlanes,
        captions: &[String],
    ) -> Figure {
        let side = self.batch.size as u32;
        let rows = (0..truth.len())
            .map(|index| ChannelsRow {
                truth: &truth[index],
                luma: &output.gray[index],
                chroma_truth: pair(side, &chroma.truth[index]),
                chroma_predicted: pair(side, &chroma.predicted[index]),
                colorized: &output.colorized[index],
                caption: Some(captions[index].clone()),
            })
            .collect();
        let gray = self.color.gray_name();
        let scales = chroma_scales(self.color.space);
        let content = Channels {
            luma: gray.to_owned(),
            chroma: scales.map(|scale| ChromaScale {
                name: scale.name.to_owned(),
                limit: scale.limit,
                below: scale.below.to_owned(),
                above: scale.above.to_owned(),
            }),
            rows,
        };
        channels(title, &content, Theme::Light)
    }
}

fn colorized_gallery(title: &str, output: &Colorized, captions: &[String]) -> Figure {
    let tiles: Vec<Tile<'_>> = output
        .colorized
        .iter()
        .zip(captions)
        .map(|(picture, caption)| Tile {
            picture,
            caption: Some(caption.clone()),
        })
        .collect();
    gallery(title, &tiles, GALLERY_COLUMNS, Theme::Light)
}

fn pair(side: u32, planes: &[Vec<f32>; 2]) -> [Plane<'_>; 2] {
    planes.each_ref().map(|values| Plane {
        width: side,
        height: side,
        values,
    })
}

fn triptychs(title: &str, truth: &[RgbImage], output: &Colorized, captions: &[String]) -> Figure {
    let rows: Vec<TriptychRow<'_>> = (0..truth.len())
        .map(|index| TriptychRow {
            truth: &truth[index],
            gray: &output.gray[index],
            colorized: &output.colorized[index],
            caption: Some(captions[index].clone()),
        })
        .collect();
    triptych(title, &rows, Theme::Light)
}

fn save(
    picture: &RgbImage,
    folder: &RunFolder,
    kind: &str,
    photograph: &Photograph,
) -> anyhow::Result<()> {
    let png = PhotoFormat::Png
        .encode(picture)
        .context("cannot encode a sample as PNG")?;
    atomic::write(&folder.sample_image(kind, photograph.id), &png)?;
    Ok(())
}
