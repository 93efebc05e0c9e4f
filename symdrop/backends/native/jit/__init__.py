"""Just-in-time compilation: LLVM text into loaded machine code, by LLVM once and by our own loader afterwards.

Read next: elf.py
"""
