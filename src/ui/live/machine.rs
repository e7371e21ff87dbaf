//! The machine pane.

use std::collections::VecDeque;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::app::{MachineView, Pane};
use crate::metrics::{Interval, text};
use crate::run::{Capacity, GpuUse, MachineUse};
use crate::ui::layout::cells;
use crate::ui::widgets::{PaneFrame, Placeholder, Sparkline};

/// Width of the labels.
const LABEL: usize = 8;
/// Width of a share in percent.
const SHARE: usize = 6;
/// Minimum width of a chart, and the width of the values beside it.
const CHART: usize = 8;
const VALUES: usize = 36;
/// A run is data-bound if its threads spend more than this share of a step on loading data. The threshold is ours.
const DATA_BOUND: f32 = 0.5;

/// How busy the machine is: now, if the run trains on it, otherwise when the run last recorded it.
pub(super) struct MachinePane<'a>(pub(super) Shown<'a>);

impl<'a> MachinePane<'a> {
    /// The height of everything it has to say.
    pub(super) fn height(&self) -> u16 {
        cells(self.lines(usize::MAX).len().max(1) + 2)
    }

    fn view(&self) -> &'a MachineView {
        let Shown { app, run, .. } = self.0;
        let here = &app.shared.machine;
        if run.is_live() && here.last.is_some() { here } else { &run.machine }
    }

    /// The most important lines first. Values that do not fit the width are left out whole.
    fn lines(&self, width: usize) -> Vec<Line<'a>> {
        let view = self.view();
        let Some(last) = &view.last else { return Vec::new() };
        let mut lines: Vec<_> = self.data_bound().into_iter().collect();
        lines.push(self.cpu(view, last, width));
        for (number, (gpu, busy)) in last.gpus.iter().zip(&view.gpus).enumerate() {
            lines.extend(self.gpu(number, gpu, busy, width));
        }
        lines.extend(self.cores(last, width));
        lines.extend(self.capacities(last));
        lines
    }

    fn text(&self) -> Style {
        self.0.theme.palette.text
    }

    fn label(&self, label: &str) -> Span<'a> {
        Span::styled(format!("{label:<LABEL$}"), self.0.theme.palette.dim)
    }

    /// A share of time in percent with a chart of it, then as many of these values as fit.
    fn share(
        &self,
        (label, share): (&str, Option<f32>),
        history: &VecDeque<f64>,
        values: impl IntoIterator<Item = Option<String>>,
        width: usize,
    ) -> Line<'a> {
        let chart = width.saturating_sub(LABEL + SHARE + 2 + VALUES).clamp(CHART, history.len().max(CHART));
        let number = Span::styled(format!("{:>SHARE$}  ", text::share(share.map(f64::from))), self.text());
        let mut line = Line::from_iter([self.label(label), number]);
        if share.is_some() {
            let history = history.iter().copied();
            line.extend(Sparkline::new(self.0.theme, history).scale(Interval::UNIT).line(chart));
        }
        for value in values.into_iter().flatten() {
            let value = Span::styled(format!("  {value}"), self.text());
            if line.width() + value.width() <= width {
                line.push_span(value);
            }
        }
        line
    }

    fn data_bound(&self) -> Option<Line<'a>> {
        let spent = self.0.run.spent;
        let share = spent.data / spent.total();
        (share > DATA_BOUND).then(|| {
            let text =
                format!("data-bound: {} of a step is spent loading data", text::share(f64::from(share)));
            Line::styled(text, self.0.theme.palette.warning)
        })
    }

    fn cpu(&self, view: &MachineView, last: &MachineUse, width: usize) -> Line<'a> {
        let load = last.load.map(|load| format!("load {}", text::fixed(f64::from(load), 2)));
        self.share(("cpu", last.cpu), &view.cpu, [load], width)
    }

    /// A bar for each core.
    fn cores(&self, last: &MachineUse, width: usize) -> Option<Line<'a>> {
        let cores = last.cores.iter().map(|core| f64::from(*core));
        let room = last.cores.len().min(width.saturating_sub(LABEL));
        let bars = Sparkline::new(self.0.theme, cores).scale(Interval::UNIT).line(room);
        let line = [self.label("cores")].into_iter().chain(bars.spans);
        (last.cores.len() > 1).then(|| line.collect())
    }

    fn gpu(&self, number: usize, gpu: &GpuUse, busy: &VecDeque<f64>, width: usize) -> [Line<'a>; 2] {
        let whole = |value: f32| text::fixed(f64::from(value), 0);
        let watts = match (gpu.watts, gpu.watts_limit) {
            (Some(watts), Some(limit)) => Some(format!("{} of {} W", whole(watts), whole(limit))),
            (watts, _) => watts.map(|watts| format!("{} W", whole(watts))),
        };
        let values = [
            gpu.celsius.map(|celsius| format!("{celsius} {}", self.0.theme.glyphs.celsius())),
            watts,
            gpu.megahertz.map(|clock| format!("{} MHz", text::count(clock.into()))),
        ];
        let first = self.share((&format!("gpu {number}"), gpu.busy), busy, values, width);
        let values = [
            Some(gpu.name.clone()).filter(|name| !name.is_empty()),
            gpu.memory.map(|memory| text::capacity(memory.used, memory.total)),
            gpu.processes.map(|count| format!("{count} process{}", if count == 1 { "" } else { "es" })),
        ];
        let mut second = Line::from(self.label(""));
        for value in values.into_iter().flatten() {
            let dot = if second.spans.len() > 1 { self.0.dot() } else { String::new() };
            let value = Span::styled(dot + &value, self.text());
            if second.width() + value.width() <= width {
                second.push_span(value);
            }
        }
        [first, second]
    }

    fn capacities(&self, last: &MachineUse) -> Vec<Line<'a>> {
        let line = |label, capacity: Option<Capacity>| {
            let Capacity { used, total } = capacity?;
            let words = Span::styled(text::capacity(used, total), self.text());
            Some(Line::from_iter([self.label(label), words]))
        };
        [line("memory", last.memory), line("disk", last.disk)].into_iter().flatten().collect()
    }
}

impl Widget for MachinePane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { run, theme, .. } = self.0;
        let inner = PaneFrame::inner(area);
        let mut pane = PaneFrame::new(theme, "machine").focus(self.0.focus(Pane::Machine));
        if let Some(manifest) = &run.manifest {
            pane = pane.value(Span::styled(manifest.provenance.host.clone(), theme.palette.text));
        }
        pane.render(area, buf);
        let lines = self.lines(inner.width.into());
        if lines.is_empty() {
            return Placeholder::new(theme, "no readings of the machine yet").render(inner, buf);
        }
        for (row, line) in inner.rows().zip(lines) {
            line.render(row, buf);
        }
    }
}
