"""Regularisation beside dropout: penalties on weights, limits of their length, noise, mixtures of examples.

Read next: penalties.py
"""
