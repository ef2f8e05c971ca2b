"""Schemathesis requests from docs/openapi.json to a real server find no server error and no undocumented answer.

Each route gets requests with and without credentials, valid and invalid. The requests are the same each time; `make
test-all` has more.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, product
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from diary.client.transport import WRITE_HEADERS
from diary.crypto import kdf
from diary.encoding import b64
from diary.services.log import sequencer
from tests.advocate_helpers import AdvocateDevice, create_organisation_lead, grant_access_to
from tests.openapi_check import OPENAPI_DOCUMENT, operations, resolve_reference
from tests.server_fixture import (
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    register_keeper,
    running_server,
    seal_file,
    sign_in_on_second_device,
)
from tests.web.test_handovers import leave_handover, officer_phone
from tests.web.test_witnesses import create_witness_code

# What an invalid request may be answered with. 413 is not in the default: a text that is too long may be too large as well.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]
SCHEMA = schemathesis.openapi.from_dict(
    OPENAPI_DOCUMENT,
    config=SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}),
)
RESPONSE_CHECKS: Any = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    )
]
# No timestamp authority is set on this server, which is documented as 503. test_timestamping.py has one.
UNAVAILABLE_PATHS = {"/v1/stamps"}
CHECKS_OF_UNAVAILABLE: Any = [check for check in RESPONSE_CHECKS if check.__name__ != "not_a_server_error"]
# Requests that end or change something come after those that only read.
DOCUMENTED_OPERATIONS = sorted(operations(), key=lambda one: ("GET", "POST", "PUT", "DELETE").index(one[0]))
MINUTE_MS = 61_000
EXAMPLES_MINIMUM = 4
# A file for each path that serves several.
SAMPLE_FILES = {
    "/code/{path}": "js/front/get.js",
    "/desk/code/{path}": "css/desk.css",
    "/log/tile/{path}": "0/000.p/1",
    "/static/{path}": "css/app.css",
}
# Missing on this server: files an operator publishes, and objects that the advocate has no access to or nobody created.
UNCHECKED_PATHS = {
    "/.well-known/security.txt",
    "/.well-known/webcat/{name}",
    "/log/checkpoint-witnessed",
    "/release.json",
    "/training/TRAINING.zip",
    "/v1/clients/{grant}/blobs/{blob}",
    "/v1/clients/{grant}/blobs/{blob}/parts/{i}",
    "/v1/packs/{pack}/front",
}


@dataclass
class ApiWorld:
    """Server with one object of each kind, and every kind of client."""

    runner: asyncio.Runner
    server: InProcessServer
    keeper: Keeper
    desk: AdvocateDevice
    known_values: dict[str, str]
    bodies: dict[str, dict[str, Any]]
    tickets: dict[str, str]
    network_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def credentials(self, path: str, operation: dict[str, Any]) -> dict[str, str]:
        """Return the credentials for a route's first security scheme."""
        headers: dict[str, str] = {}
        for scheme in next(iter(operation["security"]), {}):
            phone = self.desk if operation["x-audience"].startswith("advocate") else self.keeper
            if scheme in ("session", "advocate"):
                headers["Authorization"] = f"Bearer {phone.tokens['session']}"
            elif scheme == "proof":
                headers["X-Proof"] = self.proof(phone)
            elif scheme == "opened":
                headers["X-Proof"] = self.tickets["handover" if "handover" in path else "statement"]
        return headers

    def proof(self, phone: Keeper | AdvocateDevice) -> str:
        """Enter the words again, and return the proof."""
        return phone.proof if isinstance(phone, Keeper) else self.known_values["advocate_proof"]

    def send_case(self, case: Case[Any], *, is_public: bool, headers: dict[str, str]) -> httpx.Response:
        """Send one request from an unused network."""
        number = next(self.network_numbers)
        settings = self.server.settings
        transport_arguments = case.as_transport_kwargs(settings.public_url if is_public else settings.app_url)
        argument_names = ("method", "url", "headers", "params", "data", "json", "cookies")
        prepared = requests.Request(
            **{name: transport_arguments[name] for name in argument_names if name in transport_arguments}
        ).prepare()
        body: Any = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        client = self.server.http_client(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        lines = {
            name.lower().encode(): str(value).encode("latin-1", "replace") for name, value in prepared.headers.items()
        }
        lines |= {name.lower().encode(): value.encode() for name, value in headers.items()}
        lines.pop(b"content-length", None)
        return self.runner.run(client.request(str(prepared.method), str(prepared.url), headers=lines, content=body))

    def path_parameters(self, path: str) -> dict[str, str]:
        """Return existing values for path parameters."""
        known = self.known_values | ({"path": SAMPLE_FILES[path]} if path in SAMPLE_FILES else {})
        return {name: known[name] for name in re.findall(r"{(\w+)}", path) if name in known}

    def with_known_values(self, case: Case[Any]) -> Case[Any]:
        """Return the request with existing values for known names in its body."""
        if isinstance(case.body, dict):
            known_here = self.known_values | self.bodies.get(case.operation.path, {})
            case.body |= {name: value for name, value in known_here.items() if name in case.body}
        return case

    def sign_in_again(self) -> None:
        """Sign in again, as a request may have ended a session."""
        answer = self.runner.run(self.keeper.request("GET", "/v1/session"))
        if answer.status_code == 401:
            self.keeper = self.runner.run(sign_in_on_second_device(self.server, self.keeper))


async def build_world(server: InProcessServer, runner: asyncio.Runner) -> ApiWorld:
    """Create one object of each kind, with its owners."""
    keeper = await register_keeper(server)
    path, body = keeper.seal()
    assert (await keeper.request("PUT", path, body)).status_code == 201
    record, version = path.split("/")[-3], path.split("/")[-1]
    file = seal_file(keeper, b"a photo")
    at = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.request("PUT", at, file.declaration)
    await keeper.request("PUT", f"{at}/parts/0", file.sealed_parts[0])
    await keeper.request("POST", f"{at}/complete", {"digest": file.digest})
    handover = await leave_handover(keeper, b"a pack")
    opened = await officer_phone(server).request("POST", "/v1/handover/openings", handover.opening_body)
    witness_request = await create_witness_code(server, keeper)
    await witness_request.enter_words()
    desk = (await create_organisation_lead(server))[0]
    granted = await grant_access_to(server, keeper, desk)
    pack = await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})
    await sequencer.run_round(server.app.state.app_context.instance)
    known = {
        "advocate_proof": await desk.passphrase_proof(),
        "blob": file.blob,
        "diary": keeper.identity.diary,
        "fingerprint": b64(desk.advocate.fingerprint),
        "grant": granted.id,
        "handover": handover.handover,
        "i": "0",
        "login": keeper.identity.login,
        "n": "0",
        "newer": "1",
        "older": "1",
        "pack": pack.json()["pack"],
        "page": "0",
        "record": record,
        "size": "1",
        "version": version,
        "witness": witness_request.id,
    }
    login = keeper.identity.login
    bodies: dict[str, dict[str, Any]] = {
        "/v1/sessions": {"auth": keeper.proof},
        "/v1/recoveries": {"code_auth": b64(kdf.derive_code_proof(RECOVERY_CODE, login))},
        "/v1/handover/openings": handover.opening_body,
        "/v1/statement/code": {"name": b64(witness_request.code.name)},
        "/v1/diaries/{diary}/erasures": {"records": [record], "why": "keeper"},
    }
    tickets = {"handover": opened.json()["ticket"], "statement": witness_request.ticket}
    return ApiWorld(runner, server, keeper, desk, known, bodies, tickets)


