"""The intermediate representation of kernels: vector operations, loop nests, control flow over kernels, the frame.

Read next: vector_ir.py
"""
