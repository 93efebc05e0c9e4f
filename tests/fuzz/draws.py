"""Draws and dropout: the masks are computed anew from the contract in docs/randomness.md.

A mask is a pure function of seed, site, step, loop indices and index, so the oracle needs
no help from symdrop to know it. Sites are named, so that leaving a draw out moves no other.

Read next: branches.py
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from .forms import Form, form
from .oracle import Context
from .program import Array, Step

if TYPE_CHECKING:
    from .grow import Grower

# Two streams; the seed of the second is the next one.
STREAMS = ("stream", "stream", "other")
WORD = np.uint64(0xFFFFFFFF)


def threefry(key: tuple[int, int], high: int, low: Array) -> tuple[Array, Array]:
    """The two words that a key makes of the counters ``(high, low)``: Threefry-2x32, 20 rounds, on words held as 64."""
    keys = [np.uint64(word) for word in (*key, key[0] ^ key[1] ^ 0x1BD11BDA)]
    x = (np.full(low.shape, high, np.uint64) + keys[0]) & WORD
    y = (low.astype(np.uint64) + keys[1]) & WORD
    for r in range(1, 21):
        turn = (13, 15, 26, 6, 17, 29, 16, 24)[(r - 1) % 8]
        x = (x + y) & WORD
        y = (((y << np.uint64(turn)) | (y >> np.uint64(32 - turn))) & WORD) ^ x
        if r % 4 == 0:
            x = (x + keys[r // 4 % 3]) & WORD
            y = (y + keys[(r // 4 + 1) % 3] + np.uint64(r // 4)) & WORD
    return x, y


def folded(key: tuple[int, int], high: int, low: int) -> tuple[int, int]:
    """The key with two words of data folded in."""
    x, y = threefry(key, high, np.asarray(low))
    return int(x), int(y)


def words(context: Context, site: str, shape: Sequence[int], bits: int) -> Array:
    """The word of every element of a draw."""
    return _words(context.seed, context.step, context.loops, site, tuple(shape), bits)


@lru_cache(1000)
def _words(seed: int, step: int, loops: tuple[int, ...], site: str, shape: tuple[int, ...], bits: int) -> Array:
    digest = int.from_bytes(hashlib.blake2b(site.encode(), digest_size=8).digest(), "big") | 1 << 63
    key = folded((seed >> 32, seed & 0xFFFFFFFF), digest >> 32, digest & 0xFFFFFFFF)
    for index in loops:
        key = folded(key, 0, index)
    count = int(np.prod(shape))
    blocks = threefry(key, step, np.arange(count if bits == 64 else (count + 1) // 2))
    if bits == 64:
        return ((blocks[0] << np.uint64(32)) | blocks[1]).reshape(shape)
    return np.stack(blocks, axis=1).reshape(-1)[:count].reshape(shape)


def of_stream(context: Context, stream: str) -> Context:
    """The context with the seed of a stream."""
    return replace(context, seed=context.seed + STREAMS.index(stream) // 2)


def event(context: Context, site: str, shape: Sequence[int], p: float) -> Array:
    """A Bernoulli draw."""
    rounded = np.float32(p)
    return (words(context, site, shape, 32) < np.uint64(np.floor(float(rounded) * 2.0**32))) | bool(rounded >= 1)


@form
class Dropout(Form):
    """Dropout in training, in both modes, with masks of its own or shared along axes."""

    weight = 2
    contextual = True

    def propose(self, g: Grower) -> Step | None:
        i = g.floats()
        if i is None:
            return None
        shared = g.axis(i) if g.ndim(i) and g.chance(0.25) else None
        p = g.pick((0.5, 0.5, 0.2, 0.9, 1.0, 0.0))
        mode, stream = g.pick(("inverted", "scale")), g.pick(STREAMS)
        return self.step(i, p=p, mode=mode, shared=shared, site=g.new_site(), stream=stream)

    def text(self, names: Sequence[str], *, p: float, mode: str, shared: int | None, site: str, stream: str) -> str:
        more = "" if shared is None else f", shared_axes={shared}"
        return f"sd.dropout({names[0]}, p={p}, stream={stream}, mode={mode!r}, site={site!r}{more})"

    def reference(
        self, m: Any, x: Any, *, context: Context, p: float, mode: str, shared: int | None, site: str, stream: str
    ) -> Any:
        context = of_stream(context, stream)
        if not context.training:
            return x * (1 - p) if mode == "scale" else x
        shape = list(x.shape)
        if shared is not None:
            shape[shared] = 1
        drop = event(context, site, shape, p)
        scale = 1 / (1 - p) if mode == "inverted" and p < 1 else 1.0
        return m.where(drop, 0.0, x * scale)


@form
class Draw(Form):
    """A draw of the shape of a value."""

    weight = 1.5
    contextual = True

    def propose(self, g: Grower) -> Step | None:
        i = g.any(lambda i: g.values[i].size < 2000)
        if i is None:
            return None
        kind = g.pick(("bernoulli", "uniform", "uniform64", "normal", "integers", "permutation"))
        if kind == "permutation" and not g.ndim(i):
            return None
        return self.step(i, kind=kind, p=g.pick((0.0, 0.3, 0.5, 1.0)), site=g.new_site(), stream=g.pick(STREAMS))

    def text(self, names: Sequence[str], *, kind: str, p: float, site: str, stream: str) -> str:
        size = f"size={names[0]}.shape, site={site!r}"
        return {
            "bernoulli": f"stream.bernoulli(p={p}, {size}, dtype='float32')",
            "uniform": f"stream.uniform(low=-1.0, high=1.0, {size}, dtype='float32')",
            "uniform64": f"stream.uniform({size}, dtype='float64')",
            "normal": f"stream.normal(mean=0.5, std=2.0, {size}, dtype='float32')",
            "integers": f"stream.integers(low=-2, high=5, {size})",
            "permutation": f"stream.permutation(x={names[0]}, site={site!r})",
        }[kind].replace("stream", stream, 1)

    def reference(self, m: Any, x: Any, *, context: Context, kind: str, p: float, site: str, stream: str) -> Any:
        context = of_stream(context, stream)
        if kind == "permutation":
            return x[np.argsort(words(context, site, x.shape[:1], 64), kind="stable")]
        if kind == "bernoulli":
            return m.asarray(event(context, site, x.shape, p)) * 1.0
        if kind == "integers":
            return m.asarray(-2 + (words(context, site, x.shape, 64) % np.uint64(7)).astype("int64"))
        if kind == "uniform64":
            return m.asarray((words(context, site, x.shape, 64) >> np.uint64(11)).astype("float64") * 2.0**-53)
        whole = (words(context, site, x.shape, 32) >> np.uint64(8)).astype("float64")
        if kind == "normal":
            return m.asarray(0.5 + 2.0 * special.ndtri((whole + 0.5) * 2.0**-24))
        return m.asarray(-1.0 + 2.0 * whole * 2.0**-24)

    def features(self, params: dict[str, Any]) -> list[str]:
        return [f"Draw {params['kind']}"]
