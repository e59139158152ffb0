//! What an archive would be, found out without writing: the walk of its sources, its datablocks, a name for it.
//! Used by the plan that the operator sees and by the tasks that then do it, so that the two agree.

pub(crate) mod folder;
pub mod naming;
pub mod outline;
mod partition;
mod source;
mod walk;

pub use outline::{Outline, outline};
pub use partition::{Item, Partition};
pub use source::{Source, locate};
pub use walk::{Note, NoteLevel, Sink, Walked, walk};
