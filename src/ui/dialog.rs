//! Dialogs: help, confirmations, forms, and the choice of columns.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::labels::wrap;
use super::layout::{cells, centered};
use super::theme::RenderTheme;
use super::widgets::{Focus, PaneFrame};
use crate::app::{
    App, BINDINGS, Binding, Column, ColumnChoice, Dialog, Form, FormKind, Help, RunView, Scope, available,
};
use crate::metrics::text;
use crate::run::RunStatus;

/// A dialog, centred on the screen.
pub(super) struct DialogBox<'a> {
    pub(super) app: &'a App,
    pub(super) theme: &'a RenderTheme,
    pub(super) dialog: &'a Dialog,
}

impl Widget for DialogBox<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        match self.dialog {
            Dialog::Help(help) => self.help(*help, area, buf),
            Dialog::Quit => self.question("quit", &self.leaving(), area, buf),
            Dialog::Stop => self.question("stop", &self.stopping(), area, buf),
            Dialog::Confirm(question) => self.question("confirm", &question.text, area, buf),
            Dialog::Form(form) => self.form(form, area, buf),
            Dialog::Columns(choice) => self.columns(choice, area, buf),
            // The query is edited in the table's own line.
            Dialog::Search(_) => {}
        }
    }
}

/// Width of the key column.
const KEYS: usize = 10;
/// Widths of a form's columns: names, values and hints.
const NAMES: usize = 16;
const VALUES: usize = 12;
const ABOUT: usize = 30;
/// Maximum width of a question.
const QUESTION: usize = 66;

