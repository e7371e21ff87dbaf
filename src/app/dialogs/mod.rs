//! The dialogs, one file each, with their state, actions, keys and update.

pub(super) mod columns;
pub(super) mod confirm;
mod dialog;
pub(super) mod form;
pub(super) mod help;
pub(super) mod quit;
pub(super) mod search;
pub(super) mod stop;

pub use columns::ColumnsAction;
pub use confirm::ConfirmAction;
pub use dialog::Dialog;
pub use form::FormAction;
pub use help::{Help, HelpAction};
pub use quit::QuitAction;
pub use search::{Search, SearchAction};
pub use stop::StopAction;
