"""Holds each answer of a server to docs/openapi.json: its status, its type, its headers and its shape.

Every client of a test's server looks (tests/keepers.py), so each test of the server also tests the document.
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
# The two hosts of a test's server, by whether it is the public one. Nothing is said of an answer at another address.
_HOSTS = {"localhost:8000": False, "public.localhost:8000": True}
_ELSEWHERE = tuple(one.at for one in LANGUAGES if one.at)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference names, or the thing itself."""
    found: Any = schema
    while "$ref" in found:
        place, found = found["$ref"], DOCUMENT
        for name in place.removeprefix("#/").split("/"):
            found = found[name]
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation: method, path, and what the document says of it."""
    for path, item in DOCUMENT["paths"].items():
        for method, told in item.items():
            if method != "servers":
                yield method.upper(), path, told


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Each path as a pattern; those without a place for a name first, as nothing else is meant by them."""
    ordered = sorted(DOCUMENT["paths"], key=lambda path: (path.count("{"), -len(path)))
    inside = {path: _PARAMETER.sub(lambda one: ".+" if one[1] == "path" else "[^/]+", path) for path in ordered}
    return [(re.compile(inside[path]), path) for path in ordered]


@cache
def find(method: str, path: str, host: str) -> dict[str, Any] | None:
    """The operation of a request, or None: an address or a method that is none, or another host's."""
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
    """What is wrong with an answer, by the document; nothing for an address that it does not have."""
    asked = answer.request
    # A test may ask another host than the one of its address.
    told = find(asked.method, asked.url.path, asked.headers["host"])
    if told is None:
        return []
    expected = told["responses"].get(str(answer.status_code))
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
    """Fail where an answer is not as the document says."""
    await answer.aread()
    found = faults(answer)
    assert found == [], (answer.request.method, answer.request.url.path, answer.status_code, found)
