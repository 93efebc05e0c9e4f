"""Rewrite rules about a few neighbouring nodes: algebra, constant folding, shapes, structural zeros, conditionals.

Read next: constant_folding.py
"""
