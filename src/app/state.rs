//! The state of the dashboard.

use super::dialogs::Dialog;
use super::screens::Screen;
use super::shared::{PresetInfo, Shared};
use crate::run::RunConfig;

/// The state of the dashboard.
#[derive(Debug, Clone)]
pub struct App {
    /// What all screens share.
    pub shared: Shared,
    /// The screen that is shown.
    pub screen: Screen,
    /// The dialog on top of it.
    pub dialog: Option<Dialog>,
    /// How many learning-rate range tests have been started.
    pub range_tests: u64,
}

impl App {
    /// The dashboard before anything is known about the runs.
    pub fn new(presets: Vec<PresetInfo>, defaults: RunConfig, themes: usize) -> Self {
        let shared = Shared::new(presets, defaults, themes);
        Self { shared, screen: Screen::Home, dialog: None, range_tests: 0 }
    }
}
