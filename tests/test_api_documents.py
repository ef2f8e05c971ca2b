"""docs/api.md and docs/openapi.json match the route table and the views, and the latter is valid OpenAPI."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from diary import errors
from diary.services.accounts import usage
from diary.web.languages import LANGUAGES
from diary.web.operations import OPERATIONS, PAGE_DESCRIPTIONS, Operation, possible_errors
from diary.web.request_context import RequestContext
from diary.web.responses import BytesResponse, json_response
from diary.web.route_policy import JSON_BODY, NO_BODY, UNAUTHENTICATED, Audience, RoutePolicy
from diary.web.routes import ROUTES
from diary.web.schemas import SCHEMAS
from tests.openapi_check import OPENAPI_DOCUMENT, find_operation, operations, resolve_reference
from tests.server_fixture import Keeper
from tests.test_layers import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / ".ci" / "api.py"


def load_generator() -> ModuleType:
    """Load the generator as a module."""
    spec = importlib.util.spec_from_file_location("api", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["api"] = module
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()


def test_the_committed_documents_are_what_the_generator_writes() -> None:
    """The committed documents equal the generator's output."""
    result = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr


@pytest.mark.parametrize("name", ["PAGE", "DOCUMENT"])
def test_a_stale_document_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file with one word changed by hand, and a missing file, are reported."""
    real: Path = getattr(GENERATOR, name)
    changed = tmp_path / real.name
    monkeypatch.setattr(GENERATOR, name, changed)
    for text in (real.read_text(encoding="utf-8").replace("64", "63", 1), None):
        changed.unlink(missing_ok=True)
        if text is not None:
            changed.write_text(text, encoding="utf-8")
        assert GENERATOR.main("--check") == 1
        assert capsys.readouterr().out == f"docs/{real.name} is out of date. Run: python .ci/api.py\n"
    assert GENERATOR.main() == 0
    assert changed.read_text(encoding="utf-8") == real.read_text(encoding="utf-8")


def test_the_document_is_valid_openapi() -> None:
    """An independent validator finds nothing, and finds a planted fault."""
    assert list(OpenAPIV31SpecValidator(OPENAPI_DOCUMENT).iter_errors()) == []
    wrong = json.loads(json.dumps(OPENAPI_DOCUMENT))
    wrong["paths"]["/v1/usage"]["get"]["responses"]["200"].pop("description")
    assert list(OpenAPIV31SpecValidator(wrong).iter_errors())


def test_the_document_has_exactly_the_routes_of_the_table() -> None:
    """Each method and path is there per host and language; every described view, page and schema is used."""
    for policy in ROUTES:
        host = "public.localhost:8000" if policy.audience in (Audience.PUBLIC, Audience.RECIPIENT) else "localhost:8000"
        path = GENERATOR.address(policy).replace("{path}", "a/b")
        operation = find_operation(policy.method, path, host)
        assert operation is not None, (policy.method, policy.path)
        assert operation["x-audience"] == policy.audience.value or policy.path.rstrip("/") in {
            language.path_prefix for language in LANGUAGES
        }
    rows = {(policy.method, GENERATOR.address(policy)) for policy in GENERATOR.listed_rows(ROUTES)}
    assert {(method, path) for method, path, _ in operations()} == rows
    assert {policy.view for policy in ROUTES} == set(OPERATIONS)
    assert set(PAGE_DESCRIPTIONS) <= {policy.path for policy in ROUTES}
    schemas_text = json.dumps(OPENAPI_DOCUMENT["paths"]) + json.dumps(SCHEMAS)
    assert [name for name in SCHEMAS if f'"#/components/schemas/{name}"' not in schemas_text] == []


def test_every_operation_states_audience_rate_and_size() -> None:
    """Each operation has the table's policy, and for each failure status its codes with their messages."""
    for policy in GENERATOR.listed_rows(ROUTES):
        operation = OPENAPI_DOCUMENT["paths"][GENERATOR.address(policy)][policy.method.lower()]
        assert operation["x-limit"] == {"counted_by": policy.limit.counted_by, "per_minute": policy.limit.per_minute}
        assert operation["x-largest-body-bytes"] == policy.body.max_bytes
        assert list(operation.get("requestBody", {}).get("content", {})) == (
            [policy.body.kind.value] if policy.body.max_bytes else []
        )
        schemes = {name for security_scheme in operation["security"] for name in security_scheme}
        assert (schemes & {"session", "advocate"} != set()) is policy.requires_session
        assert ("proof" in schemes) is (policy.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED))
        assert ("file_ticket" in schemes) is policy.accepts_upload_ticket
        assert ("429" in operation["responses"]) is (policy.limit.per_minute is not None)
        for kind in possible_errors(policy):
            status = str(GENERATOR.http_status(kind(1) if kind is errors.TooManyRequests else kind()))
            answer = resolve_reference(operation["responses"][status])
            assert kind.code in answer["content"]["application/json"]["schema"]["properties"]["error"]["enum"]
            assert f"`{kind.code}`: {kind.default_message}" in answer["description"]


