"""Running scripts that say ``import theano``: the names of Theano's modules lead here.

Only ``sys.modules`` and ``sys.meta_path`` are written to, and only when asked.

Read next: doctor/__init__.py
"""

from __future__ import annotations

import importlib
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from ..binding import public
from .missing import MissingModule, is_impossible

_HERE = __name__.rpartition(".")[0]

# Theano's modules, and those of this package that stand in for them.
MODULES = {
    "theano": "",
    "theano.compat": "compat",
    "theano.compat.python2x": "compat",
    "theano.compat.six": "compat.six",
    "theano.compat.six.moves": "compat.moves",
    "theano.compile": "compile",
    "theano.compile.function_module": "compile",
    "theano.compile.io": "compile",
    "theano.compile.mode": "compile",
    "theano.compile.pfunc": "compile",
    "theano.compile.sharedvalue": "compile",
    "theano.configdefaults": "configparser",
    "theano.configparser": "configparser",
    "theano.gpuarray": "gpuarray",
    "theano.gpuarray.basic_ops": "gpuarray.basic_ops",
    "theano.gpuarray.dnn": "gpuarray.dnn",
    "theano.gpuarray.type": "gpuarray.basic_ops",
    "theano.compile.builders": "compile",
    "theano.compile.debugmode": "compile",
    "theano.compile.monitormode": "compile",
    "theano.compile.nanguardmode": "compile",
    "theano.compile.ops": "compile",
    "theano.gof": "gof",
    "theano.gof.fg": "gof.fg",
    "theano.gof.graph": "gof.graph",
    "theano.gof.null_type": "gof",
    "theano.gof.op": "gof",
    "theano.gof.type": "gof",
    "theano.gof.utils": "gof.utils",
    "theano.gradient": "gradient",
    "theano.ifelse": "ifelse",
    "theano.misc": "misc",
    "theano.misc.pkl_utils": "misc.pkl_utils",
    "theano.printing": "printing",
    "theano.sandbox": "sandbox",
    "theano.scalar": "scalar",
    "theano.scalar.basic": "scalar",
    "theano.sandbox.cuda": "sandbox.cuda",
    "theano.sandbox.cuda.basic_ops": "gpuarray.basic_ops",
    "theano.sandbox.cuda.dnn": "gpuarray.dnn",
    "theano.sandbox.cuda.rng_curand": "sandbox.cuda",
    "theano.sandbox.cuda.type": "gpuarray.basic_ops",
    "theano.sandbox.cuda.var": "gpuarray.basic_ops",
    "theano.sandbox.linalg": "sandbox.linalg",
    "theano.sandbox.linalg.ops": "sandbox.linalg",
    "theano.sandbox.rng_mrg": "sandbox.rng_mrg",
    "theano.scan_module": "scan_module",
    "theano.scan_module.scan": "scan_module",
    "theano.scan_module.scan_op": "scan_module",
    "theano.scan_module.scan_utils": "scan_module",
    "theano.sparse": "sparse",
    "theano.sparse.basic": "sparse.basic",
    "theano.sparse.type": "sparse",
    "theano.tensor": "tensor",
    "theano.tensor.basic": "tensor",
    "theano.tensor.elemwise": "tensor",
    "theano.tensor.blas": "tensor",
    "theano.tensor.extra_ops": "tensor.extra_ops",
    "theano.tensor.fft": "tensor.fft",
    "theano.tensor.io": "tensor",
    "theano.tensor.inplace": "tensor.inplace",
    "theano.tensor.nlinalg": "tensor.nlinalg",
    "theano.tensor.opt": "tensor.opt",
    "theano.tensor.slinalg": "tensor.slinalg",
    "theano.tensor.sort": "tensor.sort",
    "theano.tensor.var": "tensor",
    "theano.tensor.xlogx": "tensor.xlogx",
    "theano.tensor.nnet": "tensor.nnet",
    "theano.tensor.nnet.Conv3D": "tensor.nnet.conv3d2d",
    "theano.tensor.nnet.ConvGrad3D": "tensor.nnet.conv3d2d",
    "theano.tensor.nnet.abstract_conv": "tensor.nnet.abstract_conv",
    "theano.tensor.nnet.blocksparse": "tensor.nnet.blocksparse",
    "theano.tensor.nnet.bn": "tensor.nnet.bn",
    "theano.tensor.nnet.conv": "tensor.nnet.conv",
    "theano.tensor.nnet.conv3d2d": "tensor.nnet.conv3d2d",
    "theano.tensor.nnet.ctc": "tensor.nnet.blocksparse",
    "theano.tensor.nnet.neighbours": "tensor.nnet.neighbours",
    "theano.tensor.nnet.nnet": "tensor.nnet.nnet",
    "theano.tensor.nnet.sigm": "tensor.nnet.sigm",
    "theano.sandbox.blocksparse": "tensor.nnet.blocksparse",
    "theano.sandbox.conv": "tensor.nnet.conv",
    "theano.sandbox.neighbours": "tensor.nnet.neighbours",
    "theano.sandbox.softsign": "tensor.nnet.nnet",
    "theano.tensor.raw_random": "tensor.raw_random",
    "theano.tensor.shared_randomstreams": "tensor.shared_randomstreams",
    "theano.tensor.sharedvar": "tensor.sharedvar",
    "theano.tensor.signal": "tensor.signal",
    "theano.tensor.signal.conv": "tensor.signal.conv",
    "theano.tensor.signal.downsample": "tensor.signal.pool",
    "theano.tensor.signal.pool": "tensor.signal.pool",
    "theano.tensor.subtensor": "tensor.subtensor",
    "theano.tensor.type": "tensor",
    "theano.tensor.type_other": "tensor",
    "theano.tests": "tests",
    "theano.tests.unittest_tools": "tests.unittest_tools",
    "theano.theano": "",
    "theano.updates": "scan_module",
    "theano.version": "version",
}


