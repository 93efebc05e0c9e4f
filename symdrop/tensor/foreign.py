"""Names of other libraries: to read one that is not here is an error that says what to write.

A table for each place a name is looked for in: the methods of a symbolic value, the functions of
``T`` and ``T.nnet``, and those of ``sd``. A name that ``T`` has as a function needs no entry to be
found when it is written as a method. What is not there at all is listed as such, in the tables and
in docs/coming-from.md.

Read next: costs.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import NoReturn

from ..errors import MissingNameError, here

_VALUE = "a symbolic value holds no number; x.eval({...}) computes it, sd.function compiles it"
_PLACE = "where a function runs is chosen by sd.function(..., backend=)"
_STATE = "nodes are immutable; new values of sd.shared states are given by updates="
_DTYPE = "write x.astype(dtype)"
_LATER = "is not there yet"

# Attributes of arrays, tensors and variables elsewhere.
METHODS: Mapping[str, str] = {
    **dict.fromkeys(("item", "numpy", "tolist", "tobytes", "to_numpy", "get", "block_until_ready"), _VALUE),
    **dict.fromkeys(("cpu", "cuda", "device", "to", "devices", "is_cuda"), _PLACE),
    **dict.fromkeys(
        (
            "add_", "sub_", "mul_", "div_", "copy_", "zero_", "fill_", "fill", "clamp_", "put", "itemset", "resize",
            "requires_grad_", "set_",
        ),
        _STATE,
    ),
    **dict.fromkeys(("float", "double", "half", "long", "int", "bool", "short", "type_as"), _DTYPE),
    "add": "write a + b",
    "addmm": "write c + a @ b",
    "at": "write T.set_subtensor(x[i], v) or T.inc_subtensor(x[i], v)",
    "backward": "write sd.grad(cost, parameters), which gives the gradients as expressions",
    "bmm": "write a @ b",
    "choose": "write T.where(condition, a, b), or x[T.arange(n), y] for one element of every row",
    "chunk": "write T.split(x, sizes, n)",
    "clamp": "write x.clip(low, high)",
    "clone": "write x.copy()",
    "compress": "write x[condition]",
    "contiguous": "write x; how values lie in memory is the back end's choice",
    "conj": "values are real",
    "data": _VALUE,
    "detach": "write sd.disconnected_grad(x)",
    "dim": "write x.ndim",
    "div": "write a / b",
    "element_size": "write np.dtype(x.dtype).itemsize",
    "expand": "write T.broadcast_to(x, shape)",
    "expand_as": "write T.broadcast_to(x, y.shape)",
    "gather": "write T.take_along_axis(x, index, axis)",
    "ger": "write T.outer(a, b)",
    "get_value": "only sd.shared variables hold a value; x.eval({...}) computes this one",
    "grad": "write sd.grad(cost, x), which gives the gradient as an expression",
    "grad_fn": "write sd.inspect.explain(cost, x)",
    "imag": "values are real",
    "index_add": "write T.inc_subtensor(x[i], v)",
    "index_select": "write T.take(x, i, axis)",
    "itemsize": "write np.dtype(x.dtype).itemsize",
    "masked_fill": "write T.where(mask, value, x)",
    "masked_select": "write x[mask]",
    "matmul": "write a @ b",
    "mm": "write a @ b",
    "mul": "write a * b",
    "mT": "write T.swapaxes(x, -1, -2)",
    "mv": "write a @ b",
    "narrow": "write x[start:start + length]",
    "nbytes": "a symbolic value takes no memory; sd.inspect.cost(f) counts a function's",
    "ndimension": "write x.ndim",
    "nelement": "write x.size",
    "new_ones": "write T.ones(shape, x.dtype)",
    "new_zeros": "write T.zeros(shape, x.dtype)",
    "numel": "write x.size",
    "owner": "write x.op and x.inputs",
    "permute": "write x.transpose(*axes)",
    "pow": "write x ** n",
    "real": "values are real; write x",
    "register_hook": "write sd.grad_clip(x, low, high) or an op with a pullback of its own",
    "requires_grad": "every variable has gradients: sd.grad(cost, x); sd.disconnected_grad(x) has none",
    "retain_grad": "write sd.grad(cost, x), which takes gradients with respect to any variable",
    "scatter": "write T.set_subtensor(x[i], v)",
    "scatter_add": "write T.inc_subtensor(x[i], v)",
    "set_value": "only sd.shared variables hold a value",
    "strides": "how values lie in memory is the back end's choice",
    "sub": "write a - b",
    "t": "write x.T",
    "tag": "test values are given by T.matrix(..., test_value=)",
    "unbind": "write [x[i] for i in range(n)]",
    "unfold": "write T.stack([x[i : i + n] for i in starts])",
    "unsqueeze": "write x[:, None] or T.expand_dims(x, axis)",
    "view": "write x.reshape(shape)",
    "view_as": "write x.reshape(y.shape)",
    "zero_grad": "gradients are expressions and are not accumulated; there is nothing to reset",
}  # fmt: skip

# Functions elsewhere, with T and T.nnet here.
OPERATIONS: Mapping[str, str] = {
    **dict.fromkeys(("rand", "uniform"), "write sd.RandomStream(seed=).uniform(size=)"),
    **dict.fromkeys(("randn", "normal"), "write sd.RandomStream(seed=).normal(size=)"),
    **dict.fromkeys(("randint", "random_integers"), "write sd.RandomStream(seed=).integers(low=, high=, size=)"),
    **dict.fromkeys(("randperm", "permutation"), "write sd.RandomStream(seed=).permutation(n=)"),
    **dict.fromkeys(("bernoulli", "binomial"), "write sd.RandomStream(seed=).bernoulli(p=, size=)"),
    **dict.fromkeys(("multinomial", "categorical"), "write sd.RandomStream(seed=).multinomial(pvals=)"),
    **dict.fromkeys(("array", "asarray", "as_tensor", "from_numpy"), "write T.constant(value) or sd.shared(value)"),
    **dict.fromkeys(("mm", "bmm", "mv"), "write a @ b"),
    **dict.fromkeys(("cat", "hstack", "vstack", "column_stack"), "write T.concatenate(values, axis)"),
    **dict.fromkeys(
        (
            "cholesky", "conv", "conv1d", "conv2d", "conv3d", "cross", "det", "diff", "digamma", "einsum", "eig",
            "eigh", "fft", "gammaln", "histogram", "inv", "kron", "lgamma", "lstsq", "max_pool2d", "median",
            "nlinalg", "one_hot", "pad", "percentile", "pinv", "polyval", "pool", "qr", "quantile", "roll",
            "searchsorted", "signal", "slogdet", "solve", "svd", "topk", "unique",
        ),
        _LATER,
    ),
    **dict.fromkeys(("batch_norm", "layer_norm", "group_norm", "bn"), "write it with T.mean and T.var"),
    "Tensor": "variables are made by T.matrix(name), T.tensor(dtype, shape, name); values by sd.shared, T.constant",
    "addmm": "write c + a @ b",
    "amax": "write T.max(x, axis)",
    "amin": "write T.min(x, axis)",
    "as_array": "write T.constant(value) or sd.shared(value)",
    "average": "write T.mean(x) or T.sum(w * x) / T.sum(w)",
    "bce_loss": "write T.nnet.binary_crossentropy(p, t).mean()",
    "binary_cross_entropy": "write T.nnet.binary_crossentropy(p, t)",
    "binary_cross_entropy_with_logits": "write T.nnet.binary_crossentropy(T.nnet.sigmoid(z), t), which stays finite",
    "bincount": "write T.inc_subtensor(T.zeros(n)[x], 1)",
    "categorical_cross_entropy": "write T.nnet.categorical_crossentropy(p, t)",
    "clamp": "write T.clip(x, low, high)",
    "cond": "write sd.ifelse(condition, a, b)",
    "count_nonzero": "write T.sum(T.neq(x, 0))",
    "cross_entropy": "write T.nnet.softmax_crossentropy(z, labels)",
    "dropout": "write sd.dropout(x, p=, stream=)",
    "empty": "write T.zeros(shape)",
    "embedding": "write table[indices]",
    "expit": "write T.nnet.sigmoid(x)",
    "fill": "write T.full_like(x, value)",
    "fori_loop": "write sd.scan",
    "gather": "write T.take_along_axis(x, index, axis)",
    "grad": "write sd.grad(cost, wrt)",
    "hessian": "write sd.hessian(cost, wrt)",
    "ifelse": "write sd.ifelse(condition, a, b)",
    "jacobian": "write sd.jacobian(y, wrt)",
    "linear": "write x @ W + b",
    "logaddexp": "write T.logsumexp(T.stack([a, b]), 0)",
    "logit": "write T.log(p) - T.log1p(-p)",
    "logsigmoid": "write T.log(T.nnet.sigmoid(x)), which stays finite",
    "mse_loss": "write ((a - b) ** 2).mean()",
    "nan_to_num": "write T.where(T.isnan(x), 0, x)",
    "newaxis": "write None: x[:, None]",
    "nll_loss": "write T.nnet.categorical_crossentropy(p, labels)",
    "numel": "write x.size",
    "permute": "write x.transpose(*axes)",
    "shared": "write sd.shared(value, name=)",
    "sparse_categorical_crossentropy": "write T.nnet.categorical_crossentropy(p, labels)",
    "unsqueeze": "write x[:, None] or T.expand_dims(x, axis)",
    "while_loop": "write sd.scan with sd.until",
    "xlogy": "write T.where(T.eq(x, 0), 0, x * T.log(y))",
}  # fmt: skip

# Ready-made layers elsewhere, with sd.nn here.
LAYERS: Mapping[str, str] = {
    **dict.fromkeys(
        ("Module", "Linear", "Dense", "Sequential", "Embedding", "Parameter"),
        "a layer is a function of yours over sd.shared parameters",
    ),
    **dict.fromkeys(("Conv1d", "Conv2d", "MaxPool2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "init"), _LATER),
    "CrossEntropyLoss": "write T.nnet.softmax_crossentropy(z, labels).mean()",
    "Dropout": "write sd.dropout(x, p=, stream=)",
    "MSELoss": "write ((a - b) ** 2).mean()",
    "RNN": "write sd.nn.Elman",
    "ReLU": "write T.nnet.relu(x)",
    "functional": "functions of values stand in T and T.nnet",
}

# Names of whole packages elsewhere, with sd here.
PACKAGE: Mapping[str, str] = {
    **dict.fromkeys(("Module", "Linear", "Sequential"), "a layer is a function of yours over sd.shared parameters"),
    **dict.fromkeys(("SGD", "Adam", "optim", "optimizers"), f"{_LATER}; updates={{W: W - 0.1 * sd.grad(cost, W)}}"),
    **dict.fromkeys(("no_grad", "inference_mode", "eval_mode", "train"), "write sd.function(..., training=False)"),
    **dict.fromkeys(("array", "asarray", "from_numpy"), "write T.constant(value) or sd.shared(value)"),
    **dict.fromkeys(("jit", "compile"), "write sd.function(inputs, outputs)"),
    **dict.fromkeys(("manual_seed", "PRNGKey", "key", "random_seed"), "write sd.RandomStream(seed=)"),
    **dict.fromkeys(("save", "load", "io"), f"{_LATER}; functions and shared variables can be pickled"),
    "Variable": "variables are made by T.matrix(name) and its like, states by sd.shared",
    "autograd": "write sd.grad(cost, wrt)",
    "clone": "write sd.Graph(inputs, outputs).substitute({old: new}), or givens= of sd.function",
    "cond": "write sd.ifelse(condition, a, b)",
    "constant": "write T.constant(value)",
    "device": _PLACE,
    "fori_loop": "write sd.scan",
    "gradient": "write sd.grad(cost, wrt)",
    "jacfwd": "write sd.jacobian(y, wrt)",
    "jacrev": "write sd.jacobian(y, wrt)",
    "numpy": "NumPy's functions take symbolic values; symdrop.tensor has their like",
    "pmap": _LATER,
    "printing": "write sd.inspect.dprint(x), sd.viz.to_svg(f)",
    "stop_gradient": "write sd.disconnected_grad(x)",
    "variable": "variables are made by T.matrix(name) and its like",
    "vjp": "write sd.Lop(f, wrt, v)",
    "vmap": f"{_LATER}; write the formula for the whole batch, or sd.map for a loop",
    "while_loop": "write sd.scan with sd.until",
}  # fmt: skip


def no_attribute(functions: Mapping[str, str], methods: Iterable[str], of: str, name: str) -> NoReturn:
    """Refuse an attribute of a symbolic value.

    Args:
        functions: how the functions of ``T`` and ``T.nnet`` are written, by their names.
        methods: the attributes there are.
        of: the value, as errors show it.
        name: the attribute that it does not have.

    Raises:
        MissingNameError: always.
    """
    hint = METHODS.get(name) or (f"write {functions[name]}(x)" if name in functions else "")
    near = get_close_matches(name, [*methods], n=1)
    if not hint and near:
        hint = f"did you mean {near[0]!r}?"
    raise MissingNameError(f"{of} has no {name!r}{f'; {hint}' if hint else ''}{here()}")


def no_name(module: str, name: str, known: Iterable[str], table: Mapping[str, str]) -> NoReturn:
    """Refuse a name of one of the package's modules.

    Args:
        module: the module, such as "symdrop.tensor".
        name: the name that it does not have.
        known: the names it has.
        table: sentences about names of other libraries.

    Raises:
        MissingNameError: always; ``AttributeError`` for the names with underscores that Python and its tools ask for.
    """
    if name.startswith("_"):
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    near = [] if name in table else get_close_matches(name, [*known], n=1)
    hint = table.get(name) or (f"did you mean {near[0]!r}?" if near else "")
    if hint.startswith(_LATER):
        raise MissingNameError(f"{module}.{name} {hint}; docs/coming-from.md lists what is missing{here()}")
    raise MissingNameError(f"{module} has no {name!r}{f'; {hint}' if hint else ''}{here()}")
