//! Color profiles: from the colors of a file to sRGB.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use image::DynamicImage;
use moxcms::{
    ColorProfile, DataColorSpace, Layout, ProfileText, Transform8BitExecutor, TransformOptions,
};

/// A profile that moves no color by more levels than this is sRGB under whatever name, and changes nothing.
const SAME: u8 = 3;

/// Profiles that are remembered: cameras and programs write few.
const REMEMBERED: usize = 64;

/// What became of a file's color profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Profile {
    /// There is none, or it is that of sRGB.
    #[default]
    Srgb,
    /// Colors were converted from this profile to sRGB.
    Converted(String),
    /// It could not be applied, for this reason; the colors were taken as sRGB.
    Ignored(String),
}

/// What a profile asks for.
enum Conversion {
    Nothing,
    Colors(String, Arc<Transform8BitExecutor>),
    /// The sRGB color of every gray.
    Grays(String, Box<[[u8; 3]; 256]>),
    Impossible(String),
}

/// The picture in sRGB.
pub(super) fn to_srgb(picture: DynamicImage, profile: &[u8]) -> (DynamicImage, Profile) {
    let conversion = conversion(profile);
    let is_gray = !picture.color().has_color();
    match &*conversion {
        Conversion::Nothing => (picture, Profile::Srgb),
        Conversion::Impossible(reason) => (picture, Profile::Ignored(reason.clone())),
        Conversion::Grays(name, _) if !is_gray => {
            let reason = format!("`{name}` is a profile for gray pictures");
            (picture, Profile::Ignored(reason))
        }
        Conversion::Grays(name, grays) => {
            let mut picture = picture.into_rgba8();
            for pixel in picture.pixels_mut() {
                let [gray, .., alpha] = pixel.0;
                let [red, green, blue] = grays[usize::from(gray)];
                pixel.0 = [red, green, blue, alpha];
            }
            (picture.into(), Profile::Converted(name.clone()))
        }
        Conversion::Colors(name, transform) => {
            let alpha = picture.color().has_alpha().then(|| picture.to_rgba8());
            let mut source = picture.into_rgb8();
            let mut colors = vec![0; source.as_raw().len()];
            if let Err(error) = transform.transform(source.as_raw(), &mut colors) {
                return (source.into(), Profile::Ignored(error.to_string()));
            }
            source.copy_from_slice(&colors);
            let picture = match alpha {
                None => source.into(),
                Some(mut with_alpha) => {
                    for (into, pixel) in with_alpha.pixels_mut().zip(source.pixels()) {
                        into.0[..3].copy_from_slice(&pixel.0);
                    }
                    with_alpha.into()
                }
            };
            (picture, Profile::Converted(name.clone()))
        }
    }
}

static KNOWN: LazyLock<Mutex<HashMap<blake3::Hash, Arc<Conversion>>>> =
    LazyLock::new(Mutex::default);

fn conversion(profile: &[u8]) -> Arc<Conversion> {
    let key = blake3::hash(profile);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(conversion) = known().get(&key) {
        return Arc::clone(conversion);
    }
    let conversion = Arc::new(judge(profile).unwrap_or_else(Conversion::Impossible));
    let mut known = known();
    if known.len() < REMEMBERED {
        known.insert(key, Arc::clone(&conversion));
    }
    conversion
}

fn judge(bytes: &[u8]) -> Result<Conversion, String> {
    let profile =
        ColorProfile::new_from_slice(bytes).map_err(|_| "it cannot be read".to_owned())?;
    let name = name(&profile);
    let layout = match profile.color_space {
        DataColorSpace::Rgb => Layout::Rgb,
        DataColorSpace::Gray => Layout::Gray,
        DataColorSpace::Cmyk => return Err(format!("`{name}` is a profile for CMYK pictures")),
        _ => return Err(format!("`{name}` is for neither RGB nor gray pictures")),
    };
    let options = TransformOptions {
        prefer_fixed_point: false,
        ..TransformOptions::default()
    };
    let transform = profile
        .create_transform_8bit(layout, &ColorProfile::new_srgb(), Layout::Rgb, options)
        .map_err(|error| format!("`{name}` cannot be applied: {error}"))?;
    let samples = if layout == Layout::Gray {
        (0..=255).collect()
    } else {
        sample_colors()
    };
    let mut colors = vec![0; samples.len() * 3 / layout.channels()];
    transform
        .transform(&samples, &mut colors)
        .map_err(|error| format!("`{name}` cannot be applied: {error}"))?;
    let (colors, _) = colors.as_chunks::<3>();
    let wanted = samples.chunks_exact(layout.channels());
    let is_same = wanted.zip(colors).all(|(before, after)| {
        let before = before.iter().cycle();
        let mut pairs = before.zip(after);
        pairs.all(|(before, after)| before.abs_diff(*after) <= SAME)
    });
    Ok(if is_same {
        Conversion::Nothing
    } else if layout == Layout::Gray {
        let mut grays = Box::new([[0; 3]; 256]);
        grays.copy_from_slice(colors);
        Conversion::Grays(name, grays)
    } else {
        Conversion::Colors(name, transform)
    })
}

/// Colors all over the cube, and every gray.
fn sample_colors() -> Vec<u8> {
    let levels = [0, 16, 48, 80, 112, 144, 176, 208, 232, 255];
    let cube = levels.into_iter().flat_map(|red| {
        levels
            .into_iter()
            .flat_map(move |green| levels.map(|blue| [red, green, blue]))
    });
    let grays = (0..=255).map(|gray| [gray; 3]);
    cube.chain(grays).flatten().collect()
}

/// What the profile calls itself.
fn name(profile: &ColorProfile) -> String {
    let text = match &profile.description {
        Some(ProfileText::PlainString(text)) => text.as_str(),
        Some(ProfileText::Localizable(texts)) => {
            texts.first().map_or("", |text| text.value.as_str())
        }
        Some(ProfileText::Description(text)) if text.ascii_string.is_empty() => {
            &text.unicode_string
        }
        Some(ProfileText::Description(text)) => &text.ascii_string,
        None => "",
    };
    let printable = text.chars().filter(|it| !it.is_control());
    let name: String = printable.take(60).collect();
    match name.trim() {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}
