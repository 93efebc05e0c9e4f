"""Old scripts: three programs in Theano's names, and the process in which one engine runs one of them.

These files run in any interpreter that has NumPy, that of Theano 1.0.5 included (Python 3.8).

Read next: mlp.py
"""
