//! The predictions screen: two runs on the same test images.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::labels::wrap;
use super::layout::cells;
use super::theme::RenderTheme;
use super::widgets::{Focus, PaneFrame, Picture, Placeholder};
use crate::app::{
    Action, Disagreement, Guess, PredictionDiff, Predictions, PredictionsAction, Sample, key_of,
};
use crate::metrics::{Spread, text};

/// ```text
/// ┌ first against second ───────────┐
/// │ table of right and wrong, and   │
/// │ the significance test           │
/// ├ fixed ──────────────────────────┤
/// │ selected   image  image  image  │   the selected image is larger if there is room
/// │ image      image  image  image  │
/// └─────────────────────────────────┘
/// ```
pub(super) struct PredictionsScreen<'a> {
    pub(super) predictions: &'a Predictions,
    pub(super) theme: &'a RenderTheme,
}

/// Pixels per side of an image.
const SIDE: usize = 28;
/// Scale factor of images that are not selected.
const SHRINK: usize = 2;
/// Width of an image with its caption, and the gap between two.
const CARD: u16 = 20;
const GAP: u16 = 2;
/// Height of a caption.
const WORDS: u16 = 3;
/// Widths: label of a sentence, names, `right` and `wrong`, counts, and two accuracies.
const LABEL: usize = 12;
const NAME: usize = 16;
const WORD: usize = 6;
const COUNT: usize = 7;
const ACCURACIES: usize = 18;

impl Widget for PredictionsScreen<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let shown = self.predictions;
        let inner = usize::from(PaneFrame::inner(area).width);
        let diff = match &shown.answer {
            Some(Ok(diff)) => diff,
            answer => {
                PaneFrame::new(self.theme, "predictions").render(area, buf);
                let notice = match answer {
                    Some(Err(problem)) => Placeholder::new(self.theme, wrap(problem, inner).join("\n"))
                        .style(self.theme.palette.warning),
                    _ => Placeholder::new(self.theme, "evaluating both networks on the test set"),
                };
                return notice.render(PaneFrame::inner(area), buf);
            }
        };
        let [first, second] = &diff.names;
        let title = format!("{first} vs {second}");
        let lines = self.summary(diff, inner);
        let rows = cells(lines.len() + 2);
        let [summary, samples] =
            Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(area);
        let images = text::count(diff.table.total());
        let about = format!("{} of both, {images} test images of {}", diff.checkpoint, diff.data);
        PaneFrame::new(self.theme, title)
            .value(Span::styled(about, self.theme.palette.dim))
            .render(summary, buf);
        for (row, line) in PaneFrame::inner(summary).rows().zip(lines) {
            line.render(row, buf);
        }
        self.samples(shown, diff, samples, buf);
    }
}