class MissingModules(MetaPathFinder, Loader):
    """Finds every other module of Theano: as one whose names raise an error when they are used."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """A spec for names of Theano, none for others.

        Raises:
            ImportError: for a module that a Theano without a graphics card could not import either.
        """
        # from theano import x asks for a module of this package, of which there are real ones.
        inner = fullname.startswith(f"{_HERE}.")
        if not (inner or fullname.startswith("theano.")) or (inner and PathFinder.find_spec(fullname, path)):
            return None
        name = _theanos(fullname)
        if is_impossible(name):
            raise ImportError(f"symdrop has no {name}: a Theano without a graphics card cannot import it", name=name)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The placeholder, under the name by which Theano knew it."""
        return MissingModule(_theanos(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Put what a module offers under that name, such as ``theano.config``, in the place of the placeholder."""
        spec = module.__spec__
        assert spec is not None
        parent, _, name = spec.name.rpartition(".")
        if (offered := vars(sys.modules[parent]).get(name)) is not None:
            sys.modules[spec.name] = offered


def _theanos(module: str) -> str:
    """A module's name as Theano's."""
    return "theano." + module.removeprefix(f"{_HERE}.").removeprefix("theano.")


_finder = MissingModules()


@public
def install() -> None:
    """Let ``import theano`` and its modules lead to ``symdrop.theano``, in this process from here on.

    Returns:
        None. Calling it again changes nothing.

    Raises:
        ImportError: if another Theano has been imported already.

    Example:
        >>> import sys
        >>> import symdrop.theano
        >>> before = dict(sys.modules), list(sys.meta_path)
        >>> symdrop.theano.install()
        >>> from theano.sandbox.rng_mrg import MRG_RandomStreams
        >>> sys.meta_path[:] = before[1]
        >>> for name in {*sys.modules} - {*before[0]}:
        ...     del sys.modules[name]
    """
    own = sys.modules[_HERE]
    present = sys.modules.get("theano", own)
    if present is not own:
        where = getattr(present, "__file__", None) or repr(present)
        raise ImportError(
            f"another theano, {where}, has been imported already; import symdrop.theano first, or run the script by "
            "python -m symdrop.theano",
            name="theano",
        )
    for name, inner in MODULES.items():
        module = sys.modules[name] = importlib.import_module(f"{_HERE}.{inner}" if inner else _HERE)
        # Python asks the finder for what is imported from a module only if the module is a package.
        vars(module).setdefault("__path__", [])
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def run(script: str, arguments: Sequence[str], execute: Callable[[], Any] | None = None) -> int:
    """Run a script that imports theano, as ``python script`` would.

    Args:
        script: its path.
        arguments: what it finds in ``sys.argv`` behind its own name.
        execute: what runs it, if its text is not to be run as it is.

    Returns:
        The exit status: 1 after an error, whose traceback starts in the script.

    Raises:
        SystemExit: if the script raises it.
        ImportError: if another Theano has been imported already.
    """
    path = Path(script)
    if not path.is_file():
        print(f"symdrop.theano: there is no script {script!r}", file=sys.stderr)
        return 2
    install()
    sys.argv = [script, *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    try:
        runpy.run_path(script, run_name="__main__") if execute is None else execute()
    except Exception as error:
        _print_traceback(error, script)
        if isinstance(error, SyntaxError):
            print("symdrop.theano: a script of Python 2 runs with --py2", file=sys.stderr)
        return 1
    return 0


def _print_traceback(error: BaseException, script: str) -> None:
    """The traceback without the frames that led to the script."""
    frames = error.__traceback__
    first = frames
    while first is not None and first.tb_frame.f_code.co_filename != script:
        first = first.tb_next
    # A script that cannot be read has no frames, and its error says where.
    traceback.print_exception(error.with_traceback(first or (None if isinstance(error, SyntaxError) else frames)))
