"""What the Python contenders share: their arguments, the data set, timing, and the one line that they print."""

import argparse
import gzip
import json
import resource
import time
from pathlib import Path

import numpy as np

BATCH = 64
EVALUATION_BATCH = 1000
LEARNING_RATE = 0.01
MOMENTUM = 0.5
MEAN = 0.1307
STD = 0.3081

# A clock is read, and work that a framework has only queued is waited for, after this many steps.
STEPS_PER_LOOK = 10


def arguments(variants=None):
    """The arguments that every contender takes, and `--variant` where there are several of a kind."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--work", type=Path, default=Path("."), help="where files may be put")
    parser.add_argument("--check", action="store_true", help="train for an epoch: losses and accuracy, not speed")
    if variants:
        parser.add_argument("--variant", choices=variants, required=True)
    return parser.parse_args()


def read_set(folder, part):
    """The normalised images [n, 28, 28] and the labels [n] of the part `train` or `t10k`."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return (images.astype(np.float32) / 255 - MEAN) / STD, labels.astype(np.int64)


def images_per_s(seconds, batches, step, wait):
    """Takes steps on `batches`, without end, for at least `seconds`. `step` returns how many images it took."""
    start = time.perf_counter()
    images = 0
    while True:
        for _ in range(STEPS_PER_LOOK):
            images += step(next(batches))
        wait()
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return images / elapsed


def without_end(batches):
    """The batches of one epoch after the other."""
    while True:
        yield from batches()


def run(options, name, version, contender):
    """Measures a contender, or with `--check` trains it for an epoch, and prints what came of it.

    A contender has
      train_batches(), evaluation_batches(): the batches of one epoch, in a new order each time for training
      train(batch), evaluate(batch): a step, returning the number of images, and the loss or the right answers,
        as whatever `float` understands
      wait(): returns when all the work handed over is done
    """
    results = check(contender) if options.check else speeds(contender, options.seconds)
    peak_rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = {"name": name, "version": version, "threads": options.threads, **results}
    print(json.dumps(line | {"peak_rss_mb": round(peak_rss_mb, 1)}))


def speeds(contender, seconds):
    """Images per second in training and in evaluation, once both are warm."""
    results = {}
    for key, batches, step, duration in [
        ("train_images_per_s", contender.train_batches, contender.train, seconds),
        ("evaluate_images_per_s", contender.evaluation_batches, contender.evaluate, seconds / 4),
    ]:
        # The last batch of an epoch is smaller: a compiler must have seen it before the clock runs.
        for batch in contender.shapes(batches):
            step(batch)
        contender.wait()

        def images(batch, step=step):
            return step(batch)[0]

        endless = without_end(batches)
        images_per_s(min(seconds / 4, 1.0), endless, images, contender.wait)
        results[key] = round(images_per_s(duration, endless, images, contender.wait), 1)
    return results


def check(contender):
    """Trains for one epoch from the first weights: the loss at both ends, and the accuracy."""
    losses = [float(contender.train(batch)[1]) for batch in contender.train_batches()]
    answers = [contender.evaluate(batch) for batch in contender.evaluation_batches()]
    return {
        "first_loss": round(float(np.mean(losses[:50])), 4),
        "last_loss": round(float(np.mean(losses[-50:])), 4),
        "accuracy": round(100 * sum(float(right) for _, right in answers) / sum(count for count, _ in answers), 2),
    }
