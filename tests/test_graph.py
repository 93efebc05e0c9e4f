"""Nodes and closed graphs: identity, source lines, walks, substitution, merging, and graphs of 10,000 nodes."""

import copy
import inspect
import pickle
import sys

import networkx
import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, SourceLine
from symdrop.graph import Graph, Node, rebuild, substitute, toposort
from symdrop.op import Constant, lookup
from symdrop.rewrite import cse, optimise


def line_here():
    return inspect.currentframe().f_back.f_lineno


# Nodes.


def test_identity_is_the_users():
    """Two lines that build exp(x) make two nodes; == is identity, so nodes can key dictionaries."""
    x = T.vector("x")
    first, second = T.exp(x), T.exp(x)
    assert first is not second and first != second
    assert {first: 1, second: 2}[second] == 2
    assert first in [first] and len({first, second, first}) == 2


def test_nodes_are_immutable():
    """Nothing of a node can be assigned but its name, which is a string or None."""
    y = T.exp(T.vector("x"))
    for attribute in ("op", "inputs", "type", "params", "lines", "origin", "anything"):
        with pytest.raises(AttributeError, match=f"nodes are immutable: cannot set '{attribute}'"):
            setattr(y, attribute, None)
    y.name = "y"
    assert repr(y) == "<y: float32[?]>"
    y.name = None
    assert repr(y) == "<exp: float32[?]>"
    with pytest.raises(TypeError, match="a name is a string, not 3"):
        y.name = 3
    assert y.name is None


def test_every_node_knows_the_users_line():
    """Operators, functions and methods keep the line that the user wrote, not one inside the package."""
    x = T.vector("x")
    nodes = [
        x + 1,
        T.exp(x),
        x.sum(),
        np.exp(x),
        np.ones(3, "float32") * x,
        x[1:],
        x.mean(),
        T.nnet.softmax(x),
        -x,
    ]
    expected = inspect.getsourcelines(test_every_node_knows_the_users_line)[1] + 4
    for i, node in enumerate(nodes):
        assert len(node.lines) == 1
        line = node.lines[0]
        assert (line.filename, line.function) == (__file__, "test_every_node_knows_the_users_line")
        assert line.lineno == expected + i, (node, line)
    assert str(nodes[1].lines[0]) == f"test_graph.py:{expected + 1}: T.exp(x),"


def test_nodes_made_on_the_way_have_the_line_too():
    """Casts and broadcasts that an expression needs bear its line."""
    x, y = T.dmatrix("x"), T.fvector("y")
    total = x + y; line = line_here()  # noqa: E702
    for node in toposort([total]):
        if not node.is_leaf:
            assert [at.lineno for at in node.lines] == [line]


def test_gradient_nodes_inherit_their_forward_nodes_line():
    """A pullback's nodes bear the line of the node they belong to and say which pullback made them."""
    x = T.dvector("x")
    h = T.tanh(x); line = line_here()  # noqa: E702
    slope = sd.grad((h**3).sum(), x)
    made = [node for node in toposort([slope]) if node.origin and node.origin.node is h]
    assert made and all(node.origin.rule == "tanh_pullback" for node in made)
    assert all([at.lineno for at in node.lines] == [line] for node in made)


def test_source_line_text():
    """A line prints as file, number and text; without source at hand, the first two."""
    assert str(SourceLine("/nowhere/file.py", 3, "f")) == "file.py:3"


# Order and replacement.


def test_toposort():
    """Inputs stand before users, each node once, in an order that does not change from run to run."""
    x = T.vector("x")
    y = T.exp(x)
    z = y * y + x
    order = toposort([z, y])
    assert len(order) == len(set(order))
    for node in order:
        assert all(order.index(source) < order.index(node) for source in node.inputs)
    assert order == toposort([z, y])
    assert x in toposort([z], stop=lambda node: node is y)
    assert x not in toposort([y * 2], stop=lambda node: node is y)


