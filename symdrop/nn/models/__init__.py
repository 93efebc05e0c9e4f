"""Whole models: what calls them computes, how their weights begin, what they consist of, and transformers.

Read next: recorded.py
"""
