"""Processors: how many of them this process may use at once, by its affinity mask and the quotas of its control groups.

A container or a batch system may give a process fewer processors than the machine has: some of them (the affinity
mask), or a share of the time of all (the quota of a control group, as Docker's ``--cpus`` sets it). A quota of 1.5
processors lets two threads run, if not all the time. More threads than that take turns, and wait for each other.

Source: "Control Group v2" (``cpu.max``) and "CFS Bandwidth Control" (``cpu.cfs_quota_us``), Linux kernel documentation.

Read next: config.py
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator

from .files import read_regular

# Of a file that the kernel writes, in bytes.
_LARGEST_FILE = 1 << 20
# More than any machine has.
_UNLIMITED = 1 << 16


def usable_processors(root: str | os.PathLike[str] = "/") -> int:
    """The number of processors that this process may use at once, at least 1.

    Args:
        root: the folder that holds ``proc`` and ``sys``.

    Returns:
        The processors of the affinity mask (where the system has none, of the machine; where Python counts itself, as
        with ``PYTHON_CPU_COUNT``, as many as it says), or the smallest quota around this process, rounded up.

    Example:
        >>> 1 <= usable_processors() <= (os.cpu_count() or 1)
        True
    """
    return max(1, min((_in_mask(), *map(math.ceil, _quotas(os.fspath(root))))))


def _in_mask() -> int:
    try:
        return os.process_cpu_count() or 1  # type: ignore[attr-defined, no-any-return, unused-ignore]
    except AttributeError:  # Python 3.12 or older
        pass
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def _quotas(root: str) -> Iterator[float]:
    """Processors that each control group around this process may use."""
    groups = [line.split(":", 2) for line in _lines(root, "proc/self/cgroup") if line.count(":") >= 2]
    # The unified hierarchy names no controllers.
    path_of = {name: path for _, names, path in groups for name in names.split(",")}
    for mount in (line.split(" ") for line in _lines(root, "proc/self/mounts") if line.count(" ") >= 3):
        place, kind, options = os.path.join(root, mount[1].lstrip("/")), mount[2], mount[3].split(",")
        if kind == "cgroup2":
            for group in _around(place, path_of.get("", "")):
                yield _quota(_words(group, "cpu.max"))
        elif kind == "cgroup" and "cpu" in options:
            for group in _around(place, path_of.get("cpu", "")):
                yield _quota([*_words(group, "cpu.cfs_quota_us"), *_words(group, "cpu.cfs_period_us")])


def _around(mount: str, path: str) -> Iterator[str]:
    """The folders of a control group and all that it is in; a container may see only the last, which is its own."""
    names = path.strip("/").split("/")
    return (os.path.join(mount, *names[:count]) for count in range(len(names) + 1))


def _quota(words: list[str]) -> float:
    """Processors, by the time that may be used, and in what time; many where no time is set, or none above 0."""
    try:
        allowed, every = map(int, words)
    except ValueError:
        return _UNLIMITED
    return allowed / every if allowed > 0 and every > 0 else _UNLIMITED


def _words(*path: str) -> list[str]:
    return " ".join(_lines(*path)).split()


def _lines(*path: str) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    try:
        return read_regular(os.path.join(*path), _LARGEST_FILE).decode(errors="replace").splitlines()
    except (OSError, ValueError):
        return []
