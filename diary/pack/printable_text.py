"""Conversion of any text to what a PDF/A can contain.

PDF/A forbids glyphs that no font has, control characters and private-use code points, so these are printed as [U+XXXX].
Embeddings, overrides and isolates of text direction are printed the same way: a message must not be able to change the
order in which a page reads. Document 01 embeds the first words of each entry unescaped, apart from redacted words.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from diary.paths import FONTS

_BIDI_CONTROLS: Final = frozenset((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_PLAIN_ASCII = re.compile(r"[\x20-\x7e\n]*")


class FontCoverage:
    """Code points covered by at least one font, as sorted ranges."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Merge ranges of first and last code point, in any order, overlapping or not."""
        merged: list[list[int]] = []
        for first, last in sorted(ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        self._firsts = [first for first, _ in merged]
        self._lasts = [last for _, last in merged]

    def __contains__(self, code_point: int) -> bool:
        """Return whether a font has the code point."""
        index = bisect_right(self._firsts, code_point) - 1
        return index >= 0 and code_point <= self._lasts[index]


class _EscapeTable(dict[int, int | str]):
    """Table for str.translate that computes each replacement once."""

    def __init__(self, coverage: FontCoverage) -> None:
        super().__init__()
        self._coverage = coverage

    def __missing__(self, code_point: int) -> int | str:
        self[code_point] = replacement = self._replacement(code_point)
        return replacement

    def _replacement(self, code_point: int) -> int | str:
        if code_point in (0x0A, 0x09, 0x0D):
            return {0x0A: "\n", 0x09: "    ", 0x0D: ""}[code_point]
        is_control = code_point < 0x20 or 0x7F <= code_point < 0xA0 or code_point in _BIDI_CONTROLS
        is_private_use = 0xE000 <= code_point <= 0xF8FF or code_point >= 0xF0000
        if is_control or is_private_use or code_point not in self._coverage:
            return f"[U+{code_point:04X}]"
        return code_point


@cache
def _escape_table() -> _EscapeTable:
    return _EscapeTable(FontCoverage(font_ranges(FONTS)))


def escape_unprintable(text: str) -> str:
    """Return the text with every unprintable character as [U+XXXX].

    Line feeds stay, a tab becomes four spaces, and carriage returns are dropped.
    """
    if _PLAIN_ASCII.fullmatch(text):
        return text
    return text.translate(_escape_table())


def font_ranges(folder: Path) -> Iterator[tuple[int, int]]:
    """Yield the code point ranges of every TTF in a folder."""
    for path in sorted(folder.glob("*.ttf")):
        with path.open("rb") as file:
            tables = struct.unpack(">H", file.read(12)[4:6])[0]
            for tag, _, offset, length in struct.iter_unpack(">4sLLL", file.read(16 * tables)):
                if tag == b"cmap":
                    file.seek(offset)
                    yield from _cmap_ranges(file.read(length))


def _cmap_ranges(cmap: bytes) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a cmap table in formats 4 and 12, the only ones these fonts use for text."""
    for table_index in range(struct.unpack_from(">H", cmap, 2)[0]):
        offset = struct.unpack_from(">HHL", cmap, 4 + 8 * table_index)[2]
        cmap_format = struct.unpack_from(">H", cmap, offset)[0]
        if cmap_format == 12:
            groups = struct.unpack_from(">L", cmap, offset + 12)[0]
            for first, last, _ in struct.iter_unpack(">LLL", cmap[offset + 16 : offset + 16 + 12 * groups]):
                yield first, last
        elif cmap_format == 4:
            count = struct.unpack_from(">H", cmap, offset + 6)[0] // 2
            lasts = struct.unpack_from(f">{count}H", cmap, offset + 14)
            firsts = struct.unpack_from(f">{count}H", cmap, offset + 16 + 2 * count)
            yield from ((first, last) for first, last in zip(firsts, lasts, strict=True) if first != 0xFFFF)


_SCRIPT_PATTERNS: Final = (
    ("ur", re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("pa", re.compile("[\u0a00-\u0a7f]")),
    ("zh", re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")),
    ("pl", re.compile("[ąćęłńśźżĄĆĘŁŃŚŹŻ]")),
)
_LETTER = re.compile(r"[^\W\d_]")
# Letters of Urdu that Arabic lacks; text without any of them is set in Naskh instead of Nastaliq.
_URDU_LETTER = re.compile("[\u0679\u067e\u0686\u0688\u0691\u0698\u06a9\u06af\u06ba\u06be\u06c1\u06cc\u06d2]")


def paragraphs(text: str) -> list[dict[str, str]]:
    """Return the printable paragraphs of a text, each with language and direction.

    `lang` is guessed from the script, for screen readers and shaping; it is never printed.
    """
    return [
        {
            "dir": "rtl" if (lang := guess_language(line)) in ("ur", "ar") else "ltr",
            "lang": lang,
            "v": escape_unprintable(line),
        }
        for line in text.split("\n")
        if line.strip()
    ]


def guess_language(line: str) -> str:
    """Return the most likely language of a line by its letters, 'en' by default."""
    if line.isascii():
        return "en"
    letters = len(_LETTER.findall(line))
    for lang, pattern in _SCRIPT_PATTERNS:
        script_letters = len(pattern.findall(line))
        if script_letters and (lang == "pl" or 2 * script_letters >= letters):
            return "ar" if lang == "ur" and not _URDU_LETTER.search(line) else lang
    return "en"
