"""Functions of single elements: values, dtypes by Theano's rules, and gradients."""

import numpy as np

UNARY = """abs_ ceil cos cosh arctan arcsinh erf erfc exp exp2 expm1 floor neg round sgn sin sinh sqr square tan tanh
    trunc rad2deg deg2rad""".split()
POSITIVE = "log log10 log1p log2 sqrt inv arccosh gamma gammaln psi".split()
BELOW_ONE = "arccos arcsin arctanh erfinv".split()
BOTH = "add sub mul true_div maximum minimum pow power arctan2 largest smallest".split()
COMPARISONS = "eq neq lt le gt ge".split()
BITS = "and_ or_ xor bitwise_and bitwise_or bitwise_xor".split()
X = np.array([[-1.7, -0.5, 0.3], [0.75, 1.2, 2.6]])
POSITIVES = np.array([1.25, 2.5, 3.75])
SMALL = np.array([-0.75, 0.1, 0.6])


def unary(run):
    x = run.input("matrix", X)
    return {name: lambda name=name: getattr(run.T, name)(x) for name in UNARY}


def unary_gradients(run):
    x = run.input("matrix", X)
    return {name: lambda name=name: run.gradient(getattr(run.T, name)(x), x) for name in UNARY}


def positive(run):
    x = run.input("vector", POSITIVES)
    return {name: lambda name=name: getattr(run.T, name)(x) for name in POSITIVE}


def positive_gradients(run):
    x = run.input("vector", POSITIVES)
    return {name: lambda name=name: run.gradient(getattr(run.T, name)(x), x) for name in POSITIVE}


def below_one(run):
    x = run.input("vector", SMALL)
    made = {name: lambda name=name: getattr(run.T, name)(x) for name in BELOW_ONE}
    made.update({f"d {name}": lambda name=name: run.gradient(getattr(run.T, name)(x), x) for name in BELOW_ONE})
    return made


def unary_of_integers(run):
    made = {}
    for prefix in "bwil":
        x = run.input(f"{prefix}vector", [1, 2, 3])
        for name in "sqrt exp log tanh sin abs_ neg sqr sgn floor ceil inv".split():
            made[f"{name} {prefix}"] = getattr(run.T, name)(x)
        made[f"sigmoid {prefix}"] = run.T.nnet.sigmoid(x)
    return made


def both(run):
    x, y = run.input("matrix", np.abs(X)), run.input("row", [[0.5, 1.5, 2.5]])
    made = {name: lambda name=name: getattr(run.T, name)(x, y) for name in BOTH}
    made.update({f"d {name}": lambda name=name: run.gradient(getattr(run.T, name)(x, y), x) for name in BOTH})
    made.update({f"d2 {name}": lambda name=name: run.gradient(getattr(run.T, name)(x, y), y) for name in BOTH})
    return made


def several(run):
    T = run.T
    x, y, z = (run.input("vector", value) for value in ([1.0, 2.0], [3.0, 4.0], [5.0, 7.0]))
    return {"add": T.add(x, y, z), "mul": T.mul(x, y, z), "maximum": T.maximum(x, T.maximum(y, z))}


