//! BagIt: the layout of bags in versions 0.93 to 1.0 (RFC 8493), judged and written.
//!
//! A bag is judged in three steps that a caller may put other work between: [`Bag::read`] takes in its tag files,
//! [`Bag::walk`] compares them with what lies in its folder, [`Bag::prove`] compares the bytes. What was found is in
//! [`Bag::findings`]. Nothing is fetched, no link is followed.

mod abreast;
mod algorithm;
mod bag;
mod declaration;
mod fetch;
mod finding;
mod folder;
mod info;
mod lanes;
mod lines;
mod listing;
mod manifest;
mod odd;
mod path;
mod prove;
mod table;
mod walk;
mod write;

pub use algorithm::{Algorithm, Digester};
pub use bag::{Bag, Counted, FetchPolicy};
pub use declaration::{Declaration, Version};
pub use fetch::Wanted;
pub use finding::{Finding, Findings, Grade, TOLD, Verdict};
pub use folder::{Folder, Item, ItemKind};
pub use info::{Info, Oxum};
pub use lines::{Encoding, Line, Lines};
pub use manifest::{Entry, parse as parse_manifest_line};
pub use path::{clean as clean_path, decode as decode_path, encode as encode_path};
pub use prove::Watch;
pub use write::{DECLARATION, info_text, manifest_line, manifest_name, tag_manifest_name};
