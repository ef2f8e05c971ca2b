"""Text that tries to be something else, and a hand that types it wherever a screen takes text."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from typing import Final

import pypdf
from playwright.sync_api import Locator, Page

from tests.browser.navigators.judge import WIDE

# Markup, script addresses, templates, typesetting, formulas, direction marks: each in a form that acts on some reader.
CORPUS: Final = (
    '<img src=x onerror="window.ran=1">',
    '"><script>window.ran=1</script>',
    "<svg/onload=window.ran=1>",
    "javascript:window.ran=1//",
    "${window.ran=1}{{7*7}}",
    '#read("/etc/passwd") #image("x.svg") $x$ @label <label>',
    "=HYPERLINK(\"http://example.test\",\"x\")",
    "+44=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "\u202egpj.exe\u2066 hidden\u2069",
    "unbroken" * 14,
)
# A name of a file can hold all of it but a slash.
FILE_NAMES: Final = (
    "<img src=x onerror=window.ran=1>.png",
    "=cmd'!A0.png",
    "\u202egnp.png",
    '"; window.ran=1; ".png',
)
ACTIVE: Final = re.compile(rb"/(JavaScript|JS|Launch|SubmitForm|OpenAction|AA|URI)\b")
TEXT_CONTROLS: Final = "main :is(textarea, input:not([type]), input[type=text], input[type=search], input[type=url]):visible"
# Nothing that was typed has become an element, an address or a handler of one.
COME_ALIVE: Final = """[...document.querySelectorAll('body *')].filter((one) =>
  [...one.attributes].some(({ name, value }) => name.startsWith('on') || /^\\s*javascript:/i.test(value))
  || (one.localName === 'img' && one.getAttribute('src') === 'x') || (one.localName === 'script' && !one.src))
  .map((one) => one.outerHTML.slice(0, 120))"""
# What stands further out than the page is wide.
TOO_WIDE: Final = """[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
  && one.checkVisibility()).map((one) => `${one.localName}.${one.className}`).slice(0, 12)"""


class Typist:
    """Types the corpus, in turn, into whatever takes text."""

    def __init__(self, page: Page) -> None:
        """On one page."""
        self.page = page
        self.typed = 0

    def next(self) -> str:
        """The next of the corpus."""
        self.typed += 1
        return CORPUS[self.typed % len(CORPUS)]

    def reveals(self) -> None:
        """Give the answers that ask for words of one's own."""
        for answer in ("Yes", "Other", "Something else"):
            for one in self.page.locator("main").get_by_label(answer, exact=True).all():
                if one.is_visible():
                    one.check()

    def fills(self, within: Locator | None = None) -> int:
        """Type into every text control that can be seen; answer how many there were."""
        controls = (within or self.page).locator(TEXT_CONTROLS)
        count = controls.count()
        for n in range(count):
            one = controls.nth(n)
            if one.is_editable():
                one.fill(self.next())
        # Where a number is asked for and anything else is refused in a sentence: other tests look at the sentence.
        for one in (within or self.page).locator(".field:has(.error) input:visible").all():
            one.fill("7")
        return count

    def nothing_came_alive(self) -> None:
        """No script ran, no element or handler was made of what was typed, and no word of it pushed the page sideways."""
        assert self.page.evaluate("window.ran") is None
        assert self.page.evaluate(COME_ALIVE) == []
        assert not self.page.evaluate(WIDE), self.page.evaluate(TOO_WIDE)


def pack_is_inert(pack: zipfile.ZipFile, account: str) -> None:
    """Names that harm no computer, cells that are no formula, PDFs that do nothing, and the account as it was typed."""
    drawn = ""
    for name in pack.namelist():
        assert re.fullmatch(r"[A-Za-z0-9._/-]{1,100}", name), name
        content = pack.read(name)
        if name.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
        if name.endswith(".pdf"):
            reader = pypdf.PdfReader(io.BytesIO(content))
            assert not ACTIVE.search(content) and not ACTIVE.search(_dictionaries(reader)), name
            drawn += " ".join(page.extract_text() for page in reader.pages)
    squeezed = re.sub(r"\s", "", unicodedata.normalize("NFKC", drawn))
    for text in CORPUS[:6]:
        assert re.sub(r"\s", "", text) in squeezed, text
    assert "root:x:0" not in drawn
    record = next(json.loads(pack.read(name)) for name in pack.namelist() if name.endswith("12_record.json"))
    assert account in json.dumps(record, ensure_ascii=False).replace('\\"', '"')


def _dictionaries(reader: pypdf.PdfReader) -> bytes:
    """Every object of a PDF as it is written, streams left out: what acts stands in a dictionary."""
    out = io.BytesIO()
    for number in range(1, reader.trailer["/Size"]):
        found = reader.get_object(number)
        if isinstance(found, dict):
            pypdf.generic.DictionaryObject(found).write_to_stream(out)
        else:
            out.write(repr(found).encode("utf-8", "replace"))
    return out.getvalue()
