//! Writing an object: in one request where it is small, in parts side by side where it is not.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use longshore_transfer::storage::{Error, Finish, Known, Receipt, Result, Status, Writer};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::error::Refusal;
use super::head;
use super::key::Target;
use super::parts::{part_size, side_by_side};
use super::proof::{self, Proof};
use super::site::{Conditions, Site};
use super::upload::{Held, Upload, metadata};
use crate::bridge;
use crate::place::Place;

/// An object being written.
pub(super) struct ObjectWriter {
    site: Arc<Site>,
    place: Place,
    target: Target,
    known: Known,
    /// Bytes of every part but the last.
    part: u64,
    /// Bytes of the part that is being filled.
    filling: Vec<u8>,
    /// Bytes before those.
    behind: u64,
    upload: Option<Upload>,
    /// In the order of the parts; some may have landed.
    flights: VecDeque<JoinHandle<std::result::Result<Held, Refusal>>>,
    /// For so many more parts on their way.
    room: Arc<Semaphore>,
    /// Those that the endpoint holds, from the first on, without a gap.
    done: Vec<Held>,
    /// Parts that an earlier session sent, which need not be sent again if they hold the same.
    earlier: HashMap<i32, Held>,
}

impl ObjectWriter {
    /// Starts anew.
    pub(super) fn new(site: Arc<Site>, place: Place, target: Target, known: Known) -> Self {
        let part = part_size(site.part, known.size);
        let filling = usize::try_from(known.size.min(part)).unwrap_or(0);
        let room = Arc::new(Semaphore::new(side_by_side(part, known.size)));
        Self {
            site,
            place,
            target,
            known,
            part,
            filling: Vec::with_capacity(filling),
            behind: 0,
            upload: None,
            flights: VecDeque::new(),
            room,
            done: Vec::new(),
            earlier: HashMap::new(),
        }
    }

    /// Goes on after `at` bytes of an upload that an earlier session began.
    pub(super) fn resume(mut self, at: u64) -> Result<Self> {
        let found = self.site.wait(Upload::unfinished(&self.site, &self.place, &self.target))?;
        let Some(upload) = found.into_iter().next() else {
            return Err(self.gone("there is no unfinished upload of it"));
        };
        let mut parts = self.site.wait(upload.parts())?;
        for number in 1..=i32::try_from(at / self.part).unwrap_or(i32::MAX) {
            match parts.remove(&number) {
                Some(held) if held.size == self.part => self.done.push(held),
                _ => return Err(self.cut_short(at, number)),
            }
        }
        if !at.is_multiple_of(self.part) {
            return Err(self.cut_short(at, 0));
        }
        (self.behind, self.earlier, self.upload) = (at, parts, Some(upload));
        Ok(self)
    }

    fn gone(&self, why: &str) -> Error {
        self.place.told("Going on with", "file.missing", Status::Permanent, why)
    }

    fn cut_short(&self, at: u64, number: i32) -> Error {
        let why = format!("{at} bytes were written before, in parts of {}; part {number} is not there", self.part);
        self.place.told("Going on with", "file.cut_short", Status::Permanent, why)
    }

    fn upload(&mut self) -> Result<&Upload> {
        if self.upload.is_none() {
            let begun = self.site.wait(begin(&self.site, &self.place, &self.target, self.known.mtime))?;
            self.upload = Some(begun);
        }
        self.upload.as_ref().ok_or_else(|| self.gone("it was not begun"))
    }

    /// Sends the part that was filled, as soon as there is room for it; the next is filled meanwhile.
    fn ship(&mut self) -> Result<()> {
        let room = Vec::with_capacity(usize::try_from(self.part).unwrap_or(0));
        let bytes = Bytes::from(std::mem::replace(&mut self.filling, room));
        let number = i32::try_from(self.behind / self.part + 1).unwrap_or(i32::MAX);
        self.behind += bytes.len() as u64;
        let earlier = self.earlier.remove(&number);
        let upload = self.upload()?.clone();
        let room = Arc::clone(&self.room);
        let taken = self.site.wait(async { Ok::<_, Error>(room.acquire_owned().await) })?;
        let flight = async move {
            let _taken = taken;
            match earlier {
                Some(held) if held.is(&bytes) => Ok(Held { confirmed: true, ..held }),
                _ => upload.send(number, &bytes).await,
            }
        };
        let handle = bridge::handle().map_err(|error| self.gone(&error.to_string()))?;
        self.flights.push_back(handle.spawn(flight));
        self.land_those_there()
    }

