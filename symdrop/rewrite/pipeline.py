"""The pass pipeline: all rules in the order in which they are tried, in one place.

At every node, inputs first, the first rule that applies fires, and what it leaves is
looked at again. Stability comes first, so that it sees the user's formula. Graphs with
loops go on from there: work moves out of the loops, and the rules take up what that
leaves, until nothing changes. Branches are made lazy at the very end.

Read next: ../autodiff/__init__.py
"""

from __future__ import annotations

from ..graph import Graph
from .core.cse import merge
from .core.refinement import refuse_certain
from .core.rule import Firing, RuleSet
from .core.subgraphs import has_control
from .engine import rewrite
from .rules.algebra import ALGEBRA, identity_of
from .rules.conditionals import CHOICES
from .rules.constant_folding import FOLD
from .rules.shapes import SHAPES
from .rules.sparse_updates import SCATTERED
from .rules.structural_zeros import ZEROS
from .rules.subgraph_constants import BODIES
from .scan.code_motion import MOTION
from .scan.dead_code import PRUNE
from .scan.horizontal_fusion import fuse_horizontally
from .scan.lazy_conditionals import lazy_branches
from .scan.merge_duplicates import merge_duplicate_scans
from .scan.parts import change_loops
from .scan.push_out_reductions import SUMS
from .stability.numerical_stability import STABLE

# What moved out of a loop may be simplified, and then more may move.
_MOST_ROUNDS = 4

LOOPS = (*PRUNE, *MOTION, *SUMS)

# The user's formulas as they are, before anything is computed from constants.
STABILITY = RuleSet((identity_of, *STABLE), sinking=STABLE)

PIPELINE = RuleSet((*STABLE, *ZEROS, *FOLD, *ALGEBRA, *SCATTERED, *SHAPES, *BODIES, *CHOICES), sinking=STABLE)


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
    stable, firings = rewrite(graph, STABILITY)
    stable, united = merge_duplicate_scans(stable)
    rewritten, more = rewrite(stable, PIPELINE)
    firings += united + more
    rewritten = merge(rewritten)
    if has_control(rewritten):
        rewritten = _with_loops(rewritten, firings)
    rewritten, lazy = lazy_branches(rewritten)
    firings += lazy
    refuse_certain(rewritten)
    return rewritten, firings


def _with_loops(graph: Graph, log: list[Firing]) -> Graph:
    """A graph whose loops do only what only they can do, once; the firings are added to the log."""
    graph, joined = fuse_horizontally(graph)
    log += joined
    for _ in range(_MOST_ROUNDS):
        graph, changed = change_loops(graph, LOOPS)
        if not changed:
            break
        graph, more = rewrite(graph, PIPELINE)
        graph = merge(graph)
        log += changed + more
    return graph
