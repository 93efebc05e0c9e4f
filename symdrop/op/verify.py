"""The IR verifier: after every stage each node has the type that its op infers, and a rewrite keeps types.

Two checks, made wherever a graph is changed:

* ``check_replacement``: a node that takes the place of another has its dtype, its rank, and every size that was known
  of it. More may become known, nothing else may change.
* ``Verifier``: every node of a stage is what its op makes of its inputs, in dtype, rank and known sizes, the nodes of
  loops' and branches' bodies included, and these list every input once. Nodes are immutable, so that a node that passed
  once is not looked at again.

LLVM and MLIR verify their IR between passes in the same way. A failure is a fault of a rule or a stage, never of the
user's program, and says so.

Read next: sizes.py
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SymdropError, VerificationError
from ..graph import Graph, Node, describe
from ..types import TensorType, TupleType
from .base import Op
from .shaped import bodies


def check_replacement(new: Node, old: Node, by: str) -> None:
    """Refuse a node of another type than that of the node whose place it takes.

    Args:
        new, old: the nodes.
        by: the rule or stage that made the new one, for the error.

    Raises:
        VerificationError: naming the rule or stage, both types, and the user's line.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x", shape=(None,))
        >>> check_replacement(T.specify_shape(x, (3,)), x, "rule learns_more")
    """
    difference = "" if new.type is old.type else _difference(new.type, old.type, _keeps)
    if difference:
        raise VerificationError(f"{by} changed the type of {describe(old)} to {new.type}: its {difference}. {_FAULT}")


_FAULT = "This is a fault of the compiler, not of the program; please report it"


def _difference(
    new: TensorType | TupleType, old: TensorType | TupleType, agree: Callable[[int | None, int | None], bool]
) -> str:
    """The first thing in which two types differ, or "" if they do not; ``agree`` compares two sizes of an axis."""
    if isinstance(new, TupleType) or isinstance(old, TupleType):
        if not (isinstance(new, TupleType) and isinstance(old, TupleType) and len(new.items) == len(old.items)):
            return "number of values"
        return next(filter(None, (_difference(a, b, agree) for a, b in zip(new.items, old.items, strict=True))), "")
    if new.dtype != old.dtype:
        return "dtype"
    if len(new.shape) != len(old.shape):
        return "rank"
    pairs = enumerate(zip(new.shape, old.shape, strict=True))
    return next((f"size along axis {axis}" for axis, (a, b) in pairs if not agree(a, b)), "")


def _keeps(new: int | None, old: int | None) -> bool:
    """True if what was known of a size is still known."""
    return old is None or new == old


def _is_possible(declared: int | None, inferred: int | None) -> bool:
    """True if two sizes do not contradict each other."""
    return None in (declared, inferred) or declared == inferred


class Verifier:
    """One verification of all stages of a compilation.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.matrix("x")
        >>> Verifier()(Graph([x], [T.exp(x).sum()]), "user")
    """

    def __init__(self) -> None:
        self._passed: set[Node] = set()

    def trust(self, graph: Graph) -> None:
        """Take the nodes of a graph for verified: what users and pullbacks build is inferred as it is made."""
        self._passed.update(graph.nodes())

    def __call__(self, graph: Graph, stage: str) -> None:
        """Check every node of a graph.

        Raises:
            VerificationError: naming the stage, the node, both types, and the user's line.
        """
        pending = [graph]
        while pending:
            for node in pending.pop().nodes():
                if node not in self._passed:
                    self._passed.add(node)
                    if node.inputs:
                        _check_inference(node, stage)
                    for body in bodies(node).values():
                        _check_inputs(body, node, stage)
                        pending.append(body)


def _check_inputs(body: Graph, node: Node, stage: str) -> None:
    """Refuse a body that would be given two values for one input."""
    if len(set(body.inputs)) < len(body.inputs):
        raise VerificationError(f"stage {stage!r} holds {describe(node)}, whose body lists an input twice. {_FAULT}")


def _check_inference(node: Node, stage: str) -> None:
    assert isinstance(node.op, Op)
    try:
        inferred = node.op.infer_type(node.inputs, node.params)
    except SymdropError as error:
        text = f"stage {stage!r} holds a node that cannot be, {describe(node)}: {error}. {_FAULT}"
        raise VerificationError(text) from error
    difference = _difference(node.type, inferred, _is_possible)
    if difference:
        raise VerificationError(
            f"stage {stage!r} holds {describe(node)}, where its op gives {inferred}: another {difference}. {_FAULT}"
        )
