"""Policy gradient: a pole is balanced by actions that the graph itself draws.

What to look for: a whole game is one scan. In every step the policy draws an action from its probabilities, the cart
moves by its equations, and the states stay in the graph; the gradient goes through the logarithm of the probability
of what was drawn and through nothing else. Thousands of games are played side by side, one native call for all of
them.

    python 16_policy_gradient.py

Source: R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning",
Machine Learning 8, 1992. The cart: A. G. Barto, R. S. Sutton and C. W. Anderson, IEEE Trans. SMC 13(5), 1983.
"""

import sys

import numpy as np

import symdrop as sd
import symdrop.tensor as T

UPDATES, GAMES, LENGTH = int(sys.argv[1]) if len(sys.argv) > 1 else 40, 64, 200
rng, stream = np.random.default_rng(0), sd.RandomStream(seed=0)
W = sd.shared(rng.normal(0, 0.5, (4, 32)).astype("f"), name="W")
b = sd.shared(np.zeros(32, "f"), name="b")
V = sd.shared(rng.normal(0, 0.1, (32, 2)).astype("f"), name="V")


def scores(state):
    """How much the policy is for pushing left and right: (games, 4) -> (games, 2)."""
    return T.tanh(state @ W + b) @ V


def push(state, force):
    """A fiftieth of a second later; states are position, speed, angle, angular speed."""
    speed, angle, turning = (state[:, i] for i in (1, 2, 3))
    sine, cosine = T.sin(angle), T.cos(angle)
    pull = (force + 0.05 * turning**2 * sine) / 1.1
    bend = (9.8 * sine - cosine * pull) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
    slide = pull - 0.05 * bend * cosine / 1.1
    return state + 0.02 * T.stack([speed, slide, turning, bend], axis=1)


def play(state, alive):
    """One step of all games: the action is drawn, and the logarithm of its probability is what is learnt from."""
    logits = scores(state)
    action = stream.choice(a=2, p=T.nnet.softmax(logits))
    log_p = T.nnet.log_softmax(logits)[T.arange(GAMES), action]
    after = push(state, T.where(T.eq(action, 1), 10.0, -10.0))
    stands = T.lt(abs(after[:, 0]), 2.4) & T.lt(abs(after[:, 2]), 0.209)
    # A game that is over stays where it ended, so that nothing grows without bound.
    return T.where(stands[:, None], after, state), alive * stands, alive * log_p


first = stream.uniform(size=(GAMES, 4), low=-0.05, high=0.05)
(_, alive, log_p), _ = sd.scan(play, outputs_info=[first, T.ones((GAMES,)), None], n_steps=LENGTH)

# A point for every step that the pole stands, and for a step what comes after it, against the other games' mean.
to_come = T.cumsum(alive[::-1], axis=0)[::-1]
advantage = to_come - to_come.mean(axis=1, keepdims=True)
advantage = sd.stop_gradient(advantage / (to_come.std() + 1e-6))
loss = -(log_p * advantage).sum() / GAMES / LENGTH
length = alive.sum() / GAMES

train = sd.function([], length, updates=sd.optim.adam(loss, [W, b, V], rate=0.02))
for update in range(UPDATES):
    lasted = float(train())
    if update % max(1, UPDATES // 8) == 0:
        print(f"update {update:4}   the pole stands for {lasted:5.1f} of {LENGTH} steps")
final = float(sd.function([], length)())
print(f"after {UPDATES} updates: {final:.1f} steps")
assert final > (190 if UPDATES >= 40 else 10)
