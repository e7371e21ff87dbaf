//! A grid of kernels.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::grid::Grid;
use super::pixels::{self, Tile};
use crate::metrics::text;
use crate::ui::layout::cells;
use crate::ui::theme::RenderTheme;

/// The kernels of a convolution as a grid of numbered pictures, on one scale that is symmetric around zero.
///
/// Pictures have square pixels and are as large as fits. With few or no colours, symbols show the sign of a weight.
#[derive(Debug, Clone, Copy)]
pub struct KernelGrid<'a> {
    theme: &'a RenderTheme,
    weights: &'a [f32],
    shape: [usize; 4],
    input: ChannelSelection,
    first: usize,
    limit: Option<f32>,
    chosen: Option<usize>,
}

/// Which input channels of a kernel to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelSelection {
    /// A single channel.
    Channel(usize),
    /// The mean over all channels.
    Mean,
    /// Every channel as its own picture.
    Each,
}

impl<'a> KernelGrid<'a> {
    /// Kernels from weights in the order output, input, height, width; `shape` holds the four sizes.
    pub const fn new(theme: &'a RenderTheme, weights: &'a [f32], shape: [usize; 4]) -> Self {
        Self {
            theme,
            weights,
            shape,
            input: ChannelSelection::Channel(0),
            first: 0,
            limit: None,
            chosen: None,
        }
    }

    /// Selects the input channels to draw.
    #[must_use]
    pub const fn input(mut self, input: ChannelSelection) -> Self {
        self.input = input;
        self
    }

    /// Starts with this kernel, for scrolling.
    #[must_use]
    pub const fn first(mut self, first: usize) -> Self {
        self.first = first;
        self
    }

    /// Fixes the end of the scale, for comparisons; by default the largest magnitude.
    #[must_use]
    pub const fn limit(mut self, limit: f32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Highlights this kernel's number.
    #[must_use]
    pub const fn chosen(mut self, chosen: usize) -> Self {
        self.chosen = Some(chosen);
        self
    }

    /// Number of pictures.
    pub fn count(&self) -> usize {
        let [outputs, inputs, ..] = self.shape;
        let size = self.shape.iter().try_fold(1_usize, |size, side| size.checked_mul(*side));
        if self.weights.is_empty() || size != Some(self.weights.len()) {
            return 0;
        }
        match self.input {
            ChannelSelection::Channel(channel) if channel >= inputs => 0,
            ChannelSelection::Channel(_) | ChannelSelection::Mean => outputs,
            ChannelSelection::Each => outputs * inputs,
        }
    }

    /// Number of pictures that fit in an area, for paging.
    pub fn capacity(&self, area: Rect) -> usize {
        self.grid(area).map_or(0, |grid| grid.capacity())
    }

    /// The end of the scale: the largest magnitude, or the limit if it was set.
    pub fn scale(&self) -> f32 {
        let largest = || {
            let sizes = (0..self.count()).flat_map(|index| self.kernel(index)).map(f32::abs);
            sizes.filter(|size| size.is_finite()).fold(0.0, f32::max)
        };
        self.limit.map_or_else(largest, f32::abs)
    }

    /// The scale with its ends, for a pane's title: `-0.41 ▇▇▇▇▇▇▇ +0.41`.
    pub fn legend(&self) -> Line<'a> {
        let end = text::scale(f64::from(self.scale()));
        let dim = self.theme.palette.dim;
        let mut line = Line::from(Span::styled(format!("-{end} "), dim));
        line.spans.extend(pixels::swatch(self.theme));
        line.spans.push(Span::styled(format!(" +{end}"), dim));
        line
    }

    /// The weights of a picture.
    fn kernel(&self, index: usize) -> Vec<f32> {
        let [_, inputs, height, width] = self.shape;
        let size = height * width;
        let plane = |number: usize| &self.weights[number * size..(number + 1) * size];
        match self.input {
            ChannelSelection::Channel(channel) => plane(index * inputs + channel).to_vec(),
            ChannelSelection::Each => plane(index).to_vec(),
            ChannelSelection::Mean => (0..size)
                .map(|at| {
                    (0..inputs).map(|input| plane(index * inputs + input)[at]).sum::<f32>() / inputs as f32
                })
                .collect(),
        }
    }

