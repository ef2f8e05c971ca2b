"""docs/api.md and docs/openapi.json are what the route table and the views say, and the second is sound OpenAPI."""

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
from diary.web.operations import OPERATIONS, PAGES, Operation, failures
from diary.web.request_context import Call
from diary.web.responses import Answer, json_answer
from diary.web.route_policy import JSON, NO_BODY, OPEN, Audience, Row
from diary.web.routes import ROUTES
from diary.web.schemas import SCHEMAS
from tests.described import DOCUMENT, find, operations, resolved
from tests.keepers import Keeper
from tests.test_layers import ROOT

SCRIPT = ROOT / ".ci" / "api.py"


def script() -> ModuleType:
    """The generator, as a module."""
    spec = importlib.util.spec_from_file_location("api", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["api"] = module
    spec.loader.exec_module(module)
    return module


API = script()


def test_the_committed_documents_are_what_the_generator_writes() -> None:
    """Nobody changed one side alone."""
    done = subprocess.run([sys.executable, str(SCRIPT), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", ["PAGE", "DOCUMENT"])
def test_a_stale_document_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One word changed by hand is enough, and so is a file that is missing."""
    real: Path = getattr(API, name)
    changed = tmp_path / real.name
    monkeypatch.setattr(API, name, changed)
    for text in (real.read_text(encoding="utf-8").replace("64", "63", 1), None):
        changed.unlink(missing_ok=True)
        if text is not None:
            changed.write_text(text, encoding="utf-8")
        assert API.main("--check") == 1
        assert capsys.readouterr().out == f"docs/{real.name} is out of date. Run: python .ci/api.py\n"
    assert API.main() == 0
    assert changed.read_text(encoding="utf-8") == real.read_text(encoding="utf-8")


def test_the_document_is_sound() -> None:
    """A validator that is not ours finds nothing, and finds a fault that is put in."""
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []
    wrong = json.loads(json.dumps(DOCUMENT))
    wrong["paths"]["/v1/usage"]["get"]["responses"]["200"].pop("description")
    assert list(OpenAPIV31SpecValidator(wrong).iter_errors())


def test_the_document_has_every_row_and_no_other() -> None:
    """Each method and address on its host, in each language; every view, page and shape that is described is used."""
    for row in ROUTES:
        host = "public.localhost:8000" if row.audience in (Audience.PUBLIC, Audience.RECIPIENT) else "localhost:8000"
        path = API.address(row).replace("{path}", "a/b")
        told = find(row.method, path, host)
        assert told is not None, (row.method, row.path)
        assert told["x-audience"] == row.audience.value or row.path.rstrip("/") in {one.at for one in LANGUAGES}
    rows = {(row.method, API.address(row)) for row in API.listed_rows(ROUTES)}
    assert {(method, path) for method, path, _ in operations()} == rows
    assert {row.view for row in ROUTES} == set(OPERATIONS)
    assert set(PAGES) <= {row.path for row in ROUTES}
    whole = json.dumps(DOCUMENT["paths"]) + json.dumps(SCHEMAS)
    assert [name for name in SCHEMAS if f'"#/components/schemas/{name}"' not in whole] == []


def test_every_row_says_who_how_often_and_how_much() -> None:
    """The policy of the table, and for each status of a failure its codes with their sentences."""
    for row in API.listed_rows(ROUTES):
        told = DOCUMENT["paths"][API.address(row)][row.method.lower()]
        assert told["x-limit"] == {"counted_by": row.limit.by, "per_minute": row.limit.per_minute}
        assert told["x-largest-body-bytes"] == row.body.most
        assert list(told.get("requestBody", {}).get("content", {})) == ([row.body.kind.value] if row.body.most else [])
        schemes = {name for way in told["security"] for name in way}
        assert (schemes & {"session", "advocate"} != set()) is row.signs_in
        assert ("proof" in schemes) is (row.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED))
        assert ("file_ticket" in schemes) is row.by_ticket
        assert ("429" in told["responses"]) is (row.limit.per_minute is not None)
        for kind in failures(row):
            status = str(API.status_of(kind(1) if kind is errors.TryLater else kind()))
            answer = resolved(told["responses"][status])
            assert kind.code in answer["content"]["application/json"]["schema"]["properties"]["error"]["enum"]
            assert f"`{kind.code}`: {kind.usual}" in answer["description"]


def test_a_proof_is_asked_for_where_the_table_says_so() -> None:
    """A view of a row for which the words are typed reads them; no other does."""
    for row in ROUTES:
        wanted = row.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED)
        assert API.reads_of(OPERATIONS[row.view], row.view).proof is wanted, (row.method, row.path)


# --- Planted faults ------------------------------------------------------------------------------------


async def undescribed(call: Call) -> Answer:
    """A view that nobody described."""
    return json_answer({"name": call.fields().text("name", 7)})


async def reading(call: Call) -> Answer:
    """A view that reads something of each sort, some of it through a helper."""
    fields = call.fields()
    inside = fields.inner("inside")
    wish = fields.text("wish", 3) if fields.has("wish") else ""
    return json_answer(
        {"sum": [wish, call.id("diary"), call.query_number("after", 9), inside.flag("loud"), helped(fields)]}
    )


def helped(fields: Any) -> object:
    """Part of a body."""
    return fields.integer("size", most=8), fields.mapping("kdf")


def test_a_row_without_a_description_is_named() -> None:
    """A new row, before anybody has said what it is for."""
    row = Row("POST", "/v1/new", undescribed, Audience.ANYONE, OPEN, JSON)
    with pytest.raises(SystemExit, match=r"Describe .*undescribed in diary/web/operations\.py"):
        API.document([*ROUTES, row])


def test_what_a_view_reads_is_what_the_document_says() -> None:
    """Out of its source: path, query, body, helpers, what may be left out; and an object that nobody has given a shape."""
    shaped = Operation("", {}, shapes={"kdf": SCHEMAS["Lock"]})
    found = API.reads_of(shaped, reading)
    assert (list(found.path), found.query["after"]["maximum"]) == (["diary"], 9)
    schema = found.body.schema()
    assert schema["required"] == ["inside", "kdf", "size"]
    assert schema["properties"]["wish"] == {"type": ["string", "null"], "maxLength": 3}
    assert schema["properties"]["size"]["maximum"] == 8
    assert list(schema["properties"]["inside"]["properties"]) == ["loud"]
    with pytest.raises(SystemExit, match="Describe the object kdf"):
        API.reads_of(Operation("", {}), reading)


def test_a_part_of_an_address_that_no_view_reads_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such an address would be answered whatever stands in that place."""
    monkeypatch.setitem(vars(API)["OPERATIONS"], undescribed, Operation("New.", {}))
    row = Row("DELETE", "/v1/new/{novel}", undescribed, Audience.ANYONE, OPEN, NO_BODY)
    with pytest.raises(SystemExit, match="the view reads no novel"):
        API.document([*ROUTES, row])


@pytest.mark.parametrize(
    ("answered", "says"),
    [
        (errors.Conflict(), "status 409 is not documented"),
        (errors.SecondStep(), "error: "),
        ({"quota_bytes": 1}, "required property"),
        ({"novel": 1, "quota_bytes": 1, "text_quota_bytes": 1, "text_used_bytes": 1, "used_bytes": 1}, "novel"),
    ],
)
async def test_a_view_that_answers_something_else_is_found(
    answered: object, says: str, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A status, a code, a shape and a field that the document does not have."""

    async def otherwise(*_: object) -> object:
        if isinstance(answered, errors.KeptError):
            raise answered
        return answered

    assert (await keeper.ask("GET", "/v1/usage")).status_code == 200
    monkeypatch.setattr(usage, "usage", otherwise)
    with pytest.raises(AssertionError, match=says):
        await keeper.ask("GET", "/v1/usage")
