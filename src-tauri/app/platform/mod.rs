//! What differs between systems.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(crate) use linux::{asked_to_end, draw_plainly_without_card, has_tray, pick, show_notices, watch_drags};
#[cfg(not(target_os = "linux"))]
pub(crate) use other::{asked_to_end, draw_plainly_without_card, has_tray, pick, show_notices, watch_drags};
