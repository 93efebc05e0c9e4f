"""Reasons why names of Theano are not here, by patterns of their whole names: what errors and the page of names say.

Read next: missing.py
"""

from __future__ import annotations

import re

# The first pattern that fits a whole name decides.
REASONS = (
    (
        r"theano\.(gpuarray|sandbox\.(cuda|gpuarray))(\..*)?",
        "there is no graphics card; everything is computed on the processor",
    ),
    (
        r"theano\.gof\.(callcache|cc|cmodule|compiledir|compilelock|cutils|lazylinker_c|params_type|sched|vm)(\..*)?"
        r"|theano\.(gof\.)?\w*(CLinker|Linker|LinkerMany|ParamsType|Params|OpenMPOp)|theano\.gof\.link(\..*)?"
        r"|theano\.(compile|scalar|tensor)\..*(c_code|_cgen).*|theano\.tensor\.(blas_c|blas_headers|inc_code)(\..*)?"
        r"|theano\.scan_module\.scan_perform_ext.*",
        "no C code is written; functions are compiled by LLVM (docs/native.md)",
    ),
    (
        r"theano\.(\w+\.)*(opt|optdb|opt_uncanonicalize|scan_opt|opt_util|destroyhandler|toolbox|unify)(\..*)?"
        r"|theano\.(\w+\.)*(\w*[Oo]ptimi[sz]\w*|local_\w+|register_\w+|OPT_\w+|\w+DB)",
        "symdrop rewrites graphs by rules of its own (docs/adding-a-rule.md)",
    ),
    (
        r"theano\.(\w+\.)*(\w+_inplace\w*|inplace_\w+)",
        "expressions change nothing in place, the compiler does where nobody sees it; use the name without inplace",
    ),
    (
        r"theano\.tensor\.[cz](scalar|vector|row|col|matri|tensor)\w*|theano\.(\w+\.)*(complex\w*|angle|polar\w*|imag|conj)"
        r"|theano\.scalar\.(\w+\.)*(Complex\w*|Conj|Imag|Real|Angle)",
        "values are real",
    ),
    (r"theano\.typed_list(\..*)?", "a graph holds tensors, no lists of them; pass several variables"),
    (r"theano\.d3viz(\..*)?", "write sd.explore(f), or theano.printing.pydotprint(f, format='svg')"),
    (r"theano\.tensor\.(blas|blas_scipy)(\..*)?", "kernels of products are chosen by the compiler; write T.dot"),
    (r"theano\.scalar(\..*)?", "formulas of numbers are those of tensors here; write T.<name>"),
    (r"theano\.misc(\..*)?", "it belongs to Theano's own tools"),
    (r"theano\.tests?(\..*)?", "it belongs to Theano's own tests"),
)  # fmt: skip


def reason_for(path: str) -> str:
    """The reason why a name is not here; empty where none is known.

    Example:
        >>> reason_for("theano.gpuarray.dnn.dnn_conv")
        'there is no graphics card; everything is computed on the processor'
    """
    return next((reason for pattern, reason in REASONS if re.fullmatch(pattern, path)), "")
