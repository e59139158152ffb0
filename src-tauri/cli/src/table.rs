//! Rows in columns that line up.

use std::fmt;

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A table: a head, and rows of as many cells.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<(Side, &'static str)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns by their heads; one that starts with `>` stands to the right, as numbers do.
    pub(crate) fn new<const N: usize>(heads: [&'static str; N]) -> Self {
        let side = |head: &'static str| match head.strip_prefix('>') {
            Some(head) => (Side::Right, head),
            None => (Side::Left, head),
        };
        Self { head: heads.map(side).to_vec(), rows: Vec::new() }
    }

    /// One more row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.chain([self.head[column].1.chars().count()]).max().unwrap_or(0)
        };
        (0..self.head.len()).map(width).collect()
    }

    fn line<'a>(&self, widths: &[usize], cells: impl Iterator<Item = &'a str>) -> String {
        let mut line = String::new();
        for ((cell, width), (side, _)) in cells.zip(widths).zip(&self.head) {
            let pad = " ".repeat(width - cell.chars().count());
            match side {
                Side::Left => line.extend([cell, &pad]),
                Side::Right => line.extend([&*pad, cell]),
            }
            line.push_str("  ");
        }
        line.truncate(line.trim_end().len());
        line
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        writeln!(f, "{}", self.line(&widths, self.head.iter().map(|(_, head)| *head)))?;
        for row in &self.rows {
            writeln!(f, "{}", self.line(&widths, row.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["NAME", ">SIZE", "STATE"]);
        table.row(["grid3".into(), "1.24 GiB".into(), "archived".into()]);
        table.row(["a longer name".into(), "0 B".into(), "landing".into()]);
        let shown = "\
NAME               SIZE  STATE
grid3          1.24 GiB  archived
a longer name       0 B  landing
";
        assert_eq!(table.to_string(), shown);
    }
}
