"""How finely threads' shares of a kernel may be divided: a thread that is stopped holds up no more than a part."""

import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.lower.ir.loop_nest import FINEST
from symdrop.lower.ir.vector_ir import INDEX, IRBuilder, values_of
from symdrop.lower.vectorize.index_expressions import IndexArithmetic, is_divided_otherwise
from symdrop.lower.vectorize.vector_maths import VectorMaths
from tests.lower.test_code_sharing import lowered

x, v, t = T.fmatrix("x"), T.ivector("v"), T.ftensor3("t")
drawn = sd.dropout(T.tanh(x), p=0.5, stream=sd.RandomStream(seed=1))


@pytest.mark.parametrize("output", [T.tanh(x), drawn, T.nnet.softmax(x), x.sum(axis=1)], ids=str)
def test_plain_shares_are_divided(output):
    """What a kernel computes for a share, the number of its thread, its product with a count, is no other use of it."""
    assert {nest.finest for nest in lowered([x], [output]).nests if not nest.alone} == {FINEST}


def test_parts_of_each_matrix_are_not_divided():
    """A batch is dealt out whole, or each of its products in parts; which, a part of a part could not say."""
    assert [nest.finest for nest in lowered([t], [t @ t]).nests] == [0]


def test_a_scatter_is_not_divided():
    """Each part looks at all indices, to find those of its rows."""
    nests = lowered([x, v], [T.inc_subtensor(T.zeros_like(x)[v], x[v])]).nests
    assert [nest.finest for nest in nests if nest.title.startswith("inc_subtensor")] == [0]


def test_any_other_use_is_seen():
    """A number that a share is made of may not be used beside it either: of parts it is another number."""
    builder = IRBuilder(VectorMaths, 8)
    emitter = IndexArithmetic(builder)
    count = builder.make("word", type=INDEX, width=1, attribute=9)
    first, stop = emitter.share(count)
    builder.make("sub", stop, first)
    assert not is_divided_otherwise(values_of(builder.body))
    thread, _ = emitter.team()
    builder.make("sub", builder.make("mul", count, thread), first)
    assert is_divided_otherwise(values_of(builder.body))
