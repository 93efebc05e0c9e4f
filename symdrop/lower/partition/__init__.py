"""Graph partitioning: decomposition, size propagation, legality, segments and shape guards.

Read next: decomposition.py
"""
