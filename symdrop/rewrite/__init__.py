"""Rewriting: graphs into equal graphs, by named rewrite rules and passes.

Read next: core/__init__.py
"""

from .core.cse import cse
from .core.pattern import Literal, Pattern, Stretched, Variable
from .core.refinement import refined
from .core.rewrite_rule import Firing, RewriteRule, RewriteRuleSet, node_rewrite_rule, rewrite_rule
from .engine import rewrite
from .pipeline import PIPELINE, optimise
from .specialise import SPECIALISE, check_flags, specialise
from .stability.numerical_stability import STABLE
from .stability.sinking import MovementSinking

__all__ = [
    "PIPELINE", "SPECIALISE", "STABLE", "Firing", "Literal", "MovementSinking", "Pattern", "RewriteRule",
    "RewriteRuleSet", "Stretched", "Variable", "check_flags", "cse", "node_rewrite_rule", "optimise", "refined",
    "rewrite", "rewrite_rule", "specialise",
]  # fmt: skip
