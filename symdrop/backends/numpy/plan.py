"""The memory plan: which step writes into which buffer.

A value lives from the step that makes it to the last step that reads it or a view of it.
A step writes over an operand that dies with it, else into a free buffer of its dtype and
sizes, else into new memory. Outputs never live in buffers; memory for them is made first,
and whatever they overwrite is computed there from the start.

Read next: program.py
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...op import Size, is_dim
from .step import Step, Value
from .steps import Steps

Shape = tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """The memory of results.

    Attributes:
        buffers: dtype and shape of every buffer, the shape as expressions over the inputs.
        out: the name of the memory a step writes into, where it is not new.
        prepared: for outputs written in place: their position, dtype and shape.
    """

    buffers: list[tuple[str, Shape]] = field(default_factory=list)
    out: dict[Step, str] = field(default_factory=dict)
    prepared: dict[int, tuple[str, Shape]] = field(default_factory=dict)


_FOREVER = 1 << 60


class _Planner:
    def __init__(self, program: Steps) -> None:
        self.program = program
        self.plan = Plan()
        self.number = {leaf: value.name for leaf, value in zip(program.graph.inputs, program.inputs, strict=True)}
        self.last_use: dict[Value, int] = {}
        self.buffer_of: dict[Value, int] = {}
        self.free: dict[tuple[str, Shape], list[int]] = {}
        self.output_of = {value: i for i, value in reversed(list(enumerate(program.outputs)))}
        for i, step in enumerate(program.steps):
            for value in (*step.operands, *((step.target,) if step.target else ())):
                for owner in value.owners:
                    self.last_use[owner] = i
        for value in program.outputs:
            for owner in value.owners:
                self.last_use[owner] = _FOREVER

    def shape(self, value: Value) -> Shape | None:
        """The shape of a value as expressions over the inputs, if they determine it."""
        if not value.sizes:
            return None
        # As known when the value is made: a check that comes later has not yet found sizes equal.
        texts = [self._size(size) for size in value.sizes]
        return None if None in texts else tuple(text for text in texts if text is not None)

    def _size(self, size: Size) -> str | None:
        if isinstance(size, int):
            return str(size)
        if is_dim(size) and size.inputs[0] in self.number:
            return f"{self.number[size.inputs[0]]}.shape[{size.params['axis']}]"
        return None

    def prepare_outputs(self) -> None:
        """Give outputs memory of their own, and the operands they overwrite the same memory."""
        made_by = {step.target: step for step in self.program.steps if step.target is not None}
        when = {step: i for i, step in enumerate(self.program.steps)}
        for value, position in self.output_of.items():
            step, shape = made_by.get(value), self.shape(value)
            if step is None or shape is None or not step.takes_out:
                continue
            self.plan.prepared[position] = (value.dtype, shape)
            while step is not None:
                self.plan.out[step] = f"o{position}"
                step = next(
                    (
                        made_by[operand]
                        for operand in step.overwrites
                        if operand in made_by
                        and made_by[operand].takes_out
                        and self.shape(operand) == shape
                        and made_by[operand] not in self.plan.out
                        and self._dies(operand, when[step])
                    ),
                    None,
                )

    def _dies(self, operand: Value, i: int) -> bool:
        """True if nothing but step i needs the memory of an operand any more."""
        return operand.reusable and operand.owners == {operand} and self.last_use[operand] == i

    def run(self) -> Plan:
        self.prepare_outputs()
        dying: dict[int, list[Value]] = {}
        for owner, i in self.last_use.items():
            dying.setdefault(i, []).append(owner)
        for i, step in enumerate(self.program.steps):
            if step.target is not None and step.takes_out and step not in self.plan.out:
                self._place(i, step, step.target)
            for owner in dying.get(i, ()):
                if owner in self.buffer_of:
                    buffer = self.buffer_of[owner]
                    self.free.setdefault(self.plan.buffers[buffer], []).append(buffer)
        return self.plan

    def _place(self, i: int, step: Step, target: Value) -> None:
        is_output = self.last_use[target] == _FOREVER
        for operand in step.overwrites:
            if self._dies(operand, i) and not (is_output and operand in self.buffer_of):
                self.plan.out[step] = operand.name
                if operand in self.buffer_of:
                    self.buffer_of[target] = self.buffer_of.pop(operand)
                return
        shape = self.shape(target)
        if is_output or shape is None:
            return
        kind = (target.dtype, shape)
        free = self.free.get(kind)
        if free:
            buffer = free.pop()
        else:
            buffer = len(self.plan.buffers)
            self.plan.buffers.append(kind)
        self.buffer_of[target] = buffer
        self.plan.out[step] = f"b{buffer}"


def plan(program: Steps) -> Plan:
    """Decide where every step of a program writes."""
    return _Planner(program).run()
