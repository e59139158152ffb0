//! The real window on a display of its own.

mod bus;
mod display;
mod driver;
mod window;

pub use bus::Bus;
pub use display::Display;
pub use driver::Driver;
pub use window::Window;
