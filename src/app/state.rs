//! The state of the dashboard.

use super::dialogs::Dialog;
use super::screens::Screen;
use super::shared::{PresetInfo, Shared};
use crate::run::RunConfig;

/// The state of the dashboard.
#[derive(Debug, Clone)]
pub struct App {
    /// State shared by all screens.
    pub shared: Shared,
    /// The current screen.
    pub screen: Screen,
    /// The open dialog, if any.
    pub dialog: Option<Dialog>,
    /// Number of learning-rate range tests started so far.
    pub range_tests: u64,
}

impl App {
    /// The initial state, before the runs have been listed.
    pub fn new(presets: Vec<PresetInfo>, defaults: RunConfig, themes: usize) -> Self {
        let shared = Shared::new(presets, defaults, themes);
        Self { shared, screen: Screen::Home, dialog: None, range_tests: 0 }
    }
}
