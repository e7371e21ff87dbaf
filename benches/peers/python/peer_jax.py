"""The network in JAX: the whole step is one compiled function, on a data set that is on the device."""

from functools import partial

import jax
import jax.numpy as jnp

import measure
from measure import BATCH, EVALUATION_BATCH, LEARNING_RATE, MOMENTUM


def first_weights(key):
    """PyTorch's: uniform in +/- 1 / sqrt(fan in), for weights and biases."""
    shapes = {"conv1": (5, 5, 1, 10), "conv2": (5, 5, 10, 20), "fc1": (320, 50), "fc2": (50, 10)}
    weights = {}
    for layer, (name, shape) in enumerate(shapes.items()):
        *inputs, outputs = shape
        bound = jnp.prod(jnp.array(inputs)) ** -0.5
        weight_key, bias_key = jax.random.split(jax.random.fold_in(key, layer))
        weights[name] = {
            "weight": jax.random.uniform(weight_key, shape, minval=-bound, maxval=bound),
            "bias": jax.random.uniform(bias_key, (outputs,), minval=-bound, maxval=bound),
        }
    return weights


def convolve(layer, x):
    dimensions = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, layer["weight"], (1, 1), "VALID", dimension_numbers=dimensions) + layer["bias"]


def pool(x):
    """The maximum over 2x2, as a reduction: XLA's own gradient of a pooling window is slow on a CPU."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))


def drop(key, x, shape):
    return x * jax.random.bernoulli(key, 0.5, shape) * 2.0


def forward(weights, x, key=None):
    """The network's answers. A key says that this is training, and makes the dropout."""
    batch = x.shape[0]
    x = jax.nn.relu(pool(convolve(weights["conv1"], x)))
    x = convolve(weights["conv2"], x)
    if key is not None:
        channels_key, key = jax.random.split(key)
        x = drop(channels_key, x, (batch, 1, 1, 20))
    x = jax.nn.relu(pool(x)).reshape(batch, 320)
    x = jax.nn.relu(x @ weights["fc1"]["weight"] + weights["fc1"]["bias"])
    if key is not None:
        x = drop(key, x, x.shape)
    return x @ weights["fc2"]["weight"] + weights["fc2"]["bias"]


def cross_entropy(weights, images, labels, key):
    log_shares = jax.nn.log_softmax(forward(weights, images, key))
    return -jnp.take_along_axis(log_shares, labels[:, None], 1).mean()


@partial(jax.jit, donate_argnames="state", static_argnames="size")
def train_step(state, images, labels, order, start, size):
    weights, velocities, key = state
    key, step_key = jax.random.split(key)
    batch = jax.lax.dynamic_slice(order, (start,), (size,))
    loss, gradients = jax.value_and_grad(cross_entropy)(weights, images[batch], labels[batch], step_key)
    velocities = jax.tree.map(lambda velocity, gradient: MOMENTUM * velocity + gradient, velocities, gradients)
    weights = jax.tree.map(lambda weight, velocity: weight - LEARNING_RATE * velocity, weights, velocities)
    return (weights, velocities, key), loss


@jax.jit
def right_answers(weights, images, labels):
    return (forward(weights, images).argmax(1) == labels).sum()


class Jax:
    def __init__(self, options):
        self.images, self.labels = self.load(options, "train")
        images, labels = self.load(options, "t10k")
        starts = range(0, len(labels), EVALUATION_BATCH)
        self.test_set = [(images[i : i + EVALUATION_BATCH], labels[i : i + EVALUATION_BATCH]) for i in starts]

        weights_key, self.order_key, dropout_key = jax.random.split(jax.random.key(1), 3)
        weights = first_weights(weights_key)
        self.state = weights, jax.tree.map(jnp.zeros_like, weights), dropout_key
        self.last = self.images

    def load(self, options, part):
        images, labels = measure.read_set(options.data, part)
        return jax.device_put(images[..., None]), jax.device_put(labels.astype("int32"))

    def train_batches(self):
        """The order of an epoch, and where in it each batch starts and how long it is."""
        self.order_key, key = jax.random.split(self.order_key)
        count = len(self.labels)
        order = jax.random.permutation(key, count)
        for start in range(0, count, BATCH):
            yield order, start, min(BATCH, count - start)

    def evaluation_batches(self):
        return self.test_set

    def shapes(self, batches):
        """The first and the last batch: every size that is compiled for."""
        batches = list(batches())
        return [batches[0], batches[-1]]

    def train(self, batch):
        order, start, size = batch
        self.state, self.last = train_step(self.state, self.images, self.labels, order, start, size)
        return size, self.last

    def evaluate(self, batch):
        images, labels = batch
        self.last = right_answers(self.state[0], images, labels)
        return len(labels), self.last

    def wait(self):
        """JAX returns before the work is done."""
        jax.block_until_ready((self.state, self.last))


def main():
    options = measure.arguments()
    measure.run(options, "JAX jit", jax.__version__, Jax(options))


if __name__ == "__main__":
    main()
