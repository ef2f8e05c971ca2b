"""The mutants of a Python file, made by mutmut's operators."""

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

from tests.mutations.areas import ROOT
from tests.mutations.mutant import Mutant


def mutants(file: str) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its text."""
    code = (ROOT / file).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(code))
    positions = wrapper.resolve(PositionProvider)
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    tree = ast.parse(code)
    for one in visitor.mutations:
        if _says_the_same(one):
            continue
        yield Mutant(file, _reached(tree, positions[one.original_node]), partial(_changed, module, one))


def is_other(one: Mutant) -> bool:
    """Whether the changed file is Python, and says something else: not where only a default is left out."""
    try:
        compile(one.source, one.file, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    gone, come = (" ".join(lines) for lines in one.changed)
    if _CAST.sub("", gone) == _CAST.sub("", come):
        return False
    if gone.lower() == come.lower() and any(name.upper() in come for name in _CODECS):
        return False
    return not any(come in _without(gone, default) for default in _DEFAULTS)


# Python takes their names in any case.
_CODECS: Final = ('"utf-8"', '"ascii"', '"utf-16-le"')
# A type's name in quotes, which nothing reads when the program runs.
_CAST: Final = re.compile(r'(?<=cast\()"[^"]*"')
# How bytes stand for a number where nothing is said: from Python 3.11 on.
_DEFAULTS: Final = (', "big")',)


def _without(line: str, default: str) -> set[str]:
    """A line with the default left out in one place."""
    pieces = line.split(default)
    return {default.join(pieces[:at]) + ", )" + default.join(pieces[at:]) for at in range(1, len(pieces))}


def _changed(module: cst.Module, one: Mutation) -> str:
    return cst.ensure_type(module.deep_replace(one.original_node, one.mutated_node), cst.Module).code


def _says_the_same(one: Mutation) -> bool:
    """Whether only a sentence, the letters of SQL, or what nothing but a type checker reads would be changed."""
    node, mutated = one.original_node, one.mutated_node
    if isinstance(node, (cst.Assign, cst.AnnAssign)):
        return _is_sentence(node.value)
    if isinstance(node, cst.Call) and isinstance(mutated, cst.Call):
        if isinstance(node.func, cst.Name) and node.func.value in {"cast", "TypeVar", "NewType"}:
            return True
        kept = {id(arg) for arg in mutated.args}
        return any(_is_sentence(arg.value) for arg in node.args if id(arg) not in kept)
    return _is_sentence(node)


def _is_sentence(node: cst.CSTNode | None) -> bool:
    """Whether a piece of code is text with a space inside."""
    if isinstance(node, cst.SimpleString):
        text = node.evaluated_value
        return isinstance(text, str) and " " in text.strip()
    if isinstance(node, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) and " " in part.value.strip() for part in node.parts)
    return isinstance(node, cst.ConcatenatedString) and (_is_sentence(node.left) or _is_sentence(node.right))


def _reached(tree: ast.Module, where: CodeRange) -> tuple[int, ...] | None:
    """The lines that are run when the place is reached; None outside functions."""
    first, last = where.start.line, where.end.line
    inside, statement = None, None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or not node.lineno <= first <= (node.end_lineno or 0):
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.body[0].lineno <= first:
            inside = node
        # `ast.walk` goes from the outside in: the last one found is the innermost.
        statement = node
    if inside is None or statement is None or statement.lineno < inside.lineno:
        return None
    return tuple(range(statement.lineno, last + 1))