    fn label(&self, index: usize) -> String {
        match self.input {
            ChannelSelection::Channel(_) | ChannelSelection::Mean => index.to_string(),
            ChannelSelection::Each => {
                format!("{}.{}", index / self.shape[1].max(1), index % self.shape[1].max(1))
            }
        }
    }

    fn widest_label(&self) -> usize {
        self.label(self.count().saturating_sub(1)).len()
    }

    fn grid(&self, area: Rect) -> Option<Grid> {
        let [_, _, height, width] = self.shape;
        let tile = |scale: usize| Tile::new(self.theme, [height, width], scale);
        Grid::fit(area, self.count(), self.widest_label(), tile)
    }
}

impl Widget for KernelGrid<'_> {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        let Some(grid) = self.grid(area) else { return };
        let scale = self.scale();
        let first = self.first.min(self.count().saturating_sub(grid.capacity()));
        for (index, place) in (first..self.count()).zip(grid.places()) {
            let style = match self.chosen {
                Some(chosen) if chosen == index => self.theme.palette.accent,
                _ => self.theme.palette.dim,
            };
            let label = format!("{:>1$}", self.label(index), self.widest_label());
            buf.set_stringn(place.x, place.y, label, grid.label, style);
            let shares = self
                .kernel(index)
                .into_iter()
                .map(|weight| if scale == 0.0 { weight } else { weight / scale });
            let x = place.x + cells(grid.label);
            grid.tile.draw(self.theme, &shares.collect::<Vec<_>>(), (x, place.y), buf);
        }
        let left = self.count().saturating_sub(first + grid.capacity());
        if let Some(note) = grid.note.filter(|_| left > 0) {
            buf.set_stringn(
                note.x,
                note.y,
                format!("+{left} more"),
                note.width.into(),
                self.theme.palette.dim,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::widgets::testing::{ascii, buffer, overhanging, text, theme, unicode};
    use crate::ui::{ColorDepth, Glyphs};

    /// Kernels of one channel, each a gradient in another direction.
    fn slopes(count: u8) -> Vec<f32> {
        let slope = |kernel: u8| {
            let (sin, cos) = f32::from(kernel).sin_cos();
            (0..25_u8)
                .map(move |at| (f32::from(at % 5) - 2.0) * cos * 0.1 + (f32::from(at / 5) - 2.0) * sin * 0.1)
        };
        (0..count).flat_map(slope).collect()
    }

    #[test]
    fn kernels_are_numbered_and_as_large_as_fits() {
        let weights = slopes(10);
        for (width, height) in [(64, 12), (36, 8), (160, 30)] {
            let theme = unicode();
            let kernels = KernelGrid::new(&theme, &weights, [10, 1, 5, 5]);
            insta::assert_snapshot!(format!("unicode_{width}x{height}"), text(kernels, width, height));
        }
    }

    #[test]
    fn symbols_show_sign_and_magnitude_without_colors() {
        let weights = slopes(4);
        for (name, theme) in
            [("ascii", ascii()), ("shades", theme("dark", ColorDepth::None, Glyphs::Unicode))]
        {
            let kernels = KernelGrid::new(&theme, &weights, [4, 1, 5, 5]);
            let drawn = format!("{}\n{}", kernels.legend(), text(kernels, 52, 6));
            insta::assert_snapshot!(name, drawn);
        }
    }

    #[test]
    fn kernels_that_do_not_fit_are_counted() {
        let (theme, weights) = (unicode(), slopes(10));
        let kernels = KernelGrid::new(&theme, &weights, [10, 1, 5, 5]);
        insta::assert_snapshot!(text(kernels, 22, 4), @"
        0▀▀▀▀▀  1▀▀▀▀▀  2▀▀▀▀▀
         ▀▀▀▀▀   ▀▀▀▀▀   ▀▀▀▀▀
         ▀▀▀▀▀   ▀▀▀▀▀   ▀▀▀▀▀
        +7 more
        ");
        insta::assert_snapshot!(text(kernels.first(5), 22, 4), @"
        5▀▀▀▀▀  6▀▀▀▀▀  7▀▀▀▀▀
         ▀▀▀▀▀   ▀▀▀▀▀   ▀▀▀▀▀
         ▀▀▀▀▀   ▀▀▀▀▀   ▀▀▀▀▀
        +2 more
        ");
        assert_eq!(kernels.capacity(Rect::new(0, 0, 22, 4)), 3);
        assert!(text(kernels.first(99), 22, 4).starts_with('7'), "the last page is full");
    }

    #[test]
    fn cell_has_two_pixels_on_one_scale() {
        let theme = unicode();
        let kernels = KernelGrid::new(&theme, &[-0.5, 0.0, 0.25], [1, 1, 3, 1]).limit(1.0);
        let cells = buffer(kernels, 3, 2);
        let color = |share: f32| theme.ramp.color(share).unwrap();
        assert_eq!(
            (cells[(2, 0)].symbol(), cells[(2, 0)].fg, cells[(2, 0)].bg),
            ("▀", color(-0.5), color(0.0))
        );
        assert_eq!((cells[(2, 1)].symbol(), cells[(2, 1)].fg), ("▀", color(0.25)));
        assert_eq!(cells[(2, 1)].bg, ratatui::style::Color::Reset, "below the last pixel is nothing");
    }

    #[test]
    fn input_channels_are_selected_or_averaged() {
        let weights = [1.0, 3.0, -2.0, 4.0];
        let (theme, of) = (unicode(), |input, index| {
            KernelGrid::new(&ascii(), &weights, [2, 2, 1, 1]).input(input).kernel(index)
        });
        assert_eq!(
            (of(ChannelSelection::Channel(1), 0), of(ChannelSelection::Channel(1), 1)),
            (vec![3.0], vec![4.0])
        );
        assert_eq!((of(ChannelSelection::Mean, 0), of(ChannelSelection::Mean, 1)), (vec![2.0], vec![1.0]));
        let each = KernelGrid::new(&theme, &weights, [2, 2, 1, 1]).input(ChannelSelection::Each);
        assert_eq!((each.count(), each.label(3)), (4, "1.1".to_owned()));
        assert_eq!(each.input(ChannelSelection::Channel(2)).count(), 0);
    }

    #[test]
    fn nan_weights_are_crosses_and_do_not_affect_the_scale() {
        let theme = ascii();
        let kernels = KernelGrid::new(&theme, &[f32::NAN, 0.5, f32::INFINITY, -0.5], [1, 1, 2, 2]);
        insta::assert_snapshot!(format!("{}\n{}", kernels.legend(), text(kernels, 8, 2)), @"
        -0.50 =~-, .+*# +0.50
        0 xx##
          xx==
        ");
        assert_eq!(
            KernelGrid::new(&theme, &[0.0; 4], [1, 1, 2, 2]).legend().to_string(),
            "-0.00 =~-, .+*# +0.00"
        );
    }

    #[test]
    fn weights_of_the_wrong_shape_are_not_drawn() {
        let theme = unicode();
        for shape in [[1, 1, 2, 2], [0, 1, 3, 1], [usize::MAX, 2, 2, 2]] {
            assert_eq!(text(KernelGrid::new(&theme, &[1.0; 3], shape), 4, 1), "");
        }
    }

    proptest! {
        #[test]
        fn any_weights_can_be_drawn_at_any_size(
            values in prop::collection::vec(any::<f32>(), 4..5),
            shape in (0..12_usize, 1..4_usize, 0..6_usize, 0..6_usize),
            (width, height) in (0..60_u16, 0..20_u16),
            first in 0..20_usize,
        ) {
            let shape = [shape.0, shape.1, shape.2, shape.3];
            let weights: Vec<_> = values.iter().copied().cycle().take(shape.iter().product()).collect();
            for theme in [unicode(), ascii(), theme("light", ColorDepth::Ansi16, Glyphs::Unicode)] {
                for input in [ChannelSelection::Channel(0), ChannelSelection::Mean, ChannelSelection::Each] {
                    let kernels = KernelGrid::new(&theme, &weights, shape).input(input).first(first).chosen(1);
                    overhanging(kernels, width, height);
                    buffer(kernels, width, height);
                    kernels.legend();
                }
            }
        }
    }
}
