"""Promises of speed, and rows that say of each if it is kept.

A promise is a ratio that must not be passed: symdrop's time divided by that of a peer, of
symdrop itself without dropout, or of a length of time. Ratios travel from machine to machine
far better than times do.

Read next: report.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .contest import Work
from .fresh import LENGTHS, Compiling
from .race import Line, Result
from .shapes import NUMPYS, Times

PLAIN = "{} without dropout"
OWN_COST = "{}, dropout's own cost"
WITH_AND_WITHOUT = "{}, with / without"
BESIDE = "{}, beside {} busy"
EPOCH = "LENGTHS, first epoch"
BLAS, MOST_SHAPES = "{}, {} thread{}", "PRODUCTS, most of them"
LONGER, HALF_AS_LONG = "memory of attention, {} queries and keys", "half as many"
NO_CACHE, FULL_CODE, CACHE = "compile {}, no cache", "compile {}, full code", "compile {}, with cache"
IMPORT = "import"
# Peers that share the machine with the same busy processes; the quotient of the ratio to them and that in quiet, and
# how large it may be beside one.
BUSY_PEERS, OVER_QUIET, BUSY_FACTOR = ("jax", "torch", "torch.compile"), "{}, over that in quiet", 1.25
# A library that is not there.
NOT_INSTALLED = "not installed"

# By work and what symdrop is compared with.
AT_MOST = {
    ("TINY", "numpy"): 0.04,
    ("MLP", "jax"): 0.62,
    (PLAIN.format("MLP"), "jax"): 0.7,
    (PLAIN.format("MLP"), "torch"): 0.6,
    (OWN_COST.format("MLP"), WITH_AND_WITHOUT.format("symdrop")): 1.04,
    ("EPOCH", "jax"): 0.8,
    ("EPOCH", "torch"): 0.8,
    ("EPOCH", "torch.compile"): 0.8,
    ("MASK", "numpy"): 0.06,
    ("MASK", "copy"): 1.5,
    ("ELEMWISE", "torch.compile"): 0.35,
    ("ELEMWISE", "jax"): 0.25,
    ("GRU", "numpy"): 0.45,
    ("GRU", "jax"): 0.27,
    (PLAIN.format("GRU"), "jax"): 0.8,
    ("LENET", "jax"): 0.8,
    ("LENET", "torch"): 0.8,
    ("LENET", "torch.compile"): 0.8,
    ("TRANSFORMER", "torch"): 0.5,
    ("CONV-DEPTHWISE", "torch"): 1.1,
    ("CONV-DEPTHWISE-GRADIENT", "torch"): 1.1,
    ("CONV-1X1", "torch"): 1.1,
    ("CONV-1X1-GRADIENT", "torch"): 1.1,
    ("CONV-3X3", "torch"): 1.1,
    ("CONV-3X3-GRADIENT", "torch"): 1.1,
    ("MATVEC", "torch"): 1.0,
    ("MATVEC", "jax"): 1.0,
    ("BATCHED", "torch"): 1.0,
    ("BATCHED", "jax"): 1.0,
}
# The same of compiling.
COMPILING_AT_MOST = {
    (NO_CACHE.format("MLP"), "jax"): 0.15,
    (FULL_CODE.format("MLP"), "jax"): 0.4,
    (CACHE.format("MLP"), "jax"): 0.15,
    (NO_CACHE.format("TRANSFORMER"), "jax"): 0.15,
    (FULL_CODE.format("TRANSFORMER"), "jax"): 0.4,
}
# Seconds that what takes a fresh process may take.
SECONDS = {NO_CACHE.format("MLP"): 0.2, CACHE.format("MLP"): 0.03, IMPORT: 0.25}
# Of each product of the table of shapes, and of three quarters of them.
SHAPE_AT_MOST, MOST_SHAPES_AT_MOST, MOST = 1.05, 0.9, 0.75
# Nanoseconds that a step of a loop may take, by work.
PER_STEP = {"SCAN": 30}


class Row(NamedTuple):
    """A line of the table.

    Args:
        work: what is done.
        against: with what the time is compared.
        ratio: our time divided by the other; None if the other was not measured, and ``note`` says why.
        target: what the ratio may be at most; None where nothing is promised.
        ours: seconds.
        theirs: seconds.
        note: why something is missing.
    """

    work: str
    against: str
    ratio: float | None
    target: float | None = None
    ours: float | None = None
    theirs: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """True if the promise is kept; None if there is none, or no ratio.

        Example:
            >>> Row("TINY", "numpy", ratio=0.03, target=0.04).reached
            True
        """
        return None if self.ratio is None or self.target is None else self.ratio <= self.target


def beside_rows(rows: Iterable[Row], beside: int, quiet: Iterable[Row] = ()) -> Iterator[Row]:
    """The rows of a race beside busy processes, and how much larger than in quiet the ratios to peers are.

    Args:
        rows: of that race.
        beside: the number of busy processes.
        quiet: the rows of the same race without them. To a peer that competes with one busy process as well the ratio
            may be a quarter larger; all else is promised for quiet machines.
    """
    ratios = {(row.work, row.against): row.ratio for row in quiet if row.against in BUSY_PEERS}
    for row in rows:
        work, ratio = BESIDE.format(row.work, beside), ratios.get((row.work, row.against))
        yield row._replace(work=work, target=None)
        if ratio is not None and row.ratio is not None:
            target = BUSY_FACTOR if beside == 1 else None
            yield Row(work, OVER_QUIET.format(row.against), row.ratio / ratio, target)


def race_rows(work: Work, result: Result) -> Iterator[Row]:
    """Symdrop against each peer, with and without dropout, and what dropout costs each."""
    for dropping in (True, False):
        lines = [(name, dropping) for name in work.entries if name != "symdrop"]
        label = PLAIN.format(work.name) if work.drops and not dropping else work.name
        if ("symdrop", dropping) in result.seconds:
            for line in lines:
                yield _against(label, line, result)
    if work.drops and work.plain:
        for name in work.entries:
            if (name, True) in result.seconds:
                label, against = OWN_COST.format(work.name), WITH_AND_WITHOUT.format(name)
                line, other = (name, True), (name, False)
                target = AT_MOST.get((label, against))
                ratio = result.ratio(line, other)
                yield Row(label, against, ratio, target, result.median(line), result.median(other))


def _against(label: str, line: Line, result: Result) -> Row:
    name, dropping = line
    ours: Line = ("symdrop", dropping)
    target = AT_MOST.get((label, name))
    if line not in result.seconds:
        note = result.failed.get(name, NOT_INSTALLED)
        return Row(label, name, None, target, ours=result.median(ours), note=note)
    return Row(label, name, result.ratio(ours, line), target, result.median(ours), result.median(line))


def step_rows(work: Work, result: Result, steps: int) -> Iterator[Row]:
    """A work that is a loop against what is promised for each of its steps."""
    if work.name in PER_STEP:
        ours, promised = result.median(("symdrop", False)) / steps, PER_STEP[work.name] * 1e-9
        yield Row(work.name, f"{PER_STEP[work.name]} ns a step", ours / promised, 1.0, ours, promised)


def shape_rows(times: Iterable[Times]) -> Iterator[Row]:
    """Every product against NumPy's BLAS and, where it is there, MKL; and the ratio that most of them keep to.

    What is promised is promised of NumPy's.
    """
    ratios: dict[tuple[str, bool], list[float]] = {}
    for shape, threads, ours, others in times:
        for name, theirs in others.items():
            against, promised = BLAS.format(name, threads, "s" * (threads > 1)), name == NUMPYS
            ratio, target = float(np.median(np.divide(ours, theirs))), SHAPE_AT_MOST if promised else None
            ratios.setdefault((against, promised), []).append(ratio)
            yield Row(shape.label, against, ratio, target, float(np.median(ours)), float(np.median(theirs)))
    for (against, promised), found in ratios.items():
        target = MOST_SHAPES_AT_MOST if promised else None
        yield Row(MOST_SHAPES, against, float(np.quantile(found, MOST, method="higher")), target)


def memory_rows(arenas: Mapping[int, int]) -> Iterator[Row]:
    """How memory grows, from each length to twice as much: no more than the length does."""
    lengths = sorted(arenas)
    for shorter, longer in pairwise(lengths):
        ratio = arenas[longer] / arenas[shorter]
        yield Row(LONGER.format(longer), HALF_AS_LONG, ratio, longer / shorter)


def epoch_rows(times: Mapping[str, list[float]], failed: Mapping[str, str]) -> Iterator[Row]:
    """The first epoch against each peer's; nothing is promised."""
    medians = {name: float(np.median(seconds)) for name, seconds in times.items()}
    ours = medians.pop("symdrop")
    for name, theirs in medians.items():
        yield Row(EPOCH, name, ours / theirs, None, ours, theirs)
    for name in LENGTHS.entries:
        if name not in times:
            yield Row(EPOCH, name, None, ours=ours, note=failed.get(name, NOT_INSTALLED))


