//! `-h`: the options of the command, and those of one component.

mod command;
mod component;
mod layout;
mod words;

pub use command::{Extent, options_of_the_command};
pub use component::component;
