"""Writes what a diary says (diary/record/*.json) and the shared constants into modules the browser can import.

    python .ci/vocabulary.py           writes static/src/record/vocabulary/ and static/src/core/constants.ts
    python .ci/vocabulary.py --check   exits 1 when they are not what it would write

The modules are committed, so that the bytes served are the bytes reviewed; tests/test_vocabulary_script.py
holds them to the JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from biome import formatted

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "diary" / "record"
TARGET = ROOT / "static" / "src" / "record" / "vocabulary"
CONSTANTS = ROOT / "diary" / "constants.json"
CONSTANTS_TARGET = ROOT / "static" / "src" / "core" / "constants.ts"
HEADER = "// Written by .ci/vocabulary.py from diary/record/{name}.json; change that and run it again.\n"
CODE = (
    "/** `young`: other words for a young person; absent where the usual ones will do. */\n"
    "export type Code = { code: string; label: string; young?: string; hint?: string; young_hint?: string; section?: string;"
    " letter?: string; named_in?: string; sets?: Record<string, string | string[]> };\n"
)
LIST = (
    "/** One question and its possible answers. */\n"
    "export type List = { question: string; young?: string; many: boolean; sections?: { code: string; label: string }[];"
    " codes: Code[] };\n"
)
# The lists in four modules by what they are about, in the order of the JSON: the first list of each.
PARTS = {
    "incident": ("behaviours", "What happened, and how it is told."),
    "named": ("attachment_kinds", "Files, people, and what people use."),
    "case": ("orders", "Orders, reports, messages and the rest of a case."),
    "sharing": ("consent_kinds", "What is given to whom, and how the app is set."),
}


def line(value: object) -> str:
    """One value as JavaScript on one line."""
    return json.dumps(value, ensure_ascii=False)


def vocabulary_modules(vocabularies: dict[str, dict[str, Any]]) -> dict[str, str]:
    """vocabulary.ts, which joins the parts, each part, and the types they share."""
    names = list(vocabularies)
    starts = [names.index(first) for first, _ in PARTS.values()]
    if starts != sorted(starts) or starts[0] != 0:
        raise SystemExit("The parts of the vocabulary are not in its order.")
    made = {}
    for part, start, end in zip(PARTS, starts, [*starts[1:], len(names)], strict=True):
        made[f"vocabulary_{part}.ts"] = part_module(part, {name: vocabularies[name] for name in names[start:end]})
    made["code_list.ts"] = HEADER.format(name="vocabulary") + "\n" + CODE + LIST
    imports = "import type { List } from './code_list.js';\n"
    imports += "".join(f"import {{ {part.upper()} }} from './vocabulary_{part}.js';\n" for part in PARTS)
    joined = ", ".join(f"...{part.upper()}" for part in PARTS)
    every = f"/** Every list, by name. */\nexport const VOCABULARY: Record<string, List> = {{ {joined} }};\n"
    made["vocabulary.ts"] = "".join([HEADER.format(name="vocabulary"), imports, "\n", every])
    return made


def part_module(part: str, vocabularies: dict[str, dict[str, Any]]) -> str:
    """One part: one exported object."""
    said = f"import type {{ List }} from './code_list.js';\n\n/** {PARTS[part][1]} */\n"
    rows = [HEADER.format(name="vocabulary"), said, f"export const {part.upper()}: Record<string, List> = {{\n"]
    for name, one in vocabularies.items():
        young = f" young: {line(one['young'])}," if "young" in one else ""
        sections = f" sections: {line(one['sections'])}," if "sections" in one else ""
        rows.append(
            f"  {name}: {{ question: {line(one['question'])},{young} many: {line(one['many'])},{sections} codes: [\n"
        )
        rows.extend(f"    {line(code)},\n" for code in one["codes"])
        rows.append("  ] },\n")
    return "".join([*rows, "};\n"])


def schemas_module(schemas: dict[str, Any]) -> str:
    """schemas.ts: kind → schema number → names of the open and the restricted part."""
    rows = [
        HEADER.format(name="schemas"),
        "\nexport const SCHEMAS: Record<string, Record<string, { open: string[]; restricted: string[] }>> = {\n",
    ]
    for kind, numbers in schemas.items():
        rows.append(f"  {kind}: {{\n")
        for number, parts in numbers.items():
            rows.append(
                f"    {number}: {{\n      open: {line(parts['open'])},\n      restricted: {line(parts['restricted'])},\n    }},\n"
            )
        rows.append("  },\n")
    return "".join([*rows, "};\n"])


def marks_module(marks: dict[str, Any]) -> str:
    """marks.ts: which codes make which mark, and the marks whose first time is looked for."""
    kind = "{ marks: Record<string, Record<string, string[]>>; firsts: string[] }"
    rows = [f"    {name}: {line(one)},\n" for name, one in marks["marks"].items()]
    return "".join(
        [HEADER.format(name="marks"), "\n", f"export const MARKS: {kind} = {{\n  marks: {{\n", *rows, "  },\n"]
    ) + (f"  firsts: {line(marks['firsts'])},\n}};\n")


def rules_module(rules: dict[str, dict[str, dict[str, str]]]) -> str:
    """rules_table.ts: what each field may hold, kind by kind, and each member of an object."""
    rows = [HEADER.format(name="rules"), "\n"]
    rows.append("export const RULES: Record<'kinds' | 'objects', Record<string, Record<string, string>>> = {\n")
    for part, tables in rules.items():
        rows.append(f"  {part}: {{\n")
        rows.extend(f"    {name}: {line(table)},\n" for name, table in tables.items())
        rows.append("  },\n")
    return "".join([*rows, "};\n"])


def constants_module(groups: dict[str, dict[str, Any]]) -> str:
    """constants.ts: one exported constant for each value. The name of a value is the same in both languages."""
    rows = ["// Written by .ci/vocabulary.py from diary/constants.json; change that and run it again.\n"]
    rows.append("// docs/constants.md says what each value is.\n")
    for group, values in groups.items():
        rows.append(f"\n// {group}\n")
        for name, value in values.items():
            fixed = " as const" if isinstance(value, list) else ""
            written = f"{value:_}" if isinstance(value, int) and abs(value) >= 10_000 else line(value)
            rows.append(f"export const {name.upper()} = {written}{fixed};\n")
    return "".join(rows)


def modules() -> dict[Path, str]:
    """Each module's path and the text it should have."""
    read = {
        name: json.loads((SOURCE / f"{name}.json").read_text()) for name in ("vocabulary", "schemas", "rules", "marks")
    }
    texts = {
        **vocabulary_modules(read["vocabulary"]),
        "schemas.ts": schemas_module(read["schemas"]),
        "rules_table.ts": rules_module(read["rules"]),
        "marks.ts": marks_module(read["marks"]),
    }
    paths = {TARGET / name: text for name, text in texts.items()}
    paths[CONSTANTS_TARGET] = constants_module(json.loads(CONSTANTS.read_text()))
    return {path: formatted(path, text) for path, text in paths.items()}


def main(arguments: list[str]) -> int:
    """Write the modules, or with --check only compare."""
    texts = modules()
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run python .ci/vocabulary.py")
        return 1 if stale else 0
    for path in stale:
        path.write_text(texts[path])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
