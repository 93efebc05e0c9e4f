"""Names of graphics cards answer as where there is none: no card, no moves, the processor's functions."""

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError, MissingNameError
from symdrop.theano.gpuarray import basic_ops, dnn
from symdrop.theano.sandbox import cuda
from tests.helpers.processes import run_python

RNG = np.random.default_rng(0)


def test_questions_are_answered():
    """What a Theano 1.0.5 without a card says, and what 0.9 said of the modules that 1.0 removed."""
    assert not (cuda.cuda_available or cuda.cuda_enabled or theano.gpuarray.pygpu_activated)
    assert dnn.dnn_available() is dnn.dnn_available("cuda0") is dnn.dnn_present() is cuda.dnn.dnn_available() is False
    assert "no graphics card" in dnn.dnn_available.msg


def test_moves_do_nothing():
    """Values stay where they are, so each way of moving them gives the variable itself."""
    x = T.matrix("x")
    for move in ("gpu_contiguous", "gpu_from_host", "host_from_gpu", "as_cuda_ndarray_variable"):
        assert getattr(cuda, move)(x) is x
    assert basic_ops.HostFromGpu()(basic_ops.GpuFromHost("cuda0")(x)) is x
    assert basic_ops.as_gpuarray_variable(x, None) is x


def test_functions_of_the_cards_library_are_the_processors():
    """A convolution, its gradients and pooling, with the card's arguments."""
    x, w = T.dtensor4("x"), T.dtensor4("w")
    values = {x: RNG.normal(size=(2, 3, 6, 7)), w: RNG.normal(size=(4, 3, 3, 2))}
    pairs = [
        (dnn.dnn_conv(x, w, "half", (2, 1)), T.nnet.conv2d(x, w, border_mode="half", subsample=(2, 1))),
        (dnn.dnn_conv(x, w, conv_mode="cross"), T.nnet.conv2d(x, w, filter_flip=False)),
        (dnn.dnn_pool(x, (2, 3)), T.signal.pool.pool_2d(x, (2, 3), ignore_border=True)),
        (dnn.dnn_pool(x, (2, 2), (1, 1), "average_inc_pad", (1, 1)),
         T.signal.pool.pool_2d(x, (2, 2), True, (1, 1), (1, 1), "average_inc_pad")),
    ]  # fmt: skip
    conv = dnn.dnn_conv(x, w)
    pairs += [
        (dnn.dnn_gradweight(x, conv, w.shape), T.Lop(conv, w, conv)),
        (dnn.dnn_gradinput(w, conv, x.shape), T.Lop(conv, x, conv)),
    ]
    for made, expected in pairs:
        np.testing.assert_allclose(made.eval(values), expected.eval(values), rtol=1e-12)
    with pytest.raises(ArgumentError, match="expected conv or cross"):
        dnn.dnn_conv(x, w, conv_mode="both")


def test_classes_of_the_card_can_be_asked_for_and_derived_from():
    """A script may define its own op of a card, or ask for its types, as long as it makes none."""

    class Own(basic_ops.GpuOp):
        """An op of a script."""

    assert not isinstance(T.vector().type, cuda.CudaNdarrayType)
    assert not isinstance(theano.shared(1.0), basic_ops.GpuArraySharedVariable)
    with pytest.raises(MissingNameError, match=r"Own is for graphics cards, of which there is none.*test_cards\.py"):
        Own()
    with pytest.raises(MissingNameError, match="no graphics card whose name"):
        basic_ops.infer_context_name(T.vector())


def test_scripts_import_what_they_never_use():
    """The imports of public scripts and libraries, most of them for a branch that is not taken."""
    code = """
import symdrop.theano; symdrop.theano.install()
import theano, theano.sandbox.cuda.dnn, theano.gpuarray.dnn
from theano.sandbox import cuda
from theano.sandbox.cuda import dnn
from theano.sandbox.cuda.dnn import dnn_conv, dnn_pool, GpuDnnConvDesc
from theano.sandbox.cuda.basic_ops import gpu_contiguous, as_cuda_ndarray_variable, host_from_gpu, HostFromGpu
from theano.sandbox.cuda.rng_curand import CURAND_RandomStreams
from theano.sandbox.cuda.blas import GpuCorrMM
from theano.sandbox.cuda.type import CudaNdarrayType
from theano.gpuarray.basic_ops import as_gpuarray_variable, GpuKernelBase, Kernel
from theano.gpuarray.type import GpuArrayType, get_context
from theano.sandbox.neighbours import images2neibs
from theano.sandbox.softsign import softsign
print(theano.sandbox.cuda is cuda, cuda.dnn is dnn, CURAND_RandomStreams.__name__)
try:
    GpuCorrMM()
except AttributeError as error:
    print(str(error).partition(";")[0].partition(":")[0])
"""
    assert run_python(code).split("\n")[:2] == [
        "True True MRG_RandomStreams", "symdrop has no theano.sandbox.cuda.blas.GpuCorrMM",
    ]  # fmt: skip
