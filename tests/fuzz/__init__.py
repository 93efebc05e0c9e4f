"""A fuzzer: random typed programs, each run by symdrop and by an oracle that shares no formula with it.

A *program* is plain data: sources (inputs, states, constants) and a list of steps, each
the name of a *form* (a kind of expression), the numbers of its operands, and parameters.
Three interpreters run it: symdrop, to which it is given as the text that a user would
have written; NumPy in float64; and jax where it is installed. ``python -m tests.fuzz`` is
the command, docs/fuzzing.md the manual.

Read next: program.py
"""
