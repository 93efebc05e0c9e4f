"""``theano.configparser`` and ``theano.configdefaults``: settings of scripts' own, and settings for a while.

Read next: version.py
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from contextlib import ContextDecorator
from functools import reduce
from typing import Any

from ..binding import public
from ..errors import ArgumentError, here, shown
from .missing import missing_name
from .settings import Config, config
from .theanorc import flags

THEANO_FLAGS = os.environ.get("THEANO_FLAGS", "")
THEANO_FLAGS_DICT = flags(THEANO_FLAGS)
TheanoConfigParser = Config
rc = 1  # no compiler was found: the exit status that scripts compare with 0


class change_flags(ContextDecorator):
    """Settings for a while: around a block, or around each call of a function.

    Args:
        args: settings by name; a dot leads into a section.
        **kwargs: more of them.

    Raises:
        ArgumentError: for a name that has no value.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> with theano.configparser.change_flags(floatX="float32"):
        ...     T.scalar().dtype
        'float32'
    """

    @public
    def __init__(self, args: Mapping[str, Any] | tuple[()] = (), **kwargs: Any) -> None:
        self._settings = {**dict(args), **kwargs}
        self._before: list[dict[str, Any]] = []

    def __enter__(self) -> change_flags:
        self._before.append({name: _read(name) for name in self._settings})
        config.update(self._settings)
        return self

    def __exit__(self, *error: Any) -> None:
        config.update(self._before.pop())


def _read(name: str) -> Any:
    try:
        return reduce(getattr, name.split("."), config)
    except AttributeError:
        raise ArgumentError(f"theano.config has no setting {shown(name)}{here()}") from None


class ConfigParam:
    """A setting's default, and what becomes of the text or value that somebody gives it.

    Args:
        default: its value when nobody says otherwise, or a function of no arguments that says it.
        filter: what is made of a value; it may refuse it with an error.
        allow_override: accepted; it changes nothing.

    Example:
        >>> ConfigParam("3", int).value("4")
        4
    """

    def __init__(self, default: Any, filter: Callable[[Any], Any] | None = None, allow_override: bool = True) -> None:
        self.default = default
        self.filter = filter

    def value(self, given: Any = None) -> Any:
        """The value given, or the default, as the filter makes it."""
        found = given if given is not None else self.default() if callable(self.default) else self.default
        return found if self.filter is None else self.filter(found)


def _truth(value: Any) -> bool:
    if str(value).lower() not in ("true", "false", "1", "0"):
        raise ArgumentError(f"{shown(value)} is neither true nor false{here()}")
    return str(value).lower() in ("true", "1")


def BoolParam(default: Any, is_valid: Any = None, allow_override: bool = True) -> ConfigParam:
    """A setting that is true or false.

    Example:
        >>> BoolParam(False).value("True")
        True
    """
    return ConfigParam(default, _truth)


def IntParam(default: Any, is_valid: Any = None, allow_override: bool = True) -> ConfigParam:
    """A setting that is a whole number.

    Example:
        >>> IntParam(3).value()
        3
    """
    return ConfigParam(default, int)


def FloatParam(default: Any, is_valid: Any = None, allow_override: bool = True) -> ConfigParam:
    """A setting that is a number.

    Example:
        >>> FloatParam(3).value("0.5")
        0.5
    """
    return ConfigParam(default, float)


def StrParam(default: Any, is_valid: Any = None, allow_override: bool = True) -> ConfigParam:
    """A setting that is a text.

    Example:
        >>> StrParam("a").value()
        'a'
    """
    return ConfigParam(default, str)


class EnumStr(ConfigParam):
    """A setting that is one of several texts.

    Args:
        default: the first of them.
        *options: the others.
        **named: ``allow_override`` is accepted; it changes nothing.

    Example:
        >>> EnumStr("slow", "fast").value("fast")
        'fast'
    """

    def __init__(self, default: str, *options: str, **named: Any) -> None:
        super().__init__(default, self._checked)
        self.all = (default, *options)

    def _checked(self, value: Any) -> str:
        if value not in self.all:
            raise ArgumentError(f"{shown(value)}: expected one of {', '.join(self.all)}{here()}")
        return str(value)


@public
def AddConfigVar(name: str, doc: str, configparam: ConfigParam, root: Any = config, in_c_key: bool = True) -> None:
    """Add a setting, which ``THEANO_FLAGS`` may give another value than its default.

    Args:
        name: its name; a dot leads into a section.
        doc: what it means.
        configparam: its default and kind.
        root, in_c_key: accepted; they change nothing.

    Raises:
        ArgumentError: for a value that the kind refuses.

    Example:
        >>> import symdrop.theano as theano
        >>> AddConfigVar("my_code.depth", "How deep it is.", IntParam(3))
        >>> theano.config.my_code.depth
        3
    """
    config.update({name: configparam.value(THEANO_FLAGS_DICT.get(name))})


def local_bitwidth() -> int:
    """The bits of a pointer.

    Example:
        >>> local_bitwidth() in (32, 64)
        True
    """
    return struct.calcsize("P") * 8


python_int_bitwidth = local_bitwidth

__all__ = [
    "THEANO_FLAGS", "THEANO_FLAGS_DICT", "AddConfigVar", "BoolParam", "ConfigParam", "EnumStr", "FloatParam",
    "IntParam", "StrParam", "TheanoConfigParser", "change_flags", "config", "local_bitwidth",
    "python_int_bitwidth", "rc",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.configparser", name, __all__)
