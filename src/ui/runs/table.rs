//! The table of runs: one row per run or group.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::{App, Arrangement, Column, Group, Row};
use crate::metrics::{Spread, text};
use crate::run::{FieldValue, ListedRun, Listing, Origin, RunManifest, RunStatus, Setting};
use crate::strings::{aligned, cells_of};
use crate::ui::Glyphs;
use crate::ui::labels::{changed, state};
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::Sparkline;

/// The table: states, names, and as many of the chosen columns as fit.
pub(super) struct TableView<'a> {
    pub(super) app: &'a App,
    pub(super) theme: &'a RenderTheme,
}

/// Widths of the state and the name.
const STATE: usize = 13;
const NAME: usize = 15;
/// Gap between columns.
const GAP: usize = 2;
/// Maximum width of a sparkline.
const CURVE: usize = 24;

/// The width of a column, and whether it holds numbers, which are aligned right.
fn width(column: Column) -> (usize, bool) {
    let field = match column {
        Column::Settings => return (28, false),
        Column::Curve => return (12, false),
        Column::Field(field) => field,
    };
    match field.name() {
        "preset" => (4, false),
        "created" => (4, true),
        "epoch" => (9, true),
        "loss" => (7, true),
        "tag" | "notes" | "data" | "parent" | "id" => (20, false),
        name if field.unit().is_some() => (name.len().max(8), true),
        _ => (12, false),
    }
}

/// The heading of a column.
fn heading(column: Column) -> &'static str {
    match column.name() {
        "preset" => "net",
        "best_acc" => "best",
        "created" => "age",
        "settings" => "changed settings",
        name => name,
    }
}

impl Widget for TableView<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, theme } = self;
        let columns = self.columns(area);
        let mut rows = area.rows();
        if let Some(row) = rows.next() {
            let mut line = format!("{:<STATE$}{:<NAME$}", "  state", "name");
            for (column, width, is_number) in &columns {
                line.push_str(&" ".repeat(GAP));
                line.push_str(&aligned(heading(*column), *width, *is_number));
            }
            Line::styled(line, theme.palette.dim).render(row, buf);
        }
        let room = usize::from(area.height).saturating_sub(1).max(1);
        let all = app.shared.table.rows();
        // Keeps the selected row in the middle if possible.
        let top = app.shared.table.selected.saturating_sub(room / 2).min(all.len().saturating_sub(room));
        for ((place, row), area) in all.iter().enumerate().skip(top).zip(rows) {
            match row {
                Row::Run { index, depth } => match app.shared.listed(*index) {
                    Some(Listing::Run(run)) => self.run(run, *depth, &columns).render(area, buf),
                    Some(Listing::Broken { name, reason }) => self.broken(name, reason).render(area, buf),
                    None => {}
                },
                Row::Group(group) => self.group(group, &columns).render(area, buf),
            }
            if place == app.shared.table.selected {
                buf.set_style(area, theme.palette.selection);
            }
        }
    }
}

/// Columns that show the mean of a group.
const MEANS: [&str; 2] = ["best_acc", "loss"];

/// Whether the runs of a group have the same value.
fn is_shared(column: Column) -> bool {
    let Column::Field(field) = column else { return false };
    field.name() == "data" || field.setting().is_some_and(Setting::is_in_recipe)
}

