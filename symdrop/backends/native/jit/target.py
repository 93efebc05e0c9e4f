"""The target: the machine that code is made for, as LLVM knows it.

Importing LLVM takes longer than all else in a process whose cache is filled. What it says of the
processor is the same every time, so it is kept beside the compiled code, and such a process never asks.

- `target(level)` describes the machine compiled for: the host, or the host held to "avx512", "avx2"
  or "scalar". `config.target` chooses when no level is given.
- `llvm()` is LLVM itself, to be entered while `LOCK` is held.

Read next: llvm_loader.py
"""

from __future__ import annotations

import json
import platform
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any, Literal, NamedTuple

from ....config import config
from ....errors import ArgumentError, SymdropError, shown
from ....threads import held_over_forks, once_per_key
from ..cache import objects

LEVELS = ("scalar", "avx2", "avx512")

_BITS = {"scalar": 128, "avx2": 256, "avx512": 512}
# The features a level needs, and the generic processor that stands for it on a machine that has more.
_NEEDS = {"scalar": (), "avx2": ("avx2", "fma"), "avx512": ("avx512f", "avx512bw", "avx512dq", "avx512vl")}
_GENERIC = {"scalar": "x86-64", "avx2": "x86-64-v3"}
# Some processors are said to prefer narrower vectors; code here asks for the width it wants.
_FULL_WIDTH = "-prefer-128-bit,-prefer-256-bit"

# LLVM is entered by one thread at a time.
LOCK = held_over_forks(threading.RLock())


# The oldest release of the LLVM bindings that the tests run with; pyproject.toml asks for no other.
OLDEST_BINDING = "0.45"


class LlvmUnavailable(SymdropError, RuntimeError):
    """LLVM cannot be loaded on this machine: its bindings are missing or broken."""


class CodeError(SymdropError, RuntimeError):
    """LLVM text that LLVM refuses: a fault of symdrop, never of its user."""


@dataclass(frozen=True)
class Target:
    """The machine that code is made for.

    Attributes:
        triple: architecture, vendor and system as LLVM names them.
        cpu: LLVM's name of the processor, for its timings.
        features: what it can do, as LLVM wants it: ``"+avx2,-avx512f,..."``; decides, where the name disagrees.
        vector_bits: width of its vectors.
        level: "avx512", "avx2", or "scalar" where neither exists.
        fma: whether a fused multiply-add is one instruction; where not, ``llvm.fma`` is a slow call of libm.
    """

    triple: str
    cpu: str
    features: str
    vector_bits: int
    level: str
    fma: bool

    @property
    def has_masks(self) -> bool:
        """True if loads and stores of all types take a mask at no cost."""
        return self.level == "avx512"

    @property
    def registers(self) -> int:
        """How many vectors its registers hold."""
        return 32 if self.level == "avx512" or self.triple.startswith(("aarch64", "arm64")) else 16


@once_per_key(LOCK)
def llvm() -> Any:
    """The LLVM bindings, ready for this machine. They have no types of their own.

    Raises:
        LlvmUnavailable: if they are missing, broken, or do not know this machine.
    """
    try:
        import llvmlite.binding

        llvmlite.binding.initialize_native_target()
        llvmlite.binding.initialize_native_asmprinter()
    except (ImportError, OSError, AttributeError, RuntimeError) as error:
        raise LlvmUnavailable(f"llvmlite cannot be used: {error}") from error
    return llvmlite.binding


class _Seen(NamedTuple):
    """LLVM's description of itself and of this machine."""

    version: str
    triple: str
    cpu: str
    features: dict[str, bool]


@once_per_key(LOCK)
def _seen() -> _Seen:
    """LLVM's description, or that of an earlier process on this processor: then LLVM need not be imported."""
    processor = _processor()
    store, name = objects.current(), objects.key("processor", *_binding(), processor or "")
    kept = store.get(name) if processor else None
    if kept is not None:
        return _Seen(*json.loads(kept))
    with LOCK:
        binding = llvm()
        try:
            present = dict(binding.get_host_cpu_features())
        except RuntimeError:  # LLVM cannot ask this system, and the processor's name must do
            present = {}
        version = ".".join(map(str, binding.llvm_version_info))
        seen = _Seen(version, binding.get_process_triple(), binding.get_host_cpu_name(), present)
    if processor:
        store.put(name, json.dumps(seen).encode())
    return seen


