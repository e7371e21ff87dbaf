//! The layers pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::app::Pane;
use crate::metrics::text;
use crate::run::LayerRow;
use crate::ui::labels::shape;
use crate::ui::widgets::{PaneFrame, Placeholder};

/// A table of the layers: setting, output shape for one image, parameters and their share of the total.
pub(super) struct LayersPane<'a>(pub(super) Shown<'a>);

impl LayersPane<'_> {
    /// Width of the table.
    pub(super) const WIDTH: u16 = 54;

    /// Height for all layers.
    pub(super) fn height(&self) -> u16 {
        let layers = self.0.run.trainer.as_ref().map_or(0, |trainer| trainer.layers.len());
        u16::try_from(layers).unwrap_or(u16::MAX).saturating_add(3)
    }

    fn row(&self, layer: &LayerRow, total: usize, width: u16) -> Line<'static> {
        let Shown { theme, .. } = self.0;
        let palette = &theme.palette;
        let glyphs = theme.glyphs;
        // The trainer described its layers when it started; the dropout may have changed since.
        let dropout = self.0.run.manifest.as_ref().and_then(|manifest| manifest.settings().dropout);
        let setting = match dropout.filter(|_| layer.kind.starts_with("Dropout")) {
            Some(probability) => format!("p {probability}"),
            None => layer.setting.replace('×', glyphs.times()).replace('→', glyphs.arrow()),
        };
        let style = if layer.parameters > 0 { palette.text } else { palette.dim };
        let name = if layer.parameters > 0 { palette.strong } else { palette.dim };
        let share = match layer.parameters {
            0 => String::new(),
            parameters => text::share(parameters as f64 / total.max(1) as f64),
        };
        let setting = if width < Self::WIDTH - 4 { String::new() } else { format!("{setting:<12}") };
        Line::from_iter([
            Span::styled(format!("{:<11}", layer.name), name),
            Span::styled(setting, style),
            Span::styled(format!("{:<10}", shape(glyphs, &layer.output)), style),
            Span::styled(format!("{:>9}", text::count(layer.parameters as u64)), style),
            Span::styled(format!("{share:>7}"), palette.dim),
        ])
    }
}

impl Widget for LayersPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { run, theme, .. } = self.0;
        let inner = PaneFrame::inner(area);
        let pane = PaneFrame::new(theme, "layers").focus(self.0.focus(Pane::Layers));
        let Some(trainer) = &run.trainer else {
            pane.render(area, buf);
            return Placeholder::new(theme, "waiting for the network").render(inner, buf);
        };
        let total = format!("{} parameters", text::count(trainer.parameters as u64));
        pane.value(Span::styled(total, theme.palette.text)).render(area, buf);
        let heading =
            format!("{:<11}{:<12}{:<10}{:>9}{:>7}", "layer", "setting", "output", "params", "share");
        let heading = Line::styled(heading, theme.palette.dim);
        // If not all fit, layers without parameters are left out first.
        let room = usize::from(inner.height).saturating_sub(1);
        let all = trainer.layers.len() <= room;
        let layers = trainer.layers.iter().filter(|layer| all || layer.parameters > 0);
        let rows = layers.map(|layer| self.row(layer, trainer.parameters, inner.width));
        for (row, line) in inner.rows().zip([heading].into_iter().chain(rows)) {
            line.render(row, buf);
        }
    }
}
