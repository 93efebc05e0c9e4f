"""Word vectors from neighbours, skip-gram with negative sampling: a step touches only the rows that it looked up.

What to look for: the gradient is taken by the rows that were looked up, not by the table, and `inc_subtensor` writes
them back into it; repeated words add up. Such a step takes the same time for any number of words.

    python 21_word_vectors.py

It reads symdrop's own pages, two pages of every ten are held out. Half a minute.

Source: T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean, "Distributed representations of words and phrases
and their compositionality", NeurIPS 2013.
"""

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np

import symdrop as sd
import symdrop.tensor as T

EPOCHS, SIZE, WINDOW, NEGATIVES, BATCH, RATE = int(sys.argv[1]) if len(sys.argv) > 1 else 5, 64, 4, 8, 256, 0.05

pages = [page.read_text(encoding="utf-8").lower() for page in sorted(Path(__file__).parents[1].glob("docs/**/*.md"))]
pages = [re.findall(r"[a-z][a-z0-9_]+", page) for page in pages]
counts = Counter(word for page in pages for word in page)
words = [word for word, count in counts.most_common() if count >= 5]
number = {word: i for i, word in enumerate(words)}
frequency = np.array([counts[word] for word in words], "float64")
rng = np.random.default_rng(0)


def pairs(chosen):
    """(word, neighbour) for every word of some pages; frequent words are left out of most of their places."""
    keep = np.minimum(1, np.sqrt(1e-3 * frequency.sum() / frequency))
    found = []
    for page in chosen:
        codes = [number[w] for w in page if w in number and rng.random() < keep[number[w]]]
        for distance in range(1, WINDOW + 1):
            found += [*zip(codes, codes[distance:], strict=False), *zip(codes[distance:], codes, strict=False)]
    return np.array(found, "int32")


learnt = pairs(page for i, page in enumerate(pages) if i % 5)
held_out = pairs(page for i, page in enumerate(pages) if not i % 5)
print(f"{len(words)} words, {len(learnt)} pairs to learn from, {len(held_out)} held out")

E = sd.shared(rng.normal(0, 0.1, (len(words), SIZE)).astype("f"), name="E")
C = sd.shared(np.zeros((len(words), SIZE), "f"), name="C")
stream = sd.RandomStream(seed=0)
word, neighbour, rate = T.ivector("word"), T.ivector("neighbour"), T.fscalar("rate")
noise = frequency**0.75
others = stream.choice(a=len(words), p=noise / noise.sum(), size=(NEGATIVES,))  # strangers for the whole batch

w, c, o = E[word], C[neighbour], C[others]
near, far = (w * c).sum(axis=1), w @ o.T
loss = T.nnet.softplus(-near).sum() + T.nnet.softplus(far).sum()
gw, gc, go = sd.grad(loss, [w, c, o])
moved = T.inc_subtensor(C[neighbour], -rate * gc)
updates = {E: T.inc_subtensor(E[word], -rate * gw), C: T.inc_subtensor(moved[others], -rate * go)}
train = sd.function([word, neighbour, rate], loss / (word.shape[0] * (1 + NEGATIVES)), updates=updates)
score = sd.function([word, neighbour], near)


def told_apart():
    """How often a true neighbour scores higher than another word's: 0.5 by chance."""
    strangers = rng.permutation(held_out[:, 1])
    true, false = score(*held_out.T.copy()), score(held_out[:, 0].copy(), strangers)
    return float((true > false).mean())


steps = EPOCHS * -(-len(learnt) // BATCH)
done = 0
for epoch in range(1, EPOCHS + 1):
    losses = []
    for batch in sd.data.minibatches(learnt, BATCH, epoch):
        losses.append(float(train(*batch.T.copy(), RATE * (1 - done / steps))))
        done += 1
    print(f"epoch {epoch}   loss {np.mean(losses):.4f}   neighbours told from strangers {100 * told_apart():.1f} %")

vectors = E.get_value()
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
for example in ("float32", "gradient", "dropout", "loop"):
    closest = np.argsort(-(vectors @ vectors[number[example]]))[1:6]
    print(f"{example:>10}: {', '.join(words[i] for i in closest)}")
assert EPOCHS < 5 or told_apart() > 0.61
