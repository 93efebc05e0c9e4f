"""Tools for compiled steps: a profile beside the roofline, the memory plan, guard pages.

Read next: roofline.py
"""
