"""Reading Python files without running them: what a module defines, and where a name comes from.

The check of a config must know what a component takes before anything heavy is imported, and must not import code of
strangers at all. So it reads the syntax tree.
"""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, eq=False)
class Module:
    """A module's file, read but not run.

    Attributes:
        name: dotted name.
        path: the file.
        names: each name bound at the top level, to the statement that binds it last.
        is_open: a `*` import or a module-level `__getattr__` may bind more names than can be seen.
    """

    name: str
    path: Path
    names: dict[str, ast.stmt]
    is_open: bool


@dataclass(frozen=True, eq=False)
class Definition:
    """A class, function or assignment and the module that holds it."""

    module: Module
    name: str
    node: ast.stmt

    @property
    def target(self) -> str:
        return f"{self.module.name}.{self.name}"


@lru_cache
def read_module(name: str) -> Module | None:
    """The module called `name`, or None if it has no Python file that can be found without importing anything."""
    path = _find_file(name)
    if path is None:
        return None
    names: dict[str, ast.stmt] = {}
    is_open = _collect(ast.parse(path.read_bytes(), str(path)).body, names)
    return Module(name, path, names, is_open or "__getattr__" in names)


def find(module: Module, name: str, seen: frozenset[str] = frozenset()) -> Definition | None:
    """What `name` means in `module`, followed through imports; None if it comes from where reading does not reach."""
    node = module.names.get(name)
    if node is None:
        # A dotted path may name a submodule's content: `package.module` is then not bound in the package itself.
        return None
    if not isinstance(node, ast.ImportFrom):
        return None if isinstance(node, ast.Import) else Definition(module, name, node)
    source = _absolute(module, node)
    origin = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
    if source in seen or not _is_followed(source, module):
        return None
    other = read_module(source)
    return find(other, origin, seen | {source}) if other else None


def submodules(package: str) -> list[str]:
    """Dotted names of all modules below one of mmfusion's packages, private ones left out."""
    folder = PACKAGE.joinpath(*package.split(".")[1:])
    files = [path for path in sorted(folder.rglob("*.py")) if not path.stem.startswith("_")]
    return [".".join(("mmfusion", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in files]


def _find_file(name: str) -> Path | None:
    top, *rest = name.split(".")
    if not top:
        return None
    if top == PACKAGE.name:
        folders = [PACKAGE]
    else:
        # For a top-level name this looks along sys.path and imports nothing.
        spec = importlib.util.find_spec(top)
        if spec is None:
            return None
        if spec.submodule_search_locations is None:
            origin = Path(spec.origin or "")
            return origin if not rest and origin.suffix == ".py" else None
        folders = [Path(folder) for folder in spec.submodule_search_locations]
    for folder in folders:
        base = folder.joinpath(*rest)
        for path in (base / "__init__.py", base.with_name(f"{base.name}.py")):
            if path.is_file() and (rest or path.name == "__init__.py"):
                return path
    return None


def _collect(body: list[ast.stmt], names: dict[str, ast.stmt]) -> bool:
    is_open = False
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            is_open |= any(alias.name == "*" for alias in node.names)
            names.update({(alias.asname or alias.name).split(".")[0]: node for alias in node.names})
        elif isinstance(node, ast.Assign):
            names.update({target.id: node for target in node.targets if isinstance(target, ast.Name)})
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            blocks = [node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])]
            blocks += [handler.body for handler in getattr(node, "handlers", [])]
            for block in blocks:
                is_open |= _collect(block, names)
    return is_open


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    """The module that `from ... import` names, with relative dots resolved."""
    if node.level == 0:
        return node.module or ""
    package = module.name.split(".")
    if module.path.name != "__init__.py":
        package = package[:-1]
    package = package[: len(package) - (node.level - 1)]
    return ".".join([*package, *([node.module] if node.module else [])])


def _is_followed(source: str, module: Module) -> bool:
    """Imports are followed inside mmfusion and inside the importing module's own package."""
    return source.split(".")[0] in (PACKAGE.name, module.name.split(".")[0])
