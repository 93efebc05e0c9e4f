"""Settings: the one mutable object every layer may read.

Values come, later ones winning, from the defaults, a TOML file (named by
``SYMDROP_CONFIG``, else ``symdrop.toml`` in the user's configuration folder), the
environment variable ``SYMDROP_FLAGS="floatX=float64,backend=numpy"``, and assignment
(``SYMDROP_NUM_THREADS`` stands for the setting ``threads``, ``SYMDROP_DEBUG="stages,time"`` for ``debug``).

Read next: threads.py
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from .binding import public
from .errors import ArgumentError, MissingNameError, here, shown
from .files import read_regular
from .processors import usable_processors

VERSION = "0.1.0"

Value = TypeVar("Value")

_CHOICES: dict[str, tuple[str, ...]] = {
    "floatX": ("float32", "float64"),
    "backend": ("native", "numpy"),
    "on_unused_input": ("raise", "warn", "ignore"),
    "target": ("host", "avx512", "avx2", "scalar"),
    "guard": ("off", "end", "start"),
    "tiered_compilation": ("on", "full", "quick"),
    "compute_test_value": ("off", "warn", "raise"),
    "blas": ("auto", "on", "off"),
}
# What ``debug`` may name, several at once.
_SHOWN = ("stages", "rules", "kernels", "llvm", "time", "verify")
SETTINGS = (*_CHOICES, "threads", "debug")
# What a configuration keeps beside them.
_KEPT = ("_values", "_origins")
# More threads than any machine has; each call takes as many as are there.
_MOST = 1 << 16
# Of a settings file, in bytes: far more than all settings need.
_LARGEST_FILE = 1 << 16


# What blocks of ``Config.change`` have set in this thread or task, on top of the settings of the process.
_changed: ContextVar[Mapping[str, Any]] = ContextVar("changed settings", default=MappingProxyType({}))


class _Setting(Generic[Value]):
    """A setting as an attribute: it is read wherever nodes are made, so finding it must cost little."""

    def __set_name__(self, config: type, name: str) -> None:
        self._name = name

    def __get__(self, config: Config, owner: type | None = None) -> Value:
        changed = _changed.get()
        value: Value = changed[self._name] if self._name in changed else config._values[self._name]
        return value

    def __set__(self, config: Config, value: Value) -> None:
        config.update({self._name: value})


class Config:
    """The settings of this process, and what ``change`` sets on top of them for one thread.

    Attributes:
        floatX: dtype of variables made without a dtype, read when a variable is created.
        backend: back end of functions compiled without ``backend=``; "native" where llvmlite is installed.
        on_unused_input: what ``function`` does about an input nothing depends on.
        target: the instructions native code may use: those of this machine, or fewer, to try what others have.
        guard: for tests: "end" or "start" puts a page that nobody may touch at that side of every buffer of native
            code.
        tiered_compilation: "on" lets a function run code that is made quickly until a thread behind it has made full
            code; with "full" functions have full code before their first call; with "quick" they keep quick code.
            Results do not depend on it.
        compute_test_value: "warn" or "raise" computes every node that is made from inputs with ``test_value=`` at once,
            and says what is wrong in that way; "off" computes nothing.
        blas: which matrix products native code leaves to the BLAS of NumPy or SciPy: "auto" those that it
            was measured to be quicker at, which are none today, "on" all but small ones, "off" none.
        debug: what ``function`` prints to stderr while it compiles: words with commas between, of "stages" (each
            stage's graph, if small), "rules" (each rewrite), "kernels" (loops), "llvm" (the text given to LLVM) and
            "time" (of each stage, and what was in the cache); or "verify", which prints nothing but holds the IR of
            kernels against its rules between the stages. At first ``SYMDROP_DEBUG``, else "", nothing.
        threads: how many threads may share one call; at first ``SYMDROP_NUM_THREADS``, else all processors that this
            process may use, by its affinity mask and the quotas of its control groups. Results do not depend on it.
            Short calls keep the number that was set when their function was compiled.

    Raises:
        ArgumentError: on an unknown name or a value outside its choices.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> with sd.config.change(floatX="float64"):
        ...     T.matrix("x").dtype
        'float64'
    """

    floatX = _Setting[str]()
    backend = _Setting[str]()
    on_unused_input = _Setting[str]()
    target = _Setting[str]()
    guard = _Setting[str]()
    tiered_compilation = _Setting[str]()
    compute_test_value = _Setting[str]()
    blas = _Setting[str]()
    threads = _Setting[int]()
    debug = _Setting[str]()
    _values: dict[str, Any]
    _origins: dict[str, str]

    def __init__(self) -> None:
        self._origins = {}
        self._values = {
            "floatX": "float32",
            "backend": "native" if find_spec("llvmlite") else "numpy",
            "on_unused_input": "raise",
            "target": "host",
            "guard": "off",
            "tiered_compilation": "on",
            "compute_test_value": "off",
            "blas": "auto",
            "threads": usable_processors(),
            "debug": "",
        }

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingNameError(f"no setting is called {shown(name)}; the settings are {', '.join(SETTINGS)}{here()}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _KEPT or name in SETTINGS:
            super().__setattr__(name, value)
        else:
            self.update({name: value})

    @public
    def update(self, settings: Mapping[str, Any], origin: str = "assigned") -> None:
        """Assign several settings, all or none: for the process, or inside a block that changes a setting for it.

        Args:
            settings: values by name.
            origin: where they come from, as ``origins`` tells it.

        Raises:
            ArgumentError: on an unknown name or a value outside its choices; then nothing has changed.
        """
        checked = {name: _checked(name, value) for name, value in settings.items()}
        changed = _changed.get()
        outside = {name: value for name, value in checked.items() if name not in changed}
        self._values.update(outside)
        self._origins.update(dict.fromkeys(outside, origin))
        inside = {name: value for name, value in checked.items() if name in changed}
        if inside:
            _changed.set({**changed, **inside})

    @public
    @contextmanager
    def change(self, **settings: Any) -> Iterator[Config]:
        """Assign settings for the length of a ``with`` block, as seen by this thread or task.

        Other threads see what they saw before; those begun inside the block begin with the settings of the process.

        Raises:
            ArgumentError: as an assignment does; then nothing has changed.
        """
        before = _changed.get()
        _changed.set({**before, **{name: _checked(name, value) for name, value in settings.items()}})
        try:
            yield self
        finally:
            _changed.set(before)

    @public
    def origins(self) -> dict[str, str]:
        """The origin of each setting's value, by its name, in the order in which they are documented.

        Example:
            >>> import symdrop as sd
            >>> with sd.config.change(guard="end"):
            ...     sd.config.origins()["guard"]
            'sd.config.change'
        """
        changed = _changed.get()
        return {**dict.fromkeys(SETTINGS, "default"), **self._origins, **dict.fromkeys(changed, "sd.config.change")}

    def __repr__(self) -> str:
        return f"Config({', '.join(f'{setting}={getattr(self, setting)!r}' for setting in SETTINGS)})"


def _checked(name: str, value: Any) -> Any:
    """The value of a setting as it is kept."""
    if name not in SETTINGS:
        raise ArgumentError(f"no setting is called {shown(name)}; the settings are {', '.join(SETTINGS)}")
    if name in _CHECKS:
        return _CHECKS[name](value, f"config.{name}")
    if not isinstance(value, str) or value not in _CHOICES[name]:
        raise ArgumentError(f"config.{name} = {shown(value)}: expected one of {', '.join(_CHOICES[name])}")
    return value


def _positive(value: Any, name: str) -> int:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) <= len(str(_MOST)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise ArgumentError(f"{name} = {shown(value)}: expected a whole number from 1 to {_MOST}")
    return value


def _words(value: Any, name: str) -> str:
    words = [word.strip() for word in value.split(",")] if isinstance(value, str) else [value]
    unknown = [word for word in words if word not in ("", *_SHOWN)]
    if unknown:
        raise ArgumentError(f"{name} = {shown(value)}: expected any of {', '.join(_SHOWN)}, with commas between")
    return ",".join(filter(None, words))


# What checks the settings that are no choice of one word.
_CHECKS: Mapping[str, Callable[[Any, str], Any]] = {"threads": _positive, "debug": _words}


def _parse_flags(text: str) -> dict[str, str]:
    settings = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = item.partition("=")
        if not equals:
            raise ArgumentError(f"SYMDROP_FLAGS: {shown(item)} is not of the form name=value")
        settings[name.strip()] = value.strip()
    return settings


def _of_file() -> tuple[dict[str, Any], str]:
    """The settings of the settings file, and its path; none where there is no file, or none that this user may see."""
    named = os.environ.get("SYMDROP_CONFIG")
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(folder):
        folder = os.path.join(os.path.expanduser("~"), ".config")
    path = named or os.path.join(folder, "symdrop.toml")
    if not os.path.isabs(path) and not named:  # this process has no home
        return {}, ""
    try:
        return tomllib.loads(read_regular(path, _LARGEST_FILE).decode()), path
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"the settings file {shown(path)} is not TOML: {error}") from None
    except OSError as error:
        if not named and isinstance(error, FileNotFoundError | NotADirectoryError | PermissionError):
            return {}, ""
        reader = "SYMDROP_CONFIG names" if named else "the settings file is"
        raise ArgumentError(f"{reader} {shown(path)}, which is not a file to read: {error.strerror}") from None


def _load() -> Config:
    loaded = Config()
    loaded.update(*_of_file())
    for variable, name, check in (("SYMDROP_NUM_THREADS", "threads", _positive), ("SYMDROP_DEBUG", "debug", _words)):
        if os.environ.get(variable):
            loaded.update({name: check(os.environ[variable], variable)}, variable)
    loaded.update(_parse_flags(os.environ.get("SYMDROP_FLAGS", "")), "SYMDROP_FLAGS")
    return loaded


config = _load()
