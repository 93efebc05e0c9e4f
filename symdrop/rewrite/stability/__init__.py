"""Numerical stability: formulas that stay finite and precise, and how they reach operands behind views and in loops.

Read next: ranges.py
"""
