//! The columns of the table of runs.

use std::fmt;
use std::str::FromStr;

use crate::run::{Field, UnknownField};

/// A column of the table of runs, after state and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A field of a run.
    Field(Field),
    /// The settings that are not the default.
    Settings,
    /// Test accuracy by epoch, as a small curve.
    Curve,
}

/// The default columns.
const DEFAULT_COLUMNS: [&str; 7] = ["preset", "epoch", "best_acc", "loss", "created", "curve", "settings"];

impl Column {
    /// Every column except state and name, which are always shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let fields = Field::all().filter(|field| !["name", "state"].contains(&field.name()));
        [Self::Settings, Self::Curve].into_iter().chain(fields.map(Self::Field))
    }

    /// The default columns.
    pub(super) fn default_columns() -> Vec<Self> {
        DEFAULT_COLUMNS.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field(field) => field.name(),
            Self::Settings => "settings",
            Self::Curve => "curve",
        }
    }

    /// A short description.
    pub fn about(self) -> &'static str {
        match self {
            Self::Field(field) => field.about(),
            Self::Settings => "settings that are not the default",
            Self::Curve => "test accuracy by epoch as a curve",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Column {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, UnknownField> {
        let column = Self::all().find(|column| column.name() == name);
        column.ok_or_else(|| UnknownField(name.to_owned()))
    }
}

/// The choice of columns while it is made: every column, those that are shown first, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    /// Every column, with whether it is shown.
    pub columns: Vec<(Column, bool)>,
    /// The selected one.
    pub selected: usize,
}

impl ColumnChoice {
    pub(super) fn new(shown: &[Column]) -> Self {
        let hidden = Column::all().filter(|column| !shown.contains(column)).map(|column| (column, false));
        let columns = shown.iter().map(|column| (*column, true)).chain(hidden).collect();
        Self { columns, selected: 0 }
    }

    /// Shows the selected column, or hides it.
    pub(super) fn toggle(&mut self) {
        let (_, is_shown) = &mut self.columns[self.selected];
        *is_shown = !*is_shown;
    }

    /// Moves the selected column by a place, up for less than 0.
    pub(super) fn shift(&mut self, places: isize) {
        let to = self.selected.saturating_add_signed(places).min(self.columns.len() - 1);
        self.columns.swap(self.selected, to);
        self.selected = to;
    }

    /// The columns that are shown.
    pub(super) fn shown(&self) -> Vec<Column> {
        self.columns.iter().filter(|(_, is_shown)| *is_shown).map(|(column, _)| *column).collect()
    }
}
