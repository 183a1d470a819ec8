//! Numbers as people write them: `1_000_000`, `64M`, `2GiB`.

use std::fmt;

use indicatif::HumanCount;

/// A text that is not the number asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadNumber {
    /// No number of bytes.
    Bytes,
    /// No number of messages.
    Messages,
    /// A number, but more than there can be.
    TooLarge,
    /// No messages at all.
    Zero,
}

impl fmt::Display for BadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadNumber::Bytes => "pass a number of bytes, alone or with K, M or G (powers of 1024): 4096, 64M, 1GiB",
            BadNumber::Messages => "pass a number of messages, alone or with k, M or G (powers of 1000): 1_000_000, 5M",
            BadNumber::TooLarge => "that is more than can be counted: pass a smaller number",
            BadNumber::Zero => "there is nothing to do without messages: pass 1 or more",
        })
    }
}

impl std::error::Error for BadNumber {}

/// A number of bytes. K, M and G are powers of 1024, and so are KiB, MiB and GiB; KB and its like, which
/// mean one thing to some and another to others, are refused.
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

/// A number of messages, at least 1. k, M and G are powers of 1000.
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

/// So many of a thing, for people: `1 message`, `2,000 messages`.
pub fn counted(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", HumanCount(number), if number == 1 { "" } else { "s" })
}

/// The digits, and what comes after them.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

fn scaled(digits: &str, base: u64, exponent: u32, bad: BadNumber) -> Result<u64, BadNumber> {
    let digits: String = digits.chars().filter(|&c| c != '_').collect();
    if digits.is_empty() {
        return Err(bad);
    }
    // Nothing but digits, so all that can go wrong is their number.
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
    fn one_of_a_thing_is_no_many() {
        let told = [0, 1, 2, 1001].map(|number| counted(number, "message"));
        assert_eq!(told, ["0 messages", "1 message", "2 messages", "1,001 messages"]);
    }

    #[test]
    fn what_is_no_such_number_is_refused() {
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
