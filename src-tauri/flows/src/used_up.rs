//! What a run has used up: the folders of its own that it has cleaned up. A task that is cleared after that has nothing left to work on, and says so.

use longshore_engine::Fault;

use crate::faults::Told as _;
use crate::kind::{Context, Services};
use crate::location::local_path;

/// Takes down that a folder of this run is cleaned up.
pub(crate) fn mark(context: &Context, folder: &str) -> Result<(), Fault> {
    let asks = [wish(&place(&context.services, folder))];
    context.services.catalogue.asks_done(&asks, context.services.now()).told()
}

/// Whether a place lies in a folder that a run has cleaned up.
pub(crate) fn is_used_up(context: &Context, text: &str) -> Result<bool, Fault> {
    let place = place(&context.services, text);
    let ends = place.match_indices('/').map(|(end, _)| end).chain([place.len()]);
    for end in ends.filter(|end| *end > 0) {
        if context.services.catalogue.ask_is_done(&wish(&place[..end])).told()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The refusal of a task that is cleared when what it worked on is used up. `left` says where what came of it lies.
pub(crate) fn used_up(what: &str, left: &str) -> Fault {
    let why = "This run has worked on it already, and has cleaned up its own folder since";
    Fault::permanent("file.used_up", format!("{what} is not there any more"), why)
        .now(format!("{left} To have it done anew, bring the file again: another run works on it then."))
}

fn wish(place: &str) -> String {
    format!("clean up {place}")
}

fn place(services: &Services, text: &str) -> String {
    local_path(services, text).map_or_else(|_| text.trim_end_matches('/').to_owned(), |path| path.display().to_string())
}
