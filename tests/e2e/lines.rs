//! Progress lines, as patterns in which `#` stands for a digit.

/// The first line of an epoch on `images` images.
pub(crate) fn first(epoch: u32, images: u32) -> String {
    line(epoch, 0, images, 0)
}

/// The line at an image of an epoch.
pub(crate) fn line(epoch: u32, image: u32, images: u32, percent: u32) -> String {
    format!("Train Epoch: {epoch} [{image}/{images} ({percent}%)]\tLoss: #.######")
}

/// The line after an epoch.
pub(crate) fn test(epoch: u32) -> String {
    format!("[{epoch}] Test Loss: #.####, Accuracy: ##.##%")
}

/// Checks that a text is these lines and nothing else.
pub(crate) fn assert_are(text: &str, patterns: &[String]) {
    let fits = text.lines().count() == patterns.len()
        && text.ends_with('\n')
        && text.lines().zip(patterns).all(|(line, pattern)| fits(line, pattern));
    assert!(fits, "\n{text}is not\n{}", patterns.join("\n"));
}

fn fits(line: &str, pattern: &str) -> bool {
    let same = |(is, should): (char, char)| if should == '#' { is.is_ascii_digit() } else { is == should };
    line.chars().count() == pattern.chars().count() && line.chars().zip(pattern.chars()).all(same)
}