impl TableView<'_> {
    /// The columns that fit, with their widths. The last one gets the remaining width.
    fn columns(&self, area: Rect) -> Vec<(Column, usize, bool)> {
        let mut left = usize::from(area.width).saturating_sub(STATE + NAME);
        let mut columns = Vec::new();
        for column in self.wanted() {
            let (width, is_number) = width(column);
            // Text may be cut; a cut number would be wrong.
            let least = if is_number { width } else { width.min(6) };
            if left < GAP + least {
                break;
            }
            let width = width.min(left - GAP);
            columns.push((column, width, is_number));
            left -= GAP + width;
        }
        if let Some((_, width, false)) = columns.last_mut() {
            *width += left;
        }
        columns
    }

    /// The chosen columns; for groups, only those that apply to a group, and the settings that its runs share.
    fn wanted(&self) -> Vec<Column> {
        let chosen = &self.app.shared.table.columns;
        if self.app.shared.table.arrangement != Arrangement::Groups {
            return chosen.clone();
        }
        let applies = |column: &&Column| is_shared(**column) || MEANS.contains(&column.name());
        chosen.iter().filter(applies).copied().chain([Column::Settings]).collect()
    }

    fn run(&self, run: &ListedRun, depth: usize, columns: &[(Column, usize, bool)]) -> Line<'_> {
        let palette = &self.theme.palette;
        let words = state(self.theme, Some(run.state_name()));
        let place = self
            .app
            .shared
            .queue
            .position(&run.manifest.id)
            .filter(|_| run.state.status == RunStatus::Queued);
        let word = place.map_or_else(|| words.word.to_owned(), |place| format!("queued {}", place + 1));
        let is_marked = self.app.shared.marked.contains(&run.manifest.id);
        let mark = if is_marked { self.theme.glyphs.right() } else { " " };
        let indent = "  ".repeat(depth.min(3));
        let name = format!("{indent}{}", run.manifest.name);
        let mut line = Line::from_iter([
            Span::styled(format!("{} {word:<10}", words.symbol), words.style),
            Span::styled(mark, palette.title),
            Span::styled(aligned(&name, NAME, false), palette.strong),
        ]);
        for &(column, width, is_number) in columns {
            line.push_span(" ".repeat(GAP));
            if column == Column::Curve {
                line.extend(self.curve(run, width));
                continue;
            }
            let (text, style) = self.cell(run, column);
            line.push_span(Span::styled(self.fitted(&text, width, is_number), style));
        }
        line
    }

    /// The text in exactly this many cells. If it is cut, it ends with an ellipsis: a cut number would be another number.
    fn fitted(&self, text: &str, cells: usize, is_number: bool) -> String {
        if cells_of(text) <= cells {
            return aligned(text, cells, is_number);
        }
        let ellipsis = self.theme.glyphs.ellipsis();
        aligned(text, cells.saturating_sub(cells_of(ellipsis)), false) + ellipsis
    }

    /// Test accuracy by epoch in this many cells; if several epochs share a cell, it shows the last one.
    fn curve(&self, run: &ListedRun, width: usize) -> Line<'_> {
        let curve = &run.manifest.summary.curve;
        let cells = curve.len().min(width.min(CURVE));
        let at = |cell: usize| curve[(cell + 1) * curve.len() / cells - 1].1;
        let mut line =
            Sparkline::new(self.theme, (0..cells).map(at)).style(self.theme.palette.curve.test).line(cells);
        line.push_span(" ".repeat(width - cells));
        line
    }

    /// The text and style of a cell.
    fn cell(&self, run: &ListedRun, column: Column) -> (String, Style) {
        let palette = &self.theme.palette;
        let manifest = &run.manifest;
        let field = match column {
            Column::Curve => return (String::new(), palette.text),
            Column::Settings => {
                return (changes(manifest, &["preset"], self.theme.glyphs), palette.dim);
            }
            Column::Field(field) => field,
        };
        let text = match (field.name(), field.of(run)) {
            ("created", _) if run.origin == Origin::Reference => return ("ref".to_owned(), palette.dim),
            ("created", FieldValue::Number(created)) => {
                let age = text::age(Some((self.app.shared.now - created).max(0.0)));
                return (age.trim_end_matches(" ago").replace("just now", "now"), palette.dim);
            }
            ("epoch", FieldValue::Integer(epoch)) => format!("{epoch}/{}", manifest.settings().epochs),
            (_, FieldValue::None) => "-".to_owned(),
            (_, value) => field.in_words(value).replace('→', self.theme.glyphs.arrow()),
        };
        (text, if field.name() == "best_acc" { palette.strong } else { palette.text })
    }

    fn group(&self, group: &Group, columns: &[(Column, usize, bool)]) -> Line<'static> {
        let palette = &self.theme.palette;
        let glyphs = self.theme.glyphs;
        let sign = if group.is_open { glyphs.descending() } else { glyphs.right() };
        let count = match (group.best.count, group.indices.len()) {
            (counted, runs) if counted == runs => text::number_of(runs as u64, "run"),
            (counted, runs) => format!("{counted}/{runs} runs"),
        };
        let mut line = Line::from_iter([
            Span::styled(format!("{sign} {count:<11}"), palette.title),
            Span::styled(aligned(&self.spread(group), NAME, false), palette.strong),
        ]);
        let Some(Listing::Run(first)) = self.app.shared.listed(group.first()) else { return line };
        for &(column, width, is_number) in columns {
            line.push_span(" ".repeat(GAP));
            let (text, style) = match column.name() {
                "best_acc" => (text::percent(group.best.mean), palette.strong),
                "loss" => (text::loss(group.loss.mean), palette.text),
                _ if is_shared(column) => self.cell(first, column),
                "settings" => (changes(&first.manifest, &["preset", "seed"], glyphs), palette.dim),
                _ => (String::new(), palette.text),
            };
            line.push_span(Span::styled(self.fitted(&text, width, is_number), style));
        }
        line
    }

    /// Mean and standard deviation of a group's best accuracies.
    fn spread(&self, group: &Group) -> String {
        let Spread { mean, deviation, .. } = group.best;
        match (mean, deviation) {
            (Some(mean), Some(deviation)) => {
                format!("{:.2} {} {:.2} %", mean * 100.0, self.theme.glyphs.plus_minus(), deviation * 100.0)
            }
            (mean, _) => text::percent(mean),
        }
    }

    fn broken(&self, name: &str, reason: &str) -> Line<'static> {
        let palette = &self.theme.palette;
        Line::from_iter([
            Span::styled(format!("{} {:<11}", self.theme.glyphs.cross(), "broken"), palette.state.failed),
            Span::styled(format!("{name}  "), palette.text),
            // Every reason names the file before its first colon, and the run is already named.
            Span::styled(reason.split_once(": ").map_or(reason, |(_, why)| why).to_owned(), palette.dim),
        ])
    }
}

