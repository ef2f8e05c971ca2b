"""What is wrong with a page as it stands: axe, targets, headings, width."""

from typing import Final

from playwright.sync_api import Page

from diary.paths import STATIC

AXE: Final = (STATIC.parent / "node_modules" / "axe-core" / "axe.min.js").read_text()
AUDIT: Final = """axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.map((one) =>
  `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`))"""
SMALL: Final = """[...document.querySelectorAll('button, input:not([type=file]), textarea, a, [role=button]')].filter((one) => {
  const box = (one.closest('label') ?? one).getBoundingClientRect();
  return one.checkVisibility() && box.width > 0 && (box.height < 43.5 || box.width < 43.5);
}).map((one) => one.outerHTML.slice(0, 90))"""
WIDE: Final = "document.documentElement.scrollWidth > innerWidth"


def faults(page: Page) -> list[str]:
    """What axe finds, a missing or second h1, a target too small, a page wider than the screen."""
    page.wait_for_timeout(250)  # colours that are on their way would be judged half-way
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(AUDIT)
    if (headings := page.locator("h1:visible").count()) != 1:
        found.append(f"{headings} h1")
    found += [f"small: {one}" for one in page.evaluate(SMALL)]
    if page.evaluate(WIDE):
        found.append("scrolls sideways")
    return found
