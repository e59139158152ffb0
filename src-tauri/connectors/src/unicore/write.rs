//! What becomes of a file that was sent under a temporary name.

use longshore_transfer::storage::{Finish, Kind, Receipt, Result};
use reqwest::Response;

use super::Unicore;
use super::requests::part_of;
use crate::http::{Trouble, wait};
use crate::remote::{Shelf as _, Taken};

/// A file that is being sent.
pub(super) struct Arriving {
    unicore: Unicore,
    path: Vec<u8>,
    /// A file of this name is there, and is replaced.
    replaces: bool,
}

impl Arriving {
    pub(super) fn new(unicore: Unicore, path: &[u8]) -> Self {
        Self { unicore, path: path.to_vec(), replaces: false }
    }

    /// Gives the file its final name. What a renaming does with a file that is there nobody says, so that it goes before.
    async fn name(&self, written: u64) -> std::result::Result<(), Trouble> {
        match self.unicore.rename(&part_of(&self.path), &self.path).await {
            // The answer to an earlier try may have been lost: then it lies there already.
            Err(trouble) if trouble.code == "file.missing" => match self.unicore.look(&self.path).await {
                Ok(found) if found.size == written => Ok(()),
                _ => Err(trouble),
            },
            named => named,
        }
    }
}

impl Taken for Arriving {
    fn may(&mut self, finish: &Finish) -> Result<()> {
        let refused =
            |code, why| Err(Trouble::permanent(code, why).at(&self.unicore.site.place(&self.path), "Writing"));
        let found = match self.unicore.stat(&self.path) {
            Err(error) if error.code == "file.missing" => return Ok(()),
            found => found?,
        };
        if found.kind == Kind::Folder {
            return refused("file.is_folder", "a folder of that name is there");
        }
        self.replaces = true;
        if finish.replace { Ok(()) } else { refused("file.exists", "a file of that name is there already") }
    }

    fn taken(&mut self, _answer: Response, written: u64, _sent: [u8; 16]) -> Result<Receipt> {
        let (verb, place) = ("Naming", self.unicore.site.place(&self.path));
        let part = part_of(&self.path);
        let found = wait(&place, verb, self.unicore.look(&part))?;
        if found.size != written {
            let why = format!("the server states {} bytes, and {written} bytes were sent", found.size);
            return Err(Trouble::transient("record.damaged", why).at(&place, verb));
        }
        if self.replaces {
            self.unicore.remove(verb, &self.path)?;
        }
        wait(&place, verb, self.name(written))?;
        Ok(Receipt { confirmed: false })
    }

    fn given_up(&mut self) -> Result<()> {
        self.unicore.discard(&self.path)
    }
}
