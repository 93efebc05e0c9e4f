"""Normalisation: layers that bring activations or weights to a common scale, and the statistics that they keep.

Read next: statistics.py
"""
