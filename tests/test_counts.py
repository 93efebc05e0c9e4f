"""Every op has one home: few lines mention op names, each with its reason, and few files ask for a structured op."""

from __future__ import annotations

import pytest

from tests.counts import MOST_FILES, MOST_MENTIONS, REASONS, mentions, structured_ops


def test_few_lines_mention_names_of_ops():
    """A new line that compares a name is a rule about an op that the op could declare; the bound is the issue's."""
    found = mentions()
    assert len(found) <= MOST_MENTIONS, "let the ops declare what they are:\n" + "\n".join(map(str, found))


def test_each_mention_has_its_reason():
    """Whoever mentions the name of an op says why, in the table of counts.py."""
    unexplained = [str(one) for one in mentions() if one.reason is None]
    assert not unexplained, "give a reason in tests/counts.py, or ask what the op declares:\n" + "\n".join(unexplained)


def test_no_reason_is_left_over():
    """A reason whose lines are gone is deleted: the table says what there is."""
    explained = {one.place.partition(":")[0].removeprefix("symdrop/") for one in mentions()}
    assert set(REASONS) <= explained, sorted(set(REASONS) - explained)


@pytest.mark.parametrize("name", ["scan", "ifelse", "dimshuffle", "broadcast", "gather", "matmul"])
def test_ops_are_counted(name):
    """The count is about the ops that there are."""
    assert name in structured_ops()


def test_few_files_ask_for_a_structured_op():
    """What is to be known about an op is declared beside it, not asked in a list of files."""
    many = {name: files for name, files in structured_ops().items() if len(files) > MOST_FILES}
    assert not many, "\n".join(f"{name} is asked for in {', '.join(files)}" for name, files in many.items())


def test_nothing_is_decided_by_the_name_of_an_op():
    """Ops are told apart by what they declare, or by identity; only leaves are asked for by the name of their kind."""
    deciding = [one for one in mentions() if one.decides]
    assert [one.place.partition(":")[0] for one in deciding] == ["symdrop/graph.py"], "\n".join(map(str, deciding))
