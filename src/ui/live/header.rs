//! The header of the live screen: identity, progress, speed and best result of the run.

use ratatui::buffer::Buffer;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::shown::Shown;
use crate::metrics::text;
use crate::run::{RunState, RunStatus, TrainerInfo};
use crate::ui::labels::{brief, run_settings, run_state};
use crate::ui::layout::cells;
use crate::ui::widgets::{ProgressBar, Sparkline};

/// ```text
///  cnn-tui  swift-otter  cnn · fashion-mnist 60,000 · sgd 0.01 m 0.5 · batch 64     ● training
///  epoch 12/40 ━━━━━━━━━━╸───── 74 %   run ━━━━━╸─────────── 29 %                 ETA 00:00:41
///  images/s 71,240   ms/step 0.90   lr 0.01                            best 86.31 % @ epoch 11
///                     (and if there is room: data 3  forward 45  backward 48  update 4 %)
/// ```
pub(super) struct Header<'a>(pub(super) Shown<'a>);

impl Widget for Header<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let rows: Vec<Rect> = area.rows().collect();
        let lines = if rows.len() > 2 {
            vec![
                (self.identity(area.width), self.state()),
                (self.bars(area.width), self.time_line()),
                (self.status_line(area.width), self.best("@ epoch")),
            ]
        } else {
            let best = if self.reason().is_some() { Line::default() } else { self.best("@") };
            vec![(self.identity(area.width), self.state()), (self.short(area.width), best)]
        };
        for (row, (left, right)) in rows.into_iter().zip(lines) {
            // Keeps the two apart.
            let width = cells(right.width() + 1);
            let [left_area, right_area] =
                Layout::horizontal([Constraint::Fill(1), Constraint::Length(width)]).areas(row);
            left.render(left_area, buf);
            right.alignment(Alignment::Right).render(right_area, buf);
        }
    }
}

