//! Options of the dashboard.

use crate::app::{App, Notice, PresetInfo};
use crate::nn::PRESETS;
use crate::run::RunConfig;
use crate::shell::clock::unix_seconds;
use crate::ui::theme::{RenderTheme, Theme};
use crate::ui::{ColorDepth, Glyphs};

/// Options of the dashboard: themes, terminal, and the settings of new runs.
#[derive(Debug, Clone)]
pub struct DashboardOptions {
    /// The themes; there is at least one.
    pub themes: Vec<Theme>,
    /// Index of the initial theme.
    pub theme: usize,
    /// Whether it was given as an option, which overrides the theme of the last session.
    pub theme_is_chosen: bool,
    /// Colour depth of the terminal.
    pub depth: ColorDepth,
    /// Symbols that the terminal shows.
    pub glyphs: Glyphs,
    /// The settings of new runs.
    pub defaults: RunConfig,
    /// An error to show on start.
    pub notice: Option<String>,
}

impl DashboardOptions {
    /// The initial state, with the current time.
    pub(crate) fn app(&self) -> App {
        let presets = PRESETS
            .iter()
            .map(|preset| PresetInfo { name: preset.name.to_owned(), about: preset.about.to_owned() });
        let mut app = App::new(presets.collect(), self.defaults.clone(), self.themes.len());
        app.shared.theme = self.theme;
        app.shared.notice = self.notice.clone().map(Notice::Error);
        app.shared.now = unix_seconds();
        app
    }

    /// The current theme, adapted to the terminal.
    pub(crate) fn render_theme(&self, app: &App) -> RenderTheme {
        let theme = &self.themes[app.shared.theme.min(self.themes.len() - 1)];
        RenderTheme::new(theme, self.depth, self.glyphs)
    }
}
