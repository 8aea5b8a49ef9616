//! From the points of a painted thing to its annotation: convex outline, cut at the frame, left out where hidden.

use super::Object;
use super::canvas::Thing;
use super::shape::Point;

/// Outlines that cover less than this share of the frame are not annotated: nobody could see them.
const LEAST_AREA: f32 = 0.0004;

/// Things of which later things hide more than this share are not annotated.
const MOST_HIDDEN: f32 = 0.8;

/// The annotations of a scene of `size` pixels, given its things in the order in which they were painted.
pub(super) fn objects(things: Vec<Thing>, size: usize) -> Vec<Object> {
    let outlined: Vec<(&'static str, Vec<Point>)> = things
        .into_iter()
        .map(|thing| (thing.category, clip(hull(thing.points))))
        .collect();
    let mut objects = Vec::new();
    for (index, (category, outline)) in outlined.iter().enumerate() {
        // A table is there to be covered.
        let hidden = *category != "dining table"
            && hidden_share(outline, &outlined[index + 1..]) > MOST_HIDDEN;
        if area(outline) < LEAST_AREA || hidden {
            continue;
        }
        objects.push(object(category, outline, size as f32));
    }
    objects
}

/// Pixels, rounded to hundredths as COCO's are.
fn object(category: &'static str, outline: &[Point], size: f32) -> Object {
    let pixel = |value: f32| ((value * size).clamp(0.0, size) * 100.0).round() / 100.0;
    let points: Vec<Point> = outline
        .iter()
        .map(|point| [pixel(point[0]), pixel(point[1])])
        .collect();
    let mut low = [size, size];
    let mut high = [0.0_f32, 0.0];
    for point in &points {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let hundredths = |value: f32| (value * 100.0).round() / 100.0;
    Object {
        category,
        bbox: [
            low[0],
            low[1],
            hundredths(high[0] - low[0]),
            hundredths(high[1] - low[1]),
        ],
        area: hundredths(area(&points)),
        polygon: points.into_iter().flatten().collect(),
    }
}

/// Andrew's monotone chain.
fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 3 {
        return Vec::new();
    }
    let half = |points: &mut dyn Iterator<Item = &Point>| {
        let mut chain: Vec<Point> = Vec::new();
        for point in points {
            while chain.len() >= 2
                && cross(chain[chain.len() - 2], chain[chain.len() - 1], *point) <= 0.0
            {
                chain.pop();
            }
            chain.push(*point);
        }
        chain.pop();
        chain
    };
    let mut chain = half(&mut points.iter());
    chain.extend(half(&mut points.iter().rev()));
    chain
}

fn cross(origin: Point, a: Point, b: Point) -> f32 {
    (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])
}

/// Cuts a convex outline at the frame (Sutherland and Hodgman).
fn clip(mut outline: Vec<Point>) -> Vec<Point> {
    for (axis, limit, keep_below) in [
        (0, 0.0, false),
        (0, 1.0, true),
        (1, 0.0, false),
        (1, 1.0, true),
    ] {
        let inside = |point: &Point| {
            if keep_below {
                point[axis] <= limit
            } else {
                point[axis] >= limit
            }
        };
        let mut kept = Vec::with_capacity(outline.len() + 2);
        for (index, current) in outline.iter().enumerate() {
            let previous = outline[(index + outline.len() - 1) % outline.len()];
            if inside(current) != inside(&previous) {
                let share = (limit - previous[axis]) / (current[axis] - previous[axis]);
                let mut crossing = [
                    previous[0] + (current[0] - previous[0]) * share,
                    previous[1] + (current[1] - previous[1]) * share,
                ];
                crossing[axis] = limit;
                kept.push(crossing);
            }
            if inside(current) {
                kept.push(*current);
            }
        }
        outline = kept;
    }
    outline
}

fn area(outline: &[Point]) -> f32 {
    let mut doubled = 0.0;
    for (index, point) in outline.iter().enumerate() {
        let next = outline[(index + 1) % outline.len()];
        doubled += point[0] * next[1] - next[0] * point[1];
    }
    (doubled * 0.5).abs()
}

fn contains(outline: &[Point], point: Point) -> bool {
    outline.len() >= 3
        && (0..outline.len())
            .all(|index| cross(outline[index], outline[(index + 1) % outline.len()], point) >= 0.0)
}

/// The share of an outline that later outlines cover, by a grid of samples.
fn hidden_share(outline: &[Point], later: &[(&'static str, Vec<Point>)]) -> f32 {
    const SAMPLES: usize = 9;
    let (mut low, mut high) = ([1.0_f32, 1.0], [0.0_f32, 0.0]);
    for point in outline {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let (mut own, mut hidden) = (0, 0);
    for row in 0..SAMPLES {
        for column in 0..SAMPLES {
            let share = |step: usize| (step as f32 + 0.5) / SAMPLES as f32;
            let point = [
                low[0] + (high[0] - low[0]) * share(column),
                low[1] + (high[1] - low[1]) * share(row),
            ];
            if contains(outline, point) {
                own += 1;
                hidden += usize::from(later.iter().any(|(_, other)| contains(other, point)));
            }
        }
    }
    hidden as f32 / own.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_half_outside_is_cut_at_the_frame() {
        let points = vec![[-0.5, 0.2], [0.5, 0.2], [0.5, 0.7], [-0.5, 0.7], [0.1, 0.4]];
        let thing = Thing {
            category: "car",
            points,
        };
        let found = objects(vec![thing], 100);
        assert_eq!(found.len(), 1);
        for (found, wanted) in found[0].bbox.iter().zip([0.0, 20.0, 50.0, 50.0]) {
            assert!((found - wanted).abs() < 0.01, "{found} for {wanted}");
        }
        assert!(
            (found[0].area - 2500.0).abs() < 0.5,
            "area: {}",
            found[0].area
        );
    }

    #[test]
    fn what_is_hidden_or_outside_is_not_annotated() {
        let square = |low: f32, high: f32| vec![[low, low], [high, low], [high, high], [low, high]];
        let things = vec![
            Thing {
                category: "person",
                points: square(0.4, 0.5),
            },
            Thing {
                category: "car",
                points: square(0.3, 0.6),
            },
            Thing {
                category: "bus",
                points: square(1.1, 1.4),
            },
        ];
        let found = objects(things, 50);
        assert_eq!(
            found.iter().map(|o| o.category).collect::<Vec<_>>(),
            ["car"]
        );
    }
}
