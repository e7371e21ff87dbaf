//! The first screen: what the program is, and what it offers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::labels::{listed_state, settings};
use super::layout::{cells, centered};
use super::theme::RenderTheme;
use crate::app::{App, MenuItem};
use crate::metrics::text;

/// The first screen.
pub(super) struct Home<'a> {
    pub(super) app: &'a App,
    pub(super) look: &'a RenderTheme,
}

/// Columns of the block in the middle.
const WIDTH: u16 = 72;

impl Widget for Home<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let width = WIDTH.min(area.width.saturating_sub(4));
        let lines = self.lines(usize::from(width));
        let block = centered(area, width, cells(lines.len()));
        for (row, line) in block.rows().zip(lines) {
            line.render(row, buf);
        }
    }
}

impl<'a> Home<'a> {
    fn lines(&self, width: usize) -> Vec<Line<'a>> {
        let Self { app, look } = self;
        let palette = &look.palette;
        let dot = format!(" {} ", look.glyphs.separator());
        let mut lines = vec![
            Line::styled("cnn-tui", palette.accent),
            Line::styled("Trains convolutional networks and shows how they learn.", palette.text),
            Line::styled("Every run is kept, and goes on when the line drops.", palette.text),
            Line::default(),
        ];
        for (place, offer) in app.offers().into_iter().enumerate() {
            let chosen = place == app.selected_offer;
            let pointer = if chosen { look.glyphs.right() } else { " " };
            let style = if chosen { palette.strong } else { palette.text };
            let mut line = Line::from_iter([
                Span::styled(format!("{pointer} "), palette.accent),
                Span::styled(format!("{:<19} ", title(&offer)), style),
            ]);
            line.extend(self.about(&offer));
            lines.push(line);
        }
        let data = app.data.as_deref().unwrap_or("looking for data");
        let mut facts = vec![data.to_owned(), format!("{} epochs", app.defaults.epochs)];
        facts.extend(settings(&app.defaults));
        let label = "  new runs: ";
        while facts.len() > 1 && label.len() + facts.join(&dot).chars().count() > width {
            facts.pop();
        }
        lines.extend([Line::default(), Line::styled(label.to_owned() + &facts.join(&dot), palette.dim)]);
        lines
    }

    fn about(&self, offer: &MenuItem<'_>) -> Line<'a> {
        let palette = &self.look.palette;
        match offer {
            MenuItem::Attach(run) => {
                let words = listed_state(self.look, &run.record, &run.state);
                let summary = &run.record.summary;
                let epochs = format!("  epoch {}/{}", summary.epoch, run.record.settings().epochs);
                let best = format!("  best {}", text::percent(summary.best_test_accuracy));
                Line::from_iter([
                    Span::styled(format!("{} {}", words.symbol, words.word), words.style),
                    Span::styled(epochs + &best, palette.dim),
                ])
            }
            MenuItem::Train(preset) => Line::styled(preset.about.clone(), palette.dim),
            MenuItem::Runs { own, references } => {
                let own = match own {
                    0 => "none of yours yet".to_owned(),
                    own => format!("{} of yours", text::count(*own as u64)),
                };
                let references = match references {
                    0 => String::new(),
                    count => format!(", {count} for reference"),
                };
                Line::styled(own + &references, palette.dim)
            }
        }
    }
}

fn title(offer: &MenuItem<'_>) -> String {
    match offer {
        MenuItem::Attach(run) => format!("watch {}", run.record.name),
        MenuItem::Train(preset) => format!("train {}", preset.name),
        MenuItem::Runs { .. } => "look at the runs".to_owned(),
    }
}
