"""Writes docs/api.md, for people, and docs/openapi.json, for programs, from the route table and its views.

    python .ci/api.py           writes both
    python .ci/api.py --check   exits 1 when they are not what it would write

Who may ask, how often and how much may be sent stands in diary/web/routes.py; what a view reads of a path, a query and a body in
the view (`Reads` finds it there); what it is for, answers and raises in diary/web/operations.py; shapes in diary/web/schemas.py;
codes and sentences in diary/errors.py. The prose around the tables of docs/api.md is `.ci/api.md.in`.
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
# A page in another language has the address of the English one behind the language's.
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
    """The fields that are read out of one object of a body."""

    properties: dict[str, Schema] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    inner: dict[str, Shape] = field(default_factory=dict)

    def schema(self) -> Schema:
        """As JSON Schema. A field that nobody reads changes nothing, so others are allowed."""
        properties = {**self.properties, **{name: one.schema() for name, one in self.inner.items()}}
        found: dict[str, Any] = {"type": "object", "properties": dict(sorted(properties.items()))}
        return found | ({"required": sorted(self.required)} if self.required else {})


@dataclass
class Reads:
    """What a view reads of a request: of its path and its query by name, of its body, and whether it asks for the words."""

    path: dict[str, Schema] = field(default_factory=dict)
    query: dict[str, Schema] = field(default_factory=dict)
    body: Shape = field(default_factory=Shape)
    proof: bool = False


def reads_of(operation: Operation, view: Any) -> Reads:
    """What a view reads, out of its own source: the calls of `Call` and of `Fields`, in helpers that get the fields too."""
    found = Reads(path=dict(operation.places))
    _Reader(view, found, operation.shapes, {}).visit(_tree(view))
    return found


def _tree(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


class _Reader(ast.NodeVisitor):
    """Walks through one function. `holders`: the names under which it has an object of the body."""

    def __init__(self, function: Any, found: Reads, shapes: Mapping[str, Schema], holders: dict[str, Shape]) -> None:
        self.globals: Mapping[str, Any] = function.__globals__
        self.found = found
        self.shapes = shapes
        self.holders = dict(holders)
        self.is_optional = False

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """What is read in one of two cases only may be left out."""
        before, self.is_optional = self.is_optional, True
        self.visit(node.body)
        self.visit(node.orelse)
        self.is_optional = before

    def visit_Assign(self, node: ast.Assign) -> None:
        """A name for the body, or for an object in it."""
        self.visit(node.value)
        shape = self._object(node.value)
        if shape is not None and isinstance(node.targets[0], ast.Name):
            self.holders[node.targets[0].id] = shape

    def visit_Call(self, node: ast.Call) -> None:
        """One thing that is read, or a helper that reads."""
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
        """The object of the body that an expression stands for."""
        if isinstance(node, ast.Name):
            return self.holders.get(node.id)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        if node.func.attr == "fields":
            return self.found.body
        outer = self._object(node.func.value) if node.func.attr == "inner" else None
        return None if outer is None else outer.inner[str(self._value(node.args[0]))]

    def _value(self, node: ast.expr) -> Any:
        """What a constant expression is in the function's own module."""
        if isinstance(node, ast.Call):
            return None
        return eval(compile(ast.Expression(node), "<view>", "eval"), dict(self.globals))  # noqa: S307 - our own source

    def _part(self, method: str, args: Sequence[ast.expr]) -> None:
        """A part of the path, of the query or of the headers."""
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
        """A field of an object."""
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
    """What `Fields` takes (diary/web/request_parsing.py), by its method and arguments."""
    made: dict[str, Any] = {
        "text": lambda _, most: {"type": "string", "maxLength": most},
        "octets": lambda _, most, least=1: octets(most, least),
        "id": lambda _: ID,
        "ids": lambda _, most: listed(ID, most),
        "integer": lambda _, most: _whole(most),
        "flag": lambda _: FLAG,
    }
    if method not in made:
        raise SystemExit(f"Say in diary/web/operations.py what the object {given[0]} holds.")
    return dict(made[method](*given, **named))