def test_a_proof_is_asked_for_where_the_table_says_so() -> None:
    """Views of routes that need the words read the proof; no others do."""
    for policy in ROUTES:
        needs_proof = policy.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED)
        assert GENERATOR.reads_of(OPERATIONS[policy.view], policy.view).proof is needs_proof, (
            policy.method,
            policy.path,
        )


# --- Planted faults ----------------------------------------------------------------------------------------


async def view_without_description(request: RequestContext) -> BytesResponse:
    """Stand for a view without a description."""
    return json_response({"name": request.fields().text("name", 7)})


async def view_reading_every_kind(request: RequestContext) -> BytesResponse:
    """Read one value of each kind, some through a helper."""
    fields = request.fields()
    inside = fields.inner("inside")
    request_fields = fields.text("wish", 3) if fields.has("wish") else ""
    return json_response(
        {
            "sum": [
                request_fields,
                request.path_id("diary"),
                request.query_number("after", 9),
                inside.flag("loud"),
                read_part_of_body(fields),
            ]
        }
    )


def read_part_of_body(fields: Any) -> object:
    """Read part of the body."""
    return fields.integer("size", maximum=8), fields.mapping("kdf")


def test_a_route_without_a_description_is_named() -> None:
    """A new route without a description is reported."""
    policy = RoutePolicy("POST", "/v1/new", view_without_description, Audience.ANYONE, UNAUTHENTICATED, JSON_BODY)
    with pytest.raises(SystemExit, match=r"Describe .*view_without_description in diary/web/operations\.py"):
        GENERATOR.document([*ROUTES, policy])


def test_what_a_view_reads_is_what_the_document_says() -> None:
    """Path, query, body, helpers and optional members are found in the source; an object without a schema is reported."""
    view = Operation("", {}, body_schemas={"kdf": SCHEMAS["Lock"]})
    fields_read = GENERATOR.reads_of(view, view_reading_every_kind)
    assert (list(fields_read.path), fields_read.query["after"]["maximum"]) == (["diary"], 9)
    schema = fields_read.body.schema()
    assert schema["required"] == ["inside", "kdf", "size"]
    assert schema["properties"]["wish"] == {"type": ["string", "null"], "maxLength": 3}
    assert schema["properties"]["size"]["maximum"] == 8
    assert list(schema["properties"]["inside"]["properties"]) == ["loud"]
    with pytest.raises(SystemExit, match="Describe the object kdf"):
        GENERATOR.reads_of(Operation("", {}), view_reading_every_kind)


def test_a_part_of_an_address_that_no_view_reads_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path parameter that no view reads would accept any value."""
    monkeypatch.setitem(vars(GENERATOR)["OPERATIONS"], view_without_description, Operation("New.", {}))
    policy = RoutePolicy(
        "DELETE", "/v1/new/{novel}", view_without_description, Audience.ANYONE, UNAUTHENTICATED, NO_BODY
    )
    with pytest.raises(SystemExit, match="the view reads no novel"):
        GENERATOR.document([*ROUTES, policy])


@pytest.mark.parametrize(
    ("answered", "says"),
    [
        (errors.Conflict(), "status 409 is not documented"),
        (errors.SecondFactorFailed(), "error: "),
        ({"quota_bytes": 1}, "required property"),
        ({"novel": 1, "quota_bytes": 1, "text_quota_bytes": 1, "text_used_bytes": 1, "used_bytes": 1}, "novel"),
    ],
)
async def test_a_view_that_answers_something_else_is_found(
    answered: object, says: str, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A status, code, schema or field that is not in the document is found."""

    async def otherwise(*_: object) -> object:
        if isinstance(answered, errors.KeptError):
            raise answered
        return answered

    assert (await keeper.request("GET", "/v1/usage")).status_code == 200
    monkeypatch.setattr(usage, "usage", otherwise)
    with pytest.raises(AssertionError, match=says):
        await keeper.request("GET", "/v1/usage")