def compile_rows(work: str, times: Mapping[str, Compiling], failed: Mapping[str, str]) -> Iterator[Row]:
    """Compiling a work against what is promised and against each peer that compiles.

    Code that is made behind the program is compared with the peer's first result, for which its best code is made.
    """
    medians = {name: [float(np.median(part)) for part in found[:3]] for name, found in times.items()}
    for name, own, other in ((NO_CACHE, 0, 0), (FULL_CODE, 2, 0), (CACHE, 1, 1)):
        label = name.format(work)
        peers = {name: found[other] for name, found in medians.items() if name != "symdrop"}
        yield from _seconds_rows(label, medians["symdrop"][own], peers)
        yield from (Row(label, peer, None, note=why) for peer, why in failed.items())


def import_rows(times: Mapping[str, tuple[float, float]]) -> Iterator[Row]:
    """Importing symdrop with NumPy against what is promised and against each peer; then without NumPy's share."""
    whole = {name: bare for name, (bare, _) in times.items()}
    yield from _seconds_rows(IMPORT, whole.pop("symdrop"), whole)
    beyond = {name: max(0.0, more) for name, (_, more) in times.items()}
    ours = beyond.pop("symdrop")
    for name, theirs in beyond.items():
        yield Row(f"{IMPORT} beyond NumPy's", name, ours / theirs if theirs else None, None, ours, theirs)


def _seconds_rows(label: str, ours: float, peers: Mapping[str, float]) -> Iterator[Row]:
    if label in SECONDS:
        yield Row(label, f"{SECONDS[label]:g} s", ours / SECONDS[label], 1.0, ours, SECONDS[label])
    for name, theirs in peers.items():
        yield Row(label, name, ours / theirs, COMPILING_AT_MOST.get((label, name)), ours, theirs)
