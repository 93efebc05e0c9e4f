"""``map_variables``: variables replaced wherever they stand; the values are those of Theano 1.0.5."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import GraphTypeError
from symdrop.theano.scan_module import map_variables


def replaced(variable: Any) -> Any:
    """The variable that stands on a tag."""
    return getattr(variable.tag, "replacement", variable)


def test_leaves_and_values() -> None:
    """What depends on nothing replaced stays itself; a replacement is not looked into."""
    a, b, c = T.scalars("abc")
    b.tag.replacement = c
    u = a + b
    (v,) = map_variables(replaced, [u])
    assert v.owner.inputs == [a, c] and u.owner.inputs == [a, b]
    assert map_variables(replaced, [a]) == [a] and map_variables(replaced, []) == []
    inner = T.exp(a)
    inner.tag.replacement = a + a * a
    (w,) = map_variables(replaced, (inner * 2,))
    assert float(w.eval({a: 3.0})) == 24.0


def test_in_loops() -> None:
    """A step that uses a new variable from outside gets it; tags of the step's variables count."""
    x, outer, y, z = T.dvector("x"), T.dscalar("outer"), T.dscalar("y"), T.dscalar("z")
    y.tag.replacement = z
    rows, _ = theano.scan(lambda one: one * y, sequences=x)
    f = theano.function([x, y, z], [rows, *map_variables(replaced, [rows])])
    assert [one.tolist() for one in f([1, 2, 3], 1, 2)] == [[1, 2, 3], [2, 4, 6]]
    factor = outer * (theano.shared(1.0) + T.constant(1))

    def step(one: Any, before: Any) -> Any:
        made = before + one
        made.tag.replacement = factor * (before - one)
        return made

    sums, _ = theano.scan(step, sequences=x, outputs_info=[np.array(0.0)])
    (differences,) = map_variables(replaced, [factor * sums])
    f = theano.function([x, outer], [factor * sums, factor * differences])
    assert [one.tolist() for one in f([1, 2, 3], 0.5)] == [[1, 3, 6], [-1, -3, -6]]


def test_in_ops_of_graphs() -> None:
    """The graph of an op is another one then, with the new inputs that it needs."""
    a, c, d, outer = T.dscalar(), T.dscalar(), T.dscalar(), T.dscalar()
    tripled = a * 3
    tripled.tag.replacement = a * 4 * outer
    op = theano.OpFromGraph([a], [tripled + 1])
    (made,) = map_variables(replaced, [op(c) * d])
    assert float(made.eval({c: 2.0, d: 1.0, outer: 1.0})) == 9.0
    (same,) = map_variables(replaced, [theano.OpFromGraph([a], [T.exp(a)])(c)])
    assert float(same.eval({c: 0.0})) == 1.0
    given = theano.OpFromGraph([a], [tripled], grad_overrides=lambda inputs, g: g)
    with pytest.raises(TypeError, match="gradient of its own"):
        map_variables(replaced, [given(c)])


@pytest.mark.parametrize(("is_updated", "is_replaced"), [(True, True), (True, False), (False, True)])
def test_updates_stay_outside(is_updated: bool, is_replaced: bool) -> None:
    """A loop that would count differently is refused, by the error of Theano; without an update it is none."""
    x, count = T.dvector("x"), theano.shared(1.0, "count")
    if is_updated:
        count.update = count + 1

    def step(one: Any, before: Any) -> Any:
        made = before + one
        if is_replaced:
            made.tag.replacement = count * (before - one)
        return made + count

    sums, _ = theano.scan(step, sequences=x, outputs_info=[np.array(0.0)])
    if is_updated and is_replaced:
        with pytest.raises(NotImplementedError, match="shared variable count, which has an update"):
            map_variables(replaced, [sums])
        return
    expected = [0.0, -1.0, -3.0] if is_replaced else [2.0, 5.0, 9.0]
    assert map_variables(replaced, [sums])[0].eval({x: [1.0, 2.0, 3.0]}).tolist() == expected


def test_refusals() -> None:
    """A replacement is a variable of the same type."""
    y, v = T.dscalar("y"), T.dvector("v")
    for wrong in (v, 3, None, T.fscalar()):
        with pytest.raises(GraphTypeError, match="cannot replace"):
            map_variables(lambda one, wrong=wrong: wrong if one is y else one, [T.exp(y)])
    with pytest.raises(GraphTypeError, match="in a list"):
        map_variables(replaced, y)


