//! Layout of the live screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Widget;

use super::charts::{AccuracyPane, LossPane};
use super::header::{Header, LastSteps};
use super::kernels::KernelsPane;
use super::layers::LayersPane;
use super::log::LogPane;
use super::machine::MachinePane;
use super::shown::Shown;
use crate::app::{App, GlobalAction, Pane, Zoom};
use crate::ui::Size;
use crate::ui::labels::key;
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::Placeholder;

/// The live screen.
#[derive(Debug, Clone, Copy)]
pub(in crate::ui) struct LiveScreen<'a> {
    pub(in crate::ui) app: &'a App,
    pub(in crate::ui) theme: &'a RenderTheme,
}

impl<'a> LiveScreen<'a> {
    /// The open run; if there is none, draws a message and returns `None`.
    fn shown(self, area: Rect, buf: &mut Buffer) -> Option<Shown<'a>> {
        let Self { app, theme } = self;
        if app.shared.run.is_none() {
            let (list, new) = (key(GlobalAction::ShowRuns), key(GlobalAction::ShowHome));
            let text = format!("no run is open\n{list} shows all runs, {new} starts one");
            Placeholder::new(theme, text).render(area, buf);
        }
        Some(Shown { app, run: app.shared.run.as_ref()?, theme })
    }

    /// Draws only the focused pane.
    pub(in crate::ui) fn render_pane(self, area: Rect, buf: &mut Buffer) {
        if let Some(shown) = self.shown(area, buf) {
            render(shown, self.app.shared.panes.focus, area, buf);
        }
    }
}

impl Widget for LiveScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let app = self.app;
        let Some(shown) = self.shown(area, buf) else { return };
        // Size classes include the line of keys, which is not part of this area.
        let size = Size::of(Rect { height: area.height + 1, ..area });
        let header_rows = if size >= Size::Normal { 3 } else { 2 };
        let [header, body] =
            Layout::vertical([Constraint::Length(header_rows), Constraint::Fill(1)]).areas(area);
        Header(shown).render(header, buf);
        match (app.shared.panes.zoom, size) {
            (Zoom::Alone, _) | (_, Size::TooSmall | Size::Minimal) => {
                render(shown, app.shared.panes.focus, body, buf);
            }
            (Zoom::Together, Size::Compact) => compact(shown, body, buf),
            (Zoom::Together, Size::Normal) => normal(shown, body, buf),
            (Zoom::Together, Size::Wide) => wide(shown, body, buf),
        }
    }
}

/// ```text
/// ┌ loss ────────────┐
/// ├ accuracy ┬ kernels (or the focused pane)
/// └──────────┴───────┘
/// ```
fn compact(shown: Shown<'_>, body: Rect, buf: &mut Buffer) {
    let [top, bottom] = Layout::vertical([Constraint::Fill(11), Constraint::Fill(10)]).areas(body);
    render(shown, Pane::Loss, top, buf);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(bottom);
    render(shown, Pane::Accuracy, left, buf);
    render(shown, shown.place(shown.beside(), &[Pane::Layers, Pane::Log, Pane::Machine]), right, buf);
}

/// ```text
/// ┌ loss ─────────┬ accuracy ┐
/// │ last steps               │
/// ├ layers, log ──┬ kernels ─┤
/// │ or machine    │          │
/// └───────────────┴──────────┘
/// ```
fn normal(shown: Shown<'_>, body: Rect, buf: &mut Buffer) {
    let [charts, steps, bottom] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(15)]).areas(body);
    render_charts(shown, charts, buf);
    LastSteps(shown).render(steps, buf);
    let [left, right] =
        Layout::horizontal([Constraint::Length(LayersPane::WIDTH), Constraint::Fill(1)]).areas(bottom);
    let beside = shown.beside();
    let others = if beside == Pane::Log { &[Pane::Machine][..] } else { &[Pane::Log, Pane::Machine] };
    render(shown, shown.place(Pane::Layers, others), left, buf);
    render(shown, beside, right, buf);
}

/// ```text
/// ┌ loss ─────────┬ accuracy ┐
/// │ last steps               │
/// ├ layers ┬ kernels conv1 ──┤
/// ├ machine┤ kernels conv2   │
/// ├ log ───┤                 │
/// └────────┴─────────────────┘
/// ```
fn wide(shown: Shown<'_>, body: Rect, buf: &mut Buffer) {
    let [charts, steps, bottom] =
        Layout::vertical([Constraint::Fill(10), Constraint::Length(1), Constraint::Fill(11)]).areas(body);
    render_charts(shown, charts, buf);
    LastSteps(shown).render(steps, buf);
    let [left, right] =
        Layout::horizontal([Constraint::Length(LayersPane::WIDTH), Constraint::Fill(1)]).areas(bottom);
    let layers = LayersPane(shown).height().min(bottom.height / 2 + 2);
    let [top, rest] = Layout::vertical([Constraint::Length(layers), Constraint::Fill(1)]).areas(left);
    render(shown, Pane::Layers, top, buf);
    if shown.beside() == Pane::Log {
        render(shown, Pane::Machine, rest, buf);
        return render(shown, Pane::Log, right, buf);
    }
    let machine = MachinePane(shown).height().min(rest.height / 2);
    let [machine, log] = Layout::vertical([Constraint::Length(machine), Constraint::Fill(1)]).areas(rest);
    render(shown, Pane::Machine, machine, buf);
    render(shown, Pane::Log, log, buf);
    let count = shown.run.kernels.len().max(1);
    // Later convolutions have more kernels and need more room.
    let rows = (0..count).map(|layer| Constraint::Fill(if layer == 0 { 2 } else { 3 }));
    for (layer, area) in Layout::vertical(rows).split(right).iter().enumerate() {
        KernelsPane { shown, layer }.render(*area, buf);
    }
}

fn render_charts(shown: Shown<'_>, area: Rect, buf: &mut Buffer) {
    let [left, right] = Layout::horizontal([Constraint::Fill(16), Constraint::Fill(10)]).areas(area);
    render(shown, Pane::Loss, left, buf);
    render(shown, Pane::Accuracy, right, buf);
}

fn render(shown: Shown<'_>, pane: Pane, area: Rect, buf: &mut Buffer) {
    match pane {
        Pane::Loss => LossPane(shown).render(area, buf),
        Pane::Accuracy => AccuracyPane(shown).render(area, buf),
        Pane::Layers => LayersPane(shown).render(area, buf),
        Pane::Kernels => {
            KernelsPane { shown, layer: shown.app.shared.panes.kernel_layer }.render(area, buf);
        }
        Pane::Log => LogPane(shown).render(area, buf),
        Pane::Machine => MachinePane(shown).render(area, buf),
    }
}