# --- docs/openapi.json ---------------------------------------------------------------------------------


def listed_rows(table: Sequence[Row]) -> list[Row]:
    """Every row, a page that is there in several languages once. "/" is a page of both hosts, and stands there as the app's."""
    return [
        row
        for row in table
        if not f"{row.path}/".startswith(_ELSEWHERE) and (row.path, row.audience) != ("/", Audience.PUBLIC)
    ]


def address(row: Row) -> str:
    """A row's path as OpenAPI and the docs write it."""
    return re.sub(r"{(\w+):path}", r"{\1}", row.path)


def section(row: Row) -> str:
    """Where a row stands in the docs."""
    module = row.view.__module__
    if module == advocates.__name__:
        return "desk"
    if module == grants.__name__:
        return "granting"
    by_audience = {Audience.ANYONE: "anyone", Audience.KEEPER: "session", Audience.PROVED: "session"}
    return by_audience.get(row.audience, "handover" if row.audience is Audience.RECIPIENT else "pages")


def text_of(row: Row) -> str:
    """What a row is for, in one line of Markdown."""
    text = OPERATIONS[row.view].text or PAGES[row.path]
    return " ".join(text.split())


def document(table: Sequence[Row] = ROUTES) -> dict[str, Any]:
    """The whole interface in OpenAPI 3.1. Raises SystemExit for a row whose view has no description."""
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
        "tags": [{"name": name, "description": told} for name, told in _SECTIONS.items()],
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
    "Written by .ci/api.py. docs/api.md explains it; docs/formats.md has the bytes inside. A GET is answered for "
    "HEAD too, without its body. Every answer has the security headers of diary/web/headers.py, and Cache- "
    "Control: no-store unless it says otherwise. An unknown address and a request that is not fetched by a page "
    "of this host are 404; an unknown method of a known address is 405 wrong_method with Allow; a head of more "
    "than 100 headers or 32 KB is 431 too_large. x-audience: who may ask; x-limit: how many requests a minute, "
    "and by what they are counted; x-largest-body-bytes: 413 above it."
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
        "description": "b64 of AUTH or CODE_AUTH: the words, or the recovery code, typed for this very request.",
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
        "description": "The ticket that the right words were answered with.",
    },
    "earlier": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-s",
        "description": "The cookie of a release before tokens, for thirty days after an upgrade (docs/api.md, Going over).",
    },
}
_PARAMETERS: Final[Mapping[str, Any]] = {
    "RequestedBy": {
        "name": "X-Requested-By",
        "in": "header",
        "required": True,
        "description": "Cannot be set by a page of another site.",
        "schema": {"type": "string", "const": "app"},
    },
    "FetchSite": {
        "name": "Sec-Fetch-Site",
        "in": "header",
        "description": "Browsers send it by themselves. A client that is none sends this or `Origin`, the host's own.",
        "schema": {"type": "string", "const": "same-origin"},
    },
}


def _server(host: str, *, translated: bool = False) -> dict[str, Any]:
    """One of the two hosts; every operator has addresses of their own. `translated`: in each language behind another address."""
    default = next(one.default for one in SETTINGS if one.name == f"DIARY_{host.upper()}_URL")
    made: dict[str, Any] = {
        "url": f"{{{host}_url}}",
        "description": f"The {host} host",
        "variables": {f"{host}_url": {"default": default, "description": f"DIARY_{host.upper()}_URL"}},
    }
    if translated:
        made["url"] += "{language}"
        told = {
            "default": "",
            "enum": [one.at for one in LANGUAGES],
            "description": ", ".join(one.name for one in LANGUAGES),
        }
        made["variables"]["language"] = told
    return made


def _headers() -> Iterator[tuple[str, Any]]:
    """Headers of answers; what only some phones or some files get is not always there."""
    for name, told in HEADERS.items():
        is_always = name not in ("Clear-Site-Data", "Content-Encoding", "Set-Cookie")
        yield name, {"description": told, "schema": TEXT} | ({"required": True} if is_always else {})


