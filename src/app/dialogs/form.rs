//! The dialog for settings and labels.

use crate::app::form::{Form, FormKind, ParsedForm};
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::messages::Effect;
use crate::app::motion::Motion;
use crate::app::question::Question;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};
use crate::metrics::text;
use crate::run::{Command, RateJump, RunConfig, RunLabels};

/// An action on a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormAction {
    /// Apply the values.
    Submit,
    /// Queue the new runs, even a single one.
    Enqueue,
    /// Select another field.
    Move(Motion),
    /// Close without changes.
    Cancel,
}

use FormAction as A;

#[rustfmt::skip]
pub(in crate::app) const KEYS: &[KeyRow<FormAction, Form>] = &[
    key(A::Submit, &[Key::Enter], Some("apply"), "apply"),
    key(A::Enqueue, &[Key::Ctrl('n')], Some("queue"), "queue").when(makes_runs),
    key(A::Move(Motion::Previous), &[Key::Up, Key::BackTab], None, "previous field"),
    key(A::Move(Motion::Next), &[Key::Down, Key::Tab], Some("next"), "next field"),
    key(A::Cancel, &[Key::Esc], Some("cancel"), "cancel"),
];

fn makes_runs(form: &Form) -> bool {
    matches!(form.kind, FormKind::Train(_))
}

pub(in crate::app) fn update(form: &mut Form, shared: &mut Shared, action: FormAction) -> Transition {
    match action {
        A::Submit => submit(form, shared, StartWhen::Now),
        A::Enqueue => submit(form, shared, StartWhen::Queued),
        A::Move(motion) => {
            motion.apply(&mut form.selected, form.fields.len());
            Transition::default()
        }
        A::Cancel => Goto::Close.into(),
    }
}

/// When a single new run starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StartWhen {
    /// Immediately, and it is opened.
    Now,
    /// After the queued runs.
    Queued,
}

/// Applies the values, or shows why they are invalid.
fn submit(form: &mut Form, shared: &mut Shared, start: StartWhen) -> Transition {
    let unknown = |configs: &[RunConfig]| {
        let is_known = |config: &&RunConfig| shared.presets.iter().any(|preset| preset.name == config.preset);
        configs.iter().find(|config| !is_known(config)).map(|config| config.preset.clone())
    };
    let filled = form.parse_rows().and_then(|filled| match &filled {
        ParsedForm::Train(configs) if let Some(preset) = unknown(configs) => {
            let names: Vec<_> = shared.presets.iter().map(|preset| preset.name.as_str()).collect();
            Err(format!("unknown preset '{preset}'; the presets are {}", names.join(", ")))
        }
        _ => Ok(filled),
    });
    let (effect, goto) = match filled {
        Err(problem) => {
            form.problem = Some(problem);
            return Transition::default();
        }
        Ok(ParsedForm::Change(change)) if change.is_empty() => (None, Goto::Close),
        Ok(ParsedForm::Change(change)) => {
            let run = shared.run.as_ref();
            let jump = run.and_then(|run| run.manifest.as_ref()?.rate_jump(&change, run.timeline.step));
            let id = run.map(|run| run.id.clone());
            if let (Some(jump), Some(id)) = (jump, id) {
                return confirm_jump(jump, Effect::Send(id, Command::Set(change)));
            }
            (shared.send(Command::Set(change)), Goto::Close)
        }
        Ok(ParsedForm::Rewind(change)) => (shared.send(Command::Rewind(change)), Goto::Close),
        Ok(ParsedForm::Fork(id, from, change)) => {
            let parent = shared.listed_runs().find(|run| run.manifest.id == id).map(|run| &run.manifest);
            let jump = parent.and_then(|parent| parent.rate_jump(&change, parent.step_of(from)));
            let effect = Effect::Fork(id, from, change);
            if let Some(jump) = jump {
                return confirm_jump(jump, effect);
            }
            (Some(effect), Goto::Close)
        }
        Ok(ParsedForm::Train(mut configs)) => match configs.pop() {
            Some(config) if configs.is_empty() && start == StartWhen::Now => {
                (Some(Effect::Train(Box::new(config))), Goto::Close)
            }
            last => (Some(Effect::Enqueue(configs.into_iter().chain(last).collect())), Goto::Runs),
        },
        Ok(ParsedForm::Label(_, labels)) if labels == RunLabels::default() => (None, Goto::Close),
        Ok(ParsedForm::Label(id, labels)) => (Some(Effect::Label(id, labels)), Goto::Close),
    };
    Transition { effects: effect.into_iter().collect(), goto: Some(goto) }
}

/// Asks before the learning rate rises.
fn confirm_jump(jump: RateJump, effect: Effect) -> Transition {
    let text = format!(
        "Note: {jump}. Continue? To keep the rate, answer no and also set the learning rate to {}.",
        text::setting(jump.keep)
    );
    Goto::Confirm(Box::new(Question { text, effect })).into()
}
