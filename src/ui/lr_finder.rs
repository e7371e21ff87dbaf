//! The learning-rate finder: the loss curve and the suggested rates.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::labels::{settings, wrap};
use super::layout::cells;
use super::theme::{self, RenderTheme};
use super::widgets::{Chart, ChartLayer, Focus, Mark, MarkKind, PaneFrame, ProgressBar};
use super::{ColorDepth, Glyphs};
use crate::app::{LrChoice, LrFinder};
use crate::metrics::{Interval, RangeTest, text};

/// Width of a suggested rate.
const RATE: usize = 10;
/// Minimum height of the chart as a share of the initial loss, so that noise does not fill it.
const ROOM: f64 = 0.3;
/// Range above the initial loss as a share of its fall; beyond it the loss only diverges.
const ABOVE: f64 = 0.4;

/// ```text
/// ┌ loss by learning rate ──────────┐
/// │                                 │
/// ├ suggestions, or progress ───────┤
/// └─────────────────────────────────┘
/// ```
pub(super) struct LrFinderScreen<'a> {
    pub(super) finder: &'a LrFinder,
    pub(super) theme: &'a RenderTheme,
}

impl Widget for LrFinderScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { finder: search, theme } = self;
        let width = usize::from(PaneFrame::inner(area).width);
        let (title, lines) = self.below(search, width);
        let rows = [Constraint::Fill(1), Constraint::Length(cells(lines.len() + 2))];
        let [above, below] = Layout::vertical(rows).areas(area);
        let palette = &theme.palette;
        let dot = format!(" {} ", theme.glyphs.separator());
        let (word, point) = if search.is_over() {
            ("lowest", search.test.lowest())
        } else {
            ("smoothed", search.test.losses().smooth().last_finite())
        };
        let value = Line::from_iter([
            Span::styled(format!("{word} {} ", text::loss(point.map(|point| point.y))), palette.curve.train),
            Span::styled(format!("at {}", text::setting(point.map(|point| rounded(point.x)))), palette.dim),
        ]);
        PaneFrame::new(theme, format!("loss by learning rate, {}", search.config.preset))
            .value(Span::styled(settings(&search.config).join(&dot), palette.dim))
            .value(value)
            .render(above, buf);
        chart(&search.test, theme).render(PaneFrame::inner(above), buf);
        PaneFrame::new(theme, title).focus(Focus::Here).render(below, buf);
        for (row, line) in PaneFrame::inner(below).rows().zip(lines) {
            line.render(row, buf);
        }
    }
}

impl LrFinderScreen<'_> {
    /// The title and the lines of the pane below the curve.
    fn below(&self, search: &LrFinder, width: usize) -> (&'static str, Vec<Line<'static>>) {
        let (theme, palette) = (self.theme, &self.theme.palette);
        if let Some(problem) = &search.problem {
            let lines = wrap(problem, width.max(1)).into_iter();
            return ("no suggestion", lines.map(|line| Line::styled(line, palette.warning)).collect());
        }
        if !search.is_over() {
            let share = format!(" {:>4}", text::share(search.test.progress()));
            let mut bar =
                ProgressBar::new(theme, search.test.progress()).line(width.saturating_sub(share.len()));
            bar.push_span(Span::styled(share, palette.text));
            let bar = bar.spans.into_iter().map(|span| Span::styled(span.content.into_owned(), span.style));
            return ("searching", vec![bar.collect(), Line::default()]);
        }
        let Some(suggestion) = search.suggestion() else {
            let line = Line::styled(
                "the loss did not fall at any learning rate; check data and settings",
                palette.warning,
            );
            return ("no suggestion", vec![line, Line::default()]);
        };
        let line = |choice: LrChoice| {
            let chosen = choice == search.choice;
            let pointer = if chosen { theme.glyphs.right() } else { " " };
            let style = if chosen { palette.strong } else { palette.text };
            Line::from_iter([
                Span::styled(format!("{pointer} "), palette.accent),
                Span::styled(format!("{:<RATE$} ", text::setting(choice.of(suggestion))), style),
                Span::styled(rate_words(choice), palette.dim),
            ])
        };
        ("suggestions", LrChoice::ALL.map(line).to_vec())
    }
}

/// Describes a suggestion.
pub fn rate_words(choice: LrChoice) -> &'static str {
    match choice {
        LrChoice::Steep => "where the loss falls most steeply",
        LrChoice::Tenth => "a tenth of where it is lowest",
    }
}

/// The curve of a range test as plain text, at most `width` by `height` cells.
pub fn rate_chart(test: &RangeTest, glyphs: Glyphs, width: u16, height: u16) -> Vec<String> {
    let theme = &RenderTheme::new(theme::load([]).first(), ColorDepth::None, glyphs);
    let mut drawn = Buffer::empty(Rect::new(0, 0, width, height));
    chart(test, theme).render(drawn.area, &mut drawn);
    let rows = drawn.content.chunks(usize::from(width.max(1)));
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned()).collect()
}

fn chart<'a>(test: &'a RangeTest, theme: &'a RenderTheme) -> Chart<'a> {
    let (curve, losses) = (&theme.palette.curve, test.losses());
    let mut chart = Chart::new(theme)
        .layer(ChartLayer::dots(losses.raw(), curve.raw))
        .layer(ChartLayer::line(losses.smooth(), curve.train))
        .x_span(RangeTest::log_rates())
        .powers_of_ten()
        .x_axis("rate", 1.0)
        .empty("waiting for the first step");
    if let (Some(first), Some(lowest)) = (losses.smooth().points().first(), test.lowest())
        && let fall = (first.y - lowest.y).max(first.y * ROOM)
        && let Some(y) = Interval::new(first.y - fall, first.y + fall * ABOVE)
    {
        chart = chart.y_span(y);
    }
    if let Some(suggestion) = test.suggestion().filter(|_| test.is_over()) {
        chart = chart.marks(LrChoice::ALL.map(|choice| {
            let rate = choice.of(suggestion);
            Mark::new(MarkKind::Changed, rate.log10()).label(text::setting(rate))
        }));
    }
    chart.marks(
        test.lowest()
            .filter(|_| test.is_over())
            .map(|lowest| Mark::new(MarkKind::Best, lowest.x).at(lowest.y).label("lowest")),
    )
}

/// The rate for a base-10 logarithm, to two significant digits.
fn rounded(logarithm: f64) -> f64 {
    let rate = 10_f64.powf(logarithm);
    format!("{rate:.1e}").parse().unwrap_or(rate)
}
