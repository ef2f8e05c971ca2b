"""Write docs/api.md, for people, and docs/openapi.json, for programs, from the route table and its views.

    python .ci/api.py           write both files
    python .ci/api.py --check   exit with 1 when a file is out of date

Each fact has one source:

- diary/web/routes.py: the audience, the rate limit and the largest body of each route;
- the view's own code: what it reads from the path, the query and the body (`reads_of` finds the calls);
- diary/web/operations.py: the purpose of a view, its responses and its failures;
- diary/web/schemas.py: the shapes of responses;
- diary/errors.py: codes and sentences;
- .ci/api.md.in: the prose around the tables of docs/api.md.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from diary.config import SETTINGS
from diary.errors import Incomplete, KeptError, NotFound, TryLater
from diary.web.error_responses import STATUS, internal, status_of, wrong_method
from diary.web.languages import LANGUAGES
from diary.web.operations import HEADERS, OPERATIONS, PAGES, Content, Operation, failures
from diary.web.route_policy import Audience, Body, Kind, Row
from diary.web.routes import ROUTES
from diary.web.schemas import FLAG, ID, NUMBER, SCHEMAS, TEXT, Schema, fields, listed, maybe, octets
from diary.web.views import advocates, grants

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "openapi.json"
PAGE: Final = ROOT / "docs" / "api.md"
PROSE: Final = Path(__file__).with_name("api.md.in")
# The address of a page in another language is the language's code followed by the English address.
_ELSEWHERE: Final = tuple(f"{one.at}/" for one in LANGUAGES if one.at)
_PUBLIC: Final = (Audience.PUBLIC, Audience.RECIPIENT)
_HTML: Final = "text/html; charset=utf-8"
_SECTIONS: Final = {
    "pages": "Pages and files, and what anybody may check.",
    "anyone": "Open to anyone.",
    "session": "With a keeper's session.",
    "granting": "What a keeper lets an advocate see.",
    "desk": "An advocate's side.",
    "handover": "Hand-overs and statements, on the public host.",
}


# --- What a view reads --------------------------------------------------------------------------------


@dataclass
class Shape:
    """The fields that a view reads from one object of a body."""

    properties: dict[str, Schema] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    inner: dict[str, Shape] = field(default_factory=dict)

    def schema(self) -> Schema:
        """Return the shape as JSON Schema. Other fields are allowed, because views ignore them."""
        properties = {**self.properties, **{name: one.schema() for name, one in self.inner.items()}}
        found: dict[str, Any] = {"type": "object", "properties": dict(sorted(properties.items()))}
        return found | ({"required": sorted(self.required)} if self.required else {})


@dataclass
class Reads:
    """What a view reads from a request: path and query parameters by name, the body, and whether it needs a proof."""

    path: dict[str, Schema] = field(default_factory=dict)
    query: dict[str, Schema] = field(default_factory=dict)
    body: Shape = field(default_factory=Shape)
    proof: bool = False


def reads_of(operation: Operation, view: Any) -> Reads:
    """Return what a view reads: the calls of `Call` and `Fields` in its source, and in helpers that it passes fields to."""
    found = Reads(path=dict(operation.places))
    _Reader(view, found, operation.shapes, {}).visit(_tree(view))
    return found


def _tree(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


class _Reader(ast.NodeVisitor):
    """Visit the source of one function. `holders`: its variables that hold an object of the body."""

    def __init__(self, function: Any, found: Reads, shapes: Mapping[str, Schema], holders: dict[str, Shape]) -> None:
        self.globals: Mapping[str, Any] = function.__globals__
        self.found = found
        self.shapes = shapes
        self.holders = dict(holders)
        self.is_optional = False

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Mark what only one branch reads as optional."""
        before, self.is_optional = self.is_optional, True
        self.visit(node.body)
        self.visit(node.orelse)
        self.is_optional = before

    def visit_Assign(self, node: ast.Assign) -> None:
        """Note a variable that holds the body, or an object in it."""
        self.visit(node.value)
        shape = self._object(node.value)
        if shape is not None and isinstance(node.targets[0], ast.Name):
            self.holders[node.targets[0].id] = shape

    def visit_Call(self, node: ast.Call) -> None:
        """Note a value that is read, and visit a helper that reads."""
        called = node.func
        if isinstance(called, ast.Attribute):
            shape = self._object(called.value)
            if shape is not None:
                named = {str(one.arg): self._value(one.value) for one in node.keywords}
                self._field(shape, called.attr, [self._value(one) for one in node.args], named)
            elif isinstance(called.value, ast.Name) and called.value.id == "call":
                self._part(called.attr, node.args)
        given = {at: shape for at, one in enumerate(node.args) if (shape := self._object(one)) is not None}
        if given:
            function = self._value(called)
            names = list(inspect.signature(function).parameters)
            inside = _Reader(function, self.found, self.shapes, {names[at]: shape for at, shape in given.items()})
            inside.visit(_tree(function))
        self.generic_visit(node)

    def _object(self, node: ast.expr) -> Shape | None:
        """Return the object of the body that an expression refers to, or None."""
        if isinstance(node, ast.Name):
            return self.holders.get(node.id)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        if node.func.attr == "fields":
            return self.found.body
        outer = self._object(node.func.value) if node.func.attr == "inner" else None
        return None if outer is None else outer.inner[str(self._value(node.args[0]))]

    def _value(self, node: ast.expr) -> Any:
        """Return the value of a constant expression, evaluated in the function's own module."""
        if isinstance(node, ast.Call):
            return None
        return eval(compile(ast.Expression(node), "<view>", "eval"), dict(self.globals))  # noqa: S307 - our own source

    def _part(self, method: str, args: Sequence[ast.expr]) -> None:
        """Note a parameter of the path or the query, or the proof."""
        if method == "proof":
            self.found.proof = True
        if method not in ("id", "number", "query_number", "query_text"):
            return
        given = [self._value(one) for one in args]
        if method == "id":
            self.found.path[given[0]] = ID
        elif method == "number":
            self.found.path[given[0]] = _whole(given[1])
        elif method == "query_number":
            self.found.query[given[0]] = _whole(given[1])
        else:
            self.found.query[given[0]] = {**SCHEMAS["bytes"], "maxLength": given[1]}

    def _field(self, shape: Shape, method: str, given: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Note a field of an object."""
        if method == "has":
            return
        name = given[0]
        if method == "inner":
            shape.inner.setdefault(name, Shape())
            shape.required.add(name)
            return
        schema = self.shapes.get(name) or _field_schema(method, given, named)
        if method != "flag" and not self.is_optional:
            shape.required.add(name)
        shape.properties[name] = maybe(schema) if self.is_optional else schema


def _whole(most: int) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": most}


def _field_schema(method: str, given: Sequence[Any], named: Mapping[str, Any]) -> Schema:
    """Return the schema of a field that a method of `Fields` reads (diary/web/request_parsing.py)."""
    made: dict[str, Any] = {
        "text": lambda _, most: {"type": "string", "maxLength": most},
        "octets": lambda _, most, least=1: octets(most, least),
        "id": lambda _: ID,
        "ids": lambda _, most: listed(ID, most),
        "integer": lambda _, most: _whole(most),
        "flag": lambda _: FLAG,
    }
    if method not in made:
        raise SystemExit(f"Describe the object {given[0]} in diary/web/operations.py.")
    return dict(made[method](*given, **named))


# --- docs/openapi.json ---------------------------------------------------------------------------------


def listed_rows(table: Sequence[Row]) -> list[Row]:
    """Return the rows to document: a page in several languages once, and "/", which both hosts have, as the app's."""
    return [
        row
        for row in table
        if not f"{row.path}/".startswith(_ELSEWHERE) and (row.path, row.audience) != ("/", Audience.PUBLIC)
    ]


def address(row: Row) -> str:
    """Return a row's path in the form that OpenAPI uses."""
    return re.sub(r"{(\w+):path}", r"{\1}", row.path)


def section(row: Row) -> str:
    """Return the section of docs/api.md that lists a row."""
    module = row.view.__module__
    if module == advocates.__name__:
        return "desk"
    if module == grants.__name__:
        return "granting"
    by_audience = {Audience.ANYONE: "anyone", Audience.KEEPER: "session", Audience.PROVED: "session"}
    return by_audience.get(row.audience, "handover" if row.audience is Audience.RECIPIENT else "pages")


def text_of(row: Row) -> str:
    """Return the purpose of a row, in one line of Markdown."""
    text = OPERATIONS[row.view].text or PAGES[row.path]
    return " ".join(text.split())


def document(table: Sequence[Row] = ROUTES) -> dict[str, Any]:
    """Return the whole interface in OpenAPI 3.1. Raises SystemExit for a row whose view has no description."""
    paths: dict[str, dict[str, Any]] = {}
    components = _Components()
    everywhere = {row.path for row in table}
    for row in sorted(listed_rows(table), key=address):
        item = paths.setdefault(address(row), {})
        if row.audience in _PUBLIC:
            is_translated = f"{LANGUAGES[-1].at}{row.path}" in everywhere
            item["servers"] = [_server("public", translated=is_translated)]
        item[row.method.lower()] = _operation(row, components)
    paths["/"]["servers"] = [_server("app"), _server("public", translated=True)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kept",
            "version": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
            "summary": "A private incident diary: what its server answers.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [_server("app")],
        "tags": [{"name": name, "description": text} for name, text in _SECTIONS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(SCHEMAS.items())),
            "responses": dict(sorted(components.responses.items())),
            "parameters": _PARAMETERS,
            "headers": dict(sorted(_headers())),
            "securitySchemes": _SCHEMES,
        },
    }


