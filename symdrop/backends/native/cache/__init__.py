"""The compilation cache on disk: object files under checksums, in a private folder.

Read next: folder.py
"""
