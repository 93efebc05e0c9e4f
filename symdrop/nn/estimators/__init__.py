"""Estimators: networks with dropout behind scikit-learn's interface.

Everything but the two classes themselves works without scikit-learn, which is imported by the last file alone.

Read next: weighting.py
"""
