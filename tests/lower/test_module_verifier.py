"""The verifier of kernels: the IR, broken on purpose in every way it knows, and the error that says where."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import driver
from symdrop.backends.native.jit import compiler
from symdrop.errors import VerificationError
from symdrop.lower.build.module_verifier import live_intervals, verify_kernels, verify_module
from symdrop.lower.ir.control_flow import For, If
from symdrop.lower.ir.kernel_code import KernelCode
from symdrop.lower.ir.loop_nest import LoopNest
from symdrop.lower.ir.private_memory import Private
from symdrop.lower.ir.vector_ir import INDEX, IRBuilder, Loop, Value, values_of
from symdrop.lower.vectorize.vector_maths import VectorMaths


def lowered(inputs, outputs):
    """The module of a function, as the driver makes it."""
    return sd.function(inputs, outputs, backend="native")._program.pieces[0].lowered.module


def chain():
    """Four products in a row: each result lies in the arena until the next product has read it."""
    x, w = T.fmatrix("x", shape=(None, 8)), T.fmatrix("w", shape=(8, 8))
    y = x
    for _ in range(5):
        y = T.exp(y @ w)
    return lowered([x, w], [y])


def loop():
    """A loop of vectors over one state."""
    x = T.fmatrix("x")
    states, _ = sd.scan(lambda row, state: T.tanh(row + state), x, T.zeros_like(x[0]))
    return lowered([x], [states])


def choice():
    """A branch with a kernel on either side."""
    x, c = T.fvector("x"), T.fscalar("c")
    return lowered([x, c], [sd.ifelse(c > 0, T.exp(x), T.tanh(x))])


def refused(module, message):
    """The verifier names the stage, and says this."""
    with pytest.raises(VerificationError, match=rf"stage 'test', .*{message}.*fault of the compiler"):
        verify_module(module, "test")


def loops_of(block):
    """Every loop of a block, the outer ones first."""
    for item in block.items:
        if isinstance(item, Loop):
            yield item
            yield from loops_of(item.body)


@pytest.mark.parametrize("make", [chain, loop, choice])
def test_what_the_driver_makes_is_accepted(make):
    """The verifier has no complaint about any program of the tests; here about the three that are broken below."""
    verify_module(make(), "test")


# Values.


def test_a_value_is_defined_before_it_is_used():
    """A value that an operation takes has been computed in the same block, or in one around it."""
    module = chain()
    nest = next(nest for nest in module.nests if nest.title == "exp")
    bodies = [loop.body for loop in loops_of(nest.body)]
    body, used = next((body, item) for body in bodies for item in body.items if getattr(item, "op", "") == "load")
    body.items.remove(used)
    refused(module, f"kernel 'exp'.* uses load {used!r}, which is not defined there")


def test_threads_share_what_they_write():
    """A store that no share of a thread's leads to is made by all of them; in a kernel for one thread it is not."""
    module = chain()
    nest = next(nest for nest in module.nests if nest.title == "exp")
    outer = next(loops_of(nest.body))
    outer.start, outer.stop = (outer.start.builder.constant(bound, INDEX) for bound in (0, 1))
    with pytest.raises(VerificationError, match=r"kernel 'exp': every thread writes .*fault of the compiler"):
        verify_kernels([nest], "test")
    nest.alone = True
    verify_kernels([nest], "test")


def test_a_value_is_known_only_inside_of_its_loop():
    """What an iteration has computed is nobody's once the loop has ended."""
    ir = IRBuilder(VectorMaths, 1)
    with ir.loop(ir.constant(0, INDEX), ir.constant(3, INDEX), 1, "rows") as made:
        inner = ir.make("add", made.index, made.index)
    outside = Value(ir, "neg", INDEX, 1, (inner,), None, 0)
    ir.insert(outside)
    with pytest.raises(VerificationError, match=r"stage 'test', kernel 'k'.*neg .* uses add"):
        verify_kernels([LoopNest("k", KernelCode(ir.body))], "test")


def test_types_are_verified_in_every_way_that_a_kernel_is_written():
    """The types of stores are held against buffers, and those of operands against each other."""
    module = chain()
    nest = module.nests[-1]
    store = next(value for value in values_of(nest.body) if value.op == "store")
    store.attribute.dtype = "int8"
    refused(module, "store.* in .* of int8")


# Loops.


@pytest.mark.parametrize("wrong", ["float32", "wide"])
def test_the_extent_of_a_loop_is_one_index(wrong):
    """A loop ends at a number of elements, which is neither a fraction nor several numbers."""
    ir = IRBuilder(VectorMaths, 4)
    stop = ir.constant(3, "float32") if wrong == "float32" else ir.splat(ir.constant(3, INDEX), 4)
    with ir.loop(ir.constant(0, INDEX), stop, 1, "rows"):
        pass
    with pytest.raises(VerificationError, match="the stop of the loop over rows is a"):
        verify_kernels([LoopNest("k", KernelCode(ir.body))], "test")


def test_a_loop_moves_on():
    """A step of 0 would never end."""
    ir = IRBuilder(VectorMaths, 1)
    with ir.loop(ir.constant(0, INDEX), ir.constant(3, INDEX), 0, "rows"):
        pass
    with pytest.raises(VerificationError, match="step of the loop over rows is 0"):
        verify_kernels([LoopNest("k", KernelCode(ir.body))], "test")


