"""Memory planning: buffer assignment by liveness, and the shape function that computes sizes and offsets.

Read next: likely_sizes.py
"""
