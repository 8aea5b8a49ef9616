//! The metrics that need a network of their own, measured on pairs of pictures.

use burn::tensor::{Device, Tensor};
use image::RgbImage;

use super::dists::Dists;
use super::frechet::{self, Moments};
use super::inception::{self, Inception};
use super::lpips::Lpips;
use super::stack::{Stack, StackKind};
use super::weights::{NetworkFile, PerceptualWeights};
use crate::backend;
use crate::batch::Batch;
use crate::evaluate::{ImageScore, Metric};
use crate::extractor::ExtractorError;

/// Pairs that pass the networks together on a processor: VGG-16 keeps maps of 64 channels at the size of the picture.
const PAIRS_AT_ONCE: usize = 2;

/// The networks of the metrics that were asked for, on a device without autodiff.
#[derive(Debug)]
pub struct Judges {
    lpips_alex: Option<Lpips>,
    lpips_vgg: Option<Lpips>,
    dists: Option<Dists>,
    inception: Option<Inception>,
    device: Device,
}

/// One evaluation: a set of pictures on its way through the networks.
#[derive(Debug)]
pub struct Judging<'a> {
    judges: &'a Judges,
    /// Of the photographs and of the pictures, for the FID.
    moments: Option<[Moments; 2]>,
}

impl Judges {
    /// The networks of all metrics that `weights` are for; `None` where there are none.
    ///
    /// # Errors
    ///
    /// [`ExtractorError`] when a file of weights is missing or damaged, or holds other tensors than it should.
    pub fn load(
        weights: &PerceptualWeights,
        device: &Device,
    ) -> Result<Option<Self>, ExtractorError> {
        let asked = |metric| weights.metrics().contains(&metric);
        if weights.metrics().is_empty() {
            return Ok(None);
        }
        let device = device.clone().without_autodiff();
        let stack = |kind| -> Result<Stack, ExtractorError> {
            let mut state = weights.read(NetworkFile::Stack(kind))?;
            Ok(Stack::new(kind, &mut state, &device))
        };
        let lpips = |kind, stack| -> Result<Lpips, ExtractorError> {
            let mut state = weights.read(NetworkFile::Lpips(kind))?;
            Ok(Lpips::new(kind, stack, &mut state, &device))
        };
        let mut judges = Self {
            lpips_alex: None,
            lpips_vgg: None,
            dists: None,
            inception: None,
            device: device.clone(),
        };
        if asked(Metric::LpipsAlex) {
            let kind = StackKind::Alexnet;
            judges.lpips_alex = Some(lpips(kind, stack(kind)?)?);
        }
        if asked(Metric::LpipsVgg) || asked(Metric::Dists) {
            let kind = StackKind::Vgg16;
            // Both share its weights.
            let stack = stack(kind)?;
            if asked(Metric::LpipsVgg) {
                judges.lpips_vgg = Some(lpips(kind, stack.clone())?);
            }
            if asked(Metric::Dists) {
                let mut state = weights.read(NetworkFile::Dists)?;
                judges.dists = Some(Dists::new(stack, &mut state, &device));
            }
        }
        if asked(Metric::Fid) {
            let mut state = weights.read(NetworkFile::Inception)?;
            judges.inception = Some(Inception::new(&mut state, &device));
        }
        Ok(Some(judges))
    }

    /// What the network of the FID makes of pictures, RGB on [0, 1], if that metric was asked for.
    pub(crate) fn features(&self, rgb: Tensor<4>) -> Option<Tensor<2>> {
        Some(self.inception.as_ref()?.features(rgb))
    }

    /// Begins an evaluation.
    pub fn begin(&self) -> Judging<'_> {
        let moments = || Moments::new(inception::WIDTH);
        Judging {
            judges: self,
            moments: self.inception.is_some().then(|| [moments(), moments()]),
        }
    }
}

impl Judging<'_> {
    /// Judges square `pictures` by their photographs, and writes what each scores into `scores`.
    ///
    /// # Panics
    ///
    /// When there are not as many of each.
    pub fn judge(&mut self, photographs: &Batch, pictures: &[RgbImage], scores: &mut [ImageScore]) {
        let pictures = Batch {
            size: photographs.size,
            pixels: pictures
                .iter()
                .flat_map(|it| it.as_raw())
                .copied()
                .collect(),
            positions: photographs.positions.clone(),
            features: Vec::new(),
            labels: Vec::new(),
        };
        let at_once = if backend::is_processor(&self.judges.device) {
            PAIRS_AT_ONCE
        } else {
            photographs.len().max(1)
        };
        let parts = photographs.parts(at_once).into_iter();
        let mut rest = scores;
        for (photographs, pictures) in parts.zip(pictures.parts(at_once)) {
            let (part, others) = rest.split_at_mut(photographs.len());
            rest = others;
            self.judge_part(&photographs, &pictures, part);
        }
    }

    fn judge_part(&mut self, photographs: &Batch, pictures: &Batch, scores: &mut [ImageScore]) {
        let judges = self.judges;
        let side = photographs.size;
        let [truth, picture] = [photographs, pictures].map(|it| it.to_rgb(&judges.device));
        let measured = |value: Option<Tensor<1>>| value.map(numbers);
        let lpips = |judge: &Option<Lpips>, kind: StackKind| {
            let judge = judge.as_ref()?;
            Some(if side < kind.smallest_side() {
                vec![f64::NAN; scores.len()]
            } else {
                numbers(judge.distances(truth.clone(), picture.clone()))
            })
        };
        let alex = lpips(&judges.lpips_alex, StackKind::Alexnet);
        let vgg = lpips(&judges.lpips_vgg, StackKind::Vgg16);
        let dists = judges.dists.as_ref();
        let dists = measured(dists.map(|it| it.distances(truth.clone(), picture.clone())));
        for (at, score) in scores.iter_mut().enumerate() {
            let of_image = |values: &Option<Vec<f64>>| values.as_ref().map(|values| values[at]);
            score.lpips_alex = of_image(&alex);
            score.lpips_vgg = of_image(&vgg);
            score.dists = of_image(&dists);
        }
        if let (Some(inception), Some(moments)) = (&judges.inception, &mut self.moments) {
            for (moments, rgb) in moments.iter_mut().zip([truth, picture]) {
                let features = inception.features(rgb).into_data();
                let features: Vec<f32> = features
                    .try_to_vec()
                    .expect("the network computes in 32-bit floating point");
                moments.add(&features);
            }
        }
    }

    /// What the set as a whole scores: the FID, where it was asked for and there are two pictures at least.
    pub fn total(self) -> Option<(Metric, f64)> {
        let [of_photographs, of_pictures] = self.moments?;
        let distance = frechet::distance(of_photographs, of_pictures)?;
        Some((Metric::Fid, distance))
    }
}

fn numbers(tensor: Tensor<1>) -> Vec<f64> {
    let numbers: Vec<f32> = tensor
        .into_data()
        .try_to_vec()
        .expect("the network computes in 32-bit floating point");
    numbers.into_iter().map(f64::from).collect()
}
