"""Variables of Python objects: inputs of any kind, of which arrays are read, and of which one may be chosen.

The engine computes with arrays only. So a function of objects is a function of what is read of them: of a file that
is named the array in it, of a slice its three numbers; and of a choice between two objects it computes the condition.

Read next: updates.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..compiler import In as EngineIn
from ..errors import GraphTypeError, here, shown
from ..graph import Node, toposort
from ..op import as_node
from .variable import Generic, SliceType, TensorType, Variable

generic = Generic()
slicetype = SliceType()

# Beyond the size of any axis, and far from where sums of integers overflow.
FAR = 2**62


def is_object(given: Any) -> bool:
    """Says whether something is a variable of a Python object."""
    return isinstance(given, Variable) and isinstance(given.type, Generic)


def reading(source: Variable, type: TensorType, read: Callable[[Any], Any]) -> Any:
    """A variable of what is read of an object when a function is called.

    Args:
        source: the variable of the object.
        type: the type of what is read.
        read: gives it for an object.
    """
    made = type.make_variable()
    vars(source).setdefault("_readings", []).append((made, read))
    return made


def sliced(index: Any) -> Any:
    """An index whose variables of slices are slices of variables."""
    entries = index if isinstance(index, tuple) else (index,)
    if not any(is_object(one) for one in entries):
        return index
    return tuple(slice(*_bounds(one)) if is_object(one) else one for one in entries)


def _bounds(source: Variable) -> list[Any]:
    if not isinstance(source.type, SliceType):
        raise GraphTypeError(
            f"{shown(source)} is of type {source.type}, and no index; T.slicetype() makes slices{here()}"
        )
    number = TensorType("int64")
    return [reading(source, number, read) for read in (_start, _stop, _step)]


def _step(given: slice) -> Any:
    return np.int64(1 if given.step is None else given.step)


def _start(given: slice) -> Any:
    return np.int64((0 if _step(given) > 0 else FAR) if given.start is None else given.start)


def _stop(given: slice) -> Any:
    return np.int64((FAR if _step(given) > 0 else -FAR) if given.stop is None else given.stop)


def chosen(condition: Any, then_branch: Variable, else_branch: Variable, name: str | None = None) -> Variable:
    """The variable of one of two objects.

    Raises:
        GraphTypeError: if the objects are of two types.
    """
    if not is_object(then_branch) or not is_object(else_branch) or then_branch.type != else_branch.type:
        raise GraphTypeError(
            f"ifelse: the branches are {shown(then_branch)} and {shown(else_branch)}, of two types{here()}"
        )
    made = Variable(then_branch.type, name=name)
    vars(made)["_choice"] = (as_node(condition), then_branch, else_branch)
    return made


def has_objects(inputs: Iterable[Any]) -> bool:
    """Says whether a variable of an object stands among the inputs of a function."""
    return any(is_object(_variable(one)) for one in inputs)


def _variable(spec: Any) -> Any:
    return spec.variable if isinstance(spec, EngineIn) else spec


def _listed(given: Any) -> list[Any]:
    if isinstance(given, Mapping):
        return [*given.values()]
    return list(given) if isinstance(given, list | tuple) else [] if given is None else [given]


class ObjectFunction:
    """A compiled function some of whose inputs are objects.

    Args:
        inputs, outputs: as of ``theano.function``.
        others: what else is computed, of which objects may be read: new values of states and replacements.
        compile: makes a function of arrays.
    """

    def __init__(self, inputs: Sequence[Any], outputs: Any, others: Iterable[Any], compile: Callable[..., Any]) -> None:
        self._inputs, self._outputs = list(inputs), outputs
        asked = [node for one in _listed(outputs) for node in _conditions(one)]
        used = set(toposort([node for node in (*asked, *others) if isinstance(node, Node)]))
        # For every object the variables that are read of it, and how.
        self._read = {
            one: [(made, read) for made, read in vars(one).get("_readings", ()) if made in used]
            for one in map(_variable, inputs) if is_object(one)
        }  # fmt: skip
        arrays = [made for one in self._read.values() for made, _ in one]
        self.made = compile([*arrays, *(one for one in inputs if _variable(one) not in self._read)], asked)

    def __call__(self, *values: Any, **named: Any) -> Any:
        """The outputs; of objects the objects themselves."""
        objects: dict[Any, Any] = {}
        rest = list(values)
        # From the last one, so that the numbers of those before stay what they are.
        for k, spec in reversed([*enumerate(self._inputs)]):
            variable = _variable(spec)
            if variable in self._read:
                objects[variable] = _given(rest, named, k, spec, variable)
        known = {made: read(objects[one]) for one, pairs in self._read.items() for made, read in pairs}
        found = iter(self.made(*(known[made] for pairs in self._read.values() for made, _ in pairs), *rest, **named))
        made = [_value(one, found, {**objects, **known}) for one in _listed(self._outputs)]
        if isinstance(self._outputs, Mapping):
            return dict(zip(self._outputs, made, strict=True))
        return made if isinstance(self._outputs, list | tuple) or not made else made[0]


def _given(rest: list[Any], named: dict[str, Any], k: int, spec: Any, variable: Variable) -> Any:
    """The object that a call gives for an input, taken from the values that are left."""
    label = spec.label if isinstance(spec, EngineIn) else variable.name
    if k < len(rest):
        return rest.pop(k)
    if label in named:
        return named.pop(label)
    if isinstance(spec, EngineIn) and spec.value is not None:
        return spec.value
    raise GraphTypeError(f"Missing required input: {label or f'input {k}'}{here()}")


def _conditions(output: Any) -> Iterator[Any]:
    """The variables computed for an output: itself, or the conditions by which one of several objects is chosen."""
    if not is_object(output):
        yield _variable(output)
    elif "_choice" in vars(output):
        condition, *branches = vars(output)["_choice"]
        yield condition
        for one in branches:
            yield from _conditions(one)


def _value(output: Any, found: Iterator[Any], known: Mapping[Any, Any]) -> Any:
    """The value of an output: the next one that was computed, what was read as it is, or an object."""
    if not is_object(output):
        computed = next(found)
        return known.get(output, computed) if isinstance(output, Node) else computed
    if "_choice" not in vars(output):
        return known[output]
    branches = vars(output)["_choice"][1:]
    is_true = bool(next(found))
    values = [_value(one, found, known) for one in branches]
    return values[0] if is_true else values[1]
