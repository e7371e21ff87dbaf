//! The log pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::app::Pane;
use crate::metrics::text;
use crate::ui::labels::wrap;
use crate::ui::widgets::{PaneFrame, Placeholder};

/// The end of the trainer's log, or an earlier part when scrolled.
pub(super) struct LogPane<'a>(pub(super) Shown<'a>);

impl Widget for LogPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { app, run, theme } = self.0;
        let inner = PaneFrame::inner(area);
        let room = usize::from(inner.height);
        let hidden = app.shared.panes.log_scroll.min(run.log.len().saturating_sub(room));
        let mut pane = PaneFrame::new(theme, "log").focus(self.0.focus(Pane::Log));
        if hidden > 0 {
            pane =
                pane.value(Span::styled(format!("{} below", text::count(hidden as u64)), theme.palette.dim));
        }
        pane.render(area, buf);
        if run.log.is_empty() {
            return Placeholder::new(theme, "no output from the trainer yet").render(inner, buf);
        }
        let last = run.log.len() - hidden;
        let width = usize::from(inner.width).max(1);
        let mut rows = Vec::new();
        for line in run.log.range(last.saturating_sub(room)..last) {
            let style = if line.starts_with("cnn-tui:") { theme.palette.warning } else { theme.palette.text };
            // ratatui draws tabs with zero width.
            rows.extend(
                wrap(&line.replace('\t', "  "), width).into_iter().map(|part| Line::styled(part, style)),
            );
        }
        let shown = rows.split_off(rows.len().saturating_sub(room));
        for (row, line) in inner.rows().zip(shown) {
            line.render(row, buf);
        }
    }
}
