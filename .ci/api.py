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
from diary.errors import IncompleteUpload, KeptError, NotFound, TooManyRequests
from diary.web.error_responses import HTTP_STATUS, http_status, internal_error_response, method_not_allowed_response
from diary.web.languages import LANGUAGES
from diary.web.operations import (
    OPERATIONS,
    PAGE_DESCRIPTIONS,
    RESPONSE_HEADERS,
    Operation,
    ResponseContent,
    possible_errors,
)
from diary.web.route_policy import Audience, BodyKind, BodyPolicy, RoutePolicy
from diary.web.routes import ROUTES
from diary.web.schemas import (
    BOOLEAN_SCHEMA,
    ID_SCHEMA,
    NUMBER_SCHEMA,
    SCHEMAS,
    TEXT_SCHEMA,
    Schema,
    bytes_schema,
    list_schema,
    nullable_schema,
    object_schema,
)
from diary.web.views import advocates, grants

ROOT: Final = Path(__file__).resolve().parent.parent
DOCUMENT: Final = ROOT / "docs" / "openapi.json"
PAGE: Final = ROOT / "docs" / "api.md"
PROSE_TEMPLATE: Final = Path(__file__).with_name("api.md.in")
# The address of a page in another language is the language's code followed by the English address.
_LANGUAGE_PATH_PREFIXES: Final = tuple(f"{language.path_prefix}/" for language in LANGUAGES if language.path_prefix)
_PUBLIC_AUDIENCES: Final = (Audience.PUBLIC, Audience.RECIPIENT)
_HTML_MEDIA_TYPE: Final = "text/html; charset=utf-8"
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
class BodyShape:
    """The fields that a view reads from one object of a body."""

    properties: dict[str, Schema] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    children: dict[str, BodyShape] = field(default_factory=dict)

    def schema(self) -> Schema:
        """Return the shape as JSON Schema. Other fields are allowed, because views ignore them."""
        properties = {**self.properties, **{name: child.schema() for name, child in self.children.items()}}
        result: dict[str, Any] = {"type": "object", "properties": dict(sorted(properties.items()))}
        return result | ({"required": sorted(self.required)} if self.required else {})


@dataclass
class ViewInputs:
    """Inputs of a view: path and query parameters by name, the body, and whether it needs a proof."""

    path: dict[str, Schema] = field(default_factory=dict)
    query: dict[str, Schema] = field(default_factory=dict)
    body: BodyShape = field(default_factory=BodyShape)
    proof: bool = False


def reads_of(operation: Operation, view: Any) -> ViewInputs:
    """Return what a view reads: the calls of `RequestContext` and `Fields` in its source and its helpers."""
    inputs = ViewInputs(path=dict(operation.path_schemas))
    _ViewSourceVisitor(view, inputs, operation.body_schemas, {}).visit(_parse_function(view))
    return inputs


