"""Text as numbers: vocabularies of characters and words, and batches in which a text goes on.

Read next: digits.py
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from .epochs import Batch
from .reading import MOST, path_of, text_of
from .rows import count_of

# Letters and digits that stand together, or one sign.
WORD = re.compile(r"\w+|[^\w\s]")


@public
def read_text(path: str | os.PathLike[str], *, most: int = MOST) -> str:
    """The text of a file in UTF-8, gzipped or not.

    Args:
        path: the file.
        most: how many bytes it may have, unpacked.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it cannot be read, is damaged, longer, or no UTF-8.
        GraphTypeError: if ``path`` is no path.
    """
    return text_of(path_of("read_text", path), "a text", count_of("read_text", "most", most))


@public
def words(text: str) -> list[str]:
    """The words and signs of a text, in order; white space is left out.

    Example:
        >>> words("It's 3 o'clock.")
        ['It', "'", 's', '3', 'o', "'", 'clock', '.']
    """
    return WORD.findall(text)


@public
@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The tokens of texts, characters or words, numbered from 0.

    Args:
        tokens: in the order of their numbers.
        by: "character" or "word": how a text is cut into tokens.
        unknown: the token that stands for those that are not in the vocabulary; without one they are refused.

    Raises:
        ArgumentError: if a token occurs twice, or ``unknown`` is none of them.

    Example:
        >>> vocabulary = Vocabulary.of_text("to be or not to be", by="word")
        >>> vocabulary.tokens
        ('be', 'to', 'not', 'or')
        >>> vocabulary.encode("not to be")
        array([2, 1, 0], dtype=int32)
        >>> vocabulary.decode([2, 1, 0])
        'not to be'
    """

    tokens: tuple[str, ...]
    by: Literal["character", "word"] = "character"
    unknown: str | None = None

    def __post_init__(self) -> None:
        given: Any = self.tokens
        if isinstance(given, str) or not all(isinstance(token, str) for token in self.tokens):
            raise GraphTypeError(f"Vocabulary: tokens are a tuple of strings, not {shown(self.tokens)}{here()}")
        object.__setattr__(self, "tokens", tuple(self.tokens))
        if self.by not in ("character", "word"):
            raise ArgumentError(f"Vocabulary: by is 'character' or 'word', not {shown(self.by)}{here()}")
        if len(self._numbers) < len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ArgumentError(f"Vocabulary: the token {shown(twice)} occurs twice{here()}")
        if self.unknown is not None and self.unknown not in self._numbers:
            raise ArgumentError(f"Vocabulary: unknown={shown(self.unknown)} is not among the tokens{here()}")

    @classmethod
    def of_text(
        cls,
        text: str,
        by: Literal["character", "word"] = "character",
        *,
        most: int | None = None,
        least: int = 1,
        unknown: str | None = None,
    ) -> Vocabulary:
        """The tokens of a text, the commonest first, those that are as common in alphabetical order.

        Args:
            text: what is counted.
            by: how it is cut into tokens.
            most: how many tokens to keep, ``unknown`` included; all if None.
            least: how often a token must occur.
            unknown: the token, such as "<unk>", for those that are not kept; it has the number 0.
        """
        if not isinstance(text, str):
            raise GraphTypeError(f"Vocabulary.of_text: a text is a string, not {shown(text)}{here()}")
        count_of("Vocabulary.of_text", "least", least)
        own = () if unknown is None else (unknown,)
        counts = Counter(_cut(text, by, _kept_whole(own, by)))
        common = sorted(
            (token for token, count in counts.items() if count >= least and token != unknown),
            key=lambda token: (-counts[token], token),
        )
        if most is not None:
            common = common[: count_of("Vocabulary.of_text", "most", most, least=1 + len(own)) - len(own)]
        return cls((*own, *common), by, unknown)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"<Vocabulary: {len(self)} tokens by {self.by}, unknown={self.unknown!r}>"

    @cached_property
    def _whole(self) -> re.Pattern[str] | None:
        return _kept_whole(self.tokens, self.by)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    @public
    def encode(self, text: str) -> NDArray[np.int32]:
        """The numbers of the tokens of a text; tokens such as "<unk>" stay whole.

        Raises:
            ArgumentError: if a token is not in the vocabulary, which has no ``unknown``.
        """
        if not isinstance(text, str):
            raise GraphTypeError(f"encode: a text is a string, not {shown(text)}{here()}")
        tokens = _cut(text, self.by, self._whole)
        numbers = self._numbers
        if self.unknown is not None:
            other = numbers[self.unknown]
            return np.fromiter((numbers.get(token, other) for token in tokens), np.int32, len(tokens))
        try:
            return np.fromiter((numbers[token] for token in tokens), np.int32, len(tokens))
        except KeyError as error:
            raise ArgumentError(
                f"encode: {shown(error.args[0])} is none of the {len(self)} tokens; a vocabulary with unknown= takes "
                f"all{here()}"
            ) from None

    @public
    def decode(self, numbers: Any) -> str:
        """The text of tokens: characters one behind the other, words with spaces between them.

        Raises:
            ArgumentError: if a number is that of no token.
            GraphTypeError: if they are no integers.
        """
        array = np.asarray(numbers)
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise GraphTypeError(f"decode takes a row of integers, not {shown(numbers)}{here()}")
        outside = array[(array < 0) | (array >= len(self))]
        if outside.size:
            raise ArgumentError(
                f"decode: {outside[0]} is the number of no token; expected 0 to {len(self) - 1}{here()}"
            )
        return ("" if self.by == "character" else " ").join(self.tokens[number] for number in array)


