"""Contractions: sums of products, declared by the index at which each factor is read.

Each factor has an indexing map over the same iterators: those of the value's axes, which are *parallel*, and those that
are summed over, which are *reduced* (the iterator types of MLIR's linalg dialect; einsum's letters)::

    @matmul.indexing_maps
    def matmul_maps(at, over, a, b):
        row, column, (k,) = at[0], at[1], over
        return (row, k), (k, column)

Where an iterator stands alone in two maps, the two axes have to be of one size: that is all there is to check.

Read next: counts.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ..errors import GraphTypeError, shown
from ..graph import Node
from .affine import Affine, affine
from .base import Formula, Size, Sizes
from .guards import Guard, equal
from .shaped import Structured

Maps = TypeVar("Maps", bound=Callable[..., Any])


class Contraction(Structured):
    """A sum of products of elements of its factors.

    Args:
        reduced: how many iterators are summed over; or a rule that tells it from the parameters of a node.
        factors: the arguments that are multiplied.
        added: an argument in the shape of the value to which the sum is added; None without.
    """

    def __init__(
        self,
        formula: Formula,
        *,
        reduced: int | Callable[..., int] = 1,
        factors: tuple[int, ...] = (0, 1),
        added: int | None = None,
        **declared: Any,
    ) -> None:
        self.reduced = reduced
        self.factors = factors
        self.added = added
        self.maps_rule: Callable[..., Any] | None = None
        super().__init__(formula, **declared)
        self.guards_rule = self._sizes_agree

    def lays_out(self, node: Node) -> bool:
        """True if windows of a factor are worth laying out as a matrix, since each is multiplied more than once."""
        return True

    def indexing_maps(self, rule: Maps) -> Maps:
        """Declare ``rule(at, over, *factors, **params)``: for each factor the index at which it is read.

        ``at`` are the iterators of the value's axes, ``over`` those that are summed over.
        """
        self.maps_rule = rule
        return rule

    def indices(self, node: Node, at: tuple[Any, ...], over: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        """The index of each factor of a node at iterators of any index space.

        Raises:
            GraphTypeError: if the op declares no maps, or the rule gives something else than an index for every axis
                of every factor.
        """
        if self.maps_rule is None:
            raise GraphTypeError(f"{self.name} declares no indexing maps; declare them by @{self.name}.indexing_maps")
        factors = [node.inputs[k] for k in self.factors]
        made = self.maps_rule(at, over, *factors, **node.params)
        ranks = [factor.ndim for factor in factors]
        if not isinstance(made, tuple) or [len(one) if isinstance(one, tuple) else None for one in made] != ranks:
            raise GraphTypeError(
                f"the indexing maps {self.maps_rule.__name__} of op {shown(self.name)} returned {shown(made)}; "
                f"expected one tuple a factor, of {' and '.join(map(str, ranks))} indices"
            )
        return made

    def summed_over(self, node: Node) -> int:
        """How many iterators of a node are summed over."""
        return self.reduced if isinstance(self.reduced, int) else self.reduced(**node.params)

    def maps(self, node: Node) -> list[tuple[Affine, ...]]:
        """The index of each factor of a node; iterators count the value's axes first, then those summed over."""
        iterators = [Affine({k: 1}, 0) for k in range(node.ndim + self.summed_over(node))]
        made = self.indices(node, tuple(iterators[: node.ndim]), tuple(iterators[node.ndim :]))
        return [tuple(map(affine, one)) for one in made]

    def iteration_space(self, node: Node, sizes: Sizes) -> tuple[Size | None, ...]:
        """To what the iterators count; None for one that stands alone in no map, so that nothing tells.

        Args:
            node: the contraction.
            sizes: gives the sizes of nodes.
        """
        found: dict[int | None, Size] = dict(enumerate(sizes(node)))
        for k, one in zip(self.factors, self.maps(node), strict=True):
            for size, index in zip(sizes(node.inputs[k]), one, strict=True):
                found.setdefault(index.bare, size)
        return tuple(found.get(k) for k in range(node.ndim + self.summed_over(node)))

    def _sizes_agree(self, sizes: Sizes, y: Node, *inputs: Node, **params: Any) -> Iterator[Guard]:
        found: dict[int, Size] = {}
        operands: list[tuple[Sequence[Size], Sequence[int | None]]] = []
        if self.added is not None:
            operands.append((sizes(inputs[self.added]), range(y.ndim)))
        for k, one in zip(self.factors, self.maps(y), strict=True):
            operands.append((sizes(inputs[k]), [index.bare for index in one]))
        for own, iterators in operands:
            for size, iterator in zip(own, iterators, strict=True):
                if iterator is not None:
                    first = found.setdefault(iterator, size)
                    yield equal(first, size)