def _parse_function(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


class _ViewSourceVisitor(ast.NodeVisitor):
    """Visitor of one function's source. `shapes_by_variable`: variables that refer to an object of the body."""

    def __init__(
        self, function: Any, inputs: ViewInputs, shapes: Mapping[str, Schema], shapes_by_variable: dict[str, BodyShape]
    ) -> None:
        self.globals: Mapping[str, Any] = function.__globals__
        self.inputs = inputs
        self.shapes = shapes
        self.shapes_by_variable = dict(shapes_by_variable)
        self.is_optional = False

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """Mark what only one branch reads as optional."""
        was_optional, self.is_optional = self.is_optional, True
        self.visit(node.body)
        self.visit(node.orelse)
        self.is_optional = was_optional

    def visit_Assign(self, node: ast.Assign) -> None:
        """Note a variable that refers to the body or to an object in it."""
        self.visit(node.value)
        shape = self._body_object(node.value)
        if shape is not None and isinstance(node.targets[0], ast.Name):
            self.shapes_by_variable[node.targets[0].id] = shape

    def visit_Call(self, node: ast.Call) -> None:
        """Note a value that is read, and visit a helper that reads."""
        callee = node.func
        if isinstance(callee, ast.Attribute):
            shape = self._body_object(callee.value)
            if shape is not None:
                keyword_values = {str(argument.arg): self._constant_value(argument.value) for argument in node.keywords}
                self._note_field(
                    shape, callee.attr, [self._constant_value(argument) for argument in node.args], keyword_values
                )
            elif isinstance(callee.value, ast.Name) and callee.value.id == "request":
                self._note_parameter(callee.attr, node.args)
        shape_arguments = {
            position: shape
            for position, argument in enumerate(node.args)
            if (shape := self._body_object(argument)) is not None
        }
        if shape_arguments:
            function = self._constant_value(callee)
            names = list(inspect.signature(function).parameters)
            helper_visitor = _ViewSourceVisitor(
                function,
                self.inputs,
                self.shapes,
                {names[position]: shape for position, shape in shape_arguments.items()},
            )
            helper_visitor.visit(_parse_function(function))
        self.generic_visit(node)

    def _body_object(self, node: ast.expr) -> BodyShape | None:
        """Return the object of the body that an expression refers to, or None."""
        if isinstance(node, ast.Name):
            return self.shapes_by_variable.get(node.id)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        if node.func.attr == "fields":
            return self.inputs.body
        outer = self._body_object(node.func.value) if node.func.attr == "inner" else None
        return None if outer is None else outer.children[str(self._constant_value(node.args[0]))]

    def _constant_value(self, node: ast.expr) -> Any:
        """Return the value of a constant expression, evaluated in the function's own module."""
        if isinstance(node, ast.Call):
            return None
        return eval(compile(ast.Expression(node), "<view>", "eval"), dict(self.globals))  # noqa: S307 - our own source

    def _note_parameter(self, method: str, args: Sequence[ast.expr]) -> None:
        """Note a parameter of the path or the query, or the proof."""
        if method == "proof":
            self.inputs.proof = True
        if method not in ("path_id", "path_number", "query_number", "query_text"):
            return
        argument_values = [self._constant_value(argument) for argument in args]
        if method == "path_id":
            self.inputs.path[argument_values[0]] = ID_SCHEMA
        elif method == "path_number":
            self.inputs.path[argument_values[0]] = _integer_schema(argument_values[1])
        elif method == "query_number":
            self.inputs.query[argument_values[0]] = _integer_schema(argument_values[1])
        else:
            self.inputs.query[argument_values[0]] = {**SCHEMAS["bytes"], "maxLength": argument_values[1]}

    def _note_field(
        self, shape: BodyShape, method: str, argument_values: Sequence[Any], keyword_values: Mapping[str, Any]
    ) -> None:
        """Note a field of an object."""
        if method == "has":
            return
        name = argument_values[0]
        if method == "inner":
            shape.children.setdefault(name, BodyShape())
            shape.required.add(name)
            return
        schema = self.shapes.get(name) or _field_schema(method, argument_values, keyword_values)
        if method != "flag" and not self.is_optional:
            shape.required.add(name)
        shape.properties[name] = nullable_schema(schema) if self.is_optional else schema


def _integer_schema(maximum: int) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": maximum}


def _field_schema(method: str, argument_values: Sequence[Any], keyword_values: Mapping[str, Any]) -> Schema:
    """Return the schema of a field that a method of `Fields` reads (diary/web/request_parsing.py)."""
    schema_makers: dict[str, Any] = {
        "text": lambda _, max_characters: {"type": "string", "maxLength": max_characters},
        "octets": lambda _, max_bytes, min_bytes=1: bytes_schema(max_bytes, min_bytes),
        "id": lambda _: ID_SCHEMA,
        "ids": lambda _, max_items: list_schema(ID_SCHEMA, max_items),
        "integer": lambda _, maximum: _integer_schema(maximum),
        "flag": lambda _: BOOLEAN_SCHEMA,
    }
    if method not in schema_makers:
        raise SystemExit(f"Describe the object {argument_values[0]} in diary/web/operations.py.")
    return dict(schema_makers[method](*argument_values, **keyword_values))


# --- docs/openapi.json ---------------------------------------------------------------------------------


def listed_rows(policies: Sequence[RoutePolicy]) -> list[RoutePolicy]:
    """Return the rows to document: a page in several languages once, and "/", which both hosts have, as the app's."""
    return [
        policy
        for policy in policies
        if not f"{policy.path}/".startswith(_LANGUAGE_PATH_PREFIXES)
        and (policy.path, policy.audience) != ("/", Audience.PUBLIC)
    ]


def address(policy: RoutePolicy) -> str:
    """Return a row's path in the form that OpenAPI uses."""
    return re.sub(r"{(\w+):path}", r"{\1}", policy.path)


def section(policy: RoutePolicy) -> str:
    """Return the section of docs/api.md that lists a row."""
    module = policy.view.__module__
    if module == advocates.__name__:
        return "desk"
    if module == grants.__name__:
        return "granting"
    by_audience = {Audience.ANYONE: "anyone", Audience.KEEPER: "session", Audience.PROVED: "session"}
    return by_audience.get(policy.audience, "handover" if policy.audience is Audience.RECIPIENT else "pages")


def purpose_of(policy: RoutePolicy) -> str:
    """Return the purpose of a row, in one line of Markdown."""
    if policy.view not in OPERATIONS:
        raise SystemExit(f"Describe {policy.view.__module__}.{policy.view.__name__} in diary/web/operations.py.")
    text = OPERATIONS[policy.view].description or PAGE_DESCRIPTIONS[policy.path]
    return " ".join(text.split())


def document(policies: Sequence[RoutePolicy] = ROUTES) -> dict[str, Any]:
    """Return the whole interface in OpenAPI 3.1. Raise SystemExit for a route whose view has no description."""
    paths: dict[str, dict[str, Any]] = {}
    components = _SharedComponents()
    all_paths = {policy.path for policy in policies}
    for policy in sorted(listed_rows(policies), key=address):
        path_item = paths.setdefault(address(policy), {})
        if policy.audience in _PUBLIC_AUDIENCES:
            is_translated = f"{LANGUAGES[-1].path_prefix}{policy.path}" in all_paths
            path_item["servers"] = [_server_object("public", translated=is_translated)]
        path_item[policy.method.lower()] = _operation_object(policy, components)
    paths["/"]["servers"] = [_server_object("app"), _server_object("public", translated=True)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kept",
            "version": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
            "summary": "A private incident diary: what its server answers.",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [_server_object("app")],
        "tags": [{"name": name, "description": text} for name, text in _SECTIONS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(SCHEMAS.items())),
            "responses": dict(sorted(components.responses.items())),
            "parameters": _PARAMETERS,
            "headers": dict(sorted(_header_objects())),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


_DESCRIPTION: Final = (
    "Generated by .ci/api.py. docs/api.md explains the interface; docs/formats.md describes the bytes. HEAD works "
    "wherever GET does. Every response has the security headers of diary/web/headers.py, and Cache-Control: no-store "
    "unless documented otherwise. The response is 404 for an unknown address and for a request that did not come from "
    "a page of this host, 405 wrong_method with Allow for a known address with another method, and 431 too_large for "
    "more than 100 headers or 32 KB of them. x-audience: who may send the request. x-limit: requests a minute, and how "
    "they are counted. x-largest-body-bytes: a larger body is 413."
)
_SECURITY_SCHEMES: Final[Mapping[str, Any]] = {
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


def _server_object(host: str, *, translated: bool = False) -> dict[str, Any]:
    """Return one of the two hosts, whose addresses each operator chooses. `translated`: the path follows a language."""
    default = next(candidate.default for candidate in SETTINGS if candidate.name == f"DIARY_{host.upper()}_URL")
    server: dict[str, Any] = {
        "url": f"{{{host}_url}}",
        "description": f"The {host} host",
        "variables": {f"{host}_url": {"default": default, "description": f"DIARY_{host.upper()}_URL"}},
    }
    if translated:
        server["url"] += "{language}"
        language_variable = {
            "default": "",
            "enum": [candidate.path_prefix for candidate in LANGUAGES],
            "description": ", ".join(candidate.name for candidate in LANGUAGES),
        }
        server["variables"]["language"] = language_variable
    return server


def _header_objects() -> Iterator[tuple[str, Any]]:
    """Yield the headers of responses. Those that depend on the device or the file are not required."""
    for name, text in RESPONSE_HEADERS.items():
        is_required = name not in ("Clear-Site-Data", "Content-Encoding", "Set-Cookie")
        yield name, {"description": text, "schema": TEXT_SCHEMA} | ({"required": True} if is_required else {})


@dataclass
class _SharedComponents:
    """Responses that several operations share."""

    responses: dict[str, Any] = field(default_factory=dict)


def _operation_object(policy: RoutePolicy, components: _SharedComponents) -> dict[str, Any]:
    operation = OPERATIONS.get(policy.view)
    if operation is None:
        raise SystemExit(f"Describe {policy.view.__module__}.{policy.view.__name__} in diary/web/operations.py.")
    inputs = reads_of(operation, policy.view)
    summary = inspect.getdoc(policy.view) or ""
    operation_object: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{policy.method.lower()}{policy.path}").strip("_"),
        "tags": [section(policy)],
        "summary": summary.split("\n", 1)[0],
        "description": purpose_of(policy),
        "security": _security(policy, operation),
        "x-audience": policy.audience.value,
        "x-limit": {"counted_by": policy.limit.counted_by, "per_minute": policy.limit.per_minute},
        "x-largest-body-bytes": policy.body.max_bytes,
    }
    parameters = [*_parameter_objects(policy, inputs)]
    if parameters:
        operation_object["parameters"] = parameters
    if policy.body.kind is not BodyKind.NONE:
        operation_object["requestBody"] = {
            "required": True,
            "content": {policy.body.kind.value: {"schema": _request_body_schema(policy.body, inputs)}},
        }
    operation_object["responses"] = _response_objects(policy, operation, components)
    return operation_object


def _security(policy: RoutePolicy, operation: Operation) -> list[dict[str, list[str]]]:
    """Return the alternative credentials of a request, or an empty list if none is needed."""
    alternatives: list[tuple[str, ...]] = []
    if policy.requires_session:
        alternatives.append(("advocate" if policy.requires_membership else "session",))
    if policy.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED):
        alternatives = [(*schemes, "proof") for schemes in alternatives]
    if policy.accepts_upload_ticket:
        alternatives.append(("file_ticket",))
    if policy.allows_legacy_cookies and policy.audience is Audience.KEEPER:
        alternatives.append(("earlier",))
    if operation.takes_recipient_ticket:
        alternatives.append(("opened",))
    return [{name: [] for name in schemes} for schemes in alternatives]


def _parameter_objects(policy: RoutePolicy, inputs: ViewInputs) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)", policy.path):
        if name not in inputs.path:
            raise SystemExit(f"{policy.method} {policy.path}: the view reads no {name}.")
        yield {"name": name, "in": "path", "required": True, "schema": inputs.path[name]}
    for name, schema in inputs.query.items():
        yield {"name": name, "in": "query", "schema": schema}
    for name, text in OPERATIONS[policy.view].request_headers.items():
        yield {"name": name, "in": "header", "description": text, "schema": TEXT_SCHEMA}
    if policy.changes_state:
        yield from ({"$ref": f"#/components/parameters/{name}"} for name in _PARAMETERS)


