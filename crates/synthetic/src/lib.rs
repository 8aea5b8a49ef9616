//! The synthetic world: little photographs in which color depends on what a thing is.
//!
//! [`World`] says how many scenes there are, from which seed and how large; [`World::scene`] paints one, a [`Scene`]
//! with its annotated [`Object`]s; [`World::write`] leaves all of them in a folder laid out as COCO lays out its own.
//!
//! As in life, gray tells what most things are (grass has blades, a stop sign has eight corners and a white rim, a
//! clear sky darkens toward the zenith) and so what color they have, while cars, shirts, umbrellas and painted
//! walls may be of any color: theirs is drawn without regard to luma, so that no network can do better than the
//! mean. A scene is a pure function of seed and index, painted in coordinates from 0 to 1, so it has one composition
//! at every size. All chance comes from `ChaCha8`, and no system library's trigonometry is used.

mod animals;
mod beach;
mod buildings;
mod camera;
mod canvas;
mod coco;
mod color;
mod dice;
mod film;
mod food;
mod furniture;
mod ground;
mod indoor;
mod light;
mod meadow;
mod night;
mod noise;
mod outline;
mod people;
mod plants;
mod road;
mod room;
mod shape;
mod signs;
mod sky;
mod snow;
mod street;
mod vehicles;
mod write;

pub use write::WorldError;

use canvas::Canvas;
use dice::Dice;
use film::Film;

/// The version of the pictures: changes when any pixel of any scene changes.
pub const VERSION: u32 = 1;

/// A world of scenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct World {
    /// How many scenes there are.
    pub count: usize,
    /// Two worlds of different seeds share no scene.
    pub seed: u64,
    /// Width and height of every picture in pixels.
    pub size: usize,
}

/// One picture and what it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// `size` by `size` pixels, sRGB.
    pub image: image::RgbImage,
    /// What can be seen in it, in the order in which it was painted: far things first.
    pub objects: Vec<Object>,
}

/// Something with a COCO category.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The COCO category's name.
    pub category: &'static str,
    /// x, y, width, height in pixels, within the frame.
    pub bbox: [f32; 4],
    /// x0, y0, x1, y1, …: the convex outline in pixels, within the frame.
    pub polygon: Vec<f32>,
    /// Area of the polygon in square pixels.
    pub area: f32,
}

/// What a scene is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    StopStreet,
    Street,
    Night,
    Meadow,
    Beach,
    Snow,
    Indoor,
}

/// Shares in thousandths. Three scenes in ten have a stop sign; the rest balance warm rooms, streets and nights against green and blue.
const SHARES: [(Kind, u32); 7] = [
    (Kind::StopStreet, 300),
    (Kind::Street, 110),
    (Kind::Night, 110),
    (Kind::Meadow, 120),
    (Kind::Beach, 110),
    (Kind::Snow, 70),
    (Kind::Indoor, 180),
];

impl World {
    /// Paints scene `index`, a pure function of seed, index and size. A size of 0 is taken as 1.
    pub fn scene(&self, index: usize) -> Scene {
        let size = self.size.clamp(1, 4096) as u32;
        // At least twice the size, for soft edges, and never so coarse that letters and wheels fall to pieces.
        let factor = 192_u32.div_ceil(size).clamp(2, 8);
        let mut dice = Dice::new(self.seed, index as u64);
        let mut canvas = Canvas::new(size * factor);
        match self.kind(index) {
            Kind::StopStreet => street::paint(&mut canvas, true, &mut dice),
            Kind::Street => street::paint(&mut canvas, false, &mut dice),
            Kind::Night => night::paint(&mut canvas, &mut dice),
            Kind::Meadow => meadow::paint(&mut canvas, &mut dice),
            Kind::Beach => beach::paint(&mut canvas, &mut dice),
            Kind::Snow => snow::paint(&mut canvas, &mut dice),
            Kind::Indoor => indoor::paint(&mut canvas, &mut dice),
        };
        let film = Film::new(&mut dice);
        let (painted, things) = canvas.finish();
        Scene {
            image: film.develop(&painted, size, factor),
            objects: outline::objects(things, size as usize),
        }
    }

    /// Steps of the golden ratio spread the kinds evenly, so that even a hundred scenes have their shares.
    fn kind(&self, index: usize) -> Kind {
        let start = Dice::new(self.seed, u64::MAX).bits();
        let place = start.wrapping_add((index as u32).wrapping_mul(0x9E37_79B9));
        let mut thousandth = ((u64::from(place) * 1000) >> 32) as u32;
        for (kind, share) in SHARES {
            if thousandth < share {
                return kind;
            }
            thousandth -= share;
        }
        Kind::Indoor
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};
    use std::sync::OnceLock;

    use super::*;

    const WORLD: World = World {
        count: 40,
        seed: 5,
        size: 48,
    };

