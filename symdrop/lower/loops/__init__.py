"""Loop code generation: a kernel as a loop nest, strip-mined into vectors with a masked remainder.

Read next: strip_mining.py
"""
