//! Files of sections and `key = value`, as rclone and the AWS command line write them.

/// A section.
pub(super) struct Section {
    /// Line of its head, from 1; of what stands before the first head, 1 and no name.
    pub(super) line: u32,
    pub(super) name: String,
    /// Line, key, value.
    pub(super) keys: Vec<(u32, String, String)>,
}

/// Reads the sections; and the lines that are none of it.
pub(super) fn sections(text: &str) -> (Vec<Section>, Vec<u32>) {
    let (mut found, mut odd): (Vec<Section>, Vec<u32>) = (Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate() {
        let (number, bare) = (super::number(at), line.trim());
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name.trim()) {
            found.push(Section { line: number, name: name.to_owned(), keys: Vec::new() });
            continue;
        }
        match (found.last_mut(), bare.split_once('=')) {
            (Some(section), Some((key, value))) if !key.trim().is_empty() => {
                section.keys.push((number, key.trim().to_owned(), value.trim().to_owned()));
            }
            _ => odd.push(number),
        }
    }
    (found, odd)
}