_ABOUT: Final = (
    "Generated by .ci/api.py. docs/api.md explains the interface; docs/formats.md describes the bytes. HEAD works "
    "wherever GET does. Every response has the security headers of diary/web/headers.py, and Cache-Control: no-store "
    "unless documented otherwise. The response is 404 for an unknown address and for a request that did not come from "
    "a page of this host, 405 wrong_method with Allow for a known address with another method, and 431 too_large for "
    "more than 100 headers or 32 KB of them. x-audience: who may send the request. x-limit: requests a minute, and how "
    "they are counted. x-largest-body-bytes: a larger body is 413."
)
_SCHEMES: Final[Mapping[str, Any]] = {
    "session": {"type": "http", "scheme": "bearer", "description": "The token of a keeper's session."},
    "advocate": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a session of a member of an organisation.",
    },
    "proof": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Proof",
        "description": "b64 of AUTH or CODE_AUTH, from the words or the recovery code typed for this request.",
    },
    "file_ticket": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Ticket",
        "description": "A ticket for this one file, made by the phone (docs/formats.md, section 6).",
    },
    "opened": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Proof",
        "description": "The ticket in the response to the right words.",
    },
    "earlier": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-s",
        "description": "The cookie of a release before tokens, for 30 days after an upgrade (docs/api.md, Going over).",
    },
}
_PARAMETERS: Final[Mapping[str, Any]] = {
    "RequestedBy": {
        "name": "X-Requested-By",
        "in": "header",
        "required": True,
        "description": "A page of another site cannot set this header.",
        "schema": {"type": "string", "const": "app"},
    },
    "FetchSite": {
        "name": "Sec-Fetch-Site",
        "in": "header",
        "description": "Browsers send this header by themselves. Another client sends it, or `Origin` with this host's address.",
        "schema": {"type": "string", "const": "same-origin"},
    },
}


