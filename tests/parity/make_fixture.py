"""Make the PyTorch fixtures that the parity tests compare with.

    python make_fixture.py --data DIR

DIR holds the four Fashion-MNIST files (*-ubyte.gz). One file per case, NAME.safetensors, is written beside this
script. Needs torch, numpy and safetensors. Everything is float32, on the CPU, on one thread, dropout off.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import nn

BATCHES, BATCH, TEST_IMAGES = 30, 64, 1000
MEAN, STD = 0.1307, 0.3081


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 5)
        self.conv2 = nn.Conv2d(10, 20, 5)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Dnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 128)
        self.fc3 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.5)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=0.001)  # betas 0.9 and 0.999, eps 1e-8, weight decay 0.01


# Name: model, optimizer, seed of the initial weights. dnn has 235,146 parameters, so one optimizer only is kept for it.
# With many seeds some max pool or ReLU is so near a tie that float32 rounding decides it, and two correct programs can
# then drift apart (losses by 1e-4 and more). These seeds were chosen to have none that matters: PyTorch in float64,
# with other kernels, and with rounding-size noise added to every layer's output agrees with the fixture.
CASES = {"cnn-sgd": (Cnn, sgd, 64), "cnn-adamw": (Cnn, adamw, 258), "dnn-sgd": (Dnn, sgd, 2)}


def load(folder, part, count):
    """The first `count` images, normalised, and labels of a part ("train" or "t10k"), in file order."""
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, count * 784, offset=16).reshape(count, 1, 28, 28)
    x = (torch.from_numpy(pixels.copy()).float() / 255 - MEAN) / STD
    y = torch.from_numpy(np.frombuffer(labels, np.uint8, count, offset=8).astype(np.int64))
    return x, y


def make(model_class, make_optimizer, seed, train, test, with_gradient):
    torch.manual_seed(seed)
    model = model_class()
    optimizer = make_optimizer(model.parameters())
    tensors, losses = {}, []

    def keep(prefix, named):
        tensors.update({f"{prefix}.{name}": t.detach().clone() for name, t in named})

    keep("initial", model.named_parameters())
    for i, (x, y) in enumerate(zip(train[0].split(BATCH), train[1].split(BATCH))):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        if i == 0 and with_gradient:
            keep("gradient", ((name, p.grad) for name, p in model.named_parameters()))
        losses.append(loss.item())
        optimizer.step()
    keep("final", model.named_parameters())

    with torch.no_grad():
        scores = model(test[0])
    hits = (scores.argmax(1) == test[1]).sum().item()
    tensors["losses"] = torch.tensor(losses)
    tensors["test_loss"] = F.cross_entropy(scores, test[1], reduction="sum").reshape(1) / TEST_IMAGES
    tensors["test_accuracy"] = torch.tensor([100 * hits / TEST_IMAGES])
    return tensors


def to_bytes(tensors, metadata):
    """A safetensors file whose header has its keys in order (`save` alone orders the metadata at random)."""
    data = save(tensors, metadata)
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


def main():
    parser = argparse.ArgumentParser(description="Make the PyTorch fixtures of the parity tests.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the Fashion-MNIST .gz files")
    folder = parser.parse_args().data
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    train = load(folder, "train", BATCHES * BATCH)
    test = load(folder, "t10k", TEST_IMAGES)
    for name, (model_class, make_optimizer, seed) in CASES.items():
        tensors = make(model_class, make_optimizer, seed, train, test, with_gradient=name == "cnn-sgd")
        metadata = {
            "torch": torch.__version__,
            "command": "python make_fixture.py --data DIR",
            "description": f"{name}: {BATCHES} batches of {BATCH} Fashion-MNIST training images in file order, "
            f"seed {seed}, dropout off; losses are before each update; test_loss and test_accuracy (percent) "
            f"are the final weights on the first {TEST_IMAGES} test images",
        }
        Path(__file__).with_name(f"{name}.safetensors").write_bytes(to_bytes(tensors, metadata))
        losses = tensors["losses"]
        print(
            f"{name}: loss {losses[0]:.6f} to {losses[-1]:.6f}, test loss {tensors['test_loss'].item():.6f}, "
            f"accuracy {tensors['test_accuracy'].item():.1f}%"
        )


if __name__ == "__main__":
    main()
