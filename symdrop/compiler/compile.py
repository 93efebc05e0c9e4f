"""``sd.function``: from expressions to something that runs, stage by stage.

    user  ->  gradient  ->  specialised  ->  merged  ->  rewritten  ->  program

Every stage is kept and can be looked at in ``f.stages``.

Read next: evaluate.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack, overload

from ..backends.base import Backend
from ..backends.native import NativeBackend
from ..backends.numpy import NumpyBackend
from ..binding import public
from ..config import config
from ..errors import ArgumentError, GraphTypeError, here, lines_held, shown, user_line
from ..graph import Graph, Node, substitute, substitution, toposort
from ..op import INPUT, SharedVariable
from ..rewrite import check_flags, cse, optimise, refined, specialise
from .arguments import check_used, checked_givens, checked_updates, input_leaves, output_nodes, pairs
from .inputs import NAMELESS, PYTHON, VALUES, In, Signature, as_input
from .lost_statistics import warn_of_lost_statistics
from .memory_limit import checked_limit, recompute_within
from .recipe import Recipe, flag_values
from .run import Function
from .runtime import RuntimeFunction
from .stages import Stages

# Labels of outputs that are new values of states begin so.
UPDATE_OF = "update of "

BACKENDS: Mapping[str, Backend] = {"native": NativeBackend(), "numpy": NumpyBackend()}


class Options(TypedDict, total=False):
    """The keyword arguments of ``function``, apart from ``training``; it explains each."""

    updates: Any
    givens: Any
    flags: Mapping[Any, bool] | None
    backend: str | None
    on_unused_input: str | None
    allow_input_downcast: bool | str | None
    no_default_updates: bool | Sequence[SharedVariable]
    name: str | None
    memory_limit: int | str | None
    sizes: Mapping[Any, Sequence[int]] | None


@overload
def function(
    inputs: Sequence[Any], outputs: Any = None, *, training: Literal["runtime"], **options: Unpack[Options]
) -> RuntimeFunction: ...
@overload
def function(
    inputs: Sequence[Any], outputs: Any = None, *, training: bool | None = None, **options: Unpack[Options]
) -> Function: ...
@public
def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    *,
    updates: Any = None,
    givens: Any = None,
    training: bool | str | None = None,
    flags: Mapping[Any, bool] | None = None,
    backend: str | None = None,
    on_unused_input: str | None = None,
    allow_input_downcast: bool | str | None = None,
    no_default_updates: bool | Sequence[SharedVariable] = False,
    name: str | None = None,
    memory_limit: int | str | None = None,
    sizes: Mapping[Any, Sequence[int]] | None = None,
) -> Any:
    """Compile expressions to a callable.

    Args:
        inputs: variables, or ``In`` objects, in the order of the arguments.
        outputs: a variable, a list or tuple of them, a dict, or None.
        updates: new values of shared variables: a dict or list of pairs. Every right-hand side sees the old values.
        givens: replacements of variables by expressions: a dict or list of pairs.
        training: what ``sd.training`` is: True, False, or "runtime" (then every call says ``training=``).
        flags: values of flags, by flag or by name; ``training=`` is short for ``flags={sd.training: ...}``.
        backend: "native" or "numpy"; by default ``config.backend``.
        on_unused_input: "raise", "warn" or "ignore"; by default ``config.on_unused_input``.
        allow_input_downcast: what may become of values on the way in. None: integers of any dtype are taken where every
            value fits, floats are rounded unless a finite one becomes infinite. False: nothing may be lost. True: any
            conversion. "values": numbers and lists are taken for their values, arrays for their dtype; "python": the
            same, and a Python float may lose digits.
        no_default_updates: True to keep streams from advancing, or the shared variables to leave alone.
        name: what errors call the function.
        memory_limit: the most bytes, or a text such as "64 MB", that intermediate values may take at once: values that
            the backward pass needs are computed again where keeping them would take more. Results do not change.
        sizes: the largest shapes of inputs, by variable or name, for which the limit is to hold; of inputs whose type
            fixes the shape it need not be said. Other sizes are computed as well, in more or less memory.

    Returns:
        A ``Function``; for ``training="runtime"`` a ``RuntimeFunction``. Called, it returns an array for a variable, a
        list for a list, a dict for a dict, and an empty list for None.

    Raises:
        MissingInputError: if an expression needs an input that is not listed.
        UnusedInputError: if nothing needs an input, or one is listed twice.
        UnsetFlagError: if an expression depends on a flag that is not set.
        GraphTypeError: for arguments of the wrong kind, and updates whose type is not the state's.
        ArgumentError: for other values of options, and for a memory limit that no plan keeps.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, w = T.dscalar("x"), sd.shared(2.0, name="w")
        >>> step = sd.function([x], w * x, updates={w: w + 1})
        >>> float(step(10)), float(step(10)), float(w.get_value())
        (20.0, 30.0, 4.0)
    """
    if isinstance(inputs, Node | str) or not isinstance(inputs, Iterable):
        raise GraphTypeError(f"inputs must be a list of variables, not {shown(inputs)}{here()}")
    options: dict[str, Any] = {
        "givens": pairs(givens, "givens"),
        "flags": _flag_values(training, flags),
        "backend": backend or config.backend,
        "on_unused_input": on_unused_input or config.on_unused_input,
        "allow_input_downcast": allow_input_downcast,
        "no_default_updates": no_default_updates,
        "name": name or _default_name(),
    }
    if not isinstance(options["name"], str):
        raise GraphTypeError(f"the name of a function is a string, not {shown(name)}{here()}")
    if allow_input_downcast not in (None, True, False, PYTHON, VALUES):
        known = f"True, False, None, {PYTHON!r} or {VALUES!r}"
        raise ArgumentError(f"allow_input_downcast={shown(allow_input_downcast)}: expected {known}{here()}")
    for option, choices in (("backend", tuple(BACKENDS)), ("on_unused_input", ("raise", "warn", "ignore"))):
        if options[option] not in choices:
            raise ArgumentError(f"{option}={shown(options[option])}: expected one of {', '.join(choices)}{here()}")
    for state in no_default_updates if isinstance(no_default_updates, Iterable) else ():
        if not isinstance(state, SharedVariable):
            raise GraphTypeError(f"no_default_updates lists shared variables, not {shown(state)}{here()}")
    specs = tuple(as_input(value) for value in inputs)
    options["memory_limit"] = checked_limit(memory_limit, sizes, specs)
    recipe = Recipe(specs, outputs, checked_updates(updates), options)
    if training == "runtime":
        return RuntimeFunction(*(compile_recipe(recipe.with_flags({"training": value})) for value in (True, False)))
    return compile_recipe(recipe)


def _default_name() -> str:
    line = user_line()
    return f"{NAMELESS}{line}" if line else "the function"


def _flag_values(training: bool | str | None, flags: Mapping[Any, bool] | None) -> dict[str, bool]:
    if training not in (None, True, False, "runtime"):
        raise ArgumentError(f"training={shown(training)}: expected True, False or 'runtime'{here()}")
    values = flag_values(flags or {})
    if training is not None and training != "runtime":
        if values.setdefault("training", bool(training)) != bool(training):
            raise ArgumentError(
                f"training={shown(training)} contradicts flags={{'training': {values['training']}}}{here()}"
            )
    return values


def compile_recipe(recipe: Recipe) -> Function:
    """A function from its recipe, through all stages."""
    # What rewriting makes nobody has written down, so it is not tried on test values.
    with config.change(compute_test_value="off"), lines_held():
        return _compiled(recipe)


def _compiled(recipe: Recipe) -> Function:
    specs: tuple[In, ...] = recipe.inputs
    options = recipe.options
    signature = Signature(specs, options["name"], options["allow_input_downcast"])
    stages = Stages(options["name"])
    outputs, keys, single = output_nodes(recipe.outputs)
    # An update that a stream has anyway, handed on by ``scan``, is made only if the stream is still drawn from.
    without = options["no_default_updates"]
    explicit = {v: new for v, new in recipe.updates if without is True or new is not v.default_update}

    cut_off: dict[Node, Node] = {}
    leaves = input_leaves(specs, cut_off)
    givens = checked_givens(options["givens"], specs)
    # What replaces a variable may be computed from such an input too.
    replacements = {**dict(zip(givens, substitute([*givens.values()], cut_off), strict=True)), **cut_off}
    asked = [*outputs, *explicit.values()]
    values = _replaced(asked, replacements)
    labels = [str(key) for key in keys] if keys is not None else [f"output {i}" for i in range(len(outputs))]
    labels += [f"{UPDATE_OF}{state.name or 'shared'}" for state in explicit]
    full = Graph(leaves, values, labels)
    check_used(full, signature, options["on_unused_input"])
    stages.add("user", before_gradient(full))
    stages.add("gradient", full)

    specialised, firings = specialise(full, options["flags"])
    check_flags(specialised)
    warn_of_lost_statistics(specialised, explicit)
    updates = dict(zip(explicit, specialised.outputs[len(outputs) :], strict=True))
    defaults = _default_updates(specialised, updates, without, replacements)
    if any(source.inputs for new in defaults.values() for source in new.inputs):
        # They may share work with the outputs, which is done once if it is specialised once.
        asked += [state.default_update for state in defaults if state.default_update is not None]
        specialised, firings = specialise(Graph(leaves, _replaced(asked, replacements)), options["flags"])
        defaults = dict(zip(defaults, specialised.outputs[len(values) :], strict=True))
        updates = dict(zip(explicit, specialised.outputs[len(outputs) : len(values)], strict=True))
    updates.update(defaults)
    everything = [*specialised.outputs[: len(outputs)], *updates.values()]
    labels = labels[: len(outputs)] + [f"{UPDATE_OF}{state.name or 'shared'}" for state in updates]
    specialised = Graph(leaves, everything, labels)
    stages.add("specialised", specialised, firings)
    merged = cse(specialised)
    stages.add("merged", merged)
    rewritten, more = optimise(merged)
    # A state that is only written is an input too: its new value may be written over it.
    shared = list(dict.fromkeys(n for n in (*rewritten.nodes(), *updates) if isinstance(n, SharedVariable)))
    backend = BACKENDS[options["backend"]]
    positions = {state: len(leaves) + i for i, state in enumerate(shared)}
    states = {len(outputs) + i: positions[state] for i, state in enumerate(updates)}

    def closed(graph: Graph) -> tuple[Graph, Mapping[int, int]]:
        return Graph([*leaves, *shared], graph.outputs, labels), states

    limit = options.get("memory_limit")
    recomputation = shape_of = None
    if limit is not None:
        recomputation, shape_of = recompute_within(rewritten, limit, backend, closed, signature.called)
        rewritten = recomputation.graph
    stages.add("rewritten", rewritten, more)
    program = backend.compile(*closed(rewritten), shape_of)
    stages.compiled(program)
    return Function(
        recipe,
        compile_recipe,
        signature,
        program,
        stages,
        shared,
        updates,
        program.backend,
        keys,
        single,
        recomputation,
    )


def _replaced(asked: Sequence[Node], replacements: Mapping[Node, Node]) -> list[Node]:
    """Nodes, with what they are computed from replaced."""
    given = substitution(asked, replacements, refined) if replacements else {}
    return [given.get(node, node) for node in asked]


def _default_updates(
    graph: Graph, explicit: Mapping[SharedVariable, Node], without: Any, replacements: Mapping[Node, Node]
) -> dict[SharedVariable, Node]:
    """The default updates of every state the graph still reads, and of the states these read."""
    if without is True:
        return {}
    left_alone = set(without or ())
    found: dict[SharedVariable, Node] = {}
    pending = graph.nodes()
    for node in pending:
        if not isinstance(node, SharedVariable) or node.default_update is None:
            continue
        if node not in explicit and node not in left_alone and node not in found:
            (found[node],) = substitute([node.default_update], replacements)
            pending.extend(toposort([found[node]]))
    return found


def before_gradient(graph: Graph) -> Graph:
    """The graph as the user wrote it: every gradient cut off and made an input of its own."""
    cut = {
        node: Node(INPUT, (), node.type, None, node.name or "gradient", node.lines) for node in used_gradients(graph)
    }
    outputs = substitute(graph.outputs, cut)
    return Graph([*graph.inputs, *cut.values()], outputs, graph.labels)


def used_gradients(graph: Graph) -> list[Node]:
    """The gradients that the user's formulas use, in the order of the inputs that stand for them in ``user``."""
    users: list[tuple[Node | None, Node]] = [(None, output) for output in graph.outputs]
    users += [(node, source) for node in graph.nodes() for source in node.inputs]
    used = [s for user, s in users if s.origin is not None and (user is None or user.origin is None)]
    return list(dict.fromkeys(used))