def test_substitute():
    """Only what depends on a replaced node is rebuilt, and it keeps name, lines and the rest."""
    x, y = T.dvector("x"), T.dvector("y")
    kept, changed = T.exp(y), T.tanh(x)
    changed.name = "changed"
    both = kept * changed
    (new,) = substitute([both], {x: y})
    assert new is not both and new.inputs[0] is kept
    assert new.inputs[1].name == "changed" and new.inputs[1].lines == changed.lines
    assert new.inputs[1].inputs == (y,)
    assert substitute([both], {}) == [both]
    assert substitute([both], {both: y}) == [y]


def test_substitute_infers_types_anew():
    """Sizes that become known by a replacement are known behind it."""
    x, known = T.matrix("x"), T.matrix("k", shape=(2, 3))
    (new,) = substitute([T.exp(x).T], {x: known})
    assert new.type.shape == (3, 2)
    assert rebuild(new, new.inputs) is new


# Closed graphs.


def test_missing_input():
    """The error names the input, who uses it, both lines, and what is listed."""
    x, forgotten = T.vector("x"), T.vector("forgotten")
    y = T.exp(x); z = y * forgotten; line = line_here()  # noqa: E702
    with pytest.raises(ValueError, match="needs the input 'forgotten'") as caught:
        Graph([x], [z])
    text = str(caught.value)
    assert type(caught.value) is sd.errors.MissingInputError
    assert f"used by mul(exp, forgotten) of type float32[?] (made at test_graph.py:{line}" in text
    assert f"'forgotten' of type float32[?] (made at test_graph.py:{line - 1}" in text
    assert "not among the inputs ('x'); add it, or replace it by givens" in text
    with pytest.raises(sd.errors.MissingInputError):
        sd.function([x], z)


def test_legal_leaves():
    """Constants, shared states and flags may stand in a closed graph unlisted."""
    x, state = T.dvector("x"), sd.shared(np.ones(3), "state")
    y = T.where(sd.training, x * 2, x + state)
    graph = Graph([x], [y])
    assert graph.leaves("input") == [x] and graph.leaves("shared") == [state]
    assert [leaf.flag_name for leaf in graph.leaves("flag")] == ["training"]
    assert [leaf.item() for leaf in graph.leaves("constant")] == [2]
    assert len(graph) == len(graph.nodes()) and repr(graph) == f"<Graph: 1 inputs, {len(graph)} nodes, 1 outputs>"


def test_nodes_list_is_a_copy():
    """Changing the list that nodes() returns does not change the graph."""
    graph = Graph([], [T.constant(1.0) + 1])
    graph.nodes().clear()
    assert len(graph.nodes()) == len(graph) > 0


def test_to_networkx():
    """The networkx graph has an edge per argument and attributes for everything a picture or a query wants."""
    x, W = T.dmatrix("x"), sd.shared(np.ones((3, 2)), "W")
    y = T.tanh(x @ W)
    slope = sd.grad(y.sum(), W)
    drawn = Graph([x], [y, slope], ["value", "slope"]).to_networkx()
    assert isinstance(drawn, networkx.MultiDiGraph) and networkx.is_directed_acyclic_graph(drawn)
    for i, data in drawn.nodes(data=True):
        assert set(data) >= {"node", "op", "kind", "name", "dtype", "shape", "lines", "origin", "label", "outputs"}
        node = data["node"]
        assert data["op"] == node.op.name and data["kind"] == node.op.kind
        arguments = sorted((at["argument"], source) for source, _, at in drawn.in_edges(i, data=True))
        assert [drawn.nodes[source]["node"] for _, source in arguments] == list(node.inputs)
        assert all(source < i for _, source in arguments)
    by_node = {data["node"]: data for _, data in drawn.nodes(data=True)}
    assert by_node[y]["outputs"] == ["value"] and by_node[slope]["outputs"] == ["slope"]
    assert by_node[W]["label"] == "W\nfloat64[?, ?]" and by_node[W]["kind"] == "leaf"
    assert by_node[slope]["origin"] == "matmul_pullback" and by_node[y]["origin"] is None
    assert by_node[y]["lines"] == [str(y.lines[0])]


def test_an_argument_twice_is_two_edges():
    """x * x has two edges from x, which a plain DiGraph would lose."""
    x = T.vector("x")
    drawn = Graph([x], [x * x]).to_networkx()
    assert sorted(data["argument"] for *_, data in drawn.edges(data=True)) == [0, 1]


