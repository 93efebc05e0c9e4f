"""Names of other libraries: to read one that is not here is an error that says what to write.

A table for each place a name is looked for in: the methods of a symbolic value, the functions of
``T`` and ``T.nnet``, those of ``sd`` and ``sd.nn``; other places have theirs in the next file. A
name that ``T`` has as a function needs no entry to be found when it is written as a method. What
is not there at all is listed as such, in the tables and in docs/coming-from.md.

Read next: foreign_objects.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import NoReturn

from ..errors import MissingNameError, here

_VALUE = "a symbolic value holds no number; x.eval({...}) computes it, sd.function compiles it"
PLACE = "where a function runs is chosen by sd.function(..., backend=)"
_MEMORY = "how values lie in memory is the back end's choice"
_STATE = "nodes are immutable; new values of sd.shared states are given by updates="
_DTYPE = "write x.astype(dtype)"
LATER = "is not there yet"
_FUNCTIONS = "functions of values stand in T and T.nnet"
# Names that are no nearer to one that is there, in difflib's measure, are other names.
NEAR = 0.75

# Attributes of arrays, tensors and variables elsewhere.
METHODS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "item", "numpy", "tolist", "tobytes", "to_numpy", "get", "block_until_ready", "dump", "dumps", "tofile",
        ),
        _VALUE,
    ),
    **dict.fromkeys(("cpu", "cuda", "device", "to", "devices", "is_cuda", "to_device"), PLACE),
    **dict.fromkeys(("base", "byteswap", "ctypes", "flags", "getfield", "setfield", "setflags", "strides"), _MEMORY),
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
    "backward": "write sd.grad(cost, parameters), which gives the gradients as expressions",
    "bmm": "write a @ b",
    "choose": "write T.where(condition, a, b), or x[T.arange(n), y] for one element of every row",
    "chunk": "write T.split(x, sizes, n)",
    "clamp": "write x.clip(low, high)",
    "clone": "write x.copy()",
    "compress": "write x[condition]",
    "contiguous": f"write x; {_MEMORY}",
    "data": _VALUE,
    "detach": "write sd.disconnected_grad(x)",
    "dim": "write x.ndim",
    "div": "write a / b",
    "element_size": "write np.dtype(x.dtype).itemsize",
    "expand": "write T.broadcast_to(x, shape)",
    "expand_as": "write T.broadcast_to(x, y.shape)",
    "flat": "write x.ravel()",
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
    "mT": "write T.matrix_transpose(x)",
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
    "register_hook": "write sd.grad_clip(x, low, high) or an op with a pullback of its own",
    "requires_grad": "every variable has gradients: sd.grad(cost, x); sd.disconnected_grad(x) has none",
    "retain_grad": "write sd.grad(cost, x), which takes gradients with respect to any variable",
    "scatter": "write T.set_subtensor(x[i], v)",
    "scatter_add": "write T.inc_subtensor(x[i], v)",
    "set_value": "only sd.shared variables hold a value",
    "sub": "write a - b",
    "t": "write x.T",
    "tag": "test values are given by T.matrix(..., test_value=)",
    "unbind": "write [x[i] for i in range(n)]",
    "unfold": "write T.nnet.unfold(x, window)",
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
    **dict.fromkeys(("as_tensor", "from_numpy", "from_dlpack"), "write T.constant(value) or sd.shared(value)"),
    **dict.fromkeys(("mm", "bmm", "mv"), "write a @ b"),
    "cat": "write T.concatenate(values, axis)",
    "funm": "a function of matrices of any name has no gradient; T.linalg has expm, logm, sqrtm and matrix_power",
    "rsf2csf": "values are real; T.linalg.schur gives the real form",
    **dict.fromkeys(("h_softmax", "nlinalg", "slinalg"), LATER),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), "write T.nnet.conv(x, filters)"),
    **dict.fromkeys(
        ("avg_pool", "avg_pool2d", "max_pool", "max_pool2d", "max_pool_2d", "pool_2d", "signal"),
        'write T.nnet.pool(x, window, "average" or "max")',
    ),
    **dict.fromkeys(("interpolate", "upsample"), "write T.nnet.resize(x, size)"),
    **dict.fromkeys(("conv", "conv_transpose", "fold", "global_pool", "pool"), "it stands in T.nnet"),
    **dict.fromkeys(
        ("batch_norm", "batch_normalization", "bn"), "write sd.nn.batch_norm(x, mean, variance, scale, shift)"
    ),
    **dict.fromkeys(
        ("FloatTensor", "LongTensor", "TensorType", "Input", "placeholder", "variable"),
        "variables are made by T.matrix(name), T.tensor(dtype, shape, name)",
    ),
    **dict.fromkeys(("float32", "float64", "int32", "int64", "bool"), "a dtype is written by its name, a string"),
    **dict.fromkeys(("manual_seed", "random", "shared_randomstreams"), "write sd.RandomStream(seed=)"),
    **dict.fromkeys(("functional", "lax", "math", "nn", "numpy", "extra_ops"), _FUNCTIONS),
    **dict.fromkeys(("inf", "nan", "pi", "e"), "a number is written as NumPy's or Python's"),
    **dict.fromkeys(("sigmoid_cross_entropy_with_logits",), "write T.nnet.binary_crossentropy(T.nnet.sigmoid(z), t)"),
    **{
        name: f"write sd.{name}"
        for name in (
            "Lop", "RandomStream", "Rop", "associative_scan", "config", "elementwise", "foldl", "foldr", "function",
            "jvp", "map", "reduce", "scan", "stop_gradient", "until", "value_and_grad", "verify_grad",
        )
    },
    "TensorVariable": "a symbolic value is an sd.Node",
    "cuda": PLACE,
    "device": PLACE,
    "jit": "write sd.function(inputs, outputs)",
    "l1_loss": "write T.nnet.l1(a, b).mean()",
    "no_grad": "write sd.function(..., training=False)",
    "optim": "write updates=sd.optim.sgd(cost, parameters, rate=0.1)",
    "reduce_max": "write T.max(x, axis)",
    "reduce_mean": "write T.mean(x, axis)",
    "reduce_min": "write T.min(x, axis)",
    "reduce_sum": "write T.sum(x, axis)",
    "softmax_cross_entropy_with_logits": "write T.nnet.softmax_crossentropy(z, labels)",
    "to_float": "write T.cast(x, dtype)",
    "ultra_fast_sigmoid": "write T.nnet.hard_sigmoid(x)",
    "batched_tensordot": "write sd.vmap(lambda a, b: T.tensordot(a, b, axes))(x, y)",
    "ceil_intdiv": "write -(-a // b)",
    "chi2sf": "write T.gammaincc(k / 2, x / 2)",
    "fill_diagonal_offset": "write T.where(T.eye(n, m, offset, dtype='bool'), value, x)",
    "gammal": "write T.gammainc(k, x) * T.exp(T.gammaln(k))",
    "gammau": "write T.gammaincc(k, x) * T.exp(T.gammaln(k))",
    "inverse_permutation": "write T.argsort(p)",
    "iround": "write T.cast(T.round(x), 'int64')",
    **dict.fromkeys(("join_dims", "split_dims"), "write x.reshape(shape)"),
    "mgrid": "write T.meshgrid(..., indexing='ij')",
    "nonzero_values": "write x[T.nonzero(x)]",
    "ogrid": "write T.meshgrid(..., indexing='ij', sparse=True)",
    "permute_row_elements": "write T.take_along_axis(x, index, -1)",
    "round_half_away_from_zero": "write T.sign(x) * T.floor(T.abs(x) + 0.5)",
    "round_half_to_even": "write T.round(x)",
    "tri_gamma": "write T.polygamma(1, x)",
    "xlogx": "write T.xlogy(x, x)",
    "Tensor": "variables are made by T.matrix(name), T.tensor(dtype, shape, name); values by sd.shared, T.constant",
    "addmm": "write c + a @ b",
    "as_array": "write T.constant(value) or sd.shared(value)",
    "bce_loss": "write T.nnet.binary_crossentropy(p, t).mean()",
    "binary_cross_entropy": "write T.nnet.binary_crossentropy(p, t)",
    "binary_cross_entropy_with_logits": "write T.nnet.binary_crossentropy(T.nnet.sigmoid(z), t), which stays finite",
    "categorical_cross_entropy": "write T.nnet.categorical_crossentropy(p, t)",
    "clamp": "write T.clip(x, low, high)",
    "cond": "write sd.cond(pred, true_fun, false_fun, *operands)",
    "cross_entropy": "write T.nnet.softmax_crossentropy(z, labels)",
    "dropout": "write sd.dropout(x, p=, stream=)",
    "embedding": "write table[indices]",
    "fill": "write T.full_like(x, value)",
    "fori_loop": "write sd.fori_loop(lower, upper, body, init)",
    "gather": "write T.take_along_axis(x, index, axis)",
    "grad": "write sd.grad(cost, wrt)",
    "hessian": "write sd.hessian(cost, wrt)",
    "ifelse": "write sd.ifelse(condition, a, b)",
    "jacobian": "write sd.jacobian(y, wrt)",
    "linear": "write x @ W + b",
    "logsigmoid": "write T.log(T.nnet.sigmoid(x)), which stays finite",
    "mse_loss": "write T.nnet.mse(a, b).mean()",
    "newaxis": "write None: x[:, None]",
    "nll_loss": "write T.nnet.categorical_crossentropy(p, labels)",
    "numel": "write x.size",
    "permute": "write x.transpose(*axes)",
    "shared": "write sd.shared(value, name=)",
    "sparse_categorical_crossentropy": "write T.nnet.categorical_crossentropy(p, labels)",
    "unsqueeze": "write x[:, None] or T.expand_dims(x, axis)",
    "vmap": "write sd.vmap(fn, in_axes, out_axes)",
    "while_loop": "write sd.while_loop(cond, body, init)",
}  # fmt: skip

# Ready-made layers elsewhere, with sd.nn here.
LAYERS: Mapping[str, str] = {
    "Module": "a model is a dataclass, dict or list of layers; sd.nn.parameters(model) walks it",
    "Parameter": "write sd.shared(value)",
    "Linear": "write sd.nn.Dense(inputs, units)",
    "MultiheadAttention": "write sd.nn.MultiHeadAttention(features, heads)",
    "init": "write sd.nn.initializers",
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d"), "write sd.nn.BatchNorm(channels)"),
    **dict.fromkeys(("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"), "write sd.nn.InstanceNorm(channels)"),
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d"), "write sd.nn.Conv(channels, filters, taps)"),
    **dict.fromkeys(
        ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"), "write sd.nn.ConvTranspose(channels, filters, taps)"
    ),
    **dict.fromkeys(("MaxPool1d", "MaxPool2d", "AvgPool2d"), "write sd.nn.Pool(window, mode=)"),
    "AdaptiveAvgPool2d": "write sd.nn.GlobalPool('average')",
    "CrossEntropyLoss": "write T.nnet.softmax_crossentropy(z, labels).mean()",
    "MSELoss": "write ((a - b) ** 2).mean()",
    "RNN": "write sd.nn.Elman",
    "ReLU": "write T.nnet.relu(x)",
    "functional": _FUNCTIONS,
}

# Names of whole packages elsewhere, with sd here.
PACKAGE: Mapping[str, str] = {
    **dict.fromkeys(("Module", "Linear", "Sequential"), "layers stand in sd.nn: sd.nn.Dense, sd.nn.Sequential"),
    **dict.fromkeys(("SGD", "Adam", "optimizers"), "write updates=sd.optim.adam(cost, parameters, rate=1e-3)"),
    **dict.fromkeys(("no_grad", "inference_mode", "eval_mode", "train"), "write sd.function(..., training=False)"),
    **dict.fromkeys(("array", "asarray", "from_numpy"), "write T.constant(value) or sd.shared(value)"),
    **dict.fromkeys(("jit", "compile"), "write sd.function(inputs, outputs)"),
    **dict.fromkeys(("manual_seed", "PRNGKey", "key", "random_seed"), "write sd.RandomStream(seed=)"),
    "load": "write sd.io.load(path, parameters)",
    "save": "write sd.io.save(path, parameters)",
    **dict.fromkeys(("enable_grad", "set_grad_enabled", "eval"), "write sd.function(..., training=False)"),
    **dict.fromkeys(("Model", "layers", "keras"), "layers stand in sd.nn: sd.nn.Dense, sd.nn.Sequential"),
    **dict.fromkeys(("GradientTape",), "write sd.grad(cost, wrt)"),
    **dict.fromkeys(("Session", "run"), "write sd.function(inputs, outputs), and call it"),
    **dict.fromkeys(("cuda", "to", "set_default_device"), PLACE),
    **dict.fromkeys(("set_default_dtype", "set_floatx"), "write sd.config.floatX = 'float64'"),
    **dict.fromkeys(("set_num_threads",), "write sd.config.threads = 4"),
    **dict.fromkeys(("seed", "RandomStreams", "RandomState"), "write sd.RandomStream(seed=)"),
    **dict.fromkeys(("placeholder", "Tensor"), "variables are made by T.matrix(name), T.tensor(dtype, shape, name)"),
    **dict.fromkeys(("lax", "losses", "functional"), _FUNCTIONS),
    "utils": "write sd.data.Batches(x, y, size=, seed=)",
    "Variable": "variables are made by T.matrix(name) and its like, states by sd.shared",
    "autograd": "write sd.grad(cost, wrt)",
    "constant": "write T.constant(value)",
    "device": PLACE,
    "gradient": "write sd.grad(cost, wrt)",
    "jacfwd": "write sd.jacobian(y, wrt)",
    "jacrev": "write sd.jacobian(y, wrt)",
    "numpy": "NumPy's functions take symbolic values; symdrop.tensor has their like",
    "pmap": LATER,
    "printing": "write sd.inspect.dprint(x), sd.viz.to_svg(f)",
    "variable": "variables are made by T.matrix(name) and its like",
    "vjp": "write sd.Lop(f, wrt, v)",
}  # fmt: skip


def no_attribute(functions: Callable[[], Mapping[str, str]], methods: Iterable[str], of: str, name: str) -> NoReturn:
    """Refuse an attribute of a symbolic value.

    Args:
        functions: says how the functions of ``T`` and ``T.nnet`` are written, by their names.
        methods: the attributes there are.
        of: the value, as errors show it.
        name: the attribute that it does not have.

    Raises:
        MissingNameError: always.
    """
    hint = METHODS.get(name) or (f"write {own}(x)" if (own := functions().get(name)) else OPERATIONS.get(name, ""))
    if not hint and name.endswith("_"):
        # PyTorch's mark of what works in place.
        hint = _STATE
    hint = hint or _near(name, methods)
    raise MissingNameError(f"{of} has no {name!r}{f'; {hint}' if hint else ''}{here()}")


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, [one for one in known if not one.startswith("_")], n=1, cutoff=NEAR)
    return f"did you mean {near[0]!r}?" if near else ""


def no_name(module: str, name: str, known: Iterable[str], table: Mapping[str, str]) -> NoReturn:
    """Refuse a name of one of the package's modules, or of one of its objects.

    Args:
        module: the module, such as "symdrop.tensor", or what errors call the object.
        name: the name that it does not have.
        known: the names it has.
        table: sentences about names of other libraries.

    Raises:
        MissingNameError: always; ``AttributeError`` for the names with underscores that Python and its tools ask for.
    """
    if name.startswith("_"):
        raise AttributeError(f"{module} has no attribute {name!r}")
    hint = table.get(name) or _near(name, known)
    if hint.startswith(LATER):
        raise MissingNameError(f"{module}.{name} {hint}; docs/coming-from.md lists what is missing{here()}")
    raise MissingNameError(f"{module} has no {name!r}{f'; {hint}' if hint else ''}{here()}")
