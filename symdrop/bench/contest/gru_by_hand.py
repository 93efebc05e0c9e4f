"""A step of GRU in NumPy, written with care, and its way back.

Read next: gru.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .entry import Array


class ByHand:
    """The step in NumPy: buffers are made once, and only rows of E that were read change.

    Args:
        parameters: E, U, W, b, V, as ``gru.py`` names them; changed in place.
        words: of the sentence.
        rate: of the descent.
        p: with which U and W are dropped at every word; 0 where they are not.
    """

    def __init__(self, parameters: Sequence[Array], words: int, rate: float, p: float) -> None:
        self.E, self.U, self.W, self.b, self.V = parameters
        (vocabulary, embedding), h, steps = self.E.shape, len(self.U), words
        self.dropping, self.steps, self.hidden = p > 0, steps, h
        self.rate, self.p, self.scale = np.float32(rate), np.float32(p), np.float32(1 / (1 - p))
        self.rng, self.rows = np.random.default_rng(5), np.arange(steps)
        self.entered, self.d_entered = np.empty((2, steps, embedding), "float32")
        # What enters the gates from below and from the state; and the derivatives by them.
        self.a, self.u, self.d_a, self.d_u = np.empty((4, steps, 3 * h), "float32")
        self.gates, self.states = np.empty((steps, 3 * h), "float32"), np.zeros((steps + 1, h), "float32")
        self.logits, self.d_states = np.empty((steps, vocabulary), "float32"), np.empty((steps, h), "float32")
        self.d_h, self.one, self.other = np.empty((3, h), "float32")
        self.g_U, self.g_W, self.g_b, self.g_V = map(np.empty_like, (self.U, self.W, self.b, self.V))
        # Per word: the masks, and the weights under them.
        weights = self.U, self.W
        self.kept = [np.empty((steps if self.dropping else 0, *weight.shape), bool) for weight in weights]
        self.masked = [np.empty(keep.shape, "float32") for keep in self.kept]
        self.uniform, self.scaled, self.outer = ([np.empty_like(weight) for weight in weights] for _ in range(3))

    def step(self, x: Array, y: Array) -> Any:
        """One sentence: the loss, and new parameters."""
        np.take(self.E, x, axis=0, out=self.entered, mode="clip")
        self._forward()
        loss = self._softmax(y)
        self._backward()
        gradients = (self.U, self.g_U), (self.W, self.g_W), (self.b, self.g_b), (self.V, self.g_V)
        for value, g in gradients:
            np.subtract(value, np.multiply(g, self.rate, out=g), out=value)
        np.subtract.at(self.E, x, np.multiply(self.d_entered, self.rate, out=self.d_entered))
        return loss

    def _forward(self) -> None:
        if self.dropping:
            for weight, into in zip((self.U, self.W), self.scaled, strict=True):
                np.multiply(weight, self.scale, out=into)
        else:
            np.add(np.matmul(self.entered, self.W, out=self.a), self.b, out=self.a)
        for t in range(self.steps):
            if self.dropping:
                self._drop(t)
                np.add(np.matmul(self.entered[t], self.masked[1][t], out=self.a[t]), self.b, out=self.a[t])
            self._word(t, self.masked[0][t] if self.dropping else self.U)

    def _drop(self, t: int) -> None:
        for k in range(2):
            uniform = self.rng.random(dtype="float32", out=self.uniform[k])
            np.greater_equal(uniform, self.p, out=self.kept[k][t])
            np.multiply(self.scaled[k], self.kept[k][t], out=self.masked[k][t])

    def _word(self, t: int, U: Array) -> None:
        """The unit, on one word."""
        h, a, u, states, one = self.hidden, self.a[t], self.u[t], self.states, self.one
        np.matmul(states[t], U, out=u)
        both, c = self.gates[t, : 2 * h], self.gates[t, 2 * h :]
        np.negative(np.add(a[: 2 * h], u[: 2 * h], out=both), out=both)
        np.reciprocal(np.add(np.exp(both, out=both), 1, out=both), out=both)
        np.add(np.multiply(both[:h], u[2 * h :], out=c), a[2 * h :], out=c)
        np.tanh(c, out=c)
        np.multiply(np.subtract(states[t], c, out=one), both[h:], out=one)
        np.add(one, c, out=states[t + 1])

    def _softmax(self, y: Array) -> Any:
        """The loss, and what it sends back to the states and to V."""
        logits, states = self.logits, self.states
        np.matmul(states[1:], self.V, out=logits)
        np.subtract(logits, logits.max(1, keepdims=True), out=logits)
        right = logits[self.rows, y]
        d = np.exp(logits, out=logits)
        totals = d.sum(1, keepdims=True)
        loss = (np.log(totals[:, 0]) - right).mean()
        np.divide(d, totals * np.float32(self.steps), out=d)
        d[self.rows, y] -= np.float32(1 / self.steps)
        np.matmul(d, self.V.T, out=self.d_states)
        np.matmul(states[1:].T, d, out=self.g_V)
        return loss

    def _backward(self) -> None:
        self.d_h.fill(0)
        for g in (self.g_U, self.g_W) if self.dropping else ():
            g.fill(0)
        for t in reversed(range(self.steps)):
            self._word_back(t, self.masked[0][t] if self.dropping else self.U)
            if self.dropping:
                self._weights_back(t)
        np.sum(self.d_a, 0, out=self.g_b)
        if self.dropping:
            for g in (self.g_U, self.g_W):
                np.multiply(g, self.scale, out=g)
        else:
            np.matmul(self.states[:-1].T, self.d_u, out=self.g_U)
            np.matmul(self.entered.T, self.d_a, out=self.g_W)
            np.matmul(self.d_a, self.W.T, out=self.d_entered)

    def _word_back(self, t: int, U: Array) -> None:
        """The unit's way back, on one word."""
        h, states, d_u, d_h, one, other = self.hidden, self.states, self.d_u[t], self.d_h, self.one, self.other
        r, z, c = self.gates[t].reshape(3, h)
        d_r, d_z, d_c = self.d_a[t].reshape(3, h)
        np.add(d_h, self.d_states[t], out=d_h)
        np.subtract(1, z, out=other)
        np.multiply(np.subtract(states[t], c, out=one), z, out=d_z)
        np.multiply(np.multiply(d_z, other, out=d_z), d_h, out=d_z)
        np.subtract(1, np.multiply(c, c, out=d_c), out=d_c)
        np.multiply(np.multiply(d_c, other, out=d_c), d_h, out=d_c)
        np.multiply(np.subtract(1, r, out=one), r, out=one)
        np.multiply(np.multiply(self.u[t, 2 * h :], d_c, out=d_r), one, out=d_r)
        np.copyto(d_u, self.d_a[t])
        np.multiply(d_c, r, out=d_u[2 * h :])
        np.multiply(d_h, z, out=d_h)
        np.add(np.matmul(U, d_u, out=one), d_h, out=d_h)

    def _weights_back(self, t: int) -> None:
        """The dropped weights' gradients, of one word."""
        pairs = (self.states[t], self.d_u[t], self.g_U), (self.entered[t], self.d_a[t], self.g_W)
        for k, (before, d, g) in enumerate(pairs):
            outer = np.multiply(before[:, None], d, out=self.outer[k])
            np.add(g, np.multiply(outer, self.kept[k][t], out=outer), out=g)
        np.matmul(self.masked[1][t], self.d_a[t], out=self.d_entered[t])
