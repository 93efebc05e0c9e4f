"""``scan``: loops whose body is a program, with several states, taps, until, and loops inside.

The body's sources are *parameters*: elements of sequences first (one for every tap), then
earlier states (one for every tap), then what is passed as a non-sequence or captured.

Read next: flags.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import automatic, oracle
from .forms import FLOATS, Form, form, step_lines, table
from .indexing import Index
from .joins import Item
from .oracle import Context
from .program import Program, Source, Step

if TYPE_CHECKING:
    from .grow import Grower

Taps = tuple[int, ...]


@form
class Settle(Form):
    """A new state from a value and the old state, which stays small for ever."""

    weight = 0.1

    def propose(self, g: Grower) -> Step | None:
        i = g.any()
        j = None if i is None else g.any(lambda j: g.dtype(j) == g.dtype(i or 0) and g.shape(j) == g.shape(i or 0))
        return None if i is None or j is None else self.step(i, j, dtype=g.dtype(j))

    def text(self, names: Sequence[str], *, dtype: str) -> str:
        a, b = names
        if dtype == "bool":
            return f"{a} ^ {b}"
        if dtype in FLOATS:
            return f"T.cast(0.5 * T.tanh({a}) + 0.25 * {b}, {dtype!r})"
        return f"({a} + {b}) % 7"

    def reference(self, m: Any, a: Any, b: Any, *, dtype: str) -> Any:
        if dtype == "bool":
            return m.logical_xor(a, b)
        return 0.5 * m.tanh(a) + 0.25 * b if dtype in FLOATS else m.remainder(a + b, m.asarray(7, b.dtype))


@form
class Exceeds(Form):
    """Whether the sum of a value exceeds a number: the condition of a loop's end."""

    weight = 0.2

    def propose(self, g: Grower) -> Step | None:
        i = g.floats()
        return None if i is None else self.step(i, than=round(g.rng.uniform(-2, 3), 1))

    def text(self, names: Sequence[str], *, than: float) -> str:
        return f"T.sum({names[0]}) > {than}"

    def reference(self, m: Any, x: Any, *, than: float) -> Any:
        return m.sum(x) > than


