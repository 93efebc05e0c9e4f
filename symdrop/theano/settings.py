"""``theano.config``: what old scripts read and set, apart from ``sd.config``.

Only ``floatX``, ``on_unused_input`` and ``compute_test_value`` change anything. The other names are kept as they are
given, since scripts read them back; where a value asks for what is not there, a graphics card, a warning says so once.

``floatX`` here is a setting of its own, float64 at first as it was in Theano; ``sd.config.floatX`` stays what
it is, so that a program can use both vocabularies.

Read next: tags.py
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

from ..config import config as engine
from ..errors import ArgumentError, here, shown
from ..graph import Node
from ..types import dtype_name
from .theanorc import started_with

_CHOICES: dict[str, tuple[str, ...]] = {
    "floatX": ("float32", "float64"),
    "on_unused_input": ("raise", "warn", "ignore"),
    "compute_test_value": ("off", "ignore", "warn", "raise"),
    "rng": ("theano", "symdrop"),
    "cast_policy": ("custom", "numpy", "numpy+floatX"),
}
# What Theano has when nobody says otherwise; dots lead into sections.
_DEFAULTS: dict[str, Any] = {
    "floatX": "float64", "on_unused_input": "raise", "device": "cpu", "mode": "Mode", "optimizer": "fast_run",
    "linker": "cvm", "compute_test_value": "off", "exception_verbosity": "low", "cast_policy": "custom",
    "int_division": "int", "warn_float64": "ignore", "allow_gc": True, "openmp": False, "profile": False,
    "base_compiledir": "", "compiledir": "", "cxx": "", "blas.ldflags": "", "dnn.enabled": "False", "gcc.cxxflags": "",
    "lib.cnmem": 0.0, "scan.allow_gc": False, "scan.allow_output_prealloc": True, "scan.debug": False,
    "pickle_test_value": True, "deterministic": "default", "force_device": False, "init_gpu_device": "",
    "print_active_device": True, "conv.assert_shape": False, "contexts": "", "assert_no_cpu_op": "ignore",
    "optimizer_verbose": False, "on_opt_error": "warn", "nocleanup": False, "on_shape_error": "warn",
    "tensor.cmp_sloppy": 0, "tensor.local_elemwise_fusion": True, "traceback.limit": 8, "traceback.compile_limit": 0,
    "numpy.seterr_all": "ignore", "warn.ignore_bug_before": "0.9", "print_test_value": False,
    "compute_test_value_opt": "off", "unpickle_function": True, "reoptimize_unpickled_function": False,
    "openmp_elemwise_minsize": 200000, "check_input": True, "cache_optimizations": False, "unittests.rseed": 666,
    "NanGuardMode.nan_is_error": True, "NanGuardMode.inf_is_error": True, "NanGuardMode.big_is_error": True,
    "NanGuardMode.action": "raise", "optimizer_excluding": "", "optimizer_including": "", "optimizer_requiring": "",
    "DebugMode.patience": 10, "DebugMode.check_py": True, "DebugMode.check_finite": True,
    "DebugMode.check_preallocated_output": "", "profile_optimizer": False, "profile_memory": False,
    "profiling.n_apply": 20, "profiling.n_ops": 20, "profiling.time_thunks": True, "vm.lazy": None,
    "cycle_detection": "regular", "check_stack_trace": "off", "compile.timeout": 120, "compile.wait": 5,
    "experimental.unpickle_gpu_on_cpu": False, "rng": "theano", "autocast_float": ("float16", "float32", "float64"),
}  # fmt: skip
# Sections without a default value, which scripts write to.
_SECTIONS = ("cuda", "gpuarray", "nvcc")


class Section:
    """Settings under a common first name, such as those in ``config.warn``.

    Any name may be set; only what has a value can be read.
    """

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__dict__['_name']} has no setting {shown(name)}; assign it first")

    def __repr__(self) -> str:
        known = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "_name")
        return f"<{self.__dict__['_name']}: {known}>"


class Config(Section):
    """The settings of Theano.

    Args:
        flags, files: what ``THEANO_FLAGS`` and ``THEANORC`` say, see theanorc.py.

    Attributes:
        floatX: "float32" or "float64": the dtype of variables made without a dtype, read when one is created.
        on_unused_input: "raise", "warn" or "ignore": what ``function`` does about an input that nothing needs.
        compute_test_value: all but "off" compute every node at once where test values are known, and raise what is
            wrong; "warn" and "raise" also complain about a variable without one. Assigning it sets
            ``sd.config.compute_test_value`` too, which is looked at where nodes are made.

    Raises:
        AttributeError: for a name that nobody has given a value.
        ArgumentError: for a value outside the choices of these three.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> T.matrix("x").dtype
        'float64'
    """

    floatX: str
    on_unused_input: str
    compute_test_value: str

    def __init__(self, flags: str = "", files: str | None = "") -> None:
        super().__init__("theano.config")
        for section in (*_SECTIONS, *(name.split(".")[0] for name in _DEFAULTS if "." in name)):
            object.__setattr__(self, section, Section(f"theano.config.{section}"))
        self.update(_DEFAULTS)
        self.update(started_with(flags, files))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _CHOICES and value not in _CHOICES[name]:
            choices = ", ".join(_CHOICES[name])
            raise ArgumentError(f"theano.config.{name} = {shown(value)}: expected one of {choices}{here()}")
        if name == "device" and value != "cpu":
            warnings.warn(
                f"theano.config.device = {shown(value)}: everything is computed on the processor", stacklevel=3
            )
            value = "cpu"
        if name == "compute_test_value" and name in vars(self):
            # Not for the default, which must not undo what the program has said to symdrop.
            engine.compute_test_value = "off" if value == "off" else "raise"
        object.__setattr__(self, name, value)

    def update(self, settings: Mapping[str, Any]) -> None:
        """Assign several settings; a dot leads into a section, which is made if need be."""
        for name, value in settings.items():
            first, _, rest = name.partition(".")
            if not rest:
                setattr(self, name, value)
                continue
            if first not in vars(self):
                object.__setattr__(self, first, Section(f"theano.config.{first}"))
            object.__setattr__(getattr(self, first), rest, value)


config = Config(os.environ.get("THEANO_FLAGS", ""), os.environ.get("THEANORC"))


def resolved(dtype: Any) -> str:
    """The name of a dtype; ``theano.config.floatX``, as it is now, for None and "floatX", for a variable its dtype.

    Raises:
        GraphTypeError: for an unsupported dtype.
    """
    if isinstance(dtype, Node):
        return dtype.dtype
    return config.floatX if dtype is None or (isinstance(dtype, str) and dtype == "floatX") else dtype_name(dtype)
