"""Which fonts a text needs. A browser fetches those only: all of them are 32 MB."""

from functools import cache
from typing import Final

from diary.pack.printable_text import FontCoverage, font_ranges
from diary.paths import FONTS

_BASE_FONT: Final = "NotoSans_400Regular.ttf"
# Every document uses these.
_ALWAYS_NEEDED: Final = (
    "NotoSansMono_400Regular.ttf",
    _BASE_FONT,
    "NotoSans_400Regular_Italic.ttf",
    "NotoSans_700Bold.ttf",
)


def needed_fonts(text: str) -> list[str]:
    """Return the file names of the fonts with which a text is typeset as with all fonts.

    A font is needed when it has a character that the base font lacks. Templates try the fonts in a fixed order
    (look.typ), so one that has none of the text's characters changes nothing.
    """
    coverage = _coverage_by_font()
    special = {code for code in map(ord, set(text)) if code > 0x7F and code not in coverage[_BASE_FONT]}
    return [name for name, font in coverage.items() if name in _ALWAYS_NEEDED or any(code in font for code in special)]


@cache
def _coverage_by_font() -> dict[str, FontCoverage]:
    """Return what each font covers by file name, in order of name."""
    return {path.name: FontCoverage(font_ranges(FONTS, path.name)) for path in sorted(FONTS.glob("*.ttf"))}
