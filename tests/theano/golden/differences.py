"""Where ``symdrop.theano`` answers otherwise than Theano 1.0.5 did, on purpose: what is seen, and the reason.

    python tests/theano/golden/differences.py

writes the table into docs/theano.md, which a test compares.

Read next: make.py
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[3] / "docs" / "theano.md"
BEGIN, END = "<!-- differences: made by tests/theano/golden/differences.py -->", "<!-- differences end -->"


class Difference(NamedTuple):
    """Golden values that differ.

    Attributes:
        what: an expression of a script.
        theano: what Theano 1.0.5 made of it.
        here: what symdrop makes of it.
        reason: why.
        values: their names, "family.program.name", with ``*`` for any text.
    """

    what: str
    theano: str
    here: str
    reason: str
    values: tuple[str, ...]


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "`T.cumsum(i)` of int32",
        "an int64 array in a variable of dtype int32",
        "an int32 array",
        "the variable says what comes",
        ("reductions.orders.T.cumsum(i)",),
    ),
    Difference(
        "`x / (x * 0)` at 0",
        "inf",
        "nan",
        "Theano divided by x before it looked at the value; this is NumPy's",
        ("elementwise.not_numbers.0 / 0",),
    ),
    Difference(
        "the gradient of `-T.mean(T.log(T.nnet.softmax(m))[T.arange(n), k])` at scores 1600 apart",
        "nan",
        "its limit",
        "it is finite, and scripts want it so",
        ("elementwise.stable.d picked",),
    ),
    Difference(
        "`T.nnet.ultra_fast_sigmoid(x)`",
        "off by up to 0.03",
        "the sigmoid",
        "the exact function costs no more here",
        ("nnet.activations.T.nnet.ultra_fast_sigmoid(x)",),
    ),
    Difference(
        "an axis whose size 1 is known while building: `T.split(v, [1, 1], 2)`, `scan(..., n_steps=1)`",
        "not broadcastable",
        "broadcastable",
        "sizes are part of types here",
        ("shaping.joins.T.split(v, *", "shaping.joins.T.split(x, splits*", "scan.loops.*n_steps=1)[[]0]"),
    ),
    Difference(
        "`x.shape`",
        "a vector",
        "a tuple of sizes, which is a vector where one is needed",
        "the sizes of a shape are variables; a function of it gives the vector",
        ("shaping.reshapes.T.shape(x)", "shaping.reshapes.x.shape", "shaping.reshapes.x.shape[[]:2]"),
    ),
    Difference(
        "`repr(x)` of a variable",
        "its name",
        "its name and type",
        "nothing but readers depends on it",
        ('creation.constructor_arguments.repr(T.dmatrix("x"))',),
    ),
    Difference(
        "`T.cscalar()` and others of complex numbers",
        "complex64, complex128",
        "an error at use",
        "there are no complex numbers here",
        ("creation.constructors.[cz]*",),
    ),
    Difference(
        '`T.constant(0.5, "half").name`',
        "None",
        "'half'",
        "Theano gave equal constants one variable",
        ('creation.constants.T.constant(0.5, "half").name',),
    ),
    Difference(
        "gradients with respect to integers, as of `T.sum(k * x)`",
        "float64",
        "float32",
        "the dtype of the gradient is that of a small float; integers are trained by nobody",
        ("gradients.answers.T.grad(T.sum(k * x), k)", "gradients.answers.T.grad(T.sum(2.0 * k), k).dtype"),
    ),
    Difference(
        "the gradient by a float32 variable of a cost that an int32 made float64",
        "float64",
        "float32",
        "a gradient has the dtype of its variable, so that an update keeps its type",
        (
            "gradients.answers.T.grad(T.sum(k * x), x)",
            'gradients.answers.T.grad(T.sum(T.cast(x, "int32") * x), x)',
            "gradients.answers.T.grad(T.sum(x * T.argmax(x)), x)",
        ),
    ),
    Difference(
        "an array of a wrong size for a broadcastable axis of a call",
        "TypeError",
        "ValueError",
        "the message says what was given and what fits",
        ('functions.input_dtypes.refused(lambda: f[[]"drow*',),
    ),
    Difference(
        "text where an array is expected in a call",
        "ValueError",
        "TypeError",
        "it is of a wrong type",
        ('functions.input_dtypes.refused(lambda: f[[]"dvector"]("text"))',),
    ),
    Difference(
        "`updates=[(row, m)]` of a row by a matrix",
        "TypeError",
        "checked when running",
        "a matrix of one row is a row; any other is refused by the call",
        ("functions.update_types.fails(lambda: theano.function([[]], updates=[[](r, m)])*",),
    ),
    Difference(
        "a step of `scan` whose result has another dtype or rank than its initial state",
        "ValueError",
        "TypeError",
        "the message has Theano's words on `outputs_info`",
        (
            "scan.errors.fails(lambda: theano.scan(lambda a: T.cast*",
            "scan.errors.refused(lambda: theano.scan(lambda a: a.dim*",
        ),
    ),
    Difference(
        "`scan` of no steps",
        "NotImplementedError",
        "no steps",
        "the result is empty, as a loop of NumPy would be",
        ("scan.errors.refused(lambda: value(theano.scan(lambda a: a + 1, outputs_info=s*",),
    ),
    Difference(
        "`scan` over sequences of different lengths",
        "as many steps as the shortest",
        "ValueError",
        "a longer sequence is mostly a mistake; cut it, `s[:n]`",
        ("scan.loops.theano.scan(lambda x, y: x + y, sequences=[[]v, v[[]:2]])[[]0]",),
    ),
)

# Names of the package that no golden program asks for.
ELSEWHERE: dict[str, str] = {
    "*tensor[567]*": "constructors like those of fewer axes",
    "*Error": "classes of errors, for except clauses",
    "absolute": "Theano had abs_ only",
    "conjugate": "Theano had the method only",
    "sign": "Theano had sgn only",
    "rint": "NumPy's name of round",
    "getitem": "what x[index] calls",
    "Tensor": "an older name of TensorType",
    "all_dtypes": "names of dtypes",
    "divmod": "what Python's divmod calls",
    "[ij][01]": "tests/theano/test_tensor_functions.py",
    "[ij]v": "tests/theano/test_tensor_modules.py",
    "NoneConst": "tests/theano/test_tensor_modules.py",
    "[Ss]lice[Tt]ype": "tests/theano/test_objects.py",
    "io": "what Theano kept in a module of this name is in theano.tensor",
    "type_other": "what Theano kept in a module of this name is in theano.tensor",
    "map_variables": "tests/theano/test_replacement.py",
    "Choose": "the class of the op behind choose",
    "inplace": "tests/theano/test_upstream_causes.py",
    "CumOp": "the class of the op behind cumsum and cumprod",
    "Det": "the class of the op behind det",
    "MatrixInverse": "the class of the op behind matrix_inverse",
    "MatrixPinv": "the class of the op behind pinv",
    "Eig": "the class of the op behind eig",
    "lstsq": "tests/theano/test_tensor_modules.py",
    "advanced_inc_subtensor": "tests/theano/test_tensor_modules.py",
    "scan_checkpoints": "tests/theano/test_checks_of_ops.py",
    "Crossentropy*": "tests/theano/test_checks_of_ops.py",
    "Prepend_scalar*": "tests/theano/test_checks_of_ops.py",
    "assert_*shape": "tests/theano/test_checks_of_ops.py",
    "check_conv_gradinputs_shape": "tests/theano/test_checks_of_ops.py",
    "*topk": "Theano had no code for sorted ones; doctests",
    "topk_and_argtopk": "Theano had no code for sorted ones; doctests",
    "stacklists": "tests/theano/test_gradients.py",
    "inverse_permutation": "doctest",
    "permute_row_elements": "tests/theano/test_tensor_functions.py",
    "advanced_subtensor*": "tests/theano/test_tensor_functions.py",
    "cov": "tests/theano/test_tensor_functions.py",
    "erfcx": "tests/theano/test_tensor_functions.py",
    "imag": "tests/theano/test_tensor_functions.py",
    "get_vector_length": "tests/theano/test_tensor_functions.py",
    "transfer": "tests/theano/test_tensor_functions.py",
    "is*_": "ops behind isnan and isinf",
    "is_flat": "tests/theano/test_libraries.py",
    "round_half_*": "tests/theano/test_libraries.py",
    "Solve": "tests/theano/test_tensor_functions.py",
    "solve_symmetric": "tests/theano/test_tensor_functions.py",
    "bartlett": "tests/theano/test_tensor_functions.py",
    "compress": "tests/theano/test_tensor_functions.py",
    "[bw]*s": "constructors of several at once: Theano had them for other dtypes only",
    "A[RdlL]*": "a class of ops; tests/theano/test_gof.py",
    "BatchedDot": "a class of ops; tests/theano/test_gof.py",
    "CAReduce*": "a class of ops; tests/theano/test_gof.py",
    "DimShuffle": "a class of ops; tests/theano/test_gof.py",
    "Dot": "a class of ops; tests/theano/test_gof.py",
    "Elemwise": "a class of ops; tests/theano/test_gof.py",
    "IncSubtensor": "a class of ops; tests/theano/test_gof.py",
    "Join": "a class of ops; tests/theano/test_gof.py",
    "MaxAndArgmax": "a class of ops; tests/theano/test_gof.py",
    "Nonzero": "a class of ops; tests/theano/test_gof.py",
    "Prod": "a class of ops; tests/theano/test_gof.py",
    "Reshape": "a class of ops; tests/theano/test_gof.py",
    "SpecifyShape": "a class of ops; tests/theano/test_gof.py",
    "Split": "a class of ops; tests/theano/test_gof.py",
    "Subtensor": "a class of ops; tests/theano/test_gof.py",
    "Sum": "a class of ops; tests/theano/test_gof.py",
    "abs": "Theano had abs_ only",
    "dimshuffle": "Theano had the method only, which has programs",
    "downsample": "Theano 1.0.5 had dropped it; tests/theano/test_signal.py",
    "max_pool_2d": "Theano 1.0.5 had dropped it; tests/theano/test_signal.py",
    "DownsampleFactorMax": "the operation behind max_pool_2d",
    "*AbstractConv*": "operations that those with a number of axes in their names share",
    "scalar_*": "operations of single numbers, which the functions of tensors stand for",
    "sigmoid_inplace": "scripts ask for sigmoid; nothing says here what is computed in place",
    "Conv3D": "Theano 1.0.5 had dropped it",
    "ctc": "a module; what it computes needed a library of its own in Theano",
    "blocksparse": "a module, whose functions have tests in tests/theano/test_networks.py",
    "abstract_conv2d": "the same function as conv2d",
}


def table() -> str:
    """The differences as a table of the page."""
    rows = "".join(f"| {one.what} | {one.theano} | {one.here} | {one.reason} |\n" for one in DIFFERENCES)
    return f"{BEGIN}\n\n| expression | Theano 1.0.5 | here | because |\n|---|---|---|---|\n{rows}\n{END}"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + table() + rest.partition(END)[2], encoding="utf-8")
