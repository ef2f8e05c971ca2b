"""Catalogue of the public pages: every marked text once in every language.

A draft translation shows the English as well where safety depends on it.
"""

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
from diary.web.languages import LANGUAGES, LEFT_TO_RIGHT_ISOLATE, Language
from diary.web.pages import RenderedPages, render_pages
from diary.web.scripted_pages import ANCHORS_PLACEHOLDER, finding_sentences

PROJECT_ROOT = Path(__file__).resolve().parent.parent
FINDING_CODES = finding_sentences(STATIC)
MORNING_MS = 1_795_514_400_000
# A sentence with one of these is about safety, consent, erasure or a failure.
SENSITIVE_TEXT = re.compile(
    r"\b(999|55|danger|notice|noticed|delete|erase|under 18|immigration|never touched|spying|recovery code|parents"
    r"|evidence before|sent or kept|another device|different phone|try again|must not reach)\b",
    re.IGNORECASE,
)
# Matches without safety relevance: headings with questions, exercises of the lesson, text for trainers.
HARMLESS_TEXT = re.compile(
    r"^(FOUR helps|The danger can rise|They are not|Do your photos|What is in the restricted"
    r"|\d: |\d+ \w+: |Is this device safe)"
)
MARKED_TEXT = re.compile(
    r"\{% trans [^%]*%\}(.*?)\{% endtrans %\}|line\(\"\w+\", _\(\"([^\"]*)\"\)|, _\(\"([^\"]*)\"\)\) \}\}", re.DOTALL
)
TEMPLATE_MARKUP = r"\{#.*?#\}|<!--.*?-->|\{% trans.*?\{% endtrans %\}|\{\{.*?\}\}|\{%.*?%\}"
INVISIBLE_MARKUP = r"<(script|style|template|pre)\b.*?</\1>|<head>.*?</head>"
HEAD_BLOCK = re.compile(
    r"\{% block (?:title|description) %\}.*?\{% endblock %\}|<title>.*?</title>|<meta [^>]*>", re.DOTALL
)


