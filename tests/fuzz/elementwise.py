"""Elementwise functions: every op of that kind in the registry, so that a new one takes part unasked.

Read next: reductions.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from symdrop.op import Elementwise, lookup, ops_of_kind
from symdrop.ops.numpy_maths import NUMPY
from tests.ops.samples import unknown_slopes

from .forms import FLOATS, INTEGERS, Form, form, meet
from .program import Step

if TYPE_CHECKING:
    from .grow import Grower

# Formulas of what NumPy has under another name, or not at all.
REFERENCES: dict[str, Callable[..., Any]] = {
    "sub": lambda m, a, b: m.subtract(a, b),
    "mul": lambda m, a, b: m.multiply(a, b),
    "true_div": lambda m, a, b: m.true_divide(a, b),
    "floor_div": lambda m, a, b: m.floor_divide(a, b),
    "neg": lambda m, x: m.negative(x),
    "sqr": lambda m, x: m.square(x) if x.dtype != bool else x,
    "reciprocal": lambda m, x: 1 / x,
    "round": lambda m, x: m.rint(x) if x.dtype.kind == "f" else x,
    "sigmoid": lambda m, x: 0.5 * (1 + m.tanh(0.5 * x)),
    "softplus": lambda m, x: m.logaddexp(x, 0.0),
    "relu": lambda m, x: m.clip(x, 0, None),
    # NumPy's is off by a rounding of pi at integers.
    "sinc": lambda m, x: m.where(x == m.rint(x), 1.0 * (x == 0), m.sinc(x)).astype(x.dtype),
    "erf": lambda m, x: _special(m).erf(x),
    "erfc": lambda m, x: _special(m).erfc(x),
    "ndtri": lambda m, x: _special(m).ndtri(x),
    "eq": lambda m, a, b: m.equal(a, b),
    "neq": lambda m, a, b: m.not_equal(a, b),
    "lt": lambda m, a, b: m.less(a, b),
    "le": lambda m, a, b: m.less_equal(a, b),
    "gt": lambda m, a, b: m.greater(a, b),
    "ge": lambda m, a, b: m.greater_equal(a, b),
    "identity": lambda m, x: x,
    "clip": lambda m, x, low, high: _clip(m, x, low, high),
}


def _clip(m: Any, x: Any, low: Any, high: Any) -> Any:
    if m is np and (low == high).any():
        raise ValueError("where the limits are equal, the slope at them is a convention")
    return m.clip(x, low, high)


def _special(m: Any) -> Any:
    if m is np:
        return special
    import jax.scipy.special

    return jax.scipy.special


def reference_of(op: Elementwise) -> Callable[..., Any]:
    """The outside formula of an op; its own where NumPy has none, so that back ends are compared at least."""
    if op.name in REFERENCES:
        return REFERENCES[op.name]
    if hasattr(np, op.name):
        return lambda m, *values: getattr(m, op.name)(*values)
    return lambda m, *values: op.formula(NUMPY if m is np else m, *values)


def ops() -> list[Elementwise]:
    """The ops of the registry that take operands only, with a derivative by each of them that has one."""
    found = [op for op in ops_of_kind("elementwise") if isinstance(op, Elementwise)]
    found = [op for op in found if not op.formula.__code__.co_kwonlyargcount and not unknown_slopes(op)]
    return [op for op in found if op.pull_rule or op.returns != "float"]


@form
class Apply(Form):
    """An elementwise op on values and numbers, written as a call or with its operator."""

    weight = 9

    def inside(self, params: dict[str, Any]) -> float:
        return 1.0 if params["op"].startswith("logaddexp") else 0.0

    def propose(self, g: Grower) -> Step | None:
        op = g.pick(ops())
        if g.group == "smooth" and (op.module.endswith("barriers") or (op.returns == "bool" and g.chance(0.7))):
            return None
        accepted: Callable[[str], bool] = {
            "any": lambda dtype: True,
            "number": lambda dtype: dtype != "bool",
            "integer": lambda dtype: dtype in INTEGERS,
            "bool": lambda dtype: dtype == "bool",
            "discrete": lambda dtype: dtype not in FLOATS,
        }[op.accepts]
        first = g.any(lambda i: accepted(g.dtype(i)))
        if first is None:
            return None
        operands, literals = [first], {}
        for place in range(1, op.arity):
            if g.chance(0.2):
                literals[place] = g.pick((1, 2, 3)) if g.dtype(first) not in FLOATS else g.pick((0.5, 2, 1.5, 1, 2.0))
                continue
            other = g.beside(first, lambda i: accepted(g.dtype(i)))
            operands.append(first if other is None or g.chance(0.05) else other)
        if op.condition:
            return self._choice(g, op, operands, literals)
        met = meet([g.dtype(i) for i in operands])
        if not accepted(met):
            return None
        operands = [j for i in operands for j in [_within(g, i, op, met)] if j is not None]
        if op.symbol in ("/", "//", "%") and len(operands) == 2 and near_zero(g.values[operands[1]]):
            operands[1:] = [j for j in [g.add(Within().step(operands[1], low=0.5, high=2.5))] if j is not None]
        if len(operands) + len(literals) < op.arity:
            return None
        return self._written(g, op, operands, literals)

    def _choice(self, g: Grower, op: Elementwise, operands: list[int], literals: dict[int, Any]) -> Step | None:
        condition = g.beside(operands[0], lambda i: g.dtype(i) == "bool")
        if condition is None or len(operands) < 2:
            return None
        return self._written(g, op, [condition, *operands[1:]], {k: v for k, v in literals.items() if k})

    def _written(self, g: Grower, op: Elementwise, operands: list[int], literals: dict[int, Any]) -> Step:
        infix = op.symbol if op.arity == 2 and op.symbol and op.symbol not in ("==", "!=") else None
        infix = infix if g.chance(0.5) else None
        if literals and g.chance(0.5) and op.arity == 2:
            literals = {0: next(iter(literals.values()))}
        return self.step(*operands, op=op.name, literals=literals, infix=infix)

    def text(self, names: Sequence[str], *, op: str, literals: dict[int, Any], infix: str | None) -> str:
        words = list(names)
        for place in sorted(literals):
            words.insert(place, repr(literals[place]))
        return f" {infix} ".join(words) if infix else f"T.{op}({', '.join(words)})"

    def reference(self, m: Any, *values: Any, op: str, literals: dict[int, Any], infix: str | None) -> Any:
        found = lookup(op)
        assert isinstance(found, Elementwise)
        operands: list[Any] = list(values)
        for place in sorted(literals):
            operands.insert(place, literals[place])
        start = 1 if found.condition else 0
        dtype = np.result_type(*operands[start:])
        if found.returns == "float" and dtype.kind != "f":
            dtype = np.dtype("float64")
        operands[start:] = [m.asarray(value, dtype) for value in operands[start:]]
        if found.accepts == "number" and dtype.kind == "b":
            operands = [m.asarray(value, "int64") for value in operands]
        return reference_of(found)(m, *m.broadcast_arrays(*operands))

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"Apply {params['op']}"]


def near_zero(value: Any) -> bool:
    """Whether dividing by a value would enlarge every rounding."""
    return bool(value.size) and bool((np.abs(value) < 0.05).any())


def _within(g: Grower, i: int, op: Elementwise, met: str) -> int | None:
    """The value, or one made of it that lies in the interval for which the op is tested."""
    low, high = op.domain
    value = g.values[i]
    if g.dtype(i) == "bool" or (g.wild and g.chance(0.5)):
        return i
    if g.dtype(i) in INTEGERS and op.returns == "float" and value.size and np.max(np.abs(value.astype(float))) > 1000:
        # The float that a large integer becomes is another one in float32.
        return g.add(Limit().step(i, low=0, high=3))
    if (low, high) == (-3.0, 3.0):
        if met not in FLOATS or not value.size or np.max(np.abs(value), where=np.isfinite(value), initial=0) <= 20:
            return i
        return g.add(Within().step(i, low=-3.0, high=3.0))
    if (value < low).any() or (value > high).any():
        if g.dtype(i) in FLOATS:
            return g.add(Within().step(i, low=low, high=high))
        return g.add(Limit().step(i, low=int(np.ceil(low)), high=int(np.floor(high))))
    return i


@form
class Within(Form):
    """A value squeezed smoothly into an interval."""

    weight = 0.2
    terms = 1.0

    def propose(self, g: Grower) -> Step | None:
        i = g.floats()
        return None if i is None else self.step(i, low=-1.0, high=1.0)

    def text(self, names: Sequence[str], *, low: float, high: float) -> str:
        return f"{low} + {high - low} * T.sigmoid({names[0]})"

    def reference(self, m: Any, x: Any, *, low: float, high: float) -> Any:
        return low + (high - low) * 0.5 * (1 + m.tanh(0.5 * x))


@form
class Limit(Form):
    """A value limited to an interval."""

    weight = 0.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.dtype(i) != "bool")
        if i is None:
            return None
        floats = g.dtype(i) in FLOATS
        return self.step(i, low=-1.25 if floats else 0, high=0.75 if floats else 3)

    def text(self, names: Sequence[str], *, low: float, high: float) -> str:
        return f"T.clip({names[0]}, {low}, {high})"

    def reference(self, m: Any, x: Any, *, low: float, high: float) -> Any:
        return m.clip(x, low, high)


@form
class Cast(Form):
    """A value in another dtype; floats become integers only where these hold them."""

    weight = 1.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any()
        if i is None:
            return None
        smooth = g.group == "smooth"
        dtype = g.pick(FLOATS) if smooth and g.chance(0.8) else g.pick((*FLOATS, "bool", *INTEGERS))
        value = g.values[i]
        if g.dtype(i) in FLOATS and dtype in INTEGERS:
            if not np.isfinite(value).all():
                return None
            if value.size and (value.min() < (0 if dtype[0] == "u" else -100) or value.max() > 100):
                i = g.add(self.step_of_limit(i))
        if i is None:
            return None
        # Numbers of 64 bits are too large for what floats are compared with.
        if dtype in FLOATS and g.values[i].size and np.max(np.abs(g.values[i].astype("float64")), initial=0) > 300:
            return None
        return self.step(i, dtype=dtype)

    def step_of_limit(self, i: int) -> Step:
        """What brings floats into the range of every integer dtype."""
        return Limit().step(i, low=0.0, high=100.0)

    def text(self, names: Sequence[str], *, dtype: str) -> str:
        return f"T.cast({names[0]}, {dtype!r})"

    def reference(self, m: Any, x: Any, *, dtype: str) -> Any:
        if m is np and x.dtype.kind == "f" and dtype in INTEGERS and x.size:
            limits = np.iinfo(dtype)
            if not (np.trunc(x.min()) >= limits.min and np.trunc(x.max()) <= limits.max):
                raise ValueError("no integer of that dtype, and C leaves open which one comes out")
        return x if dtype[0] == "f" and x.dtype.kind == "f" else x.astype(dtype)

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"Cast to {params['dtype']}"]
