//! The whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::Size;
use super::compare::Compared;
use super::dialog::DialogBox;
use super::home::Home;
use super::labels::brief;
use super::live::Live;
use super::lr_finder::LrFinderScreen;
use super::predictions::PredictionScreen;
use super::runs::Runs;
use super::theme::RenderTheme;
use super::widgets::{Hints, Placeholder};
use crate::app::{Action, App, Notice, Screen, available};

/// The screen as it is to be: the state, and how it looks.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The state.
    pub app: &'a App,
    /// How it looks.
    pub look: &'a RenderTheme,
}

impl View<'_> {
    /// Draws it on these cells.
    pub fn draw(self, cells: &mut Buffer) {
        self.render(cells.area, cells);
    }

    /// Draws the pane of the live screen that has the focus on all of these cells, of which there may be few.
    pub fn draw_pane(self, cells: &mut Buffer) {
        let Self { app, look } = self;
        cells.set_style(cells.area, look.base());
        Live { app, look }.render_pane(cells.area, cells);
    }
}

/// ```text
/// ┌────────────────────┐
/// │ the screen         │
/// │   ┌ a dialog ┐     │
/// │   └──────────┘     │
/// │ keys, or a notice  │
/// └────────────────────┘
/// ```
impl Widget for View<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, look } = self;
        buf.set_style(area, look.base());
        if Size::of(area) == Size::TooSmall {
            let text = format!("{}×{} is too small\ncnn-tui needs 60×20; q leaves", area.width, area.height);
            let text = text.replace('×', look.glyphs.times());
            return Placeholder::new(look, text).render(area, buf);
        }
        let [screen, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        match app.screen {
            Screen::Home => Home { app, look }.render(screen, buf),
            Screen::Live => Live { app, look }.render(screen, buf),
            Screen::Runs => Runs { app, look }.render(screen, buf),
            Screen::Compare => Compared { app, look }.render(screen, buf),
            Screen::LrFinder => LrFinderScreen { app, look }.render(screen, buf),
            Screen::Predictions => PredictionScreen { app, look }.render(screen, buf),
        }
        bottom_line(app, look, usize::from(bottom.width)).render(bottom, buf);
        if let Some(dialog) = app.dialog {
            DialogBox { app, look, dialog }.render(screen, buf);
        }
    }
}

/// A notice if there is one, else what the keys do.
fn bottom_line<'a>(app: &'a App, look: &'a RenderTheme, width: usize) -> Line<'a> {
    let problem =
        app.run.as_ref().filter(|_| app.screen == Screen::Live).and_then(|run| run.problem.as_ref());
    let problem = problem.map(|text| (text.as_str(), look.palette.warning));
    let told = app.notice.as_ref().map(|notice| match notice {
        Notice::Good(text) => (text.as_str(), look.palette.strong),
        Notice::Bad(text) => (text.as_str(), look.palette.warning),
    });
    if let Some((text, style)) = told.or(problem) {
        return Line::from(Span::styled(format!(" {}", brief(text)), style));
    }
    let mut hints = Hints::new(look);
    for binding in available(app) {
        let Some(words) = binding.hint else { continue };
        let key = binding.keys[0].to_string();
        hints = match binding.action {
            Action::Help => hints.end(key, words),
            _ => hints.key(key, words),
        };
    }
    let mut line = hints.line(width.saturating_sub(2));
    line.spans.insert(0, Span::raw(" "));
    line
}