    /// Takes in the parts that have landed, as far as none before them is still on its way.
    fn land_those_there(&mut self) -> Result<()> {
        while self.flights.front().is_some_and(JoinHandle::is_finished) {
            self.land(self.flights.len() - 1)?;
        }
        Ok(())
    }

    /// Waits until no more than so many parts are on their way.
    fn land(&mut self, flights: usize) -> Result<()> {
        while self.flights.len() > flights {
            let Some(mut flight) = self.flights.pop_front() else { return Ok(()) };
            let landed = self.site.wait(async { Ok::<_, Error>((&mut flight).await) })?;
            let held = landed.map_err(|error| self.gone(&error.to_string()))??;
            self.done.push(held);
        }
        Ok(())
    }

    /// The whole object in one request.
    fn put(&mut self, finish: &Finish) -> Result<Receipt> {
        let bytes = Bytes::from(std::mem::take(&mut self.filling));
        let mtime = finish.mtime.or(self.known.mtime);
        let Self { site, place, target, .. } = &*self;
        site.wait(async {
            let exclusive = !finish.replace;
            site.must_be_free(place, target, exclusive).await?;
            let confirmed = site.put(place, target, &bytes, mtime, exclusive).await?;
            if exclusive && site.conditions() == Conditions::Unknown {
                site.try_conditions(place, target, &bytes, mtime).await;
            }
            Ok::<_, Error>(Receipt { confirmed })
        })
    }

    fn complete(&mut self, finish: &Finish) -> Result<Receipt> {
        if !self.filling.is_empty() || self.behind == 0 {
            self.ship()?;
        }
        self.land(0)?;
        let confirmed = self.done.iter().all(|part| part.confirmed);
        let (parts, exclusive) = (std::mem::take(&mut self.done), !finish.replace);
        let upload = self.upload()?.clone();
        self.site.wait(upload.finish(parts, exclusive))?;
        Ok(Receipt { confirmed })
    }
}

/// Begins an upload, after taking away what earlier ones of the same key have left.
async fn begin(site: &Arc<Site>, place: &Place, target: &Target, mtime: Option<(i64, u32)>) -> Result<Upload> {
    for stale in Upload::unfinished(site, place, target).await? {
        stale.abort().await?;
    }
    Ok(Upload::begin(site, place, target, mtime).await?)
}

