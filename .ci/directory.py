"""Write the directory of diary/web/directory.toml into a module that the app can import.

    python .ci/directory.py            write static/src/features/help/directory_rows.ts
    python .ci/directory.py --check    exit with 1 if the file is out of date

The module is committed, so that the served bytes are the reviewed bytes. tests/test_directory_script.py compares it
with the table.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from biome import format_text

from diary.web.directory import SupportService, read_support_directory

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "src" / "features" / "help" / "directory_rows.ts"
# The longest text that fits in a line of 120 columns.
LINE_TEXT_LIMIT = 107
HEADER = """// Written by .ci/directory.py from diary/web/directory.toml. Change that file, then run the script again.

export type Way = 'call' | 'text' | 'bsl';
/** Days (0 is Monday), and minutes of the day in ZONE. */
export type Opening = { days: number[]; start: number; end: number };
export type Service = {
  id: string;
  name: string;
  /** The number to call or text, or the address to open. */
  number: string;
  kind: 'tel' | 'sms' | 'web';
  ways: readonly Way[];
  nations: readonly string[];
  people: readonly string[];
  note: string;
  /** null: day and night; empty: unknown. */
  openings: readonly Opening[] | null;
  free: boolean;
  bill: 'no' | 'yes' | 'unknown';
  /** The number was found on an official page. */
  official: boolean;
  /** The day on which a person last called or opened it, or ''. */
  checkedOn: string;
};

"""


def service_row(service: SupportService) -> dict[str, object]:
    """Return a service in the form that the app uses."""
    openings = (
        None
        if service.openings is None
        else [
            {"days": sorted(opening.weekdays), "start": opening.start_minute, "end": opening.end_minute}
            for opening in service.openings
        ]
    )
    return {
        "id": service.id,
        "name": service.name,
        "number": service.contact,
        "kind": service.kind,
        "ways": service.ways,
        "nations": service.nations,
        "people": service.people,
        "note": service.note,
        "openings": openings,
        "free": service.free,
        "bill": service.bill,
        "official": service.status == "verified",
        "checkedOn": service.checked_on.isoformat() if service.checked_on else "",
    }


def javascript_literal(value: object) -> str:
    """Return a value as JavaScript. A text too long for one line is split into several strings."""
    if not isinstance(value, str) or len(value) <= LINE_TEXT_LIMIT:
        return json.dumps(value, ensure_ascii=False)
    pieces = re.findall(rf".{{1,{LINE_TEXT_LIMIT}}}(?:\s|$)", value)
    return " + ".join(json.dumps(piece, ensure_ascii=False) for piece in pieces)


def module_text() -> str:
    """Return the text of the module."""
    directory = read_support_directory()
    service_rows = "".join(
        f"  {{{', '.join(f'{name}: {javascript_literal(value)}' for name, value in service_row(service).items())}}},\n"
        for service in directory.services
    )
    zone_line = f"export const ZONE = {json.dumps(directory.time_zone.key)};\n\n"
    text = HEADER + zone_line + "export const DIRECTORY: readonly Service[] = [\n" + service_rows + "];\n"
    return format_text(TARGET, text)


def main(arguments: list[str]) -> int:
    """Write the module, or with --check only compare it. Return the exit status."""
    text = module_text()
    if TARGET.is_file() and TARGET.read_text() == text:
        return 0
    if "--check" in arguments:
        print(f"{TARGET.relative_to(ROOT)} is stale: run python .ci/directory.py")
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
