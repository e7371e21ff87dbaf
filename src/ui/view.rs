//! Drawing the dashboard.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::Size;
use super::compare::CompareScreen;
use super::dialog::DialogBox;
use super::home::HomeScreen;
use super::labels::{brief, key};
use super::live::LiveScreen;
use super::lr_finder::LrFinderScreen;
use super::predictions::PredictionsScreen;
use super::runs::RunsScreen;
use super::theme::RenderTheme;
use super::widgets::{Hints, Placeholder};
use crate::app::{Action, App, GlobalAction, Notice, Screen, available};

/// The dashboard: the state, and the theme to draw it with.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// State of the dashboard.
    pub app: &'a App,
    /// The theme, adapted to the terminal.
    pub theme: &'a RenderTheme,
}

impl View<'_> {
    /// Draws the current screen, its dialog, and the bottom line.
    pub fn draw(self, cells: &mut Buffer) {
        self.render(cells.area, cells);
    }

    /// Draws only the focused pane of the live screen, on an area of any size.
    pub fn draw_pane(self, cells: &mut Buffer) {
        let Self { app, theme } = self;
        cells.set_style(cells.area, theme.base());
        LiveScreen { app, theme }.render_pane(cells.area, cells);
    }
}

/// ```text
/// ┌────────────────────┐
/// │ the screen         │
/// │   ┌ a dialog ┐     │
/// │   └──────────┘     │
/// │ key hints / notice │
/// └────────────────────┘
/// ```
impl Widget for View<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, theme } = self;
        buf.set_style(area, theme.base());
        if Size::of(area) == Size::TooSmall {
            let (width, height, quit) = (area.width, area.height, key(GlobalAction::Quit));
            let text = format!("{width}×{height} is too small\ncnn-tui needs 60×20; {quit} quits");
            let text = text.replace('×', theme.glyphs.times());
            return Placeholder::new(theme, text).render(area, buf);
        }
        let [screen, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        match &app.screen {
            Screen::Home => HomeScreen { app, theme }.render(screen, buf),
            Screen::Live => LiveScreen { app, theme }.render(screen, buf),
            Screen::Runs => RunsScreen { app, theme }.render(screen, buf),
            Screen::Compare(compare) => CompareScreen { app, compare, theme }.render(screen, buf),
            Screen::LrFinder(finder) => LrFinderScreen { finder, theme }.render(screen, buf),
            Screen::Predictions(predictions) => PredictionsScreen { predictions, theme }.render(screen, buf),
        }
        bottom_line(app, theme, usize::from(bottom.width)).render(bottom, buf);
        if let Some(dialog) = &app.dialog {
            DialogBox { app, theme, dialog }.render(screen, buf);
        }
    }
}

/// A notice if there is one, otherwise key hints.
fn bottom_line<'a>(app: &'a App, theme: &'a RenderTheme, width: usize) -> Line<'a> {
    let problem = app
        .shared
        .run
        .as_ref()
        .filter(|_| matches!(app.screen, Screen::Live))
        .and_then(|run| run.problem.as_ref());
    let problem = problem.map(|text| (text.as_str(), theme.palette.warning));
    let notice = app.shared.notice.as_ref().map(|notice| match notice {
        Notice::Info(text) => (text.as_str(), theme.palette.strong),
        Notice::Error(text) => (text.as_str(), theme.palette.warning),
    });
    if let Some((text, style)) = notice.or(problem) {
        return Line::from(Span::styled(format!(" {}", brief(text)), style));
    }
    let mut hints = Hints::new(theme);
    for binding in available(app) {
        let Some(words) = binding.hint else { continue };
        let key = binding.keys[0].to_string();
        hints = match binding.action {
            Action::Everywhere(GlobalAction::Help) => hints.end(key, words),
            _ => hints.key(key, words),
        };
    }
    let mut line = hints.line(width.saturating_sub(2));
    line.spans.insert(0, Span::raw(" "));
    line
}