def _request_body_schema(body: BodyPolicy, inputs: ViewInputs) -> Schema:
    if body.kind is BodyKind.JSON:
        return inputs.body.schema()
    return {"type": "string", "format": "binary", "maxLength": body.max_bytes}


def _response_objects(policy: RoutePolicy, operation: Operation, components: _SharedComponents) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): _success_response(status, content) for status, content in operation.response_contents.items()
    }
    by_status: dict[int, list[type[KeptError]]] = {}
    for error_class in sorted(possible_errors(policy), key=lambda kind: kind.code):
        by_status.setdefault(_status_code(error_class), []).append(error_class)
    by_status[500] = [KeptError]
    for status, error_classes in sorted(by_status.items()):
        # On the public host, a 404 response can also be a page.
        is_page = policy.audience in _PUBLIC_AUDIENCES and NotFound in error_classes
        name = "_".join(
            [str(status), *(error_class.code for error_class in error_classes), *(["page"] if is_page else [])]
        )
        components.responses.setdefault(name, _failure_response(error_classes, is_page=is_page))
        responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return responses


def _status_code(error_class: type[KeptError]) -> int:
    return http_status(error_class(1) if issubclass(error_class, TooManyRequests) else error_class())


def _success_response(status: int, content: ResponseContent) -> dict[str, Any]:
    response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if content.media_types:
        schema = {} if content.schema is None else {"schema": content.schema}
        response["content"] = dict.fromkeys(content.media_types, schema)
    if content.headers:
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in content.headers}
    return response


