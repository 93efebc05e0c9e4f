"""``theano.gof.graph``: walks from variables to what they are computed from.

Read next: debug_values.py
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Graph, Node, substitution
from ...op import INPUT, Constant, SharedVariable
from ...rewrite import cse
from ..applications import Apply as Apply
from ..variable import TensorVariable, Variable


def _owner(variable: Any) -> Any:
    """The owner; None for the leaves of engine programs too."""
    return variable.owner if isinstance(variable, Variable) else None


@public
def stack_search(start: Iterable[Any], expand: Callable[[Any], Any], mode: str = "bfs", build_inv: bool = False) -> Any:
    """All that is reached from somewhere, each once, in the order of the walk.

    Args:
        start: where to start; it is not emptied, as Theano's was.
        expand: gives for anything what is reached from it in one step, or nothing.
        mode: "bfs" for the nearest first, "dfs" for depth first, the last given first.
        build_inv: whether to say as well from where everything is reached.

    Returns:
        A list; with ``build_inv`` also a dict of lists.

    Raises:
        ArgumentError: for another mode.

    Example:
        >>> stack_search([6], lambda n: [k for k in (n // 2, n - 3) if k > 0])
        [6, 3, 1]
    """
    if mode not in ("bfs", "dfs"):
        raise ArgumentError(f"mode should be bfs or dfs, not {shown(mode)}{here()}")
    waiting = deque(start)
    found: dict[Any, None] = {}
    came_from: dict[Any, list[Any]] = {}
    while waiting:
        one = waiting.popleft() if mode == "bfs" else waiting.pop()
        if one in found:
            continue
        found[one] = None
        reached = expand(one) or ()
        waiting.extend(reached)
        for other in reached:
            came_from.setdefault(other, []).append(one)
    return ([*found], came_from) if build_inv else [*found]


@public
def ancestors(variable_list: Sequence[Any], blockers: Collection[Any] | None = None) -> list[Any]:
    """The variables that some are computed from, themselves first, each once, depth first; the last given comes first.

    Args:
        variable_list: where to start.
        blockers: variables behind which nobody looks.

    Returns:
        A list of variables.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> [v.name for v in ancestors([T.dot(x, y)])]
        [None, 'x', 'y']
    """
    found: dict[Any, None] = {}
    # The order is Theano's, and libraries that list parameters turn theirs round before they ask.
    waiting = list(variable_list)
    while waiting:
        variable = waiting.pop()
        if variable in found:
            continue
        found[variable] = None
        owner = _owner(variable)
        if owner is not None and not (blockers and variable in blockers):
            waiting.extend(reversed(owner.inputs))
    return list(found)


@public
def inputs(variable_list: Sequence[Any], blockers: Collection[Any] | None = None) -> list[Any]:
    """The leaves that some variables are computed from: inputs, shared variables and constants.

    Args:
        variable_list, blockers: as of ``ancestors``.

    Returns:
        A list of variables.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> [v.name for v in inputs([x + T.exp(y)])]
        ['x', 'y']
    """
    return [variable for variable in ancestors(variable_list, blockers) if _owner(variable) is None]


@public
def general_toposort(r_out: Sequence[Any], deps: Any, **options: Any) -> list[Any]:
    """Anything in an order in which each comes after what it needs.

    Args:
        r_out: where to start.
        deps: gives of one what it needs, or None.
        options: accepted; they change nothing.

    Returns:
        A list of them, each once.

    Example:
        >>> general_toposort([3], lambda n: range(n))
        [0, 1, 2, 3]
    """
    order: dict[Any, None] = {}
    waiting: list[tuple[Any, Iterator[Any] | None]] = [(one, None) for one in reversed(list(r_out))]
    opened: set[Any] = set()
    while waiting:
        one, left = waiting.pop()
        if left is None:
            if one in opened:
                continue
            opened.add(one)
            left = iter(deps(one) or ())
        following = next((other for other in left if other not in opened), None)
        if following is None:
            order[one] = None
        else:
            waiting += [(one, left), (following, None)]
    return list(order)


@public
def io_toposort(inputs: Sequence[Any], outputs: Sequence[Any], **options: Any) -> list[Apply]:
    """The applications between some inputs and some outputs, each after those whose outputs it needs.

    Args:
        inputs: variables behind which nobody looks.
        outputs: where to start.
        options: accepted; they change nothing.

    Returns:
        A list of ``Apply``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> [str(node.op) for node in io_toposort([x], [T.exp(x).sum()])]
        ['Elemwise{exp,no_inplace}', 'Sum']
    """
    known = set(inputs)
    found: dict[Apply, None] = {}
    # Of what several inputs need the last one's comes first, as in Theano: libraries number their parameters by it.
    waiting = _owners(reversed(outputs), known)
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        needed = [owner for owner in _owners(node.inputs, known) if owner not in found]
        if needed:
            waiting += [node, *needed]
        else:
            found[node] = None
    return list(found)


def _owners(variables: Iterable[Any], known: Collection[Any]) -> list[Apply]:
    owners = (_owner(one) for one in variables if one not in known)
    return [owner for owner in owners if owner is not None]


@public
def list_of_nodes(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Apply]:
    """The applications between some inputs and some outputs.

    Args:
        inputs, outputs: as of ``io_toposort``.

    Returns:
        A list of ``Apply``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> len(list_of_nodes([x], [T.exp(x).sum()]))
        2
    """
    return io_toposort(inputs, outputs)


@public
def ops(i: Sequence[Any], o: Sequence[Any]) -> set[Apply]:
    """The set of the applications between some inputs and some outputs.

    Args:
        i, o: as of ``io_toposort``.

    Returns:
        A set of ``Apply``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> len(ops([x], [x * 2]))
        1
    """
    return set(io_toposort(i, o))


@public
def variables(i: Sequence[Any], o: Sequence[Any]) -> list[Any]:
    """The variables between some inputs and some outputs, these included.

    Args:
        i: variables behind which nobody looks.
        o: where to start.

    Returns:
        A list of variables.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> len(variables([x], [T.exp(x) * x]))
        3
    """
    return list(dict.fromkeys([*ancestors(o, set(i)), *i]))


@public
def orphans(i: Sequence[Any], o: Sequence[Any]) -> list[Any]:
    """The leaves between some inputs and some outputs that are not among the inputs.

    Args:
        i, o: as of ``variables``.

    Returns:
        A list of variables.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> orphans([x], [x + y])
        [<y: float64[?]>]
    """
    return [variable for variable in ancestors(o, set(i)) if _owner(variable) is None and variable not in set(i)]


@public
def is_in_ancestors(l_node: Any, f_node: Any) -> bool:
    """True if an application is needed for another.

    Args:
        l_node: the later application.
        f_node: the one that is looked for.

    Returns:
        A truth value.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> y = T.exp(T.vector("x"))
        >>> is_in_ancestors((y * 2).owner, y.owner)
        True
    """
    return f_node in io_toposort([], l_node.outputs)


@public
def clone(i: Sequence[Any], o: Sequence[Any], copy_inputs: bool = True, **options: Any) -> tuple[list[Any], list[Any]]:
    """A copy of what lies between some inputs and some outputs.

    Args:
        i: variables, which the copy has others for.
        o: the outputs.
        copy_inputs: whether inputs are copied too; else the copy is over the same inputs.
        options: accepted; they change nothing.

    Returns:
        The inputs and the outputs of the copy.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> (other,), (y,) = clone([x], [x * 2])
        >>> other is x, y.eval({other: [1.0]}).tolist()
        (False, [2.0])
    """
    equiv = clone_get_equiv(i, o, copy_inputs)
    return [equiv[one] for one in i], [equiv[one] for one in o]


@public
def clone_get_equiv(
    inputs: Sequence[Any], outputs: Sequence[Any], copy_inputs: bool = True, **options: Any
) -> dict[Any, Any]:
    """A copy of what lies between some inputs and some outputs, as a dict from each variable to its copy.

    Args:
        inputs, outputs, copy_inputs, options: as of ``clone``.

    Returns:
        A dict of variables.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> len(clone_get_equiv([x], [T.exp(x)]))
        2
    """
    new: dict[Node, Node] = {}
    for one in inputs:
        copied = copy_inputs and not isinstance(one, SharedVariable | Constant)
        new[one] = TensorVariable(INPUT, (), one.type, None, one.name) if copied else one
    return {**new, **substitution(outputs, new)}


@public
def equal_computations(
    xs: Sequence[Any], ys: Sequence[Any], in_xs: Sequence[Any] | None = None, in_ys: Sequence[Any] | None = None
) -> bool:
    """True if some variables are computed as others are, ops and constants being equal.

    Args:
        xs, ys: the variables, of which each is compared with the one at its place.
        in_xs, in_ys: inputs of the first that stand for those of the second.

    Returns:
        A truth value.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> equal_computations([x * 2], [y * 2]), equal_computations([x * 2], [y * 2], [x], [y])
        (False, True)
    """
    if len(xs) != len(ys):
        return False
    # None stands for Theano's constant of it.
    given = list(zip(xs, ys, strict=True))
    xs, ys = ([pair[k] for pair in given if pair != (None, None)] for k in (0, 1))
    if None in xs or None in ys or any(x.type != y.type for x, y in zip(xs, ys, strict=True)):
        return False
    pairs = dict(zip(in_xs or (), in_ys or (), strict=True))
    made = substitution(xs, pairs) if pairs else {}
    both = [made.get(x, x) for x in xs] + list(ys)
    leaves = [node for node in Graph(_free(both), both).nodes() if node.is_leaf and node.op is INPUT]
    merged = cse(Graph(leaves, both)).outputs
    return all(one is other for one, other in zip(merged[: len(xs)], merged[len(xs) :], strict=True))


def _free(outputs: Sequence[Node]) -> list[Node]:
    return [node for node in substitution(outputs, {}) if node.is_leaf and node.op is INPUT]


@public
def is_same_graph(var1: Any, var2: Any, givens: Any = None, debug: bool = False) -> bool:
    """True if a variable is computed as another is.

    Args:
        var1, var2: the variables.
        givens: what is replaced by what in both of them before they are compared: a dict or list of pairs.
        debug: accepted; it changes nothing.

    Returns:
        A truth value.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.vectors("x", "y")
        >>> is_same_graph(x + 1, x + 1), is_same_graph(x + 1, y + 1), is_same_graph(x + 1, y + 1, {x: y})
        (True, False, True)
    """
    pairs = dict(givens.items() if isinstance(givens, Mapping) else givens or ())
    made = substitution([var1, var2], pairs) if pairs else {}
    return equal_computations([made.get(var1, var1)], [made.get(var2, var2)])
