"""Write what Python and browsers share (diary/record/*.json, constants.json, short_columns.json) into modules.

    python .ci/vocabulary.py            write static/src/record/vocabulary/, static/src/core/constants.ts and
                                        static/src/pack/chronology/short_columns.ts
    python .ci/vocabulary.py --check    exit with 1 if a file is out of date

The modules are committed, so that the served bytes are the reviewed bytes. tests/test_vocabulary_script.py compares
them with the JSON.
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
SHORT_COLUMNS = ROOT / "diary" / "pack" / "tables" / "short_columns.json"
SHORT_COLUMNS_TARGET = ROOT / "static" / "src" / "pack" / "chronology" / "short_columns.ts"
HEADER = "// Written by .ci/vocabulary.py from diary/record/{name}.json. Change that file, then run the script again.\n"
CODE_TYPE = (
    "/**\n * `young`: other words for a young person; absent if the usual ones are suitable.\n"
    " * `by_app`: only the app writes it, and no question offers it\n */\n"
    "export type Code = { code: string; label: string; young?: string; hint?: string; young_hint?: string; section?: string;"
    " letter?: string; named_in?: string; sets?: Record<string, string | string[]>; by_app?: boolean };\n"
)
LIST_TYPE = (
    "/** One question and its possible answers. */\n"
    "export type List = { question: string; young?: string; many: boolean; sections?: { code: string; label: string }[];"
    " codes: Code[] };\n"
)
# The lists are in four modules by subject, in the order of the JSON: the first list of each, and a description.
PARTS = {
    "incident": ("behaviours", "What happened, when and where."),
    "named": ("attachment_kinds", "Files, people, and what people use."),
    "case": ("orders", "Orders, reports, messages and the rest of a case."),
    "sharing": ("consent_kinds", "Consents, recipients, packs and choices about the app."),
}


def javascript_line(value: object) -> str:
    """Return a value as JavaScript on one line."""
    return json.dumps(value, ensure_ascii=False)


def vocabulary_modules(vocabularies: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the vocabulary modules by file name: vocabulary.ts, its parts, and the types that they share."""
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
    """Return the module of one part: one exported object."""
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
    """Return schemas.ts: kind → schema number → names of the open and the restricted part."""
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
    """Return marks.ts: which codes make which mark, and the marks whose first occurrence is a pattern."""
    marks_type = "{ marks: Record<string, Record<string, string[]>>; firsts: string[] }"
    rows = [f"    {name}: {javascript_line(codes)},\n" for name, codes in marks["marks"].items()]
    return "".join(
        [HEADER.format(name="marks"), "\n", f"export const MARKS: {marks_type} = {{\n  marks: {{\n", *rows, "  },\n"]
    ) + (f"  firsts: {javascript_line(marks['firsts'])},\n}};\n")


def rules_module(rules: dict[str, dict[str, dict[str, str]]]) -> str:
    """Return rules_table.ts: what each field may contain, for each kind of record and each member of an object."""
    rows = [HEADER.format(name="rules"), "\n"]
    rows.append("export const RULES: Record<'kinds' | 'objects', Record<string, Record<string, string>>> = {\n")
    for part, tables in rules.items():
        rows.append(f"  {part}: {{\n")
        rows.extend(f"    {name}: {javascript_line(table)},\n" for name, table in tables.items())
        rows.append("  },\n")
    return "".join([*rows, "};\n"])


def constants_module(groups: dict[str, dict[str, Any]]) -> str:
    """Return constants.ts: one exported constant for each value, with the same name in both languages."""
    rows = ["// Written by .ci/vocabulary.py from diary/constants.json. Change that file, then run the script again.\n"]
    rows.append("// docs/constants.md explains each value.\n")
    for group, values in groups.items():
        rows.append(f"\n// {group}\n")
        for name, value in values.items():
            const_suffix = " as const" if isinstance(value, list) else ""
            literal = f"{value:_}" if isinstance(value, int) and abs(value) >= 10_000 else javascript_line(value)
            rows.append(f"export const {name.upper()} = {literal}{const_suffix};\n")
    return "".join(rows)


def short_columns_module(layout: dict[str, Any]) -> str:
    """Return short_columns.ts: the columns of the short chronology."""
    rows = [
        "// Written by .ci/vocabulary.py from diary/pack/tables/short_columns.json.",
        " Change that file, then run the script again.\n",
        "\nexport type ShortColumn = { head: string; width: number;",
        " from: { column: string; label?: string; words?: Record<string, string> }[] };\n",
        "\n/** The twelve columns of the short chronology, each from columns of 02. */\n",
        "export const SHORT_COLUMNS: readonly ShortColumn[] = [\n",
        *(f"  {javascript_line(column)},\n" for column in layout["columns"]),
        "];\n\n/** The width of each column of the sheet of all columns, in characters. */\n",
        f"export const ALL_COLUMNS_WIDTH = {layout['all_columns_width']};\n",
        "/** The foot of a printed page, in Excel's codes. */\n",
        f"export const FOOTER = {javascript_line(layout['footer'])};\n",
    ]
    return "".join(rows)


def modules() -> dict[Path, str]:
    """Return the text that each module should have, by path."""
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
    paths[SHORT_COLUMNS_TARGET] = short_columns_module(json.loads(SHORT_COLUMNS.read_text()))
    return {path: format_text(path, text) for path, text in paths.items()}


def main(arguments: list[str]) -> int:
    """Write the modules, or with --check only compare them. Return the exit status."""
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
