//! What lies on top of a screen, a file each: its state, its actions, its keys, and what the actions do.

pub(super) mod columns;
mod dialog;
pub(super) mod form;
pub(super) mod help;
pub(super) mod quit;
pub(super) mod search;
pub(super) mod stop;

pub use columns::ColumnsAction;
pub use dialog::Dialog;
pub use form::FormAction;
pub use help::{Help, HelpAction};
pub use quit::QuitAction;
pub use search::{Search, SearchAction};
pub use stop::StopAction;
