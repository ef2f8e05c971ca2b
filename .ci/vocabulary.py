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

from biome import format_text

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "diary" / "record"
TARGET = ROOT / "static" / "src" / "record" / "vocabulary"
CONSTANTS = ROOT / "diary" / "constants.json"
CONSTANTS_TARGET = ROOT / "static" / "src" / "core" / "constants.ts"
HEADER = "// Written by .ci/vocabulary.py from diary/record/{name}.json; change that and run it again.\n"
CODE_TYPE = (
    "/** `young`: other words for a young person; absent where the usual ones will do. */\n"
    "export type Code = { code: string; label: string; young?: string; hint?: string; young_hint?: string; section?: string;"
    " letter?: string; named_in?: string; sets?: Record<string, string | string[]> };\n"
)
LIST_TYPE = (
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


def javascript_line(value: object) -> str:
    """One value as JavaScript on one line."""
    return json.dumps(value, ensure_ascii=False)


def vocabulary_modules(vocabularies: dict[str, dict[str, Any]]) -> dict[str, str]:
    """vocabulary.ts, which joins the parts, each part, and the types they share."""
    names = list(vocabularies)
    starts = [names.index(first) for first, _ in PARTS.values()]
    if starts != sorted(starts) or starts[0] != 0:
        raise SystemExit("The parts of the vocabulary are not in its order.")
    texts_by_name = {}
    for part, start, end in zip(PARTS, starts, [*starts[1:], len(names)], strict=True):
        texts_by_name[f"vocabulary_{part}.ts"] = part_module(
            part, {name: vocabularies[name] for name in names[start:end]}
        )
    texts_by_name["code_list.ts"] = HEADER.format(name="vocabulary") + "\n" + CODE_TYPE + LIST_TYPE
    imports = "import type { List } from './code_list.js';\n"
    imports += "".join(f"import {{ {part.upper()} }} from './vocabulary_{part}.js';\n" for part in PARTS)
    joined_parts = ", ".join(f"...{part.upper()}" for part in PARTS)
    vocabulary_export = (
        f"/** Every list, by name. */\nexport const VOCABULARY: Record<string, List> = {{ {joined_parts} }};\n"
    )
    texts_by_name["vocabulary.ts"] = "".join([HEADER.format(name="vocabulary"), imports, "\n", vocabulary_export])
    return texts_by_name


def part_module(part: str, vocabularies: dict[str, dict[str, Any]]) -> str:
    """One part: one exported object."""
    imports = f"import type {{ List }} from './code_list.js';\n\n/** {PARTS[part][1]} */\n"
    rows = [HEADER.format(name="vocabulary"), imports, f"export const {part.upper()}: Record<string, List> = {{\n"]
    for name, code_list in vocabularies.items():
        young = f" young: {javascript_line(code_list['young'])}," if "young" in code_list else ""
        sections = f" sections: {javascript_line(code_list['sections'])}," if "sections" in code_list else ""
        rows.append(
            f"  {name}: {{ question: {javascript_line(code_list['question'])},{young}"
            f" many: {javascript_line(code_list['many'])},{sections} codes: [\n"
        )
        rows.extend(f"    {javascript_line(code)},\n" for code in code_list["codes"])
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
                f"    {number}: {{\n      open: {javascript_line(parts['open'])},\n"
                f"      restricted: {javascript_line(parts['restricted'])},\n    }},\n"
            )
        rows.append("  },\n")
    return "".join([*rows, "};\n"])


def marks_module(marks: dict[str, Any]) -> str:
    """marks.ts: which codes make which mark, and the marks whose first time is looked for."""
    marks_type = "{ marks: Record<string, Record<string, string[]>>; firsts: string[] }"
    rows = [f"    {name}: {javascript_line(codes)},\n" for name, codes in marks["marks"].items()]
    return "".join(
        [HEADER.format(name="marks"), "\n", f"export const MARKS: {marks_type} = {{\n  marks: {{\n", *rows, "  },\n"]
    ) + (f"  firsts: {javascript_line(marks['firsts'])},\n}};\n")


def rules_module(rules: dict[str, dict[str, dict[str, str]]]) -> str:
    """rules_table.ts: what each field may hold, kind by kind, and each member of an object."""
    rows = [HEADER.format(name="rules"), "\n"]
    rows.append("export const RULES: Record<'kinds' | 'objects', Record<string, Record<string, string>>> = {\n")
    for part, tables in rules.items():
        rows.append(f"  {part}: {{\n")
        rows.extend(f"    {name}: {javascript_line(table)},\n" for name, table in tables.items())
        rows.append("  },\n")
    return "".join([*rows, "};\n"])


def constants_module(groups: dict[str, dict[str, Any]]) -> str:
    """constants.ts: one exported constant for each value. The name of a value is the same in both languages."""
    rows = ["// Written by .ci/vocabulary.py from diary/constants.json; change that and run it again.\n"]
    rows.append("// docs/constants.md says what each value is.\n")
    for group, values in groups.items():
        rows.append(f"\n// {group}\n")
        for name, value in values.items():
            const_suffix = " as const" if isinstance(value, list) else ""
            literal = f"{value:_}" if isinstance(value, int) and abs(value) >= 10_000 else javascript_line(value)
            rows.append(f"export const {name.upper()} = {literal}{const_suffix};\n")
    return "".join(rows)


def modules() -> dict[Path, str]:
    """Each module's path and the text it should have."""
    sources = {
        name: json.loads((SOURCE / f"{name}.json").read_text()) for name in ("vocabulary", "schemas", "rules", "marks")
    }
    texts = {
        **vocabulary_modules(sources["vocabulary"]),
        "schemas.ts": schemas_module(sources["schemas"]),
        "rules_table.ts": rules_module(sources["rules"]),
        "marks.ts": marks_module(sources["marks"]),
    }
    paths = {TARGET / name: text for name, text in texts.items()}
    paths[CONSTANTS_TARGET] = constants_module(json.loads(CONSTANTS.read_text()))
    return {path: format_text(path, text) for path, text in paths.items()}


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
