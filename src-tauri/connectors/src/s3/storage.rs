//! [`Storage`] for [`S3`].

use std::any::Any;

use longshore_transfer::level::Standing;
use longshore_transfer::storage::{
    Algorithm, Capabilities, Composer, Finish, Known, Listed, Meta, ReadOptions, Reader, Result, Space, Status,
    Storage, Writer, is_part,
};

use super::parts::{part_size, side_by_side};
use super::read::ObjectReader;
use super::upload::Upload;
use super::write::ObjectWriter;
use super::{S3, head};

/// Objects side by side before more of them do not help.
const WIDTH: usize = 32;

impl Storage for S3 {
    fn name(&self) -> &str {
        &self.site.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { resume: true, delete_many: self.deletes_many(), ..Capabilities::default() }
    }

    fn space(&self) -> Result<Space> {
        Err(self.cannot("Asking for the room of", b"", "the protocol has no word for it"))
    }

    fn stat(&self, path: &[u8]) -> Result<Meta> {
        let target = self.site.target("Looking at", path)?;
        self.site.wait(self.site.look(&self.site.place(path), &target))
    }

    fn list(&self, folder: &[u8], each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let target = self.site.target("Listing", folder)?;
        self.site.list_level(&self.site.place(folder), &target, each)
    }

    fn read(&self, path: &[u8], options: ReadOptions) -> Result<Box<dyn Reader>> {
        let target = self.site.target("Reading", path)?;
        let place = self.site.place(path);
        if options.part {
            let why = "what is not complete cannot be read";
            return Err(place.told("Reading the unfinished", "s3.unsupported", Status::Permanent, why));
        }
        Ok(Box::new(ObjectReader::open(self.site.clone(), place, target, options)?))
    }

    fn write(&self, path: &[u8], resume: Option<u64>) -> Result<Box<dyn Writer>> {
        self.write_sized(path, resume, Known::default())
    }

