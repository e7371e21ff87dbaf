//! The home screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::labels::{settings, state};
use super::layout::{cells, centered};
use super::theme::RenderTheme;
use crate::app::{App, MenuItem};
use crate::metrics::text;
use crate::run::RunStatus;

/// The home screen: two lines about the program above a menu.
pub(super) struct HomeScreen<'a> {
    pub(super) app: &'a App,
    pub(super) theme: &'a RenderTheme,
}

/// Width of the centred block.
const WIDTH: u16 = 72;

impl Widget for HomeScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let width = WIDTH.min(area.width.saturating_sub(4));
        let lines = self.lines(usize::from(width));
        let block = centered(area, width, cells(lines.len()));
        for (row, line) in block.rows().zip(lines) {
            line.render(row, buf);
        }
    }
}

impl<'a> HomeScreen<'a> {
    fn lines(&self, width: usize) -> Vec<Line<'a>> {
        let Self { app, theme } = self;
        let palette = &theme.palette;
        let dot = format!(" {} ", theme.glyphs.separator());
        let mut lines = vec![
            Line::styled("cnn-tui", palette.accent),
            Line::styled("Trains convolutional networks and shows how they learn.", palette.text),
            Line::styled("Runs are saved, and keep training if you disconnect.", palette.text),
            Line::default(),
        ];
        for (place, item) in app.shared.menu().into_iter().enumerate() {
            let chosen = place == app.shared.menu_row;
            let pointer = if chosen { theme.glyphs.right() } else { " " };
            let style = if chosen { palette.strong } else { palette.text };
            let mut line = Line::from_iter([
                Span::styled(format!("{pointer} "), palette.accent),
                Span::styled(format!("{:<19} ", title(&item)), style),
            ]);
            line.extend(self.about(&item));
            lines.push(line);
        }
        let data = app.shared.data.as_deref().unwrap_or("looking for data");
        let mut facts = vec![data.to_owned(), format!("{} epochs", app.shared.defaults.epochs)];
        facts.extend(settings(&app.shared.defaults));
        let label = "  new runs: ";
        while facts.len() > 1 && label.len() + facts.join(&dot).chars().count() > width {
            facts.pop();
        }
        lines.extend([Line::default(), Line::styled(label.to_owned() + &facts.join(&dot), palette.dim)]);
        lines
    }

    fn about(&self, item: &MenuItem<'_>) -> Line<'a> {
        let palette = &self.theme.palette;
        match item {
            MenuItem::Attach(run) | MenuItem::Last(run) => {
                let words = state(self.theme, Some(run.state_name()));
                let summary = &run.manifest.summary;
                let epochs = format!("  epoch {}/{}", summary.epoch, run.manifest.settings().epochs);
                let best = format!("  best {}", text::percent(summary.best_test_accuracy));
                Line::from_iter([
                    Span::styled(format!("{} {}", words.symbol, words.word), words.style),
                    Span::styled(epochs + &best, palette.dim),
                ])
            }
            MenuItem::Train(preset) => Line::styled(preset.about.clone(), palette.dim),
            MenuItem::Runs { own, references } => {
                let own = match own {
                    0 => "none of your own".to_owned(),
                    own => format!("{} of your own", text::count(*own as u64)),
                };
                let references = match references {
                    0 => String::new(),
                    count => format!(", {count} reference"),
                };
                Line::styled(own + &references, palette.dim)
            }
        }
    }
}

fn title(item: &MenuItem<'_>) -> String {
    match item {
        MenuItem::Attach(run) => format!("watch {}", run.manifest.name),
        MenuItem::Last(run) if run.state.status == RunStatus::Interrupted => {
            format!("resume {}", run.manifest.name)
        }
        MenuItem::Last(run) => format!("open {}", run.manifest.name),
        MenuItem::Train(preset) => format!("train {}", preset.name),
        MenuItem::Runs { .. } => "show all runs".to_owned(),
    }
}
