"""Elemental code generation: the value of every node at a point, as vector operations.

Read next: transcendental/__init__.py
"""
