"""Differentiation: the gradient is more graph.

Read next: pytree.py
"""

from .forward import Rop, jvp
from .gradient import Lop, derivation, grad, value_and_grad
from .jacobian import hessian, hessian_vector_product, jacobian
from .recording import PullbackRecord, pull_back_recorded
from .reverse import pull_back
from .stop_gradient import disconnected_grad, grad_clip, stop_gradient, zero_grad

__all__ = [
    "Lop", "PullbackRecord", "Rop", "derivation", "disconnected_grad", "grad", "grad_clip", "hessian",
    "hessian_vector_product", "jacobian", "jvp", "pull_back", "pull_back_recorded", "stop_gradient",
    "value_and_grad", "zero_grad",
]  # fmt: skip
