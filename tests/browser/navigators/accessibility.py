"""Find a page's accessibility faults by day and by night: axe, small targets, headings, width."""

from typing import Final

from playwright.sync_api import Page, ViewportSize

from diary.paths import STATIC

AXE_SCRIPT: Final = (STATIC.parent / "node_modules" / "axe-core" / "axe.min.js").read_text()
AXE_AUDIT: Final = """axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map(
  (violation) =>
  `${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`))"""
# At night only the colours differ.
CONTRAST_AUDIT: Final = AXE_AUDIT.replace("['violations']", "['violations'], runOnly: ['color-contrast']").replace(
    "`$", "`by night, $", 1
)
HAS_REDUCED_MOTION: Final = "matchMedia('(prefers-reduced-motion: reduce)').matches"
SMALL_TARGETS: Final = """[
  ...document.querySelectorAll('button, input:not([type=file]), textarea, a, [role=button]'),
].filter((element) => {
  const box = (element.closest('label') ?? element).getBoundingClientRect();
  return element.checkVisibility() && box.width > 0 && (box.height < 43.5 || box.width < 43.5);
}).map((element) => element.outerHTML.slice(0, 90))"""
IS_TOO_WIDE: Final = "document.documentElement.scrollWidth > innerWidth"
# Whether the page is too wide, once the layout is done.
IS_TOO_WIDE_SETTLED: Final = (
    f"new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(() => go({IS_TOO_WIDE}))))"
)
# Whether the Leave arrow can be touched, however far the page is scrolled.
LEAVE_BUTTON_FAULT: Final = """() => {
  scrollTo(0, 1e6);
  const [frame, sheet] = [document.querySelector('.frame'), document.querySelector('dialog[open]')];
  sheet?.scrollTo(0, 1e6);
  if (!frame && !sheet) return document.querySelector('.leave') ? 'a way out with nothing to leave' : '';
  const leave = (sheet ?? frame).querySelector('.leave');
  if (!leave) return 'no way out';
  const { x, y, width, height, right, bottom } = leave.getBoundingClientRect();
  const there = document.elementFromPoint(x + width / 2, y + height / 2);
  const isSeen = x >= 0 && y >= 0 && right <= innerWidth && bottom <= innerHeight && leave.contains(there);
  return isSeen ? '' : 'the way out is out of reach';
}"""
NARROW_SIZE: Final[ViewportSize] = {"width": 320, "height": 568}
PHONE_SIZE: Final[ViewportSize] = {"width": 360, "height": 740}
DESKTOP_SIZE: Final[ViewportSize] = {"width": 1280, "height": 800}


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe finds, a missing or second h1, small targets, and sideways scrolling."""
    if not page.evaluate(HAS_REDUCED_MOTION):
        # A colour transition would be judged half-way. From here on, colours change at once.
        page.emulate_media(reduced_motion="reduce")
        page.wait_for_timeout(250)
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE_AUDIT)
    if (headings := page.locator("h1:visible").count()) != 1:
        found.append(f"{headings} h1")
    found += [f"small: {element}" for element in page.evaluate(SMALL_TARGETS)]
    if page.evaluate(IS_TOO_WIDE):
        found.append("scrolls sideways")
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(CONTRAST_AUDIT)
    page.emulate_media(color_scheme="light")
    return found


def desktop_faults(page: Page) -> list[str]:
    """Return the faults on a wide screen, and where it scrolls sideways at any size."""
    page.set_viewport_size(DESKTOP_SIZE)
    return accessibility_faults(page) + overflow_faults(page)


def overflow_faults(page: Page, *, check_leave_button: bool = False, include_desktop: bool = True) -> list[str]:
    """Return where a screen scrolls sideways: narrow, enlarged and mirrored on a phone.

    With `include_desktop`, also at a desk and in forced colours. With `check_leave_button`, also return where the page
    cannot be left with one touch, narrow and enlarged.
    """
    found = []

    def check(state: str) -> None:
        if page.evaluate(IS_TOO_WIDE_SETTLED):
            found.append(f"scrolls sideways, {state}")
        if check_leave_button and state in ("320 px", "text at 200 %") and (fault := page.evaluate(LEAVE_BUTTON_FAULT)):
            found.append(f"{fault}, {state}")

    page.set_viewport_size(NARROW_SIZE)
    check("320 px")
    page.set_viewport_size(PHONE_SIZE)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    check("text at 200 %")
    page.evaluate("document.documentElement.style.fontSize = ''; document.documentElement.dir = 'rtl'")
    check("right to left")
    if include_desktop:
        page.set_viewport_size(DESKTOP_SIZE)
        check("right to left, desk")
        page.set_viewport_size(PHONE_SIZE)
        page.emulate_media(forced_colors="active")
        check("right to left, forced colours")
        page.emulate_media(forced_colors="none")
    page.evaluate("document.documentElement.dir = 'ltr'")
    return found
