"""Pattern matching, rewrite rules and common subexpression elimination: the parts every pass is made of.

Read next: pattern.py
"""