def test_random_states_are_borrowed() -> None:
    """``borrow=True`` keeps the object, and what scripts draw from it moves the stream; else it is copied."""
    state = np.random.RandomState(3)
    own, borrowed = theano.shared(state), theano.shared(state, borrow=True)
    assert own.container.storage[0] is not state and borrowed.container.storage[0] is state
    assert borrowed.get_value(borrow=True) is state is borrowed.container.data
    assert own.get_value(borrow=True) is own.container.storage[0] is not own.get_value()
    first = own.get_value(return_internal_type=True).rand()
    assert own.get_value(borrow=True, return_internal_type=True).rand() == first
    other = np.random.RandomState(33)
    own.set_value(other, borrow=True)
    assert own.container.storage[0] is other
    own.set_value(other)
    assert own.container.storage[0] is not other


def test_draws_from_a_borrowed_state_move_the_stream() -> None:
    """Theano's numbers: two of the script's between two of calls."""
    streams = T.shared_randomstreams.RandomStreams(5)
    draw = streams.uniform((2,))
    f = theano.function([], draw)
    f()
    held = draw.rng.get_value(borrow=True)
    held.rand()
    assert held.rand(2).tolist() == pytest.approx([0.54492723, 0.74589407], abs=1e-8)
    assert f().tolist() == pytest.approx([0.59662994, 0.41271582], abs=1e-8)
    assert draw.rng.get_value(borrow=True) is held
    again = pickle.loads(pickle.dumps(f))
    assert again().tolist() == f().tolist()


def test_shared_variables_made_by_their_class() -> None:
    """``SharedVariable(name, type, value, strict)``: the type's ``filter`` decides."""
    Shared = theano.compile.sharedvalue.SharedVariable
    kept = np.array([5.0, 6.0])
    made = Shared(name="u", type=T.dvector, value=[1, 2], strict=False)
    assert made.get_value().tolist() == [1.0, 2.0] and made.name == "u" and made.type == T.dvector
    assert isinstance(made, Shared) and isinstance(theano.shared(1), Shared)
    assert Shared("w", T.dvector, kept, False).get_value(borrow=True) is kept
    assert Shared("f", T.fvector, np.array([1.5]), False, allow_downcast=True).get_value().tolist() == [1.5]
    other = Shared("v", T.dvector, None, None, container=made.container)
    made.set_value([3, 4])
    assert other.get_value().tolist() == [3.0, 4.0] and float(T.sum(made + other).eval()) == 14.0
    for value, strict in (({}, False), ([1, 2], True), (None, False)):
        with pytest.raises(TypeError):
            Shared("u", T.dvector, value, strict)
    with pytest.raises(TypeError):
        Shared("u", T.fvector, np.array([1.1]), False)
    with pytest.raises(ValueError, match="text"):
        made.set_value("adsf")


def test_updates_are_of_shared_variables() -> None:
    """Anything else is a TypeError at once; a variable with two updates a KeyError."""
    updates, more = theano.updates.OrderedUpdates(), theano.updates.OrderedUpdates()
    words = theano.shared("words")
    with pytest.raises(TypeError):
        theano.updates.OrderedUpdates({"d": 3})
    for key in (5, T.vector()):
        with pytest.raises(TypeError):
            updates[key] = 7
    updates[words] = 5
    assert len(updates + more) == len(updates + updates) == 1 and (updates + more)[words] == 5
    more[words] = 8
    with pytest.raises(KeyError):
        updates + more
    assert isinstance(theano.scan(lambda k: k, T.arange(3))[1], theano.updates.OrderedUpdates)


def test_keys_of_outputs_are_text() -> None:
    """Other keys are an AssertionError, as in Theano."""
    x = T.scalar("x")
    for outputs in ({1.0: x}, {1.0: x, "a": x**2}, {(1, "b"): x}):
        with pytest.raises(AssertionError):
            theano.function([x], outputs)


def test_jacobians_use_what_they_are_of() -> None:
    """An input that only the expression needs is no unused one where its derivative is."""
    x, y = T.scalars("x", "y")
    assert float(theano.function([x], T.jacobian(x * 2, x))(0.3)) == 2.0
    assert float(theano.function([y], T.jacobian(x + 1, y, disconnected_inputs="ignore"))(1.0)) == 0.0
    v = T.vector("v")
    assert theano.function([v], T.hessian(T.sum(v), v))([1.0, 2.0]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
