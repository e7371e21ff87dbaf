"""The presets cnn and dnn in PyTorch: images per second of training, with the data set on the GPU.

Per step: gather a batch, forward, loss, hits, backward, SGD with momentum. Three ways: eager, torch.compile(mode=
"reduce-overhead") of the network, and the whole step in a CUDA graph; batches of 64, 256 and 1,024; TF32 off and on.

Usage: torch_bench.py [SECONDS=100]: starts no configuration after this time. Each configuration has its own limit, too.
A lock on /tmp/gpu.lock keeps other programs that take it from disturbing the measurements.
"""

import contextlib
import fcntl
import signal
import statistics
import sys
import time

start = time.monotonic()
import torch  # noqa: E402
from torch import nn  # noqa: E402

LIMIT = float(sys.argv[1]) if len(sys.argv) > 1 else 100.0
IMAGES = 60_000
waited = 0.0


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(10, 20, 5), nn.Dropout2d(0.5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(320, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, 10))


def dnn():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))


@contextlib.contextmanager
def gpu():
    """Waits for the GPU."""
    global waited
    before = time.monotonic()
    with open("/tmp/gpu.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waited += time.monotonic() - before
        yield


class TooLong(Exception):
    pass


def interrupt(*_):
    raise TooLong


signal.signal(signal.SIGALRM, interrupt)

device = torch.device("cuda")
torch.manual_seed(0)
levels = (torch.arange(256) / 255 - 0.1307) / 0.3081
pixels = torch.randint(0, 256, (IMAGES, 1, 28, 28), dtype=torch.uint8)
pixels[torch.rand(IMAGES, 1, 28, 28) < 0.5] = 0
images = levels[pixels.long()].to(device)
labels = torch.randint(0, 10, (IMAGES,)).to(device)
order = torch.randperm(IMAGES).to(device)


class Training:
    def __init__(self, network, batch, compiled):
        self.batch = batch
        network = network().to(device)
        self.optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.5, fused=True)
        self.network = torch.compile(network, mode="reduce-overhead", dynamic=False) if compiled else network
        self.offset = torch.zeros((), dtype=torch.long, device=device)
        self.positions = torch.arange(batch, device=device)
        self.loss = torch.zeros((), device=device)
        self.hits = torch.zeros((), dtype=torch.long, device=device)
        self.criterion = nn.CrossEntropyLoss()
        self.next = 0

    def batch_at(self, chosen):
        logits = self.network(images[chosen])
        truth = labels[chosen]
        loss = self.criterion(logits, truth)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.loss += loss.detach()
        self.hits += (logits.detach().argmax(1) == truth).sum()

    def step(self):
        """Position on the host."""
        if self.next + self.batch > IMAGES:
            self.next = 0
        chosen = order[self.next:self.next + self.batch]
        self.next += self.batch
        self.batch_at(chosen)

    def device_step(self):
        """Position on the device, for a graph."""
        self.batch_at(order[(self.offset + self.positions) % IMAGES])
        self.offset += self.batch


def captured(training):
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(11):
            training.device_step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    training.optimizer.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph):
        training.device_step()
    return graph.replay


def microseconds(step):
    """Median over repetitions of the time per step."""
    for _ in range(20):
        step()
    torch.cuda.synchronize()
    times = []
    begin = time.monotonic()
    while len(times) < 3 or (len(times) < 9 and time.monotonic() - begin < 0.6):
        first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        first.record()
        for _ in range(100):
            step()
        last.record()
        last.synchronize()
        times.append(first.elapsed_time(last) * 10)
    return statistics.median(times)


def measure(name, network, way, batch, tf32, limit):
    if time.monotonic() - start - waited > LIMIT:
        print(f"TORCH {name} {way} batch {batch} tf32 {'on' if tf32 else 'off'}: no time left", flush=True)
        return
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    before = time.monotonic()
    signal.alarm(limit)
    try:
        training = Training(network, batch, way == "compile")
        if way == "compile":
            torch._dynamo.reset()
            for _ in range(5):  # compiles, without holding the lock
                training.step()
        with gpu():
            signal.alarm(limit)
            step = captured(training) if way == "graph" else training.step
            time_per_step = microseconds(step)
        print(f"TORCH {name} {way} batch {batch} tf32 {'on' if tf32 else 'off'}: {time_per_step:.1f} us per step, "
              f"{1e6 * batch / time_per_step:.0f} images/s (took {time.monotonic() - before:.0f} s)", flush=True)
    except TooLong:
        print(f"TORCH {name} {way} batch {batch}: not done in {limit} s", flush=True)
    except Exception as error:
        print(f"TORCH {name} {way} batch {batch}: {type(error).__name__}: {error}"[:400], flush=True)
    finally:
        signal.alarm(0)


def main():
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}, cuDNN {torch.backends.cudnn.version()}", flush=True)
    networks = {"cnn": cnn, "dnn": dnn}
    batches = (64, 256, 1024)
    for tf32 in (False, True):
        for way in ("graph", "eager"):
            for name, network in networks.items():
                for batch in batches:
                    measure(name, network, way, batch, tf32, 15)
    for tf32 in (False, True):
        for name, network in networks.items():
            for batch in batches:
                measure(name, network, "compile", batch, tf32, 30)


main()
