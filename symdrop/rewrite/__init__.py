"""Rewriting: graphs into equal graphs, by named rules.

Read next: core/__init__.py
"""

from .core.cse import merge
from .core.pattern import Literal, Pattern, Stretched, Variable
from .core.refinement import refined
from .core.rule import Firing, Rule, RuleSet, node_rule, rule
from .engine import rewrite
from .pipeline import PIPELINE, optimise
from .specialise import SPECIALISE, check_flags, specialise
from .stability.numerical_stability import STABLE
from .stability.sinking import Sinker

__all__ = [
    "PIPELINE", "SPECIALISE", "STABLE", "Firing", "Literal", "Pattern", "Rule", "RuleSet", "Sinker",
    "Stretched", "Variable", "check_flags", "merge", "node_rule", "optimise", "refined", "rewrite", "rule",
    "specialise",
]  # fmt: skip
