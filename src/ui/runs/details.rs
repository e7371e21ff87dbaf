//! The details of the selected run.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::App;
use crate::metrics::text;
use crate::run::{ListedRun, Listing, Pause, PauseReason};
use crate::ui::labels::{run_settings, wrap};
use crate::ui::theme::RenderTheme;
use crate::ui::widgets::PaneFrame;

/// The details pane of the runs screen.
pub(super) struct Details<'a> {
    pub(super) app: &'a App,
    pub(super) theme: &'a RenderTheme,
}

/// Width of the labels.
const LABEL: usize = 12;
/// Number of pauses shown, the newest ones.
const PAUSES: usize = 3;

impl Details<'_> {
    /// Such as `by you at step 11,012 for 4 m, resumed bit-exact`.
    fn pause(&self, pause: &Pause) -> String {
        let lasted = text::duration(pause.to.unwrap_or(self.app.shared.now) - pause.from);
        let how = match pause.resumed_step {
            Some(_) if pause.before.is_some() && pause.before == pause.after => {
                ", resumed bit-exact".to_owned()
            }
            Some(step) if step < pause.step => format!(", resumed from step {}", text::count(step)),
            _ => String::new(),
        };
        let reason = match pause.reason {
            PauseReason::Command => "by you".to_owned(),
            reason => reason.to_string(),
        };
        format!("{reason} at step {} for {lasted}{how}", text::count(pause.step))
    }
}

impl Widget for Details<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let Self { app, theme } = self;
        let palette = &theme.palette;
        let inner = PaneFrame::inner(area);
        let Some(run) = app.shared.selected_or_first() else {
            PaneFrame::new(theme, "details").render(area, buf);
            if let Some(Listing::Broken { name, reason }) = app.shared.selected_listed() {
                let width = usize::from(inner.width).max(1);
                let text = format!("{name}\n\n{reason}");
                let lines = text.lines().flat_map(|line| wrap(line, width)).collect::<Vec<_>>();
                for (row, line) in inner.rows().zip(lines) {
                    Line::styled(line, palette.text).render(row, buf);
                }
            }
            return;
        };
        PaneFrame::new(theme, run.manifest.name.clone()).render(area, buf);
        let mut rows = inner.rows();
        if let Some(row) = rows.next() {
            Line::styled(run.manifest.id.to_string(), palette.dim).render(row, buf);
        }
        let width = usize::from(inner.width).saturating_sub(LABEL).max(1);
        for (label, value) in self.facts(run) {
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

impl Details<'_> {
    /// What to say about a run, each with its label.
    fn facts(&self, run: &ListedRun) -> Vec<(&'static str, String)> {
        let Self { app, theme } = self;
        let manifest = &run.manifest;
        let (summary, provenance) = (&manifest.summary, &manifest.provenance);
        let data = provenance.dataset.as_ref().map_or("-".to_owned(), |data| data.description.clone());
        let best = match summary.best_epoch {
            Some(epoch) => format!("{} @ epoch {epoch}", text::percent(summary.best_test_accuracy)),
            None => "-".to_owned(),
        };
        let mut facts = vec![
            ("state", run.state_name().to_string()),
            ("tags", manifest.tags.join(" ")),
            ("notes", manifest.notes.clone()),
            ("preset", manifest.config.preset.clone()),
            ("data", data),
            (
                "settings",
                run_settings(manifest, theme.glyphs).join(&format!(" {} ", theme.glyphs.separator())),
            ),
            ("best", best),
            ("test loss", text::loss(summary.last_test_loss)),
            ("train loss", text::loss(summary.last_train_loss)),
            ("steps", text::count(summary.step)),
            ("trained", text::duration(Some(summary.active_seconds))),
            ("speed", format!("{} images/s", text::rate(summary.images_per_second))),
            ("host", provenance.host.clone()),
            ("version", provenance.version.clone()),
        ];
        let pauses = manifest.pauses.iter().rev().take(PAUSES).map(|pause| self.pause(pause));
        facts
            .extend(pauses.enumerate().map(|(place, pause)| (if place == 0 { "pauses" } else { "" }, pause)));
        if let Some(parent) = &manifest.parent {
            let known = app.shared.listed_runs().find(|run| run.manifest.id == *parent);
            let name = known.map_or_else(|| parent.to_string(), |run| run.manifest.name.clone());
            facts.insert(1, ("forked from", name));
        }
        if let Some(reason) = &manifest.reason {
            facts.insert(1, ("reason", reason.clone()));
        }
        facts.retain(|(label, value)| !value.is_empty() || label.is_empty());
        facts
    }
}
