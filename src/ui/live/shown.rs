//! Context that every pane of the live screen shares.

use crate::app::{App, Pane, RunView};
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::Focus;

/// The open run with the theme and the state to draw it with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) app: &'a App,
    pub(super) run: &'a RunView,
    pub(super) theme: &'a RenderTheme,
}

impl Shown<'_> {
    pub(super) fn focus(&self, pane: Pane) -> Focus {
        if self.app.shared.panes.focus == pane { Focus::Here } else { Focus::Elsewhere }
    }

    /// `usual`, unless the focus is on one of `others`, which share its place.
    pub(super) fn place(&self, usual: Pane, others: &[Pane]) -> Pane {
        if others.contains(&self.app.shared.panes.focus) { self.app.shared.panes.focus } else { usual }
    }

    /// Kernels or, for a network without convolutions, the log.
    pub(super) fn beside(&self) -> Pane {
        let flat = self.run.trainer.as_ref().is_some_and(|trainer| !trainer.has_convolutions());
        if flat && self.app.shared.panes.focus != Pane::Kernels { Pane::Log } else { Pane::Kernels }
    }

    pub(super) fn dot(&self) -> String {
        format!(" {} ", self.theme.glyphs.separator())
    }
}
