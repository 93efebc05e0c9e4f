"""Passes over scans and branches: dead-code elimination, merging, code motion, batching, lazy evaluation.

Read next: parts.py
"""
