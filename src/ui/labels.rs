//! Text for states, settings and keys, shared by all screens.

use ratatui::style::Style;

use super::Glyphs;
use super::theme::RenderTheme;
use crate::app::{Action, GlobalAction, RunView, key_of};
use crate::run::{Command, Field, OptimizerSettings, RunConfig, RunManifest, Schedule, Setting, StateName};

/// The key of an action that is available on every screen.
pub(super) fn key(action: GlobalAction) -> String {
    key_of(Action::Everywhere(action)).map(|key| key.to_string()).unwrap_or_default()
}

/// A state's symbol, word and style.
pub(super) struct StateWords {
    pub(super) symbol: &'static str,
    pub(super) word: &'static str,
    pub(super) style: Style,
}

/// The label of a state; `None` means that it is being read.
pub(super) fn state(theme: &RenderTheme, state: Option<StateName>) -> StateWords {
    let (glyphs, paint) = (theme.glyphs, &theme.palette.state);
    let (symbol, style) = match state {
        None | Some(StateName::Queued) => (glyphs.ring(), paint.queued),
        Some(StateName::Training) => (glyphs.dot(), paint.running),
        Some(StateName::Paused) => (glyphs.paused(), paint.paused),
        Some(StateName::Waiting) => (glyphs.paused(), paint.failed),
        Some(StateName::Finished) => (glyphs.check(), paint.ended),
        Some(StateName::Stopped) => (glyphs.square(), paint.ended),
        Some(StateName::Diverged | StateName::Failed | StateName::Interrupted) => {
            (glyphs.cross(), paint.failed)
        }
        Some(StateName::Elsewhere) => (glyphs.dot(), paint.paused),
    };
    StateWords { symbol, word: state.map_or("reading", StateName::as_str), style }
}

/// The label of the open run: its pending command if there is one, otherwise its state.
pub(super) fn run_state(theme: &RenderTheme, run: &RunView) -> StateWords {
    let states = &theme.palette.state;
    let words = state(theme, run.state_name());
    if let Some(StateName::Waiting | StateName::Elsewhere) = run.state_name() {
        return words;
    }
    let (word, style) = match run.pending {
        Some(Command::Pause) => ("pausing", states.paused),
        Some(Command::Resume) => ("continuing", states.running),
        Some(Command::Stop) => ("stopping", states.paused),
        Some(Command::Checkpoint) => ("saving", words.style),
        Some(Command::Set(_)) => ("changing", words.style),
        Some(Command::Rewind(_)) => ("rewinding", states.running),
        None => (words.word, words.style),
    };
    StateWords { word, style, ..words }
}

/// Shortens a message for one line: an absolute path before its first colon, as in `/runs/a/run.json: …` or `cannot read
/// /runs/a/run.json: …`, is reduced to its file name, so that the reason stays visible.
pub(super) fn brief(message: &str) -> String {
    let subject = message.split_once(": ").map_or("", |(subject, _)| subject);
    let path = if subject.starts_with('/') { Some(0) } else { subject.find(" /").map(|space| space + 1) };
    match (path, subject.rfind('/')) {
        (Some(path), Some(slash)) => format!("{}{}", &message[..path], &message[slash + 1..]),
        _ => message.to_owned(),
    }
}

/// The settings of new runs, the most important first: `sgd 0.01 m 0.5`.
pub(super) fn settings(config: &RunConfig) -> Vec<String> {
    described(config, |setting| setting.get(config))
}

/// The settings of a run, with changes during training: `sgd 0.01→0.02 @29 m 0.5`.
pub(super) fn run_settings(manifest: &RunManifest, glyphs: Glyphs) -> Vec<String> {
    described(&manifest.settings(), |setting| changed(manifest, setting, glyphs))
}

/// The value of a setting of a run, with changes during training: `0.01→0.02 @29`. `None` if the optimizer has no such
/// setting.
pub(super) fn changed(manifest: &RunManifest, setting: Setting, glyphs: Glyphs) -> Option<String> {
    let field = Field::named(setting.key())?;
    let words = field.in_words(field.of_manifest(manifest)?);
    Some(words.replace('→', glyphs.arrow()))
}

/// The most important settings, each in the words of `value`.
fn described(config: &RunConfig, value: impl Fn(Setting) -> Option<String>) -> Vec<String> {
    let value = |name: &str| Setting::named(name).and_then(&value).unwrap_or_default();
    let rate = value("learning-rate");
    let mut settings = vec![match config.optimizer {
        OptimizerSettings::Sgd { .. } => format!("sgd {rate} m {}", value("momentum")),
        OptimizerSettings::AdamW { .. } => format!("adamw {rate} wd {}", value("weight-decay")),
    }];
    if config.schedule != Schedule::Constant {
        settings.push(config.schedule.to_string());
    }
    settings.push(format!("batch {}", value("batch-size")));
    if config.dropout.is_some() {
        settings.push(format!("dropout {}", value("dropout")));
    }
    settings.push(format!("seed {}", config.seed));
    settings
}

/// A shape: `10×24×24`.
pub(super) fn shape(glyphs: Glyphs, sizes: &[usize]) -> String {
    let sizes: Vec<_> = sizes.iter().map(ToString::to_string).collect();
    sizes.join(glyphs.times())
}

/// Wraps text into lines of at most `width` characters, between words where possible.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + word.trim_end().chars().count() > width {
            lines.push(String::new());
        }
        for character in word.chars() {
            let is_full = lines.last().is_some_and(|line| line.chars().count() >= width);
            if is_full && character == ' ' {
                continue;
            }
            if lines.last().is_some_and(|line| line.chars().count() >= width) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(character);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brief_reduces_the_path_of_a_message_to_its_file_name() {
        for (message, shortened) in [
            ("/runs/swift otter/run.json: invalid", "run.json: invalid"),
            ("cannot read /my runs/a/run.json: Permission denied", "cannot read run.json: Permission denied"),
            ("cannot read a/run.json: Permission denied", "cannot read a/run.json: Permission denied"),
            ("the loss became NaN", "the loss became NaN"),
            ("ended: see /runs/trainer.log", "ended: see /runs/trainer.log"),
        ] {
            assert_eq!(brief(message), shortened);
        }
    }
}
