//! The playground: the emulator in a page, as a yew component.
//!
//! Two doors for the page around it:
//! - [`mount_block`] puts the compact form into an element of a chapter, as often as the page has
//!   blocks;
//! - [`start`] runs when the module is there, and fills `#vfio-irq-playground` if the page has it.
//!
//! What can be decided without a browser is decided in [`state`], [`run`], [`edit`] and [`view`],
//! which are tested natively. [`components`] only show it. Styles: `web/style/`.

pub mod aside;
mod clipboard;
pub mod compare;
pub mod components;
pub mod design;
pub mod edit;
pub mod front;
pub mod index;
pub mod inject;
pub mod kept;
pub mod keys;
mod motion;
mod mount;
pub mod options;
pub mod panic;
pub mod request;
pub mod run;
mod save;
pub mod state;
pub mod storage;
pub mod time;
pub mod url;
pub mod view;

pub use mount::{Mounted, PLAYGROUND_ID, mount, mount_block, start};
