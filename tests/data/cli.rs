//! `cnn-tui data` as its flags are read and its output is seen.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use cnn_tui::cli::data::{CommandContext, DataCommand, Shading, ShowCommand, Surface};
use cnn_tui::data::idx::Content;
use cnn_tui::data::{BASE_URL, PIXELS, Roots, Source};
use cnn_tui::ui::{ColorDepth, Glyphs};

use crate::server::Server;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: DataCommand,
}

fn parsed(line: &str) -> DataCommand {
    Cli::try_parse_from(line.split(' ')).unwrap().command
}

/// What the command writes, or its error, in a world whose directories lie below `root`.
fn run(line: &str, root: &Path, surface: Surface) -> Result<String, String> {
    let roots = Roots { data: Some(root.join("data")), system: root.join("system") };
    let mut out = Vec::new();
    parsed(line).run(&CommandContext { roots, surface }, &mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

fn ascii(width: usize) -> Surface {
    Surface { width, ink: Shading::Ascii }
}

/// Writes a set of two training images and one test image, all with label `label`.
fn write_set(dir: &Path, label: u8) {
    fs::create_dir_all(dir).unwrap();
    for (half, count) in [("train", 2), ("t10k", 1)] {
        let images = [Content::Images.header(count), vec![255; count as usize * PIXELS]].concat();
        let labels = [Content::Labels.header(count), vec![label; count as usize]].concat();
        fs::write(dir.join(format!("{half}-images-idx3-ubyte")), images).unwrap();
        fs::write(dir.join(format!("{half}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn flags_are_read() {
    let DataCommand::Fetch(fetch) = parsed("data fetch --to there") else { panic!("not fetch") };
    assert_eq!((fetch.to, fetch.url.as_str()), (Some(PathBuf::from("there")), BASE_URL));

    let show = DataCommand::Show(ShowCommand { data: None, count: None });
    assert_eq!(parsed("data show"), show);
    let show = ShowCommand { data: Some(Source::BuiltIn), count: Some(3) };
    assert_eq!(parsed("data show --data built-in --count 3"), DataCommand::Show(show));
}

#[test]
fn every_place_is_listed() {
    let root = tempfile::tempdir().unwrap();
    let (data, system) = (root.path().join("data/fashion-mnist"), root.path().join("system/fashion-mnist"));
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("train-labels-idx1-ubyte.gz"), "").unwrap();
    let text = run("data show", root.path(), ascii(80)).unwrap();
    let (listing, pictures) = text.split_at(text.find("\n\nAnkle boot").unwrap());
    let expected = format!(
        "  data directory  broken: {data} lacks train-images-idx3-ubyte, t10k-images-idx3-ubyte, \
         t10k-labels-idx1-ubyte (`.idx` for `-idx` and a `.gz` at the end are fine too); \
         `cnn-tui data fetch` downloads Fashion-MNIST\n\
         \x20 system package  {system}: nothing there\n\
         * built in        fashion-mnist, 6,000 training and 1,000 test images\n\
         \n\
         training uses fashion-mnist 6,000 (built in)\n\
         sha256 85f8f7ec81f8f85fee3e30a67dbbc5892ad6397e06c5f077b4dfe494a2ae8d2d",
        data = data.display(),
        system = system.display(),
    );
    assert_eq!(listing, expected);
    assert!(pictures.is_ascii() && pictures.lines().all(|line| line.len() <= 80));
}

#[test]
fn a_given_directory_is_the_only_place() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("kmnist");
    write_set(&dir, 7);
    let line = format!("data show --data {} --count 5", dir.display());
    let text = run(&line, root.path(), ascii(30)).unwrap();
    assert!(
        text.starts_with(&format!("* --data          {}: kmnist, 2 training and 1 test", dir.display())),
        "{text}"
    );
    assert!(text.ends_with(&format!("\n\n7\n{}", format!("{}\n", "@".repeat(28)).repeat(14))), "{text}");

    let error = run("data show --data no/such/place", root.path(), ascii(80)).unwrap_err();
    assert!(error.starts_with("no/such/place: cannot be opened as a directory: "), "{error}");
}

#[test]
fn pictures_fit_the_terminal() {
    let root = tempfile::tempdir().unwrap();
    let lines = |line: &str, surface| run(line, root.path(), surface).unwrap().lines().count();
    let listing = 3 + 1 + 2;
    let row = 1 + 1 + 14;
    assert_eq!(lines("data show", ascii(200)), listing + row);
    assert_eq!(lines("data show --count 5", ascii(80)), listing + 3 * row);
    assert_eq!(lines("data show --count 0", ascii(80)), listing);

    let text = run("data show", root.path(), ascii(27)).unwrap();
    assert!(text.ends_with("\n\nan image needs 28 columns, the terminal has 27\n"), "{text}");
}

#[test]
fn symbols_and_colours_decide_the_ink() {
    assert_eq!(Shading::of(Glyphs::Unicode, ColorDepth::TrueColor), Shading::TrueColour);
    assert_eq!(Shading::of(Glyphs::Unicode, ColorDepth::Ansi256), Shading::Greys);
    for (glyphs, depth) in [
        (Glyphs::Ascii, ColorDepth::TrueColor),
        (Glyphs::Unicode, ColorDepth::Ansi16),
        (Glyphs::Unicode, ColorDepth::None),
    ] {
        assert_eq!(Shading::of(glyphs, depth), Shading::Ascii);
    }
}

#[test]
fn a_failing_download_says_how_to_go_on() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(Vec::new(), Vec::new());
    let error = run(&format!("data fetch --url {}", server.url()), root.path(), ascii(80)).unwrap_err();
    let expected = format!(
        "{}train-images-idx3-ubyte.gz: the server answered with status 404; name a mirror with --url",
        server.url()
    );
    assert_eq!(error, expected);
}

#[test]
fn a_download_needs_a_directory() {
    let world =
        CommandContext { roots: Roots { data: None, system: PathBuf::from("none") }, surface: ascii(80) };
    let error = parsed("data fetch").run(&world, &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no home directory to put the data in; name a directory with --to"
    );
}
