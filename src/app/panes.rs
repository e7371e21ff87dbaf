//! The panes of the live screen, and what of them is shown.

/// A pane of the live screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Loss by step.
    Loss,
    /// Accuracy by epoch.
    Accuracy,
    /// The layers of the network.
    Layers,
    /// The kernels of its convolutions.
    Kernels,
    /// The trainer's log.
    Log,
}

impl Pane {
    /// Every pane, in the order in which the focus cycles through them.
    pub const ALL: [Self; 5] = [Self::Loss, Self::Accuracy, Self::Layers, Self::Kernels, Self::Log];

    fn offset(self, by: usize) -> Self {
        let place = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Self::ALL[(place + by) % Self::ALL.len()]
    }
}

/// How much of the screen the pane with the focus has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zoom {
    /// Its place among the others.
    #[default]
    Together,
    /// All of it.
    Alone,
}

/// What the live screen shows, kept while other screens are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether it has the whole screen.
    pub zoom: Zoom,
    /// Index of the convolution whose kernels are shown.
    pub kernel_layer: usize,
    /// Index of the input channel whose weights are shown.
    pub kernel_channel: usize,
    /// Lines between the end of the log and the last line shown.
    pub log_scroll: usize,
}

impl Default for Panes {
    fn default() -> Self {
        Self { focus: Pane::Loss, zoom: Zoom::Together, kernel_layer: 0, kernel_channel: 0, log_scroll: 0 }
    }
}

impl Panes {
    pub(super) fn focus_next(&mut self) {
        self.focus = self.focus.offset(1);
    }

    pub(super) fn focus_previous(&mut self) {
        self.focus = self.focus.offset(Pane::ALL.len() - 1);
    }

    pub(super) const fn toggle_zoom(&mut self) {
        self.zoom = match self.zoom {
            Zoom::Together => Zoom::Alone,
            Zoom::Alone => Zoom::Together,
        };
    }

    /// Forgets what was shown of the run before.
    pub(super) const fn reset_run(&mut self) {
        (self.kernel_layer, self.kernel_channel, self.log_scroll) = (0, 0, 0);
    }
}
