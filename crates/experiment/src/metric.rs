//! The table of metrics: for every number that a run logs its name, title, short name, unit, decimals and direction, and
//! what it means. Whatever shows, ranks or exports a metric takes these from here; a new metric is a line of the table.

use colorize_statistics::Better;

/// What there is to say of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties {
    /// The name in logs, tables and claims.
    pub name: &'static str,
    /// What people read: `PSNR, luma replaced`.
    pub title: &'static str,
    /// The same for the head of a narrow column.
    pub short: &'static str,
    /// The unit; empty without one.
    pub unit: &'static str,
    /// Decimals shown.
    pub digits: usize,
    /// Which way it improves.
    pub better: Better,
    /// What it is, in a sentence without a period.
    pub meaning: &'static str,
}

impl Properties {
    /// Those of the metric that is logged under this name.
    pub fn of(name: &str) -> Option<Self> {
        let held_out = Metric::from_name(name).map(Metric::properties);
        let training = || Some(TrainingMetric::named(name)?.properties());
        let machine = || Some(MachineMetric::named(name)?.properties());
        held_out.or_else(training).or_else(machine)
    }

    /// Title and unit: `PSNR (dB)`.
    pub fn heading(&self) -> String {
        with_unit(self.title, self.unit)
    }

    /// Short name and unit: `luma replaced (dB)`.
    pub fn short_heading(&self) -> String {
        with_unit(self.short, self.unit)
    }
}

fn with_unit(name: &str, unit: &str) -> String {
    match unit {
        "" => name.to_owned(),
        unit => format!("{name} ({unit})"),
    }
}

