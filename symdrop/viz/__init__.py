"""Graphs as pictures and pages.

Read next: files.py
"""

from typing import TYPE_CHECKING, NoReturn

from ..tensor.foreign import no_name
from ..tensor.foreign_objects import MODULES
from .dot import to_dot
from .explore import explore
from .images import PictureError, to_png, to_svg
from .notebook import to_large_html, to_small_svg
from .parts import PARTS, mark, parts
from .plots import histogram, learning_curve

__all__ = [
    "PARTS", "PictureError", "explore", "histogram", "learning_curve", "mark", "parts", "to_dot", "to_large_html",
    "to_png", "to_small_svg", "to_svg",
]  # fmt: skip


if not TYPE_CHECKING:  # a checker reports a name that is not there by itself

    def __getattr__(name: str) -> NoReturn:
        no_name("symdrop.viz", name, __all__, MODULES["viz"])


def __dir__() -> list[str]:
    return sorted(__all__)
