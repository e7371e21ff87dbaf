//! What is typed into forms, and what is done with it.

use super::{Effect, tell, to_train};
use crate::app::form::Filled;
use crate::app::{App, Dialog, Form, MenuItem, RunView, Screen};
use crate::run::{Command, Labels, RunConfig};

/// Asks for new settings of the run on the screen.
pub(super) fn ask(app: &mut App, form: fn(RunConfig) -> Form) {
    let form = app.run.as_ref().and_then(|run| run.record.as_ref()).map(|record| form(record.settings()));
    show_form(app, form);
}

pub(super) fn show_form(app: &mut App, form: Option<Form>) {
    if form.is_some() {
        app.form = form;
        app.dialog = Some(Dialog::Form);
    }
}

/// Asks for the settings of new runs: like those of the selected run, or of the selected offer.
pub(super) fn train_like(app: &mut App) {
    let config = match app.screen {
        Screen::Home => match app.offers().get(app.selected_offer) {
            Some(MenuItem::Train(preset)) => Some(to_train(app, preset)),
            _ => None,
        },
        _ => app.selected_or_first().map(|run| run.record.settings()),
    };
    show_form(app, config.map(Form::train));
}

/// Asks for the settings of a fork of the run on the screen.
pub(super) fn ask_for_fork(app: &mut App) {
    let of_view = |run: &RunView| Some((run.id.clone(), run.record.as_ref()?.settings()));
    let parent = match app.screen {
        Screen::Live => app.run.as_ref().and_then(of_view),
        _ => app.selected().map(|run| (run.record.id.clone(), run.record.settings())),
    };
    show_form(app, parent.map(|(id, config)| Form::fork(id, config)));
}

/// When a single new run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartWhen {
    /// At once, and it is shown.
    Now,
    /// After those that are queued.
    Queued,
}

/// Does what was typed, or tells the person what is wrong with it.
pub(super) fn submit(app: &mut App, start: StartWhen) -> Vec<Effect> {
    let Some(form) = &mut app.form else { return Vec::new() };
    let unknown = |configs: &[RunConfig]| {
        let is_known = |config: &&RunConfig| app.presets.iter().any(|preset| preset.name == config.preset);
        configs.iter().find(|config| !is_known(config)).map(|config| config.preset.clone())
    };
    let filled = form.fill().and_then(|filled| match &filled {
        Filled::Train(configs) if let Some(preset) = unknown(configs) => {
            let names: Vec<_> = app.presets.iter().map(|preset| preset.name.as_str()).collect();
            Err(format!("there is no preset `{preset}`; there are: {}", names.join(", ")))
        }
        _ => Ok(filled),
    });
    let filled = match filled {
        Ok(filled) => filled,
        Err(problem) => {
            form.problem = Some(problem);
            return Vec::new();
        }
    };
    app.dialog = None;
    match filled {
        Filled::Change(change) if change.is_empty() => Vec::new(),
        Filled::Change(change) => tell(app, Command::Set(change)),
        Filled::GoBack(change) => tell(app, Command::GoBack(change)),
        Filled::Fork(id, from, change) => vec![Effect::Fork(id, from, change)],
        Filled::Train(mut configs) => match configs.pop() {
            Some(config) if configs.is_empty() && start == StartWhen::Now => {
                vec![Effect::Train(Box::new(config))]
            }
            last => {
                app.screen = Screen::Runs;
                vec![Effect::Sweep(configs.into_iter().chain(last).collect())]
            }
        },
        Filled::Label(_, labels) if labels == Labels::default() => Vec::new(),
        Filled::Label(id, labels) => vec![Effect::Label(id, labels)],
    }
}
