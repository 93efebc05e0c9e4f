"""Text: vocabularies go both ways, and batches of a text continue each other."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdrop.data import MissingDataError, TextBatches, Vocabulary, read_text, words
from symdrop.errors import ArgumentError, DataError, GraphTypeError

# Letters of one to four bytes, of words and between them, and what separates lines.
SIGNS = "abcäßé_19 .,'\"\t\n\r\u2028\u00a0\u200d€漢😀\u0301"


@given(st.text(SIGNS, min_size=1))
def test_characters_go_both_ways(text):
    """Whatever signs a text has."""
    vocabulary = Vocabulary.of_text(text)
    numbers = vocabulary.encode(text)
    assert numbers.dtype == np.int32 and vocabulary.decode(numbers) == text
    assert sorted(vocabulary.tokens) == sorted(set(text))
    counts = [text.count(token) for token in vocabulary.tokens]
    assert counts == sorted(counts, reverse=True)
    assert pickle.loads(pickle.dumps(vocabulary)).encode(text).tolist() == numbers.tolist()


@given(st.text(SIGNS))
def test_words_are_all_that_is_no_white_space(text):
    assert "".join(words(text)) == "".join(text.split())
    vocabulary = Vocabulary.of_text(text, by="word")
    assert words(vocabulary.decode(vocabulary.encode(text))) == words(text)


def test_rare_words_are_unknown():
    """A vocabulary is cut by the number of its tokens or by how often they occur."""
    text = "a a a b b c d <unk>"
    vocabulary = Vocabulary.of_text(text, "word", most=3, unknown="<unk>")
    assert vocabulary.tokens == ("<unk>", "a", "b") and len(vocabulary) == 3
    assert vocabulary.encode("a z b").tolist() == [1, 0, 2] and vocabulary.decode([1, 0]) == "a <unk>"
    assert Vocabulary.of_text(text, "word", least=2).tokens == ("a", "b")
    with pytest.raises(ArgumentError, match="'z' is none of the 2 tokens; a vocabulary with unknown="):
        Vocabulary(("a", "b")).encode("az")


@given(n=st.integers(2, 60), size=st.integers(1, 5), steps=st.integers(1, 9), steps_first=st.booleans())
def test_rows_of_batches_continue_each_other(n, size, steps, steps_first):
    """Behind every token stands the one that follows it in the text, also from one batch to the next."""
    if n <= size:
        return
    batches = TextBatches(np.arange(n), size=size, steps=steps, steps_first=steps_first)
    whole = list(batches.epoch(3))
    assert len(whole) == len(batches)
    axis = 0 if steps_first else 1
    tokens, following = (np.concatenate(parts, axis) for parts in zip(*whole, strict=True))
    np.testing.assert_array_equal(following, tokens + 1)
    rows = tokens.T if steps_first else tokens
    assert len(rows) == size
    np.testing.assert_array_equal(rows.ravel(), np.arange(rows.size))
    assert n - rows.size <= size
    for one, other in zip(batches.epoch(0, 1), whole[1:], strict=True):
        np.testing.assert_array_equal(one, other)
        assert all(part.flags.c_contiguous and part.base is None for part in one)


def test_texts_of_files(tmp_path):
    """UTF-8, packed or not, up to a bound; the place of what is no UTF-8 is told."""
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffné\r\nb".encode())
    assert read_text(path) == "né\r\nb"
    path.write_bytes(gzip.compress("né".encode()))
    assert read_text(str(path)) == "né"
    with pytest.raises(DataError, match=r"text\.txt: too long: more than most=2 bytes"):
        read_text(path, most=2)
    path.write_bytes(b"one\ntw\xff")
    with pytest.raises(DataError, match="line 2 has the byte 0xff"):
        read_text(path)
    with pytest.raises(MissingDataError, match="no such file; expected a text"):
        read_text(tmp_path / "none")


REFUSED = {
    "twice": (lambda: Vocabulary(("a", "b", "a")), ArgumentError, "'a' occurs twice"),
    "no tuple": (lambda: Vocabulary("abc"), GraphTypeError, "a tuple of strings, not 'abc'"),
    "by": (lambda: Vocabulary(("a",), by="letter"), ArgumentError, "'character' or 'word', not 'letter'"),
    "unknown": (lambda: Vocabulary(("a",), unknown="u"), ArgumentError, "'u' is not among the tokens"),
    "number": (lambda: Vocabulary(("a",)).decode([0, 1]), ArgumentError, "1 is the number of no token"),
    "half": (lambda: Vocabulary(("a",)).decode([0.5]), GraphTypeError, "a row of integers"),
    "bytes": (lambda: Vocabulary.of_text(b"abc"), GraphTypeError, "a text is a string"),
    "most": (lambda: Vocabulary.of_text("abc", most=0), ArgumentError, "most is 0"),
    "few": (lambda: TextBatches([1, 2], size=2, steps=1), ArgumentError, "2 tokens are too few for size=2"),
    "matrix": (lambda: TextBatches([[1, 2]], size=1, steps=1), GraphTypeError, "a row of integers"),
    "steps": (lambda: TextBatches([1, 2], size=1, steps=0), ArgumentError, "steps is 0"),
    "start": (lambda: TextBatches([1, 2], size=1, steps=1).epoch(0, 2), ArgumentError, "an epoch has 1 batches"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_arguments_are_told_when_given(case):
    make, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message):
        make()


def test_tokens_with_signs_stay_whole():
    """ "<unk>" was cut into three, so that an encoded text did not come back from its decoded one."""
    vocabulary = Vocabulary(("<unk>", "<s>", "the", "cat", "<"), by="word", unknown="<unk>")
    numbers = vocabulary.encode("<s> the dog<s>cat < <unk>")
    assert numbers.tolist() == [1, 2, 0, 1, 3, 4, 0]
    assert vocabulary.encode(vocabulary.decode(numbers)).tolist() == numbers.tolist()
    letters = Vocabulary(("a", "b", "<unk>"), unknown="<unk>")
    assert letters.encode("ab<unk>c").tolist() == [0, 1, 2, 2]
    made = Vocabulary.of_text("the <unk> the <unk> cat", by="word", unknown="<unk>")
    assert made.tokens == ("<unk>", "the", "cat") and made.encode("cat <unk>").tolist() == [2, 0]
