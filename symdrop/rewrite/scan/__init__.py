"""Passes over scans and branches: dead-code elimination, duplicates, code motion, batching, lazy evaluation.

Read next: parts.py
"""