def _server(host: str, *, translated: bool = False) -> dict[str, Any]:
    """Return one of the two hosts, whose addresses each operator chooses. `translated`: the path follows a language."""
    default = next(one.default for one in SETTINGS if one.name == f"DIARY_{host.upper()}_URL")
    made: dict[str, Any] = {
        "url": f"{{{host}_url}}",
        "description": f"The {host} host",
        "variables": {f"{host}_url": {"default": default, "description": f"DIARY_{host.upper()}_URL"}},
    }
    if translated:
        made["url"] += "{language}"
        language = {
            "default": "",
            "enum": [one.at for one in LANGUAGES],
            "description": ", ".join(one.name for one in LANGUAGES),
        }
        made["variables"]["language"] = language
    return made


def _headers() -> Iterator[tuple[str, Any]]:
    """Return the headers of responses. One that depends on the device or the file is not required."""
    for name, text in HEADERS.items():
        is_always = name not in ("Clear-Site-Data", "Content-Encoding", "Set-Cookie")
        yield name, {"description": text, "schema": TEXT} | ({"required": True} if is_always else {})


@dataclass
class _Components:
    """Responses that several operations share."""

    responses: dict[str, Any] = field(default_factory=dict)


def _operation(row: Row, components: _Components) -> dict[str, Any]:
    operation = OPERATIONS.get(row.view)
    if operation is None:
        raise SystemExit(f"Describe {row.view.__module__}.{row.view.__name__} in diary/web/operations.py.")
    reads = reads_of(operation, row.view)
    summary = inspect.getdoc(row.view) or ""
    made: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{row.method.lower()}{row.path}").strip("_"),
        "tags": [section(row)],
        "summary": summary.split("\n", 1)[0],
        "description": text_of(row),
        "security": _security(row, operation),
        "x-audience": row.audience.value,
        "x-limit": {"counted_by": row.limit.by, "per_minute": row.limit.per_minute},
        "x-largest-body-bytes": row.body.most,
    }
    parameters = [*_parameters(row, reads)]
    if parameters:
        made["parameters"] = parameters
    if row.body.kind is not Kind.NONE:
        made["requestBody"] = {"required": True, "content": {row.body.kind.value: {"schema": _sent(row.body, reads)}}}
    made["responses"] = _responses(row, operation, components)
    return made


