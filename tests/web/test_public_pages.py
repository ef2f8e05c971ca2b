"""The public pages: readable without a script, kept by nobody, and no link leads nowhere."""

from __future__ import annotations

import re

import httpx

from diary.web.languages import LANGUAGES
from diary.web.public_pages import PUBLIC_FILES, PUBLIC_PAGES
from tests.keepers import Served

PAGES = tuple(one.at + path for one in LANGUAGES for path in (*PUBLIC_PAGES, "/directory"))

FOUR = ("Fixated", "Obsessive", "Unwanted", "Repeated")
# The way out is a page about the weather that everybody knows.
AWAY = "https://www.bbc.co.uk/weather"


async def read(server: Served, path: str) -> httpx.Response:
    """A page of the public host."""
    return await server.client().get(server.settings.public_url + path)


async def test_the_first_page_begins_with_emergency_help(server: Served) -> None:
    """999, 101, the helpline and the sentence about evidence stand before anything else; then FOUR, then Start."""
    text = (await read(server, "/")).text
    evidence, start = "You do not need to gather evidence before you report.", f'href="{server.settings.app_url}/"'
    order = ["999", "101", "0808 802 0300", evidence, *FOUR, start]
    places = [text.index(words, text.index("<main")) for words in order]
    assert places == sorted(places)


async def test_pages_hold_and_keep_nothing(server: Served) -> None:
    """One h1, a title, a way out, no cookie, no inline script, nothing from elsewhere; the same bytes for everyone."""
    for path in PAGES:
        answer = await read(server, path)
        text = answer.text
        assert answer.status_code == 200 and "set-cookie" not in answer.headers, path
        assert answer.headers["cache-control"] == "no-store"
        assert len(re.findall("<h1", text)) == 1 and re.search("<title>[^<]{5,}</title>", text), path
        assert re.findall(r"<script[^>]*>", text) == ['<script src="/page.js" type="module">'], path
        assert f'data-leave href="{AWAY}"' in text
        assert re.findall(r'(?:src|srcset|poster|action)="(?!/)', text) == [], path
        assert all('type="radio"' in field for field in re.findall("<(?:input|textarea|select)[^>]*>", text)), path
        assert "<form" not in text and "?" not in "".join(re.findall(r'href="([^"]*)"', text)), path
        assert (await read(server, path)).content == answer.content


async def test_no_link_leads_nowhere(server: Served) -> None:
    """Each link of a page is answered, and each place on a page that a link names is there."""
    texts = {path: (await read(server, path)).text for path in PAGES}
    links = {link for text in texts.values() for link in re.findall(r'href="(/[^"#]*)', text)}
    for link in links - {"/log/checkpoint"}:  # a log is signed once something is in it
        assert (await read(server, link)).status_code == 200, link
    for here, text in texts.items():
        for link, place in set(re.findall(r'href="(/[^"#]*)?#([^"]+)"', text)):
            assert f'id="{place}"' in texts[link or here], f"{here}: {link}#{place}"


async def test_only_the_start_names_the_other_host(server: Served) -> None:
    """The app's host is named by Start on the first page, and nowhere else."""
    named = {path: (await read(server, path)).text.count(server.settings.app_url) for path in PAGES}
    assert named == dict.fromkeys(PAGES, 0) | {f"{one.at}/": 1 for one in LANGUAGES}


async def test_what_pages_bring_along_is_not_kept(server: Served) -> None:
    """Style, script and icon: no-store, packed for whoever takes that; a script too short for a compiled copy on disk."""
    for path in PUBLIC_FILES:
        answer = await read(server, path)
        assert answer.headers["cache-control"] == "no-store" and answer.content
        assert not path.endswith("/page.js") or len(answer.text) < 1024
    packed = await server.client().get(server.settings.public_url + "/style.css", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and b"--ground" in packed.content


async def test_each_page_stands_in_each_language(server: Served) -> None:
    """Its own `lang` and `dir`, the same page named in every language with whole addresses, a draft marked as one."""
    public = server.settings.public_url
    for one in LANGUAGES:
        for path in (*PUBLIC_PAGES, "/directory", "/get", "/verify"):
            text = (await read(server, one.at + path)).text
            assert f'<html lang="{one.lang}" dir="{one.dir}">' in text, path
            told = dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', text))
            assert told == {other.code: f"{public}{other.at}{path}" for other in LANGUAGES}, path
            switch = re.findall(r'<a href="([^"]+)" lang="[^"]+" hreflang="(\w+)"( aria-current="true")?>', text)
            assert [(href, code, bool(now)) for href, code, now in switch] == [
                (other.at + path, other.code, other is one) for other in LANGUAGES
            ], path
            assert ('role="note"' in text) is bool(one.at), path
    missing = await read(server, "/pl/nothing")
    assert missing.status_code == 404 and '<html lang="pl"' in missing.text


async def test_nothing_here_is_a_page(server: Served) -> None:
    """An address without a page is a page that says so, with the way out."""
    answer = await read(server, "/nothing")
    assert answer.status_code == 404 and AWAY in answer.text


async def test_the_notary_is_told_to_whoever_checks(server: Served) -> None:
    """The key on the public host is the one the phones use."""
    told = (await server.client().get("/v1/server")).json()["notary"]
    assert (await read(server, "/notary.txt")).text.strip() == told
