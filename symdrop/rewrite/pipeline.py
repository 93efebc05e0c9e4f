"""The rules in the order in which they are tried, all in one place.

At every node, inputs first, the first rule that applies fires, and what it leaves is
looked at again. Stability comes first, so that it sees the user's formula.

Read next: products.py
"""

from __future__ import annotations

from ..graph import Graph
from .algebra import ALGEBRA
from .bodies import BODIES
from .engine import rewrite
from .fold import FOLD
from .merge import merge
from .rule import Firing, RuleSet
from .scattered import SCATTERED
from .shapes import SHAPES
from .stable import STABLE
from .zeros import ZEROS

PIPELINE = RuleSet((*STABLE, *ZEROS, *FOLD, *ALGEBRA, *SCATTERED, *SHAPES, *BODIES))


def optimise(graph: Graph) -> tuple[Graph, list[Firing]]:
    """A graph of equal value with the rules of ``PIPELINE`` applied until none fires.

    Example:
        >>> import symdrop.tensor as T
        >>> from symdrop.graph import Graph
        >>> x = T.vector("x")
        >>> graph, firings = optimise(Graph([x], [T.log(T.exp(x)) * 1]))
        >>> graph.outputs[0] is x, [firing.rule for firing in firings]
        (True, ['log_of_exp', 'times_one'])
    """
    rewritten, firings = rewrite(graph, PIPELINE)
    return merge(rewritten), firings
