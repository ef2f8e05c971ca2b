"""A class name has one meaning: no two modules define classes, or aliases of types, of the same name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.test_layers import PROJECT_ROOT

# The same type under the same name in several modules, because neither may import the other, or because each is a script.
TWINS = {
    "Canvas": "the function that draws a picture of the sample diary, for photos and for screenshots",
    "Case": "one JSON case of the vectors, in each of the scripts that write them",
    "DiaryRecords": "the records of a diary by kind, for the two modules of patterns",
    "EntryFields": "the fields of an entry, for the vectors and for the browser tests",
    "Members": "the members of a pack by path, for three groups of tests",
    "PartFetcher": "a function that returns one sealed part, on the two sides of a worker's pipe",
    "PictureSpec": "a row of sample_entries.json, for photos and for screenshots",
}


def type_names(source: str) -> Iterator[str]:
    """Yield the classes and the aliases of types that a module defines."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper() and target.id != "T":
                yield target.id


def shared_names(source_by_path: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each name that several modules define, with their paths."""
    paths = defaultdict(list)
    for path, source in source_by_path.items():
        for name in set(type_names(source)):
            paths[name].append(path)
    return {name: found for name, found in sorted(paths.items()) if len(found) > 1}


def test_every_class_name_has_one_meaning() -> None:
    """Each name in several modules is an argued twin, and each argued twin is still there. Migrations are all `Migration`."""
    sources = {
        path.relative_to(PROJECT_ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in ("diary", "tests", ".ci")
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }
    assert len(sources) > 600
    assert shared_names(sources).keys() == TWINS.keys()


def test_a_second_meaning_is_found() -> None:
    """A class against a class, and an alias against a class."""
    first, second = "class Row: ...", "Row = dict[str, int]\nROW = 1"
    assert shared_names({"a.py": first, "b.py": second, "c.py": "class Line: ..."}) == {"Row": ["a.py", "b.py"]}
