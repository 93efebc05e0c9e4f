"""The program of an article on dropout in Theano, with no line changed but the first import.

The article drops *weights*: in every step of a recurrent network it multiplies the weight matrices by masks
of zeros and ones while training, and by the probability of keeping while testing; ``ifelse`` chooses.

What to look for: the masks are made inside the step, so each word sees other weights; every function is
given the updates that ``scan`` returns, as the article asks (here they may be left out); nothing is random
at test time. The second way to run it is for any old script, and needs no ``install``.

    python 08_article.py
    python -m symdrop.theano 08_article.py
"""

from __future__ import annotations

import numpy as np

import symdrop.theano

symdrop.theano.install()  # from here on "import theano" means symdrop.theano

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.sandbox.rng_mrg import MRG_RandomStreams

rng = np.random.RandomState(1234)
srng = MRG_RandomStreams(rng.randint(999999))


class Dropout:
    """Weights with a proportion ``drop`` of them missing, or scaled to make up for it."""

    def dropit(self, weight, drop):
        mask = srng.binomial(n=1, p=1 - drop, size=weight.shape, dtype="floatX")
        return T.cast(weight * mask, theano.config.floatX)

    def dont_dropit(self, weight, drop):
        return (1 - drop) * T.cast(weight, theano.config.floatX)

    def dropout_layer(self, weight, drop, train=1):
        return ifelse(T.eq(train, 1), self.dropit(weight, drop), self.dont_dropit(weight, drop))


class GRU:
    """A language model: it reads words and predicts the next one."""

    def __init__(self, words: int, hidden: int, train: int) -> None:
        def weights(name, *shape):
            return theano.shared(rng.uniform(-0.5, 0.5, shape).astype(theano.config.floatX), name=name)

        E, V, b = weights("E", hidden, words), weights("V", words, hidden), weights("b", 3, hidden)
        U, W = (weights(name, 3, hidden, hidden) for name in "UW")
        self.parameters = [E, U, W, V, b]
        x, y, drop_value, dropout = T.ivector("x"), T.ivector("y"), T.scalar("drop_value"), Dropout()

        def step(x_t, s_prev, drop_value, train, E, U, W, b):
            x_e = E[:, x_t]
            U, W = (dropout.dropout_layer(weight, drop_value, train) for weight in (U, W))
            z = T.nnet.sigmoid(U[0].dot(x_e) + W[0].dot(s_prev) + b[0])
            r = T.nnet.sigmoid(U[1].dot(x_e) + W[1].dot(s_prev) + b[1])
            c = T.tanh(U[2].dot(x_e) + W[2].dot(s_prev * r) + b[2])
            return (1 - z) * c + z * s_prev

        others, start = [drop_value, train, E, U, W, b], {"initial": T.zeros(hidden)}
        s, updates = theano.scan(step, sequences=[x], non_sequences=others, outputs_info=[start])
        o = T.nnet.softmax(T.tanh(V.dot(s[-1])))  # a vector goes in, a matrix of one row comes out
        loss = T.nnet.categorical_crossentropy(o, y).mean()
        updates = list(updates.items())
        learned = [(p, p - 0.5 * T.grad(loss, p)) for p in self.parameters]
        self.probabilities = theano.function([x, drop_value], o, updates=updates)
        self.predict_class = theano.function([x, drop_value], T.argmax(o[0]), updates=updates)
        self.sgd_step = theano.function([x, y, drop_value], loss, updates=updates + learned)


layer = rng.uniform(size=(2, 6))
kept = rng.binomial(n=1, p=1 - 0.5, size=layer.shape)
print("a layer in NumPy, half of it dropped:", (layer * kept).round(2).tolist())
dropped = theano.function([], Dropout().dropit(theano.shared(layer), 0.5))()
print("and in Theano's words:               ", dropped.round(2).tolist())

text = "the cat sat on the mat and the dog sat on the cat and the mat".split()
vocabulary = sorted(set(text))
index = np.array([vocabulary.index(word) for word in text], dtype="int32")
pairs = [(index[i : i + 3], index[i + 3 : i + 4]) for i in range(len(index) - 3)]

model, tested = GRU(len(vocabulary), 16, train=1), GRU(len(vocabulary), 16, train=0)
for epoch in range(41):
    losses = [float(model.sgd_step(x, y, 0.1)) for x, y in pairs]
    if epoch % 10 == 0:
        print(f"epoch {epoch:2d}: loss with a tenth of the weights dropped {np.mean(losses):.3f}")
for parameter, trained in zip(tested.parameters, model.parameters, strict=True):
    parameter.set_value(trained.get_value())

words, _ = pairs[0]
print("train = 1, twice:", *(model.probabilities(words, 0.1)[0].round(3).max() for _ in range(2)))
print("train = 0, twice:", *(tested.probabilities(words, 0.1)[0].round(3).max() for _ in range(2)))
right = np.mean([tested.predict_class(x, 0.1) == y[0] for x, y in pairs])
print(f"the cat sat -> {vocabulary[int(tested.predict_class(words, 0.1))]}; {right:.0%} of the words are predicted")
assert right > 0.5
