"""How exact and how fast the native functions are: a table in Markdown.

    python -m tests.benchmarks.ulp                        # about a minute
    python -m tests.benchmarks.ulp --step 97 --only exp   # 44 million float32 values instead of 1 million

Error: the largest distance from the exact result in ulps, over bit patterns of the whole range for
float32 (against NumPy and scipy in float64), over random values for float64 (against NumPy's long
double, where that has more digits). ndtri has its relative error, in units of 2**-24 and 2**-53.

Time: nanoseconds per element of a call on 64 Ki elements by one thread, medians of calls made in
turns; "copy" is what moving the elements costs, call included. NumPy's, or scipy's, function is beside.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import scipy.special

import symdrop as sd
import symdrop.tensor as T

# The tests of the same functions say what is measured.
from tests.ops.test_maths import FLOAT32, FLOAT64, HARD, LEVELS, bit_patterns, power, softplus, ulps32

SIZE = 65_536
POSITIVE = {"log", "log2", "log10", "log1p", "sqrt", "rsqrt", "power"}
LONG = {**{name: exact for name, (_, exact) in FLOAT32.items()}, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
MORE_DIGITS = np.finfo(np.longdouble).nmant >= 63


def compiled(
    expression: Callable[..., object], dtype: str, level: str, arguments: int = 1
) -> Callable[..., np.ndarray]:
    variables = [T.tensor(dtype=dtype, shape=(None,)) for _ in range(arguments)]
    with sd.config.change(target=level):
        return sd.function(variables, expression(*variables), backend="native")


def float32_values(step: int) -> Iterator[np.ndarray]:
    """Bit patterns in portions that fit a cache."""
    every = bit_patterns(step)
    yield from np.array_split(every, 1 + len(every) // 2**20)


def float64_values(name: str) -> Iterator[np.ndarray]:
    """Random values of every size, and more where the function is interesting."""
    _, _, low, high = FLOAT64[name]
    rng = np.random.default_rng(0)
    for _ in range(4):
        anything = rng.integers(0, 2**64, 100_000, dtype=np.uint64).view(np.float64)
        near = HARD * (1 + 1e-3 * rng.standard_normal((2000, len(HARD))))
        x = np.concatenate(
            [anything, rng.uniform(low, high, 100_000), rng.uniform(-2, 2, 100_000), near.ravel(), -near.ravel()]
        )
        # Reductions of larger arguments are the C library's; those of long double are not exact.
        yield x[np.abs(x) < 1e5] if name in ("sin", "cos") else x


def ulps_long(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """The distance of float64 results from long doubles."""
    exponent = np.frexp(np.where(np.isfinite(exact), exact, 0))[1] - 1
    ulp = np.ldexp(np.longdouble(1), np.clip(exponent, -1022, 1023) - 52)
    beyond = np.ldexp(np.longdouble(1), 1024)
    error = np.abs(np.clip(got.astype(np.longdouble), -beyond, beyond) - np.clip(exact, -beyond, beyond)) / ulp
    return np.where(np.isnan(got) & np.isnan(exact), 0, np.where(np.isnan(error), np.inf, error))


def error32(name: str, level: str, step: int) -> float:
    expression, exact = FLOAT32[name]
    f = compiled(expression, "float32", level)
    worst = 0.0
    for x in float32_values(step):
        if name == "sigmoid":
            # Below, the definition divides by infinity.
            x = x[~(x < -88)]
        worst = max(worst, ulps32(f(x), exact(x.astype(np.float64))).max(initial=0))
    return worst


def error64(name: str, level: str) -> float:
    f = compiled(FLOAT64[name][0], "float64", level)
    worst = 0.0
    for x in float64_values(name):
        if name == "sigmoid":
            x = x[~(x < -709)]
        worst = max(worst, float(ulps_long(f(x), LONG[name](x.astype(np.longdouble))).max()))
    return worst


def power_error(level: str) -> float:
    rng = np.random.default_rng(0)
    f, worst = compiled(power, "float32", level, 2), 0.0
    for portion in range(4):
        base = rng.integers(0, 0x7F800000, 10**6).astype(np.uint32).view(np.float32)
        if portion == 0:
            base = rng.uniform(0.5, 2, 10**6).astype(np.float32)
        exponent = (rng.uniform(-152, 130, 10**6) / np.log2(base.astype(np.float64))).astype(np.float32)
        exact = np.power(base.astype(np.float64), exponent.astype(np.float64))
        worst = max(worst, ulps32(f(base, exponent), exact).max())
    return worst


def ndtri_error(dtype: str, level: str) -> float:
    """The relative error; scipy's own is about 5 units of float64."""
    rng = np.random.default_rng(0)
    small = np.exp(-rng.uniform(0, 100 if dtype == "float32" else 740, 10**6))
    p = np.concatenate([small, rng.uniform(0.01, 0.99, 10**6)]).astype(dtype)
    exact = scipy.special.ndtri(p.astype(np.float64))
    keep = np.isfinite(exact) & (exact != 0)
    return float(
        np.max(np.abs(compiled(T.ndtri, dtype, level)(p)[keep] / exact[keep] - 1)) * 2 ** (1 + np.finfo(dtype).nmant)
    )


