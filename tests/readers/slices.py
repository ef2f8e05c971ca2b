"""A picture of something that is higher than the window, as somebody sees it who scrolls through it."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator

# Above and below, the bars of the app lie over the page.
BAR_PIXELS = 90
SCROLL_SCRIPT = """
async (element, [bar, offset]) => {
  let pane = element.parentElement ?? document.scrollingElement;
  while (pane !== document.scrollingElement && !/auto|scroll/.test(getComputedStyle(pane).overflowY))
    pane = pane.parentElement ?? document.scrollingElement;
  pane.scrollBy(0, element.getBoundingClientRect().top + offset - bar);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}
"""


def photograph_in_slices(element: Locator, path: Path, most: int = 8) -> None:
    """Write a PNG of the window for each windowful of `element`, from left to right; at most `most` of them."""
    page = element.page
    size = page.viewport_size
    box = element.bounding_box()
    if size is None or box is None:
        raise ValueError(f"{path.name}: nothing to see")
    is_whole = box["height"] <= size["height"]
    offsets = [0] if is_whole else range(0, round(box["height"]), size["height"] - 2 * BAR_PIXELS)
    slices = []
    for offset in offsets[:most]:
        element.evaluate(SCROLL_SCRIPT, [BAR_PIXELS, offset])
        clip = {"x": box["x"], "y": 0, "width": box["width"], "height": size["height"]}
        slices.append(Image.open(io.BytesIO(page.screenshot(clip=clip))))  # type: ignore[arg-type]
    gap = 24
    joined = Image.new("RGB", (sum(one.width + gap for one in slices) - gap, slices[0].height), (255, 0, 255))
    left = 0
    for one in slices:
        joined.paste(one, (left, 0))
        left += one.width + gap
    joined.save(path)
