"""Back ends: from a rewritten graph to something that runs.

Read next: base.py
"""
