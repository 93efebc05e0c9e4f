"""Dtypes of results in Theano 1.0.5: all pairs of dtypes, numbers and functions, for both values of floatX.

Run with Theano 1.0.5 on Python 3.8, in this folder::

    python dtypes_by_theano.py > dtypes.json

The same functions are run by test_dtypes.py.

Read next: test_dtypes.py
"""

import json

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
SHORT = dict(zip(DTYPES, "b8 i1 i2 i4 i8 u1 u2 u4 u8 f4 f8".split()))  # noqa: B905
NUMBERS = [1, -1, 200, 40000, 2**40, 0.0, 0.5, -1.5, 0.1, 1e300]


def of_two(T):
    """Functions of two operands."""
    return {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "true_div": lambda a, b: a / b,
        "floor_div": lambda a, b: a // b,
        "mod": lambda a, b: a % b,
        "power": lambda a, b: a**b,
        "maximum": T.maximum,
        "switch": lambda a, b: T.switch(T.gt(a, 0), a, b),
        "arctan2": T.arctan2,
        "dot": T.dot,
        "join": lambda a, b: T.join(0, a, b),
        "clip": lambda a, b: T.clip(a, b, b),
    }


OF_NUMBERS = "add sub mul true_div floor_div mod power switch maximum".split()


def of_one(T):
    """Functions of one operand."""
    return {
        "exp": T.exp, "sqr": T.sqr, "floor": T.floor, "sum": T.sum, "prod": T.prod, "mean": T.mean, "max": T.max,
        "argmax": T.argmax, "std": T.std, "cumsum": T.cumsum, "eq": lambda a: T.eq(a, a), "zeros_like": T.zeros_like,
        "abs": abs, "arange": lambda a: T.arange(a[0]), "inv": T.inv, "sqrt": T.sqrt, "norm": lambda a: a.norm(2),
        "size": lambda a: a * a.shape[0], "mean by hand": lambda a: a.sum() / a.shape[0],
    }  # fmt: skip


def table(T):
    """The dtype of every result; "--" where Theano refuses."""
    vectors = {dtype: T.TensorType(dtype, (False,))() for dtype in DTYPES}

    def made(function, *operands):
        try:
            return SHORT[function(*operands).dtype]
        except TypeError:
            return "--"

    return {
        "of two": {
            name: [" ".join(made(function, vectors[a], vectors[b]) for b in DTYPES) for a in DTYPES]
            for name, function in of_two(T).items()
        },
        "of numbers": {
            name: [" ".join(made(of_two(T)[name], vectors[a], number) for number in NUMBERS) for a in DTYPES]
            for name in OF_NUMBERS
        },
        "of one": {name: " ".join(made(function, vectors[a]) for a in DTYPES) for name, function in of_one(T).items()},
    }


if __name__ == "__main__":
    import theano
    import theano.tensor

    tables = {}
    for floatX in ("float64", "float32"):
        theano.config.floatX = floatX
        tables[floatX] = table(theano.tensor)
    print(json.dumps(tables, indent=1))
