//! What was meant: the nearest of the words that there are.

/// `Did you mean "x"?`, or what there is, or nothing.
pub(crate) fn meant<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> String {
    let mut words: Vec<&str> = words.collect();
    words.sort_unstable();
    words.dedup();
    let near = words.iter().map(|one| (distance(word, one), *one)).min();
    match near {
        Some((far, one)) if far <= word.chars().count().max(one.chars().count()) / 3 + 1 => {
            format!("Did you mean {one:?}?")
        }
        Some(_) if words.len() <= 20 => format!("There are: {}.", words.join(", ")),
        _ => String::new(),
    }
}

/// Edits (insert, delete, replace) from one word to the other, upper and lower case alike.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
