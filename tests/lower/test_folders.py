"""The folders of lowering: each imports from those before it, so that a stage can be read without the later ones."""

import ast
from pathlib import Path

import symdrop

LOWER = Path(symdrop.__file__).parent / "lower"
# From the language that all stages speak to what puts them together.
ORDER = ("ir", "vectorize", "partition", "fusion", "schedule", "loops", "memory", "build")


def test_the_folders_are_those_of_the_order():
    """A new folder has a place among the others."""
    assert sorted(path.parent.name for path in LOWER.glob("*/__init__.py")) == sorted(ORDER)


def test_imports_point_to_earlier_folders():
    """No stage knows those that run on what it makes."""
    wrong = []
    for file in LOWER.glob("*/**/*.py"):
        inside = file.relative_to(LOWER).parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                above = (LOWER / Path(*inside)).parents[node.level - 1]
                target = (above / (node.module or "").replace(".", "/")).relative_to(LOWER.parent).parts
                if target[0] == "lower" and len(target) > 1 and ORDER.index(target[1]) > ORDER.index(inside[0]):
                    wrong.append(f"{'/'.join(inside)} imports from {target[1]}/")
    assert not wrong