/// The settings that differ from the defaults or changed during training, except `but`. The data path is long and matters
/// least, so it is last.
fn changes(manifest: &RunManifest, but: &[&str], glyphs: Glyphs) -> String {
    let notable = manifest.notable_settings().into_iter().filter(|setting| !but.contains(&setting.name()));
    let (data, others): (Vec<_>, Vec<_>) = notable.partition(|setting| setting.name() == "data");
    let words = |setting: Setting| {
        let has_changed = manifest.versions(setting).len() > 1;
        let value =
            if has_changed { changed(manifest, setting, glyphs) } else { setting.get(&manifest.config) };
        format!("{setting} {}", value.unwrap_or_default())
    };
    others.into_iter().chain(data).map(words).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::{Column, Msg, RunView, Smoothing, update};
    use crate::run::testing::{any_run, few_cases};
    use crate::run::{Field, RunConfig, Store, Update};
    use crate::ui::labels::run_state;
    use crate::ui::runs::details::Details;
    use crate::ui::widgets::testing::{text, unicode};

    fn without_spaces(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace() && *c != '│').collect()
    }

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn cells_details_and_header_agree_on_settings_and_state(run in any_run()) {
            let root = tempfile::tempdir().unwrap();
            let store = Store::open(root.path());
            let created = run.create(&store, 1);
            let entry = store.entry(&created.dir).unwrap();
            let theme = unicode();
            let mut app = App::new(Vec::new(), RunConfig::default(), 1);
            update(&mut app, Msg::Runs(store.list()));
            let table = TableView { app: &app, theme: &theme };

            let cell = |field: Field| table.cell(&entry, Column::Field(field)).0;
            let words = |name: &str| run.history(Setting::named(name).unwrap()).and_then(|history| history.words());
            for field in Field::all() {
                if let Some(setting) = field.setting() {
                    let words = words(setting.name()).unwrap_or("-".to_owned());
                    prop_assert_eq!(cell(field), words, "{}", setting);
                }
            }
            let epochs = run.history(Setting::named("epochs").unwrap()).unwrap().in_force().to_string();
            let epoch = format!("{}/{epochs}", entry.manifest.summary.epoch);
            prop_assert_eq!(cell(Field::named("epoch").unwrap()), epoch);
            let changed = Setting::all().filter(|setting| setting.name() != "preset").filter_map(|setting| {
                let history = run.history(setting)?;
                history.is_notable().then(|| format!("{setting} {}", history.words().unwrap_or_default()))
            });
            let (data, others): (Vec<_>, Vec<_>) = changed.partition(|words| words.starts_with("data "));
            let changed = others.into_iter().chain(data).collect::<Vec<_>>().join("  ");
            prop_assert_eq!(table.cell(&entry, Column::Settings).0, changed);

            let state = entry.state_name().as_str();
            let line = table.run(&entry, 0, &[]).to_string();
            prop_assert_eq!(line.split_whitespace().nth(1), Some(state));
            let mut view = RunView::new(entry.manifest.id.clone(), Smoothing::default());
            let (manifest, state_) = (Some(entry.manifest.clone()), Some(entry.state.clone()));
            view.update(Update { manifest, state: state_, ..Update::default() });
            prop_assert_eq!(run_state(&theme, &view).word, state);

            let optimizer = match words("momentum") {
                Some(momentum) => format!("m {momentum}"),
                None => format!("wd {}", words("weight-decay").unwrap()),
            };
            let schedule = words("schedule").filter(|schedule| schedule != "constant");
            let settings = [
                Some(format!("{} {} {optimizer}", words("optimizer").unwrap(), words("lr").unwrap())),
                schedule,
                words("batch-size").map(|size| format!("batch {size}")),
                words("dropout").map(|dropout| format!("dropout {dropout}")),
                words("seed").map(|seed| format!("seed {seed}")),
            ];
            let settings = settings.into_iter().flatten().collect::<Vec<_>>().join(" · ");
            let details = text(Details { app: &app, theme: &theme }, 40, 200);
            let details = without_spaces(&details);
            for fact in [format!("state{state}"), format!("settings{settings}")] {
                prop_assert!(details.contains(&without_spaces(&fact)), "{} in {}", fact, details);
            }
        }

        #[test]
        fn a_cell_is_whole_or_says_that_it_is_cut(
            text in "\\PC{0,12}",
            cells in 4_usize..10,
            is_number: bool,
        ) {
            let theme = unicode();
            let app = App::new(Vec::new(), RunConfig::default(), 1);
            let shown = TableView { app: &app, theme: &theme }.fitted(&text, cells, is_number);
            prop_assert_eq!(cells_of(&shown), cells);
            let is_whole = shown.trim() == text.trim();
            prop_assert!(is_whole || shown.ends_with('…'), "{} is shown as {}", text, shown);
        }
    }
}
