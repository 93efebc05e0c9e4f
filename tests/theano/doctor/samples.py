"""Scripts of Python 2 as they were written around 2013, for the tests of the doctor; written into folders by them."""

from __future__ import annotations

TRAINING = '''# -*- coding: latin-1 -*-
"""A perceptron of 2013: M\xfcller."""
import cPickle
import os, sys, time
import inspect
from itertools import izip

import numpy
import numpy as np
import theano
import theano.tensor as T
from theano import tensor
from theano.sandbox.rng_mrg import MRG_RandomStreams as RandomStreams
from theano.gof.cmodule import gcc_version
from scipy.misc import logsumexp
import helper


def batches(data, batch_size=20):
    n_train_batches = data.get_value(borrow=True).shape[0] / batch_size
    for i in xrange(n_train_batches):
        yield i

def load(path):
    f = open(path)
    data = cPickle.load(f)
    f.close()
    return data

def save(obj, path):
    with open(path, 'w') as f:
        cPickle.dump(obj, f, protocol=cPickle.HIGHEST_PROTOCOL)

def log(path):
    out = open(path, 'wb')
    out.write('epoch %d\\n' % 3)
    out.close()

class Layer(object):
    def __init__(self, (n_in, n_out), rng):
        self.W = theano.shared(np.asarray(rng.uniform(size=(n_in, n_out)), dtype=theano.config.floatX))

if __name__ == '__main__':
    start = time.clock()
    rng = numpy.random.RandomState(1)
    data = theano.shared(rng.uniform(size=(41, 3)))
    layer = Layer((3, 2), rng)
    x = T.matrix('x')
    f = theano.function([x], tensor.sum(T.dot(x, layer.W)))
    params = {'a': 1, 'b': 2}
    for k, v in sorted(params.iteritems()):
        print k, v,
    print >>sys.stderr, "to the side"
    if params.has_key('a') and 3 <> 4:
        print "batches", list(batches(data)), 7 / 2
    try:
        raise ValueError, "wrong"
    except ValueError, error:
        print `error`, 0777, 10L
    names = params.keys()
    names.sort()
    print names, inspect.getargspec(load)[0], np.int(3), np.product([2, 3]), reduce(lambda a, b: a + b, [1, 2])
    save({'W': layer.W.get_value()}, 'out.pkl'); log('log.txt')
    print load('out.pkl').keys(), sum(a * b for a, b in izip([1, 2], [3, 4])), open('log.txt').read().strip()
    order = range(5)
    rng.shuffle(order)
    half = helper.half(9)
    print len(order), '%.1f' % logsumexp([0.0, 0.0]), half, f(np.ones((1, 3))) > 0
'''

# Blanks and tabs in one block, which Python 2 took for one another.
HELPER = "def half(n):\n\tif n > 0:\n\t    print 'half',\n        return n / 2\n"

PRINTED = (
    "a 1 b 2 batches [0, 1] 3\n"
    "ValueError('wrong') 511 10\n"
    "['a', 'b'] ['path'] 3 6 3\n"
    "['W'] 11 epoch 3\n"
    "half 5 0.7 {half} True\n"
)

MODERN = """import numpy as np
import theano
import theano.tensor as T

x = T.matrix("x")
f = theano.function([x], T.nnet.sigmoid(x).sum())
print(float(f(np.zeros((2, 2)))))
"""
