"""Differentiation: the gradient is more graph.

Read next: structure.py
"""

from .barriers import disconnected_grad, grad_clip, zero_grad
from .forward import Rop, jvp
from .gradient import Lop, derivation, grad, value_and_grad
from .jacobian import hessian, hessian_vector_product, jacobian
from .reverse import Step, pull_back

__all__ = [
    "Lop", "Rop", "Step", "derivation", "disconnected_grad", "grad", "grad_clip", "hessian", "hessian_vector_product",
    "jacobian", "jvp", "pull_back", "value_and_grad", "zero_grad",
]  # fmt: skip