@dataclass
class _Components:
    """Answers that several operations share."""

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
    """What has to come with a request, one way or another. None: an empty list."""
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
    for name, told in OPERATIONS[row.view].headers.items():
        yield {"name": name, "in": "header", "description": told, "schema": TEXT}
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
        # What no row of the public host answers is a page.
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
    """A failure's answer: its codes, and the usual sentence of each; another sentence may say more."""
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
    """docs/api.md: the prose with a table in each of its places."""
    order = {view: at for at, view in enumerate(OPERATIONS)}
    rows = sorted(listed_rows(ROUTES), key=lambda row: (order[row.view], ROUTES.index(row)))
    made = {name: _table([row for row in rows if section(row) == name]) for name in _SECTIONS}
    made["shapes"] = "\n".join(["| name | fields |", "|---|---|", *map(_shape_row, SCHEMAS.items())])
    made["codes"] = " · ".join(_codes())
    text = PROSE.read_text(encoding="utf-8")
    for name, told in made.items():
        place = f"{{{{{name}}}}}"
        if place not in text:
            raise SystemExit(f"{PROSE.name} has no place {place}.")
        text = text.replace(place, told)
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
    """Audience, limit and size, as a reader wants them."""
    limit = "" if row.limit.per_minute is None else f", {row.limit.per_minute:,} a minute by {row.limit.by}"
    kinds = {Kind.NONE: "", Kind.JSON: ", JSON of at most {}", Kind.OCTETS: ", at most {}"}
    ticket = ", `X-Proof`: the ticket" if OPERATIONS[row.view].by_ticket else ""
    ticket += ", or a ticket in `X-Ticket`" if row.by_ticket else ""
    return f"`{row.audience.value}`{ticket}{limit}" + kinds[row.body.kind].format(_size(row.body.most))


def _size(count: int) -> str:
    """A number of bytes as people say it."""
    whole, left = divmod(count, 1 << 20)
    if not whole:
        return f"{count >> 10} KiB"
    return f"{whole} MiB" + (f" and {left >> 10} KiB" if left else "")


def _exchange(row: Row) -> str:
    """What is sent and what is answered, in short."""
    operation = OPERATIONS[row.view]
    sent = f"`{sketch(reads_of(operation, row.view).body.schema())}` " if row.body.kind is Kind.JSON else ""
    told = []
    for status, content in operation.answers.items():
        shape = f" `{sketch(content.schema)}`" if content.schema else ""
        told.append((shape, str(status)))
    if row.audience in (Audience.PAGES, Audience.PUBLIC):
        return ""
    by_shape: dict[str, list[str]] = {}
    for shape, status in told:
        by_shape.setdefault(shape, []).append(status)
    return sent + "→ " + "; ".join(f"{' or '.join(found)}{shape}" for shape, found in by_shape.items()) + ". "


def sketch(schema: Schema) -> str:
    """A shape in a line: `{"parts": number, "wish"?: text}`."""
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
    """A value that is no list and no object."""
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
    """Every code that goes over the wire with its status."""
    named = {kind.code: _status(kind) for kind in _kinds(KeptError) if status_of_class(kind)}
    named |= {"internal": internal().status, "wrong_method": wrong_method(b"").status}
    for code, status in sorted(named.items(), key=lambda pair: (pair[1], pair[0])):
        yield f"`{code}` {status}"


def status_of_class(kind: type[KeptError]) -> bool:
    """Whether a failure has a status of its own or of the class it is one of."""
    return any(one in STATUS for one in kind.__mro__)


def _kinds(top: type[KeptError]) -> Iterator[type[KeptError]]:
    for below in top.__subclasses__():
        yield below
        yield from _kinds(below)


def main(*arguments: str) -> int:
    """Write both files, or say which is not what would be written."""
    made = {PAGE: page(), DOCUMENT: json.dumps(document(), indent=1, ensure_ascii=False) + "\n"}
    if "--check" not in arguments:
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for name in stale:
        print(f"docs/{name} is not what its sources say. Run: python .ci/api.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
