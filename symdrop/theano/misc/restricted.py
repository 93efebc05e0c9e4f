"""Reading pickles of others: arrays, numbers, texts and containers of them come out, and no code of the file is run.

A pickle is a program that may call whatever it names. Here it is looked through first, so that no instruction asks for
more memory than the file has bytes; then it may name a few classes only, each of which is an inert stand-in of this
file; last the stand-ins become arrays, whose sizes are compared with the bytes that are there.

Read next: pkl_utils.py
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import ArgumentError, here, shown

_INSTRUCTIONS = {one.code: one for one in pickletools.opcodes}
# Instructions that name what another program has registered, or ask for memory that is not in the file.
_REFUSED = {"EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER"}
_PLAIN = {
    "bool": bool, "bytearray": bytearray, "bytes": bytes, "complex": complex, "dict": dict, "float": float,
    "frozenset": frozenset, "int": int, "list": list, "long": int, "object": object, "set": set, "str": str,
    "tuple": tuple, "unicode": str,
}  # fmt: skip
_COLLECTIONS = {"OrderedDict": OrderedDict, "defaultdict": defaultdict}
_ARRAY_MODULES = (
    "numpy", "numpy._core.multiarray", "numpy._core.numeric", "numpy.core.multiarray", "numpy.core.numeric",
)  # fmt: skip
_ARRAY_NAMES = ("_frombuffer", "_reconstruct", "dtype", "ndarray", "scalar")
# What graphics cards wrote: a function of the array.
_FROM_CARDS = ("CudaNdarray_unpickler", "GpuArray_unpickler")


class Stub:
    """A stand-in for an object of the file: its class's name, and what it was made of."""

    kind = ""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _named(name: str) -> type[Stub]:
    """A stand-in of one file: a file that changes its classes changes only its own."""
    return type("Stub", (Stub,), {"kind": name})


class _Reader(pickle.Unpickler):
    """An unpickler that knows nothing but containers, and stand-ins for arrays and Theano's classes."""

    def __init__(self, file: Any, encoding: str, persistent: Callable[[Any], Any] | None) -> None:
        super().__init__(file, encoding=encoding, fix_imports=True)
        self._persistent = persistent
        self._stubs: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module in ("builtins", "__builtin__") and name in _PLAIN:
            return _PLAIN[name]
        if module == "collections" and name in _COLLECTIONS:
            return _COLLECTIONS[name]
        if (module, name) == ("_codecs", "encode"):
            return lambda text, *encoding: text.encode("latin1")
        if module in ("copyreg", "copy_reg") and name == "_reconstructor":
            return _made_old
        if (module in _ARRAY_MODULES and name in _ARRAY_NAMES) or name in _FROM_CARDS:
            return self._stub(name)
        if module.split(".")[0] == "theano":
            return self._stub(f"theano.{name}")
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        if self._persistent is None:
            raise pickle.UnpicklingError("the file asks for objects that are not in it")
        return self._persistent(pid)

    def _stub(self, name: str) -> Any:
        if name not in self._stubs:
            self._stubs[name] = _named(name)
        return self._stubs[name]


def _made_old(cls: Any, base: Any, state: Any) -> Any:
    """An object of a protocol before 2."""
    if not (isinstance(cls, type) and issubclass(cls, Stub)):
        raise pickle.UnpicklingError(f"the file makes an object of {cls!r}")
    return cls()


def look_through(data: bytes) -> None:
    """Refuse a pickle that asks for memory beyond its own size, or for what is not in it.

    Raises:
        ValueError: for one that is cut off, and for an instruction that is refused.

    Example:
        >>> look_through(pickle.dumps([1, 2]))
    """
    file = io.BytesIO(data)
    while True:
        code = file.read(1).decode("latin1")
        opcode = _INSTRUCTIONS.get(code)
        if opcode is None:
            raise ValueError(f"the instruction {code!r} at byte {file.tell()}" if code else "it is cut off")
        if opcode.name in _REFUSED:
            raise ValueError(f"instruction {opcode.name}")
        # What Python 2 wrote as a text line may be the bytes of an array.
        argument = None if opcode.arg is None else file.readline() if code == "S" else opcode.arg.reader(file)
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and isinstance(argument, int) and argument > len(data):
            raise ValueError(f"instruction {opcode.name} with {argument}")
        if opcode.name == "STOP":
            return


def restricted(
    data: bytes, encoding: str = "latin1", persistent: Callable[[Any], Any] | None = None, label: str = "the pickle"
) -> Any:
    """The arrays, numbers, texts and containers of them that a pickle holds.

    Args:
        data: the pickle.
        encoding: of texts that Python 2 wrote; "bytes" for none.
        persistent: gives what the pickle asks for by a name.
        label: what errors call it.

    Returns:
        What was pickled, with an array in place of each shared variable and constant of Theano.

    Raises:
        ArgumentError: if it asks for anything else; nothing of it has been run.

    Example:
        >>> restricted(pickle.dumps({"rate": 0.5, "W": np.arange(3)}))
        {'rate': 0.5, 'W': array([0, 1, 2])}
    """
    try:
        look_through(data)
        return Values().of(_Reader(io.BytesIO(data), encoding, persistent).load())
    except RecursionError:
        problem = "it is nested too deeply"
    except Exception as error:
        problem = str(error) or type(error).__name__
    raise ArgumentError(
        f"{label} is not read: {problem}. Only arrays, numbers, texts, containers of them and Theano's shared "
        f"variables are; for objects of other classes, let the program that wrote it save their arrays{here()}"
    )


