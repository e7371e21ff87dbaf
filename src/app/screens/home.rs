//! The home screen.

use crate::app::form::Form;
use crate::app::key::Key;
use crate::app::key_row::{KeyRow, key};
use crate::app::menu::MenuItem;
use crate::app::messages::Effect;
use crate::app::motion::Motion;
use crate::app::shared::Shared;
use crate::app::transition::{Goto, Transition};
use crate::run::RunStatus;

/// An action on the home screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HomeAction {
    /// Choose the selected line.
    Choose,
    /// Edit the settings before training.
    EditSettings,
    /// Find a learning rate for the selected network.
    StartRangeTest,
    /// Select another line.
    Move(Motion),
}

use HomeAction as A;

pub(in crate::app) const KEYS: &[KeyRow<HomeAction, Shared>] = &[
    key(A::Choose, &[Key::Enter], Some("choose"), "open the selected item"),
    key(A::EditSettings, &[Key::Char('e')], Some("settings"), "edit the settings first").when(on_preset),
    key(A::StartRangeTest, &[Key::Char('f')], Some("find lr"), "find a learning rate for it").when(on_preset),
    key(A::Move(Motion::Previous), &[Key::Up, Key::Char('k')], None, "line above"),
    key(A::Move(Motion::Next), &[Key::Down, Key::Char('j')], Some("select"), "line below"),
];

fn on_preset(shared: &Shared) -> bool {
    shared.selected_preset().is_some()
}

pub(in crate::app) fn update(shared: &mut Shared, action: HomeAction) -> Transition {
    match action {
        A::Choose => choose(shared),
        A::EditSettings => {
            let config = shared.selected_preset().map(|preset| shared.config_for(preset));
            config.map(|config| Goto::Form(Box::new(Form::train(config)))).into()
        }
        A::StartRangeTest => {
            let config = shared.selected_preset().map(|preset| shared.config_for(preset));
            config.map(|config| Goto::StartRangeTest(Box::new(config))).into()
        }
        A::Move(motion) => {
            let lines = shared.menu().len();
            motion.apply(&mut shared.menu_row, lines);
            Transition::default()
        }
    }
}

fn choose(shared: &Shared) -> Transition {
    match shared.menu().get(shared.menu_row) {
        Some(MenuItem::Last(run)) if run.state.status == RunStatus::Interrupted => {
            Effect::Resume(run.manifest.id.clone()).into()
        }
        Some(MenuItem::Attach(run) | MenuItem::Last(run)) => Goto::Open(run.manifest.id.clone()).into(),
        Some(MenuItem::Train(preset)) => Effect::Train(Box::new(shared.config_for(preset))).into(),
        Some(MenuItem::Runs { .. }) => Goto::Runs.into(),
        None => Transition::default(),
    }
}