impl DialogBox<'_> {
    fn name(&self) -> &str {
        self.app.shared.run.as_ref().map_or("the run", |run| run.name())
    }

    fn leaving(&self) -> String {
        let is_running = self.app.shared.run.as_ref().and_then(RunView::status) == Some(RunStatus::Running);
        let state = if is_running { "is still training" } else { "is paused" };
        format!("{} {state}.", self.name())
    }

    fn stopping(&self) -> String {
        format!("Stop {}?", self.name())
    }

    /// A question with one line per answer.
    fn question(&self, title: &str, question: &str, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let width = QUESTION.min(usize::from(area.width).saturating_sub(8)).max(1);
        let wrapped = wrap(question, width).into_iter().map(|line| Line::styled(line, palette.strong));
        let mut lines: Vec<_> = wrapped.chain([Line::default()]).collect();
        lines.extend(available(self.app).map(|binding| self.line(binding)));
        self.frame(title, vec![lines], 0, area, buf);
    }

    /// A form for settings or labels.
    fn form(&self, form: &Form, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let (title, question) = match &form.kind {
            FormKind::Change(_) => {
                ("settings", format!("New settings for {}, from its next step:", self.name()))
            }
            FormKind::Rewind(_) => {
                ("rewind", format!("Rewind {} to its last good checkpoint and continue with:", self.name()))
            }
            FormKind::Fork(parent, _) => {
                let known = self.app.shared.listed_runs().find(|run| run.manifest.id == *parent);
                let name = known.map_or_else(|| parent.name(), |run| &run.manifest.name);
                ("fork", format!("New run from a checkpoint of {name}:"))
            }
            FormKind::Train(_) => {
                ("train", "One run per combination of values, such as 0.01, 0.03 or 1..5:".to_owned())
            }
            FormKind::Label(id) => ("label", id.to_string()),
        };
        let mut lines = vec![Line::styled(question, palette.strong), Line::default()];
        let room = usize::from(area.width).saturating_sub(NAMES + 9);
        let values = form.fields.iter().map(|field| field.text.chars().count() + 1).max().unwrap_or(0);
        let values = values.clamp(VALUES, room.max(VALUES));
        // Hints get their full width if there is room.
        let abouts = form.fields.iter().map(|field| field.about.chars().count()).fold(ABOUT, usize::max);
        let abouts = abouts.min(usize::from(area.width).saturating_sub(NAMES + values + 8)).max(1);
        for (row, field) in form.fields.iter().enumerate() {
            let here = row == form.selected;
            let (marker, cursor) = if here { (self.theme.glyphs.right(), "_") } else { (" ", " ") };
            // The end of a long text stays visible while it is typed.
            let hidden = (field.text.chars().count() + 1).saturating_sub(values);
            let value: String = field.text.chars().skip(hidden).chain(cursor.chars()).collect();
            let changed = field.text != field.before;
            let about = match (changed, field.before.as_str()) {
                (true, "") => "was empty".to_owned(),
                (true, before) => format!("was {before}"),
                (false, _) => field.about.clone(),
            };
            lines.push(Line::from_iter([
                Span::styled(format!("{marker} {:<NAMES$} ", field.name), palette.text),
                Span::styled(
                    format!("{value:<values$}"),
                    if changed { palette.strong } else { palette.text },
                ),
                Span::styled(format!("{about:<abouts$.abouts$}"), palette.dim),
            ]));
        }
        lines.push(match (&form.problem, form.run_count()) {
            (Some(problem), _) => Line::styled(problem.clone(), palette.warning),
            (None, Some(runs)) if runs > 1 => {
                let text = format!("{} will be queued", text::number_of(runs as u64, "run"));
                Line::styled(text, palette.text)
            }
            (None, _) => Line::default(),
        });
        self.frame(title, vec![lines], 0, area, buf);
    }

    /// Every column of the table of runs, marked if it is shown.
    fn columns(&self, choice: &ColumnChoice, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let room = usize::from(area.height).saturating_sub(2).max(1);
        let first = choice.selected.saturating_sub(room / 2).min(choice.columns.len().saturating_sub(room));
        let line = |(index, (column, is_shown)): (usize, &(Column, bool))| {
            let marker = if index == choice.selected { self.theme.glyphs.right() } else { " " };
            let sign = if *is_shown { self.theme.glyphs.check() } else { " " };
            let style = if *is_shown { palette.strong } else { palette.text };
            Line::from_iter([
                Span::styled(format!("{marker} {sign} "), palette.title),
                Span::styled(format!("{column:<16}"), style),
                Span::styled(column.about(), palette.dim),
            ])
        };
        let lines = choice.columns.iter().enumerate().skip(first).take(room).map(line).collect();
        self.frame("columns", vec![lines], 0, area, buf);
    }

    /// Every key binding: in two columns if there is room, otherwise scrolled.
    fn help(&self, help: Help, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let mut columns = [Vec::new(), Vec::new()];
        for scope in self.app.scopes_of_help() {
            let rows = BINDINGS.iter().filter(|binding| binding.scope == scope);
            let title = Line::styled(scope.title(), palette.title);
            // The longest scopes go to the second column, which balances the two.
            let column = usize::from([Scope::Runs, Scope::Charts, Scope::Home].contains(&scope));
            columns[column].extend([title].into_iter().chain(rows.map(|binding| self.line(binding))));
            columns[column].push(Line::default());
        }
        self.frame("keys", columns.to_vec(), help.scroll, area, buf);
    }

    fn line(&self, binding: &Binding) -> Line<'static> {
        let palette = &self.theme.palette;
        let keys: Vec<_> = binding.keys.iter().map(ToString::to_string).collect();
        Line::from_iter([
            Span::styled(format!("{:<KEYS$} ", keys.join(" ")), palette.strong),
            Span::styled(binding.help, palette.text),
        ])
    }

    /// Draws columns of lines in a box that fits them.
    fn frame(&self, title: &str, columns: Vec<Vec<Line<'_>>>, scroll: usize, area: Rect, buf: &mut Buffer) {
        let width = |lines: &Vec<Line<'_>>| lines.iter().map(Line::width).max().unwrap_or(0);
        let gap = 3;
        let columns = match columns.iter().map(|lines| width(lines) + gap).sum::<usize>() + 2 {
            // Too narrow for columns side by side: stack them.
            needed if needed > usize::from(area.width) => vec![columns.into_iter().flatten().collect()],
            _ => columns,
        };
        let most = columns.iter().map(Vec::len).max().unwrap_or(0);
        let room = usize::from(area.height).saturating_sub(2);
        let scroll = scroll.min(most.saturating_sub(room));
        let columns: Vec<_> =
            columns.into_iter().map(|lines| lines.into_iter().skip(scroll).collect::<Vec<_>>()).collect();
        let total = columns.iter().map(|lines| width(lines) + gap).sum::<usize>() - gap;
        let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
        let area = centered(area, cells(total + 4), cells(rows + 2));
        Clear.render(area, buf);
        buf.set_style(area, self.theme.base());
        let mut pane = PaneFrame::new(self.theme, title).focus(Focus::Here);
        if most > room {
            let last = (scroll + room).min(most);
            pane =
                pane.value(Span::styled(format!("{}-{last} of {most}", scroll + 1), self.theme.palette.dim));
        }
        pane.render(area, buf);
        let mut inner = PaneFrame::inner(area);
        for lines in columns {
            let used = cells(width(&lines) + gap);
            for (row, line) in inner.rows().zip(lines) {
                line.render(row, buf);
            }
            inner.x = inner.x.saturating_add(used);
            inner.width = inner.width.saturating_sub(used);
        }
    }
}