    /// Painted once for all tests.
    fn scenes() -> &'static [Scene] {
        static SCENES: OnceLock<Vec<Scene>> = OnceLock::new();
        SCENES.get_or_init(|| (0..WORLD.count).map(|index| WORLD.scene(index)).collect())
    }

    #[test]
    fn a_scene_is_a_pure_function_of_seed_and_index() {
        assert_eq!(WORLD.scene(17), scenes()[17]);
        let larger = World {
            count: 900,
            ..WORLD
        };
        assert_eq!(scenes()[3], larger.scene(3));
        let other = World { seed: 6, ..WORLD };
        assert_ne!(scenes()[3].image, other.scene(3).image);
    }

    /// CRC-32 of the pixels of one scene of each kind. Change [`VERSION`] when these change.
    #[test]
    fn pictures_are_those_of_this_version() {
        assert_eq!(VERSION, 1);
        let mut seen = HashSet::new();
        let mut sums = Vec::new();
        for index in 0..WORLD.count {
            if seen.insert(WORLD.kind(index)) {
                sums.push((WORLD.kind(index), crc32(scenes()[index].image.as_raw())));
            }
        }
        assert_eq!(sums, PINNED);
    }

    const PINNED: [(Kind, u32); 7] = [
        (Kind::Meadow, 0xD06E_597B),
        (Kind::StopStreet, 0x1A95_5D7C),
        (Kind::Snow, 0xBA8F_931D),
        (Kind::Street, 0x6B81_B517),
        (Kind::Indoor, 0xBB45_AA59),
        (Kind::Night, 0x184E_AA46),
        (Kind::Beach, 0xD293_DE07),
    ];

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())
            })
        })
    }

    #[test]
    fn every_size_shows_the_same_composition() {
        for index in 0..10 {
            let small = &scenes()[index];
            let large = World { size: 96, ..WORLD }.scene(index);
            let (mut sum, mut count) = (0.0, 0.0);
            for (x, y, pixel) in small.image.enumerate_pixels() {
                for part in 0..3 {
                    let four: u32 = [(0, 0), (0, 1), (1, 0), (1, 1)]
                        .iter()
                        .map(|(dx, dy)| {
                            u32::from(large.image.get_pixel(2 * x + dx, 2 * y + dy)[part])
                        })
                        .sum();
                    sum += (four as f32 / 4.0 - f32::from(pixel[part])).abs();
                    count += 1.0;
                }
            }
            assert!(
                sum / count < 4.0,
                "scene {index}, mean difference: {}",
                sum / count
            );
            let names =
                |scene: &Scene| scene.objects.iter().map(|o| o.category).collect::<Vec<_>>();
            assert_eq!(names(small), names(&large));
        }
    }

    #[test]
    fn objects_lie_in_the_frame_and_have_coco_names() {
        for scene in scenes() {
            for object in &scene.objects {
                assert!(
                    coco::category_id(object.category).is_some(),
                    "{}",
                    object.category
                );
                let [x, y, width, height] = object.bbox;
                assert!(
                    x >= 0.0 && y >= 0.0 && width > 0.0 && height > 0.0,
                    "{object:?}"
                );
                assert!(x + width <= 48.01 && y + height <= 48.01, "{object:?}");
                assert!(object.polygon.len() >= 6 && object.polygon.len() % 2 == 0);
                assert!(
                    object.area > 0.0 && object.area <= width * height + 0.5,
                    "{object:?}"
                );
                for corner in object.polygon.chunks(2) {
                    assert!(corner[0] >= x - 0.01 && corner[0] <= x + width + 0.01);
                    assert!(corner[1] >= y - 0.01 && corner[1] <= y + height + 0.01);
                }
            }
        }
    }

    #[test]
    fn three_scenes_in_ten_have_a_stop_sign_that_is_red_in_its_middle() {
        let mut signs = 0;
        for (index, scene) in scenes().iter().enumerate() {
            let sign = scene
                .objects
                .iter()
                .rev()
                .find(|object| object.category == "stop sign");
            assert_eq!(
                sign.is_some(),
                WORLD.kind(index) == Kind::StopStreet,
                "scene {index}"
            );
            let Some(sign) = sign else { continue };
            signs += 1;
            let [x, y, width, height] = sign.bbox;
            assert!(height > 48.0 * 0.15, "height: {height}");
            // The lower fifth of the sign has no letters.
            let (column, row) = ((x + width * 0.5) as u32, (y + height * 0.81) as u32);
            let pixel = scene.image.get_pixel(column, row);
            assert!(
                pixel[0] > pixel[1].saturating_add(20),
                "scene {index}: {pixel:?}"
            );
        }
        assert!((11..=13).contains(&signs), "signs: {signs}");
    }

    #[test]
    fn the_world_is_warm_gray_on_average_and_each_kind_is_there() {
        let mut sum = [0.0_f64; 3];
        let mut kinds = BTreeMap::new();
        for (index, scene) in scenes().iter().enumerate() {
            *kinds.entry(format!("{:?}", WORLD.kind(index))).or_insert(0) += 1;
            for pixel in scene.image.pixels() {
                for part in 0..3 {
                    sum[part] += f64::from(pixel[part]) / (48.0 * 48.0 * WORLD.count as f64);
                }
            }
        }
        assert_eq!(kinds.len(), SHARES.len(), "{kinds:?}");
        let [red, green, blue] = sum;
        assert!(
            red > green && green > blue && red - blue < 45.0,
            "mean: {sum:?}"
        );
        assert!((85.0..150.0).contains(&green), "mean: {sum:?}");
    }

    #[test]
    fn shares_sum_to_one() {
        assert_eq!(SHARES.iter().map(|(_, share)| share).sum::<u32>(), 1000);
    }
}