# Merging.


def test_merge_keeps_all_lines():
    """A merged node bears the lines of all the nodes it stands for."""
    x = T.vector("x")
    first = T.exp(x); line = line_here()  # noqa: E702
    second = T.exp(x)
    merged = cse(Graph([x], [first + second]))
    (exp,) = [node for node in merged.nodes() if node.op.name == "exp"]
    assert [at.lineno for at in exp.lines] == [line, line + 1]
    assert merged.outputs[0].inputs == (exp, exp)
    assert cse(merged).outputs == merged.outputs


def test_merge_of_constants():
    """Constants are equal by dtype, shape and bytes: 0.0 and -0.0 differ, two NaNs do not."""
    x = T.dvector("x")

    def count(*values):
        outputs = [x + Constant(np.asarray(value)) for value in values]
        return len([n for n in cse(Graph([x], outputs)).nodes() if isinstance(n, Constant)])

    assert count(1.0, 1.0) == 1
    assert count(0.0, -0.0) == 2
    assert count(np.nan, np.nan) == 1
    assert count(np.ones(3), np.ones(3)) == 1
    assert count(np.ones(1), np.ones(())) == 2
    with_dtypes = [T.cast(Constant(np.asarray(1, dtype)), "float64") for dtype in ("int32", "int64")]
    merged = cse(Graph([], with_dtypes))
    assert merged.outputs[0] is not merged.outputs[1]


def test_inputs_states_and_draws_never_merge():
    """Two inputs of one name and type, two states of equal value, two equal draws: each is only equal to itself."""
    a, b = T.vector("x"), T.vector("x")
    s, t = sd.shared(np.ones(2), "s"), sd.shared(np.ones(2), "s")
    stream = sd.RandomStream(seed=1)
    d, e = (stream.uniform(size=2, site="here") for _ in range(2))
    merged = cse(Graph([a, b], [T.exp(a), T.exp(b), T.exp(s), T.exp(t), d, e]))
    assert len(set(merged.outputs)) == 6


def test_flags_of_one_name_merge():
    """A flag is its name: two of them are one leaf after merging."""
    merged = cse(Graph([], [~sd.flag("mc"), ~sd.flag("mc"), ~sd.flag("other")]))
    assert merged.outputs[0] is merged.outputs[1] is not merged.outputs[2]
    assert len(merged.leaves("flag")) == 2


def test_params_tell_nodes_apart():
    """sum over axis 0 and over axis 1 are not the same node."""
    x = T.dmatrix("x", shape=(2, 2))
    merged = cse(Graph([x], [x.sum(axis=0), x.sum(axis=1), x.sum(axis=0)]))
    assert merged.outputs[0] is merged.outputs[2] is not merged.outputs[1]


def test_merging_changes_no_value():
    """The merged graph computes what the graph computes."""
    x = T.dvector("x")
    graph = Graph([x], [T.exp(x) * T.exp(x) + (x + 1) * (x + 1)])
    f = sd.function([x], graph.outputs[0])
    np.testing.assert_allclose(f([0.5]), [np.exp(1.0) + 2.25])
    assert len(f.stages["merged"]) < len(f.stages["specialised"])


# Several outputs and flags.


def test_several_outputs():
    """split has a tuple of values; item chooses one; a merged split is computed once."""
    x = T.dvector("x")
    a, b = T.split(x, [2, 3], n_splits=2) if "n_splits" in inspect.signature(T.split).parameters else T.split(x, [2, 3])
    assert a.op.name == b.op.name == "item" and a.inputs[0] is b.inputs[0]
    assert str(a.inputs[0].type) == "(float64[2], float64[3])"
    f = sd.function([x], [b, a])
    assert [value.tolist() for value in f([1, 2, 3, 4, 5])] == [[3, 4, 5], [1, 2]]
    with pytest.raises(IndexError, match="no output 2 among 2"):
        lookup("item")(a.inputs[0], index=2)
    with pytest.raises(TypeError, match=r"several values|has several"):
        T.exp(a.inputs[0])
    with pytest.raises(TypeError, match="has several"):
        sd.function([x], a.inputs[0])


