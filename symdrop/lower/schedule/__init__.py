"""Scheduling: the order of kernels, and the states that are updated in place.

Read next: precedence_graph.py
"""
