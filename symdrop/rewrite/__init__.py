"""Rewriting: graphs into equal graphs, by named rules.

Read next: pattern.py
"""

from .engine import rewrite
from .merge import merge
from .pattern import Literal, Pattern, Stretched, Variable
from .pipeline import PIPELINE, optimise
from .refine import refined
from .rule import Firing, Rule, RuleSet, node_rule, rule
from .sinking import Sinker
from .specialise import SPECIALISE, check_flags, specialise
from .stable import STABLE

__all__ = [
    "PIPELINE", "SPECIALISE", "STABLE", "Firing", "Literal", "Pattern", "Rule", "RuleSet", "Sinker",
    "Stretched", "Variable", "check_flags", "merge", "node_rule", "optimise", "refined", "rewrite", "rule",
    "specialise",
]  # fmt: skip
