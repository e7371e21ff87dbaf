"""The network in PyTorch, in the variants that `VARIANTS` lists."""

import gzip

import torch
import torch.nn.functional as F
from torch import nn

import measure
from measure import BATCH, EVALUATION_BATCH, LEARNING_RATE, MEAN, MOMENTUM, STD


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 5)
        self.conv2 = nn.Conv2d(10, 20, 5)
        self.drop = nn.Dropout2d(0.5)
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.drop(self.conv2(x)), 2))
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(F.dropout(x, 0.5, self.training))


class Eager:
    """Plain PyTorch on a tensor that holds the whole, normalised data set."""

    channels_last = False
    fused = False

    def __init__(self, options):
        self.train_set = self.load(options, "train")
        self.test_set = self.load(options, "t10k")
        self.network = Cnn()
        if self.channels_last:
            self.network = self.network.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, fused=self.fused
        )
        self.forward = self.network  # a compiled one in some variants
        self.mode = None

    def load(self, options, part):
        images, labels = measure.read_set(options.data, part)
        images = torch.from_numpy(images).unsqueeze(1)
        if self.channels_last:
            images = images.contiguous(memory_format=torch.channels_last)
        return images, torch.from_numpy(labels)

    def train_batches(self):
        return torch.randperm(len(self.train_set[0])).split(BATCH)

    def evaluation_batches(self):
        images, labels = self.test_set
        return list(zip(images.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH)))

    def shapes(self, batches):
        """Two batches of the common size, and the last one."""
        batches = list(batches())
        return [*batches[:2], batches[-1]]

    def set_mode(self, mode):
        """Walks over the modules only when the mode changes."""
        if self.mode != mode:
            self.network.train(mode == "train")
            self.mode = mode

    def gather(self, batch):
        images, labels = self.train_set
        return images[batch], labels[batch]

    def train(self, batch):
        self.set_mode("train")
        images, labels = self.gather(batch)
        self.optimizer.zero_grad()
        loss = self.loss(images, labels)
        loss.backward()
        self.optimizer.step()
        return len(labels), loss.detach()

    def loss(self, images, labels):
        return F.cross_entropy(self.forward(images), labels)

    @torch.no_grad()
    def evaluate(self, batch):
        self.set_mode("evaluate")
        images, labels = batch
        return len(labels), (self.forward(images).argmax(1) == labels).sum()

    def wait(self):
        """On a CPU PyTorch returns when the work is done."""


class ChannelsLast(Eager):
    """Images and weights with the channels innermost."""

    channels_last = True


class ChannelsLastFused(ChannelsLast):
    """Beside that, the update of a parameter in one kernel."""

    fused = True


class CompileModel(ChannelsLastFused):
    """The same with the network compiled, the loss and the update not."""

    def __init__(self, options):
        super().__init__(options)
        self.forward = torch.compile(self.network, dynamic=False)


class CompileStep(ChannelsLastFused):
    """The same with forward and loss compiled as one function, and its backward with it."""

    def __init__(self, options):
        super().__init__(options)
        self.forward = torch.compile(self.network, dynamic=False)
        self.compiled_loss = torch.compile(super().loss, dynamic=False)

    def loss(self, images, labels):
        return self.compiled_loss(images, labels)


class Lecture(Eager):
    """As lectures do it: torchvision's data set, its transforms image by image, a DataLoader."""

    def load(self, options, part):
        # Only here, as it takes a while.
        from torch.utils.data import DataLoader
        from torchvision.datasets import FashionMNIST
        from torchvision.transforms import Compose, Normalize, ToTensor

        transform = Compose([ToTensor(), Normalize((MEAN,), (STD,))])
        train = part == "train"
        images = FashionMNIST(self.raw_folder(options), train=train, transform=transform)
        return DataLoader(images, batch_size=BATCH if train else EVALUATION_BATCH, shuffle=train, num_workers=0)

    def raw_folder(self, options):
        """Unpacks the data set to where torchvision looks for it, unless that is done."""
        root = options.work / "torchvision"
        raw = root / "FashionMNIST" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        for packed in options.data.glob("*-ubyte.gz"):
            unpacked = raw / packed.stem
            if not unpacked.exists():
                partial = unpacked.with_suffix(".partial")
                partial.write_bytes(gzip.decompress(packed.read_bytes()))
                partial.rename(unpacked)
        return root

    def train_batches(self):
        return self.train_set

    def evaluation_batches(self):
        return self.test_set

    def shapes(self, batches):
        """Nothing is compiled here."""
        return []

    def gather(self, batch):
        return batch


VARIANTS = {
    "eager": Eager,
    "channels_last": ChannelsLast,
    "channels_last + fused SGD": ChannelsLastFused,
    "compile model": CompileModel,
    "compile step": CompileStep,
    "lecture": Lecture,
}


def main():
    options = measure.arguments(VARIANTS)
    torch.set_num_threads(options.threads)
    torch.set_num_interop_threads(1)
    contender = VARIANTS[options.variant](options)
    measure.run(options, f"PyTorch {options.variant}", torch.__version__, contender)


if __name__ == "__main__":
    main()
