"""Graph lowering: the kernel list of a segment, with its loops and branches, and the lowered module.

Read next: kernel_list.py
"""
