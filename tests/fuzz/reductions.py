"""Reductions: over one axis, several or all, with and without keeping them.

Read next: views.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from .forms import FLOATS, Form, form
from .program import Step

if TYPE_CHECKING:
    from .grow import Grower

SMOOTH = ("sum", "mean", "prod", "var", "logsumexp", "max", "min")
ALL = (*SMOOTH, "std", "any", "all", "argmax", "argmin", "ptp")


def log_sum_exp(m: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """log(sum(exp(x))) as scipy or jax has it."""
    if m is np:
        # Of scalars scipy makes vectors.
        shape = np.sum(x, axis=axis, keepdims=keepdims).shape
        return np.reshape(special.logsumexp(x, axis=axis, keepdims=keepdims), shape)
    import jax

    return jax.nn.logsumexp(x, axis=axis, keepdims=keepdims)


@form
class Reduce(Form):
    """A reduction of a value."""

    weight = 5

    def inside(self, params: dict[str, Any]) -> float:
        return 1.0 if params["name"] == "logsumexp" else 0.0

    def decides(self, params: dict[str, Any]) -> bool:
        return params["name"] in ("any", "all")

    def propose(self, g: Grower) -> Step | None:
        name = g.pick(SMOOTH if g.group == "smooth" else ALL)
        i = g.any()
        if name in ("logsumexp", "var", "std"):
            i = g.floats(lambda i: bool(np.isfinite(g.values[i]).all()))
        if name == "mean":
            # The float that a large integer becomes is another one in float32.
            i = g.any(lambda i: g.dtype(i) in FLOATS or bool((np.abs(g.values[i].astype(float)) < 1000).all()))
        if i is None:
            return None
        axis = g.axes(i)
        axes = tuple(range(g.ndim(i))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        empty = any(g.shape(i)[k] == 0 for k in axes)
        if empty and name not in ("sum", "prod", "any", "all"):
            return None
        if g.group == "smooth" and name in ("max", "min") and has_ties(g.values[i], axes):
            return None
        if name == "ptp" and g.dtype(i) == "bool":
            return None
        if name in ("argmax", "argmin") and isinstance(axis, tuple):
            axis = None
        if axis is None and name in ("argmax", "argmin") and 0 in g.shape(i):
            return None
        return self.step(i, name=name, axis=axis, keepdims=g.chance(0.3))

    def text(self, names: Sequence[str], *, name: str, axis: Any, keepdims: bool) -> str:
        kept = ", keepdims=True" if keepdims else ""
        return f"T.{name}({names[0]}, axis={axis}{kept})"

    def reference(self, m: Any, x: Any, *, name: str, axis: Any, keepdims: bool) -> Any:
        if name == "logsumexp":
            return log_sum_exp(m, x, axis, keepdims)
        if name in ("argmax", "argmin"):
            return getattr(m, name)(x, axis=axis, keepdims=keepdims)
        if name == "ptp":
            return m.max(x, axis=axis, keepdims=keepdims) - m.min(x, axis=axis, keepdims=keepdims)
        return getattr(m, name)(x, axis=axis, keepdims=keepdims)

    def features(self, params: dict[str, Any]) -> list[str]:
        several = "axes" if isinstance(params["axis"], tuple) else "axis" if params["axis"] is not None else "all"
        return [f"Reduce {params['name']}", f"Reduce over {several}"]


def has_ties(value: Any, axis: Any) -> bool:
    """Whether a largest or smallest element along axes occurs twice: there the gradient is a convention."""
    if not value.size:
        return False
    for extreme in (np.max, np.min):
        at = value == extreme(value, axis=axis, keepdims=True)
        if (np.sum(at, axis=axis) > 1).any():
            return True
    return False


@form
class Softmax(Form):
    """Softmax, its logarithm, and the activations of networks."""

    weight = 1.5

    def propose(self, g: Grower) -> Step | None:
        # Libraries differ in what they make of infinity.
        i = g.floats(lambda i: g.ndim(i) > 0 and 0 not in g.shape(i) and bool(np.isfinite(g.values[i]).all()))
        return None if i is None else self.step(i, name=g.pick(("softmax", "log_softmax")), axis=g.axis(i))

    def text(self, names: Sequence[str], *, name: str, axis: int) -> str:
        return f"T.nnet.{name}({names[0]}, axis={axis})"

    def reference(self, m: Any, x: Any, *, name: str, axis: int) -> Any:
        if m is np:
            return getattr(special, name)(x, axis=axis)
        import jax

        return getattr(jax.nn, name)(x, axis=axis)


@form
class Accumulate(Form):
    """Sums and products carried along an axis."""

    weight = 1.5

    def propose(self, g: Grower) -> Step | None:
        i = g.any()
        if i is None:
            return None
        axis = None if g.chance(0.2) or not g.ndim(i) else g.axis(i)
        return self.step(i, name=g.pick(("cumsum", "cumsum", "cumprod")), axis=axis)

    def text(self, names: Sequence[str], *, name: str, axis: int | None) -> str:
        return f"T.{name}({names[0]}, axis={axis})"

    def reference(self, m: Any, x: Any, *, name: str, axis: int | None) -> Any:
        return getattr(m, name)(x, axis=axis)


@form
class Order(Form):
    """Sorting, and the positions that sort."""

    weight = 1

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.ndim(i) > 0)
        if i is None:
            return None
        # Which of two equal elements comes first may change their gradients.
        smooth = g.group != "smooth" or (g.dtype(i) in FLOATS and np.unique(g.values[i]).size == g.values[i].size)
        if not smooth:
            return None
        return self.step(i, name=g.pick(("sort", "argsort")), axis=None if g.chance(0.15) else g.axis(i))

    def text(self, names: Sequence[str], *, name: str, axis: int | None) -> str:
        return f"T.{name}({names[0]}, axis={axis})"

    def reference(self, m: Any, x: Any, *, name: str, axis: int | None) -> Any:
        options: dict[str, Any] = {"kind": "stable"} if m is np else {}
        return getattr(m, name)(x, axis=axis, **options)
