"""A graph: formulas are data, which can be printed, walked, computed, drawn and compiled.

What to look for: nothing is computed while the formula is written; every node knows the
line it was written on; and compiling is a path of graphs, each of which can be looked at.
The last one no longer holds the formula that overflows.

    python 01_graph.py
"""

from __future__ import annotations

import networkx
import numpy as np

import symdrop as sd
import symdrop.tensor as T

# 1. A formula over two variables: the loss of logistic regression on examples of class 0.
#    The number of rows is not known yet, and need not be.
x = T.dmatrix("x", shape=(None, 3))
w = T.dvector("w", shape=(3,))
score = x @ w
loss = T.log(1 + T.exp(score)).mean()

print(loss)
print(f"\nThe loss has type {loss.type}, the scores {score.type}.")

# 2. The nodes, inputs before users. `==` is identity here, so nodes can key a dictionary.
graph = sd.Graph([x, w], [loss])
print(f"\n{len(graph)} nodes, in the order in which they can be computed:")
for node in graph.nodes():
    line = node.lines[0].lineno if node.lines else "-"
    print(f"  line {line!s:>2}   {node.op.kind:11s} {node.op.name:9s} {node.type!s:14s} {node.name or ''}")

# 3. For algorithms on graphs there is networkx; edges go from inputs to users.
network = graph.to_networkx()
depth = networkx.dag_longest_path_length(network)
print(f"\nnetworkx: {network.number_of_nodes()} nodes, {network.number_of_edges()} edges, longest path {depth}")

# 4. A value, for exploring. Two rows now, five thousand the next time.
values = {x: [[0.0, 0.0, 1.0], [1.0, 1.0, 1.0]], w: [0.5, -0.5, 2.0]}
print("\neval gives", loss.eval(values))

# 5. A function, for work. `stages` holds every graph on the way from the formula to the program.
f = sd.function([x, w], loss)
assert np.allclose(f(*values.values()), loss.eval(values))
print("\nThe formula was rewritten by", ", ".join(dict.fromkeys(firing.rule for firing in f.rules)) + ":\n")
for name in ("user", "rewritten"):
    print(f"--- {name}\n{f.stages[name]}\n")

# 6. Rewriting changes more than speed. exp(1000) is infinite, but the loss of such a score is 1000.
large = f([[1.0, 0.0, 0.0]], [1000.0, 0.0, 0.0])
with np.errstate(over="ignore"):
    naive = np.log(1 + np.exp(1000.0))
print(f"At a score of 1000 the function gives {large}, the formula taken literally {naive}.")

# 7. The program itself: one Python function of NumPy calls.
print("\n" + f.source().split("def key")[0])
