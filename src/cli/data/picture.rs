//! Images as text.
//!
//! A terminal cell is about twice as high as wide, so it shows two pixels, one above the other. An image takes 28
//! columns and 14 rows and looks square:
//!
//! ```text
//! Ankle boot                    Pullover
//!                                       :==*====++=-.
//!                                    .#@@@@@@@@@@@@@@%-
//! ```

use std::io::{self, Write};

use anstyle::{Ansi256Color, Color, Reset, RgbColor, Style};

use super::surface::Shading;
use crate::data::{Image, SIDE};

/// Columns between images.
const GAP: usize = 2;

/// ASCII shades from background to the brightest pixel.
const SHADES: &[u8; 10] = b" .:-=+*#%@";

/// An image with a caption above it.
pub(super) struct CaptionedImage<'a> {
    pub(super) caption: String,
    pub(super) image: &'a Image,
}

/// How many images fit side by side in `width` columns.
pub(super) fn per_row(width: usize) -> usize {
    (width + GAP) / (SIDE + GAP)
}

/// Draws `pictures` side by side, with captions cut to the width of an image.
pub(super) fn draw(
    pictures: &[CaptionedImage<'_>],
    shading: Shading,
    out: &mut impl Write,
) -> io::Result<()> {
    let gap = " ".repeat(GAP);
    let captions = pictures.iter().map(|picture| format!("{:SIDE$.SIDE$}", picture.caption));
    writeln!(out, "{}", captions.collect::<Vec<_>>().join(&gap).trim_end())?;
    for row in 0..SIDE / 2 {
        let cells = pictures.iter().map(|picture| cells(picture.image, row, shading));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join(&gap).trim_end())?;
    }
    Ok(())
}

/// One row of cells, which shows two rows of pixels.
fn cells(image: &Image, row: usize, shading: Shading) -> String {
    let start = 2 * row * SIDE;
    let (upper, lower) = image[start..start + 2 * SIDE].split_at(SIDE);
    let mut text = String::new();
    let mut last = None;
    for (&upper, &lower) in upper.iter().zip(lower) {
        let (upper, lower) = match shading {
            Shading::TrueColour => (true_colour(upper), true_colour(lower)),
            Shading::Greys => (grey(upper), grey(lower)),
            Shading::Ascii => {
                text.push(shade(u8::midpoint(upper, lower)));
                continue;
            }
        };
        let style = Style::new().fg_color(Some(upper)).bg_color(Some(lower));
        if last != Some(style) {
            text.push_str(&style.render().to_string());
            last = Some(style);
        }
        text.push('▀');
    }
    if last.is_some() {
        text.push_str(&Reset.render().to_string());
    }
    text
}

fn true_colour(pixel: u8) -> Color {
    RgbColor(pixel, pixel, pixel).into()
}

/// One of the 24 greys of the 256-colour palette, numbers 232 to 255.
fn grey(pixel: u8) -> Color {
    Ansi256Color(232 + pixel / 11).into()
}

fn shade(pixel: u8) -> char {
    SHADES[usize::from(pixel) * SHADES.len() / 256].into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::PIXELS;

    /// Black at the top, then two rows with a gradient, white at the bottom.
    fn wedge() -> Image {
        let mut image = [0; PIXELS];
        for (pixel, column) in image[14 * SIDE..15 * SIDE].iter_mut().zip(0_u16..) {
            *pixel = (column * 255 / 27).try_into().unwrap();
        }
        image.copy_within(14 * SIDE..15 * SIDE, 15 * SIDE);
        image[16 * SIDE..].fill(255);
        image
    }

    fn drawn(captions: &[&str], shading: Shading) -> String {
        let image = wedge();
        let pictures: Vec<_> = captions
            .iter()
            .map(|&caption| CaptionedImage { caption: caption.to_owned(), image: &image })
            .collect();
        let mut out = Vec::new();
        draw(&pictures, shading, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn as_many_images_as_fit_are_side_by_side() {
        let cases = [(0, 0), (27, 0), (28, 1), (57, 1), (58, 2), (80, 2), (88, 3), (200, 6)];
        for (width, count) in cases {
            assert_eq!(per_row(width), count, "{width}");
        }
    }

    #[test]
    fn ascii_has_ten_shades_and_no_escapes() {
        let text = drawn(&["one", "two"], Shading::Ascii);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 15);
        assert_eq!(lines[0], format!("{:30}two", "one"));
        assert_eq!(lines[1], "");
        assert_eq!(lines[8], format!("{0}  {0}", "   ...:::--===+++***##%%%@@@"));
        assert_eq!(lines[9], format!("{0}  {0}", "@".repeat(28)));
        assert!(text.is_ascii() && !text.contains('\u{1b}'));
    }

    #[test]
    fn colours_are_set_on_change_and_reset_at_line_end() {
        let text = drawn(&["one"], Shading::TrueColour);
        let lines: Vec<_> = text.lines().collect();
        let black = format!("\u{1b}[38;2;0;0;0m\u{1b}[48;2;0;0;0m{}\u{1b}[0m", "▀".repeat(28));
        assert_eq!(lines[1], black);
        assert_eq!(lines[8].matches('▀').count(), 28);

        let greys = drawn(&["one"], Shading::Greys);
        let white = format!("\u{1b}[38;5;255m\u{1b}[48;5;255m{}\u{1b}[0m", "▀".repeat(28));
        assert_eq!(greys.lines().last(), Some(white.as_str()));
    }

    #[test]
    fn long_captions_are_cut() {
        let long = "x".repeat(40);
        assert_eq!(drawn(&[&long], Shading::Ascii).lines().next(), Some("x".repeat(28).as_str()));
    }
}
