"""The printers of sd.inspect: short golden texts, and every printer on every kind of graph."""

from __future__ import annotations

import io

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.inspect.samples import chain, chained, dropout_network, with_loop


def test_dprint_golden():
    """A node a line, indented by depth, each printed once and named where it was made."""
    x = T.fmatrix("x")
    h = T.tanh(x)
    text = sd.inspect.dprint(h * h + 1)
    assert [line.split("  at ")[0] for line in text.splitlines()] == [
        "#0 add float32[?, ?]",
        "  #1 mul float32[?, ?]",
        "    #2 tanh float32[?, ?]",
        "      #3 input float32[?, ?] 'x'",
        "    #2",
        "  #4 constant float32[] 1",
    ]
    assert "test_inspect.py" in text


def test_dprint_shows_every_function(compiled):
    f, _ = compiled
    text = sd.inspect.dprint(f)
    assert all(f"{label} = " in text for label in f.stages["rewritten"].labels)
    assert sd.inspect.dprint(f.stages["user"])


def test_dprint_indents_bodies():
    _, _, cost = with_loop()
    text = sd.inspect.dprint(cost)
    (body,) = (line for line in text.splitlines() if "body(" in line)
    inside = text[text.index(body) :].splitlines()[1]
    assert len(inside) - len(inside.lstrip()) == len(body) - len(body.lstrip()) + 2


def test_dprint_of_a_long_chain_is_cut(linear):
    text = linear(lambda made: sd.inspect.dprint(made[1]), chain, 1_000, 10_000)
    assert "and 9961 more nodes" in text


def test_dprint_limits_and_files():
    out = io.StringIO()
    text = sd.inspect.dprint(chain(5)[1], out, most=2)
    assert out.getvalue() == text + "\n"
    assert len(text.splitlines()) == 3
    with pytest.raises(sd.errors.ArgumentError, match="depth=0: expected at least 1"):
        sd.inspect.dprint(chain(1)[1], depth=0)
    with pytest.raises(sd.errors.GraphTypeError, match="compiled function"):
        sd.inspect.dprint(3)


def test_pprint_is_one_line_for_each_output(compiled):
    """However deep a graph is, its mathematics fits on the line that was asked for."""
    f, _ = compiled
    for width in (20, 60, 500):
        lines = sd.inspect.pprint(f, width=width).splitlines()
        assert [line.split(" = ")[0] for line in lines] == list(f.stages["rewritten"].labels)
        assert max(len(line.partition(" = ")[2]) for line in lines) <= width


def test_pprint_limits_and_files():
    """It answers and complains as dprint does."""
    _, y = chain(5)
    out = io.StringIO()
    assert sd.inspect.pprint(y, out) + "\n" == out.getvalue() == "tanh(tanh(tanh(tanh(tanh(x)))))\n"
    assert sd.inspect.pprint([y, y], depth=2) == "tanh(tanh(tanh(...)))\ntanh(tanh(tanh(...)))"
    assert sd.inspect.pprint(chain(20_000)[1], width=100).count("tanh") == 16
    with pytest.raises(sd.errors.ArgumentError, match="width=3: expected at least 20"):
        sd.inspect.pprint(y, width=3)
    with pytest.raises(sd.errors.ArgumentError, match="depth=0: expected at least 1"):
        sd.inspect.pprint(y, depth=0)
    with pytest.raises(sd.errors.GraphTypeError, match="compiled function"):
        sd.inspect.pprint(3)


def test_story_names_every_rule(compiled):
    f, _ = compiled
    text = sd.inspect.story(f)
    assert [line.split(":")[0] for line in text.splitlines() if not line.startswith(" ")] == list(f.stages)
    assert all(f"    {firing.rule}: " in text for firing in f.rules)
    assert sum(line.startswith("    ") for line in text.splitlines()) == len(f.rules)
    assert max(map(len, text.splitlines())) < 400


def test_story_golden():
    """Rules by name with what they made of a formula; an expression has no story."""
    x = T.fvector("x")
    text = sd.inspect.story(sd.function([x], T.log(T.exp(x))))
    assert "    log_of_exp: log(exp(x))  ->  x" in text.splitlines()
    with pytest.raises(sd.errors.GraphTypeError, match=r"\.train or \.test"):
        sd.inspect.story(x)


def test_story_says_what_changed_where_the_formula_reads_the_same():
    """A rule that makes an array of twos the number 2 does something, which a student must see."""
    x = T.dvector("x")
    text = sd.inspect.story(sd.function([x], sd.grad(T.sum(x**2), x), backend="numpy"))
    firings = [line.split(": ", 1)[1].split("  ->  ") for line in text.splitlines() if "  ->  " in line]
    assert firings and all(before != after for before, after in firings)
    assert ["1 * 2 of float64[?], float64[]", "the same of float64[], int64[]"] in firings


