"""Conversion of any text to what a PDF/A can contain.

PDF/A forbids glyphs that no font has, control characters and private-use code points, so these are printed as [U+XXXX].
Document 01 embeds the first words of each entry unescaped, apart from redacted words.

[Note: code points that draw nothing] Default-ignorable code points are printed as [U+XXXX] too. A reader would not see
them, while some change the order in which a page reads and others can hide text. Fonts have a glyph for some of them and
not for others, and where two meet, the page may hold what PDF/A forbids: U+2060 before U+FEFF made every document fail.

[Note: what stays] Some of them stay where text cannot be read without them.

- U+200C between letters of a script that joins or stacks its letters: Persian, Urdu, Hindi, Bengali, Punjabi. It keeps
  two letters apart. At the edge of a word it changes nothing. U+200D after such a letter, which shapes that letter.
- U+200D between emoji; U+FE0E and U+FE0F after an emoji, and U+FE0F in a keycap; and the tags of the only three flags
  that are written with tags: England, Scotland and Wales. Other tags are a known way to hide text.

What is beside them decides, so they are judged after everything else is escaped. To escape a text twice changes nothing.

[Note: floods] A letter has at most 30 combining marks, as in the Stream-Safe Text Format (Unicode annex 15); the rest are
printed as [U+XXXX]. No language needs more, and the time to set them grows with the square of their number. A word without
a place to break runs off the page, and one of more than some 30,000 characters makes the document fail: a long word gets
places to break (`break_long_words`). Each paragraph costs memory: a text of very many lines has several in a paragraph.
"""

import re
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from diary.paths import FONTS

# Default_Ignorable_Code_Point, with its reserved code points, and U+FFF9 to U+FFFB, which mark annotations.
_INVISIBLE_RANGES: Final = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_INVISIBLE: Final = frozenset(code_point for first, last in _INVISIBLE_RANGES for code_point in range(first, last + 1))
# Letters, marks and digits of the joining and stacking scripts that the fonts have. Punctuation is not among them.
_JOINING: Final = (
    "\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u06dc\u06df-\u06ff\u0750-\u077f\u08a0-\u08ff"
    "\ufb50-\ufdff\ufe70-\ufefc\u0900-\u0963\u0966-\u0dff"
)
# Joiners, the two selectors of emoji, and tags.
_KEPT_CANDIDATE: Final = re.compile("[\u200c\u200d\ufe0e\ufe0f\U000e0020-\U000e007f]")
_TAGGED_FLAGS: Final = ("gbeng", "gbsct", "gbwls")
_EMOJI_FONT: Final = "NotoColorEmoji_400Regular.ttf"
# What has no place to break: a line may break behind these three signs already, so that most addresses of pages can be
# copied as they are. Digests of 64 digits stay whole.
_LONG_WORD: Final = re.compile(r"[^\s/?-]{65,}")
_PLACE_TO_BREAK: Final = "\u200b"
_WORD_PIECE_CHARACTERS: Final = 16
_LONGEST_PIECE_CHARACTERS: Final = 64
_MARKS_PER_LETTER: Final = 30
_LINES_LIMIT: Final = 1_000
_LINES_PER_PARAGRAPH: Final = 50
# Every combining mark is one of these. Most texts have no such run, and the pattern of the marks takes 50 ms to compile.
_MARKS_OR_OTHERS = re.compile(f"[^\x00-\u02ff]{{{_MARKS_PER_LETTER + 1},}}")
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
    """Table for str.translate that computes each replacement once. What may stay in some places is not replaced."""

    def __init__(self, coverage: FontCoverage) -> None:
        super().__init__()
        self._coverage = coverage

    def __missing__(self, code_point: int) -> int | str:
        self[code_point] = replacement = self._replacement(code_point)
        return replacement

    def _replacement(self, code_point: int) -> int | str:
        if code_point in (0x0A, 0x09, 0x0D):
            return {0x0A: "\n", 0x09: "    ", 0x0D: ""}[code_point]
        if _KEPT_CANDIDATE.match(chr(code_point)):
            return code_point
        is_control = code_point < 0x20 or 0x7F <= code_point < 0xA0 or code_point in _INVISIBLE
        is_private_use = 0xE000 <= code_point <= 0xF8FF or code_point >= 0xF0000
        if is_control or is_private_use or code_point not in self._coverage:
            return format_code_point(code_point)
        return code_point


def format_code_point(code_point: int) -> str:
    """Return for example `[U+FEFF]`."""
    return f"[U+{code_point:04X}]"


@cache
def _escape_table() -> _EscapeTable:
    return _EscapeTable(FontCoverage(font_ranges(FONTS)))