@pytest.fixture(scope="module")
def api_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiWorld]:
    """Run one server for all requests of this module."""
    with asyncio.Runner() as runner:
        context = running_server(tmp_path_factory.mktemp("described"))
        server = runner.run(context.__aenter__())
        try:
            yield runner.run(build_world(server, runner))
        finally:
            runner.run(context.__aexit__(None, None, None))


def _as_it_is(case: Case[Any]) -> Case[Any]:
    return case


def can_be_invalid(operation: dict[str, Any], places: dict[str, str]) -> bool:
    """Check whether a request can be invalid: a page has only its path, and any bytes are valid."""
    parameters = [resolve_reference(parameter) for parameter in operation.get("parameters", ())]
    free = [
        parameter
        for parameter in parameters
        if parameter["in"] != "header" and parameter["name"] not in places and parameter["schema"] != {"type": "string"}
    ]
    return "application/json" in operation.get("requestBody", {}).get("content", {}) or free != []


def examples(few: int, many: int) -> pytest.MarkDecorator:
    """Return how many requests of each kind a route gets."""
    return pytest.mark.parametrize(
        "examples", [pytest.param(few, id="few"), pytest.param(many, id="many", marks=pytest.mark.slow)]
    )


@examples(EXAMPLES_MINIMUM, 20)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize(
    ("method", "path", "told"),
    DOCUMENTED_OPERATIONS,
    ids=[f"{method} {path}" for method, path, _ in DOCUMENTED_OPERATIONS],
)
def test_every_answer_is_one_that_the_document_has(
    api_world: ApiWorld, method: str, path: str, told: dict[str, Any], signed: bool, examples: int
) -> None:
    """Any request gets a documented status and type with its headers and schema, and no server error."""
    if examples > EXAMPLES_MINIMUM:
        api_world.server.clock.advance(MINUTE_MS)
    api_world.sign_in_again()
    is_public = told["x-audience"] in ("public", "recipient")
    headers = dict(WRITE_HEADERS) if method != "GET" else {}
    if signed:
        headers |= api_world.credentials(path, told)
    succeeded: list[bool] = []
    real = api_world.path_parameters(path)
    for mode, places in product(GenerationMode, (real, {}) if real else ({},)):
        if mode is GenerationMode.NEGATIVE and not can_be_invalid(told, places):
            continue
        operation = SCHEMA[path][method]
        strategy = operation.as_strategy(generation_mode=mode, path_parameters=places or None, headers=headers or None)
        fills_in = signed and mode is GenerationMode.POSITIVE

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy.map(api_world.with_known_values if fills_in else _as_it_is))
        def asked(case: Case[Any]) -> None:
            answer = api_world.send_case(case, is_public=is_public, headers=headers)
            is_unavailable = path in UNAVAILABLE_PATHS and answer.status_code == 503
            case.validate_response(answer, checks=CHECKS_OF_UNAVAILABLE if is_unavailable else RESPONSE_CHECKS)
            succeeded.append(answer.is_success)

        asked()
    assert not signed or method != "GET" or path in UNCHECKED_PATHS or any(succeeded), "no request got an answer"


