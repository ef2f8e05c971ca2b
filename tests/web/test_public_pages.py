"""Public pages are readable without scripts, never cached, and have no broken links."""

from __future__ import annotations

import re

import httpx

from diary.web.languages import LANGUAGES
from diary.web.public_pages import PUBLIC_FILES, PUBLIC_PAGES
from tests.server_fixture import InProcessServer

PAGES = tuple(one.path_prefix + path for one in LANGUAGES for path in (*PUBLIC_PAGES, "/directory"))

FOUR_SIGNS = ("Fixated", "Obsessive", "Unwanted", "Repeated")
# The exit leads to a well-known weather page.
EXIT_URL = "https://www.bbc.co.uk/weather"


async def get_public_page(server: InProcessServer, path: str) -> httpx.Response:
    """Return a page of the public host."""
    return await server.http_client().get(server.settings.public_url + path)


async def test_the_first_page_begins_with_emergency_help(server: InProcessServer) -> None:
    """999, 101, the helpline and the sentence about evidence are first; then FOUR, then Start."""
    text = (await get_public_page(server, "/")).text
    evidence, start = "You do not need to gather evidence before you report.", f'href="{server.settings.app_url}/"'
    order = ["999", "101", "0808 802 0300", evidence, *FOUR_SIGNS, start]
    places = [text.index(words, text.index("<main")) for words in order]
    assert places == sorted(places)


async def test_the_first_page_says_whom_it_is_for(server: InProcessServer) -> None:
    """Its heading names what happens, and the three numbers follow directly."""
    text = (await get_public_page(server, "/")).text
    heading = re.search("<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    assert heading and "Someone keeps doing things you do not want" in heading[1]
    before_next_heading = text[heading.end() :].partition('<h2 id="read"')[0]
    assert [number for number in ("999", "101", "0808 802 0300") if number not in before_next_heading] == []


async def test_pages_hold_and_keep_nothing(server: InProcessServer) -> None:
    """One h1, a title, an exit, no cookie, no inline script, nothing external; the same bytes for everyone."""
    for path in PAGES:
        answer = await get_public_page(server, path)
        text = answer.text
        assert answer.status_code == 200 and "set-cookie" not in answer.headers, path
        assert answer.headers["cache-control"] == "no-store"
        assert len(re.findall("<h1", text)) == 1 and re.search("<title>[^<]{5,}</title>", text), path
        assert re.findall(r"<script[^>]*>", text) == ['<script src="/page.js" type="module">'], path
        assert f'data-leave href="{EXIT_URL}"' in text
        assert re.findall(r'(?:src|srcset|poster|action)="(?!/)', text) == [], path
        assert all('type="radio"' in field for field in re.findall("<(?:input|textarea|select)[^>]*>", text)), path
        assert "<form" not in text and "?" not in "".join(re.findall(r'href="([^"]*)"', text)), path
        assert (await get_public_page(server, path)).content == answer.content


async def test_no_link_leads_nowhere(server: InProcessServer) -> None:
    """Each link is answered, and each fragment in a link exists."""
    texts = {path: (await get_public_page(server, path)).text for path in PAGES}
    links = {link for text in texts.values() for link in re.findall(r'href="(/[^"#]*)', text)}
    for link in links - {"/log/checkpoint"}:  # a log has a checkpoint once something is in it
        assert (await get_public_page(server, link)).status_code == 200, link
    for here, text in texts.items():
        for link, place in set(re.findall(r'href="(/[^"#]*)?#([^"]+)"', text)):
            assert f'id="{place}"' in texts[link or here], f"{here}: {link}#{place}"


async def test_only_the_start_names_the_other_host(server: InProcessServer) -> None:
    """Only Start on the first page names the app's host."""
    named = {path: (await get_public_page(server, path)).text.count(server.settings.app_url) for path in PAGES}
    assert named == dict.fromkeys(PAGES, 0) | {f"{language.path_prefix}/": 1 for language in LANGUAGES}


async def test_what_pages_bring_along_is_not_kept(server: InProcessServer) -> None:
    """Style, script and icon are no-store and compressed on request; scripts are too short for a compiled copy on disk."""
    for path in PUBLIC_FILES:
        answer = await get_public_page(server, path)
        assert answer.headers["cache-control"] == "no-store" and answer.content
        assert not path.endswith("/page.js") or len(answer.text) < 1024
    packed = await server.http_client().get(
        server.settings.public_url + "/style.css", headers={"Accept-Encoding": "gzip"}
    )
    assert packed.headers["content-encoding"] == "gzip" and b"--ground" in packed.content


async def test_each_page_stands_in_each_language(server: InProcessServer) -> None:
    """Each has its `lang` and `dir`, links to all languages with full addresses, and a mark if it is a draft."""
    public = server.settings.public_url
    for language in LANGUAGES:
        for path in (*PUBLIC_PAGES, "/directory", "/get", "/verify"):
            text = (await get_public_page(server, language.path_prefix + path)).text
            assert f'<html lang="{language.html_lang}" dir="{language.text_direction}">' in text, path
            alternates = dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', text))
            assert alternates == {other.code: f"{public}{other.path_prefix}{path}" for other in LANGUAGES}, path
            switch = re.findall(r'<a href="([^"]+)" lang="[^"]+" hreflang="(\w+)"( aria-current="true")?>', text)
            assert [(href, code, bool(now)) for href, code, now in switch] == [
                (other.path_prefix + path, other.code, other is language) for other in LANGUAGES
            ], path
            assert ('role="note"' in text) is bool(language.path_prefix), path
    missing = await get_public_page(server, "/pl/nothing")
    assert missing.status_code == 404 and '<html lang="pl"' in missing.text


async def test_nothing_here_is_a_page(server: InProcessServer) -> None:
    """An unknown path gives a page that says so, with the exit."""
    answer = await get_public_page(server, "/nothing")
    assert answer.status_code == 404 and EXIT_URL in answer.text


async def test_the_notary_is_told_to_whoever_checks(server: InProcessServer) -> None:
    """The key on the public host is the one that phones use."""
    published_key = (await server.http_client().get("/v1/server")).json()["notary"]
    assert (await get_public_page(server, "/notary.txt")).text.strip() == published_key
