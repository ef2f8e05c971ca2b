"""Paths under /v1/ answer a browser's own requests (navigation, form, frame, image) like unknown paths."""

from __future__ import annotations

import re

import httpx

from diary.web.routes import ROUTES
from tests.server_fixture import InProcessServer, Keeper

V1_POLICIES = [row for row in ROUTES if row.path.startswith("/v1/")]
FETCH_HEADERS = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
DESTINATIONS = "audio document embed font frame iframe image manifest object script style video worker".split()
APP_URL = "http://localhost:8000"
PUBLIC_URL = "http://public.localhost:8000"


def navigation_headers() -> list[dict[str, str]]:
    """Return the headers of every kind of request except a fetch by the app's own page."""
    typed = FETCH_HEADERS | {
        "Sec-Fetch-Site": "none",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-User": "?1",
    }
    foreign_origin = {"Origin": "https://elsewhere.example"}
    return [
        typed,
        {"Sec-Fetch-Mode": "navigate"},
        *({"Sec-Fetch-Dest": destination} for destination in DESTINATIONS),
        *(FETCH_HEADERS | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": destination} for destination in DESTINATIONS),
        FETCH_HEADERS | {"Sec-Fetch-Mode": "websocket"},
        FETCH_HEADERS | {"Sec-Fetch-Site": "cross-site"} | foreign_origin,
        FETCH_HEADERS | {"Sec-Fetch-Site": "same-site"} | foreign_origin,
        FETCH_HEADERS | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site"},
        foreign_origin,
        {"Origin": "null"},
    ]


def visible_answer(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return everything by which a browser could distinguish two answers."""
    return answer.status_code, answer.content, sorted(answer.headers.multi_items())


async def test_every_address_looks_unknown_to_a_navigation(keeper: Keeper) -> None:
    """Within a keeper's session, with any method, the answer is that of an unknown path."""
    faults = []
    for headers in navigation_headers():
        left_out = () if "Sec-Fetch-Site" in headers else ("Sec-Fetch-Site",)
        for row in V1_POLICIES:
            host = PUBLIC_URL if row.audience.value == "recipient" else APP_URL
            path = re.sub(
                r"{(\w+)}", lambda found: keeper.identity.diary if found[1] == "diary" else "A" * 22, row.path
            )
            for method in {row.method, "GET"}:
                unknown = await keeper.client.request(method, host + "/v1/nothing-here", headers=headers)
                assert unknown.status_code == 404
                answer = await keeper.request(method, host + path, leave_out=left_out, headers=headers)
                if visible_answer(answer) != visible_answer(unknown):
                    faults.append(f"{' '.join(headers.values())}: {method} {row.path} {answer.status_code}")
    assert faults == []


async def test_a_fetch_by_our_own_page_is_answered(keeper: Keeper, server: InProcessServer) -> None:
    """The headers that Chromium, Firefox and Safari send with a same-origin fetch are accepted."""
    for headers in (
        FETCH_HEADERS,
        FETCH_HEADERS | {"Sec-Fetch-Mode": "same-origin"},
        FETCH_HEADERS | {"Origin": server.settings.app_url},
        {},
    ):
        assert (await keeper.request("GET", "/v1/server", headers=headers)).status_code == 200
        assert (await keeper.request("POST", "/v1/names", {}, headers=headers)).status_code == 200