def test_what_a_loop_carries_has_a_next_value():
    """A value handed from iteration to iteration is handed on, as what it was."""
    ir = IRBuilder(VectorMaths, 1)
    with ir.loop(ir.constant(0, INDEX), ir.constant(3, INDEX), 1, "rows") as made:
        carried = made.carry(ir.constant(0, INDEX))
    with pytest.raises(VerificationError, match="has no next value"):
        verify_kernels([LoopNest("k", KernelCode(ir.body))], "test")
    carried.next = ir.constant(0.0, "float32")
    with pytest.raises(VerificationError, match="values of several kinds"):
        verify_kernels([LoopNest("k", KernelCode(ir.body))], "test")


def test_the_count_of_a_loop_over_kernels_is_known():
    """The kernel before a loop finds out how often it runs; without it nobody would know."""
    module = loop()
    position = next(i for i, item in enumerate(module.items) if isinstance(item, For))
    del module.items[position - 1]
    refused(module, r"loop .*its (first position|count), is not known")


def test_a_row_is_read_inside_of_its_loop():
    """The row at a loop's position is no row where there is no position."""
    module = loop()
    (position,) = (i for i, item in enumerate(module.items) if isinstance(item, For))
    module.items += module.items[position].items
    refused(module, "outside of the loop whose position it names|which nobody has written")


def test_the_condition_of_a_branch_is_known():
    """A branch is chosen by a word of the frame that a kernel before it writes."""
    module = choice()
    position = next(i for i, item in enumerate(module.items) if isinstance(item, If))
    del module.items[position - 1]
    refused(module, "branch .*its condition, is not known")


# Buffers.


def test_private_memory_is_written_before_it_is_read():
    """A thread's stack holds whatever was there before."""
    ir, own, zero = (
        IRBuilder(VectorMaths, 1),
        Private("sums", "float32", 8),
        IRBuilder(VectorMaths, 1).constant(0, INDEX),
    )
    ir.store(Private("other", "float32", 8), zero, ir.load_here(own, zero, "float32"))
    with pytest.raises(VerificationError, match="reads its own sums, which it has not written"):
        verify_kernels([LoopNest("k", KernelCode(ir.body))], "test")


def test_a_buffer_is_written_before_it_is_read():
    """Kernels in the wrong order read what is not there yet."""
    module = chain()
    module.items.reverse()
    refused(module, "kernel '.*': reads .*, which nobody has written")


def test_every_output_is_written():
    """A kernel that is left out leaves its output as it was."""
    module = chain()
    module.items.pop()
    refused(module, "nobody has written output out0")


def test_both_sides_of_a_branch_write_its_value():
    """Behind a branch only that is there which both of its sides have written."""
    module = choice()
    (branch,) = (item for item in module.items if isinstance(item, If))
    branch.otherwise.clear()
    refused(module, "nobody has written output out0")


def test_every_buffer_has_an_address():
    """A buffer that buffer assignment has forgotten lies nowhere."""
    module = chain()
    buffer = module.arena.buffers[0]
    for block in (module.prepare, *module.pieces):
        block.items[:] = [v for v in block.items if getattr(v, "op", "") != "set_word" or v.attribute != buffer.word]
    refused(module, f"touches {buffer.name}, which has no address")


def test_live_buffers_share_no_offset():
    """Of two buffers at one offset the later one is first written after the earlier one was read for the last time."""
    module = chain()
    first, second = module.arena.buffers[:2]
    (one,) = (v for v in values_of(module.prepare) if v.op == "set_word" and v.attribute == first.word)
    (other,) = (v for v in values_of(module.prepare) if v.op == "set_word" and v.attribute == second.word)
    assert one.inputs != other.inputs
    other.inputs = one.inputs
    refused(module, f"kernel '.*': {second.name} has the offset of {first.name}, which is live until kernel")


def test_live_intervals_are_those_of_buffer_assignment():
    """Found from the operations alone, they lie within those that buffers are assigned by."""
    for module in (chain(), loop(), choice()):
        found = live_intervals(module.nests, module.repeats)
        for buffer, (born, last) in module.arena.lifetimes(module.nests, module.repeats).items():
            if buffer in found:
                assert born <= found[buffer][0] <= found[buffer][1] <= last


# Where it runs.


def test_it_runs_between_the_stages_when_asked_for(monkeypatch):
    """With ``SYMDROP_DEBUG=verify`` a broken module is no program: NumPy computes, and a warning names the stage."""
    assign = driver.assign_buffers

    def forgetful(*arguments):
        module = assign(*arguments)
        module.items.pop()
        return module

    monkeypatch.setenv("SYMDROP_CACHE", "off")
    x = T.dvector("x")
    assert sd.function([x], T.exp(x) * 3.125, backend="native").backend == "native"
    monkeypatch.setattr(driver, "assign_buffers", forgetful)
    with sd.config.change(debug="verify"), pytest.warns(RuntimeWarning, match="stage 'assign buffers'.*output out0"):
        f = sd.function([x], T.exp(x) * 3.25, backend="native")
    assert f.backend == "numpy"
    np.testing.assert_allclose(f([0.0]), [3.25])


def test_the_driver_names_its_stages_in_order():
    """The table in the driver's docstring is what it does: its stages stand in the order in which they run."""
    stages = [line.split("|")[1].strip() for line in driver.__doc__.splitlines() if line.startswith("| ")][1:]
    assert stages == [
        "decompose", "fuse gemms", "propagate sizes", "permute sums", "unify sides", "partition", "guards", "fuse",
        "schedule", "generate code", "assign buffers", "emit",
    ]  # fmt: skip
    assert compiler.target().vector_bits >= 64
