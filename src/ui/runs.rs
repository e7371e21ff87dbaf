//! All runs on disk.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::Size;
use super::theme::Look;
use super::widgets::{Notice, Pane};
use super::words::{listed_state, settings, wrap};
use crate::app::{App, Dialog};
use crate::metrics::text;
use crate::run::{Listed, Origin, Pause, RunSummary};

/// The runs, and at 120 columns and wider the selected one's details beside them.
pub(super) struct Runs<'a> {
    pub(super) app: &'a App,
    pub(super) look: &'a Look,
}

/// Columns of the details.
const DETAILS: u16 = 40;

impl Widget for Runs<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, look } = self;
        let with_details = Size::of(Rect { height: area.height + 1, ..area }) >= Size::Normal;
        let side = if with_details { DETAILS } else { 0 };
        let [table, details] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).areas(area);
        let runs = app.runs.as_deref();
        let (shown, all) = (app.shown_runs().len(), runs.map_or(0, <[_]>::len));
        let mut count = text::count(shown as u64);
        if shown < all {
            count = format!("{count} of {}", text::count(all as u64));
        }
        if let Some(sort) = app.browse.sort() {
            let way = if sort.down { look.glyphs.descending() } else { look.glyphs.ascending() };
            count = format!("{} {way}  {count}", sort.field);
        }
        Pane::new(look, "runs").value(Span::styled(count, look.palette.text)).render(table, buf);
        let asked = app.dialog == Some(Dialog::Search) || !app.browse.text().is_empty();
        let rows = if asked { 2 } else { 0 };
        let [inner, query] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(Pane::inner(table));
        match runs {
            None => Notice::new(look, "reading the runs").render(inner, buf),
            Some([]) => Notice::new(look, "no runs yet\nn starts one").render(inner, buf),
            Some(_) if shown == 0 => Notice::new(look, "no such runs").render(inner, buf),
            Some(_) => self.table(inner, buf),
        }
        if asked {
            self.query(query, buf);
        }
        if with_details {
            self.details(details, buf);
        }
    }
}

