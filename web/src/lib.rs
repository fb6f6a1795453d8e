//! The playground: the emulator in a page, as a yew component.
//!
//! Two modules are made of it, each a crate with nothing but its exports:
//! - `web/page` is loaded by every page: [`mount_block`] puts the compact form into an element of a
//!   chapter, [`start`] fills `#vfio-irq-playground` if the page has it;
//! - `web/tools` is loaded when a tool is first opened: [`components::tools`]. The first reaches the
//!   second by [`components::outside`] only, in the words of [`shown`].
//!
//! What can be decided without a browser is decided in [`state`], [`run`], [`edit`] and [`view`],
//! which are tested natively. [`components`] only show it. Styles: `web/style/`.

pub mod aside;
mod clipboard;
pub mod compare;
pub mod components;
pub mod design;
pub mod edit;
pub mod explored;
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
pub mod shown;
pub mod state;
pub mod storage;
pub mod time;
pub mod url;
pub mod view;

pub use mount::{Mounted, PLAYGROUND_ID, mount, mount_block, start};