impl<'a> Header<'a> {
    /// Name, network, data, optimizer and batch size. Items that do not fit are left out, from the end.
    fn identity(&self, width: u16) -> Line<'a> {
        let Shown { run, theme, .. } = self.0;
        let palette = &theme.palette;
        let mut facts = Vec::new();
        if let Some(manifest) = &run.manifest {
            facts.push(manifest.config.preset.clone());
            let data = run.trainer.as_ref().map(|trainer| &trainer.data);
            let data = data.or(manifest.provenance.dataset.as_ref());
            facts.extend(data.map(|data| data.description.clone()));
            // On a GPU the number of threads says nothing.
            let device = |trainer: &TrainerInfo| match trainer.device.as_str() {
                "cpu" => format!("cpu {}{}", theme.glyphs.times(), trainer.threads),
                gpu => gpu.to_owned(),
            };
            facts.extend(run.trainer.as_ref().map(device));
            facts.extend(run_settings(manifest, theme.glyphs));
        }
        let mut line = Line::default();
        if width >= WITH_TITLE {
            line.push_span(Span::styled("cnn-tui  ", palette.dim));
        }
        line.push_span(Span::styled(run.name().to_owned(), palette.strong));
        line.push_span(Span::raw("  "));
        let room = usize::from(width).saturating_sub(line.width() + self.state().width() + 2);
        while facts.len() > 1 && facts.join(&self.0.dot()).chars().count() > room {
            facts.pop();
        }
        line.push_span(Span::styled(facts.join(&self.0.dot()), palette.text));
        line
    }

    fn state(&self) -> Line<'a> {
        let words = run_state(self.0.theme, self.0.run);
        Line::styled(format!("{} {}", words.symbol, words.word), words.style)
    }

    /// The current epoch, all epochs, and the fraction done; `None` before the trainer has started.
    fn epoch(&self) -> Option<(u64, u64, f64)> {
        let trainer = self.0.run.trainer.as_ref()?;
        let per_epoch = trainer.steps_per_epoch.max(1);
        let (step, epochs) = (self.0.run.timeline.step, trainer.total_steps / per_epoch);
        let evaluated = self.0.run.timeline.reports().next_back().map_or(0, |report| u64::from(report.epoch));
        let is_over = !self.0.run.is_live() && evaluated > 0 && step == evaluated * per_epoch;
        // A run that has ended after an epoch, by patience for example, shows that epoch, not the next one.
        let next = if is_over { evaluated } else { evaluated + 1 };
        let epoch = next.min(epochs.max(1));
        let done = step.saturating_sub((epoch - 1) * per_epoch).min(per_epoch);
        Some((epoch, epochs, done as f64 / per_epoch as f64))
    }

    fn total(&self) -> f64 {
        let total = self.0.run.trainer.as_ref().map_or(0, |trainer| trainer.total_steps);
        if total == 0 { 0.0 } else { self.0.run.timeline.step as f64 / total as f64 }
    }

    fn epoch_words(&self) -> String {
        let Some((epoch, epochs, _)) = self.epoch() else { return "epoch -".to_owned() };
        let width = epochs.to_string().len();
        format!("epoch {epoch:>width$}/{epochs}")
    }

    fn bars(&self, width: u16) -> Line<'a> {
        let Shown { theme, .. } = self.0;
        let palette = &theme.palette;
        let epoch = self.epoch().map_or(0.0, |(_, _, done)| done);
        let bar = usize::from(width / 4);
        let mut line = Line::from(Span::styled(self.epoch_words() + " ", palette.text));
        line.extend(ProgressBar::new(theme, epoch).line(bar));
        line.push_span(Span::styled(format!(" {:>5}   run ", text::share(epoch)), palette.text));
        line.extend(ProgressBar::new(theme, self.total()).line(bar));
        line.push_span(Span::styled(format!(" {:>5}", text::share(self.total())), palette.text));
        line
    }

    /// The time left, or since it was paused, or that it trained for.
    fn time_line(&self) -> Line<'a> {
        let Shown { app, run, theme } = self.0;
        let palette = &theme.palette;
        let (label, value) = match run.status() {
            Some(RunStatus::Paused) => {
                let paused = run.paused_since.map(|since| (app.shared.now - since).max(0.0));
                ("paused for ", text::duration(paused))
            }
            Some(RunStatus::Running) => ("ETA ", text::clock(run.eta())),
            _ => ("trained for ", text::duration(Some(run.active_seconds))),
        };
        Line::from_iter([Span::styled(label, palette.dim), Span::styled(value, palette.text)])
    }

    /// Why the run cannot go on; otherwise where it is paused; otherwise its throughput and, if there is room, how a step's time
    /// is spent.
    fn status_line(&self, width: u16) -> Line<'a> {
        let Shown { run, theme, .. } = self.0;
        let palette = &theme.palette;
        if let Some(reason) = self.reason() {
            return Line::styled(reason, palette.warning);
        }
        if let (Some(RunStatus::Paused), Some(position)) = (run.status(), &run.position) {
            let hash: String = position.weights_hash.chars().take(HASH).collect();
            return Line::from_iter([
                Span::styled("paused at step ", palette.dim),
                Span::styled(text::count(run.timeline.step), palette.text),
                Span::styled(", batch ", palette.dim),
                Span::styled(text::count(position.batch), palette.text),
                Span::styled(format!(" of epoch {}, weights ", position.epoch + 1), palette.dim),
                Span::styled(hash, palette.text),
            ]);
        }
        // A run that is not training shows its overall throughput.
        let (images, step) = match (run.status(), &run.manifest) {
            (Some(RunStatus::Running), _) => (run.images_per_second(), run.pace.seconds_per_step()),
            (_, Some(manifest)) => {
                let steps = (run.timeline.step > 0).then_some(run.timeline.step as f64);
                (manifest.summary.images_per_second, steps.map(|steps| run.active_seconds / steps))
            }
            (_, None) => (None, None),
        };
        let rate = run.learning_rate.map(f64::from);
        let mut line = Line::from_iter([
            Span::styled("images/s ", palette.dim),
            Span::styled(format!("{:<7}  ", text::rate(images)), palette.text),
            Span::styled("ms/step ", palette.dim),
            Span::styled(format!("{:<6}  ", text::millis(step)), palette.text),
            Span::styled("lr ", palette.dim),
            Span::styled(format!("{:<5}  ", text::setting(rate)), palette.text),
        ]);
        let split = self.split();
        if line.width() + split.width() + 2 + self.best("@ epoch").width() <= usize::from(width) {
            line.extend(split);
        }
        line
    }

    /// Shares of a step's time in percent.
    fn split(&self) -> Line<'a> {
        let Shown { run, theme, .. } = self.0;
        let (palette, spent, total) = (&theme.palette, run.spent, run.spent.total());
        if total <= 0.0 {
            return Line::default();
        }
        let parts = [
            ("data ", spent.data),
            ("  forward ", spent.forward),
            ("  backward ", spent.backward),
            ("  update ", spent.update),
        ];
        let mut line = Line::default();
        for (label, seconds) in parts {
            line.push_span(Span::styled(label, palette.dim));
            line.push_span(Span::styled(text::points(f64::from(seconds / total)), palette.text));
        }
        line.push_span(Span::styled(" %", palette.dim));
        line
    }

    fn best(&self, at: &'static str) -> Line<'a> {
        let palette = &self.0.theme.palette;
        let Some(best) = self.0.run.best() else {
            return Line::styled("best -", palette.dim);
        };
        let mut line = Line::from_iter([
            Span::styled("best ", palette.dim),
            Span::styled(text::percent(best.test_accuracy), palette.strong),
            Span::styled(format!(" {at} {}", best.epoch), palette.dim),
        ]);
        if let Some(left) = self.0.run.patience_left() {
            let words = if at == "@" { format!(", {left} left") } else { format!(", ends in {left} epochs") };
            line.push_span(Span::styled(words, palette.warning));
        }
        line
    }

    /// Progress and best result on one line, for small terminals.
    fn short(&self, width: u16) -> Line<'a> {
        let Shown { run, theme, .. } = self.0;
        let palette = &theme.palette;
        if let Some(reason) = self.reason() {
            return Line::styled(reason, palette.warning);
        }
        let mut line = Line::from(Span::styled(self.epoch_words() + "  run ", palette.text));
        let bar = width.saturating_sub(SHORT).min(width / 12);
        line.extend(ProgressBar::new(theme, self.total()).line(usize::from(bar)));
        line.push_span(Span::styled(format!(" {:>5}  ", text::share(self.total())), palette.text));
        let eta = self.time_line();
        // All of it or nothing: a cut number would be wrong.
        if line.width() + eta.width() + 1 + self.best("@").width() <= usize::from(width) {
            line.extend(eta);
        }
        if width >= WITH_PACE && run.status() == Some(RunStatus::Running) {
            let images = text::rate(run.images_per_second());
            line.push_span(Span::styled(format!("  {images} images/s"), palette.dim));
        }
        line
    }

    /// Why the run failed or cannot continue.
    fn reason(&self) -> Option<String> {
        if let Some(trouble) = self.0.run.state.as_ref().and_then(RunState::trouble) {
            return Some(brief(trouble));
        }
        if let Some(holder) = self.0.run.state.as_ref().and_then(RunState::elsewhere) {
            return Some(format!("locked by process {} on {}", holder.pid, holder.host));
        }
        self.0.run.manifest.as_ref()?.reason.as_deref().map(brief)
    }
}

/// Hash digits shown: enough to distinguish the states of a run.
const HASH: usize = 12;
/// Width of the short line and the best accuracy without the bar.
const SHORT: u16 = 57;
/// Minimum width for the throughput on the short line.
const WITH_PACE: u16 = 76;
/// Minimum width for the program's name.
const WITH_TITLE: u16 = 100;

/// A sparkline of the last training losses.
pub(super) struct LastSteps<'a>(pub(super) Shown<'a>);

impl Widget for LastSteps<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Shown { run, theme, .. } = self.0;
        let area = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        let label = Span::styled("last steps  ", theme.palette.dim);
        let width = usize::from(area.width).saturating_sub(label.width());
        let mut line = Line::from(label);
        let values: Vec<f64> = run.loss.raw().tail(width).collect();
        let sparkline = Sparkline::new(theme, values).style(theme.palette.curve.train);
        line.extend(sparkline.line(width));
        line.render(area, buf);
    }
}
