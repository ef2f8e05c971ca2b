"""Mutants of a Python file by mutmut's operators."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial
from typing import Final

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

from tests.mutations.areas import PROJECT_ROOT
from tests.mutations.mutant import CodeMutant


def mutants(file: str) -> Iterator[CodeMutant]:
    """Return every mutant of a file, in the order of its text."""
    code = (PROJECT_ROOT / file).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(code))
    positions = wrapper.resolve(PositionProvider)
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    tree = ast.parse(code)
    for mutation in visitor.mutations:
        if changes_only_text(mutation):
            continue
        yield CodeMutant(
            file, _covering_lines(tree, positions[mutation.original_node]), partial(apply_mutation, module, mutation)
        )


def changes_meaning(mutant: CodeMutant) -> bool:
    """Check that the changed file parses and differs in meaning: removing a default's value does not."""
    try:
        compile(mutant.source, mutant.file, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    removed, added = (" ".join(lines) for lines in mutant.changed_lines)
    if _CAST.sub("", removed) == _CAST.sub("", added):
        return False
    if removed.lower() == added.lower() and any(name.upper() in added for name in _CODECS):
        return False
    return not any(added in _with_default_removed(removed, default) for default in _DEFAULTS)


# Codec names are case-insensitive.
_CODECS: Final = ('"utf-8"', '"ascii"', '"utf-16-le"')
# A quoted type name, which is not evaluated at run time.
_CAST: Final = re.compile(r'(?<=cast\()"[^"]*"')
# The default byte order, from Python 3.11.
_DEFAULTS: Final = (', "big")',)


def _with_default_removed(line: str, default: str) -> set[str]:
    """Return a line with one use of the default removed."""
    pieces = line.split(default)
    return {default.join(pieces[:at]) + ", )" + default.join(pieces[at:]) for at in range(1, len(pieces))}


def apply_mutation(module: cst.Module, mutation: Mutation) -> str:
    return cst.ensure_type(module.deep_replace(mutation.original_node, mutation.mutated_node), cst.Module).code


def changes_only_text(mutation: Mutation) -> bool:
    """Check whether only prose, the case of SQL or type annotations would change."""
    node, mutated = mutation.original_node, mutation.mutated_node
    if isinstance(node, (cst.Assign, cst.AnnAssign)):
        return is_prose(node.value)
    if isinstance(node, cst.Call) and isinstance(mutated, cst.Call):
        if isinstance(node.func, cst.Name) and node.func.value in {"cast", "TypeVar", "NewType"}:
            return True
        kept_argument_ids = {id(arg) for arg in mutated.args}
        return any(is_prose(arg.value) for arg in node.args if id(arg) not in kept_argument_ids)
    return is_prose(node)


def is_prose(node: cst.CSTNode | None) -> bool:
    """Check whether a piece of code is a string with a space in it."""
    if isinstance(node, cst.SimpleString):
        text = node.evaluated_value
        return isinstance(text, str) and " " in text.strip()
    if isinstance(node, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) and " " in part.value.strip() for part in node.parts)
    return isinstance(node, cst.ConcatenatedString) and (is_prose(node.left) or is_prose(node.right))


def _covering_lines(tree: ast.Module, where: CodeRange) -> tuple[int, ...] | None:
    """Return the lines that run when the place is reached; None outside functions."""
    first, last = where.start.line, where.end.line
    enclosing_function, statement = None, None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or not node.lineno <= first <= (node.end_lineno or 0):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.body[0].lineno <= first:
            enclosing_function = node
        # `ast.walk` goes from outside in: the last match is the innermost.
        statement = node
    if enclosing_function is None or statement is None or statement.lineno < enclosing_function.lineno:
        return None
    return tuple(range(statement.lineno, last + 1))
