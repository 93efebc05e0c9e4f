"""theano.grad and its kin: what they give and refuse; constants, ties, integers, disconnected inputs."""

import numpy as np


def answers(run):
    T = run.T
    x, y = run.input("vector", [1.0, 2.0], "x"), run.input("vector", [3.0, -1.0], "y")
    w, k = run.theano.shared(np.array([0.5, 2.0]), "w"), run.input("ivector", [2, 3], "k")
    cost = T.sum(x * x * y)
    cost.name = "cost"
    return run.each(
        """
        T.grad(cost, x)
        T.grad(cost, [x, y])[1]
        type(T.grad(cost, [x, y])).__name__
        type(T.grad(cost, (x, y))).__name__
        len(T.grad(cost, [x]))
        T.grad(cost=cost, wrt=y)
        theano.grad(cost, x)
        theano.gradient.grad(cost, x)
        T.grad(cost, x).dtype
        T.grad(cost, x).name
        T.grad(T.sum(w * x), w)
        T.grad(cost + T.sum(y), y)
        T.grad(T.grad(cost, x).sum(), x)
        refused(lambda: T.grad(x, x))
        refused(lambda: T.grad(cost, 3))
        refused(lambda: T.grad(cost, w))
        T.grad(cost, w, disconnected_inputs="ignore")
        warns(lambda: T.grad(cost, w, disconnected_inputs="warn"))
        T.grad(cost, [x, w], disconnected_inputs="ignore")[1]
        T.grad(cost, w, disconnected_inputs="ignore", return_disconnected="None")
        T.grad(cost, x, consider_constant=[y])
        T.grad(T.sum(x * (x * 2)), x)
        refused(lambda: T.grad(T.mean(x) * T.argmax(x), k))
        T.grad(cost, x, add_names=False).name
        T.grad(T.constant(2.0) * x.sum(), x)
        T.grad(x[0], x)
        T.grad(T.sum(k * x), x)
        T.grad(T.sum(k * x), k)
        T.grad(T.sum(2.0 * k), k).dtype
        T.grad(T.sum(k), k)
        T.grad(T.sum(T.cast(x, "int32") * x), x)
        T.grad(T.sum((x > 1) * x), x)
        T.grad(T.sum(T.floor(x) * x), x)
        T.grad(T.sum(x * T.argmax(x)), x)
        T.grad(T.sum(x[k - 2] ** 2), x)
    """,
        x=x,
        y=y,
        w=w,
        k=k,
        cost=cost,
    )


def zeros_through_steps(run):
    """Floors, signs and the like are connected, and their gradients are zeros."""
    x = run.input("vector", [1.25, -2.5])
    return run.each(
        """
        T.grad(T.sum(T.floor(x)), x)
        T.grad(T.sum(T.ceil(x)), x)
        T.grad(T.sum(T.round(x)), x)
        T.grad(T.sum(T.sgn(x)), x)
        T.grad(T.sum(T.trunc(x)), x)
        T.grad(T.sum(T.zeros_like(x) * x), x)
        T.grad(T.sum(T.cast(x > 0, floatX)), x, disconnected_inputs="ignore")
        T.grad(T.sum(x // 1), x)
    """,
        x=x,
    )


def constants(run):
    T, gradient = run.T, run.theano.gradient
    x = run.input("vector", [1.0, -2.0, 3.0])
    known = T.vector("known")
    y = x * 2
    return run.each(
        """
        T.grad(T.sum(gradient.consider_constant(x) * x), x)
        T.grad(T.sum(gradient.disconnected_grad(x) * x), x)
        T.grad(T.sum(gradient.zero_grad(x) * x), x)
        refused(lambda: T.grad(T.sum(gradient.disconnected_grad(x)), x))
        T.grad(T.sum(gradient.zero_grad(x)), x)
        T.grad(T.sum(gradient.grad_clip(x, -1, 1) * np.array([5.0, -5.0, 0.5])), x)
        T.grad(T.sum(gradient.grad_scale(x, 3) ** 2), x)
        gradient.grad_clip(x, -1, 1)
        gradient.disconnected_grad(x)
        T.grad(None, x, known_grads={y: T.ones_like(y)})
        T.grad(cost=None, wrt=x, known_grads={y: y})
        T.grad(T.sum(y ** 2), x, known_grads={y: T.ones_like(y)})
        T.grad(T.sum(y * x), x, consider_constant=[y])
        T.grad(T.sum(gradient.zero_grad(y) + y), x)
    """,
        x=x,
        y=y,
        known=known,
        gradient=gradient,
    )


