"""Compare each response of a test's server with docs/openapi.json: status, type, headers and shape.

Every client of such a server does this (tests/server_fixture.py), so each test of the server also tests the document.
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

OPENAPI_PATH = Path(__file__).parents[1] / "docs" / "openapi.json"
OPENAPI_DOCUMENT: dict[str, Any] = json.loads(OPENAPI_PATH.read_text(encoding="utf-8"))
_PARAMETER = re.compile(r"{(\w+)}")
# The hosts of a test server; the value tells whether it is the public one. Other addresses are not compared.
_IS_PUBLIC_BY_HOST = {"localhost:8000": False, "public.localhost:8000": True}
_LANGUAGE_PREFIXES = tuple(one.path_prefix for one in LANGUAGES if one.path_prefix)


def resolve_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference names; anything else unchanged."""
    node: Any = schema
    while "$ref" in node:
        reference, node = node["$ref"], OPENAPI_DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
    resolved: dict[str, Any] = node
    return resolved


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation of the document: method, path, description."""
    for path, item in OPENAPI_DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "servers":
                yield method.upper(), path, operation


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return each path as a pattern. A path without a parameter comes first, so that it is preferred."""
    ordered = sorted(OPENAPI_DOCUMENT["paths"], key=lambda path: (path.count("{"), -len(path)))
    regex_by_path = {path: _PARAMETER.sub(lambda one: ".+" if one[1] == "path" else "[^/]+", path) for path in ordered}
    return [(re.compile(regex_by_path[path]), path) for path in ordered]


@cache
def find_operation(method: str, path: str, host: str) -> dict[str, Any] | None:
    """Return the operation of a request; None for an unknown address or method, and for another host."""
    if host not in _IS_PUBLIC_BY_HOST:
        return None
    is_public = _IS_PUBLIC_BY_HOST[host]
    path_without_language = next(
        (
            path.removeprefix(prefix)
            for prefix in _LANGUAGE_PREFIXES
            if is_public and f"{path}/".startswith(f"{prefix}/")
        ),
        path,
    )
    for pattern, template in _patterns():
        if pattern.fullmatch(path_without_language or "/"):
            path_item = OPENAPI_DOCUMENT["paths"][template]
            urls = [server["url"] for server in path_item.get("servers", OPENAPI_DOCUMENT["servers"])]
            if any(url.startswith("{public_url}") == is_public for url in urls):
                operation: dict[str, Any] | None = path_item.get(method.lower())
                return operation
    return None


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": OPENAPI_DOCUMENT["components"]})


def openapi_faults(response: httpx.Response) -> list[str]:
    """Return how a response differs from the document; nothing for an address that is not in it."""
    request = response.request
    # A test may use another host than that of its address.
    operation = find_operation(request.method, request.url.path, request.headers["host"])
    if operation is None:
        return []
    expected = operation["responses"].get(str(response.status_code))
    if expected is None:
        return [f"status {response.status_code} is not documented"]
    expected = resolve_reference(expected)
    missing = [
        f"no {name}"
        for name, header in expected.get("headers", {}).items()
        if resolve_reference(header).get("required") and name not in response.headers
    ]
    return missing + _content_faults(response, expected.get("content", {}))


def _content_faults(response: httpx.Response, content: dict[str, Any]) -> list[str]:
    content_type = response.headers.get("content-type", "")
    if not content:
        return ["a body that is not documented"] if response.content else []
    if content_type not in content:
        return [f"type {content_type} is not documented"]
    schema = content[content_type].get("schema")
    if schema is None:
        return []
    errors = _validator(json.dumps(schema)).iter_errors(json.loads(response.content))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


async def check_response(response: httpx.Response) -> None:
    """Fail when a response differs from the document."""
    await response.aread()
    faults_found = openapi_faults(response)
    assert faults_found == [], (response.request.method, response.request.url.path, response.status_code, faults_found)