    fn write_sized(&self, path: &[u8], resume: Option<u64>, known: Known) -> Result<Box<dyn Writer>> {
        let target = self.site.target("Writing", path)?;
        let place = self.site.place(path);
        let refuse = |code, why| Err(place.told("Writing", code, Status::Permanent, why));
        if is_part(path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)) {
            return refuse("path.reserved", "names of the form .*.longshore-part are kept for unfinished files");
        }
        if target.key.is_empty() || path.is_empty() {
            return refuse("file.is_folder", "it is a bucket or the top, not an object");
        }
        let writer = ObjectWriter::new(self.site.clone(), place, target, known);
        Ok(Box::new(match resume {
            Some(at) => writer.resume(at)?,
            None => writer,
        }))
    }

    fn partial(&self, path: &[u8]) -> Result<Option<u64>> {
        let target = self.site.target("Looking at", path)?;
        let place = self.site.place(path);
        self.site.wait(async {
            let found = Upload::unfinished(&self.site, &place, &target).await?;
            let Some(upload) = found.into_iter().next() else { return Ok(None) };
            let parts = upload.parts().await?;
            // Up to the first gap; what lies behind it is found again when its turn comes.
            Ok::<_, longshore_transfer::storage::Error>(Some(
                (1..).map_while(|at| parts.get(&at)).map(|p| p.size).sum(),
            ))
        })
    }

    fn discard(&self, path: &[u8]) -> Result<()> {
        let target = self.site.target("Taking away the unfinished", path)?;
        let place = self.site.place(path);
        self.site.wait(async {
            for upload in Upload::unfinished(&self.site, &place, &target).await? {
                upload.abort().await?;
            }
            Ok::<_, longshore_transfer::storage::Error>(())
        })
    }

    fn discard_below(&self, folder: &[u8]) -> Result<u64> {
        let target = self.site.target("Taking away the unfinished below", folder)?;
        let place = self.site.place(folder);
        self.site.wait(async {
            let found = Upload::unfinished_below(&self.site, &place, &target).await?;
            for upload in &found {
                upload.abort().await?;
            }
            Ok::<_, longshore_transfer::storage::Error>(found.len() as u64)
        })
    }

    fn publish(&self, path: &[u8], _replace: bool) -> Result<()> {
        Err(self.cannot("Naming", path, "an object cannot be written and named later"))
    }

    fn reflink_from(&self, _: &dyn Storage, _: &[u8], _: &[u8], _: &Finish) -> Result<bool> {
        Ok(false)
    }

    fn make_folder(&self, path: &[u8]) -> Result<()> {
        self.site.target("Making the folder", path).map(drop)
    }

    fn make_link(&self, path: &[u8], _target: &[u8]) -> Result<()> {
        Err(self.cannot("Making the link", path, "there are no links in a bucket"))
    }

    fn set_meta(&self, path: &[u8], _mode: Option<u32>, _mtime: Option<(i64, u32)>) -> Result<()> {
        Err(self.cannot("Setting mode and time of", path, "an object is only given them when it is written"))
    }

    fn delete(&self, path: &[u8]) -> Result<()> {
        let target = self.site.target("Deleting", path)?;
        if target.key.is_empty() {
            return Err(self.cannot("Deleting", path, "it is a bucket"));
        }
        self.site.wait(self.site.delete(&self.site.place(path), &target))
    }

    fn delete_many(&self, paths: &[Vec<u8>]) -> Vec<Result<()>> {
        self.delete_all(paths)
    }

    fn delete_folder(&self, path: &[u8]) -> Result<bool> {
        let target = self.site.target("Deleting the folder", path)?;
        self.site.wait(self.site.delete_folder(&self.site.place(path), &target))
    }

    fn sync_all(&self) -> Result<()> {
        // What the endpoint has confirmed is kept.
        Ok(())
    }

    fn list_all(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<bool> {
        let target = self.site.target("Listing", prefix)?;
        let after = after.map(|after| self.site.target("Listing", after)).transpose()?;
        self.site.list_below(&self.site.place(prefix), &target, after.as_ref(), each)?;
        Ok(true)
    }

    fn checksum(&self, path: &[u8], algorithm: Algorithm) -> Result<Option<Vec<u8>>> {
        let target = self.site.target("Looking at", path)?;
        self.site.wait(self.site.checksum(&self.site.place(path), &target, algorithm))
    }

    fn own_time(&self, path: &[u8]) -> Result<Option<(i64, u32)>> {
        let target = self.site.target("Looking at", path)?;
        let head = self.site.wait(self.site.head(&self.site.place(path), &target))?;
        Ok(head::own_time(head.metadata()))
    }

    fn copy_within(&self, from: &[u8], to: &[u8], finish: &Finish) -> Result<bool> {
        let source = self.site.target("Copying", from)?;
        let target = self.site.target("Copying to", to)?;
        self.site.wait(self.site.copy(&self.site.place(from), &source, &self.site.place(to), &target, finish))?;
        Ok(true)
    }

    fn compose(
        &self,
        source: &dyn Storage,
        path: &[u8],
        known: Known,
        files: u64,
    ) -> Result<Option<Box<dyn Composer>>> {
        self.composer(source, path, known, files)
    }

    fn width(&self) -> usize {
        WIDTH.min(self.site.level.standing().most)
    }

    fn level(&self) -> Option<Standing> {
        Some(self.site.level.standing())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl S3 {
    /// Bytes of a part of a file of so many: a write of it can be taken up again at multiples of this.
    pub fn part_size(&self, size: u64) -> u64 {
        part_size(self.site.part, size)
    }

    /// Bytes of a file of so many that are on their way at once when it is written: what a line that breaks costs at most.
    pub fn on_their_way(&self, size: u64) -> u64 {
        let part = self.part_size(size);
        part * side_by_side(part, size) as u64
    }

    fn cannot(&self, verb: &str, path: &[u8], why: &str) -> longshore_transfer::storage::Error {
        self.site.place(path).told(verb, "s3.unsupported", Status::Permanent, why)
    }
}