def test_diff_golden():
    """Formulas that differ between two stages stand below each other."""
    x = T.fvector("x")
    y = T.exp(x)
    f = sd.function([x], [y.sum(), y * 1])
    assert sd.inspect.diff(f.stages["merged"], f.stages["rewritten"]).splitlines() == [
        "  output 0 = sum(exp(x), axis=(0,))",
        "- output 1 = exp(x) * 1",
        "+ output 1 = exp(x)",
    ]


def test_diff_of_every_stage(compiled):
    f, _ = compiled
    merged, rewritten = f.stages["merged"], f.stages["rewritten"]
    assert not {line[0] for line in sd.inspect.diff(merged, merged).splitlines()} - {" "}
    assert {line[0] for line in sd.inspect.diff(merged, rewritten).splitlines()} <= {" ", "+", "-"}


def test_story_and_diff_of_a_long_chain(linear):
    def times_one(length):
        return chained(length, 1)

    assert "tanh" in linear(sd.inspect.story, times_one, 300, 3_000)
    assert linear(lambda f: sd.inspect.diff(f.stages["merged"], f.stages["rewritten"]), times_one, 300, 3_000)


def draw_of(node):
    """The mask that a dropped-out value is made with."""
    return next(n for n in sd.graph.toposort([node]) if n.op.name == "bernoulli")


def test_why_a_draw_is_in_the_training_function_only():
    x, _, hidden, loss = dropout_network()
    train, test = (sd.function([x], loss, training=training) for training in (True, False))
    draw = draw_of(hidden)
    kept = sd.inspect.why(train, draw)
    assert kept.startswith("bernoulli(") and kept.endswith("which is output 0")
    assert "used by where(" in kept
    dropped = sd.inspect.why(test, draw)
    assert "because training=False; chosen_branch: where(training, " in dropped
    assert "because training=False" in sd.inspect.why(test, sd.training)


def test_why_of_nodes_that_are_rewritten_or_not_used():
    x = T.fvector("x")
    y = T.exp(x)
    z = T.log(y)
    f = sd.function([x], z * 2, updates={(state := sd.shared(np.float32(0), name="state")): state + 1})
    assert "log_of_exp: log(exp(x))  ->  x" in sd.inspect.why(f, y)
    assert sd.inspect.why(f, state).endswith("which is update of state")
    assert sd.inspect.why(f, T.sin(x)).endswith("no output or update depends on it")
    with pytest.raises(sd.errors.GraphTypeError, match="not 3"):
        sd.inspect.why(f, 3)


def test_why_answers_for_every_node_of_every_stage(compiled):
    f, _ = compiled
    for graph in f.stages.graphs().values():
        for node in graph.nodes():
            assert "computed" in sd.inspect.why(f, node) or "not in" in sd.inspect.why(f, node)


def test_why_looks_into_loops():
    x, w, cost = with_loop()
    f = sd.function([x, w], cost, backend="numpy")
    (loop,) = (node for node in f.stages["rewritten"].nodes() if node.op.name == "scan")
    inside = next(node for node in loop.params["body"].nodes() if node.op.name == "tanh")
    assert " of a step of scan(" in sd.inspect.why(f, inside)


def test_why_of_a_long_chain(linear):
    text = linear(lambda f: sd.inspect.why(f, f.stages["rewritten"].inputs[0]), chained, 300, 3_000)
    assert "more users" in text


def test_explain_golden():
    """The walk back from a cost: every node, its pullback, and the sum of its contributions."""
    x, w = T.fscalar("x"), T.fscalar("w")
    y = T.tanh(w * x)
    text = sd.inspect.explain(y * y, wrt=w)
    assert text.splitlines() == [
        "1. loss = v2 * v2",
        "   g[loss] = 1, where the walk begins",
        "   by mul_pullback: g[v2] += g[loss] * v2",
        "   by mul_pullback: g[v2] += g[loss] * v2",
        "2. v2 = tanh(v1)",
        "   the sum of 2 contributions: g[v2] = g[loss] * v2 + g[loss] * v2",
        "   by tanh_pullback: g[v1] += g[v2] * (1 - v2 * v2)",
        "3. v1 = w * x",
        "   by mul_pullback: g[w] += g[v1] * x",
        "4. w",
        "   g[w] is the gradient with respect to w",
    ]
    assert r"$\bar{w} \mathrel{+}= \bar{v_{1}} \cdot x$" in sd.inspect.explain(y * y, w, "latex")
    assert "`g[w] += g[v1] * x`" in sd.inspect.explain(y * y, w, form="markdown")
    with pytest.raises(sd.errors.ArgumentError, match="form='html': expected one of 'text'"):
        sd.inspect.explain(y, w, form="html")


