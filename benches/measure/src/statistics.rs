//! Summarises several rounds: their median, and how far they spread.

use serde::Serialize;

/// A summary of one or more values.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Summary {
    /// The value in the middle, or the mean of the two in the middle.
    pub median: f64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
}

impl Summary {
    /// Summarises these values. `None` if there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => (sorted[middle - 1] + sorted[middle]) / 2.0,
            _ => sorted[middle],
        };
        Some(Self { median, min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_value_in_the_middle_or_the_mean_of_two_in_any_order() {
        let of = |values: &[f64]| Summary::of(values.iter().copied());
        assert_eq!(of(&[9.0, 1.0, 5.0, 2.0, 70.0]), Some(Summary { median: 5.0, min: 1.0, max: 70.0 }));
        assert_eq!(of(&[4.0, 1.0, 2.0, 9.0]), Some(Summary { median: 3.0, min: 1.0, max: 9.0 }));
        assert_eq!((of(&[7.0]), of(&[])), (Some(Summary { median: 7.0, min: 7.0, max: 7.0 }), None));
    }
}
