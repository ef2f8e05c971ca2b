"""Every screen in Welsh, Polish and Urdu: whole, within its width, judged by axe, and nothing left in English."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.navigators.judge import AXE, WIDE, faults
from tests.browser.navigators.tongue import catalogue_tool, in_english, texts_of, words_in
from tests.browser.test_screens import FAKE, LISTED, OPEN, ROOT, SCREENS, Act, address, go, js, show  # noqa: F401
from tests.test_young_words import only_usual, pairs

RTL: Final = {"ur"}
# Nastaliq is the tallest face that Urdu is shown in, and no telephone asks us first.
FACE: Final = """async () => {
  for (const [file, weight] of [['400Regular', '400'], ['700Bold', '700']]) {
    const face = new FontFace('Nastaliq', `url(/diary/pack/fonts/NotoNastaliqUrdu_${file}.ttf)`, { weight });
    document.fonts.add(await face.load());
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(':root:lang(ur) { --font: Nastaliq, sans-serif }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# Words that reach over the edge of the control or heading they name, or are cut. What a keeper wrote may be cut.
CUT: Final = """() => {
  const found = [];
  const range = document.createRange();
  const named = 'button, .chip > span, h1, h2, h3, legend, label, .bar-name, .state, .line > span, .tab > span:last-child';
  const add = (why, one) => found.push(`${why}: ${one.textContent.trim().slice(0, 60)}`);
  for (const one of document.querySelectorAll(named)) {
    if (!one.checkVisibility() || !one.textContent.trim()) continue;
    if (one.closest('.unseen, .tile, .item, [dir=auto]') || one.querySelector('.unseen')) continue;
    range.selectNodeContents(one);
    const [words, box] = [range.getBoundingClientRect(), one.getBoundingClientRect()];
    if (words.left < box.left - 1.5 || words.right > box.right + 1.5) add('over the edge', one);
    const style = getComputedStyle(one);
    if (style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1) add('cut', one);
  }
  // A name of one word at the thumb stands in one line.
  for (const one of document.querySelectorAll('.tab > span:last-child')) {
    range.selectNodeContents(one);
    const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    if (!one.textContent.trim().includes(' ') && tops.size > 1) add('broken', one);
  }
  for (const one of document.querySelectorAll('.row-more')) {
    if (one.checkVisibility() && one.scrollWidth > one.clientWidth + 1) add('cut', one);
  }
  return found;
}"""


def given() -> str:
    """All that the pretended keeper and her papers say, in whatever language they say it."""
    folder = ROOT / "tests" / "browser"
    kinds = ("test", "advocate", "handover", "helping", "notebook")
    screens = (folder / f"{kind}_screens.py" for kind in kinds)
    return (ROOT / FAKE.lstrip("/")).read_text(encoding="utf-8") + "".join(one.read_text(encoding="utf-8") for one in screens)


def speaks(page: Page, code: str) -> None:
    """Choose a language as the app does."""
    js(f"fake.set({{language: '{code}'}})")(page)
    page.wait_for_function("code => document.documentElement.lang === code", arg=code)
    if code in RTL:
        page.evaluate(FACE)


def judge_in(code: str, *, with_axe: bool) -> Callable[[Page], list[str]]:
    """What is wrong with a screen: its direction, words in English, words cut, width; by axe too if asked."""
    ours = given()

    def judge(page: Page) -> list[str]:
        found = faults(page) if with_axe else []
        found += [f"in English: {text}" for text in in_english(code, texts_of(page), ours)]
        direction = page.evaluate("getComputedStyle(document.body).direction")
        if direction != ("rtl" if code in RTL else "ltr"):
            found.append(f"runs {direction}")
        found += page.evaluate(CUT)
        page.set_viewport_size({"width": 320, "height": 568})
        if page.evaluate(WIDE):
            found.append("scrolls sideways at 320 px")
        found += [f"at 320 px {one}" for one in page.evaluate(CUT)]
        page.set_viewport_size({"width": 360, "height": 740})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate(WIDE):
            found.append("scrolls sideways at 200 %")
        page.evaluate("document.documentElement.style.fontSize = ''")
        return found

    return judge


KINDS: Final = ("person", "account", "order", "report", "notice", "impact", "background", "statement")
# Places the pretended app can show that no other test of screens walks to.
MORE: Final[dict[str, tuple[Act, ...]]] = {
    "language": (OPEN, go("languages")),
    "before you report": (OPEN, go("before")),
    "someone knows my words": (OPEN, go("someone")),
    "someone knows my words, half done": (
        OPEN,
        js("fake.set({account: {...fake.state.account, rekeying: true}})"),
        go("someone"),
    ),
    "is everything there, a witness is gone": (
        OPEN,
        js("fake.set({account: {...fake.state.account, witnesses_gone: ['witness.example/w1']}})"),
        go("server"),
    ),
    "change your words": (OPEN, go("changewords")),
    "high-risk mode": (OPEN, go("highrisk")),
    "adding while locked": (OPEN, go("capset")),
    "a sealed copy": (OPEN, go("makecopy")),
    "open a sealed copy": (js("fake.set({phase: 'fresh'})"), go("takecopy")),
    "bring in a chat": (OPEN, go("import")),
    "new words": (OPEN, go("newwords")),
    **{f"form, {kind}": (LISTED, go("form", kind=kind)) for kind in KINDS},
}


def walk(page: Page, screens: dict[str, tuple[Act, ...]], judge: Callable[[Page], list[str]]) -> dict[str, list[str]]:
    """What `judge` finds on each screen, by its name."""
    found = {}
    for name, steps in screens.items():
        js("fake.reset()")(page)
        for step in steps:
            step(page)
        page.wait_for_timeout(40)
        if wrong := judge(page):
            found[name] = wrong
    return found


@pytest.mark.slow
@pytest.mark.parametrize("code", ["ur", "cy", "pl"])
def test_every_screen_is_whole(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """Nothing in English, nothing cut or wider than the screen, at 320 px and at twice the size; Urdu mirrored."""
    page = show()
    speaks(page, code)
    assert walk(page, SCREENS | MORE, judge_in(code, with_axe=False)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("wide", [False, True], ids=["phone", "desk"])
@pytest.mark.parametrize("code", ["ur", "cy", "pl"])
def test_every_screen_is_accessible(show: Callable[..., Page], code: str, wide: bool) -> None:  # noqa: F811
    """No finding of axe on any screen, by day and by night, on a phone and at a desk."""
    page = show(viewport={"width": 1280, "height": 800} if wide else {"width": 360, "height": 740})
    speaks(page, code)
    page.evaluate(AXE)
    assert walk(page, SCREENS | MORE, faults) == {}


@pytest.mark.parametrize("code", ["ur"])
def test_some_screens_are_accessible(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """The screens somebody meets first, with the marks of a draft on them, by axe: the others wait for the long run."""
    first = ("lock, wrong words", "safe to write", "about this phone", "add, a draft and a time", "entries", "entry")
    first += ("erasing, asked", "pack, consent", "help", "lines")
    page = show()
    speaks(page, code)
    page.evaluate(AXE)
    assert walk(page, {name: SCREENS[name] for name in first}, judge_in(code, with_axe=True)) == {}


def test_a_young_keeper_is_asked_in_young_words_everywhere(show: Callable[..., Page]) -> None:  # noqa: F811
    """On every card and in every register no question stands in its usual words where there are young ones."""
    usual = {one for one, _ in pairs().values()} - only_usual()
    young = {one for _, one in pairs().values()}
    page = show()
    page.evaluate("fake.young = true")
    met: set[str] = set()

    def judge(page: Page) -> list[str]:
        texts = set(texts_of(page))
        met.update(texts & young)
        return sorted(texts & usual)

    asking = ("card ", "form, ", "all kinds")
    assert walk(page, {name: steps for name, steps in (SCREENS | MORE).items() if name.startswith(asking)}, judge) == {}
    assert len(met) > 100, sorted(met)


def test_english_that_is_left_is_found(show: Callable[..., Page]) -> None:  # noqa: F811
    """A text that escapes the catalogue's words is named, whole or filled; a draft's English beneath is not one."""
    page = show((OPEN, go("signout")))
    speaks(page, "pl")
    assert in_english("pl", texts_of(page)) == []
    page.evaluate("document.querySelector('main h1').textContent = 'Sign out on this device'")
    page.evaluate("document.querySelector('main p').setAttribute('aria-label', 'Locking in 5 seconds. What you wrote is kept.')")
    assert in_english("pl", texts_of(page)) == ["Sign out on this device", "Locking in 5 seconds. What you wrote is kept."]


def test_words_over_the_edge_are_found(show: Callable[..., Page]) -> None:  # noqa: F811
    """A button too narrow for its words is named."""
    page = show((OPEN, go("signout")))
    assert page.evaluate(CUT) == []
    page.evaluate("document.querySelector('main button').style.cssText = 'inline-size: 3rem; white-space: nowrap; padding: 0'")
    assert [one.split(":")[0] for one in page.evaluate(CUT)] == ["over the edge"]
    page.evaluate("document.querySelector('main button').style.cssText = ''")
    page.evaluate(
        "Object.assign(document.querySelector('.tab > span:last-child'), "
        "{textContent: 'Cofnodionycofnodion', style: 'inline-size: 2rem; overflow-wrap: anywhere'})"
    )
    assert [one.split(":")[0] for one in page.evaluate(CUT)] == ["broken"]


def test_every_language_has_the_app_in_it() -> None:
    """The catalogue's languages are those that are tried here."""
    assert {language.code for language in catalogue_tool().LANGUAGES} == {"cy", "pl", "ur"}
    assert all(len(words_in(code)) > 2000 for code in ("cy", "pl", "ur"))
