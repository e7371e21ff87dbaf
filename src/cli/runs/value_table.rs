//! Tables of values, for people or as CSV, JSON and Markdown for other programs.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::table::print_columns;
use crate::cli::CliError;
use crate::run::{EpochMetric, Field, FieldValue};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object per line.
    Json,
    /// A Markdown table.
    Markdown,
}

/// Rows with headings.
pub(super) struct Table {
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Table {
    pub(super) fn write(&self, form: OutputFormat, out: &mut impl Write) -> Result<(), CliError> {
        match form {
            OutputFormat::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                let written = writer.write_record(&self.headings).and_then(|()| {
                    self.rows.iter().try_for_each(|row| writer.write_record(row.iter().map(csv_cell)))
                });
                written.map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => error,
                    other => io::Error::other(format!("{other:?}")),
                })?;
                writer.flush()?;
            }
            OutputFormat::Json => {
                for row in &self.rows {
                    let object: Map<_, _> = self.headings.iter().cloned().zip(row.iter().cloned()).collect();
                    writeln!(out, "{}", Value::Object(object))?;
                }
            }
            OutputFormat::Markdown => {
                let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
                writeln!(out, "{}", line(self.headings.clone()))?;
                writeln!(out, "|{}", "-|".repeat(self.headings.len()))?;
                for row in &self.rows {
                    writeln!(
                        out,
                        "{}",
                        line(row.iter().map(|value| cell(value).replace('|', "\\|")).collect())
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Prints aligned columns for people.
    pub(super) fn print(&self, out: &mut impl Write) -> Result<(), CliError> {
        let lines: Vec<Vec<String>> = [self.headings.clone()]
            .into_iter()
            .chain(self.rows.iter().map(|row| row.iter().map(cell).collect()))
            .collect();
        print_columns(&lines, &[], out)
    }
}

/// A cell of a CSV file. Text that a spreadsheet would take for a formula begins with an apostrophe.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
        other => cell(other),
    }
}

/// A value as text; empty if there is none or it is not finite.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Who reads the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Exact numbers.
    Programs,
    /// Rounded, with units.
    People,
}

impl Audience {
    pub(super) fn value(self, field: Field, value: FieldValue) -> Value {
        match self {
            Self::Programs => as_json(value),
            Self::People => json!(field.in_words(value)),
        }
    }

    pub(super) fn metric(self, metric: EpochMetric, value: f64) -> Value {
        match self {
            Self::People if value.is_finite() => json!(metric.unit.format(value)),
            _ => json!(value),
        }
    }
}

/// A value for programs; of a setting that changed, the one in force.
pub(super) fn as_json(value: FieldValue) -> Value {
    match value.current() {
        FieldValue::Integer(number) => json!(number),
        FieldValue::Number(number) => json!(number),
        FieldValue::Text(text) => json!(text),
        FieldValue::Words(words) => json!(words.join(" ")),
        FieldValue::Changed(_) | FieldValue::None => Value::Null,
    }
}
