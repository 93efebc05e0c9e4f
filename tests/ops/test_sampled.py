"""Every op that declares samples: values, types, references, gradients, and memory shared only where declared."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.autodiff import pull_back
from symdrop.errors import GraphTypeError, NotDifferentiableError
from symdrop.op import INPUT, lookup
from symdrop.ops.numpy_maths import NUMPY
from symdrop.types import TupleType
from tests.ops.samples import SAMPLED, check_types, check_value, check_values, elsewhere, leaf, outputs_of, samples


def dtypes_of(op):
    return ("bool", "int8", "int64", "uint8", "float32", "float64")


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_values(name):
    """Types, sizes and values agree on an op's samples, whether sizes are known, unknown, or memory is strided.

    Every sample is compiled in float64, of sizes known and unknown; every other dtype on one sample, of either in turn.
    """
    op = lookup(name)
    cases = []
    for turn, dtype in enumerate(dtypes_of(op)):
        tried = samples(op, dtype)
        for number, (arrays, params) in enumerate(tried):
            for known in (True, False):
                leaves = [leaf(array, known) for array in arrays]
                try:
                    node = op(*leaves, **params)
                except GraphTypeError:
                    # Not defined for this dtype; but there is no op that is defined for none.
                    assert dtype not in ("float32", "float64"), (name, dtype)
                    continue
                if dtype != "float64" and (number != turn % len(tried) or known is (turn % 2 == 0)):
                    check_types(outputs_of(node), dict(zip(leaves, arrays, strict=True)))
                    continue
                spread = [np.repeat(a, 2)[::2] if a.ndim == 1 else np.asarray(a, order="F") for a in arrays]
                cases.append((node, leaves, arrays, spread))
    check_values(cases)
    assert cases


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_constants(name):
    """With constants for integers (sizes, indices) an op knows more about its type; it is still right."""
    op = lookup(name)
    cases = []
    for arrays, params in samples(op, "float64"):
        moving = [leaf(array) if array.dtype.kind == "f" and array.ndim else T.constant(array) for array in arrays]
        leaves = [node for node in moving if node.op is INPUT]
        given = [array for array, node in zip(arrays, moving, strict=True) if node.op is INPUT]
        cases.append((op(*moving, **params), leaves, given))
    # One alone, as a function of one op is made.
    check_value(*cases.pop())
    check_values(cases)


@pytest.mark.numpy_alone
@pytest.mark.parametrize("name", [name for name in SAMPLED if elsewhere(name) is not None])
def test_sampled_reference(name):
    """The value is that of NumPy's or SciPy's function of the same name."""
    op, reference = lookup(name), elsewhere(name)
    for arrays, given in samples(op, "float64"):
        if any(array.size == 0 for array in arrays) and "softmax" in name:
            continue  # SciPy's has no value there
        params = given
        if op.kind == "reduction" and name.startswith("arg"):
            # NumPy's take one axis; ours a tuple, as all reductions do.
            if len(given["axis"]) > 1:
                continue
            params = {"axis": given["axis"][0]}
        try:
            expected = reference(*arrays, **params)
        except TypeError:
            pytest.skip(f"NumPy's {name} takes other arguments")
        got = op.evaluate(NUMPY, arrays, given)
        for ours, theirs in zip(_as_tuple(got), _as_tuple(expected), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-13)


def _as_tuple(value):
    return value if isinstance(value, list | tuple) else (value,)


@pytest.mark.numpy_alone
@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_gradients(name):
    """Reverse and forward mode agree with differences to order 2 on every sample."""
    op, rng = lookup(name), np.random.default_rng(8)
    if op.pull_rule is None or op.kind == "draw":
        return

    def scalar(node):
        """Outputs of an op with several, weighted and added."""
        if not isinstance(node.type, TupleType):
            return node
        parts = [lookup("item")(node, index=i) for i in range(len(node.type.items))]
        return sum((i + 1) * T.sin(part).sum() for i, part in enumerate(parts))

    for arrays, params in samples(op, "float64"):
        node = op(*[leaf(array) for array in arrays], **params)
        first = node.type.items[0] if isinstance(node.type, TupleType) else node.type
        if not any(array.dtype.kind == "f" for array in arrays) or first.dtype[0] != "f":
            continue
        # What is tested is the pullback; that graphs give the same in machine code is tested elsewhere.
        with sd.config.change(backend="numpy"):
            sd.verify_grad(lambda *nodes, params=params: scalar(op(*nodes, **params)), arrays, rng=rng)


@pytest.mark.parametrize("name", SAMPLED)
def test_without_a_pullback(name):
    """An op that declares no pullback refuses to be differentiated, by its own name."""
    op = lookup(name)
    if op.pull_rule is not None:
        return
    arrays, params = samples(op, "float64")[0]
    node = op(*[leaf(array) for array in arrays], **params)
    with pytest.raises(NotDifferentiableError, match=name):
        op.pull_control(node, node, pull_back) if op.kind == "control" else op.pull(node, node)


@pytest.mark.parametrize("name", SAMPLED)
def test_memory_is_shared_only_where_declared(name):
    """Back ends write over what owns its memory, so an op whose value may share an input's must say so (aliases)."""
    op = lookup(name)
    for given, params in op.samples_rule(np.random.default_rng(0), "float64"):
        arrays = [np.asarray(value) for value in given]
        with np.errstate(all="ignore"):
            value = op.evaluate(NUMPY, arrays, params)
        for part in value if isinstance(value, tuple) else (value,):
            shared = any(np.may_share_memory(np.asarray(part), array) for array in arrays)
            assert op.aliases or not shared
