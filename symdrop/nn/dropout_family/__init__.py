"""Relatives of dropout: other noise, other things dropped, and rates that are learned, scheduled or predicted.

Each is a function from expressions to an expression, with its law in the docstring, which
holds a formula of training and one of testing and chooses between them by a flag, as
``sd.dropout`` does.

Read next: arguments.py
"""
