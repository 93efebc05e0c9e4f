"""The runtime: a small library of native code that every compiled step may call.

Read next: pool.py
"""
