"""Lowering: from a graph to few fused loops over memory, described so that any machine can run them.

    decompose -> cut -> fuse -> schedule -> loops -> lanes

Knows the kinds of ops and the structured nodes; knows no elementwise op by name and no
code generator. The files stand in the order in which they build on each other, from the
single operation up: values at points, loops, kernels, the step.

Read next: lanes.py
"""

# Registers the rules of ops that are neither elementwise nor draws, and read at no index that a map gives.
from . import sources as sources