def _failure_response(error_classes: Sequence[type[KeptError]], *, is_page: bool) -> dict[str, Any]:
    """Return the response for these failures, with the usual sentence of each code; a sentence may be more specific."""
    schema = dict(
        object_schema(
            {
                "error": {"type": "string", "enum": [error_class.code for error_class in error_classes]},
                "message": TEXT_SCHEMA,
            }
        )
    )
    if IncompleteUpload in error_classes:
        schema = dict(
            object_schema(
                {"error": schema["properties"]["error"], "message": TEXT_SCHEMA},
                {"missing": list_schema(NUMBER_SCHEMA)},
            )
        )
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    response: dict[str, Any] = {
        "description": "\n".join(
            f"`{error_class.code}`: {error_class.default_message}" for error_class in error_classes
        ),
        "content": content | ({_HTML_MEDIA_TYPE: {}} if is_page else {}),
    }
    if TooManyRequests in error_classes:
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return response


# --- docs/api.md ---------------------------------------------------------------------------------------


def page() -> str:
    """Return docs/api.md: the prose with each table in its place."""
    view_order = {view: position for position, view in enumerate(OPERATIONS)}
    policies = sorted(listed_rows(ROUTES), key=lambda row: (view_order[row.view], ROUTES.index(row)))
    tables = {name: _route_table([row for row in policies if section(row) == name]) for name in _SECTIONS}
    tables["shapes"] = "\n".join(["| name | fields |", "|---|---|", *map(_schema_row, SCHEMAS.items())])
    tables["codes"] = " · ".join(_code_list())
    text = PROSE_TEMPLATE.read_text(encoding="utf-8")
    for name, table in tables.items():
        placeholder = f"{{{{{name}}}}}"
        if placeholder not in text:
            raise SystemExit(f"{PROSE_TEMPLATE.name} has no place {placeholder}.")
        text = text.replace(placeholder, table)
    return text