def test_flag_names():
    """A flag needs a name, and any flag of that name is the same flag."""
    y = T.where(sd.flag("noisy"), 1.0, 2.0)
    assert sd.function([], y, flags={sd.flag("noisy"): True})() == 1
    assert sd.function([], y, flags={"noisy": False})() == 2
    for bad in ("", 3, None):
        with pytest.raises(TypeError, match="a flag is named by a non-empty string"):
            sd.flag(bad)


# Deep graphs: linear time and no recursion.


def chain(n):
    """A chain of about n nodes of different ops."""
    x = T.dscalar("x")
    y = x
    for i in range(n // 2):
        y = T.sin(y) if i % 2 else y + 0.001 * (i % 7)
        y = -y
    return x, y


def value_of_a_chain(n, value):
    for i in range(n // 2):
        value = -(np.sin(value) if i % 2 else value + 0.001 * (i % 7))
    return value


def walks(n, counted):
    """Calls made to build, differentiate, merge, print and pickle a chain."""
    calls = {}
    (x, y), calls["build"] = counted(lambda: chain(n))
    slope, calls["grad"] = counted(lambda: sd.grad(y, x))
    graph, calls["graph"] = counted(lambda: Graph([x], [y]))
    assert len(graph) > n and len(Graph([x], [slope])) > n
    _, calls["merge"] = counted(lambda: cse(graph))
    text, calls["print"] = counted(lambda: str(graph))
    assert n < len(text) < 100 * len(graph)
    data, calls["pickle"] = counted(lambda: pickle.dumps(graph))
    again, calls["unpickle"] = counted(lambda: pickle.loads(data))
    assert len(again) == len(graph)
    # Dropping the last references must not overflow the interpreter's stack either.
    _, calls["free"] = counted(lambda: again.__init__([], []))
    return calls


def compilations(n, counted):
    """Calls made to copy, substitute, rewrite, compile, and pickle a compiled function of a chain."""
    calls = {}
    x, y = chain(n)
    graph = Graph([x], [y])
    _, calls["deepcopy"] = counted(lambda: copy.deepcopy(y))
    _, calls["substitute"] = counted(lambda: graph.substitute({x: T.constant(1.0)}))
    _, calls["rewrite"] = counted(lambda: optimise(graph))
    f, calls["compile"] = counted(lambda: sd.function([x], [y, sd.grad(y, x)]))
    again, calls["copy of a function"] = counted(lambda: pickle.loads(pickle.dumps(f)))
    assert again(0.5)[0] == pytest.approx(value_of_a_chain(n, 0.5), rel=1e-12)
    return calls


@pytest.mark.parametrize(("work", "sizes"), [(walks, (250, 2_500)), (compilations, (100, 1_000))])
def test_long_chains(work, sizes, counted):
    """A graph ten times as long takes about ten times the calls in every stage, and nothing recurses."""
    limit = sys.getrecursionlimit()
    small, large = (work(n, counted) for n in sizes)
    assert sys.getrecursionlimit() == limit
    for stage, calls in large.items():
        assert calls < 15 * small[stage] + 1000, (stage, small[stage], calls)


def test_wide_graph():
    """A sum of 1,000 inputs is an ordinary graph too."""
    inputs = [T.dscalar(f"x{i}") for i in range(1000)]
    total = sum(inputs)
    f = sd.function(inputs, [total, *sd.grad(total, inputs)])
    assert f(*range(1000))[:2] == [1000 * 999 / 2, 1.0]
    assert isinstance(total, Node)


def test_a_graph_is_made_of_nodes():
    """A number among the outputs is named, with the line."""
    x = T.vector("x")
    for inputs, outputs in (([x], [1.0]), (["x"], [x])):
        with pytest.raises(GraphTypeError, match=r"not (1\.0|'x') \(made at test_graph.py"):
            sd.Graph(inputs, outputs)


def test_what_symdrop_makes_itself_has_no_line():
    """A flag of the package is not made where it is imported, and a user's module that is imported has its lines."""
    assert sd.training.lines == ()