macro_rules! table {
    (
        $(#[$about:meta])* $kind:ident
        $($variant:ident $name:literal $title:literal $short:literal $unit:literal $digits:literal $better:ident $meaning:literal;)*
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $kind {
            $(#[doc = concat!($meaning, ".")] $variant,)*
        }

        impl $kind {
            /// All of them, in the order in which tables show them.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its line of the table.
            pub const fn properties(self) -> Properties {
                match self {
                    $(Self::$variant => Properties {
                        name: $name,
                        title: $title,
                        short: $short,
                        unit: $unit,
                        digits: $digits,
                        better: Better::$better,
                        meaning: $meaning,
                    },)*
                }
            }

            /// The name in logs, tables and claims.
            pub const fn name(self) -> &'static str {
                self.properties().name
            }

            /// Which way it improves.
            pub const fn better(self) -> Better {
                self.properties().better
            }
        }
    };
}

table! {
    /// A number over a set of held-out images: the mean of a column of `ImageScore::columns`,
    /// or a ratio of two columns' sums. `loss` is logged of the training as well.
    Metric
    Loss "loss" "Loss" "loss" "" 5 Lower
        "Mean of the loss, in the network's own space";
    Psnr "psnr" "PSNR" "PSNR" "dB" 2 Higher
        "Mean of the decibels of each image";
    PsnrLumaReplaced "psnr_luma_replaced" "PSNR, luma replaced" "luma replaced" "dB" 2 Higher
        "Mean of the decibels of each image, with the photograph's luma";
    PsnrGray "psnr_gray" "PSNR without color" "PSNR, no color" "dB" 2 Neither
        "Mean of the decibels of the photograph's luma without chroma: what color has to beat";
    Ssim "ssim" "SSIM" "SSIM" "" 3 Higher
        "Mean structural similarity";
    SsimLumaReplaced "ssim_luma_replaced" "SSIM, luma replaced" "SSIM, l. r." "" 3 Higher
        "Mean structural similarity, with the photograph's luma";
    Ciede2000 "ciede2000" "CIEDE2000" "CIEDE2000" "" 2 Lower
        "Mean of each image's mean color difference";
    Ciede2000LumaReplaced "ciede2000_luma_replaced" "CIEDE2000, luma replaced" "CIEDE2000, l. r." "" 2 Lower
        "Mean of each image's mean color difference, with the photograph's luma";
    Ciede2000P95 "ciede2000_p95" "CIEDE2000, 95th percentile" "CIEDE2000, p95" "" 2 Lower
        "Mean of each image's 95th percentile of color differences";
    ColorfulnessRatio "colorfulness_ratio" "Colorfulness ratio" "colorfulness" "" 3 One
        "Mean colorfulness of the predictions, divided by that of the photographs: 1 is as colorful as the photographs, 0 is gray";
    ColorfulnessRatioLumaReplaced "colorfulness_ratio_luma_replaced" "Colorfulness ratio, luma replaced" "colorfulness, l. r." "" 3 One
        "Mean colorfulness, divided by that of the photographs, with the photograph's luma";
    ColorfulnessRatioAbsolute "colorfulness_ratio_absolute" "Colorfulness ratio, absolute" "colorfulness, absolute" "" 3 One
        "Mean colorfulness, divided by that of the photographs, from absolute opponents";
    ColorfulnessDifference "colorfulness_difference" "Colorfulness difference" "colorfulness diff." "" 2 Lower
        "Mean absolute difference between each image's colorfulness and its photograph's";
    AucAb "auc_ab" "AuC of ab errors" "AuC" "" 3 Higher
        "Mean area under the curve of chroma errors";
    AucAbBalanced "auc_ab_balanced" "AuC of ab errors, balanced" "AuC, balanced" "" 3 Higher
        "Mean area under the curve of chroma errors, with more weight on rare colors";
    ChromaRatio "chroma_ratio" "Chroma ratio" "chroma" "" 3 One
        "Mean chroma of the predictions, divided by that of the photographs: 1 is as colorful as the photographs, 0 is gray";
    HueError "hue_error" "Hue error" "hue error" "°" 1 Lower
        "Mean hue error, over the photographs that have a hue";
    GrayShare "gray_share" "Share of gray" "gray" "" 3 Photographs
        "Mean share of gray pixels in the predictions, to be compared with `gray_share_truth`";
    GrayShareTruth "gray_share_truth" "Share of gray in photographs" "gray in photographs" "" 3 Neither
        "Mean share of gray pixels in the photographs";
    UvMse "uv_mse" "Mean squared error of UV" "UV error" "" 5 Lower
        "Mean squared error of U and V";
    AbMse "ab_mse" "Mean squared error of ab" "ab error" "" 1 Lower
        "Mean squared error of a and b";
    LpipsAlex "lpips_alex" "LPIPS, AlexNet" "LPIPS, Alex" "" 4 Lower
        "Mean perceptual distance by the maps of AlexNet: 0 is equal";
    LpipsVgg "lpips_vgg" "LPIPS, VGG-16" "LPIPS, VGG" "" 4 Lower
        "Mean perceptual distance by the maps of VGG-16: 0 is equal";
    Dists "dists" "DISTS" "DISTS" "" 4 Lower
        "Mean distance in structure and texture by the maps of VGG-16: 0 is equal";
    Fid "fid" "Fréchet inception distance" "FID" "" 2 Lower
        "Distance between the predictions and the photographs as two clouds of features: one number over all images";
}

table! {
    /// A number of the training alone, logged under split `train` where there is something to log.
    TrainingMetric
    ClassificationLoss "classification_loss" "Classification loss" "class. loss" "loss" 5 Lower
        "Mean cross-entropy of the categories that a network learns beside the colors, over the photographs with labels";
}

table! {
    /// A number of the machine and not of the training, logged under split `train`: two runs of one trial differ in it.
    /// Comparisons of runs, and proofs that two are the same, leave these out.
    MachineMetric
    ImagesPerSecond "images_per_second" "Training speed" "images/s" "images/s" 2 Higher
        "Images in the step, divided by the seconds since the end of the previous step";
    DataWait "data_wait_seconds" "Wait for data" "data wait" "s" 5 Lower
        "How long the step waited for its batch";
    CpuUtilization "cpu_utilization" "Processor utilization" "CPU" "%" 0 Neither
        "Processor time of this process, divided by the elapsed time: 100 is one busy core";
    ResidentMemory "resident_memory_bytes" "Resident memory" "memory" "bytes" 0 Lower
        "Resident memory of this process";
    SystemMemoryAvailable "system_memory_available_bytes" "Available memory" "available" "bytes" 0 Neither
        "Memory that can still be allocated on the machine without swapping";
    ProcessorEnergy "energy_joules" "Processor energy" "energy" "J" 1 Lower
        "Energy used by the processor sockets and their memory since the previous sample";
    GpuUtilization "gpu_utilization" "GPU utilization" "GPU" "%" 0 Neither
        "Share of the time in which the GPU was busy, with any process";
    GpuMemory "gpu_memory_bytes" "GPU memory" "GPU memory" "bytes" 0 Lower
        "GPU memory of this process";
    GpuMemoryUsed "gpu_memory_used_bytes" "GPU memory of all processes" "GPU memory used" "bytes" 0 Neither
        "GPU memory of all processes";
    GpuPower "gpu_power_watts" "GPU power" "GPU power" "W" 1 Neither
        "Power drawn by the GPU";
    GpuEnergy "gpu_energy_joules" "GPU energy" "GPU energy" "J" 1 Lower
        "Energy used by the GPU since the previous sample";
}

impl Metric {
    /// The metric of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Those that are measured only where they are asked for: each needs the weights of a network.
    pub const ON_REQUEST: [Self; 4] = [Self::LpipsAlex, Self::LpipsVgg, Self::Dists, Self::Fid];

    /// Whether it is one of [`Self::ON_REQUEST`].
    pub fn is_on_request(self) -> bool {
        Self::ON_REQUEST.contains(&self)
    }

    /// Whether single images have a value, of which it is made; if not, there is one number over all of them.
    pub fn is_per_image(self) -> bool {
        self != Self::Fid
    }

    /// What people read at the head of a column.
    pub const fn title(self) -> &'static str {
        self.properties().title
    }

    /// The unit, where there is one.
    pub fn unit(self) -> Option<&'static str> {
        Some(self.properties().unit).filter(|unit| !unit.is_empty())
    }

    /// Decimals shown.
    pub const fn digits(self) -> usize {
        self.properties().digits
    }

    /// The columns of the per-image table that it is made of: over a set of images it is the sum of the first over the
    /// sum of the second or, without a second, over the number of images that have a value. No table has the column of a
    /// metric that is not [`Self::is_per_image`].
    pub fn columns(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::ColorfulnessRatio => ("colorfulness", Some("colorfulness_truth")),
            Self::ColorfulnessRatioLumaReplaced => {
                ("colorfulness_luma_replaced", Some("colorfulness_truth"))
            }
            Self::ColorfulnessRatioAbsolute => {
                ("colorfulness_absolute", Some("colorfulness_absolute_truth"))
            }
            Self::ChromaRatio => ("chroma", Some("chroma_truth")),
            // The mean of the column of its name.
            mean => (mean.name(), None),
        }
    }

    /// What an image adds above and below, by the values of its [`Self::columns`]: nothing, (0, 0), where it has no
    /// value, which columns say by `NaN`. Only a loss that is not a number is a number gone wrong, and counts.
    pub fn term(self, above: f64, below: Option<f64>) -> (f64, f64) {
        let below = below.unwrap_or(1.0);
        if self != Self::Loss && (above.is_nan() || below.is_nan()) {
            return (0.0, 0.0);
        }
        (above, below)
    }

    /// The metric over a set, from what its images add; `None` when none of them has a value, or when all that a ratio
    /// has below is 0.
    pub fn over(terms: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
        let sum = |sum: (f64, f64), term: (f64, f64)| (sum.0 + term.0, sum.1 + term.1);
        let (above, below) = terms.into_iter().fold((0.0, 0.0), sum);
        (below != 0.0).then(|| above / below)
    }

    /// Whether it scores the prediction once the photograph's luma stands in for its own.
    pub fn is_luma_replaced(self) -> bool {
        matches!(
            self,
            Self::PsnrLumaReplaced
                | Self::SsimLumaReplaced
                | Self::Ciede2000LumaReplaced
                | Self::ColorfulnessRatioLumaReplaced
        )
    }
}

