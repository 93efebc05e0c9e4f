"""Two functions in one: each call says whether it trains or tests.

Read next: arguments.py
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..tensor.foreign_objects import FUNCTION, ForeignNames
from .inputs import checked_timeout, short_name
from .run import Function


class RuntimeFunction(ForeignNames):
    """Two specialisations of one graph over one state; made by ``training="runtime"``.

    Attributes:
        train: the function compiled with ``training=True``.
        test: the function compiled with ``training=False``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> f = sd.function([], T.where(sd.training, 1, 2), training="runtime")
        >>> int(f(training=True)), int(f(training=False))
        (1, 2)
    """

    elsewhere = FUNCTION

    @public
    def __init__(self, train: Function, test: Function) -> None:
        self.train = train
        self.test = test
        self.name = train.name

    @property
    def compile_count(self) -> int:
        """How many programs were compiled."""
        return self.train.compile_count + self.test.compile_count

    @property
    def backend(self) -> str:
        """The name of the back end."""
        return self.train.backend

    @property
    def tier(self) -> str:
        """The tier of the code that calls run: "quick" as long as either function runs quick code."""
        return "quick" if "quick" in (self.train.tier, self.test.tier) else self.train.tier

    @public
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until both functions run the best code there will be.

        Args:
            timeout: the most seconds to wait; None for as long as it takes.

        Returns:
            True if no better code is to come; False if the time is over before.

        Raises:
            GraphTypeError: if the timeout is no number.
        """
        seconds, begun = checked_timeout(timeout), monotonic()
        first = self.train.wait(seconds)
        return self.test.wait(None if seconds is None else seconds - (monotonic() - begun)) and first

    def __call__(self, *args: Any, training: Any = None, **kwargs: Any) -> Any:
        return self.chosen(training)(*args, **kwargs)

    @public
    def chosen(self, training: Any) -> Function:
        """The function that a call with this ``training=`` is made of.

        Raises:
            GraphTypeError: if it is neither True nor False.
        """
        if training is None:
            raise GraphTypeError(
                f"{short_name(self.name)} was compiled with training='runtime': say training=True or False{here()}"
            )
        if not isinstance(training, bool | np.bool_):
            raise GraphTypeError(f"training={shown(training)}: expected True or False{here()}")
        return self.train if training else self.test

    def __repr__(self) -> str:
        return f"<symdrop function: {self.name}; training chosen by each call; back end: {self.backend}>"
