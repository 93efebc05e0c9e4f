"""Training steps in every library: the gradient of a loss, and gradient descent with momentum.

    speed = momentum * speed - rate * slope
    value = value + speed

Without momentum nothing but the value is kept. Weights whose columns have a limit are shortened after every step.

Read next: tiny.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import symdrop as sd

from .entry import Array, Contestant, Draft, library, one_number, symdrop_draft

RATE, MOMENTUM = 0.01, 0.9


def symbolic(
    inputs: Sequence[sd.Node],
    loss: sd.Node,
    parameters: Sequence[Any],
    rate: float = RATE,
    momentum: float = MOMENTUM,
) -> Callable[[], sd.Function]:
    """The step as a graph of symdrop; compiled when called.

    Args:
        inputs: the variables of a batch.
        loss: what is to become small.
        parameters: shared variables.
        rate, momentum: of the descent.
    """
    updates = updates_of(loss, parameters, rate, momentum)
    return lambda: sd.function(list(inputs), loss, updates=updates, training=True)


def updates_of(
    loss: sd.Node, parameters: Sequence[Any], rate: float = RATE, momentum: float = MOMENTUM
) -> dict[Any, Any]:
    """The new values of parameters and speeds, as graphs of symdrop."""
    updates: dict[Any, Any] = {}
    for value, slope in zip(parameters, sd.grad(loss, list(parameters)), strict=True):
        if momentum:
            speed = sd.shared(np.zeros_like(value.get_value()))
            updates[speed] = momentum * speed - rate * slope
            updates[value] = value + updates[speed]
        else:
            updates[value] = value - rate * slope
    return updates


def with_symdrop(
    inputs: Sequence[sd.Node], arguments: Sequence[Array], loss: sd.Node, parameters: Sequence[Any], **descent: float
) -> Draft:
    """The step of a batch in symdrop; ``descent`` may have another rate and momentum."""
    return symdrop_draft(symbolic(inputs, loss, parameters, **descent), arguments)


def with_numpy(
    slopes_of: Callable[..., tuple[Any, Sequence[Array]]], arguments: Sequence[Array], parameters: Sequence[Array]
) -> Draft:
    """The step by hand on a batch; see ``numpy_step``."""
    step = numpy_step(slopes_of, parameters)
    return lambda: Contestant(step, tuple(arguments), one_number)


def numpy_step(
    slopes_of: Callable[..., tuple[Any, Sequence[Array]]],
    parameters: Sequence[Array],
    limited: Sequence[Array] = (),
    limit: float = 0.0,
) -> Callable[..., Any]:
    """The step by hand; parameters change in place.

    Args:
        slopes_of: the loss of a batch and its derivatives by all parameters, which this step writes over.
        parameters: arrays that ``slopes_of`` reads.
        limited: those of the parameters whose columns are no longer than ``limit``.
    """
    speeds = [np.zeros_like(value) for value in parameters]

    def step(*batch: Array) -> Any:
        loss, slopes = slopes_of(*batch)
        for value, speed, slope in zip(parameters, speeds, slopes, strict=True):
            np.multiply(speed, np.float32(MOMENTUM), out=speed)
            np.multiply(slope, np.float32(RATE), out=slope)
            np.subtract(speed, slope, out=speed)
            np.add(value, speed, out=value)
        for value in limited:
            lengths = np.sqrt(np.einsum("ij,ij->j", value, value))
            value *= np.minimum(1, np.float32(limit) / np.maximum(lengths, np.float32(1e-12)))
        return loss

    return step


def jax_step(
    loss: Callable[..., Any],
    parameters: Sequence[Array],
    rate: float = RATE,
    momentum: float = MOMENTUM,
    limit: float = 0.0,
) -> Callable[..., Any]:
    """The step under ``jit``, its state donated; takes a batch, and compiles when it meets new sizes.

    Args:
        loss: a function of the list of parameters, a key, and the batch.
        parameters: what to start from.
        rate, momentum: of the descent.
        limit: of the columns of all matrices but the last; 0 for none.
    """
    jax = library("jax")

    def shortened(number: int, value: Any) -> Any:
        if not limit or value.ndim < 2 or number == len(parameters) - 2:
            return value
        lengths = jax.numpy.linalg.norm(value, axis=0)
        return value * jax.numpy.minimum(1, limit / jax.numpy.maximum(lengths, 1e-12))

    def train(parameters: Any, speeds: Any, key: Any, *batch: Any) -> Any:
        key, now = jax.random.split(key)
        value, slopes = jax.value_and_grad(loss)(parameters, now, *batch)
        if not momentum:
            return value, [p - rate * g for p, g in zip(parameters, slopes, strict=True)], speeds, key
        speeds = [momentum * v - rate * g for v, g in zip(speeds, slopes, strict=True)]
        moved = [shortened(i, p + v) for i, (p, v) in enumerate(zip(parameters, speeds, strict=True))]
        return value, moved, speeds, key

    compiled = jax.jit(train, donate_argnums=(0, 1, 2))
    speeds = [np.zeros_like(p) for p in parameters if momentum]
    state = jax.device_put((list(parameters), speeds, jax.random.key(0)))

    def step(*batch: Any) -> Any:
        nonlocal state
        value, *rest = compiled(*state, *batch)
        state = tuple(rest)
        return value

    return step


def with_jax(
    loss: Callable[..., Any], arguments: Sequence[Array], parameters: Sequence[Array], **descent: float
) -> Draft:
    """The step of a batch in jax, which is on the device beforehand."""
    jax = library("jax")
    step = jax_step(loss, parameters, **descent)
    return lambda: Contestant(step, tuple(jax.device_put(tuple(arguments))), one_number, jax.block_until_ready)


def torch_step(
    loss: Callable[..., Any],
    parameters: Sequence[Array],
    compiled: bool,
    rate: float = RATE,
    momentum: float = MOMENTUM,
    limit: float = 0.0,
) -> Callable[[], Callable[..., Any]]:
    """The step with the fused optimizer; ``torch.compile`` is given the loss when this is called.

    Args:
        loss: a function of the list of parameters and the batch.
        parameters: what to start from.
        compiled: whether to compile the loss.
        rate, momentum: of the descent.
        limit: of the columns of all matrices but the last; 0 for none.
    """
    torch = library("torch")
    tensors = [torch.from_numpy(value).requires_grad_() for value in parameters]
    optimizer = torch.optim.SGD(tensors, lr=rate, momentum=momentum, fused=True)
    torch.manual_seed(0)

    def cost(*batch: Any) -> Any:
        return loss(tensors, *batch)

    def compile() -> Callable[..., Any]:
        chosen = torch.compile(cost) if compiled else cost

        def step(*batch: Any) -> Any:
            optimizer.zero_grad(set_to_none=True)
            value = chosen(*batch)
            value.backward()
            optimizer.step()
            if limit:
                with torch.no_grad():
                    for weights in tensors[:-2:2]:
                        lengths = torch.linalg.vector_norm(weights, dim=0, keepdim=True)
                        weights.mul_((limit / lengths.clamp_(min=1e-12)).clamp_(max=1))
            return value.detach()

        return step

    return compile


def with_torch(
    loss: Callable[..., Any],
    arguments: Sequence[Array],
    parameters: Sequence[Array],
    compiled: bool,
    **descent: float,
) -> Draft:
    """The step of a batch in torch, whose labels must have 64 bits."""
    torch, compile = library("torch"), torch_step(loss, parameters, compiled, **descent)
    labels = [array.astype("int64") if array.dtype.kind == "i" else array for array in arguments]
    return lambda: Contestant(compile(), tuple(map(torch.from_numpy, labels)), one_number)


def jax_drop(key: Any, x: Any, p: float) -> Any:
    """Inverted dropout in jax."""
    jax = library("jax")
    return jax.numpy.where(jax.random.bernoulli(key, 1 - p, x.shape), x / (1 - p), 0)


def mask_of(rng: np.random.Generator, p: float, shape: tuple[int, ...]) -> Array:
    """A mask of inverted dropout in NumPy: 0 with probability p, else 1 / (1 - p)."""
    keep = rng.random(dtype="float32", out=np.empty(shape, "float32")) >= np.float32(p)
    return np.multiply(keep, np.float32(1 / (1 - p)), dtype="float32")


def softmax_crossentropy(scores: Array, labels: Array) -> tuple[Any, Array]:
    """The mean cross-entropy in NumPy, and its derivative by the scores, which are written over."""
    rows = np.arange(len(labels))
    scores -= scores.max(1, keepdims=True)
    slope = np.exp(scores)
    totals = slope.sum(1, keepdims=True)
    loss = (np.log(totals[:, 0]) - scores[rows, labels]).mean()
    slope /= totals
    slope[rows, labels] -= 1
    slope /= np.float32(len(labels))
    return loss, slope