def _route_table(policies: Sequence[RoutePolicy]) -> str:
    lines = ["| route | who, how often, how much | body → answer | fails with |", "|---|---|---|---|"]
    for policy in policies:
        operation = OPERATIONS[policy.view]
        request_line = f"{policy.method} {address(policy)}" + "".join(
            f"?{name}=" for name in reads_of(operation, policy.view).query
        )
        codes = ", ".join(
            f"`{error_class.code}`" for error_class in sorted(set(operation.errors), key=lambda kind: kind.code)
        )
        lines.append(
            f"| `{request_line}` | {_policy_cell(policy)} | {_exchange_cell(policy)}{purpose_of(policy)} | {codes} |"
        )
    return "\n".join(lines)


def _policy_cell(policy: RoutePolicy) -> str:
    """Return the audience, the rate limit and the largest body as text."""
    limit = (
        ""
        if policy.limit.per_minute is None
        else f", {policy.limit.per_minute:,} a minute by {policy.limit.counted_by}"
    )
    body_formats = {BodyKind.NONE: "", BodyKind.JSON: ", JSON of at most {}", BodyKind.OCTETS: ", at most {}"}
    ticket = ", `X-Proof`: the ticket" if OPERATIONS[policy.view].takes_recipient_ticket else ""
    ticket += ", or a ticket in `X-Ticket`" if policy.accepts_upload_ticket else ""
    return f"`{policy.audience.value}`{ticket}{limit}" + body_formats[policy.body.kind].format(
        _size_text(policy.body.max_bytes)
    )


