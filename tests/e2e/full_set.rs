//! The full Fashion-MNIST, where the Debian package `dataset-fashion-mnist` puts it.

use std::path::Path;

use crate::lines::{self, assert_are};
use crate::world::{World, skip};

#[test]
fn an_epoch_on_the_full_set_is_the_lectures() {
    let data = "/usr/share/datasets/fashion-mnist";
    if !Path::new(data).is_dir() {
        return skip("/usr/share/datasets/fashion-mnist is missing (Debian package dataset-fashion-mnist)");
    }
    let world = World::bare();
    let train = ["train", "--headless", "--preset", "dnn", "--epochs", "1", "--data", data];
    let ended = world.process(&train).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    let steps = [(0, 0), (12_800, 21), (25_600, 43), (38_400, 64), (51_200, 85)];
    let steps = steps.map(|(image, percent)| lines::line(1, image, 60_000, percent));
    assert_are(&ended.out, &[&steps[..], &[lines::test(1)]].concat());
    assert_eq!(world.run().record().provenance.dataset.unwrap().description, "fashion-mnist 60,000");
}
