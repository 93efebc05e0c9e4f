"""Python 2 in memory: scripts and the modules beside them are converted as they are loaded, their divisions exactly.

Read next: programs.py
"""

from __future__ import annotations

import ast
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from ...graph import Node
from .findings import changed
from .idioms import idioms
from .packages import importing_beside
from .sources import decoded, divides_truly, first_statement, in_python3, parsed, source_of

_QUOTIENT, _DIVIDED = "_python2_quotient", "_python2_divided"


def quotient(a: Any, b: Any) -> Any:
    """``a / b`` as of Python 2: of two integers the integer below.

    Example:
        >>> quotient(7, 2), quotient(7.0, 2), quotient(-7, 2)
        (3, 3.5, -4)
    """
    return a // b if _is_whole(a) and _is_whole(b) else a / b


def divided(a: Any, b: Any) -> Any:
    """The value that ``a /= b`` of Python 2 gives to a; an array stays where it is.

    Example:
        >>> divided(np.array([7, 8]), 2).tolist()
        [3, 4]
    """
    if _is_whole(a) and _is_whole(b):
        a //= b
    else:
        a /= b
    return a


def _is_whole(x: Any) -> bool:
    if isinstance(x, Node):
        return x.items is None and x.dtype.lstrip("u").startswith(("int", "bool"))
    return isinstance(x, int | np.integer) or (isinstance(x, np.ndarray | np.bool) and x.dtype.kind in "biu")


class _Divisions(ast.NodeTransformer):
    """Divisions as calls of ``quotient`` and ``divided``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return ast.Call(ast.Name(_QUOTIENT, ast.Load()), [node.left, node.right], [])

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        return ast.Assign([node.target], ast.Call(ast.Name(_DIVIDED, ast.Load()), [target, node.value], []))


def compiled(path: Path, name: str) -> CodeType:
    """The code of a script of Python 2.

    Args:
        path: the script.
        name: what tracebacks call it.

    Raises:
        DataError: for a file that cannot be read, or is no Python.
        MissingPackageError: without fissix.
    """
    text = decoded(path)
    new = in_python3(text, str(path))
    findings = [one for one in idioms(source_of(path, new)) if one.idiom != "division"]
    tree = parsed(changed(new, findings))
    if not divides_truly(text):
        tree = _Divisions().visit(tree)
        imported = f"from {__name__} import quotient as {_QUOTIENT}, divided as {_DIVIDED}"
        at = first_statement(tree)
        tree.body[at:at] = ast.parse(imported).body
    return compile(ast.fix_missing_locations(tree), name, "exec")


def _needs_python2(place: Path) -> bool:
    """Says whether a module is no Python 3."""
    try:
        parsed(decoded(place))
    except SyntaxError:
        return True
    return False


class Siblings(MetaPathFinder, Loader):
    """Finds modules in a script's folder, and elsewhere those that Python 3 cannot parse, and converts them.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """A spec for a module in the folder, or one of Python 2; none for others."""
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            return None
        place = Path(spec.origin).resolve()
        if "site-packages" in place.parts or not (self.folder in place.parents or _needs_python2(place)):
            return None
        inner = spec.submodule_search_locations
        return spec_from_file_location(fullname, place, loader=self, submodule_search_locations=inner)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """None: the module is an ordinary one."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the converted source."""
        assert module.__file__ is not None
        if package := module.__package__:
            vars(module)["__builtins__"] = importing_beside(sys.modules[package].__path__)
        exec(compiled(Path(module.__file__), module.__file__), vars(module))


def run_code(code: CodeType, script: str) -> None:
    """Run a converted script as the main module.

    Args:
        code: what ``compiled`` gave.
        script: its path.
    """
    finder = Siblings(Path(script).resolve().parent)
    main, before = ModuleType("__main__"), sys.modules["__main__"]
    vars(main).update(__file__=script, __builtins__=__builtins__)
    sys.meta_path.insert(0, finder)
    sys.modules["__main__"] = main
    try:
        exec(code, vars(main))
    finally:
        sys.meta_path.remove(finder)
        sys.modules["__main__"] = before