def _security(row: Row, operation: Operation) -> list[dict[str, list[str]]]:
    """Return the alternative credentials of a request; an empty list where none is needed."""
    ways: list[tuple[str, ...]] = []
    if row.signs_in:
        ways.append(("advocate" if row.for_members else "session",))
    if row.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED):
        ways = [(*way, "proof") for way in ways]
    if row.by_ticket:
        ways.append(("file_ticket",))
    if row.for_earlier and row.audience is Audience.KEEPER:
        ways.append(("earlier",))
    if operation.by_ticket:
        ways.append(("opened",))
    return [{name: [] for name in way} for way in ways]


def _parameters(row: Row, reads: Reads) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)", row.path):
        if name not in reads.path:
            raise SystemExit(f"{row.method} {row.path}: the view reads no {name}.")
        yield {"name": name, "in": "path", "required": True, "schema": reads.path[name]}
    for name, schema in reads.query.items():
        yield {"name": name, "in": "query", "schema": schema}
    for name, text in OPERATIONS[row.view].headers.items():
        yield {"name": name, "in": "header", "description": text, "schema": TEXT}
    if row.writes:
        yield from ({"$ref": f"#/components/parameters/{name}"} for name in _PARAMETERS)


def _sent(body: Body, reads: Reads) -> Schema:
    if body.kind is Kind.JSON:
        return reads.body.schema()
    return {"type": "string", "format": "binary", "maxLength": body.most}