def jacobians(run):
    x, v = run.input("vector", [1.0, 2.0, 0.5]), run.input("vector", [1.0, -1.0, 2.0])
    m = run.input("matrix", [[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]])
    w = run.input("vector", [1.0, 2.0])
    return run.each(
        """
        theano.gradient.jacobian(x ** 2, x)
        T.jacobian(T.dot(m, x), x)
        theano.gradient.jacobian(x * x[0], [x])[0]
        theano.gradient.hessian(T.sum(x ** 3), x)
        T.hessian(T.sum(x ** 2 * x[0]), x)
        T.Rop(T.dot(m, x), x, v)
        T.Rop(x ** 2, x, v)
        T.Lop(T.dot(m, x), x, w)
        T.Lop(T.dot(m, x), m, w)
        theano.gradient.Rop(T.tanh(x), x, v)
        theano.Rop(x ** 3, x, v)
        theano.Lop(x ** 3, x, v)
        T.Rop([x ** 2, x * 3], [x], [v])[1]
        theano.gradient.jacobian(T.dot(m, x) ** 2, x)
    """,
        x=x,
        v=v,
        m=m,
        w=w,
    )


def models(run):
    """The gradients of a small network, in training steps."""
    theano, T = run.theano, run.T
    rng = np.random.RandomState(0)
    w = theano.shared(rng.normal(size=(3, 4)).astype(run.floatX), "w")
    b = theano.shared(np.zeros(4, run.floatX), "b")
    x, y = T.matrix("x"), T.ivector("y")
    p = T.nnet.softmax(T.dot(T.tanh(x), w) + b)
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y])
    grads = T.grad(cost, [w, b])
    step = theano.function(
        [x, y], cost, updates=[(q, q - np.asarray(0.5, run.floatX) * g) for q, g in [(w, grads[0]), (b, grads[1])]]
    )
    xs, ys = rng.normal(size=(5, 3)).astype(run.floatX), np.array([0, 1, 2, 3, 1], "int32")
    costs = [step(xs, ys) for _ in range(3)]
    predict = theano.function([x], T.argmax(p, axis=1))
    return {"costs": costs, "w": w.get_value(), "b": b.get_value(), "predicted": predict(xs)}


def optimizers(run):
    """Momentum, rmsprop and adam, as scripts write them."""
    theano, T = run.theano, run.T
    made = {}
    for rule in (_momentum, _rmsprop, _adam, _adadelta):
        w = theano.shared(np.array([1.0, -2.0, 0.5], run.floatX), "w")
        cost = T.sum(T.sqr(w - 1) * np.array([1.0, 2.0, 3.0], run.floatX))
        step = theano.function([], cost, updates=rule(theano, T, cost, w, run.floatX))
        made[rule.__name__] = [step() for _ in range(4)]
        made[f"w after {rule.__name__}"] = w.get_value()
    return made


def _momentum(theano, T, cost, w, floatX):
    v = theano.shared(w.get_value() * 0.0)
    step = np.float32(0.9) * v - np.float32(0.1) * T.grad(cost, w)
    return [(v, step), (w, w + step)]


def _rmsprop(theano, T, cost, w, floatX):
    acc, g = theano.shared(w.get_value() * 0.0), T.grad(cost, w)
    new = 0.9 * acc + (1 - 0.9) * g**2
    return [(acc, new), (w, w - 0.01 * (g / T.sqrt(new + 1e-6)))]


def _adam(theano, T, cost, w, floatX):
    i = theano.shared(np.asarray(0.0, floatX))
    m, v, g = theano.shared(w.get_value() * 0.0), theano.shared(w.get_value() * 0.0), T.grad(cost, w)
    t = i + 1.0
    new_m, new_v = 0.1 * g + 0.9 * m, 0.001 * T.sqr(g) + 0.999 * v
    rate = 0.1 * (T.sqrt(1.0 - 0.999**t) / (1.0 - 0.9**t))
    return [(i, t), (m, new_m), (v, new_v), (w, w - rate * new_m / (T.sqrt(new_v) + 1e-8))]


def _adadelta(theano, T, cost, w, floatX):
    zeros = w.get_value() * np.asarray(0.0, floatX)
    ups, squares, g = theano.shared(zeros), theano.shared(zeros), T.grad(cost, w)
    new = 0.95 * squares + 0.05 * (g**2)
    up = -T.sqrt(ups + 1e-6) / T.sqrt(new + 1e-6) * g
    return [(squares, new), (ups, 0.95 * ups + 0.05 * (up**2)), (w, w + up)]


def checks(run):
    """verify_grad, as Theano's tests and scripts call it."""
    rng = np.random.RandomState(0)
    return run.each(
        """
        theano.gradient.verify_grad(lambda x: T.tanh(x), [np.array([0.5, 1.0])], rng=rng)
        T.verify_grad(lambda x, y: x * y, [np.array([0.5, 1.0]), np.array([2.0, 3.0])], n_tests=1, rng=rng)
        theano.tests.unittest_tools.verify_grad(lambda x: x ** 2, [np.array([0.5, 1.0])], rng=rng)
    """,
        rng=rng,
    )
