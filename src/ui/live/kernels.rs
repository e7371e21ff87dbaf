//! The kernels pane.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::app::Pane;
use crate::run::{RunStatus, TrainerInfo};
use crate::ui::labels::shape;
use crate::ui::widgets::{ChannelSelection, Focus, KernelGrid, PaneFrame, Placeholder};

/// The kernels of one convolution in the run's newest checkpoint.
pub(super) struct KernelsPane<'a> {
    pub(super) shown: Shown<'a>,
    /// Index of the convolution.
    pub(super) layer: usize,
}

impl Widget for KernelsPane<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { app, run, theme } = self.shown;
        let (palette, glyphs) = (&theme.palette, theme.glyphs);
        let inner = PaneFrame::inner(area);
        let count = run.kernels.len();
        let layer = self.layer.min(count.saturating_sub(1));
        let mut focus = self.shown.focus(Pane::Kernels);
        if layer != app.shared.panes.kernel_layer.min(count.saturating_sub(1)) {
            focus = Focus::Elsewhere;
        }
        let pane = PaneFrame::new(theme, "kernels").focus(focus);
        let Some(kernels) = run.kernels.get(layer) else {
            pane.render(area, buf);
            return Placeholder::new(theme, self.nothing()).render(inner, buf);
        };
        let Ok(sizes) = <[usize; 4]>::try_from(kernels.shape.as_slice()) else { return };
        let name = kernels.name.trim_end_matches(".weight");
        let channel = app.shared.panes.kernel_channel.min(sizes[1].saturating_sub(1));
        let channel = if focus == Focus::Here { channel } else { 0 };
        let picture =
            KernelGrid::new(theme, &kernels.values, sizes).input(ChannelSelection::Channel(channel));

        let title = format!("kernels  {name} [{}]", shape(glyphs, &sizes));
        let mut pane = PaneFrame::new(theme, title).focus(focus);
        if count > 1 {
            let which = format!("{} {}/{count} {}", glyphs.left(), layer + 1, glyphs.right());
            pane = pane.value(Span::styled(which, palette.dim));
        }
        if sizes[1] > 1 {
            pane = pane.value(Span::styled(format!("input {channel}/{}", sizes[1]), palette.dim));
        }
        pane.value(picture.legend()).render(area, buf);
        picture.render(inner, buf);
    }
}

impl KernelsPane<'_> {
    /// Why there are no kernels.
    fn nothing(&self) -> &'static str {
        let run = self.shown.run;
        let convolutions = run.trainer.as_ref().is_none_or(TrainerInfo::has_convolutions);
        match run.status() {
            _ if !convolutions => "this network has no convolution",
            None | Some(RunStatus::Queued | RunStatus::Running | RunStatus::Paused) => {
                "waiting for the first kernels"
            }
            Some(_) => "no checkpoint was saved",
        }
    }
}
