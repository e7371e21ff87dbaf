//! The panes of the live screen and their view state.

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
    /// How busy the machine is.
    Machine,
}

impl Pane {
    /// Every pane, in the order in which the focus cycles through them.
    pub const ALL: [Self; 6] =
        [Self::Loss, Self::Accuracy, Self::Layers, Self::Kernels, Self::Log, Self::Machine];

    fn offset(self, by: usize) -> Self {
        let index = Self::ALL.iter().position(|pane| *pane == self).unwrap_or(0);
        Self::ALL[(index + by) % Self::ALL.len()]
    }
}

/// How much of the screen the focused pane takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zoom {
    /// Its place beside the other panes.
    #[default]
    Together,
    /// The whole screen.
    Alone,
}

/// The view state of the live screen, kept while other screens are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    /// The focused pane.
    pub focus: Pane,
    /// Whether it takes the whole screen.
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

    /// Resets what depends on the open run.
    pub(super) const fn reset_run(&mut self) {
        (self.kernel_layer, self.kernel_channel, self.log_scroll) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn focus_cycles_through_all_panes() {
        let mut panes = Panes::default();
        let seen = Pane::ALL.map(|_| {
            panes.focus_next();
            panes.focus
        });
        let order = [Pane::Accuracy, Pane::Layers, Pane::Kernels, Pane::Log, Pane::Machine, Pane::Loss];
        assert_eq!(seen, order);
        panes.focus_previous();
        assert_eq!(panes.focus, Pane::Machine);
        panes.focus_previous();
        assert_eq!(panes.focus, Pane::Log);
    }

    #[test]
    fn zoom_toggles_and_a_new_run_resets_what_depends_on_it() {
        let mut panes = Panes { kernel_layer: 1, kernel_channel: 2, log_scroll: 3, ..Panes::default() };
        panes.toggle_zoom();
        assert_eq!(panes.zoom, Zoom::Alone);
        panes.reset_run();
        assert_eq!((panes.kernel_layer, panes.kernel_channel, panes.log_scroll), (0, 0, 0));
        panes.toggle_zoom();
        assert_eq!(panes, Panes::default());
    }
}