USAGE = {"quota_bytes": 1, "text_quota_bytes": 1, "text_used_bytes": 1, "used_bytes": 1}


@pytest.mark.parametrize(
    ("status", "content", "kind", "says"),
    [
        (500, {"error": "internal", "message": "Something went wrong."}, "application/json", "Server error"),
        (418, USAGE, "application/json", "Undocumented status code"),
        (200, USAGE, "text/html", "Undocumented Content-Type"),
        (200, {**USAGE, "used_bytes": "1"}, "application/json", "Response violates schema"),
        (404, {"error": "novel", "message": "New."}, "application/json", "Response violates schema"),
        (429, {"error": "try_later", "message": "Wait."}, "application/json", "Missing required response headers"),
    ],
)
def test_a_planted_fault_is_reported(status: int, content: dict[str, Any], kind: str, says: str) -> None:
    """A server error, wrong status, type, schema or code, and a missing header are reported; a correct answer passes."""
    case = SCHEMA["/v1/usage"]["GET"].Case()
    request = httpx.Request("GET", "http://localhost:8000/v1/usage")
    sound = httpx.Response(200, json=USAGE, request=request, headers={"Content-Type": "application/json"})
    planted = httpx.Response(status, json=content, request=request, headers={"Content-Type": kind})
    for answer in (sound, planted):
        answer.elapsed = timedelta(0)
    case.validate_response(sound, checks=RESPONSE_CHECKS)
    with pytest.raises(FailureGroup, match=says):
        case.validate_response(planted, checks=RESPONSE_CHECKS)
