"""Functions: compiling a graph, calling it, and committing what it changes.

The only place of the package with side effects.

Read next: inputs.py
"""

from .compile import function
from .evaluate import eval_expression
from .inputs import In
from .run import Function
from .runtime import RuntimeFunction

__all__ = ["Function", "In", "RuntimeFunction", "eval_expression", "function"]
