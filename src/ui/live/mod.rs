//! One run, live or past.

mod charts;
mod header;
mod kernels;
mod layers;
mod log;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::widgets::Widget;

use self::charts::{AccuracyPane, LossPane};
use self::header::{Header, LastSteps};
use self::kernels::KernelsPane;
use self::layers::LayersPane;
use self::log::LogPane;
use super::Size;
use super::theme::RenderTheme;
use super::widgets::{Focus, Placeholder};
use crate::app::{App, Pane, RunView, Zoom};

/// The live screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live<'a> {
    pub(super) app: &'a App,
    pub(super) look: &'a RenderTheme,
}

/// A run on the screen, as its panes see it.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    app: &'a App,
    run: &'a RunView,
    look: &'a RenderTheme,
}

impl Shown<'_> {
    fn focus(&self, pane: Pane) -> Focus {
        if self.app.focus == pane { Focus::Here } else { Focus::Elsewhere }
    }

    fn render(&self, pane: Pane, area: Rect, buf: &mut Buffer) {
        match pane {
            Pane::Loss => LossPane(*self).render(area, buf),
            Pane::Accuracy => AccuracyPane(*self).render(area, buf),
            Pane::Layers => LayersPane(*self).render(area, buf),
            Pane::Kernels => KernelsPane { shown: *self, layer: self.app.kernel_layer }.render(area, buf),
            Pane::Log => LogPane(*self).render(area, buf),
        }
    }

    /// `usual`, unless the focus is on one of `others`, which have no place of their own.
    fn place(&self, usual: Pane, others: &[Pane]) -> Pane {
        if others.contains(&self.app.focus) { self.app.focus } else { usual }
    }

    /// The pane beside the others: kernels, or where there are none to come, the log.
    fn beside(&self) -> Pane {
        let layers = self.run.start.as_ref().map(|start| &start.layers);
        let flat = layers.is_some_and(|layers| layers.iter().all(|layer| layer.kind != "Conv2d"));
        if flat && self.app.focus != Pane::Kernels { Pane::Log } else { Pane::Kernels }
    }

    fn dot(&self) -> String {
        format!(" {} ", self.look.glyphs.separator())
    }
}

impl<'a> Live<'a> {
    /// The run on the screen; says that there is none.
    fn shown(self, area: Rect, buf: &mut Buffer) -> Option<Shown<'a>> {
        let Self { app, look } = self;
        if app.run.is_none() {
            Placeholder::new(look, "no run is open\n2 lists the runs, n starts one").render(area, buf);
        }
        Some(Shown { app, run: app.run.as_ref()?, look })
    }

    /// Draws the pane with the focus, and nothing else.
    pub(super) fn render_pane(self, area: Rect, buf: &mut Buffer) {
        if let Some(shown) = self.shown(area, buf) {
            shown.render(self.app.focus, area, buf);
        }
    }
}

impl Widget for Live<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let app = self.app;
        let Some(shown) = self.shown(area, buf) else { return };
        // The line of keys is not part of this screen, but of the size that decides.
        let size = Size::of(Rect { height: area.height + 1, ..area });
        let header_rows = if size >= Size::Normal { 3 } else { 2 };
        let [header, body] =
            Layout::vertical([Constraint::Length(header_rows), Constraint::Fill(1)]).areas(area);
        Header(shown).render(header, buf);
        match (app.zoom, size) {
            (Zoom::Alone, _) | (_, Size::TooSmall | Size::Minimal) => shown.render(app.focus, body, buf),
            (Zoom::Together, Size::Compact) => compact(shown, body, buf),
            (Zoom::Together, Size::Normal) => normal(shown, body, buf),
            (Zoom::Together, Size::Wide) => wide(shown, body, buf),
        }
    }
}

/// ```text
/// ┌ loss ────────────┐
/// ├ accuracy ┬ kernels (or the pane with the focus)
/// └──────────┴───────┘
/// ```
fn compact(shown: Shown<'_>, body: Rect, buf: &mut Buffer) {
    let [top, bottom] = Layout::vertical([Constraint::Fill(11), Constraint::Fill(10)]).areas(body);
    shown.render(Pane::Loss, top, buf);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(bottom);
    shown.render(Pane::Accuracy, left, buf);
    shown.render(shown.place(shown.beside(), &[Pane::Layers, Pane::Log]), right, buf);
}

/// ```text
/// ┌ loss ─────────┬ accuracy ┐
/// │ last steps               │
/// ├ layers (log) ─┬ kernels ─┤
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
    let elsewhere = if beside == Pane::Log { &[][..] } else { &[Pane::Log] };
    shown.render(shown.place(Pane::Layers, elsewhere), left, buf);
    shown.render(beside, right, buf);
}

/// ```text
/// ┌ loss ─────────┬ accuracy ┐
/// │ last steps               │
/// ├ layers ┬ kernels conv1 ──┤
/// ├ log ───┼ kernels conv2 ──┤
/// └────────┴─────────────────┘
/// ```
fn wide(shown: Shown<'_>, body: Rect, buf: &mut Buffer) {
    let [charts, steps, bottom] =
        Layout::vertical([Constraint::Fill(10), Constraint::Length(1), Constraint::Fill(11)]).areas(body);
    render_charts(shown, charts, buf);
    LastSteps(shown).render(steps, buf);
    let [left, right] =
        Layout::horizontal([Constraint::Length(LayersPane::WIDTH), Constraint::Fill(1)]).areas(bottom);
    if shown.beside() == Pane::Log {
        shown.render(Pane::Layers, left, buf);
        return shown.render(Pane::Log, right, buf);
    }
    let layers = LayersPane(shown).height().min(bottom.height / 2 + 2);
    let [top, rest] = Layout::vertical([Constraint::Length(layers), Constraint::Fill(1)]).areas(left);
    shown.render(Pane::Layers, top, buf);
    shown.render(Pane::Log, rest, buf);
    let count = shown.run.kernels.len().max(1);
    // Later convolutions have more kernels.
    let rows = (0..count).map(|layer| Constraint::Fill(if layer == 0 { 2 } else { 3 }));
    for (layer, area) in Layout::vertical(rows).split(right).iter().enumerate() {
        KernelsPane { shown, layer }.render(*area, buf);
    }
}

fn render_charts(shown: Shown<'_>, area: Rect, buf: &mut Buffer) {
    let [left, right] = Layout::horizontal([Constraint::Fill(16), Constraint::Fill(10)]).areas(area);
    shown.render(Pane::Loss, left, buf);
    shown.render(Pane::Accuracy, right, buf);
}
