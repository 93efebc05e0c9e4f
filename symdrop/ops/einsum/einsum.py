"""Einsum of two operands: a contraction whose indexing maps are letters.

    c[i, k] = sum over j of a[i, j] * b[j, k]      is      "ij,jk->ik"

Every letter stands in two or three of the two operands and the value: what one operand alone has is summed before, and
a diagonal is taken before (tensor/summation.py). So operands and value may exchange their roles: the pullback by an
operand is the einsum of the cotangent and the other operand that has the first one's letters.

Source: A. Einstein, "Die Grundlage der allgemeinen Relativitaetstheorie", Annalen der Physik 49, 1916; the letters are
those of NumPy's einsum.

Read next: ../convolution/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from ...errors import GraphTypeError, ShapeError, shown
from ...graph import Node
from ...op import Batched, BatchedResult, Contraction, Size, Sizes, Style, Text, convert
from ...types import TensorType, promote

Index = tuple[Any, ...]


def letters_of(subscripts: str) -> tuple[str, str, str]:
    """The letters of both operands and of the value.

    Raises:
        GraphTypeError: unless they are as the module says.
    """
    operands, arrow, value = subscripts.partition("->")
    a, comma, b = operands.partition(",")
    found = a, b, value
    counts = [sum(letter in one for one in found) for letter in {*a, *b, *value}]
    if not arrow or not comma or any(len(set(one)) < len(one) for one in found) or 1 in counts:
        raise GraphTypeError(
            f"subscripts {shown(subscripts)}: expected those of two operands and of the value, 'ij,jk->ik', every "
            "letter once in two of the three at least"
        )
    return found


def summed_letters(subscripts: str) -> str:
    """The letters that the value does not have."""
    a, _, value = letters_of(subscripts)
    return "".join(letter for letter in a if letter not in value)


class Einsum(Contraction):
    """An op on two operands that are brought to one dtype."""

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        dtype = promote(node.type for node in inputs)
        return [convert(node, dtype) for node in inputs]


def _einsum(m: Any, a: Any, b: Any, *, subscripts: str) -> Any:
    """The sum of products of two operands over the letters that the value does not have."""
    _sizes(subscripts, a.shape, b.shape)
    return m.einsum(subscripts, a, b, optimize=True)


def _reduced(*, subscripts: str, **params: Any) -> int:
    return len(summed_letters(subscripts))


einsum = Einsum(_einsum, name="einsum", reduced=_reduced, linear_in=(0, 1))


def _sizes(subscripts: str, *shapes: Sequence[Any]) -> dict[str, Any]:
    """The size of every letter, None where it is not known.

    Raises:
        ShapeError: if a letter has two sizes.
    """
    found: dict[str, Any] = {}
    for letters, shape in zip(letters_of(subscripts), shapes, strict=False):
        for letter, size in zip(letters, shape, strict=True):
            first = found.get(letter)
            if None not in (first, size) and first != size:
                raise ShapeError(
                    f"{shown(subscripts)}: letter {letter} has size {first} in one operand, {size} in the other"
                )
            found[letter] = size if first is None else first
    return found


@einsum.infer
def einsum_type(a: Node, b: Node, *, subscripts: str) -> TensorType:
    *operands, value = letters_of(subscripts)
    if [len(letters) for letters in operands] != [a.ndim, b.ndim]:
        raise GraphTypeError(f"{shown(subscripts)} does not name the axes of {a.type} and {b.type}")
    sizes = _sizes(subscripts, a.type.shape, b.type.shape)
    return TensorType(a.dtype, tuple(sizes[letter] for letter in value))


@einsum.sizes
def einsum_sizes(sizes: Sizes, a: Node, b: Node, *, subscripts: str) -> Sequence[Size | None]:
    first, second, value = letters_of(subscripts)
    found = {**dict(zip(second, sizes(b), strict=True)), **dict(zip(first, sizes(a), strict=True))}
    return [found[letter] for letter in value]


@einsum.indexing_maps
def einsum_maps(at: Index, over: Index, a: Node, b: Node, *, subscripts: str) -> tuple[Index, Index]:
    first, second, value = letters_of(subscripts)
    index = dict(zip((*value, *summed_letters(subscripts)), (*at, *over), strict=True))
    return tuple(index[letter] for letter in first), tuple(index[letter] for letter in second)


@einsum.notation
def einsum_notation(style: Style, node: Any, a: Text, b: Text) -> Text:
    return style.call("einsum", [Text(shown(node.params["subscripts"])), a, b], {})


@einsum.pullback
def einsum_pullback(g: Any, y: Node, a: Node, b: Node, *, subscripts: str) -> Any:
    first, second, value = letters_of(subscripts)
    return (
        einsum(g, b, subscripts=f"{value},{second}->{first}"),
        einsum(g, a, subscripts=f"{value},{first}->{second}"),
    )


# A rule of its own: one letter more, and it is an einsum still.
@einsum.batching
def einsum_batching(rows: Node, y: Node, a: Batched, b: Batched, *, subscripts: str) -> BatchedResult:
    first, second, value = letters_of(subscripts)
    letter = next(letter for letter in ascii_letters if letter not in subscripts)
    one, other = (letter * x.batched + letters for x, letters in ((a, first), (b, second)))
    return einsum(a.value, b.value, subscripts=f"{one},{other}->{letter}{value}")


@einsum.samples
def einsum_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    sizes = dict(zip("bijkl", (2, 3, 2, 4, 3), strict=True))
    for subscripts in (
        "ij,jk->ik", "bij,bkj->bik", "ij,ij->", "i,j->ij", "bij,bj->bi", "bij,lbj->li", "ij,ij->ji", ",i->i",
        "ijk,kjl->li",
    ):  # fmt: skip
        shapes = (tuple(sizes[letter] for letter in letters) for letters in letters_of(subscripts)[:2])
        yield tuple(rng.uniform(-2, 2, shape).astype(dtype) for shape in shapes), {"subscripts": subscripts}
    yield (np.zeros((2, 0), dtype), np.zeros((0, 3), dtype)), {"subscripts": "ij,jk->ik"}
