//! Layout of the runs screen.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::details::Details;
use super::table::TableView;
use crate::app::{App, Arrangement, Dialog, GlobalAction, QueueWorker};
use crate::metrics::text;
use crate::run::QueryError;
use crate::ui::Size;
use crate::ui::labels::key;
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::{PaneFrame, Placeholder};

/// The table and, from 120 columns on, the details of the selected run.
pub(in crate::ui) struct RunsScreen<'a> {
    pub(in crate::ui) app: &'a App,
    pub(in crate::ui) theme: &'a RenderTheme,
}

/// Width of the details.
const DETAILS: u16 = 40;

impl Widget for RunsScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, theme } = self;
        let with_details = Size::of(Rect { height: area.height + 1, ..area }) >= Size::Normal;
        let side = if with_details { DETAILS } else { 0 };
        let [table, details] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).areas(area);
        let runs = app.shared.runs.as_deref();
        let (shown, all) = (app.shared.table.count(), runs.map_or(0, <[_]>::len));
        let mut facts = Vec::new();
        if app.shared.queue.runs.is_empty() && app.shared.queue.paused {
            facts.push("queue paused".to_owned());
        } else if !app.shared.queue.runs.is_empty() {
            let how = match (app.shared.queue.paused, app.shared.queue_worker) {
                (true, _) => ", paused",
                (false, QueueWorker::Running) => "",
                (false, QueueWorker::Absent) => ", stopped",
            };
            facts.push(format!("{} queued{how}", text::count(app.shared.queue.runs.len() as u64)));
        }
        match app.shared.table.arrangement {
            Arrangement::Flat => {}
            Arrangement::Groups => facts.push("grouped".to_owned()),
            Arrangement::Forks => facts.push("forks".to_owned()),
        }
        if let Some(sort) = app.shared.table.sort() {
            let direction = if sort.down { theme.glyphs.descending() } else { theme.glyphs.ascending() };
            facts.push(format!("{} {direction}", sort.field));
        }
        let count = text::count(shown as u64);
        facts.push(if shown < all { format!("{count} of {}", text::count(all as u64)) } else { count });
        let facts = facts.join("  ");
        PaneFrame::new(theme, "runs").value(Span::styled(facts, theme.palette.text)).render(table, buf);
        let has_query = matches!(app.dialog, Some(Dialog::Search(_))) || !app.shared.table.text().is_empty();
        let rows = if has_query { 2 } else { 0 };
        let [inner, query] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(PaneFrame::inner(table));
        match runs {
            None => Placeholder::new(theme, "reading runs").render(inner, buf),
            Some([]) => {
                let text = format!("no runs yet\n{} starts one", key(GlobalAction::ShowHome));
                Placeholder::new(theme, text).render(inner, buf);
            }
            Some(_) if app.shared.table.rows().is_empty() => {
                Placeholder::new(theme, "no matching runs").render(inner, buf);
            }
            Some(_) => TableView { app, theme }.render(inner, buf),
        }
        if has_query {
            self.query(query, buf);
        }
        if with_details {
            Details { app, theme }.render(details, buf);
        }
    }
}

impl RunsScreen<'_> {
    /// The query and, below it, its error or its completions.
    fn query(&self, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let table = &self.app.shared.table;
        let typing = matches!(self.app.dialog, Some(Dialog::Search(_)));
        let [line, below] = Layout::vertical([Constraint::Length(1); 2]).areas(area);
        // The end of a long text stays visible while it is typed.
        let room = usize::from(area.width).saturating_sub(4);
        let hidden = table.text().chars().count().saturating_sub(room);
        let seen: String = table.text().chars().skip(hidden).collect();
        Line::from_iter([
            Span::styled("/ ", palette.title),
            Span::styled(seen, palette.strong),
            Span::styled(if typing { "_" } else { "" }, palette.title),
        ])
        .render(line, buf);
        let runs = self.app.shared.runs.as_deref().unwrap_or_default();
        let completions = if typing { table.completions(runs) } else { Vec::new() };
        // If the query is only incomplete, completions help more than the error.
        let is_missing =
            |error: &&QueryError| error.at.start >= table.text().len() && !completions.is_empty();
        if let Some(error) = table.error().filter(|error| !is_missing(error)) {
            let column = table.text()[..error.at.start].chars().count();
            let indent = " ".repeat((column + 2).saturating_sub(hidden));
            let caret = format!("{indent}^ {error}");
            // A message that would be cut is drawn without the caret.
            let fits = caret.chars().count() <= usize::from(area.width);
            let text = if fits { caret } else { format!("  {error}") };
            Line::styled(text, palette.warning).render(below, buf);
        } else if typing {
            let words: Vec<_> = completions.into_iter().map(|completion| completion.word).collect();
            Line::styled(format!("  {}", words.join("  ")), palette.dim).render(below, buf);
        }
    }
}
