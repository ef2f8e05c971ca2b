"""Every screen with little room: text at twice its size, 320 px, a keyboard in landscape; and in forced colours."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.navigators.accessibility import PHONE_SIZE
from tests.browser.screen_steps import OPEN_DIARY, js
from tests.browser.test_screens import address, judge_every_screen, show
from tests.browser.test_small_screens import BROKEN_WORDS_SCRIPT, LARGE_TEXT_SCRIPT

__all__ = ["address", "show"]

NORMAL_TEXT_SCRIPT = "() => { document.documentElement.style.fontSize = ''; }"
# Of each field that can be typed into: how many pixels of it can be seen once it is scrolled to. A screen behind a
# dialog cannot be typed into.
SEEN_OF_FIELDS_SCRIPT = """async () => {
  const part = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.querySelector('#app');
  const kinds = 'textarea, input:not([type=checkbox], [type=radio], [type=file], [type=range])';
  const seen = [];
  for (const field of part.querySelectorAll(kinds)) {
    if (!field.checkVisibility() || !field.getClientRects().length || field.disabled) continue;
    field.focus();
    field.scrollIntoView({ block: 'center', behavior: 'instant' });
    await new Promise((go) => requestAnimationFrame(go));
    const { left, width, top, bottom, height } = field.getBoundingClientRect();
    let pixels = 0;
    for (let y = Math.max(top, 0) + 1; y < Math.min(bottom, innerHeight); y += 2)
      if (field.contains(document.elementFromPoint(left + width / 2, y))) pixels += 2;
    if (pixels < Math.min(height - 6, 56)) seen.push(`${field.id || field.className}: ${pixels} of ${height} px`);
  }
  document.activeElement?.blur();
  return seen;
}"""
# The icons and pictures that have the colour of what is behind them, and what is chosen but looks like the rest.
FORCED_COLOURS_SCRIPT = """() => {
  const CLEAR = 'rgba(0, 0, 0, 0)';
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement)
      if (![CLEAR, 'rgba(255, 255, 255, 0)'].includes(getComputedStyle(at).backgroundColor))
        return getComputedStyle(at).backgroundColor;
    return 'rgb(255, 255, 255)';
  };
  const isShown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const shapes = 'path, circle, rect, line, polyline, polygon, ellipse, text';
  // A part of a photo has its own colours.
  const unseen = [...document.querySelectorAll('svg:not(:has(image))')].filter((svg) => {
    const ground = behind(svg.parentElement);
    return isShown(svg) && ![...svg.querySelectorAll(shapes)].some((shape) => {
      const { fill, stroke } = getComputedStyle(shape);
      return [fill, stroke].some((colour) => !['none', CLEAR, ground].includes(colour));
    });
  });
  const alike = [...document.querySelectorAll('.tab[aria-current], .item[aria-current], .offer[aria-selected=true]')]
    .filter((element) => isShown(element) && getComputedStyle(element).outlineStyle === 'none');
  const chosen = [...document.querySelectorAll('.chip input:checked + span')]
    .filter((element) => isShown(element) && getComputedStyle(element).outlineStyle === 'none');
  return [...unseen, ...alike, ...chosen].map((element) => element.outerHTML.slice(0, 100));
}"""


def broken_words(page: Page) -> list[str]:
    """Return the words on more than one line.

    An address, a file's name and a digest may be broken anywhere, and so may a run of letters too long for any line.
    """
    words: list[str] = page.evaluate(BROKEN_WORDS_SCRIPT.replace("broken.push(word)", PUSH_UNLESS_NAME), "body")
    return words


PUSH_UNLESS_NAME = """{
        const [before] = /\\S*$/.exec(node.data.slice(0, index));
        const [after] = /^\\S*/.exec(node.data.slice(index));
        const whole = before + after;
        const isName = /[^\\s][.:\\/_][^\\s]/.test(whole) || /^[0-9a-f]{32,}$/.test(whole);
        if (whole.length <= 60 && !isName) broken.push(word);
      }"""


def squeezed_faults(page: Page) -> list[str]:
    """Return the words that are broken, the fields that a keyboard leaves no room for, and what colours hide."""
    page.set_viewport_size(PHONE_SIZE)
    page.evaluate(LARGE_TEXT_SCRIPT)
    found = [f"broken at 200 %: {word}" for word in broken_words(page)]
    page.evaluate(NORMAL_TEXT_SCRIPT)
    page.set_viewport_size({"width": 320, "height": 568})
    found += [f"broken at 320 px: {word}" for word in broken_words(page)]
    page.set_viewport_size({"width": 740, "height": 200})
    found += [f"no room above the keyboard: {field}" for field in page.evaluate(SEEN_OF_FIELDS_SCRIPT)]
    page.set_viewport_size(PHONE_SIZE)
    page.emulate_media(forced_colors="active")
    found += [f"in forced colours: {element}" for element in page.evaluate(FORCED_COLOURS_SCRIPT)]
    page.emulate_media(forced_colors="none")
    return found


def test_every_screen_keeps_its_words_its_fields_and_its_icons(show: Callable[..., Page]) -> None:
    """No word is broken at 200 % or 320 px, each field has room above a keyboard, and no icon vanishes."""
    assert judge_every_screen(show(viewport=PHONE_SIZE), squeezed_faults) == {}


def test_what_is_squeezed_is_found(show: Callable[..., Page]) -> None:
    """A word in a narrow box, a box under a bar, an icon in the colour behind it and a tab like others are found."""
    page = show((OPEN_DIARY,))
    assert squeezed_faults(page) == []
    js("document.querySelector('h1').style.inlineSize = '3rem'")(page)
    assert {fault.split(":")[0] for fault in squeezed_faults(page)} == {"broken at 200 %", "broken at 320 px"}
    js("document.querySelector('h1').style.inlineSize = ''")(page)
    js("document.querySelector('.bar').style.blockSize = '170px'")(page)
    assert [fault.split(":")[0] for fault in squeezed_faults(page)] == ["no room above the keyboard"]
    js("document.querySelector('.bar').style.blockSize = ''")(page)
    js("document.querySelector('.leave svg').style.cssText = 'forced-color-adjust: none; color: white'")(page)
    js("document.querySelector('.tab[aria-current]').style.outline = 'none'")(page)
    assert [fault.split(":")[0] for fault in squeezed_faults(page)] == ["in forced colours"] * 2