def _size_text(size_bytes: int) -> str:
    """Return a number of bytes in KiB or MiB."""
    mebibytes, remaining_bytes = divmod(size_bytes, 1 << 20)
    if not mebibytes:
        return f"{size_bytes >> 10} KiB"
    return f"{mebibytes} MiB" + (f" and {remaining_bytes >> 10} KiB" if remaining_bytes else "")


def _exchange_cell(policy: RoutePolicy) -> str:
    """Return the body and the responses in short form."""
    operation = OPERATIONS[policy.view]
    request_text = (
        f"`{sketch(reads_of(operation, policy.view).body.schema())}` " if policy.body.kind is BodyKind.JSON else ""
    )
    response_shapes = []
    for status, content in operation.response_contents.items():
        shape = f" `{sketch(content.schema)}`" if content.schema else ""
        response_shapes.append((shape, str(status)))
    if policy.audience in (Audience.PAGES, Audience.PUBLIC):
        return ""
    by_shape: dict[str, list[str]] = {}
    for shape, status in response_shapes:
        by_shape.setdefault(shape, []).append(status)
    return (
        request_text
        + "→ "
        + "; ".join(f"{' or '.join(statuses)}{shape}" for shape, statuses in by_shape.items())
        + ". "
    )


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
        members = (
            f'"{name}"{"?" * (name in optional)}: {sketch(member)}'
            for name, member in schema.get("properties", {}).items()
        )
        return "{" + ", ".join(members) + "}"
    return _sketch_value(schema)


def _sketch_value(schema: Schema) -> str:
    """Return a value that is neither a list nor an object."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return " or ".join(json.dumps(member) for member in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("contentEncoding"):
        return str(schema["description"])
    return {"string": "text", "integer": "number", "boolean": "bool"}.get(str(schema.get("type")), "anything")


def _schema_row(named_schema: tuple[str, Schema]) -> str:
    name, schema = named_schema
    return f"| {name} | {schema['description']} |" if "description" in schema else f"| {name} | `{sketch(schema)}` |"


def _code_list() -> Iterator[str]:
    """Yield every code that a response can have, with its status."""
    statuses_by_code = {kind.code: _status_code(kind) for kind in _error_classes(KeptError) if has_status(kind)}
    statuses_by_code |= {
        "internal": internal_error_response().status,
        "wrong_method": method_not_allowed_response(b"").status,
    }
    for code, status in sorted(statuses_by_code.items(), key=lambda pair: (pair[1], pair[0])):
        yield f"`{code}` {status}"


def has_status(error_class: type[KeptError]) -> bool:
    """Check whether a failure, or one of its base classes, has a status."""
    return any(base_class in HTTP_STATUS for base_class in error_class.__mro__)


def _error_classes(base: type[KeptError]) -> Iterator[type[KeptError]]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from _error_classes(subclass)


def main(*arguments: str) -> int:
    """Write both files, or name those that are out of date. Return the exit status."""
    documents = {PAGE: page(), DOCUMENT: json.dumps(document(), indent=1, ensure_ascii=False) + "\n"}
    if "--check" not in arguments:
        for path, text in documents.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [
        path.name for path, text in documents.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(f"docs/{name} is out of date. Run: python .ci/api.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
