//! The run on the live screen, as its panes see it.

use crate::app::{App, Pane, RunView};
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::Focus;

/// A run on the screen, as its panes see it.
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

    /// `usual`, unless the focus is on one of `others`, which have no place of their own.
    pub(super) fn place(&self, usual: Pane, others: &[Pane]) -> Pane {
        if others.contains(&self.app.shared.panes.focus) { self.app.shared.panes.focus } else { usual }
    }

    /// The pane beside the others: kernels, or where there are none to come, the log.
    pub(super) fn beside(&self) -> Pane {
        let flat = self.run.start.as_ref().is_some_and(|start| !start.has_convolutions());
        if flat && self.app.shared.panes.focus != Pane::Kernels { Pane::Log } else { Pane::Kernels }
    }

    pub(super) fn dot(&self) -> String {
        format!(" {} ", self.theme.glyphs.separator())
    }
}