def _responses(row: Row, operation: Operation, components: _Components) -> dict[str, Any]:
    made: dict[str, Any] = {str(status): _answer(status, content) for status, content in operation.answers.items()}
    by_status: dict[int, list[type[KeptError]]] = {}
    for one in sorted(failures(row), key=lambda kind: kind.code):
        by_status.setdefault(_status(one), []).append(one)
    by_status[500] = [KeptError]
    for status, kinds in sorted(by_status.items()):
        # The public host shows its 404 as a page.
        is_page = row.audience in _PUBLIC and NotFound in kinds
        name = "_".join([str(status), *(one.code for one in kinds), *(["page"] if is_page else [])])
        components.responses.setdefault(name, _failure(kinds, is_page=is_page))
        made[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return made


def _status(kind: type[KeptError]) -> int:
    return status_of(kind(1) if issubclass(kind, TryLater) else kind())


def _answer(status: int, content: Content) -> dict[str, Any]:
    made: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if content.types:
        schema = {} if content.schema is None else {"schema": content.schema}
        made["content"] = dict.fromkeys(content.types, schema)
    if content.headers:
        made["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in content.headers}
    return made


def _failure(kinds: Sequence[type[KeptError]], *, is_page: bool) -> dict[str, Any]:
    """Return the response for these failures, with the usual sentence of each code; a sentence may be more specific."""
    schema = dict(fields({"error": {"type": "string", "enum": [one.code for one in kinds]}, "message": TEXT}))
    if Incomplete in kinds:
        schema = dict(fields({"error": schema["properties"]["error"], "message": TEXT}, {"missing": listed(NUMBER)}))
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    made: dict[str, Any] = {
        "description": "\n".join(f"`{one.code}`: {one.usual}" for one in kinds),
        "content": content | ({_HTML: {}} if is_page else {}),
    }
    if TryLater in kinds:
        made["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return made


# --- docs/api.md ---------------------------------------------------------------------------------------


def page() -> str:
    """Return docs/api.md: the prose with each table in its place."""
    order = {view: at for at, view in enumerate(OPERATIONS)}
    rows = sorted(listed_rows(ROUTES), key=lambda row: (order[row.view], ROUTES.index(row)))
    made = {name: _table([row for row in rows if section(row) == name]) for name in _SECTIONS}
    made["shapes"] = "\n".join(["| name | fields |", "|---|---|", *map(_shape_row, SCHEMAS.items())])
    made["codes"] = " · ".join(_codes())
    text = PROSE.read_text(encoding="utf-8")
    for name, table in made.items():
        place = f"{{{{{name}}}}}"
        if place not in text:
            raise SystemExit(f"{PROSE.name} has no place {place}.")
        text = text.replace(place, table)
    return text


def _table(rows: Sequence[Row]) -> str:
    lines = ["| route | who, how often, how much | body → answer | fails with |", "|---|---|---|---|"]
    for row in rows:
        operation = OPERATIONS[row.view]
        asked = f"{row.method} {address(row)}" + "".join(f"?{name}=" for name in reads_of(operation, row.view).query)
        codes = ", ".join(f"`{one.code}`" for one in sorted(set(operation.raises), key=lambda kind: kind.code))
        lines.append(f"| `{asked}` | {_policy(row)} | {_exchange(row)}{text_of(row)} | {codes} |")
    return "\n".join(lines)


def _policy(row: Row) -> str:
    """Return the audience, the rate limit and the largest body as text."""
    limit = "" if row.limit.per_minute is None else f", {row.limit.per_minute:,} a minute by {row.limit.by}"
    kinds = {Kind.NONE: "", Kind.JSON: ", JSON of at most {}", Kind.OCTETS: ", at most {}"}
    ticket = ", `X-Proof`: the ticket" if OPERATIONS[row.view].by_ticket else ""
    ticket += ", or a ticket in `X-Ticket`" if row.by_ticket else ""
    return f"`{row.audience.value}`{ticket}{limit}" + kinds[row.body.kind].format(_size(row.body.most))


def _size(count: int) -> str:
    """Return a number of bytes in KiB or MiB."""
    whole, left = divmod(count, 1 << 20)
    if not whole:
        return f"{count >> 10} KiB"
    return f"{whole} MiB" + (f" and {left >> 10} KiB" if left else "")


def _exchange(row: Row) -> str:
    """Return the body and the responses in short form."""
    operation = OPERATIONS[row.view]
    sent = f"`{sketch(reads_of(operation, row.view).body.schema())}` " if row.body.kind is Kind.JSON else ""
    shapes = []
    for status, content in operation.answers.items():
        shape = f" `{sketch(content.schema)}`" if content.schema else ""
        shapes.append((shape, str(status)))
    if row.audience in (Audience.PAGES, Audience.PUBLIC):
        return ""
    by_shape: dict[str, list[str]] = {}
    for shape, status in shapes:
        by_shape.setdefault(shape, []).append(status)
    return sent + "→ " + "; ".join(f"{' or '.join(found)}{shape}" for shape, found in by_shape.items()) + ". "


def sketch(schema: Schema) -> str:
    """Return a shape in one line: `{"parts": number, "wish"?: text}`."""
    kind = schema.get("type")
    if "anyOf" in schema:
        return f"{sketch(schema['anyOf'][0])} or null"
    if isinstance(kind, list):
        return f"{sketch({**schema, 'type': kind[0]})} or null"
    if kind == "array":
        return f"[{sketch(schema['items'])}…]"
    if kind == "object":
        optional = set(schema.get("properties", {})) - set(schema.get("required", ()))
        inside = (
            f'"{name}"{"?" * (name in optional)}: {sketch(one)}' for name, one in schema.get("properties", {}).items()
        )
        return "{" + ", ".join(inside) + "}"
    return _sketch_value(schema)


def _sketch_value(schema: Schema) -> str:
    """Return a value that is neither a list nor an object."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return " or ".join(json.dumps(one) for one in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("contentEncoding"):
        return str(schema["description"])
    return {"string": "text", "integer": "number", "boolean": "bool"}.get(str(schema.get("type")), "anything")


def _shape_row(one: tuple[str, Schema]) -> str:
    name, schema = one
    return f"| {name} | {schema['description']} |" if "description" in schema else f"| {name} | `{sketch(schema)}` |"


def _codes() -> Iterator[str]:
    """Return every code that a response can have, with its status."""
    named = {kind.code: _status(kind) for kind in _kinds(KeptError) if has_status(kind)}
    named |= {"internal": internal().status, "wrong_method": wrong_method(b"").status}
    for code, status in sorted(named.items(), key=lambda pair: (pair[1], pair[0])):
        yield f"`{code}` {status}"


def has_status(kind: type[KeptError]) -> bool:
    """Check whether a failure, or a class it derives from, has a status."""
    return any(one in STATUS for one in kind.__mro__)


def _kinds(top: type[KeptError]) -> Iterator[type[KeptError]]:
    for below in top.__subclasses__():
        yield below
        yield from _kinds(below)


def main(*arguments: str) -> int:
    """Write both files, or name those that are out of date. Return the exit status."""
    made = {PAGE: page(), DOCUMENT: json.dumps(document(), indent=1, ensure_ascii=False) + "\n"}
    if "--check" not in arguments:
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for name in stale:
        print(f"docs/{name} is out of date. Run: python .ci/api.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
