"""``.theanorc`` and ``THEANO_FLAGS``: the settings with which Theano was started, as this process finds them.

Read next: settings.py
"""

from __future__ import annotations

import os
import re
import warnings
from configparser import ConfigParser
from configparser import Error as IniError
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, shown

# What only a graphics card would have looked at: it is left out, and said to be.
_CARD = re.compile(r"device|init_gpu_device|force_device|contexts|(cuda|cub|dnn|gpuarray|magma|nvcc|pycuda|lib)\..*")


def started_with(said: str, files: str | None = None) -> dict[str, Any]:
    """The settings of ``.theanorc`` and, before them, of ``THEANO_FLAGS``; those of graphics cards are left out.

    Args:
        said: ``THEANO_FLAGS``.
        files: ``THEANORC``: paths, of which the last one wins; by default ``~/.theanorc`` and ``~/.theanorc.txt``.

    Returns:
        Values by name; a dot leads into a section.

    Raises:
        ArgumentError: for a file or flags that cannot be read.

    Warns:
        UserWarning: once, with all settings that need a graphics card.

    Example:
        >>> started_with("floatX=float32,mode=FAST_RUN,warn.round=False", files="")
        {'floatX': 'float32', 'mode': 'FAST_RUN', 'warn.round': False}
    """
    texts = {**_of_files(_files(files)), **flags(said)}
    ignored = [name for name, text in texts.items() if _CARD.fullmatch(name) and text != "cpu"]
    if ignored:
        listed = ", ".join(f"{name}={texts[name]}" for name in ignored)
        warnings.warn(f"theano.config: everything is computed on the processor; ignored: {listed}", stacklevel=2)
    return {name: _value(text) for name, text in texts.items() if not _CARD.fullmatch(name)}


def flags(text: str) -> dict[str, str]:
    """The settings in ``THEANO_FLAGS``: ``name=value`` with commas between.

    Raises:
        ArgumentError: for an item of another form.

    Example:
        >>> flags("floatX=float32, device=cpu")
        {'floatX': 'float32', 'device': 'cpu'}
    """
    settings = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not equals:
            raise ArgumentError(f"THEANO_FLAGS: {shown(item)} is not of the form name=value")
        settings[name] = value
    return settings


def _files(named: str | None) -> list[Path]:
    if named is not None:
        return [Path(one).expanduser() for one in named.split(os.pathsep) if one]
    return [Path(one).expanduser() for one in ("~/.theanorc", "~/.theanorc.txt")]


def _of_files(paths: list[Path]) -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    for path in paths:
        if not path.is_file():
            continue
        try:
            parser.read_string(path.read_text(encoding="utf-8"), str(path))
        except (IniError, OSError, UnicodeDecodeError) as error:
            raise ArgumentError(f"{path}: this is no .theanorc: {str(error).splitlines()[0]}") from error
    return {
        name if section == "global" else f"{section}.{name}": text
        for section in parser.sections()
        for name, text in parser.items(section)
    }


def _value(text: str) -> Any:
    return text.lower() == "true" if text.lower() in ("true", "false") else text
