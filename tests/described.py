"""Compare each response of a test's server with docs/openapi.json: status, type, headers and shape.

Every client of such a server does this (tests/keepers.py), so each test of the server also tests the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

from diary.web.languages import LANGUAGES

PATH = Path(__file__).parents[1] / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
_PARAMETER = re.compile(r"{(\w+)}")
# The two hosts of a test's server; the value says whether it is the public one. Other addresses are not compared.
_HOSTS = {"localhost:8000": False, "public.localhost:8000": True}
_ELSEWHERE = tuple(one.at for one in LANGUAGES if one.at)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference names; anything else unchanged."""
    found: Any = schema
    while "$ref" in found:
        place, found = found["$ref"], DOCUMENT
        for name in place.removeprefix("#/").split("/"):
            found = found[name]
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation of the document: method, path, description."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "servers":
                yield method.upper(), path, operation


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return each path as a pattern. A path without a parameter comes first, so that it is preferred."""
    ordered = sorted(DOCUMENT["paths"], key=lambda path: (path.count("{"), -len(path)))
    inside = {path: _PARAMETER.sub(lambda one: ".+" if one[1] == "path" else "[^/]+", path) for path in ordered}
    return [(re.compile(inside[path]), path) for path in ordered]


@cache
def find(method: str, path: str, host: str) -> dict[str, Any] | None:
    """Return the operation of a request; None for an unknown address or method, and for another host."""
    if host not in _HOSTS:
        return None
    is_public = _HOSTS[host]
    english = next((path.removeprefix(at) for at in _ELSEWHERE if is_public and f"{path}/".startswith(f"{at}/")), path)
    for pattern, template in _patterns():
        if pattern.fullmatch(english or "/"):
            item = DOCUMENT["paths"][template]
            urls = [one["url"] for one in item.get("servers", DOCUMENT["servers"])]
            if any(url.startswith("{public_url}") == is_public for url in urls):
                return item.get(method.lower())
    return None


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": DOCUMENT["components"]})


def faults(answer: httpx.Response) -> list[str]:
    """Return how a response differs from the document; nothing for an address that is not in it."""
    asked = answer.request
    # A test may ask another host than the one of its address.
    operation = find(asked.method, asked.url.path, asked.headers["host"])
    if operation is None:
        return []
    expected = operation["responses"].get(str(answer.status_code))
    if expected is None:
        return [f"status {answer.status_code} is not documented"]
    expected = resolved(expected)
    missing = [
        f"no {name}"
        for name, header in expected.get("headers", {}).items()
        if resolved(header).get("required") and name not in answer.headers
    ]
    return missing + _content_faults(answer, expected.get("content", {}))


def _content_faults(answer: httpx.Response, content: dict[str, Any]) -> list[str]:
    kind = answer.headers.get("content-type", "")
    if not content:
        return ["a body that is not documented"] if answer.content else []
    if kind not in content:
        return [f"type {kind} is not documented"]
    schema = content[kind].get("schema")
    if schema is None:
        return []
    found = _validator(json.dumps(schema)).iter_errors(json.loads(answer.content))
    return [f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in found]


async def check(answer: httpx.Response) -> None:
    """Fail when a response differs from the document."""
    await answer.aread()
    found = faults(answer)
    assert found == [], (answer.request.method, answer.request.url.path, answer.status_code, found)