def _kept_whole(tokens: Iterable[str], by: str) -> re.Pattern[str] | None:
    """A pattern of the tokens that would be cut where texts are, such as "<unk>", the longest first."""
    cut = [one for one in tokens if one and (len(one) > 1 if by == "character" else words(one) != [one])]
    return re.compile(f"({'|'.join(map(re.escape, sorted(cut, key=len, reverse=True)))})") if cut else None


def _cut(text: str, by: str, whole: re.Pattern[str] | None) -> list[str]:
    """The tokens of a text."""
    found: list[str] = []
    for place, part in enumerate([text] if whole is None else whole.split(text)):
        found += [part] if place % 2 else part if by == "character" else words(part)
    return found


class TextBatches:
    """Batches in which a text goes on: every row of a batch continues the same row of the batch before.

    So a recurrent cell is handed its last states again, and learns over more steps than a batch has. The text is cut
    into ``size`` pieces, one a row.

    Args:
        tokens: the numbers of a text's tokens, one axis.
        size: rows, which are read side by side.
        steps: tokens of a row in a batch; the last batch may have fewer.
        steps_first: True gives (steps, size), as recurrent cells take them.

    A batch is the tokens and, of the same shape, the tokens that follow each of them. The order is the text's in every
    epoch.

    Raises:
        ArgumentError: if a number is below 1, or the text has no ``size`` tokens and one more.
        GraphTypeError: if the tokens are no integers.

    Example:
        >>> batches = TextBatches(np.arange(9), size=2, steps=3)
        >>> [x.tolist() for x, _ in batches.epoch(0)]
        [[[0, 1, 2], [4, 5, 6]], [[3], [7]]]
        >>> [y.tolist() for _, y in batches.epoch(0)]
        [[[1, 2, 3], [5, 6, 7]], [[4], [8]]]
    """

    @public
    def __init__(self, tokens: Any, *, size: int, steps: int, steps_first: bool = False) -> None:
        array = np.asarray(tokens)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise GraphTypeError(f"TextBatches takes a row of integers, not {shown(tokens)}{here()}")
        self.size, self.steps = count_of("TextBatches", "size", size), count_of("TextBatches", "steps", steps)
        self.steps_first = bool(steps_first)
        width = (len(array) - 1) // self.size
        if width < 1:
            raise ArgumentError(
                f"TextBatches: {len(array)} tokens are too few for size={self.size} rows, each followed by one more"
                f"{here()}"
            )
        rows = self.size * width
        self._tokens, self._following = (part.reshape(self.size, width) for part in (array[:rows], array[1 : rows + 1]))

    def __len__(self) -> int:
        return -(-self._tokens.shape[1] // self.steps)

    def __repr__(self) -> str:
        return f"<TextBatches: {self._tokens.size} tokens in {len(self)} batches of {self.size} x {self.steps}>"

    @public
    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Batches of one epoch, from one of them on; arguments and errors as of ``Batches.epoch``."""
        count_of("epoch", "number", number, least=0)
        start = count_of("epoch", "start", start, least=0)
        if start > len(self):
            raise ArgumentError(f"epoch: start is {shown(start)}, but an epoch has {len(self)} batches{here()}")
        return (self._batch(first * self.steps) for first in range(start, len(self)))

    def _batch(self, first: int) -> Batch:
        parts: Sequence[NDArray[Any]] = [a[:, first : first + self.steps] for a in (self._tokens, self._following)]
        return tuple(np.array(part.T if self.steps_first else part, order="C") for part in parts)
