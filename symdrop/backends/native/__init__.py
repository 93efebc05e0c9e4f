"""The native back end: a whole step as one piece of machine code.

Read next: cache/__init__.py
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import ClassVar

from ...errors import SymdropError, VerificationError
from ...graph import Graph
from ...ops.known_shapes import ShapeOf
from ..base import Backend, Program
from ..numpy import NumpyBackend, NumpyProgram
from .jit import compiler
from .jit.target import OLDEST_BINDING
from .planned_memory import planned_bytes
from .program import NativeProgram
from .selfcheck import asked, described, trouble, warn_once
from .tiers import first_tier


class NativeBackend(Backend):
    """Compiles a graph to machine code; what has no lowering runs in NumPy between pieces of it.

    Where native code does not work, NumPy computes everything, and one warning says why; so it does for a graph whose
    compilation fails by a fault of the compiler.
    """

    name: ClassVar[str] = "native"

    def compile(self, graph: Graph, states: Mapping[int, int], shape_of: ShapeOf | None = None) -> Program:
        program = None
        tier = first_tier()
        if not asked(tier):
            # Made before native code is tried for the first time, for what both need is compiled side by side.
            with contextlib.suppress(Exception):
                program = NativeProgram(graph, states, compiler.target(), shape_of)
        reason = trouble(tier if program is None else program.tier)
        if reason is None:
            try:
                program = program or NativeProgram(graph, states, compiler.target(), shape_of)
                reason = trouble(program.tier, program.multiplied)
                if reason is None:
                    return program
            except compiler.LlvmUnavailable as error:
                # The answer was kept from an earlier process, in which LLVM worked.
                reason = described(error)
            except Exception as error:
                if isinstance(error, SymdropError) and not isinstance(error, VerificationError | compiler.CodeError):
                    raise
                # What a user's formula does wrong fails here too, and is told as it is.
                instead = NumpyProgram(graph)
                warn_once(
                    "the native back end fails to compile a function, so NumPy computes it; please report this fault "
                    f"of the compiler: {described(error)}",
                    None,
                )
                return instead
        warn_once(
            f"native code does not work here, so NumPy computes instead: {reason} "
            f"(native code needs llvmlite {OLDEST_BINDING} or newer)",
            None,
        )
        return NumpyProgram(graph)

    def planned_bytes(self, graph: Graph, states: Mapping[int, int], shape_of: ShapeOf) -> int:
        if trouble(first_tier()) is not None:
            return NumpyBackend().planned_bytes(graph, states, shape_of)
        return planned_bytes(graph, states, compiler.target(), shape_of)


__all__ = ["NativeBackend"]
