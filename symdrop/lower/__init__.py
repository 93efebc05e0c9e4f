"""Lowering: from a graph to few fused loops over memory, described so that any machine can run them.

The folders are the compiler's stages:

    partition    decomposition, size propagation, legality, segments, shape guards
    fusion       access analysis, loop fusion
    schedule     the order of kernels, in-place updates
    loops        loop nests: strip mining, non-temporal stores, concatenation and scatter, matrix products
    vectorize    the value of a node at a point, as vector operations
    memory       buffer assignment, the shape function
    build        all of it for a graph, the bodies of its loops and its branches
    ir           what they build: vector operations, loop nests, control flow, the frame

``backends/native/driver.py`` runs them in order.

Knows the kinds of ops and the structured nodes, and no code generator. Of elementwise ops it
looks for one only, the cast of half floats; comparisons, choices and casts that it makes itself
are nodes as any. Files are read from the bottom up: the IR first, then what is made of it.

Read next: ir/__init__.py
"""

# Registers the lowering rules of ops that are neither elementwise nor draws, and read at no index that a map gives.
from .vectorize import generators as generators
