//! The live screen: one run, training or ended.

use crate::app::form::Form;
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::messages::Effect;
use crate::app::motion::Motion;
use crate::app::panes::Pane;
use crate::app::run_view::RunView;
use crate::app::shared::{Shared, ended_early};
use crate::app::transition::{Goto, Transition};
use crate::run::{Command, PauseReason, RunConfig, RunId, RunStatus};

/// An action on the open run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiveAction {
    /// Show the kernels of the previous convolution.
    PreviousLayer,
    /// Show the kernels of the next convolution.
    NextLayer,
    /// Show another input channel of the kernels, or another part of the log.
    Move(Motion),
    /// Pause training.
    Pause,
    /// Continue training.
    Continue,
    /// Start a trainer for a run that ended early.
    Resume,
    /// Go back to the last good checkpoint, then change settings.
    Rewind,
    /// Change settings of the training run.
    Edit,
    /// Start a new run from a checkpoint of this one.
    Fork,
    /// Stop training, after confirmation.
    Stop,
    /// Write a checkpoint.
    Checkpoint,
    /// Move the focus to the next pane.
    NextPane,
    /// Move the focus to the previous pane.
    PreviousPane,
    /// Toggle whether the focused pane takes the whole screen.
    Zoom,
    /// Return to the runs.
    Back,
}

use LiveAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<LiveAction, Shared>] = &[
    key(A::PreviousLayer, &[Key::Left, Key::Char('h')], None, "previous layer").when(on_kernels),
    key(A::NextLayer, &[Key::Right, Key::Char('l')], Some("layer"), "next layer").when(on_kernels),
    key(A::Move(Motion::Previous), &[Key::Up, Key::Char('k')], None, "previous input channel, or scroll up").when(on_rows),
    key(A::Move(Motion::Next), &[Key::Down, Key::Char('j')], None, "next input channel, or scroll down").when(on_rows),
    key(A::Pause, &[Key::Char(' ')], Some("pause"), "pause after the current step").when(is_running),
    key(A::Continue, &[Key::Char(' ')], Some("continue"), "continue after a pause").when(is_paused),
    key(A::Resume, &[Key::Char('r')], Some("resume"), "resume a run that ended early").when(is_resumable),
    key(A::Rewind, &[Key::Char('b')], Some("rewind"), "rewind to the last good checkpoint").when(has_diverged),
    key(A::Edit, &[Key::Char('e')], Some("edit"), "change settings").when(is_live),
    key(A::Fork, &[Key::Char('F')], None, "fork: new run from a checkpoint").when(is_open),
    key(A::Stop, &[Key::Char('s')], Some("stop"), "stop and save (asks first)").when(is_live),
    key(A::Checkpoint, &[Key::Char('c')], Some("checkpoint"), "write a checkpoint now").when(is_live),
    key(A::NextPane, &[Key::Tab], Some("pane"), "next pane"),
    key(A::PreviousPane, &[Key::BackTab], None, "previous pane"),
    key(A::Zoom, &[Key::Char('z'), Key::Enter], Some("zoom"), "zoom the pane in or out"),
    key(A::Back, &[Key::Esc], None, "back to the runs"),
];

fn has_status(shared: &Shared, status: RunStatus) -> bool {
    shared.run.as_ref().and_then(RunView::status) == Some(status)
}

fn is_running(shared: &Shared) -> bool {
    has_status(shared, RunStatus::Running)
}

fn is_paused(shared: &Shared) -> bool {
    has_status(shared, RunStatus::Paused)
}

fn is_live(shared: &Shared) -> bool {
    shared.run.as_ref().is_some_and(RunView::is_live)
}

fn has_diverged(shared: &Shared) -> bool {
    let reason = shared.run.as_ref().and_then(RunView::pause_reason);
    is_paused(shared) && reason == Some(PauseReason::Diverged)
}

fn is_open(shared: &Shared) -> bool {
    shared.run.is_some()
}

fn is_resumable(shared: &Shared) -> bool {
    resumable(shared).is_some()
}

fn on_kernels(shared: &Shared) -> bool {
    shared.panes.focus == Pane::Kernels
}

fn on_rows(shared: &Shared) -> bool {
    matches!(shared.panes.focus, Pane::Kernels | Pane::Log)
}

fn resumable(shared: &Shared) -> Option<&RunId> {
    let run = shared.run.as_ref()?;
    (run.status().is_some_and(ended_early) && !run.is_live()).then_some(&run.id)
}

pub(in crate::app) fn update(shared: &mut Shared, action: LiveAction) -> Transition {
    match action {
        A::PreviousLayer => choose_layer(shared, |layer, count| (layer + count - 1) % count),
        A::NextLayer => choose_layer(shared, |layer, count| (layer + 1) % count),
        A::Move(motion) => scroll(shared, motion),
        A::Pause => return shared.send(Command::Pause).into(),
        A::Continue => return shared.send(Command::Resume).into(),
        A::Resume => return resumable(shared).map(|id| Effect::Resume(id.clone())).into(),
        A::Rewind => return form(shared, |_, config| Form::rewind(config)),
        A::Edit => return form(shared, |_, config| Form::change(config)),
        A::Fork => return form(shared, |run, config| Form::fork(run.id.clone(), config)),
        A::Stop => return Goto::Stop.into(),
        A::Checkpoint => return shared.send(Command::Checkpoint).into(),
        A::NextPane => shared.panes.focus_next(),
        A::PreviousPane => shared.panes.focus_previous(),
        A::Zoom => shared.panes.toggle_zoom(),
        A::Back => return Goto::Back.into(),
    }
    Transition::default()
}

/// Opens a form for the settings of the run, once they are known.
fn form(shared: &Shared, form: impl FnOnce(&RunView, RunConfig) -> Form) -> Transition {
    let known = shared.run.as_ref().and_then(|run| Some((run, run.manifest.as_ref()?)));
    known.map(|(run, manifest)| Goto::Form(Box::new(form(run, manifest.settings())))).into()
}

fn choose_layer(shared: &mut Shared, choice: impl Fn(usize, usize) -> usize) {
    let count = shared.run.as_ref().map_or(0, |run| run.kernels.len());
    if count > 0 {
        shared.panes.kernel_layer = choice(shared.panes.kernel_layer.min(count - 1), count);
        shared.panes.kernel_channel = 0;
    }
}

fn scroll(shared: &mut Shared, motion: Motion) {
    let Some(run) = &shared.run else { return };
    if shared.panes.focus == Pane::Log {
        motion.apply_from_end(&mut shared.panes.log_scroll, run.log.len());
    } else {
        let kernels = run.kernels.get(shared.panes.kernel_layer);
        let channels = kernels.and_then(|kernels| kernels.shape.get(1)).copied().unwrap_or(0);
        motion.apply(&mut shared.panes.kernel_channel, channels);
    }
}
