//! Parses numbers as people write them: `1_000_000`, `64M`, `2GiB`.

use std::fmt;

use indicatif::HumanCount;

/// Why a text is not a number of bytes or messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadNumber {
    /// It is not a number of bytes.
    Bytes,
    /// It is not a number of messages.
    Messages,
    /// The number is too large.
    TooLarge,
    /// The number of messages is 0.
    Zero,
}

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadNumber::Bytes => "pass a number of bytes, alone or with K, M or G (powers of 1024): 4096, 64M, 1GiB",
            BadNumber::Messages => "pass a number of messages, alone or with k, M or G (powers of 1000): 1_000_000, 5M",
            BadNumber::TooLarge => "the number is too large: pass a smaller one",
            BadNumber::Zero => "0 messages are nothing to do: pass 1 or more",
        })
    }
}

impl std::error::Error for BadNumber {}

/// Parses a number of bytes. K, M, G and KiB, MiB, GiB are powers of 1024.
///
/// KB, MB and GB are refused, because they are ambiguous.
pub fn bytes(text: &str) -> Result<usize, BadNumber> {
    let (digits, suffix) = split(text);
    let exponent = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 1,
        "m" | "mib" => 2,
        "g" | "gib" => 3,
        _ => return Err(BadNumber::Bytes),
    };
    let number = scaled(digits, 1024, exponent, BadNumber::Bytes)?;
    usize::try_from(number).map_err(|_| BadNumber::TooLarge)
}

/// Parses a number of messages, at least 1. k, M and G are powers of 1000.
pub fn messages(text: &str) -> Result<u64, BadNumber> {
    let (digits, suffix) = split(text);
    let exponent = match suffix.to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        _ => return Err(BadNumber::Messages),
    };
    match scaled(digits, 1000, exponent, BadNumber::Messages)? {
        0 => Err(BadNumber::Zero),
        number => Ok(number),
    }
}

/// Formats a number of things for people: `1 message`, `2,000 messages`.
pub fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", HumanCount(number), if number == 1 { "" } else { "s" })
}

/// Splits a text into its digits and its suffix.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

/// Returns `digits` times `base` to the power of `exponent`.
fn scaled(digits: &str, base: u64, exponent: u32, bad: BadNumber) -> Result<u64, BadNumber> {
    let digits: String = digits.chars().filter(|&c| c != '_').collect();
    if digits.is_empty() {
        return Err(bad);
    }
    // Only digits are left, so the only possible error is an overflow.
    let number: u64 = digits.parse().map_err(|_| BadNumber::TooLarge)?;
    number.checked_mul(base.pow(exponent)).ok_or(BadNumber::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_count_in_powers_of_1024() {
        for (text, number) in [("0", 0), ("4096", 4096), ("64M", 64 << 20), ("64mib", 64 << 20), ("2_0k", 20 << 10)] {
            assert_eq!(bytes(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn messages_count_in_powers_of_1000() {
        for (text, number) in
            [("1", 1), ("1_000_000", 1_000_000), ("5k", 5_000), ("2M", 2_000_000), ("3G", 3_000_000_000)]
        {
            assert_eq!(messages(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn one_thing_is_singular_and_any_other_number_is_plural() {
        let told = [0, 1, 2, 1001].map(|number| counted(number, "message"));
        assert_eq!(told, ["0 messages", "1 message", "2 messages", "1,001 messages"]);
    }

    #[test]
    fn a_text_that_is_not_a_number_is_refused() {
        for text in ["", "_", "M", "-1", "1.5M", "64MB", "64 M", "1e6", "0x10", "½"] {
            assert_eq!(bytes(text), Err(BadNumber::Bytes), "{text}");
        }
        for text in ["", "k", "-1", "1MiB", "1e6"] {
            assert_eq!(messages(text), Err(BadNumber::Messages), "{text}");
        }
        assert_eq!(messages("0"), Err(BadNumber::Zero));
        for text in ["18446744073709551616", "18446744073709551615K"] {
            assert_eq!(bytes(text), Err(BadNumber::TooLarge), "{text}");
        }
    }
}