def comparisons(run):
    x, y = run.input("vector", [1.0, 2.0, 3.0]), run.input("vector", [2.0, 2.0, 2.0])
    made = {name: lambda name=name: getattr(run.T, name)(x, y) for name in COMPARISONS}
    made.update({"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y, "< 2": x < 2})
    return made


def close(run):
    T = run.T
    x, y = run.input("vector", [1.0, 2.0, np.nan]), run.input("vector", [1.0, 2.1, np.nan])
    return {
        "isclose": lambda: T.isclose(x, y), "isclose nan": lambda: T.isclose(x, y, equal_nan=True),
        "allclose": lambda: T.allclose(x, y), "allclose wide": lambda: T.allclose(x[:2], y[:2], rtol=0.2),
        "isnan": T.isnan(x), "isinf": T.isinf(x / 0),
    }  # fmt: skip


def bits(run):
    x, y = run.input("ivector", [12, 10, -7]), run.input("ivector", [10, 6, 3])
    made = {name: lambda name=name: getattr(run.T, name)(x, y) for name in BITS}
    made.update({"&": x & y, "|": x | y, "^": x ^ y, "~": ~x, "invert": run.T.invert(x)})
    made["not of a comparison"] = ~run.T.gt(x, y)
    made["bitwise_not"] = lambda: run.T.bitwise_not(x)
    made["and of comparisons"] = run.T.and_(run.T.gt(x, 0), run.T.lt(y, 5))
    return made


def divisions(run):
    T = run.T
    i, j = run.input("ivector", [-7, 7, 8]), run.input("ivector", [2, 2, 3])
    x, y = run.input("vector", [-7.5, 7.5, 8.0]), run.input("vector", [2.0, -2.0, 3.0])
    return {
        "/": i / j, "//": i // j, "%": i % j, "mod": T.mod(i, j), "int_div": T.int_div(i, j),
        "floor_div": T.floor_div(i, j), "true_div": T.true_div(i, j), "// floats": x // y, "% floats": x % y,
        "divmod": lambda: divmod(i, j)[1], "i / 2": i / 2, "1 / x": 1 / x, "7 // j": 7 // j, "7 % j": 7 % j,
        "ceil_intdiv": lambda: T.ceil_intdiv(i, j), "mod_check": lambda: T.mod_check(i, j),
    }  # fmt: skip


def choices(run):
    T = run.T
    x, c = run.input("vector", [-1.0, 0.0, 2.0]), run.input("bvector", [1, 0, 1])
    return {
        "switch": T.switch(x > 0, x, 2 * x), "where": T.where(x > 0, x, -x), "switch c": T.switch(c, x, 0),
        "d switch": run.gradient(T.switch(x > 0, x, x * x), x), "clip": T.clip(x, -0.5, 1.0),
        "d clip": run.gradient(T.clip(x, -0.5, 1.0), x), "choose": lambda: T.choose(T.cast(c, "int64"), [x, x + 10]),
        "scalar condition": T.switch(T.constant(1), x, -x),
    }  # fmt: skip


def clip_at_bounds(run):
    x = run.input("vector", [-1.0, 0.5, 1.0])
    return {"d clip": run.gradient(run.T.clip(x, -1.0, 1.0), x)}


def rounding(run):
    T = run.T
    x = run.input("vector", [-2.5, -0.5, 0.5, 1.5, 2.4])
    return {
        "round": T.round(x), "half_away_from_zero": T.round(x, mode="half_away_from_zero"),
        "half_to_even": T.round(x, mode="half_to_even"), "iround": lambda: T.iround(x), "trunc": T.trunc(x),
        "ceil": T.ceil(x), "floor": T.floor(x), "method": lambda: x.round(),
        "d round": lambda: run.gradient(T.round(x) * x, x),
    }  # fmt: skip


def casts(run):
    T = run.T
    x = run.input("vector", [-1.5, 0.0, 2.7])
    made = {dtype: T.cast(x, dtype) for dtype in "int8 int16 int32 int64 float32 float64 floatX".split()}
    made.update({"astype": x.astype("int32"), "d cast": run.gradient(T.cast(x, "float64") ** 2, x)})
    made["to bool"] = lambda: T.cast(x, "bool")
    return made


def number_dtypes(run):
    """Python's numbers are as small as holds them, and floats never above floatX."""
    made = {}
    for kind in ("bvector", "wvector", "ivector", "lvector", "fvector", "dvector", "vector"):
        x = run.input(kind, [1, 2])
        made.update(
            {
                f"{kind} + 1": (x + 1).dtype,
                f"{kind} + 1000": (x + 1000).dtype,
                f"{kind} + 10**6": (x + 10**6).dtype,
                f"{kind} * 0.5": (x * 0.5).dtype,
                f"{kind} * 0.1": (x * 0.1).dtype,
                f"{kind} ** 2": (x**2).dtype,
                f"{kind} / 2": (x / 2).dtype,
                f"{kind} // 2": (x // 2).dtype,
                f"{kind} * np.float64": (x * np.float64(0.1)).dtype,
                f"{kind} * np.float32": (x * np.float32(0.1)).dtype,
                f"{kind} * np.int8": (x * np.int8(3)).dtype,
                f"{kind} * array": (x * np.ones(2)).dtype,
            }
        )
    return made


def variable_dtypes(run):
    """Integers of 32 bits and more with float32 give float64."""
    kinds = ("bvector", "wvector", "ivector", "lvector", "fvector", "dvector")
    xs = {kind: run.input(kind, [1, 2]) for kind in kinds}
    made = {}
    for a in kinds:
        for b in kinds:
            made[f"{a} * {b}"] = (xs[a] * xs[b]).dtype
            made[f"{a} / {b}"] = (xs[a] / xs[b]).dtype
    f = xs["fvector"]
    made["float32 * bool"] = (f * (f > 0)).dtype
    made["bool + bool"] = ((f > 0) + (f > 1)).dtype
    made["bool * 1.0"] = ((f > 0) * 1.0).dtype
    made["float32 mean by size"] = (f.sum() / f.shape[0]).dtype
    made["float32 / size"] = (f / f.shape[0]).dtype
    made["1 - bool"] = (1 - run.T.eq(f, 0)).dtype
    made["1.0 - bool"] = (1.0 - run.T.eq(f, 0)).dtype
    made["switch of numbers"] = run.T.switch(f > 0, 1.0, 0.0).dtype
    made["switch of integers"] = run.T.switch(f > 0, 1, 0).dtype
    return made


def constants_meet_variables(run):
    T = run.T
    f, d = run.input("fvector", [1, 2]), run.input("dvector", [1, 2])
    return {
        "float32 * constant(0.1)": (f * T.constant(0.1)).dtype, "float32 * constant(0.5)": (f * T.constant(0.5)).dtype,
        "float64 * constant(0.5)": (d * T.constant(0.5)).dtype, "constant - 0.95": (T.constant(1) - 0.95).dtype,
        "float32 + constant(1)": (f + T.constant(1)).dtype, "float32 + constant(10**6)": (f + T.constant(10**6)).dtype,
    }  # fmt: skip


def numpy_functions(run):
    x = run.input("vector", [0.5, 1.5])
    return {
        "exp": np.exp(x), "sqrt": np.sqrt(x), "array * x": np.array([2.0, 3.0]) * x, "array - x": np.ones(2) - x,
        "array ** x": np.array([2.0, 3.0]) ** x, "tanh": np.tanh(x), "number * x": np.float64(2) * x,
    }  # fmt: skip


def operators(run):
    x, y = run.input("vector", [1.5, -2.0]), run.input("vector", [0.5, 4.0])
    return {
        "+": x + y, "-": x - y, "*": x * y, "/": x / y, "neg": -x, "abs": abs(x), "**": y**2, "2 **": 2**y,
        "3 - x": 3 - x, "x.dot": x.dot(y), "__dot__": run.T.dot(x, y), "pow 0.5": y**0.5, "pow -1": y**-1,
        "d pow": run.gradient(y**3, y), "d pow x": run.gradient(y**x, x),
    }  # fmt: skip


def ties(run):
    T = run.T
    x = run.input("vector", [0.0, 0.0])
    return {
        "abs": T.grad(abs(x).sum(), x), "relu": T.grad(T.nnet.relu(x).sum(), x),
        "maximum": T.grad(T.maximum(x, 0).sum(), x), "minimum": T.grad(T.minimum(x, 0).sum(), x),
        "max": T.grad(x.max(), x), "switch": T.grad(T.switch(x > 0, x, 0).sum(), x), "sgn": T.sgn(x),
        "maximum of two": T.grad(T.maximum(x, x * 1).sum(), x),
    }  # fmt: skip


def not_numbers(run):
    T = run.T
    x = run.input("vector", [-1.0, 0.0, 1.0])
    return {
        "log": T.log(x),
        "1 / x": 1 / x,
        "sqrt": T.sqrt(x),
        "0 / 0": x / (x * 0),
        "isnan": T.isnan(T.log(x)),
        "isinf": T.isinf(1 / x),
        "max of nan": T.max(T.log(x)),
    }


def stable(run):
    """What Theano's default mode kept finite."""
    T = run.T
    x, y = run.input("vector", [-800.0, -1.0, 0.0, 800.0]), run.input("vector", [0.0, 1.0, 0.5, 1.0])
    m = run.input("matrix", [[-800.0, 800.0], [1.0, 2.0]])
    k = run.input("ivector", [0, 1])
    p = T.nnet.sigmoid(x)
    picked = -T.mean(T.log(T.nnet.softmax(m))[T.arange(2), k])
    return {
        "log softmax": T.log(T.nnet.softmax(m)), "log sigmoid": T.log(p), "log 1 - sigmoid": T.log(1 - p),
        "log 1 + exp": T.log(1 + T.exp(x)), "softplus": T.nnet.softplus(x), "picked": picked,
        "crossentropy": T.nnet.binary_crossentropy(p, y), "d crossentropy":
        T.grad(T.nnet.binary_crossentropy(p, y).sum(), x), "d picked": T.grad(picked, m),
        "categorical": T.nnet.categorical_crossentropy(T.nnet.softmax(m), k),
        "d categorical": T.grad(T.nnet.categorical_crossentropy(T.nnet.softmax(m), k).sum(), m),
        "log1p": T.log1p(T.exp(x)),
    }  # fmt: skip


def complex_parts(run):
    x = run.input("vector", [0.5, 1.5])
    return {
        "conj": lambda: x.conj(),
        "real": lambda: x.real,
        "T.conj": lambda: run.T.conj(x),
        "T.real": lambda: run.T.real(x),
    }


def upcasts(run):
    upcast = run.theano.scalar.upcast
    return {
        "int8 float32": upcast("int8", "float32"),
        "int32 float32": upcast("int32", "float32"),
        "int8 int64": upcast("int8", "int64"),
        "bool int8": upcast("bool", "int8"),
    }
