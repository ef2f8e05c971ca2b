"""The public pages' catalogue: every marked text once, in every language; a draft shows its English where safety hangs on it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.extract import extract_from_dir

from diary import config
from diary.paths import STATIC, TEMPLATES
from diary.web.languages import LANGUAGES, LTR
from diary.web.pages import Pages, render_pages
from diary.web.scripted_pages import ANCHORS, findings_of

ROOT = Path(__file__).resolve().parent.parent
FINDINGS = findings_of(STATIC)
MORNING_MS = 1_795_514_400_000
# Sentences with one of these decide about safety, consent, erasing or a failure.
GRAVE = re.compile(
    r"\b(999|55|danger|notice|noticed|delete|erase|under 18|immigration|never touched|spying|recovery code|parents"
    r"|evidence before|sent or kept|another device|different phone|try again|must not reach)\b",
    re.IGNORECASE,
)
# What matches and hangs on nothing: headings' questions, the lesson's exercises, words for those who teach.
LIGHT = re.compile(
    r"^(FOUR helps|The danger can rise|They are not|Do your photos|What is in the restricted"
    r"|\d: |\d+ \w+: |Is this device safe)"
)
MARKED = re.compile(
    r"\{% trans [^%]*%\}(.*?)\{% endtrans %\}|line\(\"\w+\", _\(\"([^\"]*)\"\)|, _\(\"([^\"]*)\"\)\) \}\}", re.DOTALL
)
MACHINERY = r"\{#.*?#\}|<!--.*?-->|\{% trans.*?\{% endtrans %\}|\{\{.*?\}\}|\{%.*?%\}"
UNSEEN = r"<(script|style|template|pre)\b.*?</\1>|<head>.*?</head>"
HEAD = re.compile(r"\{% block (?:title|description) %\}.*?\{% endblock %\}|<title>.*?</title>|<meta [^>]*>", re.DOTALL)


def _tool() -> ModuleType:
    sys.path.insert(0, str(ROOT / ".ci"))
    try:
        spec = importlib.util.spec_from_file_location("languages_pages", ROOT / ".ci" / "languages_pages.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / ".ci"))
    return module


tool = _tool()
CODES = [language.code for language in tool.LANGUAGES]


@pytest.fixture(scope="module")
def pages() -> Pages:
    """Every page in every language."""
    return render_pages(config.load({}), STATIC, TEMPLATES)


def every(pages: Pages, at: str) -> dict[str, str]:
    """Each page of one language, by its address without the language."""
    made = dict(pages.public) | {path: page for path, (page, _) in pages.front.pages.items()}
    made |= {path: pages.front.one_file(path, b"") for path in pages.front.frames}
    made |= {path: one.at(MORNING_MS) for path, one in pages.directory.items()}
    made |= {path: one.at(0) for path, one in pages.training.items()}
    others = tuple(f"{one.at}/" for one in LANGUAGES if one.at)
    mine = {
        p[len(at) :]: page for p, page in made.items() if (p.startswith(f"{at}/") if at else not p.startswith(others))
    }
    return {path: page.replace(ANCHORS, b"").decode() for path, page in mine.items()}


def slots(text: str) -> list[str]:
    """What a text is filled with, and the marks in it."""
    return sorted(re.findall(r"\{\w+\}|%\(\w+\)s|</?\w+>", text))


def test_the_pages_know_the_languages_of_the_catalogue() -> None:
    """The same languages run the same way, with as many plural forms, each reached by its example."""
    assert [(one.code, one.dir) for one in LANGUAGES[1:]] == [(one.code, one.direction) for one in tool.LANGUAGES]
    assert [tuple(form for form, _ in one.forms) for one in LANGUAGES[1:] if one.code != "pl"] == [
        one.plurals for one in tool.LANGUAGES if one.code != "pl"
    ]


def rung(text: str) -> list[str]:
    """The numbers in a text that somebody may ring."""
    return sorted(re.findall(r"0\d{3} [\d ]{6,}\d|\b(?:999|101|18001)\b", text))


@pytest.mark.parametrize("language", tool.LANGUAGES, ids=CODES)
def test_no_text_escapes_the_catalogue(language: object) -> None:
    """A new, changed or dropped text of a page is a difference until `languages.py update` has been run."""
    wanted = [message.id for message in tool.template() if message.id]
    there = [message.id for message in tool.read(language) if message.id]
    assert there == wanted, "run: python .ci/languages.py update"
    assert len(wanted) > 750


def test_a_text_of_a_page_without_a_translation_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """English may land alone; the list names the text in each language."""
    before = tool.missing()
    known = list(tool.marked())
    monkeypatch.setattr(tool, "marked", lambda: [*known, "A sentence that is new."])
    assert tool.missing() == {code: [*before.get(code, []), "page A sentence that is new."] for code in CODES}


@pytest.mark.parametrize("language", tool.LANGUAGES, ids=CODES)
def test_a_translation_is_filled_with_the_same_things(language: object) -> None:
    """No slot and no mark is lost or invented; numbers to ring stand as they are."""
    faults = []
    for message in tool.read(language):
        if not message.id or isinstance(message.id, tuple) or not message.string:
            continue
        if slots(message.id) != slots(message.string) or rung(message.id) != rung(message.string):
            faults.append(message.id)
    assert faults == []


def test_no_page_says_anything_that_is_not_marked() -> None:
    """Between the tags of a template stands no English but names, numbers and commands."""
    known = re.compile(
        r"Kept|axe-core|Lighthouse|Windows|PowerShell|macOS, Linux|servable|RESTRICTED|MG\d+C?(?:, MG\d+)*,?|/[\w./]+|@ANCHORS@"
        r"|certutil.*|Get-FileHash.*|shasum.*|python -m diary.*|999"
    )
    faults = []
    for path in sorted([*(TEMPLATES / "public").glob("*.html"), TEMPLATES / "public_base.html"]):
        bare = re.sub(MACHINERY, "", path.read_text(), flags=re.DOTALL)
        for text in re.split(r"<[^>]*>", bare):
            said = " ".join(text.split())
            if re.search(r"[A-Za-z]{2}", said) and not known.fullmatch(said):
                faults.append(f"{path.name}: {said}")
    assert faults == []


def test_every_grave_sentence_is_marked_to_show_its_english() -> None:
    """A sentence with a word that safety hangs on is marked `both()`, not only `trans`."""
    faults = []
    for path in [*(TEMPLATES / "public").glob("*.html"), TEMPLATES / "public_base.html"]:
        for found in MARKED.finditer(HEAD.sub("", path.read_text())):
            text = next(group for group in found.groups() if group)
            if GRAVE.search(text) and re.search(r"[.!…”]$", text) and len(text.split()) > 3 and not LIGHT.match(text):
                faults.append(f"{path.name}: {text}")
    assert faults == []


@pytest.mark.parametrize("one", LANGUAGES[1:], ids=[one.code for one in LANGUAGES[1:]])
def test_a_draft_shows_the_english_beneath(pages: Pages, one: object) -> None:
    """Every sentence marked so, on every page of a draft; and on an English page never twice."""
    at = one.at  # type: ignore[attr-defined]
    graves = [m for _, _, m, _, _ in extract_from_dir(str(TEMPLATES), method_map=tool.HOLDS, keywords={"both": None})]
    assert len(graves) > 120
    shown = "".join(every(pages, at).values()) + pages.missing[at].decode()
    beneath = set(re.findall(r'<span class="in-english" lang="en-GB" dir="ltr">(.*?)</span>', shown, re.DOTALL))
    unfilled = {m for m in graves if "%(" not in m}
    assert unfilled - beneath == set()
    assert 'class="in-english"' not in "".join(every(pages, "").values())


@pytest.mark.parametrize("one", LANGUAGES, ids=[one.code for one in LANGUAGES])
def test_what_the_check_of_a_pack_finds_is_said_in_the_language_of_the_page(pages: Pages, one: object) -> None:
    """Each finding on `/verify`, `/get` and in the file to keep; a draft has the English beneath, an English page has it once."""
    at = one.at  # type: ignore[attr-defined]
    said = every(pages, at)
    for place in ("/get", "/verify", "/verify/check-a-pack.html"):
        rows = dict(re.findall(r'<p data-say="finding\.(\w+)">(.*?)</p>', said[place], re.DOTALL))
        assert set(rows) == set(FINDINGS), place
        for code, english in FINDINGS.items():
            own, _, beneath = rows[code].partition('<span class="in-english"')
            assert (english in beneath and english not in own) if at else rows[code] == english, (place, code)


@pytest.fixture(scope="module")
def english() -> set[str]:
    """Sentences that are another in at least one language."""
    said = {m.id for m in tool.template() if isinstance(m.id, str) and len(m.id.split()) > 3 and "%(" not in m.id}
    return said - {m.id for language in tool.LANGUAGES for m in tool.read(language) if m.string == m.id}


@pytest.mark.parametrize("one", LANGUAGES[1:], ids=[one.code for one in LANGUAGES[1:]])
def test_a_page_in_another_language_holds_no_english_of_its_own(pages: Pages, english: set[str], one: object) -> None:
    """What a page says in English outside the sentences beneath is a name: no heading, button or label is left over."""
    for path, text in every(pages, one.at).items():  # type: ignore[attr-defined]
        own = re.sub(r'<span class="in-english".*?</span>', "", text, flags=re.DOTALL)
        marked = {said for said in english if "<" in said and f">{said}<" in own}
        assert marked | english & set(re.findall(r">([^<>]+)<", own)) == set(), path


def test_numbers_keep_their_order_in_urdu(pages: Pages) -> None:
    """A telephone number in a line that runs to the left stands in an isolate or in an element that runs to the right."""
    for path, text in every(pages, "/ur").items():
        body = re.sub(UNSEEN, "", text[text.index("<body") :], flags=re.DOTALL)
        body = re.sub(r'<(\w+)[^>]* dir="ltr"[^>]*>.*?</\1>', "", body, flags=re.DOTALL)
        body = re.sub(f"{LTR[0]}[^{LTR[1]}]*{LTR[1]}", "", re.sub(r"<[^>]*>", "|", body))
        assert re.findall(r"\d[\d ]* [\d ]*\d", body) == [], path


@pytest.mark.parametrize("at", ["", "/ur"])
def test_a_number_on_a_button_stays_on_one_line(pages: Pages, at: str) -> None:
    """A telephone number broken over two lines is read wrong."""
    buttons = [
        link
        for text in every(pages, at).values()
        for link in re.findall(r'<a class="button" href="tel:[^>]*>(.*?)</a>', text)
    ]
    assert [said for said in buttons if re.search(r"\d \d", said)] == []
    assert any("0808\u00a0802\u00a00300" in said for said in buttons)
