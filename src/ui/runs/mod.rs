//! All runs on disk.

mod details;
mod table;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use self::details::Details;
use self::table::TableView;
use super::Size;
use super::theme::RenderTheme;
use super::widgets::{PaneFrame, Placeholder};
use crate::app::{App, Arrangement, Dialog};
use crate::metrics::text;
use crate::run::QueryError;

/// The runs, and at 120 columns and wider the selected one's details beside them.
pub(super) struct Runs<'a> {
    pub(super) app: &'a App,
    pub(super) look: &'a RenderTheme,
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
        let (shown, all) = (app.browse.count(), runs.map_or(0, <[_]>::len));
        let mut facts = Vec::new();
        if app.queue.runs.is_empty() && app.queue.paused {
            facts.push("queue paused".to_owned());
        } else if !app.queue.runs.is_empty() {
            let how = match (app.queue.paused, app.queue_is_worked_on) {
                (true, _) => ", paused",
                (false, true) => "",
                (false, false) => ", stopped",
            };
            facts.push(format!("{} queued{how}", text::count(app.queue.runs.len() as u64)));
        }
        match app.browse.arrangement {
            Arrangement::Flat => {}
            Arrangement::Groups => facts.push("in groups".to_owned()),
            Arrangement::Forks => facts.push("forks".to_owned()),
        }
        if let Some(sort) = app.browse.sort() {
            let way = if sort.down { look.glyphs.descending() } else { look.glyphs.ascending() };
            facts.push(format!("{} {way}", sort.field));
        }
        let count = text::count(shown as u64);
        facts.push(if shown < all { format!("{count} of {}", text::count(all as u64)) } else { count });
        let facts = facts.join("  ");
        PaneFrame::new(look, "runs").value(Span::styled(facts, look.palette.text)).render(table, buf);
        let asked = app.dialog == Some(Dialog::Search) || !app.browse.text().is_empty();
        let rows = if asked { 2 } else { 0 };
        let [inner, query] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(PaneFrame::inner(table));
        match runs {
            None => Placeholder::new(look, "reading the runs").render(inner, buf),
            Some([]) => Placeholder::new(look, "no runs yet\nn starts one").render(inner, buf),
            Some(_) if app.browse.rows().is_empty() => {
                Placeholder::new(look, "no such runs").render(inner, buf)
            }
            Some(_) => TableView { app, look }.render(inner, buf),
        }
        if asked {
            self.query(query, buf);
        }
        if with_details {
            Details { app, look }.render(details, buf);
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
        let runs = self.app.runs.as_deref().unwrap_or_default();
        let completions = if typing { browse.completions(runs) } else { Vec::new() };
        // Where only the end is missing, what could stand there says more than that it is.
        let is_missing =
            |error: &&QueryError| error.at.start >= browse.text().len() && !completions.is_empty();
        if let Some(error) = browse.error().filter(|error| !is_missing(error)) {
            let column = browse.text()[..error.at.start].chars().count();
            let indent = " ".repeat((column + 2).saturating_sub(hidden));
            let caret = format!("{indent}^ {error}");
            // A message that would be cut at the right stands left of its caret.
            let fits = caret.chars().count() <= usize::from(area.width);
            let text = if fits { caret } else { format!("  {error}") };
            Line::styled(text, palette.warning).render(below, buf);
        } else if typing {
            let words: Vec<_> = completions.into_iter().map(|completion| completion.word).collect();
            Line::styled(format!("  {}", words.join("  ")), palette.dim).render(below, buf);
        }
    }
}
