"""Load weights that `cnn-tui runs weights` wrote into PyTorch, and keep the logits that they give.

    cnn-tui runs weights cnn-reference --to cnn.safetensors
    cnn-tui runs weights dnn-reference --to dnn.safetensors
    python logits.py --data DIR --cnn cnn.safetensors --dnn dnn.safetensors

DIR holds the four Fashion-MNIST files (*-ubyte.gz). Writes logits.safetensors beside this script: the logits of the first
500 test images, `cnn` and `dnn` [500, 10]. Needs torch, numpy and safetensors. Everything is float32, on the CPU.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from make_fixture import load, to_bytes
from safetensors.torch import load_file
from torch import nn

IMAGES = 500


class Cnn(nn.Module):
    """The lecture's network, with its dropout, which `eval` turns off."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.drop(self.conv2(x)), 2))
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(F.dropout(x, training=self.training))


class Dnn(nn.Module):
    """The network before it."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 128)
        self.fc3 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.dropout(F.relu(self.fc1(x.flatten(1))), p=0.2, training=self.training)
        x = F.dropout(F.relu(self.fc2(x)), p=0.2, training=self.training)
        return self.fc3(x)


def logits(model, weights, images):
    print(f"{weights}: {model.load_state_dict(load_file(weights), strict=True)}")
    with torch.no_grad():
        return model.eval()(images)


def main():
    parser = argparse.ArgumentParser(description="Make the fixture of logits of the parity tests.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the Fashion-MNIST .gz files")
    parser.add_argument("--cnn", type=Path, required=True, help="weights of cnn-reference")
    parser.add_argument("--dnn", type=Path, required=True, help="weights of dnn-reference")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    images, labels = load(arguments.data, "t10k", IMAGES)
    tensors = {
        "cnn": logits(Cnn(), arguments.cnn, images),
        "dnn": logits(Dnn(), arguments.dnn, images),
    }
    for name, scores in tensors.items():
        hits = (scores.argmax(1) == labels).sum().item()
        print(f"{name}: {hits} of {IMAGES} right, logits from {scores.min():.4f} to {scores.max():.4f}")
    metadata = {
        "torch": torch.__version__,
        "command": "python logits.py --data DIR --cnn FILE --dnn FILE",
        "description": f"logits of the best weights of cnn-reference and dnn-reference on the first {IMAGES} "
        "Fashion-MNIST test images",
    }
    Path(__file__).with_name("logits.safetensors").write_bytes(to_bytes(tensors, metadata))


if __name__ == "__main__":
    main()
