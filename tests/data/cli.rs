//! `cnn-tui data`: parsing of its flags, and its output.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use cnn_tui::cli::data::{DataCommand, DataContext, Shading, ShowCommand, Surface};
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

/// Output or error of a command, with data directories below `root`.
fn run(line: &str, root: &Path, surface: Surface) -> Result<String, String> {
    let roots = Roots { data: Some(root.join("data")), system: root.join("system") };
    let mut out = Vec::new();
    parsed(line).run(&DataContext { roots, surface }, &mut out).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

fn ascii(width: usize) -> Surface {
    Surface { width, shading: Shading::Ascii }
}

/// Writes a data set of two training images and one test image, all with label `label`.
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
fn flags_are_parsed() {
    let DataCommand::Fetch(fetch) = parsed("data fetch --to there") else { panic!("not fetch") };
    assert_eq!((fetch.to, fetch.url.as_str()), (Some(PathBuf::from("there")), BASE_URL));

    let show = |line| match parsed(line) {
        DataCommand::Show(ShowCommand { data, count, .. }) => (data, count),
        DataCommand::Fetch(_) => panic!("not show"),
    };
    assert_eq!(show("data show"), (None, None));
    assert_eq!(show("data show --data built-in --count 3"), (Some(Source::BuiltIn), Some(3)));
}

#[test]
fn show_lists_every_location() {
    let root = tempfile::tempdir().unwrap();
    let (data, system) = (root.path().join("data/fashion-mnist"), root.path().join("system/fashion-mnist"));
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("train-labels-idx1-ubyte.gz"), "").unwrap();
    let text = run("data show", root.path(), ascii(80)).unwrap();
    let expected = format!(
        "  data directory  broken: {data}: missing train-images-idx3-ubyte, t10k-images-idx3-ubyte, \
         t10k-labels-idx1-ubyte; copy the missing files there, or run `cnn-tui data fetch` to download Fashion-MNIST\n\
         \x20 system package  {system}: no data set\n\
         \x20 built in        fashion-mnist, 6,000 training and 1,000 test images\n\
         \n\
         cannot train without --data: repair or remove the broken data set, or use --data built-in\n",
        data = data.display(),
        system = system.display(),
    );
    assert_eq!(text, expected);

    fs::remove_file(data.join("train-labels-idx1-ubyte.gz")).unwrap();
    let text = run("data show", root.path(), ascii(80)).unwrap();
    let (listing, pictures) = text.split_at(text.find("\n\nAnkle boot").unwrap());
    let expected = format!(
        "  data directory  {data}: no data set\n\
         \x20 system package  {system}: no data set\n\
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
fn show_data_checks_only_that_directory() {
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
    assert!(error.starts_with("cannot open no/such/place: "), "{error}");
}

#[test]
fn images_fit_the_terminal_width() {
    let root = tempfile::tempdir().unwrap();
    let lines = |line: &str, surface| run(line, root.path(), surface).unwrap().lines().count();
    let listing = 3 + 1 + 2;
    let row = 1 + 1 + 14;
    assert_eq!(lines("data show", ascii(200)), listing + row);
    assert_eq!(lines("data show --count 5", ascii(80)), listing + 3 * row);
    assert_eq!(lines("data show --count 0", ascii(80)), listing);

    let text = run("data show", root.path(), ascii(27)).unwrap();
    assert!(text.ends_with("\n\nimages need 28 columns, but the terminal has 27\n"), "{text}");
}

#[test]
fn shading_depends_on_symbols_and_colours() {
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
fn failed_download_suggests_a_mirror() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(Vec::new(), Vec::new());
    let error = run(&format!("data fetch --url {}", server.url()), root.path(), ascii(80)).unwrap_err();
    let expected = format!(
        "{}train-images-idx3-ubyte.gz: the server returned status 404; choose a mirror with --url",
        server.url()
    );
    assert_eq!(error, expected);
}

#[test]
fn fetch_without_home_needs_a_directory() {
    let context =
        DataContext { roots: Roots { data: None, system: PathBuf::from("none") }, surface: ascii(80) };
    let error = parsed("data fetch").run(&context, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "no home directory to store the data in; choose a directory with --to");
}
