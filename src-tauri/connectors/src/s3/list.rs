//! Listings, page by page.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object};
use longshore_transfer::storage::{Error, Kind, Listed, Result, Status};

use super::error::Refusal;
use super::head;
use super::key::{Target, decode};
use super::site::Site;
use crate::place::Place;

/// What is asked of one listing.
struct Question<'q> {
    place: &'q Place,
    target: &'q Target,
    /// What all keys begin with.
    prefix: &'q str,
    /// One level only.
    level: bool,
    /// Keys behind this one only.
    after: Option<String>,
}

/// What one line of a listing is.
enum Line {
    /// An object, by its whole key.
    Key(String, longshore_transfer::storage::Meta, Option<[u8; 16]>),
    /// What several keys begin with, a slash at its end.
    Prefix(String),
}

impl Site {
    /// One level of a bucket, or the buckets.
    pub(super) fn list_level(
        &self,
        place: &Place,
        target: &Target,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<()> {
        if target.bucket.is_empty() {
            let names = self.wait(self.buckets(place))?;
            return names.into_iter().try_for_each(|name| each(Listed::new(name.into(), head::folder())));
        }
        let prefix = target.prefix();
        let mut any = false;
        let question = Question { place, target, prefix: &prefix, level: true, after: None };
        self.pages(&question, &mut |line| {
            any = true;
            self.tell(place, target, &prefix, line, each)
        })?;
        if any || place.path.is_empty() || target.key.is_empty() {
            return Ok(());
        }
        let why = "no key begins with it";
        match self.wait(self.look(place, target))?.kind {
            Kind::File => Err(place.told("Listing", "path.not_folder", Status::Permanent, "it is a file")),
            _ => Err(place.told("Listing", "file.missing", Status::Permanent, why)),
        }
    }

    /// Tells what a line of one level is called in its folder.
    fn tell(
        &self,
        place: &Place,
        target: &Target,
        prefix: &str,
        line: Line,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<()> {
        match line {
            Line::Key(key, meta, md5) => match key.strip_prefix(prefix) {
                // The object that only stands for the folder itself.
                Some("") if meta.size == 0 => Ok(()),
                Some(name) => each(Listed { name: name.into(), meta, md5 }),
                None => Err(odd(place, &key)),
            },
            Line::Prefix(below) => match below.strip_prefix(prefix).map(|name| name.trim_end_matches('/')) {
                // A folder without a name could not be listed by its path: what is in it is told here, each by the rest of its key.
                Some("") => {
                    self.pages(&Question { place, target, prefix: &below, level: false, after: None }, &mut |line| {
                        match line {
                            Line::Key(key, meta, md5) => {
                                each(Listed { name: key.strip_prefix(prefix).unwrap_or(&key).into(), meta, md5 })
                            }
                            Line::Prefix(_) => Ok(()),
                        }
                    })
                }
                Some(name) => each(Listed::new(name.into(), head::folder())),
                None => Err(odd(place, &below)),
            },
        }
    }

    /// All levels below a path, in the order of the keys' bytes.
    pub(super) fn list_below(
        &self,
        place: &Place,
        target: &Target,
        after: Option<&Target>,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<()> {
        if target.bucket.is_empty() {
            return self.list_buckets(place, after, each);
        }
        self.list_itself(place, target, after, each)?;
        let prefix = target.prefix();
        let after = after.map(|after| after.key.clone());
        self.pages(&Question { place, target, prefix: &prefix, level: false, after }, &mut |line| match line {
            // Folders are not files: what only stands for one is passed over.
            Line::Key(key, meta, _) if key.ends_with('/') && meta.size == 0 => Ok(()),
            Line::Key(key, meta, md5) => {
                each(Listed { name: self.root.path(&target.bucket, &key).into_owned(), meta, md5 })
            }
            Line::Prefix(_) => Ok(()),
        })
    }

    /// A path that is a file is all that lies at or below it, but for what lies below a folder of the same name.
    fn list_itself(
        &self,
        place: &Place,
        target: &Target,
        after: Option<&Target>,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<()> {
        if place.path.is_empty() || target.key.is_empty() || after.is_some_and(|after| after.key >= target.key) {
            return Ok(());
        }
        match self.wait(self.look(place, target)) {
            Ok(meta) if meta.kind == Kind::File => each(Listed::new(place.path.clone(), meta)),
            Err(error) if error.code != "file.missing" => Err(error),
            _ => Ok(()),
        }
    }

    fn list_buckets(
        &self,
        place: &Place,
        after: Option<&Target>,
        each: &mut dyn FnMut(Listed) -> Result<()>,
    ) -> Result<()> {
        let mut names = self.wait(self.buckets(place))?;
        // As their paths are sorted, in which a slash is behind the name.
        names.sort_by_cached_key(|name| format!("{name}/"));
        for bucket in names {
            let begun = after.filter(|after| after.bucket == bucket);
            if after.is_some_and(|after| format!("{}/", after.bucket) > format!("{bucket}/")) && begun.is_none() {
                continue;
            }
            self.list_below(place, &Target { bucket, key: String::new() }, begun, each)?;
        }
        Ok(())
    }

    async fn buckets(&self, place: &Place) -> std::result::Result<Vec<String>, Refusal> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let ask = || self.client.list_buckets().set_continuation_token(token.clone()).send();
            let page = self.ask(place, "Listing", 0, ask).await?;
            names.extend(page.buckets().iter().filter_map(|bucket| bucket.name().map(str::to_owned)));
            token = page.continuation_token().map(str::to_owned);
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// Asks for page after page; one is held at a time.
    fn pages(&self, question: &Question<'_>, each: &mut dyn FnMut(Line) -> Result<()>) -> Result<()> {
        let mut token = None;
        loop {
            let page = self.wait(self.page(question, token.take()))?;
            let next = page.next_continuation_token().filter(|_| page.is_truncated() == Some(true)).map(str::to_owned);
            if page.is_truncated() == Some(true) && next.is_none() {
                let why = "the endpoint says that there is more, and not how to ask for it";
                return Err(question.place.told("Listing", "s3.reply", Status::Permanent, why));
            }
            lines(page).into_iter().try_for_each(&mut *each)?;
            match next {
                Some(next) => token = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn page(
        &self,
        question: &Question<'_>,
        token: Option<String>,
    ) -> std::result::Result<ListObjectsV2Output, Refusal> {
        let Question { place, target, prefix, level, after } = question;
        self.ask(place, "Listing", 0, || {
            let list = self.client.list_objects_v2().bucket(&target.bucket).prefix(*prefix);
            // Without it a key with a control character could not be told: XML has no way to write one.
            let list = list.encoding_type(EncodingType::Url).set_continuation_token(token.clone());
            let list = if token.is_none() { list.set_start_after(after.clone()) } else { list };
            if *level { list.delimiter("/").send() } else { list.send() }
        })
        .await
    }
}

fn odd(place: &Place, key: &str) -> Error {
    let why = format!("the endpoint listed {key}, which does not lie there");
    place.told("Listing", "s3.reply", Status::Permanent, why)
}

/// The lines of a page.
fn lines(page: ListObjectsV2Output) -> Vec<Line> {
    // A server that does not know the encoding gives the names as they are.
    let encoded = page.encoding_type() == Some(&EncodingType::Url);
    let plain = |name: String| if encoded { decode(&name) } else { name };
    let prefixes = page.common_prefixes.unwrap_or_default().into_iter().filter_map(|prefix| prefix.prefix);
    let keys = page.contents.unwrap_or_default().into_iter().filter_map(|object| {
        let Object { key, size, last_modified, e_tag, .. } = object;
        let md5 = head::md5_of(e_tag.as_deref(), None).and_then(|md5| md5.try_into().ok());
        Some(Line::Key(plain(key?), head::file(size, last_modified.as_ref()), md5))
    });
    keys.chain(prefixes.map(|prefix| Line::Prefix(plain(prefix)))).collect()
}
