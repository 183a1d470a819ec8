//! Formats tables in Markdown, and the numbers in them.

/// Formats a table. The first column holds names, the others numbers.
pub fn table(titles: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = titles.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "--:" }.into()).collect();
    let title = line(titles.iter().map(|title| title.to_string()).collect());
    title + &line(rule) + &rows.into_iter().map(line).collect::<String>()
}

/// Formats a number with three digits, with all digits before the point if those are more, and with four decimals
/// below 1.
pub fn significant(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
