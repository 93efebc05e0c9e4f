"""Microseconds a node that Python's part of compiling takes, stage by stage: all of it but LLVM.

    python tests/benchmarks/compile_time.py [--rounds 3] [case ...]

Every round compiles each case in a fresh process of its own, by processor time, and the minimum of the rounds is
printed. A node is one of the graph that ``sd.function`` is given, gradients included. The text for the first tier is a
part of the total; that of full code, which is written behind the program, stands beside it.

Read next: importing.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent

# The stages whose sum is Python's part of compiling, and what stands beside it.
COMPILING = (
    "specialise", "merge", "rewrite", "fingerprint", "decompose", "fuse gemms", "propagate", "permute sums",
    "partition", "guards", "fuse", "schedule", "generate", "assign", "write", "keys",
)  # fmt: skip
BESIDE = ("build", "gradient", "full text", "function numpy")


def mlp(layers: int, stages: Stages) -> tuple[list[Any], list[Any], dict[Any, Any]]:
    """A training step of a network of relu layers with dropout and momentum."""
    import numpy as np

    import symdrop as sd
    import symdrop.tensor as T

    rng = np.random.default_rng(0)

    def forward() -> tuple[Any, ...]:
        x, y, stream = T.matrix("x"), T.ivector("y"), sd.RandomStream(seed=1)
        h, parameters = x, []
        for layer in range(layers):
            W = sd.shared(rng.standard_normal((64, 64), dtype="float32"), name=f"W{layer}")
            b = sd.shared(np.zeros(64, "float32"), name=f"b{layer}")
            parameters += [W, b]
            h = sd.dropout(T.maximum(h @ W + b, 0), p=0.5, stream=stream)
        loss = T.nnet.categorical_crossentropy(T.nnet.softmax(h), y).mean()
        return x, y, parameters, loss

    x, y, parameters, loss = stages("build", forward)
    gradients = stages("gradient", lambda: sd.grad(loss, parameters))

    def updates() -> dict[Any, Any]:
        made = {}
        for p, g in zip(parameters, gradients, strict=True):
            v = sd.shared(np.zeros_like(p.get_value()), name=f"v{p.name}")
            made[v] = 0.9 * v - 0.01 * g
            made[p] = p + made[v]
        return made

    return [x, y], [loss], stages("build", updates)


def unrolled(steps: int, stages: Stages) -> tuple[list[Any], list[Any], dict[Any, Any]]:
    """A training step of a recurrent network whose loop the user wrote out."""
    import numpy as np

    import symdrop as sd
    import symdrop.tensor as T

    rng = np.random.default_rng(0)

    def forward() -> tuple[Any, ...]:
        x = T.tensor("float32", (steps, None, 16), "x")
        W, U = (sd.shared(rng.standard_normal((16, 16), dtype="float32"), name=name) for name in "WU")
        h = T.zeros_like(x[0])
        for step in range(steps):
            h = T.tanh(x[step] @ W + h @ U)
        return x, [W, U], (h**2).mean()

    x, parameters, loss = stages("build", forward)
    gradients = stages("gradient", lambda: sd.grad(loss, parameters))
    return [x], [loss], stages("build", lambda: {p: p - 0.1 * g for p, g in zip(parameters, gradients, strict=True)})


def chain(length: int, stages: Stages) -> tuple[list[Any], list[Any], dict[Any, Any]]:
    """The gradient of a chain of elementwise nodes."""
    import symdrop as sd
    import symdrop.tensor as T

    def forward() -> tuple[Any, Any]:
        x = T.vector("x")
        y = x
        for step in range(length // 2):
            y = T.tanh(y) if step % 2 else y * x
        return x, y.sum()

    x, loss = stages("build", forward)
    return [x], [stages("gradient", lambda: sd.grad(loss, x))], {}


CASES: dict[str, tuple[Callable[..., Any], int]] = {
    "MLP, 50 layers": (mlp, 50),
    "MLP, 200 layers": (mlp, 200),
    "loop of 2,000 steps": (unrolled, 2000),
    "chain of 1,000": (chain, 1_000),
    "chain of 10,000": (chain, 10_000),
    "chain of 100,000": (chain, 100_000),
}


class Stages:
    """The processor time of stages, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, run: Callable[[], Any]) -> Any:
        start = time.process_time()
        made = run()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start
        return made


