"""Text that tries to be something else, and a hand that types it wherever a screen takes text."""

from typing import Final

from playwright.sync_api import Locator, Page

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
)
# A name of a file can hold all of it but a slash.
FILE_NAMES: Final = (
    "<img src=x onerror=window.ran=1>.png",
    "=cmd'!A0.png",
    "\u202egnp.png",
    '"; window.ran=1; ".png',
)
TEXT_CONTROLS: Final = "main :is(textarea, input:not([type]), input[type=text], input[type=search], input[type=url]):visible"
# Nothing that was typed has become an element, an address or a handler of one.
COME_ALIVE: Final = """[...document.querySelectorAll('body *')].filter((one) =>
  [...one.attributes].some(({ name, value }) => name.startsWith('on') || /^\\s*javascript:/i.test(value))
  || (one.localName === 'img' && one.getAttribute('src') === 'x') || (one.localName === 'script' && !one.src))
  .map((one) => one.outerHTML.slice(0, 120))"""


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
        """No script ran, and no element or handler was made of what was typed."""
        assert self.page.evaluate("window.ran") is None
        assert self.page.evaluate(COME_ALIVE) == []