impl PredictionsScreen<'_> {
    /// The symbols of the first and the second run, which work without colours.
    fn signs(&self) -> [(&'static str, Style); 2] {
        let (glyphs, curve) = (self.theme.glyphs, &self.theme.palette.curve);
        [(glyphs.dot(), curve.test), (glyphs.square(), curve.train)]
    }

    /// The two-by-two table, and the sentences about it.
    fn summary(&self, diff: &PredictionDiff, width: usize) -> Vec<Line<'static>> {
        let palette = &self.theme.palette;
        let table = &diff.table;
        let accuracies = diff.table.accuracies();
        let signs = self.signs();
        let names = NAME.min(width.saturating_sub(2 + WORD + 2 * COUNT + 2 + ACCURACIES));
        let name = |index: usize| {
            let (symbol, style) = signs[index];
            [
                Span::styled(format!("{symbol} "), style),
                Span::styled(format!("{:<names$.names$}", diff.names[index]), palette.strong),
            ]
        };
        let counts = |right, wrong, accuracy: String| {
            let style = palette.text;
            let [right, wrong] =
                [right, wrong].map(|count| Span::styled(format!("{:>COUNT$}", text::count(count)), style));
            [right, wrong, Span::styled(format!("  {accuracy}"), palette.text)]
        };
        let head = |word: &str| Span::styled(format!("{word:>COUNT$}"), palette.dim);
        let side = |word: &str| Span::styled(format!("{word:<WORD$}"), palette.dim);
        let blank = Span::raw(" ".repeat(names + 2));
        let mut heading = vec![blank.clone(), side("")];
        heading.extend([head("right"), head("wrong")]);
        heading.extend([Span::raw("  ")].into_iter().chain(name(1)));
        let mut right = Vec::from(name(0));
        right.push(side("right"));
        right.extend(counts(
            table.both,
            table.only_first,
            format!("{} to {}", text::percent(accuracies[0]), text::percent(accuracies[1])),
        ));
        let mut wrong = vec![blank, side("wrong")];
        wrong.extend(counts(
            table.only_second,
            table.neither,
            format!("{} points", text::points_apart(diff.difference())),
        ));
        let mut lines = vec![Line::from(heading), Line::from(right), Line::from(wrong)];
        lines.extend(self.sentence("chance", &diff.chance(), width));
        if diff.seeds.noise().is_some() {
            let group = |index: usize| {
                let Spread { count, mean, deviation } = diff.seeds.groups[index];
                let name = &diff.names[index];
                let (mean, deviation) = (text::percent(mean), text::percentage(deviation));
                let runs = text::number_of(count as u64, "run");
                format!("{runs} like {name}: mean {mean}, standard deviation {deviation}")
            };
            let groups = if diff.seeds.same { group(0) } else { format!("{}; {}", group(0), group(1)) };
            lines.extend(self.sentence("seeds", &groups, width));
        }
        lines.extend(self.sentence("difference", &diff.verdict(), width));
        lines
    }

    /// A label and a sentence, wrapped.
    fn sentence(&self, label: &'static str, sentence: &str, width: usize) -> Vec<Line<'static>> {
        let palette = &self.theme.palette;
        let lines = wrap(sentence, width.saturating_sub(LABEL).max(1)).into_iter().enumerate();
        let line = |(index, line)| {
            let label = if index == 0 { label } else { "" };
            Line::from_iter([
                Span::styled(format!("{label:<LABEL$}"), palette.dim),
                Span::styled(line, palette.text),
            ])
        };
        lines.map(line).collect()
    }

    fn samples(&self, shown: &Predictions, diff: &PredictionDiff, area: Rect, buf: &mut Buffer) {
        let palette = &self.theme.palette;
        let [fixed, broken] = [("fixed", diff.fixed.len()), ("broken", diff.broken.len())]
            .map(|(word, count)| format!("{word} {}", text::count(count as u64)));
        let (title, other, right) = match shown.shown {
            Disagreement::Fixed => (fixed, broken, &diff.names[1]),
            Disagreement::Broken => (broken, fixed, &diff.names[0]),
        };
        let next = key_of(Action::Predictions(PredictionsAction::NextDisagreement));
        let next = next.map(|key| key.to_string()).unwrap_or_default();
        let samples = shown.samples();
        let position = format!("{} of {}", shown.selected + 1, text::count(samples.len() as u64));
        let mut pane = PaneFrame::new(self.theme, title)
            .value(Span::styled(format!("{next}: {other}"), palette.dim))
            .value(Span::styled(format!("only {right} is right"), palette.text))
            .focus(Focus::Here);
        if !samples.is_empty() {
            pane = pane.value(Span::styled(position, palette.strong));
        }
        pane.render(area, buf);
        let inner = PaneFrame::inner(area);
        let Some(selected) = samples.get(shown.selected) else {
            return Placeholder::new(self.theme, "no such images").render(inner, buf);
        };
        let (width, height) = Picture::new(self.theme, &selected.pixels, SIDE).size();
        let cards = if inner.height >= height + WORDS && inner.width >= 2 * (width + GAP) {
            let columns = [Constraint::Length(width + GAP), Constraint::Fill(1)];
            let [large, rest] = Layout::horizontal(columns).areas(inner);
            self.card(diff, selected, 1, palette.accent, Rect { width, ..large }, buf);
            rest
        } else {
            inner
        };
        self.cards(shown, diff, cards, buf);
    }

    /// The images that fit, including the selected one.
    fn cards(&self, shown: &Predictions, diff: &PredictionDiff, area: Rect, buf: &mut Buffer) {
        let samples = shown.samples();
        let height = cells(SIDE / SHRINK / 2) + WORDS;
        let columns = ((area.width + GAP) / (CARD + GAP)).max(1);
        // If an image is too tall, only its caption is drawn.
        let (height, pitch) = if area.height >= height { (height, height + 1) } else { (WORDS, WORDS + 1) };
        let rows = ((area.height + 1) / pitch).max(1);
        let page = usize::from(columns * rows);
        let first = shown.selected / page * page;
        for (index, sample) in samples.iter().enumerate().skip(first).take(page) {
            let at = cells(index - first);
            let card = Rect {
                x: area.x + at % columns * (CARD + GAP),
                y: area.y + at / columns * pitch,
                width: CARD,
                height,
            };
            let style =
                if index == shown.selected { self.theme.palette.accent } else { self.theme.palette.strong };
            self.card(diff, sample, SHRINK, style, card.intersection(area), buf);
        }
    }

    /// An image with its class and each run's prediction.
    fn card(
        &self,
        diff: &PredictionDiff,
        sample: &Sample,
        shrink: usize,
        style: Style,
        area: Rect,
        buf: &mut Buffer,
    ) {
        let palette = &self.theme.palette;
        let picture = Picture::new(self.theme, &sample.pixels, SIDE).shrunk(shrink);
        let height = if area.height >= picture.size().1 + WORDS { picture.size().1 } else { 0 };
        let [above, below] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
        picture.render(above, buf);
        let class = Line::from_iter([
            Span::styled(diff.class(sample.label).to_owned(), style),
            Span::styled(format!(" {}", sample.image), palette.dim),
        ]);
        let guess = |(Guess { class, confidence }, (symbol, sign)): (Guess, (&'static str, Style))| {
            let style = if class == sample.label { palette.strong } else { palette.text };
            Line::from_iter([
                Span::styled(format!("{symbol} "), sign),
                Span::styled(diff.class(class).to_owned(), style),
                Span::styled(format!(" {}", text::share(f64::from(confidence))), palette.dim),
            ])
        };
        let guesses = sample.guesses.into_iter().zip(self.signs()).map(guess);
        for (row, line) in below.rows().zip([class].into_iter().chain(guesses)) {
            line.render(row, buf);
        }
    }
}