def measure(case: str) -> dict[str, float]:
    """The seconds of every stage of a case, and how many nodes it has."""
    import symdrop as sd
    from symdrop.backends.native import driver
    from symdrop.backends.native.cache.objects import key
    from symdrop.backends.native.cache_entry import fingerprint
    from symdrop.backends.native.jit import compiler
    from symdrop.config import config
    from symdrop.errors import lines_held
    from symdrop.graph import Graph
    from symdrop.lower.build.graph_lowering import GraphBuilder
    from symdrop.lower.build.kernel_list import KernelListBuilder
    from symdrop.lower.build.lowered_module import assign_buffers
    from symdrop.lower.fusion.fusion import Fusion
    from symdrop.lower.ir.frame import FrameLayout
    from symdrop.lower.partition.segments import Segment, cut
    from symdrop.lower.partition.shape_guards import find_shape_guards
    from symdrop.lower.schedule.schedule import schedule
    from symdrop.op import SharedVariable
    from symdrop.rewrite import cse, optimise, specialise

    # What is loaded at first use is loaded before time counts.
    warm = Stages()
    sd.function(*_given(chain(20, warm)), backend="numpy")
    sd.function(*_given(chain(20, warm)), backend="native")
    make, length = CASES[case]
    stages = Stages()
    inputs, outputs, updates = make(length, stages)
    full = Graph(inputs, [*outputs, *updates.values()])
    nodes = len(full)
    with config.change(compute_test_value="off"), lines_held():
        special, _ = stages("specialise", lambda: specialise(full, {"training": True}))
        merged = stages("merge", lambda: cse(special))
        rewritten, _ = stages("rewrite", lambda: optimise(merged))
        shared = list(dict.fromkeys(n for n in (*rewritten.nodes(), *updates) if isinstance(n, SharedVariable)))
        graph = Graph([*inputs, *shared], rewritten.outputs)
        states = {len(outputs) + i: len(inputs) + shared.index(state) for i, state in enumerate(updates)}
        target = compiler.host()
        stages("fingerprint", lambda: fingerprint(graph, states, target))
        names = "decompose", "fuse gemms", "propagate", "permute sums", "partition"
        for name, (_, change) in zip(names, driver.GRAPH_STAGES, strict=True):
            graph, _ = stages(name, partial(change, graph))
        (segment,) = (p for p in stages("partition", lambda: cut(graph)) if isinstance(p, Segment))
        graph, memory = segment.graph, FrameLayout(segment.graph, segment.sizes)
        kernels = KernelListBuilder(memory, target.vector_bits)
        kernels.checks += stages("guards", lambda: find_shape_guards(graph, memory))
        fusion = stages("fuse", lambda: Fusion(graph, memory))
        plan = stages("schedule", lambda: schedule(graph, fusion, states))
        given = dict(enumerate(memory.inputs)), [[buffer] for buffer in memory.outputs], driver._lower_kernels
        commit = stages("generate", lambda: GraphBuilder(kernels, graph, fusion, plan, *given).build())
        module = stages("assign", lambda: assign_buffers(kernels, {**plan.in_place, **plan.copied_back}, commit))
        short = partial(driver.ModuleWriter, module, target.fma, is_short=True, has_masks=target.has_masks)
        texts = stages("write", lambda: short().modules())
        stages("keys", lambda: [key(text) for text in texts])
        stages("full text", lambda: driver.ModuleWriter(module, target.fma).modules())
    stages("function numpy", lambda: sd.function(*_given((inputs, outputs, updates)), backend="numpy", training=True))
    return {**stages.seconds, "nodes": nodes, "kernels": len(module.nests), "characters": sum(map(len, texts))}


def _given(case: tuple[list[Any], list[Any], dict[Any, Any]]) -> tuple[list[Any], list[Any]]:
    return case[0], [*case[1], *case[2].values()]


def fresh(case: str) -> dict[str, float]:
    """The same in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, "--measure", case]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure")
    parser.add_argument("cases", nargs="*", default=list(CASES))
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return
    best: dict[str, dict[str, float]] = {}
    for _ in range(arguments.rounds):
        for case in arguments.cases:
            found = fresh(case)
            least = best.setdefault(case, found)
            best[case] = {name: min(value, least[name]) for name, value in found.items()}
    names = [(name, name.rpartition(" of ")[2]) for name in best]
    print(f"{'microseconds a node':18}", *(f"{name[:19]:>19}" for name, _ in names))
    for stage in (*COMPILING, "total", *BESIDE):
        row = []
        for found in best.values():
            seconds = sum(found[name] for name in COMPILING) if stage == "total" else found[stage]
            row.append(f"{seconds / found['nodes'] * 1e6:19.1f}")
        print(f"{stage:18}", *row)
    for count in ("nodes", "kernels", "characters"):
        print(f"{count:18}", *(f"{int(found[count]):19}" for found in best.values()))


if __name__ == "__main__":
    main()
