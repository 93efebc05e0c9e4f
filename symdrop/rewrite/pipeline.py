"""The pass pipeline: all rewrite rules and loop passes in the order in which they are tried, in one place.

At every node, inputs first, the first rule that applies fires, and what it leaves is
looked at again. Stability comes first, so that it sees the user's formula. Graphs with
loops go on from there: work moves out of the loops, and the rules take up what that
leaves, until nothing changes. Branches are made lazy at the very end.

Read next: ../autodiff/__init__.py
"""

from __future__ import annotations

from ..graph import Graph
from .callback_order import order_callbacks
from .core.refinement import raise_certain_errors
from .core.rewrite_rule import Firing, RewriteRuleSet
from .core.subgraphs import has_control
from .engine import rewrite
from .recomputation import order_recomputations
from .rules.algebra import ALGEBRA, identity_of
from .rules.conditionals import CONDITIONALS
from .rules.constant_folding import CONSTANT_FOLDING
from .rules.declared import DECLARED
from .rules.joins import JOINS
from .rules.masks import MASKS
from .rules.shapes import SHAPES
from .rules.sparse_updates import SPARSE_UPDATES
from .rules.structural_zeros import STRUCTURAL_ZEROS
from .rules.subgraph_constants import SUBGRAPH_CONSTANTS
from .scan.code_motion import CODE_MOTION
from .scan.dead_code import DEAD_CODE
from .scan.horizontal_fusion import fuse_horizontally
from .scan.lazy_conditionals import lazy_branches
from .scan.merge_duplicates import merge_duplicate_scans
from .scan.parts import run_loop_passes
from .scan.push_out_reductions import PUSH_OUT_REDUCTIONS
from .stability.numerical_stability import STABLE

# What moved out of a loop may be simplified, and then more may move.
_MOST_ROUNDS = 4

LOOP_PASSES = (*DEAD_CODE, *CODE_MOTION, *PUSH_OUT_REDUCTIONS)

# The user's formulas as they are, before anything is computed from constants.
STABILITY = RewriteRuleSet((identity_of, *STABLE), sinking=STABLE)

PIPELINE = RewriteRuleSet(
    (
        *STABLE,
        *STRUCTURAL_ZEROS,
        *CONSTANT_FOLDING,
        *ALGEBRA,
        *SPARSE_UPDATES,
        *MASKS,
        *DECLARED,
        *SHAPES,
        *SUBGRAPH_CONSTANTS,
        *CONDITIONALS,
    ),
    sinking=STABLE,
)

# Of what no rule above has found another use for.
LATE = RewriteRuleSet(JOINS)


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
    sunk = set(stable.nodes())
    stable, united = merge_duplicate_scans(stable)
    rewritten, more = rewrite(stable, PIPELINE, sunk=sunk)
    firings += united + more
    if has_control(rewritten):
        rewritten = _with_loops(rewritten, firings)
    # The first that fires would find its node as it is.
    if has_control(rewritten) or LATE.fire_in(rewritten):
        rewritten, late = rewrite(rewritten, LATE)
        firings += late
    rewritten, lazy = lazy_branches(rewritten)
    firings += lazy
    raise_certain_errors(rewritten)
    return order_recomputations(order_callbacks(rewritten)), firings


def _with_loops(graph: Graph, log: list[Firing]) -> Graph:
    """A graph whose loops do only what only they can do, once; the firings are added to the log."""
    graph, joined = fuse_horizontally(graph)
    log += joined
    for _ in range(_MOST_ROUNDS):
        graph, changed = run_loop_passes(graph, LOOP_PASSES)
        if not changed:
            break
        graph, more = rewrite(graph, PIPELINE)
        log += changed + more
    return graph