impl Runs<'_> {
    /// What is asked for, and under it what is wrong with it or what could come next.
    fn query(&self, area: Rect, buf: &mut Buffer) {
        let palette = &self.look.palette;
        let browse = &self.app.browse;
        let typing = self.app.dialog == Some(Dialog::Search);
        let [line, below] = Layout::vertical([Constraint::Length(1); 2]).areas(area);
        // Of a text that is too long its end is seen.
        let room = usize::from(area.width).saturating_sub(4);
        let hidden = browse.text().chars().count().saturating_sub(room);
        let seen: String = browse.text().chars().skip(hidden).collect();
        Line::from_iter([
            Span::styled("/ ", palette.title),
            Span::styled(seen, palette.strong),
            Span::styled(if typing { "_" } else { "" }, palette.title),
        ])
        .render(line, buf);
        if let Some(error) = browse.error() {
            let column = browse.text()[..error.at.start].chars().count();
            let indent = " ".repeat((column + 2).saturating_sub(hidden));
            let caret = format!("{indent}^ {error}");
            // A message that would be cut at the right stands left of its caret.
            let fits = caret.chars().count() <= usize::from(area.width);
            let text = if fits { caret } else { format!("  {error}") };
            Line::styled(text, palette.warning).render(below, buf);
        } else if typing {
            let runs = self.app.runs.as_deref().unwrap_or_default();
            let words: Vec<_> =
                browse.completions(runs).into_iter().map(|completion| completion.word).collect();
            Line::styled(format!("  {}", words.join("  ")), palette.dim).render(below, buf);
        }
    }

    fn table(&self, area: Rect, buf: &mut Buffer) {
        let palette = &self.look.palette;
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            let heading = format!(
                "{:<14}{:<14}{:<5}{:<21}{:>6}{:>9}  {:<5}",
                "  state", "name", "net", "data", "epochs", "best", "age"
            );
            let more =
                if is_roomy(area) { format!("{:>11}  changed settings", "test loss") } else { String::new() };
            let heading = heading + &more;
            Line::styled(heading, palette.dim).render(row, buf);
        }
        let room = usize::from(area.height).saturating_sub(1).max(1);
        // The selected run stays in the middle where it can.
        let top = self
            .app
            .selected_run
            .saturating_sub(room / 2)
            .min(self.app.shown_runs().len().saturating_sub(room));
        for ((place, listed), row) in self.app.shown_runs().enumerate().skip(top).zip(rows) {
            let line = match listed {
                Listed::Run(run) => self.row(run, area),
                Listed::Broken { name, reason } => self.broken(name, reason),
            };
            line.render(row, buf);
            if place == self.app.selected_run {
                buf.set_style(row, palette.selection);
            }
        }
    }

    fn row(&self, run: &RunSummary, area: Rect) -> Line<'static> {
        let palette = &self.look.palette;
        let words = listed_state(self.look, &run.record, &run.state);
        let RunSummary { record, origin, .. } = run;
        let summary = &record.summary;
        let data = record.provenance.dataset.as_ref().map_or("-", |data| &data.description);
        let epochs = format!("{}/{}", summary.epoch, record.settings().epochs);
        let age = text::age(Some((self.app.now - record.created).max(0.0)));
        let age = match origin {
            Origin::Own => age.trim_end_matches(" ago").replace("just now", "now"),
            Origin::Reference => "ref".to_owned(),
        };
        let is_marked = self.app.marked.contains(&run.dir);
        let mark = if is_marked { self.look.glyphs.right() } else { " " };
        let mut line = Line::from_iter([
            Span::styled(format!("{} {:<11}", words.symbol, words.word), words.style),
            Span::styled(mark, palette.title),
            Span::styled(format!("{:<13.13} ", record.name), palette.strong),
            Span::styled(format!("{:<5.4}", record.config.preset), palette.text),
            Span::styled(format!("{data:<20.20} "), palette.text),
            Span::styled(format!("{epochs:>6}"), palette.text),
            Span::styled(format!("{:>9}", text::percent(summary.best_test_accuracy)), palette.strong),
            Span::styled(format!("  {age:<5}"), palette.dim),
        ]);
        if is_roomy(area) {
            let changes: Vec<_> =
                record.config.changes().into_iter().map(|(name, value)| format!("{name} {value}")).collect();
            line.push_span(Span::styled(
                format!("{:>11}  ", text::loss(summary.last_test_loss)),
                palette.text,
            ));
            line.push_span(Span::styled(changes.join("  "), palette.dim));
        }
        line
    }

    fn broken(&self, name: &str, reason: &str) -> Line<'static> {
        let palette = &self.look.palette;
        Line::from_iter([
            Span::styled(format!("{} {:<13}", self.look.glyphs.cross(), "broken"), palette.state.failed),
            Span::styled(format!("{name}  "), palette.text),
            // Every reason begins with the file, which the name has told.
            Span::styled(reason.split_once(": ").map_or(reason, |(_, why)| why).to_owned(), palette.dim),
        ])
    }

    /// `command at 11,012 for 4 m, exact`
    fn pause(&self, pause: &Pause) -> String {
        let lasted = text::duration(pause.to.unwrap_or(self.app.now) - pause.from);
        let how = match pause.resumed_step {
            Some(_) if pause.before.is_some() && pause.before == pause.after => ", exact".to_owned(),
            Some(step) if step < pause.step => format!(", again from {}", text::count(step)),
            _ => String::new(),
        };
        format!("{} at {} for {lasted}{how}", pause.reason, text::count(pause.step))
    }

    fn details(&self, area: Rect, buf: &mut Buffer) {
        let Self { app, look } = self;
        let palette = &look.palette;
        let inner = Pane::inner(area);
        let Some(run) = app.selected() else {
            Pane::new(look, "details").render(area, buf);
            if let Some(Listed::Broken { name, reason }) = app.selected_listed() {
                let width = usize::from(inner.width).max(1);
                let text = format!("{name}\n\n{reason}");
                let lines = text.lines().flat_map(|line| wrap(line, width)).collect::<Vec<_>>();
                for (row, line) in inner.rows().zip(lines) {
                    Line::styled(line, palette.text).render(row, buf);
                }
            }
            return;
        };
        Pane::new(look, run.record.name.clone()).render(area, buf);
        let record = &run.record;
        let (summary, provenance) = (&record.summary, &record.provenance);
        let data = provenance.dataset.as_ref().map_or("-".to_owned(), |data| data.description.clone());
        let best = match summary.best_epoch {
            Some(epoch) => format!("{} @ epoch {epoch}", text::percent(summary.best_test_accuracy)),
            None => "-".to_owned(),
        };
        let mut facts = vec![
            ("state", run.state.status.to_string()),
            ("preset", record.config.preset.clone()),
            ("data", data),
            ("settings", settings(&record.settings()).join(&format!(" {} ", look.glyphs.separator()))),
            ("best", best),
            ("test loss", text::loss(summary.last_test_loss)),
            ("train loss", text::loss(summary.last_train_loss)),
            ("steps", text::count(summary.step)),
            ("trained", text::duration(Some(summary.active_seconds))),
            ("speed", format!("{} images/s", text::rate(summary.images_per_second))),
            ("host", provenance.host.clone()),
            ("version", provenance.version.clone()),
        ];
        let pauses = record.pauses.iter().rev().take(PAUSES).map(|pause| self.pause(pause));
        facts
            .extend(pauses.enumerate().map(|(place, pause)| (if place == 0 { "pauses" } else { "" }, pause)));
        if let Some(parent) = &record.parent {
            let known = app.summaries().find(|run| run.dir.id() == parent);
            let name = known.map_or_else(|| parent.to_string(), |run| run.record.name.clone());
            facts.insert(1, ("forked from", name));
        }
        if let Some(reason) = &record.reason {
            facts.insert(1, ("reason", reason.clone()));
        }
        let mut rows = inner.rows();
        if let Some(row) = rows.next() {
            Line::styled(run.dir.id().to_string(), palette.dim).render(row, buf);
        }
        let width = usize::from(inner.width).saturating_sub(LABEL).max(1);
        for (label, value) in facts {
            for (number, part) in wrap(&value, width).into_iter().enumerate() {
                let Some(row) = rows.next() else { return };
                let label = if number == 0 { label } else { "" };
                let line = Line::from_iter([
                    Span::styled(format!("{label:<LABEL$}"), palette.dim),
                    Span::styled(part, palette.text),
                ]);
                line.render(row, buf);
            }
        }
    }
}

/// Whether a table has room for more than the least.
fn is_roomy(area: Rect) -> bool {
    area.width >= 110
}

/// Columns of the labels of details.
const LABEL: usize = 12;
/// The last pauses that are shown.
const PAUSES: usize = 3;
