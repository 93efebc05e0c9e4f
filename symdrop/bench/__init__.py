"""Measuring: how fast symdrop is beside NumPy written by hand and beside other libraries.

Nothing is imported here, because contest processes load this folder in interpreters that
have NumPy and little else.

Read next: contest/__init__.py
"""
