"""The IR of lowering: its grammar, which names every class and every operation, and nothing else."""

import inspect
import re

from symdrop.backends.native.llvm.emit import _OPERATIONS
from symdrop.lower import ir
from symdrop.lower.build.lowered_module import LoweredModule
from symdrop.lower.ir import (
    block_loop,
    control_flow,
    frame,
    kernel_code,
    loop_nest,
    packing_loop,
    private_memory,
    vector_ir,
)

GRAMMAR = ir.__doc__.split("\n\n", 1)[1].split("Static single assignment")[0]
RULES = dict(re.findall(r"^    (\w+) +::= (.*(?:\n {19} .*)*)", GRAMMAR, re.MULTILINE))
# They are written where they are used, so that no function of the writer has their name.
OPERANDS = {"constant", "thread", "threads", "iota", "result", "parameter", "index", "carried"}


def classes():
    """The classes of the IR's files, but for the one that builds it."""
    modules = (block_loop, control_flow, frame, kernel_code, loop_nest, packing_loop, private_memory, vector_ir)
    found = {name: cls for m in modules for name, cls in vars(m).items() if inspect.isclass(cls)}
    own = {name for name, cls in found.items() if cls.__module__ in {module.__name__ for module in modules}}
    return {name for name in own if name[0] != "_"} - {"IRBuilder"}


def test_the_grammar_has_a_rule_for_every_class_and_for_nothing_else():
    """A reader who knows the grammar has met every class of the IR."""
    assert set(RULES) == classes() | {LoweredModule.__name__, "Statement", "op"}


def test_the_grammar_uses_only_what_it_defines():
    """A name in capitals is one of its rules."""
    used = set(re.findall(r"\b[A-Z]\w+", " ".join(RULES.values())))
    assert used <= set(RULES)


def test_the_grammar_names_every_operation():
    """What a kernel may compute is written down once, and each of it can be written for the machine."""
    assert set(re.findall(r"\w+", RULES["op"])) == set(_OPERATIONS) | OPERANDS


def test_the_grammar_is_short():
    """It is read before anything else."""
    assert len(GRAMMAR.strip().splitlines()) <= 40
