"""Draws the pictures, trains a small residual network on them and writes what examples/cifar10 commits:

    python train.py            # about six minutes on two free cores

../resnet32.onnx, ../test-images.bin.gz (CIFAR-10's binary layout) and ../pictures.png.
"""

import gzip
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import optax

from draw import CLASSES, draw_set, sheet
from to_onnx import to_onnx

SEED = 20
TRAIN, TEST = 16_000, 1_500
EPOCHS, BATCH = 12, 100
# Channels and blocks of each stage: the shape of the ResNets of He et al. for CIFAR-10, narrower and with 14 layers.
STAGES = [(8, 2), (24, 2), (48, 2)]
HERE = Path(__file__).parent


def initial(rng):
    """Weights by name; a convolution is [height, width, in, out] and has its batch norm beside it."""
    params = {}

    def conv(name, size, inside, outside):
        params[f"{name}.weight"] = rng.normal(0, np.sqrt(2 / (size * size * inside)), (size, size, inside, outside))
        params[f"{name}.scale"], params[f"{name}.shift"] = np.ones(outside), np.zeros(outside)

    conv("stem", 3, 3, STAGES[0][0])
    inside = STAGES[0][0]
    for stage, (outside, blocks) in enumerate(STAGES):
        for block in range(blocks):
            name = f"stage{stage}.block{block}"
            conv(f"{name}.first", 3, inside, outside)
            conv(f"{name}.second", 3, outside, outside)
            if inside != outside:
                conv(f"{name}.skip", 1, inside, outside)
            inside = outside
    params["dense.weight"] = rng.normal(0, 0.05, (inside, len(CLASSES)))
    params["dense.bias"] = np.zeros(len(CLASSES))
    return {name: jnp.asarray(value, jnp.float32) for name, value in params.items()}


def forward(params, images, norms=None):
    """Logits, and the mean and variance of each batch norm. With `norms` those are used instead of the batch's own."""
    seen = {}

    def conv(name, x, stride=1):
        pad = (params[f"{name}.weight"].shape[0] - 1) // 2
        x = jax.lax.conv_general_dilated(
            x, params[f"{name}.weight"], (stride, stride), [(pad, pad)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        mean, variance = norms[name] if norms else (x.mean((0, 1, 2)), x.var((0, 1, 2)))
        seen[name] = (mean, variance)
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * params[f"{name}.scale"] + params[f"{name}.shift"]

    x = jax.nn.relu(conv("stem", images))
    for stage, (_, blocks) in enumerate(STAGES):
        for block in range(blocks):
            name = f"stage{stage}.block{block}"
            stride = 2 if stage > 0 and block == 0 else 1
            inner = conv(f"{name}.second", jax.nn.relu(conv(f"{name}.first", x, stride)))
            x = jax.nn.relu(inner + (conv(f"{name}.skip", x, stride) if f"{name}.skip.weight" in params else x))
    return x.mean((1, 2)) @ params["dense.weight"] + params["dense.bias"], seen


def train(images, labels):
    steps = EPOCHS * (len(images) // BATCH)
    optimizer = optax.adamw(optax.cosine_onecycle_schedule(steps, 5e-3), weight_decay=1e-3)
    rng = np.random.default_rng(SEED)
    params = initial(rng)
    state = optimizer.init(params)

    def loss(params, images, labels):
        logits, seen = forward(params, images)
        targets = optax.smooth_labels(jax.nn.one_hot(labels, len(CLASSES)), 0.05)
        return optax.softmax_cross_entropy(logits, targets).mean(), seen

    @jax.jit
    def step(params, state, norms, images, labels):
        (value, seen), gradients = jax.value_and_grad(loss, has_aux=True)(params, images, labels)
        updates, state = optimizer.update(gradients, state, params)
        norms = jax.tree.map(lambda old, new: 0.95 * old + 0.05 * new, norms, seen)
        return optax.apply_updates(params, updates), state, norms, value

    _, norms = forward(params, images[:BATCH])
    for epoch in range(EPOCHS):
        begun, total = time.time(), 0.0
        order = rng.permutation(len(images)).reshape(-1, BATCH)
        for chosen in order:
            flip = rng.random((BATCH, 1, 1, 1)) < 0.5
            batch = np.where(flip, images[chosen][:, :, ::-1], images[chosen])
            params, state, norms, value = step(params, state, norms, batch, labels[chosen])
            total += float(value)
        print(f"epoch {epoch + 1}: loss {total / len(order):.3f}, {time.time() - begun:.0f} s", flush=True)
    return params, norms


def main():
    images, labels = draw_set(TRAIN, SEED)
    params, norms = train(images.astype(np.float32) / 255, labels)

    test_images, test_labels = draw_set(TEST, SEED + 1)
    logits, _ = jax.jit(forward)(params, test_images.astype(np.float32) / 255, norms)
    right = np.asarray(logits).argmax(1) == test_labels
    print(f"{right.mean():.2%} of {TEST} held-out pictures are named rightly")
    for label, name in enumerate(CLASSES):
        print(f"  {name:<10} {right[test_labels == label].mean():.1%}")

    model = to_onnx(
        {name: np.asarray(value) for name, value in params.items()},
        {name: (np.asarray(mean), np.asarray(variance)) for name, (mean, variance) in norms.items()},
        STAGES,
    )
    onnx.save(model, HERE / "../resnet32.onnx")
    # One image: its label, then 1024 bytes each of red, green and blue.
    records = np.concatenate([test_labels[:, None], test_images.transpose(0, 3, 1, 2).reshape(TEST, -1)], axis=1)
    (HERE / "../test-images.bin.gz").write_bytes(gzip.compress(records.tobytes(), 9, mtime=0))
    first = [np.flatnonzero(test_labels == label)[:12] for label in range(len(CLASSES))]
    sheet(test_images[np.concatenate(first)], 12).save(HERE / "../pictures.png", optimize=True)


main()
