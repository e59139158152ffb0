//! A block that its storage puts together itself: headers and padding are sent, files are taken over where they lie.

use super::layout::padded;
use super::{Composing, Members, Packed};
use crate::storage::{Composer, Finish, Known, Storage};
use crate::{Fail, Result, Watch};

#[allow(clippy::too_many_arguments)] // as its caller
pub(super) fn compose(
    source: &dyn Storage,
    target: &dyn Storage,
    path: &[u8],
    members: &mut dyn Members,
    trailer: &[u8],
    composing: Composing,
    placed: &mut dyn FnMut(&[Packed]) -> Result<()>,
    watch: &mut dyn Watch,
) -> Result<bool> {
    let Composing { size, files, replace } = composing;
    let known = Known { size, mtime: None };
    let Some(composer) = target.compose(source, path, known, files)? else { return Ok(false) };
    let mut block = Composed { composer, at: 0, files: 0 };
    let mut after = 0;
    loop {
        let page = members.page(after)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let mut rows = Vec::with_capacity(page.len());
        for member in &page {
            rows.push(block.add(member, watch)?);
        }
        placed(&rows)?;
    }
    block.composer.bytes(trailer)?;
    let written = block.at + trailer.len() as u64;
    // What is not what was planned gets no name.
    if written != size {
        return Err(Fail::Broken);
    }
    block.composer.commit(&Finish { replace, durable: true, ..Finish::default() })?;
    Ok(true)
}

struct Composed {
    composer: Box<dyn Composer>,
    at: u64,
    files: u64,
}

impl Composed {
    fn add(&mut self, member: &super::Member, watch: &mut dyn Watch) -> Result<Packed> {
        let header = self.at;
        self.composer.bytes(&member.header)?;
        let data = header + member.header.len() as u64;
        self.at = data;
        if let Some(content) = &member.content {
            match self.composer.file(&content.path, content.size, &|| watch.cancelled()) {
                Ok(true) => {}
                Ok(false) => return Err(Fail::Cancelled),
                Err(error) if error.code == "file.changed" => {
                    return Err(Fail::Changed { path: content.path.clone(), why: error.why });
                }
                Err(error) => return Err(error.into()),
            }
            let padding = padded(content.size) - content.size;
            self.composer.bytes(&vec![0; usize::try_from(padding).unwrap_or(0)])?;
            self.at += content.size + padding;
            self.files += 1;
            watch.progress(self.at, self.files, &content.path);
        }
        Ok(Packed { id: member.id, header, data, sha256: None, md5: None })
    }
}
