"""Chains of choices, each made of the one before: the work of compiling grows as the chain does."""

import cProfile
import pstats

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import bodies

BACKENDS = ["numpy", "native"]

# The shorter chain may have been compiled before, which takes no work to speak of; doubling at every link takes more.
KEPT = 4_000_000


def calls(make):
    """How many calls of functions it takes, which unlike seconds is the same on every machine."""
    profile = cProfile.Profile()
    made = profile.runcall(make)
    return pstats.Stats(profile).total_calls, made


def dropout_chain(links, same, gradient, in_scan):
    """Layers with dropout in the article's own manner, and a function's inputs and outputs."""
    stream, x = sd.RandomStream(seed=1), T.fmatrix("x")
    conditions = [T.bscalar(f"train{i}") for i in range(1 if same else links)]
    weights = [T.fscalar(f"w{i}") for i in range(links)] if gradient else []

    def layers(h):
        for i in range(links):
            h = T.tanh(h * weights[i]) if gradient else h
            mask = stream.bernoulli(p=0.5, size=h.shape, dtype="float32")
            h = sd.ifelse(conditions[0 if same else i], h * mask, h)
        return h

    h = sd.scan(layers, x)[0] if in_scan else layers(x)
    outputs = sd.grad(h.sum(), weights) if gradient else [h]
    return [x, *conditions, *weights], outputs


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("same", [True, False])
def test_work_does_not_double(same, gradient, backend):
    """A link more is not twice the work: sizes behind every link are asked for once."""
    counts = []
    for links in (6, 12):
        inputs, outputs = dropout_chain(links, same, gradient, False)
        counts.append(calls(lambda: sd.function(inputs, outputs, backend=backend))[0])  # noqa: B023
    assert counts[1] < max(6 * counts[0], KEPT)


@pytest.mark.parametrize("backend", BACKENDS)
def test_products_in_choices_of_a_loop(backend):
    """Of several products that follow each other in a step, some may stay in the loop; what they need is not lost."""
    x, c, weights = T.dmatrix("x"), T.bscalar("c"), [T.dmatrix("a"), T.dmatrix("b")]

    def step(row):
        for w in weights:
            row = sd.ifelse(c, T.tanh(row @ w), row)
        return row

    f = sd.function([x, c, *weights], sd.grad((sd.scan(step, x)[0] ** 2).sum(), weights), backend=backend)
    rows, eye = np.ones((3, 2)), np.eye(2)
    assert not any(g.any() for g in f(rows, 0, eye, eye))
    inner, outer = np.tanh(1.0), np.tanh(np.tanh(1.0))
    to_outer = 3 * 2 * outer * (1 - outer**2) * inner
    to_inner = 3 * 2 * outer * (1 - outer**2) * (1 - inner**2)
    for got, wanted in zip(f(rows, 1, eye, eye), (to_inner, to_outer), strict=True):
        np.testing.assert_allclose(got, np.full((2, 2), wanted))


@pytest.mark.parametrize("backend", BACKENDS)
def test_choices_in_choices(backend):
    """The manner of ``elif``: branches in branches, whose links are looked at once each."""
    x = T.dvector("x")

    def chain(links):
        flags = [T.bscalar(f"c{i}") for i in range(links)]
        value = x
        for i in reversed(range(links)):
            value = sd.ifelse(flags[i], T.sin(x * (i + 1)), value)
        return calls(lambda: sd.function([x, *flags], value, backend=backend))

    (few, _), (many, f) = chain(5), chain(10)
    assert many < max(6 * few, KEPT)
    np.testing.assert_allclose(f([1.0], *[0] * 7, 1, 1, 1), [np.sin(8.0)], rtol=1e-14)


def nodes(graph):
    """How many nodes a graph has, those of the graphs it holds among them."""
    inner = (body for node in graph.nodes() for body in bodies(node).values())
    return len(graph.nodes()) + sum(map(nodes, inner))


@pytest.mark.parametrize("in_scan", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("gradient", [False, True])
@pytest.mark.parametrize("same", [True, False])
def test_graphs_of_two_hundred_links(same, gradient, in_scan):
    """Four times the layers are four times the nodes at every stage, and two hundred are compiled and run."""
    counts = {}
    for links in (50, 200):
        inputs, outputs = dropout_chain(links, same, gradient, in_scan)
        f = sd.function(inputs, outputs, backend="numpy")
        counts[links] = {stage: nodes(graph) for stage, graph in f.stages.graphs().items()}
    assert all(count <= 4.4 * counts[50][stage] for stage, count in counts[200].items())
    x, switches = np.ones((2, 3), "float32"), 1 if same else 200
    off = f(x, *[0] * switches, *[1.0] * (len(inputs) - 1 - switches))
    assert all(np.isfinite(value).all() for value in off)
    if not gradient:
        np.testing.assert_array_equal(off[0], x)


@pytest.mark.slow
@pytest.mark.parametrize("same", [True, False])
def test_two_hundred_links_natively(same):
    """The same in native code, dropping nothing."""
    inputs, outputs = dropout_chain(200, same, True, False)
    f, g = (sd.function(inputs, outputs, backend=backend) for backend in BACKENDS)
    values = (np.ones((2, 3), "float32"), *[0] * (1 if same else 200), *[1.0] * 200)
    for one, other in zip(f(*values), g(*values), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
