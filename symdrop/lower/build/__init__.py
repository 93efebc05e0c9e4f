"""Graph lowering: the kernel list of a segment, with its loops and branches, and the lowered module.

Read next: canonical_form.py
"""
