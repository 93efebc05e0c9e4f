"""Costs of fresh processes: to compile with and without a cache on disk, to meet many lengths, and to import.

Compiling is timed from the moment the graph of a training step stands to the first result, and to the
last of the code that is made behind the program. The cache is a temporary folder, empty or filled
by a run before. Importing is timed as a whole
process that does nothing else, minus one that does nothing at all.

Read next: shapes.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .contest import LIBRARY, ONCE
from .process import PACKAGE, ContestError, Process
from .race import OWN, Plan

# Those that compile, and where each is told to keep what it compiled.
COMPILING = ("symdrop", "jax", "torch.compile")
# What they compile.
COMPILED = ("MLP", "TRANSFORMER")
LENGTHS = ONCE["LENGTHS"]


class Compiling(NamedTuple):
    """Seconds of compiling, one number per process, from the moment the graph stands.

    Args:
        cold, warm: to the first result, with an empty and with a filled cache.
        settled: with an empty cache, until nothing more is compiled behind the program.
        building: to build the graph, before.
    """

    cold: list[float]
    warm: list[float]
    settled: list[float]
    building: list[float]


def caching_in(folder: str) -> dict[str, str]:
    """The environment in which every library keeps its cache below a folder."""
    below = Path(folder)
    return {
        "SYMDROP_CACHE": str(below / "symdrop"),
        "JAX_COMPILATION_CACHE_DIR": str(below / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TORCHINDUCTOR_CACHE_DIR": str(below / "torch"),
        "TRITON_CACHE_DIR": str(below / "triton"),
    }


def compile_times(
    work: str, interpreters: Mapping[str, str], plan: Plan, tell: Callable[[str], None]
) -> tuple[dict[str, Compiling], dict[str, str]]:
    """Time compiling a training step with dropout.

    Args:
        work: one of COMPILED.
        interpreters: where each library is.
        plan: how often.
        tell: is given a line about what is going on.

    Returns:
        The times of every library that compiles, and why others failed.

    Raises:
        ContestError: if symdrop fails.
    """
    found = {name: Compiling([], [], [], []) for name in COMPILING if name in interpreters}
    failed: dict[str, str] = {}
    words = ["--dropping"] + ["--small"] * plan.small
    for repeat in range(plan.repeats):
        for name in [name for name in found if name not in failed]:
            tell(f"compile {work}: {name}, {repeat + 1} of {plan.repeats}")
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                try:
                    for into in (found[name].cold, found[name].warm):
                        time.sleep(plan.pause)
                        arguments = ["first", work, name, *words]
                        with Process(interpreters[name], arguments, caching_in(folder)) as process:
                            answer = process.answer()
                        into.append(answer["seconds"])
                        if into is found[name].cold:
                            found[name].settled.append(answer["settled"])
                        found[name].building.append(answer["building"])
                except ContestError as error:
                    if name in OWN:
                        raise
                    failed[name] = error.reason or str(error)
    return {name: times for name, times in found.items() if name not in failed}, failed


def epoch_times(
    interpreters: Mapping[str, str], plan: Plan, tell: Callable[[str], None]
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Time the first epoch over sentences of many lengths, compiling included, with nothing cached.

    Args:
        interpreters: where each library is.
        plan: how often.
        tell: is given a line about what is going on.

    Returns:
        The seconds of every library that can, one number per process, and why others failed.

    Raises:
        ContestError: if symdrop fails.
    """
    found: dict[str, list[float]] = {name: [] for name in LENGTHS.entries if name in interpreters}
    failed: dict[str, str] = {}
    words = ["--dropping"] + ["--small"] * plan.small
    for repeat in range(plan.repeats):
        for name in [name for name in found if name not in failed]:
            tell(f"{LENGTHS.name}: {name}, {repeat + 1} of {plan.repeats}")
            time.sleep(plan.pause)
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                try:
                    with Process(interpreters[name], ["first", LENGTHS.name, name, *words], caching_in(folder)) as one:
                        found[name].append(one.answer()["seconds"])
                except ContestError as error:
                    if name in OWN:
                        raise
                    failed[name] = error.reason or str(error)
    return {name: times for name, times in found.items() if name not in failed}, failed


def import_times(
    interpreters: Mapping[str, str], plan: Plan, tell: Callable[[str], None]
) -> dict[str, tuple[float, float]]:
    """Time imports.

    Args:
        interpreters: where each library is.
        plan: how often.
        tell: is given a line about what is going on.

    Returns:
        For every library the seconds its import adds to a bare interpreter, and to one that has imported NumPy.
    """
    places = {LIBRARY.get(name, name): place for name, place in interpreters.items() if name in LIBRARY}
    bare: dict[str, list[float]] = {name: [] for name in places}
    with_numpy: dict[str, list[float]] = {name: [] for name in places}
    for repeat in range(plan.imports + 1):
        tell(f"import: {repeat} of {plan.imports}")
        for name, place in places.items():
            nothing, numpy, all_of_it = (_seconds(place, code) for code in ("", "import numpy", f"import {name}"))
            if repeat:  # the first one may have written bytecode
                bare[name].append(all_of_it - nothing)
                with_numpy[name].append(all_of_it - numpy)
    return {name: (float(np.median(bare[name])), float(np.median(with_numpy[name]))) for name in places}


def _seconds(interpreter: str, code: str) -> float:
    environment = dict(os.environ)
    if interpreter == sys.executable:
        below = [str(PACKAGE.parent), *filter(None, [environment.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(below)
    start = time.perf_counter()
    subprocess.run([interpreter, "-c", code], env=environment, check=True, capture_output=True)
    return time.perf_counter() - start
