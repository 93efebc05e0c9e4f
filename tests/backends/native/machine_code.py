"""Texts of LLVM to compile, and how a compiled function is called."""

from __future__ import annotations

import ctypes
import platform
import sys

from symdrop.backends.native.jit import compiler
from symdrop.backends.native.jit.compiler import compile_object, host, load

X86 = platform.machine().lower() in ("x86_64", "amd64")
LINUX_X86 = X86 and sys.platform == "linux"

INTEGER = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
DOUBLE = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)


def constant(value: int) -> str:
    """A step that returns a number, through a helper of its own and a variable of its own."""
    return f"""
@state = internal global i64 {value}
define internal i64 @kernel_0(i64 %x) noinline {{
  %old = load i64, ptr @state
  %new = add i64 %old, %x
  store i64 %new, ptr @state
  ret i64 %new
}}
define i64 @run(i64 %x) {{
  %y = call i64 @kernel_0(i64 %x)
  ret i64 %y
}}
"""


def loaded(text: str, symbols: dict[str, int] | None = None, **choices: object) -> compiler.Library:
    """Compiled for the host and loaded."""
    return load(compile_object(text, host(), **choices), symbols or {})


def call(library: compiler.Library, x: float, kind: type[ctypes._CFuncPtr] = INTEGER) -> float:
    """The result of its function `run`; the library lives as long as this call."""
    return kind(library.address("run"))(x)
