"""A user's own views, reduction and gather, each declared in a few lines: all that the compiler learns of them."""

import symdrop.tensor as T
from symdrop.op import reduction, registry, structured, view
from symdrop.types import TensorType

# A user's own ops.


@view
def own_reverse(m, x):
    """The rows of x, the last first."""
    return x[::-1]


own_reverse.infer(lambda x: x.type)
own_reverse.sizes(lambda sizes, x: sizes(x))
own_reverse.indexing_map(lambda i, at, x: (i.sizes(x)[0] - 1 - at[0], *at[1:]))


@view
def own_second(m, x):
    """Every second row of x."""
    return x[::2]


own_second.infer(lambda x: TensorType(x.dtype, (None, *x.type.shape[1:])))
own_second.sizes(lambda sizes, x: ((sizes(x)[0] + 1) // 2, *sizes(x)[1:]))
own_second.indexing_map(lambda i, at, x: (2 * at[0], *at[1:]))


@view
def own_diagonal(m, x):
    """The diagonal of a square matrix."""
    return m.diagonal(x)


own_diagonal.infer(lambda x: TensorType(x.dtype, x.type.shape[:1]))
own_diagonal.sizes(lambda sizes, x: sizes(x)[:1])
own_diagonal.indexing_map(lambda i, at, x: (at[0], at[0]))


@view
def own_windows(m, x, *, width):
    """In row i, ``width`` elements of a vector from number i on."""
    return m.lib.stride_tricks.sliding_window_view(x, width)


own_windows.infer(lambda x, width: TensorType(x.dtype, (None, width)))
own_windows.sizes(lambda sizes, x, width: (sizes(x)[0] - (width - 1), width))
own_windows.indexing_map(lambda i, at, x, width: (at[0] + at[1],))


@reduction(returns="sum")
def own_sum_of_squares(m, x, *, axis):
    """The sum of the squares along axes."""
    return m.sum(x * x, axis=axis)


@structured(linear_in=(0,), moves=(0,))
def own_rows(m, x, index):
    """The rows of x with the numbers in a vector."""
    return x[index]


own_rows.infer(lambda x, index: TensorType(x.dtype, (*index.type.shape, *x.type.shape[1:])))
own_rows.sizes(lambda sizes, x, index: (*sizes(index), *sizes(x)[1:]))
own_rows.indexing_map(lambda i, at, x, index: (i.position(index, at[:1], x, 0), *at[1:]))

OWN = [name for name in registry if name.startswith("own_")]

# Their pullbacks.

own_reverse.pullback(lambda g, y, x: own_reverse(g))
own_second.pullback(lambda g, y, x: T.set_subtensor(T.zeros_like(x)[::2], g))
own_diagonal.pullback(lambda g, y, x: T.diag(g))
own_rows.pullback(lambda g, y, x, index: T.inc_subtensor(T.zeros_like(x)[index], g))


@own_windows.pullback
def own_windows_pullback(g, y, x, width):
    """Every window adds to what it read."""
    total = T.zeros_like(x)
    for k in range(width):
        total = T.inc_subtensor(total[k : k + g.shape[0]], g[:, k])
    return total
