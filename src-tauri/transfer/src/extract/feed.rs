//! Windows of small entries, and single large files, out of the pages of items.

use super::{Item, Items, What};
use crate::{Pace, Result};

/// What to bring back next.
pub(super) enum Next {
    Small(Vec<Item>),
    Large(Item),
    End,
}

/// Cuts pages into windows.
pub(super) struct Feed<'a> {
    items: &'a mut dyn Items,
    pace: Pace,
    after: i64,
    page: std::vec::IntoIter<Item>,
    held: Option<Item>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(items: &'a mut dyn Items, pace: Pace, after: i64) -> Self {
        Self { items, pace, after, page: Vec::new().into_iter(), held: None }
    }

    pub(super) fn next(&mut self) -> Result<Next> {
        let (mut window, mut bytes) = (Vec::new(), 0);
        while let Some(item) = self.item()? {
            let size = item.size();
            bytes += size;
            if window.is_empty() && size > self.pace.small {
                return Ok(Next::Large(item));
            }
            let full = bytes > self.pace.window_bytes || window.len() == self.pace.window;
            if size > self.pace.small || (full && !window.is_empty()) {
                self.held = Some(item);
                break;
            }
            window.push(item);
        }
        Ok(if window.is_empty() { Next::End } else { Next::Small(window) })
    }

    fn item(&mut self) -> Result<Option<Item>> {
        if let Some(item) = self.held.take().or_else(|| self.page.next()) {
            return Ok(Some(item));
        }
        self.page = self.items.page(self.after)?.into_iter();
        if let Some(last) = self.page.as_slice().last() {
            self.after = last.id;
        }
        Ok(self.page.next())
    }
}

impl Item {
    /// Bytes of a file, else 0.
    pub(super) fn size(&self) -> u64 {
        match self.what {
            What::File { size, .. } => size,
            What::Folder | What::Link(_) => 0,
        }
    }
}