impl Site {
    /// Refuses to go on where something has the name already and the server would not see to that itself.
    pub(super) async fn must_be_free(&self, place: &Place, target: &Target, exclusive: bool) -> Result<()> {
        if !exclusive || self.conditions() == Conditions::Kept {
            return Ok(());
        }
        match self.head(place, target).await {
            Ok(_) => Err(exists(place)),
            Err(refusal) if refusal.missing() => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Writes an object in one request; whether the server compared a checksum of it.
    async fn put(
        &self,
        place: &Place,
        target: &Target,
        bytes: &Bytes,
        mtime: Option<(i64, u32)>,
        exclusive: bool,
    ) -> Result<bool> {
        let proof = Proof::of(self, bytes);
        let exclusive = exclusive && self.conditions() != Conditions::Ignored;
        match self.put_once(place, target, bytes, mtime, exclusive, &proof).await {
            Ok(crc) => Ok(proof.shown(self, crc.as_deref())),
            // An earlier try may have been carried out, and only its reply lost.
            Err(refusal) if refusal.condition() && refusal.tries > 1 && self.holds(place, target, bytes).await => {
                Ok(true)
            }
            Err(refusal) if exclusive && refusal.error.code == "s3.unsupported" => {
                self.saw_conditions(Conditions::Ignored);
                let crc = self.put_once(place, target, bytes, mtime, false, &proof).await?;
                Ok(proof.shown(self, crc.as_deref()))
            }
            Err(refusal) => Err(taken(place, refusal)),
        }
    }

    /// One request, tried again where that may do; gives the CRC-32C that the server says it compared.
    async fn put_once(
        &self,
        place: &Place,
        target: &Target,
        bytes: &Bytes,
        mtime: Option<(i64, u32)>,
        exclusive: bool,
        proof: &Proof,
    ) -> std::result::Result<Option<String>, Refusal> {
        let put = || {
            let put = self.client.put_object().bucket(&target.bucket).key(&target.key).body(proof::body(bytes));
            let put = put.set_checksum_crc32_c(proof.crc()).set_content_md5(proof.md5());
            let put = put.set_metadata(metadata(mtime)).set_storage_class(self.storage_class.clone());
            let put = put.set_if_none_match(exclusive.then(|| "*".to_owned())).customize();
            if self.unsigned { put.disable_payload_signing().send() } else { put.send() }
        };
        let done = self.ask(place, "Writing", bytes.len() as u64, put).await?;
        Ok(done.checksum_crc32_c().map(str::to_owned))
    }

    /// Whether the object there is of these bytes, by the MD5 that the server took.
    async fn holds(&self, place: &Place, target: &Target, bytes: &Bytes) -> bool {
        let md5: [u8; 16] = md5::Digest::finalize(<md5::Md5 as md5::Digest>::new_with_prefix(bytes)).into();
        let head = self.head(place, target).await;
        head.is_ok_and(|head| {
            head::md5_of(head.e_tag(), head.server_side_encryption()).as_deref() == Some(md5.as_slice())
        })
    }

    /// Finds out, once, whether the server refuses to overwrite when asked to: it is asked to write the same bytes over themselves,
    /// which does no harm where it takes no notice of the condition.
    async fn try_conditions(&self, place: &Place, target: &Target, bytes: &Bytes, mtime: Option<(i64, u32)>) {
        let proof = Proof::of(self, bytes);
        match self.put_once(place, target, bytes, mtime, true, &proof).await {
            Err(refusal) if refusal.condition() => self.saw_conditions(Conditions::Kept),
            Ok(_) => self.saw_conditions(Conditions::Ignored),
            Err(_) => {}
        }
    }
}

/// A condition that did not hold means that something has the name already.
pub(super) fn taken(place: &Place, refusal: Refusal) -> Error {
    if refusal.condition() { exists(place) } else { refusal.error }
}

fn exists(place: &Place) -> Error {
    place.told("Writing", "file.exists", Status::Permanent, "an object of that key is there already")
}

impl Writer for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            // A full part waits for the next byte: if there is none, it is the whole object, and goes in one request.
            if self.filling.len() as u64 == self.part {
                self.ship()?;
            }
            let room = usize::try_from(self.part).unwrap_or(usize::MAX) - self.filling.len();
            let (now, later) = rest.split_at(rest.len().min(room));
            self.filling.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    fn written(&self) -> u64 {
        self.behind + self.filling.len() as u64
    }

    fn sync(&mut self) -> Result<()> {
        if self.filling.len() as u64 == self.part {
            self.ship()?;
        }
        self.land(0)
    }

    fn granule(&self) -> u64 {
        self.part
    }

    fn sync_soon(&mut self) -> Result<()> {
        if self.filling.len() as u64 == self.part {
            self.ship()?;
        }
        Ok(())
    }

    fn synced(&mut self) -> Result<u64> {
        self.land_those_there()?;
        Ok((self.done.len() as u64 * self.part).min(self.behind))
    }

    fn seal(&self, bytes: u64) -> Option<String> {
        let upload = self.upload.as_ref()?;
        let parts = self.done.get(..usize::try_from(bytes / self.part).ok()?)?;
        parts.iter().all(|part| part.confirmed).then(|| upload.seal(parts))
    }

    fn trust(&mut self, seal: &str) {
        if self.upload.as_ref().is_some_and(|upload| upload.seal(&self.done) == seal) {
            self.done.iter_mut().for_each(|part| part.confirmed = true);
        }
    }

    fn commit(mut self: Box<Self>, finish: &Finish) -> Result<Receipt> {
        if self.upload.is_none() { self.put(finish) } else { self.complete(finish) }
    }

    fn settle(self: Box<Self>, _finish: &Finish) -> Result<()> {
        let why = "an object cannot be written and named later";
        Err(self.place.told("Writing", "s3.unsupported", Status::Permanent, why))
    }

    fn abort(mut self: Box<Self>) -> Result<()> {
        self.flights.drain(..).for_each(|flight| flight.abort());
        match &self.upload {
            Some(upload) => self.site.wait(upload.abort()),
            None => Ok(()),
        }
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        // What is still on its way would go on, and a later session could take it for its own.
        self.flights.drain(..).for_each(|flight| flight.abort());
    }
}
