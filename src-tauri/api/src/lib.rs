//! What the outside may ask of a workspace: requests, replies, events, error codes. The window, the CLI and the loopback API
//! all speak this, and TypeScript is made from it.

pub mod typescript;
pub mod wire;
