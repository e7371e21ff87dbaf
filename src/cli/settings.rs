//! The settings file and the display options.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fs, io};

use clap::Args;
use serde::Deserialize;

use super::{CliError, TrainOptions};
use crate::shell::DashboardOptions;
use crate::ui::theme::{self, Themes};
use crate::ui::{ColorDepth, Glyphs};

/// `config.toml` in the user's configuration directory. Missing keys have their defaults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Theme of the dashboard.
    theme: Option<String>,
    /// Symbols: `auto`, `unicode` or `ascii`.
    glyphs: Option<String>,
    /// Colours: `auto`, `truecolor`, `256`, `16` or `none`.
    color: Option<String>,
    /// Settings of new runs: the names of the options with `_` for `-`.
    pub(super) train: TrainOptions,
}

/// Display options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct DisplayOptions {
    /// Theme of the dashboard [default: the last one used, initially dark].
    #[arg(long, value_name = "NAME", help_heading = "Display options")]
    pub(super) theme: Option<String>,
    /// Symbols: auto, unicode or ascii [default: auto].
    #[arg(long, value_name = "SET", help_heading = "Display options")]
    pub(super) glyphs: Option<String>,
    /// Colours: auto, truecolor, 256, 16 or none [env: NO_COLOR disables colours] [default: auto].
    #[arg(long, value_name = "DEPTH", help_heading = "Display options")]
    pub(super) color: Option<String>,
}

impl Settings {
    /// Reads the settings file if there is one.
    pub(super) fn read(config_dir: &Path) -> Result<Self, CliError> {
        let path = config_dir.join("config.toml");
        let wrong = |what: String| CliError::Usage(format!("{}: {what}", path.display()));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(CliError::Usage(format!("cannot read {}: {error}", path.display()))),
        };
        let settings: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            wrong(format!("line {}: {}", before.matches('\n').count() + 1, error.message()))
        })?;
        settings.train.clone().into_config().map_err(|error| wrong(error.to_string()))?;
        Ok(settings)
    }

    /// The display options of the file.
    pub(super) fn display(&self) -> DisplayOptions {
        DisplayOptions { theme: self.theme.clone(), glyphs: self.glyphs.clone(), color: self.color.clone() }
    }
}

impl DisplayOptions {
    /// These options; unset ones are taken from `others`.
    #[must_use]
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            theme: self.theme.or(others.theme),
            glyphs: self.glyphs.or(others.glyphs),
            color: self.color.or(others.color),
        }
    }

    /// The chosen symbols; by default, those detected for the terminal.
    pub(super) fn glyphs(&self) -> Result<Glyphs, CliError> {
        chosen(self.glyphs.as_deref(), || Glyphs::detect(env))
    }

    /// The chosen colour depth; by default, that detected for the terminal.
    pub(super) fn depth(&self) -> Result<ColorDepth, CliError> {
        chosen(self.color.as_deref(), || ColorDepth::detect(env))
    }

    /// The options of the dashboard.
    pub(super) fn dashboard(
        &self,
        config_dir: Option<&Path>,
        train: TrainOptions,
    ) -> Result<DashboardOptions, CliError> {
        let user = config_dir.map(|dir| user_themes(&dir.join("themes")));
        let themes = theme::load(user.unwrap_or_default());
        Ok(DashboardOptions {
            theme: self.first_theme(&themes)?,
            theme_is_chosen: self.theme.is_some(),
            depth: self.depth()?,
            glyphs: self.glyphs()?,
            defaults: train.into_config()?,
            // A broken theme does not prevent the start, but is reported.
            notice: themes.errors().first().map(ToString::to_string),
            themes: themes.iter().cloned().collect(),
        })
    }

    fn first_theme(&self, themes: &Themes) -> Result<usize, CliError> {
        let Some(name) = &self.theme else { return Ok(0) };
        themes.iter().position(|theme| theme.name == *name).ok_or_else(|| {
            let names: Vec<_> = themes.iter().map(|theme| theme.name.as_str()).collect();
            let known = names.join(", ");
            let broken: Vec<_> = themes.errors().iter().map(ToString::to_string).collect();
            let hint = if broken.is_empty() { String::new() } else { format!("; {}", broken.join("; ")) };
            CliError::Usage(format!("unknown theme '{name}'; the themes are {known}{hint}"))
        })
    }
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Parses an option; if it is unset or `auto`, detects the value.
fn chosen<T: FromStr<Err: Display>>(word: Option<&str>, detect: impl Fn() -> T) -> Result<T, CliError> {
    match word {
        None | Some("auto") => Ok(detect()),
        Some(word) => word.parse().map_err(|error: T::Err| CliError::Usage(error.to_string())),
    }
}

/// Paths and contents of the user's theme files, sorted. For an unreadable file the content is the error, which makes
/// the theme invalid.
fn user_themes(dir: &Path) -> Vec<(String, String)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let text = |path: &Path| {
        fs::read_to_string(path).unwrap_or_else(|error| format!("cannot read the file: {error}"))
    };
    paths.iter().map(|path| (path.display().to_string(), text(path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), text).unwrap();
        Settings::read(dir.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn missing_file_means_the_defaults() {
        assert_eq!(Settings::read(Path::new("/nowhere")).unwrap(), Settings::default());
    }

    #[test]
    fn flags_override_the_file() {
        let file = settings("theme = 'light'\nglyphs = 'ascii'\n[train]\nepochs = 3").unwrap();
        assert_eq!(file.train.clone().into_config().unwrap().epochs, 3);
        let display =
            DisplayOptions { theme: Some("mono".to_owned()), ..DisplayOptions::default() }.or(file.display());
        assert_eq!((display.theme.as_deref(), display.glyphs().unwrap()), (Some("mono"), Glyphs::Ascii));
    }

    #[test]
    fn errors_name_file_line_and_setting() {
        for (text, parts) in [
            ("theme = 'dark'\n[train]\nepoch = 3", ["config.toml: line 3", "unknown setting 'epoch'"]),
            (
                "[train]\nseed = 1\n\nepochs = 0",
                ["config.toml: line 4", "epochs must be between 1 and 100,000"],
            ),
        ] {
            let error = settings(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{part} in {error}");
            }
        }
    }

    #[test]
    fn unknown_words_are_rejected_with_the_known_ones() {
        let display = DisplayOptions {
            theme: Some("drak".to_owned()),
            glyphs: Some("emoji".to_owned()),
            color: Some("8".to_owned()),
        };
        let train = TrainOptions::default;
        assert!(
            display
                .dashboard(Some(Path::new("/nowhere")), train())
                .unwrap_err()
                .to_string()
                .contains("high-contrast")
        );
        assert!(display.glyphs().unwrap_err().to_string().contains("unicode"));
        assert!(display.depth().unwrap_err().to_string().contains("truecolor"));
        assert_eq!(display.depth().unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_broken_theme_is_reported_and_the_others_load() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("themes")).unwrap();
        fs::write(dir.path().join("themes/mine.toml"), "text = 'blurple'").unwrap();
        let options = DisplayOptions::default().dashboard(Some(dir.path()), TrainOptions::default()).unwrap();
        assert!(options.notice.unwrap().contains("mine.toml"));
        assert!(options.themes.len() >= 5);
    }
}
