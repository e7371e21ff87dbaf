//! `snapshot`: the dashboard as text or SVG.

use std::fmt;
use std::io::Write;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{CliError, DisplayOptions};
use crate::app::{Compare, Key, Pane, UnknownKey};
use crate::run::{RunDir, Store};
use crate::shell::{self, DashboardOptions, Scene};

const EXAMPLES: &str = "\
Examples:
  cnn-tui snapshot --screen runs                            The table of runs
  cnn-tui snapshot calm-otter --pane loss --size 80x20      The loss curve of a run
  cnn-tui snapshot one two --format svg > compare.svg       A comparison as SVG";

/// Print a screen or pane of the dashboard as text or SVG.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SnapshotCommand {
    /// Runs to show: IDs or names, or unique prefixes of them.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Screen to show [default: home without runs, live with one, compare with several].
    #[arg(long, value_enum)]
    screen: Option<ScreenName>,
    /// Show only this pane, of one run.
    #[arg(long, value_enum, conflicts_with = "screen")]
    pane: Option<PaneName>,
    /// Keys to press first, separated by spaces, such as `x + left`, or `p` for predictions. No run is changed.
    #[arg(long, value_name = "KEYS", default_value_t, hide_default_value = true)]
    keys: Keys,
    /// Size in columns and rows.
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "120x36")]
    size: Cells,
    /// Output format: text with colours, plain text, or SVG.
    #[arg(long, value_enum, default_value_t = OutputFormat::Ansi)]
    format: OutputFormat,
    #[command(flatten)]
    pub(super) display: DisplayOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScreenName {
    Home,
    Live,
    Runs,
    Compare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PaneName {
    Loss,
    Accuracy,
    Layers,
    Kernels,
    Log,
    Machine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    Ansi,
    Text,
    Svg,
}

/// A size in columns and rows, written `120x36`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cells(u16, u16);

/// Keys separated by spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Keys(Vec<Key>);

impl FromStr for Keys {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        text.split_whitespace().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(Key::to_string).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Cells {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The limit keeps memory use reasonable.
        let side = |text: &str| text.parse().ok().filter(|side| (1..=1000).contains(side));
        let cells = text.split_once('x').and_then(|(width, height)| Some(Self(side(width)?, side(height)?)));
        cells.ok_or_else(|| "expected columns and rows from 1 to 1000, such as 120x36".to_owned())
    }
}

impl PaneName {
    fn pane(self) -> Pane {
        match self {
            Self::Loss => Pane::Loss,
            Self::Accuracy => Pane::Accuracy,
            Self::Layers => Pane::Layers,
            Self::Kernels => Pane::Kernels,
            Self::Log => Pane::Log,
            Self::Machine => Pane::Machine,
        }
    }
}

impl SnapshotCommand {
    /// Adapts the display options to the format instead of the terminal: by default, SVG has all colours and symbols and
    /// plain text has no colours.
    pub(super) fn adapted(&self, options: DisplayOptions) -> DisplayOptions {
        let word = |word: &str| Some(word.to_owned());
        match self.format {
            OutputFormat::Ansi => options,
            OutputFormat::Text => DisplayOptions { color: word("none"), ..options },
            OutputFormat::Svg => {
                options.or(DisplayOptions { theme: None, glyphs: word("unicode"), color: word("truecolor") })
            }
        }
    }

    /// Prints the snapshot.
    pub(super) fn run(
        &self,
        store: &Store,
        options: &DashboardOptions,
        out: &mut impl Write,
    ) -> Result<(), CliError> {
        let mut dirs: Vec<RunDir> = Vec::new();
        for id in &self.ids {
            let dir = store.resolve(id)?;
            if !dirs.contains(&dir) {
                dirs.push(dir);
            }
        }
        let Cells(columns, rows) = self.size;
        let snapshot = shell::snapshot(store, self.scene(dirs)?, &self.keys.0, options, (columns, rows));
        let text = match self.format {
            OutputFormat::Ansi => snapshot.to_ansi(),
            OutputFormat::Text => snapshot.to_text(),
            OutputFormat::Svg => snapshot.to_svg(format!("cnn-tui {}", self.ids.join(" ")).trim_end()),
        };
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// The scene to draw; an error if the number of runs does not fit it.
    fn scene(&self, mut dirs: Vec<RunDir>) -> Result<Scene, CliError> {
        let by_runs = match dirs.len() {
            0 => ScreenName::Home,
            1 => ScreenName::Live,
            _ => ScreenName::Compare,
        };
        let screen = self.screen.unwrap_or(by_runs);
        let usage = match (self.pane, screen, dirs.as_mut_slice()) {
            (Some(pane), _, [dir]) => return Ok(Scene::Pane(dir.clone(), pane.pane())),
            (None, ScreenName::Live, [dir]) => return Ok(Scene::Live(dir.clone())),
            (None, ScreenName::Home, []) => return Ok(Scene::Home),
            (None, ScreenName::Runs, []) => return Ok(Scene::Runs),
            (None, ScreenName::Compare, several) if (2..=Compare::MAX_RUNS).contains(&several.len()) => {
                return Ok(Scene::Compare(dirs));
            }
            (Some(_), ..) => "--pane needs exactly one run ID".to_owned(),
            (None, ScreenName::Live, _) => "--screen live needs exactly one run ID".to_owned(),
            (None, ScreenName::Compare, _) => {
                format!("--screen compare needs 2 to {} run IDs", Compare::MAX_RUNS)
            }
            (None, ScreenName::Home | ScreenName::Runs, _) => {
                "--screen home and --screen runs take no run IDs".to_owned()
            }
        };
        Err(CliError::Usage(usage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_parse_as_columns_and_rows() {
        assert_eq!("120x36".parse(), Ok(Cells(120, 36)));
        assert_eq!("1x1000".parse(), Ok(Cells(1, 1000)));
        for text in ["", "120", "x36", "0x36", "120x1001", "120x36x2", "-1x5", "99999x5", "120X36"] {
            let message = text.parse::<Cells>().unwrap_err();
            assert!(message.contains("such as 120x36"), "{text}: {message}");
        }
    }
}