def errors(name: str, dtype: str, step: int) -> list[float | None]:
    if name == "ndtri":
        return [ndtri_error(dtype, level) for level in LEVELS]
    if dtype == "float32":
        return [power_error(level) if name == "power" else error32(name, level, step) for level in LEVELS]
    if name not in FLOAT64 or not MORE_DIGITS:
        return [None] * len(LEVELS)
    return [error64(name, level) for level in LEVELS]


def times(contestants: list[Callable[[], object]], rounds: int = 60) -> list[float]:
    """Nanoseconds per element of each, called in turns."""
    taken: list[list[float]] = [[] for _ in contestants]
    for _ in range(rounds):
        for contestant, own in zip(contestants, taken, strict=True):
            start = time.perf_counter()
            contestant()
            own.append(time.perf_counter() - start)
    return [statistics.median(own) * 1e9 / SIZE for own in taken]


def arguments(name: str, dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    low, high = (0.01, 0.99) if name == "ndtri" else (0.1, 9) if name in POSITIVE else (-5, 5)
    return [rng.uniform(low, high, SIZE).astype(dtype) for _ in range(2 if name == "power" else 1)]


def native(name: str) -> Callable[..., object]:
    special = {"copy": T.identity, "ndtri": T.ndtri, "power": power}
    return special[name] if name in special else FLOAT32[name][0]


def reference(name: str) -> Callable[..., np.ndarray]:
    special = {"copy": np.copy, "ndtri": scipy.special.ndtri, "power": np.power, "softplus": softplus}
    return special[name] if name in special else FLOAT32[name][1]


def row(name: str, dtype: str, step: int) -> str:
    values = arguments(name, dtype)
    functions = [compiled(native(name), dtype, level, len(values)) for level in LEVELS] + [reference(name)]
    spent = times([lambda f=f: f(*values) for f in functions])
    found = [None] * len(LEVELS) if name == "copy" else errors(name, dtype, step)
    cells = [
        name,
        dtype,
        *("" if error is None else f"{error:.2f}" for error in found),
        *(f"{time:.2f}" for time in spent),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="errors and times of the native functions, as a table in Markdown")
    parser.add_argument("--step", type=int, default=3989, help="measure every STEP-th float32")
    parser.add_argument("--only", default="", help="names of functions, separated by commas")
    options = parser.parse_args()
    names = ["copy", *FLOAT32, "power", "ndtri"]
    chosen = options.only.split(",") if options.only else names
    sd.config.threads = 1
    np.seterr(all="ignore")
    heads = [
        "function",
        "dtype",
        *(f"ulp {level}" for level in LEVELS),
        *(f"ns {level}" for level in LEVELS),
        "ns NumPy",
    ]
    print(f"| {' | '.join(heads)} |\n|---|---|{'--:|' * (len(heads) - 2)}")
    for dtype in ("float32", "float64"):
        for name in names:
            if name in chosen:
                print(row(name, dtype, options.step), flush=True)


if __name__ == "__main__":
    main()
