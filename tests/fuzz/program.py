"""Programs as data, and as the text of a script.

The text is what symdrop is given (it is executed, not only printed), so a failure that is
printed is the program that failed.

Read next: forms.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Literal = Callable[[Array], str]

# How an array given to a call lies in memory.
LAYOUTS = {
    "C": "{}",
    "F": "np.asfortranarray({})",
    "reversed": "np.flip(np.flip({}).copy())",
    "strided": "np.repeat({}, 2, axis=-1)[..., ::2]",
}


@dataclass(frozen=True)
class Source:
    """A leaf of a program.

    Attributes:
        role: "input", "state", "constant", or "given", a variable that ``givens`` replace; in the body of a loop
            "parameter".
        dtype: of the leaf.
        known: for every axis, whether the type says its size.
        values: for every call an array; of a state and a constant one.
        layout: a key of ``LAYOUTS``.
    """

    role: str
    dtype: str
    known: tuple[bool, ...]
    values: tuple[Array, ...] = field(compare=False)
    layout: str = "C"

    def value(self, call: int) -> Array:
        """The array of a call."""
        return self.values[min(call, len(self.values) - 1)]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """What the type says about the sizes."""
        sizes = self.values[0].shape
        return tuple(size if known else None for size, known in zip(sizes, self.known, strict=True))


@dataclass(frozen=True)
class Step:
    """One line of a program.

    Attributes:
        form: the name of a form.
        operands: numbers of values: the sources are counted first, then the steps.
        params: what else the form needs to know.
        dtype: of the value, as symdrop declares it; "" for a list of values.
    """

    form: str
    operands: tuple[int, ...]
    params: Mapping[str, Any]
    dtype: str = ""


@dataclass(frozen=True)
class Program:
    """Sources, steps, and what is asked of them.

    Attributes:
        outputs: numbers of the values that are returned.
        cost: number of a float scalar to differentiate, or None.
        wrt: numbers of the float sources to differentiate with respect to.
        second: whether a Hessian-vector product is asked for too.
        updates: pairs of a state's number and the number of its new value.
        calls: how often the function is called.
        stream: the seed of the random stream, or None.
        training: the training flag.
        runtime: whether that is given in the call, to a function of both.
        matrices: whether the Jacobians of the gradients are asked for too.
        reset: whether states are set to other values between calls.
    """

    sources: tuple[Source, ...]
    steps: tuple[Step, ...]
    outputs: tuple[int, ...] = ()
    cost: int | None = None
    wrt: tuple[int, ...] = ()
    second: bool = False
    updates: tuple[tuple[int, int], ...] = ()
    calls: int = 1
    stream: int | None = None
    training: bool = True
    runtime: bool = False
    matrices: bool = False
    reset: bool = False

    def names(self, prefix: str = "") -> list[str]:
        """What the text calls the values."""
        sources = [f"{prefix}{source.role[0].replace('i', 'x')}{i}" for i, source in enumerate(self.sources)]
        return sources + [f"{prefix}v{i + len(self.sources)}" for i in range(len(self.steps))]

    def inputs(self) -> list[int]:
        """The numbers of the sources that are arguments."""
        return [i for i, source in enumerate(self.sources) if source.role == "input"]

    def states(self) -> list[int]:
        """The numbers of the sources that are states."""
        return [i for i, source in enumerate(self.sources) if source.role == "state"]

    def dtypes(self) -> list[str]:
        """The dtypes of the values."""
        return [*(source.dtype for source in self.sources), *(step.dtype for step in self.steps)]

    def truncated(self) -> bool:
        """True if a loop's gradient stops before the loop's beginning, so that it is not that of the cost."""
        bodies = [step.params["body"] for step in self.steps if "body" in step.params]
        here = any(step.params.get("truncate", -1) != -1 for step in self.steps)
        return here or any(body.truncated() for body in bodies)

    def needed(self) -> set[int]:
        """The numbers of the values that something asked for depends on."""
        found = {*self.outputs, *self.wrt, *(i for pair in self.updates for i in pair)}
        if self.cost is not None:
            found.add(self.cost)
        for i in reversed(range(len(self.steps))):
            if i + len(self.sources) in found:
                found.update(self.steps[i].operands)
        return found

    def without(self, dropped: set[int]) -> Program:
        """The same with fewer values; none of those that stay may use one that goes."""
        count = len(self.sources)
        kept = [i for i in range(count + len(self.steps)) if i not in dropped]
        place = {old: new for new, old in enumerate(kept)}
        steps = tuple(
            replace(self.steps[i - count], operands=tuple(place[j] for j in self.steps[i - count].operands))
            for i in kept
            if i >= count
        )
        return replace(
            self,
            sources=tuple(self.sources[i] for i in kept if i < count),
            steps=steps,
            outputs=tuple(place[i] for i in self.outputs),
            cost=None if self.cost is None else place[self.cost],
            wrt=tuple(place[i] for i in self.wrt),
            updates=tuple((place[i], place[j]) for i, j in self.updates),
        )


def doubled(program: Program) -> Program:
    """The same program in which every float is a double, those of draws left out."""

    def wide(dtype: str) -> str:
        return "float64" if dtype[:1] == "f" else dtype

    def widened(step: Step) -> Step:
        params = dict(step.params)
        if "body" in params:
            params["body"] = doubled(params["body"])
        if "dtype" in params:
            params["dtype"] = wide(params["dtype"])
        return replace(step, params=params, dtype=wide(step.dtype))

    sources = tuple(
        replace(one, dtype=wide(one.dtype), values=tuple(value.astype(wide(one.dtype)) for value in one.values))
        for one in program.sources
    )
    return replace(program, sources=sources, steps=tuple(map(widened, program.steps)))


def written_out(array: Array) -> str:
    """An array as a script has it."""
    values = repr(array.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
    if array.size and (array == array.flat[0]).all() and array.size > 8:
        return f"np.full({array.shape}, {array.flat[0].item()!r}, {array.dtype.name!r})"
    if array.size == 0:
        return f"np.zeros({array.shape}, {array.dtype.name!r})"
    return f"np.array({values}, {array.dtype.name!r})"


def source_lines(program: Program, literal: Literal) -> Iterator[str]:
    """The lines that make the leaves."""
    if program.stream is not None:
        yield f"stream = sd.RandomStream(seed={program.stream})"
        yield f"other = sd.RandomStream(seed={program.stream + 1})"
    for name, source in zip(program.names(), program.sources, strict=False):
        if source.role == "input":
            yield f"{name} = T.tensor({source.dtype!r}, {source.shape}, {name!r})"
        elif source.role == "state":
            yield f"{name} = sd.shared({literal(source.values[0])}, {name!r})"
        elif source.role == "given":
            yield f"{name} = T.tensor({source.dtype!r}, {source.shape}, {name!r})"
            made = "T.constant" if any(source.known) or source.values[0].size % 2 else "sd.shared"
            yield f"for_{name} = {made}({literal(source.values[0])})"
        else:
            yield f"{name} = T.constant({literal(source.values[0])})"


def function_lines(program: Program, backend: str) -> Iterator[str]:
    """The lines that compile."""
    names = program.names()
    arguments = [names[i] for i in program.inputs()]
    results = [names[i] for i in program.outputs]
    if program.cost is not None:
        wrt = ", ".join(names[i] for i in program.wrt)
        yield f'slopes = sd.grad({names[program.cost]}, [{wrt}], disconnected_inputs="ignore")'
        results.append("*slopes")
        if program.second:
            directions = [f"d{i}" for i in program.wrt]
            for i, name in zip(program.wrt, directions, strict=True):
                yield f"{name} = T.tensor({program.sources[i].dtype!r}, {program.sources[i].shape}, {name!r})"
            yield f"products = sd.jvp(slopes, [{wrt}], [{', '.join(directions)}])"
            results.append("*products")
            arguments += directions
        if program.matrices:
            yield from matrix_lines(f"[{wrt}]")
            results.append("*matrices")
    updates = ", ".join(f"({names[state]}, {names[value]})" for state, value in program.updates)
    given = f", updates=[{updates}]" if updates else ""
    replaced = [name for name, source in zip(names, program.sources, strict=False) if source.role == "given"]
    if replaced:
        given += f", givens={{{', '.join(f'{name}: for_{name}' for name in replaced)}}}"
    training = '"runtime"' if program.runtime else program.training
    yield (
        f"f = sd.function([{', '.join(arguments)}], [{', '.join(results)}]{given}, "
        f'backend={backend!r}, on_unused_input="ignore", training={training})'
    )


def matrix_lines(wrt: str) -> Iterator[str]:
    """The lines that make Jacobians of small gradients, with their rows added up, and the gradients of those sums."""
    yield "matrices = []"
    yield "for slope in slopes:"
    yield '    rows = sd.jacobian(T.flatten(slope), WRT, disconnected_inputs="ignore")'.replace("WRT", wrt)
    yield "    matrices += [T.sum(row, axis=0) for row in rows]"
    yield '    matrices += sd.grad(T.sum(slope), WRT, disconnected_inputs="ignore")'.replace("WRT", wrt)


def direction(source: Source, call: int) -> Array:
    """The direction in which a source is moved: pseudo-random, of its shape and dtype, of floats for integers."""
    value = source.value(call)
    dtype = source.dtype if value.dtype.kind == "f" else "float64"
    return np.random.default_rng(value.size).uniform(-1, 1, value.shape).astype(dtype)


def arguments(program: Program, call: int) -> list[Array]:
    """What a call is given; sources of one array are given one array."""
    given = [(program.sources[i].value(call), program.sources[i].layout) for i in program.inputs()]
    if program.cost is not None and program.second:
        given += [(direction(program.sources[i], call), "C") for i in program.wrt]
    made: dict[tuple[int, str], Array] = {}
    for a, layout in given:
        if (id(a), layout) not in made:
            laid = eval(LAYOUTS[layout].format("a"), {"np": np, "a": a}) if a.ndim else a
            made[id(a), layout] = np.asarray(laid)
    return [made[id(a), layout] for a, layout in given]


def set_between(program: Program, call: int) -> dict[int, Array]:
    """The values that states are set to before a call, by number."""
    if not program.reset or not call:
        return {}
    return {i: np.flip(program.sources[i].values[0]).copy() for i in program.states()[::2]}
