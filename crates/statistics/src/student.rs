//! Student's distribution, for whole degrees of freedom, and the normal one.

/// The chance that |t| stays below `t` (0 or more), with `freedom` degrees of freedom (1 or more): the finite sums of
/// Abramowitz and Stegun, 26.7.3 and 26.7.4.
pub(super) fn within(t: f64, freedom: usize) -> f64 {
    let degrees = freedom as f64;
    let sine = t / (degrees + t * t).sqrt();
    let square = degrees / (degrees + t * t);
    let odd = freedom % 2 == 1;
    // Odd: cos + 2/3 cos^3 + ...; even: 1 + 1/2 cos^2 + ...; each term from the one before.
    let mut term = if odd { square.sqrt() } else { 1.0 };
    let mut sum = 0.0;
    let mut power = usize::from(odd);
    while power + 2 <= freedom {
        sum += term;
        term *= square * (power + 1) as f64 / (power + 2) as f64;
        power += 2;
    }
    if odd {
        let angle = (t / degrees.sqrt()).atan();
        std::f64::consts::FRAC_2_PI * (angle + sine * sum)
    } else {
        sine * sum
    }
}

/// The value below which a `share` (above 0, below 1) of the distribution lies.
pub(super) fn quantile(share: f64, freedom: usize) -> f64 {
    let target = (2.0 * share - 1.0).abs();
    let (mut low, mut high) = (0.0, 1.0);
    while within(high, freedom) < target && high < f64::MAX / 4.0 {
        low = high;
        high *= 2.0;
    }
    // Until the two are neighbors.
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if within(middle, freedom) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    if share < 0.5 { -high } else { high }
}

/// The share of the normal distribution above `value` (0 or more), to 1e-7 (Abramowitz and Stegun, 26.2.17).
pub(super) fn normal_beyond(value: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * value);
    let density = (-value * value / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let factors = [
        1.330_274_429,
        -1.821_255_978,
        1.781_477_937,
        -0.356_563_782,
        0.319_381_530,
    ];
    density * factors.iter().fold(0.0, |sum, factor| (sum + factor) * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_the_distribution_are_met() {
        // From any printed table, two-sided 95% and 99%.
        for (freedom, wide, wider) in [
            (1, 12.706_204_736, 63.656_741_163),
            (2, 4.302_652_730, 9.924_843_201),
            (3, 3.182_446_305, 5.840_909_310),
            (4, 2.776_445_105, 4.604_094_871),
            (9, 2.262_157_163, 3.249_835_542),
            (30, 2.042_272_456, 2.749_995_654),
        ] {
            assert!((quantile(0.975, freedom) - wide).abs() < 1e-8, "{freedom}");
            assert!((quantile(0.005, freedom) + wider).abs() < 1e-7, "{freedom}");
            assert!(quantile(0.5, freedom).abs() < 1e-9, "{freedom}");
        }
    }

    #[test]
    fn the_normal_distribution_is_met() {
        for (value, beyond) in [
            (0.0, 0.5),
            (1.0, 0.158_655_254),
            (1.959_963_985, 0.025),
            (2.575_829_304, 0.005),
        ] {
            assert!((normal_beyond(value) - beyond).abs() < 1e-7, "{value}");
        }
    }
}