class Values:
    """The values for which stand-ins stand, each once, whatever holds it."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        # What has been looked at stays alive, so that no other object gets its number.
        self._kept: list[Any] = []

    def of(self, value: Any) -> Any:
        """A value without stand-ins; lists and dicts are changed in place."""
        if not isinstance(value, Stub | list | dict | tuple | set | frozenset):
            return value
        if id(value) in self._made:
            return self._made[id(value)]
        self._kept.append(value)
        self._made[id(value)] = value
        made = self._made[id(value)] = self._of(value)
        return made

    def _of(self, value: Any) -> Any:
        if isinstance(value, Stub):
            return self._stub(value)
        if isinstance(value, list):
            value[:] = map(self.of, value)
            return value
        if isinstance(value, dict):
            pairs = [(self.of(key), self.of(one)) for key, one in value.items()]
            value.clear()
            value.update(pairs)
            return value
        return type(value)(map(self.of, value))

    def _stub(self, stub: Stub) -> Any:
        kind = stub.kind
        if kind in ("_reconstruct", "ndarray"):
            return _array(self.of(stub.state))
        if kind == "dtype":
            return _dtype(stub)
        if kind == "scalar":
            dtype, data = (self.of(one) for one in stub.arguments)
            return _elements((), dtype, False, data)[()]
        if kind == "_frombuffer":
            data, dtype, shape, order = (self.of(one) for one in stub.arguments)
            return _elements(shape, dtype, order == "F", data)
        if kind in _FROM_CARDS:
            return self.of(stub.arguments[0])
        state = _attributes(stub)
        if "container" in state:
            return self._stored(state["container"])
        if "data" in state and kind.endswith("Constant"):
            return self.of(state["data"])
        if kind in ("theano.generic", "theano.TensorType", "theano.scratchpad"):
            return None
        raise ValueError(f"it holds {kind}, which is neither a shared variable nor a constant")

    def _stored(self, container: Any) -> Any:
        storage = _attributes(container).get("storage")
        if not isinstance(storage, list) or len(storage) != 1:
            raise ValueError("a shared variable without a value")
        return self.of(storage[0])


def _attributes(stub: Any) -> dict[str, Any]:
    """The attributes of an object of the file, whose names Python 2 may have written as bytes."""
    state = stub.state if isinstance(stub, Stub) else None
    pairs = state.items() if isinstance(state, dict) else ()
    return {key.decode("latin1") if isinstance(key, bytes) else str(key): value for key, value in pairs}


def _dtype(stub: Stub) -> np.dtype[Any]:
    """The dtype of numbers or texts that a stand-in names."""
    name = stub.arguments[0] if stub.arguments else None
    if isinstance(name, bytes):
        name = name.decode("latin1")
    if not isinstance(name, str) or len(name) > 10:
        raise ValueError(f"the dtype {shown(name)}")
    made = np.dtype(name)
    if made.kind not in "biufcSU":
        raise ValueError(f"elements of dtype {made}")
    order = stub.state[1] if isinstance(stub.state, tuple) and len(stub.state) > 1 else "|"
    if order in (">", b">"):
        return made.newbyteorder(">")
    return made.newbyteorder("<") if order in ("<", b"<") else made


def _array(state: Any) -> np.ndarray[Any, Any]:
    if not isinstance(state, tuple) or len(state) != 5:
        raise ValueError("an array without elements")
    _, shape, dtype, fortran, data = state
    return _elements(shape, dtype, bool(fortran), data)


def _elements(shape: Any, dtype: Any, fortran: bool, data: Any) -> np.ndarray[Any, Any]:
    """An array of bytes that are there: as many as its shape says."""
    if isinstance(data, str):
        data = data.encode("latin1")
    sizes = shape if isinstance(shape, tuple) else (None,)
    if not isinstance(dtype, np.dtype) or not isinstance(data, bytes | bytearray) or not all(map(_is_size, sizes)):
        raise ValueError("an array that is not of bytes")
    if len(sizes) > 32 or math.prod(sizes) * dtype.itemsize != len(data):
        raise ValueError(f"an array of shape {shown(shape)} in {len(data)} bytes")
    found = np.frombuffer(data, dtype).reshape(sizes, order="F" if fortran else "C")
    return found.astype(dtype.newbyteorder("="), order="K")


def _is_size(size: Any) -> bool:
    return isinstance(size, int) and not isinstance(size, bool) and size >= 0
