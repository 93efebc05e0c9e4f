"""The registry is complete for whoever asks, although families of ops are loaded when they are first used.

Each claim is about a process that has only imported the package, so it is tested in one.
"""

import pytest

from symdrop.op import registry
from tests.helpers.processes import ROOT, run_python

LOADED = """
import sys
import symdrop as sd
import symdrop.tensor as T
from symdrop.op import lookup, registry

def loaded():
    return {name.split(".")[2] for name in sys.modules if name.startswith("symdrop.ops.") and name.count(".") == 3}
"""
RULES = [
    "pull_rule", "infer_rule", "sizes_rule", "batching_rule", "map_rule", "guards_rule", "decomposition_rule",
    "samples_rule",
]  # fmt: skip


def fresh(code, **more):
    """What code prints in a process that has imported the package alone; it may ask which families are loaded."""
    return run_python(LOADED + code, **more).strip()


def test_families_are_loaded_when_a_function_of_theirs_is_read():
    """A program pays for the ops it uses; listing names, completing and documenting them costs nothing either."""
    assert fresh("print(loaded(), 'conv' in dir(T.nnet))") == "set() True"
    assert fresh("T.nnet.relu; print(loaded())") == "set()"
    assert fresh("T.nnet.pool; print(loaded())") == "{'convolution'}"
    assert fresh("from symdrop.tensor.nnet import conv; print(loaded())") == "{'convolution'}"
    assert fresh("T.nnet.attention; print(loaded())") == "{'attention'}"
    assert fresh("T.einsum; print(loaded())") == "{'einsum'}"
    assert fresh("T.exp; T.hypot; print(sorted(loaded()))") == "['floating_point', 'running', 'selection', 'special']"
    assert fresh("from symdrop.tensor.nnet import *; print(conv is T.nnet.conv)") == "True"


@pytest.mark.parametrize(
    "question", ["list(registry)", "len(registry)", "lookup('convolution')", "'attention' in registry", "T.no_such_op"]
)
def test_questions_that_loaded_ops_do_not_answer_load_the_rest(question):
    """Nobody who asks the registry can tell that some ops were not there."""
    code = f"try:\n    {question}\nexcept sd.errors.MissingNameError:\n    pass\n"
    assert fresh(code + "print(len(loaded()), len(registry))") == f"{len(FAMILIES)} {len(OURS)}"


OURS = [op for op in registry.values() if op.is_ours]
FAMILIES = sorted(folder.parent.name for folder in (ROOT / "symdrop" / "ops").glob("*/__init__.py"))


def test_own_op_cannot_take_the_name_of_one_that_is_not_loaded_yet():
    """Else the family would fail to load later, far from the line that is at fault."""
    code = """
try:
    @sd.elementwise
    def convolution(m, x):
        return x
except sd.errors.ArgumentError as error:
    print(error)
"""
    assert "already defined in symdrop.ops.convolution" in fresh(code)


def test_graphs_of_families_are_read_in_a_process_that_has_not_loaded_them():
    """A pickle names its ops; a recipe, the cache and another process find them."""
    code = """
import pickle
x = T.tensor("float32", (1, 1, 5, 5), "x")
print(pickle.dumps(T.nnet.pool(T.nnet.conv(x, T.ones((1, 1, 2, 2))), 2)).hex())
"""
    other = f"import pickle; print(pickle.loads(bytes.fromhex('{fresh(code)}')).type, sorted(loaded()))"
    assert fresh(other) == f"float32[1, 1, 2, 2] {FAMILIES}"


def test_threads_that_ask_at_once_find_all():
    """A thread that asks while another loads waits for it."""
    code = """
from concurrent.futures import ThreadPoolExecutor
names = ["attention", "convolution", "first_max", "block", "windows", "no such op"] * 2
with ThreadPoolExecutor(len(names)) as pool:
    print(sum(pool.map(lambda name: name in registry, names)))
"""
    assert fresh(code) == "10"


def test_rules_stand_in_the_folder_of_their_op():
    """Whoever has an op has its rules: no folder that is loaded later changes what an op does."""
    folders = {op.module.rpartition(".")[0] for op in OURS if op.module.count(".") == 3}
    assert folders == {f"symdrop.ops.{name}" for name in FAMILIES}
    for op in OURS:
        for rule in filter(None, (getattr(op, name) for name in RULES)):
            folder = rule.__module__.rpartition(".")[0]
            assert folder not in folders or folder == op.module.rpartition(".")[0], (op.name, rule.__name__)


PROGRAM = """
import hashlib, os
import numpy as np
{first}
x, w = T.tensor("float32", (2, 1, 6, 6), "x"), sd.shared(np.linspace(-1, 1, 8, dtype="float32").reshape(2, 1, 2, 2))
h = sd.dropout(T.nnet.pool(T.nnet.conv(x, w), 2), p=0.5, stream=sd.RandomStream(seed=3))
rows = sd.scan(lambda row, s: T.tanh(row + s), h.reshape((-1, 2)), T.zeros((2,)))[0]
cost = T.nnet.attention(rows, rows, rows).sum() + sd.vmap(lambda row: T.cumsum(row).max())(rows).sum()
f = sd.function([x], [cost, *sd.grad(cost, [x, w])], training=True)
digest = hashlib.sha256()
for value in f(np.arange(72, dtype="float32").reshape(2, 1, 6, 6) / 72):
    digest.update(np.asarray(value).tobytes())
digest.update(f.source("kernels").encode())
for name in sorted(registry):
    digest.update(repr([getattr(getattr(registry[name], rule), "__qualname__", None) for rule in {rules}]).encode())
keys = sorted(name for _, _, names in os.walk(os.environ["SYMDROP_CACHE"]) for name in names)
print(digest.hexdigest(), keys)
"""


def test_results_kernels_and_cache_keys_do_not_depend_on_the_order_of_loading(tmp_path):
    """As used, or all before in another order: the same bits, kernels, rules, and files in the cache."""
    orders = ["", "import symdrop.ops.attention.streamed, symdrop.ops.convolution, symdrop.tensor.pooling"]
    found = set()
    for number, first in enumerate(orders):
        cache = tmp_path / str(number)
        code = PROGRAM.format(first=first, rules=RULES)
        found.add(fresh(code, SYMDROP_CACHE=str(cache), SYMDROP_FLAGS="threads=1,tiered_compilation=quick"))
    assert len(found) == 1 and found.pop().endswith("']")
