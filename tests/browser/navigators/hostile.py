"""Text that tries to act as code, and a typist that puts it into every text field."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from typing import Any, Final

import pypdf
from playwright.sync_api import Locator, Page

from tests.browser.navigators.accessibility import IS_TOO_WIDE

# Markup, script addresses, templates, typesetting, formulas and direction marks, each in a form that some program would
# run.
HOSTILE_TEXTS: Final = (
    '<img src=x onerror="window.ran=1">',
    '"><script>window.ran=1</script>',
    "<svg/onload=window.ran=1>",
    "javascript:window.ran=1//",
    "${window.ran=1}{{7*7}}",
    '#read("/etc/passwd") #image("x.svg") $x$ @label <label>',
    '=HYPERLINK("http://example.test","x")',
    "+44=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "\u202egpj.exe\u2066 hidden\u2069",
    "unbroken" * 14,
)
# A file name can contain any of these characters except a slash.
HOSTILE_FILE_NAMES: Final = (
    "<img src=x onerror=window.ran=1>.png",
    "=cmd'!A0.png",
    "\u202egnp.png",
    '"; window.ran=1; ".png',
)
PDF_ACTIONS: Final = re.compile(rb"/(JavaScript|JS|Launch|SubmitForm|OpenAction|AA|URI)\b")
TEXT_CONTROLS: Final = (
    "main :is(textarea, input:not([type]), input[type=text], input[type=search], input[type=url]):visible"
)
# Elements, addresses and handlers that typed text has become.
ACTIVE_ELEMENTS: Final = """[...document.querySelectorAll('body *')].filter((element) =>
  [...element.attributes].some(({ name, value }) => name.startsWith('on') || /^\\s*javascript:/i.test(value))
  || (element.localName === 'img' && element.getAttribute('src') === 'x')
  || (element.localName === 'script' && !element.src))
  .map((element) => element.outerHTML.slice(0, 120))"""
# Elements that reach past the right edge of the page.
WIDE_ELEMENTS: Final = """[...document.querySelectorAll('main *')].filter((element) =>
  element.getBoundingClientRect().right > innerWidth + 1 && element.checkVisibility())
  .map((element) => `${element.localName}.${element.className}`).slice(0, 12)"""


class HostileTypist:
    """Types the hostile texts, in turn, into every text field."""

    def __init__(self, page: Page) -> None:
        """Work on one page."""
        self.page = page
        self.typed = 0

    def next_text(self) -> str:
        """Return the next hostile text."""
        self.typed += 1
        return HOSTILE_TEXTS[self.typed % len(HOSTILE_TEXTS)]

    def reveal_text_fields(self) -> None:
        """Give the answers that show a free text field."""
        for answer in ("Yes", "Other", "Something else"):
            for choice in self.page.locator("main").get_by_label(answer, exact=True).all():
                if choice.is_visible():
                    choice.check()

    def fill_text_controls(self, container: Locator | None = None) -> int:
        """Type into every visible text control. Return how many there were."""
        controls = (container or self.page).locator(TEXT_CONTROLS)
        count = controls.count()
        for n in range(count):
            control = controls.nth(n)
            if control.is_editable():
                control.fill(self.next_text())
        # A number field refuses anything else with a message, which other tests check.
        for control in (container or self.page).locator(".field:has(.error) input:visible").all():
            control.fill("7")
        return count

    def assert_nothing_ran(self) -> None:
        """Assert that no script ran, no typed text became an element or handler, and no word scrolls the page."""
        assert self.page.evaluate("window.ran") is None
        assert self.page.evaluate(ACTIVE_ELEMENTS) == []
        assert not self.page.evaluate(IS_TOO_WIDE), self.page.evaluate(WIDE_ELEMENTS)


def assert_pack_is_inert(pack: zipfile.ZipFile, narrative: str) -> None:
    """Assert that a pack has safe file names, no formulas, no PDF actions, and the account as typed."""
    text_of_pages = ""
    for name in pack.namelist():
        assert re.fullmatch(r"[A-Za-z0-9._/-]{1,100}", name), name
        content = pack.read(name)
        if name.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
        if name.endswith(".pdf"):
            reader = pypdf.PdfReader(io.BytesIO(content))
            assert not PDF_ACTIONS.search(content) and not PDF_ACTIONS.search(_pdf_dictionaries(reader)), name
            text_of_pages += " ".join(page.extract_text() for page in reader.pages)
    squeezed = re.sub(r"\s", "", unicodedata.normalize("NFKC", text_of_pages))
    for text in HOSTILE_TEXTS[:6]:
        assert re.sub(r"\s", "", text) in squeezed, text
    assert "root:x:0" not in text_of_pages
    record = next(json.loads(pack.read(name)) for name in pack.namelist() if name.endswith("12_record.json"))
    assert narrative in json.dumps(record, ensure_ascii=False).replace('\\"', '"')


def _pdf_dictionaries(reader: pypdf.PdfReader) -> bytes:
    """Return a PDF's objects without their streams. Actions are in dictionaries."""
    out = io.BytesIO()
    size: Any = reader.trailer["/Size"]
    for number in range(1, size):
        value = reader.get_object(number)
        if isinstance(value, pypdf.generic.DictionaryObject):
            pypdf.generic.DictionaryObject(value).write_to_stream(out)
        else:
            out.write(repr(value).encode("utf-8", "replace"))
    return out.getvalue()