def _load_catalogue_tool() -> ModuleType:
    sys.path.insert(0, str(PROJECT_ROOT / ".ci"))
    try:
        spec = importlib.util.spec_from_file_location("languages_pages", PROJECT_ROOT / ".ci" / "languages_pages.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(PROJECT_ROOT / ".ci"))
    return module


catalogue_tool = _load_catalogue_tool()
LANGUAGE_CODES = [language.code for language in catalogue_tool.LANGUAGES]


@pytest.fixture(scope="module")
def pages() -> RenderedPages:
    """Render every page in every language."""
    return render_pages(config.load_settings({}), STATIC, TEMPLATES)


def pages_of_language(pages: RenderedPages, prefix: str) -> dict[str, str]:
    """Return the pages of one language, by address without the language."""
    all_pages = dict(pages.public_pages) | {path: page for path, (page, _) in pages.scripted_pages.pages.items()}
    all_pages |= {
        path: pages.scripted_pages.standalone_file(path, b"") for path in pages.scripted_pages.standalone_templates
    }
    all_pages |= {path: language.render_at(MORNING_MS) for path, language in pages.directory_pages.items()}
    all_pages |= {path: language.page_for_size(0) for path, language in pages.training_pages.items()}
    other_prefixes = tuple(f"{language.path_prefix}/" for language in LANGUAGES if language.path_prefix)
    pages_by_path = {
        p[len(prefix) :]: page
        for p, page in all_pages.items()
        if (p.startswith(f"{prefix}/") if prefix else not p.startswith(other_prefixes))
    }
    return {path: page.replace(ANCHORS_PLACEHOLDER, b"").decode() for path, page in pages_by_path.items()}


def placeholders(text: str) -> list[str]:
    """Return the placeholders and markup in a text."""
    return sorted(re.findall(r"\{\w+\}|%\(\w+\)s|</?\w+>", text))


def test_the_pages_know_the_languages_of_the_catalogue() -> None:
    """The languages, directions and numbers of plural forms match, and each form has an example."""
    assert [(language.code, language.text_direction) for language in LANGUAGES[1:]] == [
        (language.code, language.direction) for language in catalogue_tool.LANGUAGES
    ]
    assert [
        tuple(form for form, _ in language.plural_forms) for language in LANGUAGES[1:] if language.code != "pl"
    ] == [language.plurals for language in catalogue_tool.LANGUAGES if language.code != "pl"]


def phone_numbers(text: str) -> list[str]:
    """Return the telephone numbers in a text."""
    return sorted(re.findall(r"0\d{3} [\d ]{6,}\d|\b(?:999|101|18001)\b", text))


@pytest.mark.parametrize("language", catalogue_tool.LANGUAGES, ids=LANGUAGE_CODES)
def test_no_text_escapes_the_catalogue(language: object) -> None:
    """A new, changed or removed text of a page is a difference until `languages.py update` has been run."""
    expected_texts = [message.id for message in catalogue_tool.template() if message.id]
    there = [message.id for message in catalogue_tool.read(language) if message.id]
    assert there == expected_texts, "run: python .ci/languages.py update"
    assert len(expected_texts) > 750


def test_a_text_of_a_page_without_a_translation_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """English may be added first; missing translations are listed by language."""
    before = catalogue_tool.missing()
    known = list(catalogue_tool.marked())
    monkeypatch.setattr(catalogue_tool, "marked", lambda: [*known, "A sentence that is new."])
    assert catalogue_tool.missing() == {
        code: [*before.get(code, []), "page A sentence that is new."] for code in LANGUAGE_CODES
    }


@pytest.mark.parametrize("language", catalogue_tool.LANGUAGES, ids=LANGUAGE_CODES)
def test_translations_have_the_placeholders_of_the_source(language: object) -> None:
    """No placeholder or markup is lost or invented; telephone numbers are unchanged."""
    faults = []
    for message in catalogue_tool.read(language):
        if not message.id or isinstance(message.id, tuple) or not message.string:
            continue
        if placeholders(message.id) != placeholders(message.string) or phone_numbers(message.id) != phone_numbers(
            message.string
        ):
            faults.append(message.id)
    assert faults == []


def test_no_page_says_anything_that_is_not_marked() -> None:
    """The only unmarked English in templates is names, numbers and commands."""
    known = re.compile(
        r"Kept|axe-core|Lighthouse|Windows|PowerShell|macOS, Linux|servable|RESTRICTED|MG\d+C?(?:, MG\d+)*,?|/[\w./]+|@ANCHORS@"
        r"|certutil.*|Get-FileHash.*|shasum.*|python -m diary.*|999"
    )
    faults = []
    for path in sorted([*(TEMPLATES / "public").glob("*.html"), TEMPLATES / "public_base.html"]):
        plain_text = re.sub(TEMPLATE_MARKUP, "", path.read_text(), flags=re.DOTALL)
        for text in re.split(r"<[^>]*>", plain_text):
            sentence = " ".join(text.split())
            if re.search(r"[A-Za-z]{2}", sentence) and not known.fullmatch(sentence):
                faults.append(f"{path.name}: {sentence}")
    assert faults == []


def test_every_sensitive_sentence_is_marked_to_show_its_english() -> None:
    """A sentence with a word about safety is marked `both()`, not only `trans`."""
    faults = []
    for path in [*(TEMPLATES / "public").glob("*.html"), TEMPLATES / "public_base.html"]:
        for match in MARKED_TEXT.finditer(HEAD_BLOCK.sub("", path.read_text())):
            text = next(group for group in match.groups() if group)
            if (
                SENSITIVE_TEXT.search(text)
                and re.search(r"[.!…”]$", text)
                and len(text.split()) > 3
                and not HARMLESS_TEXT.match(text)
            ):
                faults.append(f"{path.name}: {text}")
    assert faults == []


@pytest.mark.parametrize("one", LANGUAGES[1:], ids=[one.code for one in LANGUAGES[1:]])
def test_a_draft_shows_the_english_beneath(pages: RenderedPages, one: Language) -> None:
    """Every marked sentence has its English on every page of a draft, and English pages have it once."""
    at = one.path_prefix
    graves = [
        m
        for _, _, m, _, _ in extract_from_dir(
            str(TEMPLATES), method_map=catalogue_tool.EXTRACTION_METHODS, keywords={"both": None}
        )
    ]
    assert len(graves) > 120
    page_text = "".join(pages_of_language(pages, at).values()) + pages.not_found_pages[at].decode()
    beneath = set(re.findall(r'<span class="in-english" lang="en-GB" dir="ltr">(.*?)</span>', page_text, re.DOTALL))
    unfilled = {m for m in graves if "%(" not in m}
    assert unfilled - beneath == set()
    assert 'class="in-english"' not in "".join(pages_of_language(pages, "").values())


@pytest.mark.parametrize("one", LANGUAGES, ids=[one.code for one in LANGUAGES])
def test_what_the_check_of_a_pack_finds_is_said_in_the_language_of_the_page(
    pages: RenderedPages, one: Language
) -> None:
    """Findings on `/verify`, `/get` and in the saved file are translated; drafts add the English, English pages do not."""
    at = one.path_prefix
    language_pages = pages_of_language(pages, at)
    for place in ("/get", "/verify", "/verify/check-a-pack.html"):
        rows = dict(re.findall(r'<p data-say="finding\.(\w+)">(.*?)</p>', language_pages[place], re.DOTALL))
        assert set(rows) == set(FINDING_CODES), place
        for code, english in FINDING_CODES.items():
            own, _, beneath = rows[code].partition('<span class="in-english"')
            assert (english in beneath and english not in own) if at else rows[code] == english, (place, code)


@pytest.fixture(scope="module")
def english_sentences() -> set[str]:
    """Return sentences that differ in at least one language."""
    sentences = {
        m.id for m in catalogue_tool.template() if isinstance(m.id, str) and len(m.id.split()) > 3 and "%(" not in m.id
    }
    return sentences - {
        m.id for language in catalogue_tool.LANGUAGES for m in catalogue_tool.read(language) if m.string == m.id
    }


@pytest.mark.parametrize("one", LANGUAGES[1:], ids=[one.code for one in LANGUAGES[1:]])
def test_a_page_in_another_language_holds_no_english_of_its_own(
    pages: RenderedPages, english_sentences: set[str], one: Language
) -> None:
    """Outside the added English, the only English on a page is names: headings, buttons and labels are translated."""
    for path, text in pages_of_language(pages, one.path_prefix).items():
        own = re.sub(r'<span class="in-english".*?</span>', "", text, flags=re.DOTALL)
        marked_sentences = {said for said in english_sentences if "<" in said and f">{said}<" in own}
        assert marked_sentences | english_sentences & set(re.findall(r">([^<>]+)<", own)) == set(), path


def test_numbers_keep_their_order_in_urdu(pages: RenderedPages) -> None:
    """A telephone number in a right-to-left line is in an isolate, or in a left-to-right element."""
    for path, text in pages_of_language(pages, "/ur").items():
        body = re.sub(INVISIBLE_MARKUP, "", text[text.index("<body") :], flags=re.DOTALL)
        body = re.sub(r'<(\w+)[^>]* dir="ltr"[^>]*>.*?</\1>', "", body, flags=re.DOTALL)
        body = re.sub(
            f"{LEFT_TO_RIGHT_ISOLATE[0]}[^{LEFT_TO_RIGHT_ISOLATE[1]}]*{LEFT_TO_RIGHT_ISOLATE[1]}",
            "",
            re.sub(r"<[^>]*>", "|", body),
        )
        assert re.findall(r"\d[\d ]* [\d ]*\d", body) == [], path


@pytest.mark.parametrize("at", ["", "/ur"])
def test_a_number_on_a_button_stays_on_one_line(pages: RenderedPages, at: str) -> None:
    """A telephone number broken over two lines is misread."""
    buttons = [
        link
        for text in pages_of_language(pages, at).values()
        for link in re.findall(r'<a class="button" href="tel:[^>]*>(.*?)</a>', text)
    ]
    assert [said for said in buttons if re.search(r"\d \d", said)] == []
    assert any("0808\u00a0802\u00a00300" in said for said in buttons)
