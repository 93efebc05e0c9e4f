"""Layers: small dataclasses that hold their parameters, and lay nodes into the graph when they are called.

Read next: layer.py
"""