impl TrainingMetric {
    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

impl MachineMetric {
    /// Its unit.
    pub const fn unit(self) -> &'static str {
        self.properties().unit
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Properties> {
        let held_out = Metric::ALL.map(Metric::properties);
        let training = TrainingMetric::ALL.map(TrainingMetric::properties);
        let machine = MachineMetric::ALL.map(MachineMetric::properties);
        let all = held_out.into_iter().chain(training);
        all.chain(machine).collect()
    }

    #[test]
    fn every_metric_has_every_property_and_a_name_of_its_own() {
        let all = all();
        for one in &all {
            let name = one.name;
            let legal = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
            assert!(!name.is_empty() && name.chars().all(legal), "{name}");
            assert_eq!(Properties::of(name), Some(*one), "{name}");
            for text in [one.title, one.short, one.meaning] {
                assert!(!text.is_empty() && text.trim() == text, "{name}");
                assert!(!text.ends_with('.') || text == one.short, "{name}");
            }
            assert!(one.short.len() <= one.title.len(), "{name}");
            assert!(one.digits <= 5, "{name}");
            let named = |it: &Properties| [it.name, it.title, it.short];
            for (place, text) in named(one).into_iter().enumerate() {
                let same = all.iter().filter(|other| named(other)[place] == text);
                assert_eq!(same.count(), 1, "{text}");
            }
        }
        let docs = [
            include_str!("../../../docs/evaluation.md"),
            include_str!("../../../docs/runs.md"),
        ];
        for one in &all {
            let name = format!("`{}`", one.name);
            assert!(docs.iter().any(|text| text.contains(&name)), "{name}");
        }
        assert_eq!(Properties::of("PSNR"), None);
        assert_eq!(Metric::from_name("images_per_second"), None);
        assert_eq!(MachineMetric::named("loss"), None);
    }

    /// The directions, each written down a second time: a slip in the table is a slip in every figure.
    #[test]
    fn directions_are_what_the_numbers_mean() {
        for one in all() {
            let name = one.name;
            let expected = if name.contains("ratio") {
                Better::One
            } else if name == "gray_share" {
                Better::Photographs
            } else if ["psnr_gray", "gray_share_truth"].contains(&name)
                || name.ends_with("_utilization")
                || name.contains("power")
                || name.contains("used")
                || name.contains("available")
            {
                Better::Neither
            } else if ["psnr", "ssim", "auc", "images_per"]
                .iter()
                .any(|start| name.starts_with(start))
            {
                Better::Higher
            } else {
                Better::Lower
            };
            assert_eq!(one.better, expected, "{name}");
        }
        let units = [("psnr", "dB"), ("hue_error", "°"), ("energy_joules", "J")];
        for (name, unit) in units {
            assert_eq!(Properties::of(name).map(|it| it.unit), Some(unit));
        }
        assert_eq!(Metric::Psnr.properties().heading(), "PSNR (dB)");
        assert_eq!(Metric::Ssim.properties().heading(), "SSIM");
    }
}
