"""A language model over sentences of any length: padded batches, a mask, and one compiled function for all of them.

What to look for: sentences of about the same length share a batch; what is filled up is masked in the loop and in the
loss. No length is compiled anew. Dropout acts on words, on the states and between the steps, with one mask a
sentence.

    python 22_sentences.py

It reads symdrop's own pages; every fifth sentence is held out. Under two minutes.

Source: S. Merity, N. S. Keskar and R. Socher, "Regularizing and optimizing LSTM language models", ICLR 2018.
"""

import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np

import symdrop as sd
import symdrop.tensor as T

EPOCHS, SIZE, BATCH, LONGEST, P = int(sys.argv[1]) if len(sys.argv) > 1 else 10, 96, 32, 40, 0.2

text = "\n\n".join(page.read_text(encoding="utf-8") for page in sorted(Path(__file__).parents[1].glob("docs/**/*.md")))
prose = re.sub(r"```.*?```|^[|#].*?$", " ", text, flags=re.S | re.M)
sentences = [re.findall(r"[a-z]+|[0-9]+|[,:;]", s.lower()) for s in re.split(r"[.!?]\s|\n\n", prose)]
sentences = [s[:LONGEST] for s in sentences if len(s) > 3]
counts = Counter(word for s in sentences for word in s)
words = ["<end>", "<rare>"] + [word for word, count in counts.most_common() if count > 2]
number = {word: i for i, word in enumerate(words)}
codes = [np.array([0, *(number.get(word, 1) for word in s), 0], "int32") for s in sentences]
seen, unseen = [s for i, s in enumerate(codes) if i % 5], [s for i, s in enumerate(codes) if not i % 5]


def batches(sentences, rng=None):
    """Words, next words and a mask, each of shape (length, batch); batches hold sentences of like lengths."""
    by_length = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    groups = [by_length[i : i + BATCH] for i in range(0, len(by_length), BATCH)]
    for group in groups if rng is None else rng.permutation(np.array(groups, dtype=object)):
        length = max(len(sentences[i]) for i in group)
        x = np.zeros((length, len(group)), "int32")
        mask = np.zeros((length, len(group)), "float32")
        for column, i in enumerate(group):
            x[: len(sentences[i]), column] = sentences[i]
            mask[: len(sentences[i]), column] = 1
        yield x[:-1], x[1:], mask[1:]


stream = sd.RandomStream(seed=0)
embedding = sd.shared(np.random.default_rng(0).normal(0, 0.1, (len(words), SIZE)).astype("f"), name="embedding")
bias = sd.shared(np.zeros(len(words), "f"), name="bias")
cell = sd.nn.LSTM(SIZE, SIZE, seed=1)
x, y, mask = T.imatrix("x"), T.imatrix("y"), T.fmatrix("mask")
states, _ = cell(embedding[x], mask=mask, input_dropout=P, output_dropout=P, weight_dropout=P, stream=stream)
# The table of the words going in is that of the words coming out.
lost = T.nnet.softmax_crossentropy(states @ embedding.T + bias, y) * mask
loss = lost.sum() / mask.sum()

parameters = [embedding, bias, *cell.parameters]
updates = sd.optim.adam(loss, parameters, rate=4e-3, before=[sd.optim.clip_by_global_norm(1.0)])
train = sd.function([x, y, mask], loss, updates=updates, training=True)
test = sd.function([x, y, mask], [lost.sum(), mask.sum()], training=False)


def perplexity(sentences):
    """Between how many words the model hesitates."""
    total, number = np.sum([[float(v) for v in test(*batch)] for batch in batches(sentences)], axis=0)
    return float(np.exp(total / number))


ahead = np.concatenate([s[1:] for s in seen])
share = (np.bincount(ahead, minlength=len(words)) + 1) / (len(ahead) + len(words))
alone = float(np.exp(-np.mean(np.log(share[np.concatenate([s[1:] for s in unseen])]))))
lengths = {batch[0].shape for batch in batches(codes)}
print(f"{len(seen)} sentences, {len(words)} words, {len(lengths)} shapes of batches; by frequency alone: {alone:.1f}")
rng = np.random.default_rng(0)
for epoch in range(1, EPOCHS + 1):
    losses = [float(train(*batch)) for batch in batches(seen, rng)]
    print(f"epoch {epoch}   perplexity {np.exp(np.mean(losses)):6.1f} in training, {perplexity(unseen):6.1f} held out")
print(f"compiled {train.compile_count} time")
assert perplexity(unseen) < (0.5 * alone if EPOCHS >= 10 else 1.2 * alone) and train.compile_count == 1
