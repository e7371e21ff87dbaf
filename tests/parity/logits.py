"""Load weights that `cnn-tui runs weights` wrote into PyTorch, and keep the logits that they give.

    cnn-tui runs weights cnn-reference --to cnn.safetensors
    cnn-tui runs weights dnn-reference --to dnn.safetensors
    python logits.py --data DIR --cnn cnn.safetensors --dnn dnn.safetensors

DIR holds the four Fashion-MNIST files (*-ubyte.gz). Writes logits.safetensors beside this script: the logits of the first
500 test images, `cnn` and `dnn` [500, 10]. Needs torch, numpy and safetensors. Everything is float32, on the CPU.
The modules have no dropout, which has no weights and is off where nothing is trained.
"""

import argparse
from pathlib import Path

import torch
from make_fixture import Cnn, Dnn, load, to_bytes
from safetensors.torch import load_file

IMAGES = 500


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
