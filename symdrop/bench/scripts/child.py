"""A process in which one engine imports, builds and compiles one program, and takes steps; it answers in JSON.

    python child.py symdrop|theano|pytensor mlp|lenet|gru steps [--small]

Read next: ../old_scripts.py
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def symdrop() -> tuple[Any, Any, Any]:
    """``symdrop.theano``, its tensors and a stream."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent.parent))
    theano = importlib.import_module("symdrop.theano")
    return theano, theano.tensor, theano.sandbox.rng_mrg.MRG_RandomStreams(1)


def theano() -> tuple[Any, Any, Any]:
    """Theano, its tensors and a stream."""
    module = importlib.import_module("theano")
    for name in ("nnet", "signal.pool", "shared_randomstreams"):
        importlib.import_module("theano.tensor." + name)
    mrg = importlib.import_module("theano.sandbox.rng_mrg")
    return module, module.tensor, mrg.MRG_RandomStreams(1)


def pytensor() -> tuple[Any, Any, Any]:
    """PyTensor by Theano's names, as far as it has what they meant: convolutions and pooling it has not."""
    module, pt = importlib.import_module("pytensor"), importlib.import_module("pytensor.tensor")
    special = importlib.import_module("pytensor.tensor.special")
    stream = importlib.import_module("pytensor.tensor.random.utils").RandomStream(1)
    names = {name: getattr(pt, name) for name in dir(pt)}
    names["nnet"] = SimpleNamespace(
        sigmoid=pt.sigmoid,
        softmax=lambda x: special.softmax(x, axis=-1),
        categorical_crossentropy=lambda p, y: -pt.log(p[pt.arange(y.shape[0]), y]),
    )

    def binomial(size: Any, n: int, p: float, dtype: str) -> Any:
        return stream.binomial(n, p, size=size).astype(dtype)

    engine = SimpleNamespace(function=module.function, shared=module.shared, scan=module.scan)
    return engine, SimpleNamespace(**names), SimpleNamespace(binomial=binomial)


ENGINES = {"symdrop": symdrop, "theano": theano, "pytensor": pytensor}


def main(words: list[str]) -> None:
    """Run a program and say what it took."""
    engine, program, steps, *rest = words
    began = time.perf_counter()
    module, tensors, streams = ENGINES[engine]()
    imported = time.perf_counter()
    build = importlib.import_module(program).build
    train, test, batch = build(module, tensors, streams, "--small" in rest)
    compiled = time.perf_counter()
    value = float(test(*batch))
    losses = [float(train(*batch))]
    times = []
    for _ in range(int(steps)):
        start = time.perf_counter()
        losses.append(float(train(*batch)))
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "import": imported - began, "compile": compiled - imported, "step": min(times), "steps": sum(times),
        "value": value, "after": float(test(*batch)), "losses": losses[:3],
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
