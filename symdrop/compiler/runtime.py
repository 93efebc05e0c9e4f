"""Two functions in one: each call says whether it trains or tests.

Read next: arguments.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..tensor.foreign_objects import FUNCTION, ForeignNames
from .inputs import short_name
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