@cache
def _kept_pattern() -> re.Pattern[str]:
    """Return a pattern that finds every code point that may stay in some places, as group `kept` where it stays."""
    # The emoji font has digits, joiners and tags, too.
    emoji = "".join(
        f"{chr(first)}-{chr(last)}"
        for first, last in font_ranges(FONTS, _EMOJI_FONT)
        if first > 0x7F and first not in _INVISIBLE
    )
    tagged_flags = "|".join(
        "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in flag) + "\U000e007f" for flag in _TAGGED_FLAGS
    )
    return re.compile(
        f"(?P<kept>{tagged_flags}"
        f"|(?<=[{_JOINING}])\u200c(?=[{_JOINING}])|(?<=[{_JOINING}])\u200d"
        f"|(?:(?<=[{emoji}])|(?<=[{emoji}]\ufe0f))\u200d(?=[{emoji}])|(?<=[{emoji}])[\ufe0e\ufe0f]"
        f"|(?<=[0-9#*])\ufe0f(?=\u20e3))|{_KEPT_CANDIDATE.pattern}"
    )


@cache
def _surplus_marks_pattern() -> re.Pattern[str]:
    """Return a pattern that finds runs of more than thirty combining marks."""
    marks = "".join(chr(code) for code in range(0x300, 0x20000) if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(f"[{marks}]{{{_MARKS_PER_LETTER + 1},}}")


def escape_unprintable(text: str) -> str:
    """Return the text with every unprintable character as [U+XXXX].

    Line feeds stay, a tab becomes four spaces, and carriage returns are dropped.
    """
    if _PLAIN_ASCII.fullmatch(text):
        return text
    escaped = text.translate(_escape_table())
    if _MARKS_OR_OTHERS.search(escaped):
        escaped = _surplus_marks_pattern().sub(_shorten_marks, escaped)
    if not _KEPT_CANDIDATE.search(escaped):
        return escaped
    return _kept_pattern().sub(lambda found: found[0] if found["kept"] else format_code_point(ord(found[0])), escaped)


def _shorten_marks(run: re.Match[str]) -> str:
    """Return a run of combining marks with those above the limit as [U+XXXX]."""
    return run[0][:_MARKS_PER_LETTER] + "".join(format_code_point(ord(mark)) for mark in run[0][_MARKS_PER_LETTER:])


class VerbatimText(str):
    """Text that a template embeds as a file and does not print."""

    __slots__ = ()


def printable_data(data: object) -> object:
    """Return the data of a template with every text escaped, and with places to break in long words.

    Most texts are escaped already, where they are put together. This is done once for all, so that a field that was
    forgotten there cannot stop a document.
    """
    if isinstance(data, VerbatimText):
        return data
    if isinstance(data, str):
        return break_long_words(escape_unprintable(data))
    if isinstance(data, Mapping):
        return {key: printable_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [printable_data(value) for value in data]
    return data


def break_long_words(text: str) -> str:
    """Return the text with U+200B after every 16 characters of a word of more than 64."""
    return _LONG_WORD.sub(lambda word: _PLACE_TO_BREAK.join(_word_pieces(word[0])), text)


def _word_pieces(word: str) -> Iterator[str]:
    """Yield the pieces of a word: at least 16 characters each but the last.

    What belongs to the character before it is not parted from it, unless a piece would be very long: then it is not text
    to be read, but a flood.
    """
    start = 0
    for end in range(1, len(word)):
        size = end - start
        is_whole = size >= _WORD_PIECE_CHARACTERS and not _belongs_to_previous(word[end - 1], word[end])
        if is_whole or size >= _LONGEST_PIECE_CHARACTERS:
            yield word[start:end]
            start = end
    yield word[start:]


def _belongs_to_previous(before: str, character: str) -> bool:
    """Return whether a character is drawn together with the one before it: a mark, a joiner, a part of an emoji."""
    is_mark = unicodedata.category(character).startswith("M")
    return is_mark or "\u200d" in (before, character) or not _EMOJI_PARTS.isdisjoint((before, character))


# Flags are pairs of these letters, and skin tones follow an emoji.
_EMOJI_PARTS: Final = frozenset(
    map(chr, (*range(0x1F1E6, 0x1F200), *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)))
)


def font_ranges(folder: Path, name: str = "*.ttf") -> Iterator[tuple[int, int]]:
    """Yield the code point ranges of the TTFs in a folder whose file name matches a pattern."""
    for path in sorted(folder.glob(name)):
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
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > _LINES_LIMIT:
        lines = ["\n".join(lines[at : at + _LINES_PER_PARAGRAPH]) for at in range(0, len(lines), _LINES_PER_PARAGRAPH)]
    return [
        {
            "dir": "rtl" if (lang := guess_language(line)) in ("ur", "ar") else "ltr",
            "lang": lang,
            "v": escape_unprintable(line),
        }
        for line in lines
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
