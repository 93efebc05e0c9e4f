"""The public names of Theano 1.0.5's modules, as facts: names only, asked of Theano itself.

Made by: THEANO_FLAGS=cxx= python3.8 tests/helpers/theanos_names.py symdrop/theano/names.txt
with Theano 1.0.5, NumPy 1.19.5 and SciPy 1.5.4 on a machine without a graphics card. A line holds a module and its
names; a module that cannot be imported there has "!" instead. Names of earlier versions that scripts use are added.
"""

import importlib
import pkgutil
import re
import sys
import types
import warnings

import theano

# Modules and names of Theano 0.6 to 0.9 which 1.0.5 has no more, and scripts import.
EARLIER = {
    "theano.compat": "OrderedDict defaultdict izip ifilter imap partial product any all six python2x",
    "theano.compat.python2x": "OrderedDict defaultdict all any partial product Counter",
    "theano.compat.six": "moves string_types integer_types text_type binary_type iteritems itervalues iterkeys PY2 PY3",
    "theano.compile.module": "Module Method Member",
    "theano.sandbox.cuda": "cuda_available cuda_enabled use unuse GpuOp CudaNdarray CudaNdarrayType filter "
    "CudaNdarraySharedVariable CudaNdarrayConstant CudaNdarrayVariable basic_ops blas nnet opt rng_curand type var",
    "theano.sandbox.cuda.basic_ops": "gpu_contiguous gpu_from_host host_from_gpu GpuFromHost HostFromGpu GpuContiguous "
    "as_cuda_ndarray_variable as_cuda_array gpu_alloc gpu_alloc_empty GpuAllocEmpty GpuCAReduce GpuElemwise GpuJoin",
    "theano.sandbox.cuda.blas": "GpuCorrMM GpuCorrMM_gradInputs GpuCorrMM_gradWeights GpuConv GpuDot22 GpuGemm",
    "theano.sandbox.cuda.opt": "register_opt local_optimizer gpu_optimizer",
    "theano.sandbox.cuda.rng_curand": "CURAND_RandomStreams",
    "theano.sandbox.cuda.type": "CudaNdarrayType",
    "theano.sandbox.cuda.var": "CudaNdarraySharedVariable CudaNdarrayVariable float32_shared_constructor",
    "theano.tensor": "Tensor sigmoid softplus",
    "theano.tensor.nnet": "Conv3D conv3D ConvTransp3D ConvGrad3D",
    "theano.tensor.nnet.Conv3D": "conv3D Conv3D",
    "theano.tensor.signal": "downsample",
    "theano.tensor.signal.downsample": "max_pool_2d max_pool_2d_same_size DownsampleFactorMax DownsampleFactorMaxGrad",
    "theano.tests": "unittest_tools",
    "theano.tests.unittest_tools": "verify_grad fetch_seed seed_rng assert_allclose OptimizationTestMixin "
    "InferShapeTester WrongValue T_OpContractMixin AttemptManyTimes",
}
IMPOSSIBLE = ("theano.sandbox.cuda.dnn", "theano.sandbox.cuda.cuda_ndarray")


def modules():
    """Every module but the tests, by name; None where the import fails."""
    found, left = {"theano": theano}, [theano]
    while left:
        package = left.pop()
        for entry in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            if re.search(r"tests|test_|theano\.misc\.(?!pkl)", entry.name):
                continue
            try:
                found[entry.name] = importlib.import_module(entry.name)
            except (ImportError, Exception):
                found[entry.name] = None
                continue
            if entry.ispkg:
                left.append(found[entry.name])
    return found


def is_theanos(module, name):
    """Says whether a name is public and Theano's own; of what a file imports only packages count."""
    value = getattr(module, name)
    if (name.startswith("_") and name != "_asarray") or name in ("p", "has_handlers"):
        return False
    if isinstance(value, types.ModuleType):
        return value.__name__.startswith(module.__name__ + ".")
    home = getattr(value, "__module__", None) or module.__name__
    # Functions of one element say that they are of "tensor".
    ours = home == module.__name__ or (home == "tensor" and module.__name__ in ("theano.tensor", "theano.tensor.basic"))
    return ours or (home.startswith("theano") and (hasattr(module, "__path__") or _used(module)))


def _used(module):
    return module.__name__ in ("theano.tensor.basic", "theano.gradient", "theano.compile.pfunc", "theano.gof.graph")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    known = modules()
    names = {name: {one for one in vars(module) if is_theanos(module, one)} for name, module in known.items() if module}
    for name, added in EARLIER.items():
        names.setdefault(name, set()).update(added.split())
    impossible = {name for name, module in known.items() if module is None and name not in EARLIER}.union(IMPOSSIBLE)
    lines = [f"{name}: {' '.join(sorted(found))}" for name, found in names.items()]
    with open(sys.argv[1], "w") as file:
        file.write("\n".join(sorted(lines + [f"{name}: !" for name in impossible])) + "\n")
