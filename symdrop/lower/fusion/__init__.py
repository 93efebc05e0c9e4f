"""Loop fusion: the values that are materialised, and those computed together in one loop nest.

Read next: access_analysis.py
"""
