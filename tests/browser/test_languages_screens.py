"""Every screen in Welsh, Polish and Urdu: complete, within its width, accessible, and with nothing left in English."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.navigators.accessibility import AXE_SCRIPT, IS_TOO_WIDE, accessibility_faults
from tests.browser.navigators.translations import load_languages_script, page_texts, translations_of, untranslated_texts
from tests.browser.screen_steps import OPEN_DIARY, Step, go_to_screen, js
from tests.browser.test_screens import (
    FAKE_APP_PATH,
    PROJECT_ROOT,
    RECORDS_LISTED,
    SCREENS,
    address,  # noqa: F401 - a fixture
    show,  # noqa: F401 - a fixture
)
from tests.test_young_words import texts_without_young_words, usual_and_young_texts

RTL_LANGUAGES: Final = {"ur"}
# Nastaliq is the tallest font for Urdu, and phones use it by default.
LOAD_NASTALIQ: Final = """async () => {
  for (const [file, weight] of [['400Regular', '400'], ['700Bold', '700']]) {
    const face = new FontFace('Nastaliq', `url(/diary/pack/fonts/NotoNastaliqUrdu_${file}.ttf)`, { weight });
    document.fonts.add(await face.load());
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(':root:lang(ur) { --font: Nastaliq, sans-serif }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# Words that overflow their control or heading, or are cut. The keeper's own text may be cut.
FIND_CUT_WORDS: Final = """() => {
  const found = [];
  const range = document.createRange();
  const named = 'button, .chip > span, h1, h2, h3, legend, label, .bar-name, .state, .line > span, ' +
    '.tab > span:last-child';
  const add = (why, element) => found.push(`${why}: ${element.textContent.trim().slice(0, 60)}`);
  for (const element of document.querySelectorAll(named)) {
    if (!element.checkVisibility() || !element.textContent.trim()) continue;
    if (element.closest('.unseen, .tile, .item, [dir=auto]') || element.querySelector('.unseen')) continue;
    range.selectNodeContents(element);
    const [words, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
    if (words.left < box.left - 1.5 || words.right > box.right + 1.5) add('over the edge', element);
    const style = getComputedStyle(element);
    if (style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1) add('cut', element);
  }
  // A one-word name in the bottom bar stays on one line.
  for (const element of document.querySelectorAll('.tab > span:last-child')) {
    range.selectNodeContents(element);
    const tops = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    if (!element.textContent.trim().includes(' ') && tops.size > 1) add('broken', element);
  }
  for (const element of document.querySelectorAll('.row-more')) {
    if (element.checkVisibility() && element.scrollWidth > element.clientWidth + 1) add('cut', element);
  }
  return found;
}"""


def fixture_texts() -> str:
    """Return all text of the fake keeper and of the screens' fixtures, in any language."""
    folder = PROJECT_ROOT / "tests" / "browser"
    kinds = ("test", "advocate", "handover", "received_text", "notebook")
    screens = (folder / f"{kind}_screens.py" for kind in kinds)
    return (PROJECT_ROOT / FAKE_APP_PATH.lstrip("/")).read_text(encoding="utf-8") + "".join(
        path.read_text(encoding="utf-8") for path in screens
    )


def choose_language(page: Page, code: str) -> None:
    """Choose a language as the app does."""
    js(f"fake.set({{language: '{code}'}})")(page)
    page.wait_for_function("code => document.documentElement.lang === code", arg=code)
    if code in RTL_LANGUAGES:
        page.evaluate(LOAD_NASTALIQ)


def make_judge(code: str, *, with_axe: bool) -> Callable[[Page], list[str]]:
    """Return a function that finds a screen's faults: direction, English words, cut words, width; optionally axe."""
    own_texts = fixture_texts()

    def judge(page: Page) -> list[str]:
        screen_faults = accessibility_faults(page) if with_axe else []
        screen_faults += [f"in English: {text}" for text in untranslated_texts(code, page_texts(page), own_texts)]
        direction = page.evaluate("getComputedStyle(document.body).direction")
        if direction != ("rtl" if code in RTL_LANGUAGES else "ltr"):
            screen_faults.append(f"runs {direction}")
        screen_faults += page.evaluate(FIND_CUT_WORDS)
        page.set_viewport_size({"width": 320, "height": 568})
        if page.evaluate(IS_TOO_WIDE):
            screen_faults.append("scrolls sideways at 320 px")
        screen_faults += [f"at 320 px {fault}" for fault in page.evaluate(FIND_CUT_WORDS)]
        page.set_viewport_size({"width": 360, "height": 740})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate(IS_TOO_WIDE):
            screen_faults.append("scrolls sideways at 200 %")
        page.evaluate("document.documentElement.style.fontSize = ''")
        return screen_faults

    return judge


REGISTER_KINDS: Final = ("person", "account", "order", "report", "notice", "impact", "background", "statement")
# Screens of the fake app that no other test opens.
MORE_SCREENS: Final[dict[str, tuple[Step, ...]]] = {
    "language": (OPEN_DIARY, go_to_screen("languages")),
    "before you report": (OPEN_DIARY, go_to_screen("before")),
    "someone knows my words": (OPEN_DIARY, go_to_screen("someone")),
    "someone knows my words, half done": (
        OPEN_DIARY,
        js("fake.set({account: {...fake.state.account, rekeying: true}})"),
        go_to_screen("someone"),
    ),
    "is everything there, a witness is gone": (
        OPEN_DIARY,
        js("fake.set({account: {...fake.state.account, witnesses_gone: ['witness.example/w1']}})"),
        go_to_screen("server"),
    ),
    "change your password": (OPEN_DIARY, go_to_screen("changewords")),
    "high-risk mode": (OPEN_DIARY, go_to_screen("highrisk")),
    "adding while locked": (OPEN_DIARY, go_to_screen("capset")),
    "a backup file": (OPEN_DIARY, go_to_screen("makecopy")),
    "open a backup file": (js("fake.set({phase: 'fresh'})"), go_to_screen("takecopy")),
    "bring in a chat": (OPEN_DIARY, go_to_screen("import")),
    "new password": (OPEN_DIARY, go_to_screen("newwords")),
    **{f"form, {kind}": (RECORDS_LISTED, go_to_screen("form", kind=kind)) for kind in REGISTER_KINDS},
}


def judge_screens(
    page: Page, screens: dict[str, tuple[Step, ...]], judge: Callable[[Page], list[str]]
) -> dict[str, list[str]]:
    """Return the faults that `judge` finds on each screen, by its name."""
    faults_by_screen = {}
    for name, steps in screens.items():
        js("fake.reset()")(page)
        for step in steps:
            step(page)
        page.wait_for_timeout(40)
        if screen_faults := judge(page):
            faults_by_screen[name] = screen_faults
    return faults_by_screen


@pytest.mark.slow
@pytest.mark.parametrize("code", ["ur", "cy", "pl"])
def test_every_screen_is_translated_and_fits(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """Nothing is in English, cut or wider than the screen, at 320 px and at 200 % text; Urdu is mirrored."""
    page = show()
    choose_language(page, code)
    assert judge_screens(page, SCREENS | MORE_SCREENS, make_judge(code, with_axe=False)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("is_desktop", [False, True], ids=["phone", "desk"])
@pytest.mark.parametrize("code", ["ur", "cy", "pl"])
def test_every_screen_is_accessible(show: Callable[..., Page], code: str, is_desktop: bool) -> None:  # noqa: F811
    """No screen has an axe fault, by day or by night, on a phone or at a desk."""
    page = show(viewport={"width": 1280, "height": 800} if is_desktop else {"width": 360, "height": 740})
    choose_language(page, code)
    page.evaluate(AXE_SCRIPT)
    assert judge_screens(page, SCREENS | MORE_SCREENS, accessibility_faults) == {}


@pytest.mark.parametrize("code", ["ur"])
def test_some_screens_are_accessible(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """The first screens have no axe fault, with a draft's labels. The long run judges the others."""
    first = [
        *("lock, wrong words", "safe to write", "about this phone", "add, a draft and a time", "entries", "entry"),
        *("erasing, asked", "pack, consent", "help", "lines"),
    ]
    page = show()
    choose_language(page, code)
    page.evaluate(AXE_SCRIPT)
    assert judge_screens(page, {name: SCREENS[name] for name in first}, make_judge(code, with_axe=True)) == {}


def test_a_young_keeper_is_asked_in_young_words_everywhere(show: Callable[..., Page]) -> None:  # noqa: F811
    """No card or register shows a question in the usual words where there are young ones."""
    usual_texts = {text for text, _ in usual_and_young_texts().values()} - texts_without_young_words()
    young_texts = {text for _, text in usual_and_young_texts().values()}
    page = show()
    page.evaluate("fake.young = true")
    seen_texts: set[str] = set()

    def judge(page: Page) -> list[str]:
        texts = set(page_texts(page))
        seen_texts.update(texts & young_texts)
        return sorted(texts & usual_texts)

    asking_screens = ("card ", "form, ", "all kinds")
    assert (
        judge_screens(
            page,
            {name: steps for name, steps in (SCREENS | MORE_SCREENS).items() if name.startswith(asking_screens)},
            judge,
        )
        == {}
    )
    assert len(seen_texts) > 100, sorted(seen_texts)


def test_untranslated_text_is_found(show: Callable[..., Page]) -> None:  # noqa: F811
    """An untranslated text is found, plain or filled in. The English beneath a draft translation is not reported."""
    page = show((OPEN_DIARY, go_to_screen("signout")))
    choose_language(page, "pl")
    assert untranslated_texts("pl", page_texts(page)) == []
    page.evaluate("document.querySelector('main h1').textContent = 'Sign out on this device'")
    page.evaluate(
        "document.querySelector('main p').setAttribute('aria-label', 'Locking in 5 seconds. What you wrote is kept.')"
    )
    assert untranslated_texts("pl", page_texts(page)) == [
        "Sign out on this device",
        "Locking in 5 seconds. What you wrote is kept.",
    ]


def test_overflowing_words_are_found(show: Callable[..., Page]) -> None:  # noqa: F811
    """A button that is too narrow for its words is found."""
    page = show((OPEN_DIARY, go_to_screen("signout")))
    assert page.evaluate(FIND_CUT_WORDS) == []
    page.evaluate(
        "document.querySelector('main button').style.cssText = 'inline-size: 3rem; white-space: nowrap; padding: 0'"
    )
    assert [fault.split(":")[0] for fault in page.evaluate(FIND_CUT_WORDS)] == ["over the edge"]
    page.evaluate("document.querySelector('main button').style.cssText = ''")
    page.evaluate(
        "Object.assign(document.querySelector('.tab > span:last-child'), "
        "{textContent: 'Cofnodionycofnodion', style: 'inline-size: 2rem; overflow-wrap: anywhere'})"
    )
    assert [fault.split(":")[0] for fault in page.evaluate(FIND_CUT_WORDS)] == ["broken"]


def test_the_tested_languages_are_those_of_the_catalogue() -> None:
    """The languages of the catalogue are those tested here."""
    assert {language.code for language in load_languages_script().LANGUAGES} == {"cy", "pl", "ur"}
    assert all(len(translations_of(code)) > 2000 for code in ("cy", "pl", "ur"))


@pytest.mark.parametrize("code", ["cy", "pl", "ur"])
def test_a_draft_says_who_may_still_read_it_in_english_too(show: Callable[..., Page], code: str) -> None:  # noqa: F811
    """At a field that is kept from the other person, alone or after a hint of the field's own."""
    english = (
        "This app keeps it from the other person. Police, lawyers or a court could still decide to show it to them."
    )
    page = show()
    for card in ("where", "reported"):
        js("fake.reset()")(page)
        for step in SCREENS[f"card {card}"]:
            step(page)
        choose_language(page, code)
        hint = page.locator(".hint", has=page.locator(".in-english", has_text=english)).first
        expect(hint).to_be_visible()