@form
class Scan(Form):
    """A loop."""

    weight = 2.5
    contextual = True

    def propose(self, g: Grower) -> Step | None:
        if g.depth > 1 or (g.depth and g.chance(0.5)):
            return None
        operands, sequences, length = self._sequences(g)
        steps = None if sequences and g.chance(0.8) else g.number(0, 5) if length is None else g.number(0, length)
        rows = length if steps is None else steps
        if rows is None or rows > 40:
            return None
        inner = g.inside()
        for i, taps in zip(operands, sequences, strict=True):
            for k in range(len(taps)):
                row = g.values[i][k] if len(g.values[i]) > k else np.zeros(g.shape(i)[1:], g.values[i].dtype)
                inner.add_parameter(row, g.dtype(i), g.static(i)[1:])
        initial, states = self._states(g, inner)
        operands += [i for i, _ in initial]
        captured = [i for _ in range(g.number(0, 2)) for i in [g.any()] if i is not None]
        for i in captured:
            inner.add_parameter(g.values[i], g.dtype(i), g.static(i))
        if not inner.items:
            return None
        inner.grow(g.number(2, 6))
        if inner.broken:
            return None
        outputs = [new for state in states for new in [self._new_state(inner, state)]]
        extra = inner.any(lambda i: not isinstance(inner.items[i], Source)) if g.chance(0.5) or not states else None
        if None in outputs or (not outputs and extra is None):
            return None
        until = self._condition(inner) if g.chance(0.2) and rows else None
        asked = [i for i in (*outputs, extra, until) if i is not None]
        step = self.step(
            *operands,
            *captured,
            body=inner.finished(outputs=asked),
            sequences=tuple(sequences),
            initial=tuple(taps for _, taps in initial),
            extra=extra is not None,
            until=until is not None,
            steps=steps,
            backwards=g.chance(0.2) and all(len(taps) == 1 for taps in sequences),
            passed=g.chance(0.5),
            every=g.number(1, 4) if g.chance(0.1) and until is None else None,
            truncate=g.number(1, 3) if g.chance(0.08) and until is None else -1,
        )
        if step.params["truncate"] != -1:
            step = replace(step, params={**step.params, "every": None})
        made = g.add(step)
        if made is None or g.broken:
            return None
        for k in range(1, len(g.values[made])):
            if g.chance(0.5):
                g.add(Item().step(made, number=k))
        first = g.add(Item().step(made, number=0))
        if first is None or not len(g.values[first]) or g.chance(0.6):
            return None
        return Index().step(first, entries=(("int", -1),))

    def _sequences(self, g: Grower) -> tuple[list[int], list[Taps], int | None]:
        operands: list[int] = []
        found: list[Taps] = []
        length: int | None = None
        for _ in range(g.number(0, 2)):
            taps: Taps = g.pick(((0,), (0,), (0,), (-1, 0), (0, 1)))
            i = g.any(
                lambda i: g.ndim(i) > 0 and (not operands or g.shape(i)[0] == g.shape(operands[0])[0])
            )
            if i is None or (operands and len(taps) != len(found[0])):
                continue
            operands.append(i)
            found.append(taps)
            length = max(0, g.shape(i)[0] - len(taps) + 1)
        return operands, found, length

    def _states(self, g: Grower, inner: Grower) -> tuple[list[tuple[int, Taps]], list[int]]:
        """Initial values, and the numbers of the latest states in the body."""
        initial: list[tuple[int, Taps]] = []
        states: list[int] = []
        for _ in range(g.pick((0, 1, 1, 2, 3))):
            i = g.any(lambda i: g.values[i].size < 500)
            if i is None:
                continue
            taps: Taps = (-1,)
            if g.ndim(i) and g.shape(i)[0] >= 2 and g.chance(0.25):
                cut = g.add(Index().step(i, entries=(("slice", None, 2, None),)))
                if cut is None:
                    continue
                i, taps = cut, g.pick(((-2, -1), (-2,)))
                for k in range(len(taps)):
                    inner.add_parameter(g.values[i][k], g.dtype(i), g.static(i)[1:])
            else:
                inner.add_parameter(g.values[i], g.dtype(i), g.static(i))
            initial.append((i, taps))
            states.append(len(inner.items) - 1)
        return initial, states

    def _new_state(self, inner: Grower, state: int) -> int | None:
        def fits(i: int) -> bool:
            alike = inner.shape(i) == inner.shape(state) and inner.dtype(i) == inner.dtype(state)
            return alike and inner.static(i) == inner.static(state)

        value = inner.any(lambda i: fits(i) and not isinstance(inner.items[i], Source))
        if value is not None and inner.chance(0.3):
            # Growing values are left out when the loop has been run.
            return value
        return inner.add(Settle().step(state if value is None else value, state, dtype=inner.dtype(state)))

    def _condition(self, inner: Grower) -> int | None:
        i = inner.floats()
        return None if i is None else inner.add(Exceeds().step(i, than=round(inner.rng.uniform(-2, 3), 1)))

    def text(self, names: Sequence[str], **params: Any) -> str:
        raise NotImplementedError

    def statements(self, result: str, names: Sequence[str], params: dict[str, Any]) -> list[str]:
        body: Program = params["body"]
        sequences, initial = params["sequences"], params["initial"]
        inner = body.names(f"{result}_")
        changing = sum(map(len, (*sequences, *initial)))
        first, second = len(sequences), len(sequences) + len(initial)
        arguments = inner[: changing + (len(body.sources) - changing) * params["passed"]]
        if not params["passed"]:
            inner[changing : len(body.sources)] = names[second:]
        results = [inner[i] for i in body.outputs]
        ending = f", sd.until({results.pop()})" if params["until"] else ""
        lines = [f"def step_{result}({', '.join(arguments)}):"]
        lines += [f"    {line}" for line in step_lines(body, inner)]
        lines.append(f"    return [{', '.join(results)}]{ending}")
        given = [
            name if taps == (0,) else f"dict(input={name}, taps={list(taps)})"
            for name, taps in zip(names[:first], sequences, strict=True)
        ]
        starts = [
            name if taps == (-1,) else f"dict(initial={name}, taps={list(taps)})"
            for name, taps in zip(names[first:second], initial, strict=True)
        ]
        starts += ["None"] * params["extra"]
        words = [f"step_{result}", f"sequences=[{', '.join(given)}]", f"outputs_info=[{', '.join(starts)}]"]
        if params["passed"]:
            words.append(f"non_sequences=[{', '.join(names[second:])}]")
        if params["steps"] is not None:
            words.append(f"n_steps={params['steps']}")
        if params["backwards"]:
            words.append("go_backwards=True")
        if params["truncate"] != -1:
            words.append(f"truncate_gradient={params['truncate']}")
        if params["every"] is not None:
            words.append(f"checkpoint_every={params['every']}")
        return [*lines, f"{result}, _ = sd.scan({', '.join(words)}, return_list=True)"]

    def reference(
        self,
        m: Any,
        *values: Any,
        context: Context,
        body: Program,
        sequences: Sequence[Taps],
        initial: Sequence[Taps],
        extra: bool,
        until: bool,
        steps: int | None,
        backwards: bool,
        passed: bool,
        every: int | None,
        truncate: int,
    ) -> Any:
        first, second = len(sequences), len(sequences) + len(initial)
        rows = [x[::-1] if backwards else x for x in values[:first]]
        lengths = [len(x) - len(taps) + 1 for x, taps in zip(rows, sequences, strict=True)]
        if len(set(lengths)) > 1 or (steps is not None and lengths and min(lengths) < steps):
            raise ValueError("sequences have other lengths")
        count = max(0, lengths[0]) if steps is None else steps
        starts = zip(values[first:second], initial, strict=True)
        past = [[x] if taps == (-1,) else list(x) for x, taps in starts]
        if any(len(row) < -min(taps) for row, taps in zip(past, initial, strict=True)):
            raise ValueError("too few initial values")
        results: list[list[Any]] = [[] for _ in body.outputs]
        for t in range(max(count, 1)):
            given = [
                x[t + k] if count and t + k < len(x) else m.zeros(x.shape[1:], x.dtype)
                for x, taps in zip(rows, sequences, strict=True)
                for k in range(len(taps))
            ]
            given += [row[tap] for row, taps in zip(past, initial, strict=True) for tap in taps]
            given += values[second:]
            if m is not np and truncate != -1 and t < count - truncate:
                given = [automatic.held(value) for value in given]
            around = replace(context, loops=(*context.loops, t))
            found = oracle.run(body, dict(enumerate(map(m.asarray, given))), around)
            for result, i in zip(results, body.outputs, strict=True):
                result.append(found[i])
            for k, row in enumerate(past):
                if found[body.outputs[k]].shape != row[-1].shape:
                    raise ValueError("a state would change its shape, if not in this call then in a longer loop")
                row.append(found[body.outputs[k]])
            if until and bool(results[-1][-1]):
                break
        stacks = [m.stack(result)[:count] for result in results]
        return stacks[:-1] if until else stacks

    def features(self, params: dict[str, Any]) -> list[str]:
        found = [feature for step in params["body"].steps for feature in table[step.form].features(dict(step.params))]
        more = [f"Scan {name}" for name in ("until", "backwards", "passed", "extra", "every") if params[name]]
        more += ["Scan taps"] * any(len(taps) > 1 for taps in (*params["sequences"], *params["initial"]))
        more += [f"Scan of {len(params['initial'])} states", f"Scan of {len(params['sequences'])} sequences"]
        more += ["Scan truncated"] * (params["truncate"] != -1)
        more += ["Scan nested"] * any(step.form == "Scan" for step in params["body"].steps)
        return ["Scan", *more, *(f"in Scan: {feature}" for feature in found)]