def test_explain_looks_into_loops():
    """A loop's derivation is that of its step: what enters it, and what becomes of the gradients that leave it."""
    x, w = T.vector("x"), T.scalar("w")
    sums, _ = sd.scan(lambda row, state: T.tanh(state * w + row), sequences=[x], outputs_info=[T.zeros(())])
    assert sd.inspect.explain(sums[-1], [x, w]).splitlines()[5:-4] == [
        "3. v1 = scan(...)",
        "   in every step, the last one first:",
        "   1. v5 = tanh(v4)",
        "      g[v5] = g_state + g_row, where the walk begins",
        "      by tanh_pullback: g[v4] += g[v5] * (1 - v5 * v5)",
        "   2. v4 = v3 + x[i]",
        "      by add_pullback: g[v3] += g[v4]",
        "      by add_pullback: g[x[i]] += g[v4]",
        "   3. x[i]",
        "      g[x[i]] is an element of what the sequence receives",
        "   4. v3 = s * w",
        "      by mul_pullback: g[s] += g[v3] * w",
        "      by mul_pullback: g[w] += g[v3] * s",
        "   5. w",
        "      g[w] adds up over the steps",
        "   6. s",
        "      g[s] is what the step before receives",
        "   by scan_pullback: g[x] += scan(...).stack[0]",
        "   by scan_pullback: g[w] += scan(...).last[1]",
    ]


@pytest.mark.parametrize("form", ["text", "markdown", "latex"])
def test_explain_of_loops_in_loops_and_of_rows(form):
    """Lists stand in lists as deep as the loops, and in every form each list is closed."""
    m, a = T.matrix("m"), T.scalar("a")
    inner = lambda row: sd.reduce(lambda y, s: s * y, row * a, T.ones(()))[0]
    rows, _ = sd.map(inner, m)
    text = sd.inspect.explain(rows.sum(), a, form)
    assert text.count("in every step, the last one first:") == 2
    assert text.count("\\begin") == text.count("\\end") == (3 if form == "latex" else 0)
    x = T.vector("x")
    # The rows of a Jacobian are pulled back all at once, without a loop; those of a loop by a loop for all of them.
    rows = sd.inspect.explain((sd.jacobian(T.tanh(x) * x.sum(), x) ** 2).sum(), x, form)
    assert rows.count("in every step, the last one first:") == 0
    states, _ = sd.scan(lambda a, s: T.tanh(a * s), x, T.ones(()))
    loops = sd.inspect.explain((sd.jacobian(states, x) ** 2).sum(), x, form)
    assert loops.count("in every step, the last one first:") == 2
    cell = sd.nn.GRU(2, 3, seed=0)
    _, last = cell(T.matrix("sequence"))
    assert "adds up over the steps" in sd.inspect.explain((last**2).sum(), cell.parameters, form)


@pytest.mark.parametrize("form", ["text", "markdown", "latex"])
def test_explain_works_on_every_graph(form, linear):
    _, w, _, loss = dropout_network()
    assert "the sum of 2 contributions" in sd.inspect.explain(loss, w, form)
    x, w, cost = with_loop()
    assert "scan" in sd.inspect.explain(cost, [x, w], form)
    x = T.vector("x")
    assert "ifelse" in sd.inspect.explain(sd.ifelse(x[0] > 0, T.exp(x).sum(), x.sum()), x, form)
    text = linear(lambda made: sd.inspect.explain(made[1].sum(), made[0], form, most=20_000), chain, 60, 600)
    assert len(text.splitlines()) > 1_200


def test_what_is_too_long_to_show_is_counted():
    """Of a graph of thousands of nodes every printer shows the beginning and says how much more there is."""
    x, w = T.dvector("x"), T.dvector("w")
    y = x
    for _ in range(600):
        y = T.tanh(y * w)
    loss = y.sum()
    f = sd.function([x, w], loss, backend="numpy")
    for form in ("text", "markdown", "latex"):
        told = sd.inspect.explain(loss, w, form=form)
        assert "... and 202 more steps; most=1000 limits what is shown" in told and len(told) < 400_000
    assert sd.inspect.explain(loss, w, most=5000).count("by tanh_pullback") == 600
    assert "more formulas; most=10 limits" in sd.inspect.diff(x, f.stages["rewritten"], most=10)
    table = str(sd.inspect.cost(f, np.ones(2), np.ones(2))).splitlines()
    assert len(table) == 203 and table[-2].startswith("... and 1,001 more") and table[-1].startswith("all")
