"""The memory of a step's intermediate values: what the system is asked for."""

from __future__ import annotations

from pathlib import Path

from symdrop.backends.native.runtime.workspace import Workspace
from symdrop.lower.ir.frame import ARENA, ARENA_BYTES

MAPS = Path("/proc/self/smaps")


def flags_at(address):
    """The system's flags of the mapping that holds an address; none where it does not tell."""
    found, inside = set(), False
    for line in MAPS.read_text().splitlines() if MAPS.exists() else ():
        first, _, rest = line.partition(" ")
        if "-" in first and not first.endswith(":"):
            low, high = (int(end, 16) for end in first.split("-"))
            inside = low <= address < high
        elif first == "VmFlags:" and inside:
            found |= set(rest.split())
    return found


def test_no_huge_pages_are_asked_for_a_large_arena():
    """A virtual machine may take 20 ms for each, while the user waits for a first result."""
    workspace = Workspace(16)
    workspace.words[ARENA_BYTES] = 32 << 20
    workspace.provide_arena()
    at = workspace.words[ARENA]
    assert at % 64 == 0 and "hg" not in flags_at(at + (16 << 20))
    assert len(workspace._arena) >= 32 << 20 and workspace._arena.flags.writeable