def _processor() -> str | None:
    """The system's description of its processor, without what changes from moment to moment; None if it gives none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            first = list(takewhile(str.strip, file))
    except OSError:
        return None
    lasting = ("vendor_id", "cpu family", "model", "stepping", "flags")
    return "".join(line for line in first if line.startswith(lasting)) or None


@cache
def _binding() -> tuple[str, str]:
    """The version of the LLVM bindings, and where they are installed; without importing what they bind."""
    try:
        import llvmlite

        return str(llvmlite.__version__), str(llvmlite.__file__)
    except (ImportError, AttributeError) as error:
        raise LlvmUnavailable(f"llvmlite cannot be used: {error}") from error


@cache
def host() -> Target:
    """The machine this runs on, at its best.

    Example:
        >>> host().vector_bits in (128, 256, 512)
        True
    """
    _, triple, cpu, present = _seen()
    features = ",".join(("+" if on else "-") + name for name, on in sorted(present.items()))
    if not _is_x86():
        return Target(triple, cpu, features, _BITS["scalar"], "scalar", fma=_machine_name() in ("arm64", "aarch64"))
    level = [one for one in LEVELS if all(present.get(feature) for feature in _NEEDS[one])][-1]
    features = ",".join(filter(None, (features, _FULL_WIDTH)))
    return Target(triple, cpu, features, _BITS[level], level, fma=bool(present.get("fma")))


def target(level: str | None = None) -> Target:
    """The machine to compile for.

    Args:
        level: "host", "avx512", "avx2" or "scalar"; by default ``config.target``.

    Returns:
        This machine, held to what that level has.

    Raises:
        ArgumentError: if this machine lacks the level, or there is none of that name.

    Example:
        >>> target("scalar").level
        'scalar'
    """
    level = config.target if level is None else level
    if level == "host":
        return host()
    if level not in LEVELS:
        raise ArgumentError(f"target {shown(level)}: expected one of host, {', '.join(reversed(LEVELS))}")
    if LEVELS.index(level) > LEVELS.index(host().level):
        raise ArgumentError(f"target {shown(level)}: this machine ({host().cpu}) has at most {shown(host().level)}")
    if level == host().level:
        return host()
    return Target(host().triple, _GENERIC[level], _FULL_WIDTH, _BITS[level], level, fma=level != "scalar")


def _machine_name() -> str:
    return platform.machine().lower()


def _is_x86() -> bool:
    return _machine_name() in ("x86_64", "amd64")


def versions() -> tuple[str, str]:
    """The versions of the LLVM bindings and of LLVM, which decide what code a text becomes."""
    return _binding()[0], _seen().version


# How much LLVM does to code: "quick" chooses instructions one after the other and keeps values in memory, "full" looks
# at whole functions. Neither changes a bit of what is computed.
Tier = Literal["quick", "full"]
# The attribute of functions of which there is no quick code, since it would be many times slower: sums that quick code
# keeps in memory between the iterations of a loop, full code keeps in registers.
ALWAYS_FULL = '"always-full"'
# The first line of a module of which there is no full code, since it would not be quicker: what is called once a step.
ALWAYS_QUICK = "; always quick\n"
_CODE_GENERATION_LEVEL: Mapping[Tier, int] = {"quick": 0, "full": 2}
# Names of processors for which LLVM orders instructions once more when registers are given out. That takes a fourteenth
# of its time, and nothing that was measured became faster by it.
_REORDERED = "znver"


def target_machine(target: Target, tier: Tier = "full") -> Any:
    """LLVM's own object for a target, to be used by one thread.

    Small code model, position independent: constants lie beside the code and cost no register; functions
    anywhere in memory are reached through stubs that the loader makes.
    """
    triple = target.triple + ("-elf" if sys.platform == "win32" else "")
    cpu = "generic" if target.cpu.startswith(_REORDERED) else target.cpu
    return (
        llvm()
        .Target.from_triple(triple)
        .create_target_machine(
            cpu=cpu, features=target.features, opt=_CODE_GENERATION_LEVEL[tier], reloc="pic", codemodel="small"
        )
    )


class TargetMachines:
    """LLVM's objects for targets, lent to one thread at a time and used again: what it derives from a list of features
    takes half as long as to compile a small module."""

    def __init__(self) -> None:
        self._idle: dict[tuple[Target, Tier], list[Any]] = {}

    @contextmanager
    def lent(self, target: Target, tier: Tier) -> Iterator[Any]:
        """A machine for a target, the caller's inside the ``with`` block."""
        idle = self._idle.setdefault((target, tier), [])
        try:
            machine = idle.pop()
        except IndexError:
            machine = target_machine(target, tier)
        yield machine
        idle.append(machine)


MACHINES = TargetMachines()
