"""Writes the tables of code points assigned in Unicode 14, for Python and for the browser.

Run by hand on a Python whose unicodedata is 14.0.0 (3.11); the answer never changes.
"""

import textwrap
import unicodedata
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

PYTHON_TEMPLATE = '''"""Which code points Unicode 14 had assigned. Written by tests/vectors/write_unicode14.py."""

from bisect import bisect_right
from itertools import accumulate
from typing import Final

# Lengths of runs, in base 36: assigned, unassigned, assigned… from U+0000. Surrogates count as unassigned.
_RUNS: Final = """
{table}
"""

_EDGES: Final = tuple(accumulate(int(run, 36) for run in _RUNS.split()))


def is_assigned(code_point: int) -> bool:
    """Whether Unicode 14 gave this code point a meaning, private use included."""
    return bisect_right(_EDGES, code_point) % 2 == 0
'''

SCRIPT_TEMPLATE = """/** Which code points Unicode 14 had assigned. Written by tests/vectors/write_unicode14.py. */

// Lengths of runs, in base 36: assigned, unassigned, assigned… from U+0000. Surrogates count as unassigned.
const RUNS = `
{table}
`;

const EDGES: number[] = [];
for (const run of RUNS.trim().split(/\\s+/)) EDGES.push((EDGES.at(-1) ?? 0) + parseInt(run, 36));

/** Whether Unicode 14 gave this code point a meaning, private use included. */
export function isAssigned(codePoint: number): boolean {{
  let low = 0;
  let high = EDGES.length;
  while (low < high) {{
    const middle = (low + high) >> 1;
    if ((EDGES[middle] ?? 0) <= codePoint) low = middle + 1;
    else high = middle;
  }}
  return low % 2 === 0;
}}
"""


def base36(number: int) -> str:
    """A number above zero in base 36."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits


def run_lengths() -> list[int]:
    """Lengths of runs of assigned and unassigned code points, in turn."""
    lengths, last = [0], True
    for code_point in range(0x110000):
        assigned = unicodedata.category(chr(code_point)) not in ("Cn", "Cs")
        if assigned != last:
            lengths.append(0)
            last = assigned
        lengths[-1] += 1
    return lengths


def main() -> None:
    """Write both tables."""
    if unicodedata.unidata_version != "14.0.0":
        raise SystemExit("This needs a Python with Unicode 14, such as 3.11.")
    table = textwrap.fill(" ".join(base36(length) for length in run_lengths()), 100)
    (PROJECT_ROOT / "diary/crypto/unicode14.py").write_text(PYTHON_TEMPLATE.format(table=table))
    (PROJECT_ROOT / "static/src/crypto/unicode14.ts").write_text(SCRIPT_TEMPLATE.format(table=table))


if __name__ == "__main__":
    main()
