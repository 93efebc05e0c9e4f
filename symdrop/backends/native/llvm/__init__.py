"""Code generation: kernels in vector IR printed as LLVM text, one module a step.

Read next: literals.py
"""
