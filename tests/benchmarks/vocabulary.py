"""Times of thirty operations beside NumPy, torch and jax: at three sizes, forward and with the gradient.

    python tests/benchmarks/vocabulary.py [--rounds 5] [--sizes small,cache,memory] [name ...]

Contestants take turns in one process, values and gradients are compared first, and a cell is a median ratio: symdrop's
time over the other one's. A contestant that is not installed, or has no such function, is left out. Below the table
stands in which share of the cells symdrop is not slower than NumPy, and than the better one of torch and jax.

Read next: ulp.py
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

# Elements of the first operand: calls decide, the second cache holds them, memory does.
SIZES = {"small": 1 << 8, "cache": 1 << 16, "memory": 1 << 22}
INSTALLED = [name for name in ("torch", "jax") if importlib.util.find_spec(name)]


@dataclass(frozen=True)
class Operation:
    """One operation as every library writes it: a text in which x, y, i are arrays and ``m`` is the library.

    Args:
        symdrop: the text, in which ``m`` is ``symdrop.tensor``.
        numpy: by default the same one.
        jax: by default NumPy's.
        torch: by default NumPy's.
        inputs: a function of a size: the arrays by name.
        slope: True if there is a gradient by x.
        largest: the largest size that is measured.
    """

    symdrop: str
    numpy: str | None = ""
    jax: str | None = ""
    torch: str | None = ""
    inputs: Callable[[int], dict[str, Any]] = field(default=lambda n: matrix(n))
    slope: bool = True
    largest: str = "memory"

    def text(self, library: str) -> str | None:
        """How a library writes it; None if it has no such function."""
        own = {"symdrop": self.symdrop, "numpy": self.numpy, "jax": self.jax, "torch": self.torch}[library]
        return own if own or own is None else (self.numpy or self.symdrop)


def _random(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).uniform(0.1, 0.9, shape).astype("float32")


def matrix(n: int) -> dict[str, Any]:
    """A matrix of n elements, sixteen times as wide as high."""
    rows = max(int((n / 16) ** 0.5), 1)
    return {"x": _random(rows, n // rows)}


def two(n: int) -> dict[str, Any]:
    """Two matrices of n elements."""
    x = matrix(n)["x"]
    return {"x": x, "y": x[::-1].copy()}


def square(n: int) -> dict[str, Any]:
    """A positive definite matrix of n elements, and as many rows."""
    side = min(int(n**0.5), 512)
    x = _random(side, side)
    return {"x": (x @ x.T / side + np.eye(side, dtype="float32")).astype("float32"), "y": _random(side, 8)}


def gathered(n: int) -> dict[str, Any]:
    """A table of rows of 16, and as many numbers of rows."""
    x = _random(max(n // 16, 1), 16)
    return {"x": x, "i": np.random.default_rng(1).integers(0, len(x), len(x))}


def vectors(n: int) -> dict[str, Any]:
    """A long vector and a short one."""
    return {"x": _random(n), "y": _random(9)}


OPERATIONS: Mapping[str, Operation] = {
    "exp": Operation("m.exp(x)"),
    "log1p": Operation("m.log1p(x)"),
    "tanh": Operation("m.tanh(x)"),
    "power": Operation("m.power(x, y)", torch="m.pow(x, y)", inputs=two),
    "arctan2": Operation("m.arctan2(x, y)", inputs=two),
    "fmod": Operation("m.fmod(x, y)", inputs=two),
    "where": Operation("m.where(x > 0.5, x, y)", inputs=two),
    "clip": Operation("m.clip(x, 0.2, 0.8)"),
    "logaddexp": Operation("m.logaddexp(x, y)", inputs=two),
    "gammaln": Operation("m.gammaln(x)", numpy="special.gammaln(x)", jax="special.gammaln(x)", torch="m.lgamma(x)"),
    "digamma": Operation("m.digamma(x)", numpy="special.digamma(x)", jax="special.digamma(x)", torch="m.digamma(x)"),
    "erfinv": Operation("m.erfinv(x)", numpy="special.erfinv(x)", jax="special.erfinv(x)", torch="m.erfinv(x)"),
    "gelu": Operation("m.nnet.gelu(x)", None, "nn.gelu(x, approximate=False)", "m.nn.functional.gelu(x)"),
    "softmax": Operation("m.nnet.softmax(x)", "special.softmax(x, -1)", "nn.softmax(x)", "m.softmax(x, -1)"),
    "layer_norm": Operation(
        "m.nnet.layer_norm(x)", "(x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)",
        "(x - x.mean(-1, keepdims=True)) / m.sqrt(x.var(-1, keepdims=True) + 1e-5)",
        "m.nn.functional.layer_norm(x, x.shape[-1:])",
    ),
    "sum of rows": Operation("m.sum(x, axis=1)", torch="m.sum(x, 1)"),
    "sum of columns": Operation("m.sum(x, axis=0)", torch="m.sum(x, 0)"),
    "var": Operation("m.var(x, axis=1)", torch="m.var(x, 1, correction=0)"),
    "max": Operation("m.max(x, axis=1)", torch="m.amax(x, 1)"),
    "argmax": Operation("m.argmax(x, axis=1)", torch="m.argmax(x, 1)", slope=False),
    "logsumexp": Operation(
        "m.logsumexp(x, axis=1)", "special.logsumexp(x, 1)", "special.logsumexp(x, 1)", "m.logsumexp(x, 1)"
    ),
    "cumsum": Operation("m.cumsum(x, axis=1)", torch="m.cumsum(x, 1)"),
    "sort": Operation("m.sort(x, axis=1)", torch="m.sort(x, 1).values"),
    "argsort": Operation(
        "m.argsort(x, axis=1)", "m.argsort(x, axis=1, kind='stable')", "m.argsort(x, axis=1)",
        "m.argsort(x, dim=1, stable=True)", slope=False,
    ),
    "median": Operation("m.median(x, axis=1)", torch="m.quantile(x, 0.5, 1)", largest="cache"),
    "take": Operation("x[i]", inputs=gathered),
    "add at": Operation(
        "m.inc_subtensor(m.zeros_like(x)[i], x)", None, "m.zeros_like(x).at[i].add(x)",
        "m.zeros_like(x).index_add(0, i, x)", inputs=gathered,
    ),
    "concatenate": Operation("m.concatenate([x, y], axis=1)", torch="m.cat([x, y], 1)", inputs=two),
    "pad": Operation("m.pad(x, 2)", torch="m.nn.functional.pad(x, (2, 2, 2, 2))"),
    "diff": Operation("m.diff(x, axis=1)", torch="m.diff(x, dim=1)"),
    "convolve": Operation("m.convolve(x, y)", torch=None, inputs=vectors),
    "einsum": Operation('m.einsum("ij,kj->ik", x, y)', inputs=lambda n: {"x": square(n)["x"], "y": square(n)["x"]}),
    "cholesky": Operation("m.linalg.cholesky(x)", inputs=square),
    "solve": Operation("m.linalg.solve(x, y)", inputs=square),
}  # fmt: skip


def contestants(operation: Operation, arrays: dict[str, Any], gradient: bool) -> dict[str, Callable[[], Any]]:
    """For every library that has it a call that computes the value, or the gradient of the sum by x."""
    made: dict[str, Callable[[], Any]] = {"symdrop": _symdrop(operation, arrays, gradient)}
    if not gradient and (text := operation.text("numpy")) is not None:
        import scipy.special

        names = {"m": np, "np": np, "special": scipy.special, **arrays}
        code = compile(text, "numpy", "eval")
        made["numpy"] = lambda: eval(code, names)
    if "jax" in INSTALLED and (text := operation.text("jax")) is not None:
        made["jax"] = _jax(text, arrays, gradient)
    if "torch" in INSTALLED and (text := operation.text("torch")) is not None:
        made["torch"] = _torch(text, arrays, gradient)
    return made


def _symdrop(operation: Operation, arrays: dict[str, Any], gradient: bool) -> Callable[[], Any]:
    variables = {name: T.tensor(a.dtype.name, (None,) * a.ndim, name) for name, a in arrays.items()}
    value = eval(operation.symdrop, {"m": T, **variables})
    f = sd.function(
        [*variables.values()], sd.grad(value.sum(), variables["x"]) if gradient else value, on_unused_input="ignore"
    )
    values = [*arrays.values()]
    f(*values)
    f.wait()
    return lambda: f(*values)


def _jax(text: str, arrays: dict[str, Any], gradient: bool) -> Callable[[], Any]:
    import jax
    import jax.scipy.special

    code = compile(text, "jax", "eval")
    library = {"m": jax.numpy, "special": jax.scipy.special, "nn": jax.nn}

    def value(x: Any, others: dict[str, Any]) -> Any:
        return eval(code, {**library, "x": x, **others})

    f = jax.jit(jax.grad(lambda x, others: value(x, others).sum()) if gradient else value)
    given = {name: jax.numpy.asarray(a) for name, a in arrays.items()}
    x = given.pop("x")
    return lambda: f(x, given).block_until_ready()


def _torch(text: str, arrays: dict[str, Any], gradient: bool) -> Callable[[], Any]:
    import torch

    code = compile(text, "torch", "eval")
    names = {"m": torch, **{name: torch.from_numpy(a) for name, a in arrays.items()}}
    if not gradient:
        return lambda: eval(code, names)
    names["x"].requires_grad_()

    def slope() -> Any:
        return torch.autograd.grad(eval(code, names).sum(), names["x"])[0]

    return slope


def race(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The median seconds of a call of every contestant, who take turns."""
    expected = np.asarray(calls["symdrop"]())
    for name, call in calls.items():
        np.testing.assert_allclose(np.asarray(call()), expected, rtol=2e-3, atol=2e-4, err_msg=name)
    begin = time.perf_counter()
    calls["symdrop"]()
    count = max(1, int(0.01 / max(time.perf_counter() - begin, 1e-6)))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begin = time.perf_counter()
            for _ in range(count):
                call()
            times[name].append((time.perf_counter() - begin) / count)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help="operations, by default all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="small,cache,memory")
    options = parser.parse_args()
    against_numpy: list[float] = []
    against_better: list[float] = []
    print("| operation | size | NumPy | torch | jax | gradient: torch | jax |\n|---|---|---|---|---|---|---|")
    for name in options.names or OPERATIONS:
        operation = OPERATIONS[name]
        for size in options.sizes.split(","):
            if list(SIZES).index(size) > list(SIZES).index(operation.largest):
                continue
            arrays = operation.inputs(SIZES[size])
            forward = race(contestants(operation, arrays, False), options.rounds)
            back = race(contestants(operation, arrays, True), options.rounds) if operation.slope else {}
            cells = [_ratio(forward, other) for other in ("numpy", "torch", "jax")]
            cells += [_ratio(back, other) for other in ("torch", "jax")]
            if cells[0] is not None:
                against_numpy.append(cells[0])
            against_better += [
                max(pair) for pair in ([c for c in part if c is not None] for part in (cells[1:3], cells[3:])) if pair
            ]
            print(
                f"| {name} | {size} | " + " | ".join("-" if c is None else f"{c:.2f}" for c in cells) + " |", flush=True
            )
    for what, found in (("NumPy", against_numpy), ("the better of torch and jax", against_better)):
        if found:
            print(f"not slower than {what}: {sum(c <= 1 for c in found)} of {len(found)}")


def _ratio(times: dict[str, float], other: str) -> float | None:
    return times["symdrop"] / times[other] if other in times else None


if __name__ == "__main__":
    main()
