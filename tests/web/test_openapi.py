"""Requests that Schemathesis makes of docs/openapi.json, sent to a real server: no fault of its own, and no answer that the
document does not have.

Each route is asked by somebody who may and by somebody who has nothing, with what the document allows and with what it does not.
The requests are the same each time; `make test-all` has more.
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
from schemathesis.core.failures import FailureGroup

from diary.client.transport import WRITING
from diary.crypto import kdf
from diary.encoding import b64
from diary.services.log import sequencer
from tests.advocates import Desk, lead_of, let_in
from tests.described import DOCUMENT, operations, resolved
from tests.keepers import CODE, Keeper, Served, enrol, on_another_device, seal_file, served
from tests.web.test_handovers import leave, officer
from tests.web.test_witnesses import asks

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
LOOKS = [
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
# What ends or changes something comes after what looks.
ROUTES = sorted(operations(), key=lambda one: ("GET", "POST", "PUT", "DELETE").index(one[0]))
MINUTE = 61_000
FEW = 4
# A file behind each address that serves several.
FILES = {
    "/code/{path}": "js/front/get.js",
    "/desk/code/{path}": "css/desk.css",
    "/log/tile/{path}": "0/000.p/1",
    "/static/{path}": "css/app.css",
}
# Not there on this server: what an operator publishes, and what an advocate was not given or nobody has made yet.
HELD_BACK = {
    "/.well-known/webcat/{name}",
    "/log/checkpoint-witnessed",
    "/release.json",
    "/training/TRAINING.zip",
    "/v1/clients/{grant}/blobs/{blob}",
    "/v1/clients/{grant}/blobs/{blob}/parts/{i}",
    "/v1/packs/{pack}/front",
}


@dataclass
class World:
    """A server with something of each kind on it, and everybody who may ask for it."""

    runner: asyncio.Runner
    server: Served
    keeper: Keeper
    desk: Desk
    known: dict[str, str]
    bodies: dict[str, dict[str, Any]]
    tickets: dict[str, str]
    networks: Iterator[int] = field(default_factory=lambda: count(1))

    def credentials(self, path: str, told: dict[str, Any]) -> dict[str, str]:
        """What the first way in that a route has asks for."""
        made: dict[str, str] = {}
        for scheme in next(iter(told["security"]), {}):
            phone = self.desk if told["x-audience"].startswith("advocate") else self.keeper
            if scheme in ("session", "advocate"):
                made["Authorization"] = f"Bearer {phone.tokens['session']}"
            elif scheme == "proof":
                made["X-Proof"] = self.proof(phone)
            elif scheme == "opened":
                made["X-Proof"] = self.tickets["handover" if "handover" in path else "statement"]
        return made

    def proof(self, phone: Keeper | Desk) -> str:
        """The words, typed again."""
        return phone.proof if isinstance(phone, Keeper) else self.known["advocate_proof"]

    def ask(self, case: Case, *, is_public: bool, headers: dict[str, str]) -> httpx.Response:
        """One request, from a network that nobody has come from yet."""
        number = next(self.networks)
        settings = self.server.settings
        made = case.as_transport_kwargs(settings.public_url if is_public else settings.app_url)
        wanted = ("method", "url", "headers", "params", "data", "json", "cookies")
        sent = requests.Request(**{name: made[name] for name in wanted if name in made}).prepare()
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body
        client = self.server.client(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        lines = {name.lower(): str(value).encode("latin-1", "replace") for name, value in sent.headers.items()}
        lines |= {name.lower(): value.encode() for name, value in headers.items()}
        lines.pop("content-length", None)
        return self.runner.run(client.request(str(sent.method), str(sent.url), headers=lines, content=body))

    def places(self, path: str) -> dict[str, str]:
        """What is there, for the places of an address."""
        known = self.known | ({"path": FILES[path]} if path in FILES else {})
        return {name: known[name] for name in re.findall(r"{(\w+)}", path) if name in known}

    def filled(self, case: Case) -> Case:
        """A request with what is there in the places of its body that have such names."""
        if isinstance(case.body, dict):
            known = self.known | self.bodies.get(case.operation.path, {})
            case.body |= {name: value for name, value in known.items() if name in case.body}
        return case

    def sign_in_again(self) -> None:
        """A request may have ended a session."""
        answer = self.runner.run(self.keeper.ask("GET", "/v1/session"))
        if answer.status_code == 401:
            self.keeper = self.runner.run(on_another_device(self.server, self.keeper))


async def settle(server: Served, runner: asyncio.Runner) -> World:
    """One thing of each kind, and who has it."""
    keeper = await enrol(server)
    path, body = keeper.seal()
    assert (await keeper.ask("PUT", path, body)).status_code == 201
    record, version = path.split("/")[-3], path.split("/")[-1]
    file = seal_file(keeper, b"a photo")
    at = f"{keeper.diary}/blobs/{file.blob}"
    await keeper.ask("PUT", at, file.declaration)
    await keeper.ask("PUT", f"{at}/parts/0", file.sealed[0])
    await keeper.ask("POST", f"{at}/complete", {"digest": file.digest})
    left = await leave(keeper, b"a pack")
    opened = await officer(server).ask("POST", "/v1/handover/openings", left.told)
    asked = await asks(server, keeper)
    await asked.types()
    desk = (await lead_of(server))[0]
    granted = await let_in(server, keeper, desk)
    pack = await keeper.ask("POST", "/v1/packs", {"diary": keeper.identity.diary})
    await sequencer.tend(server.app.state.office.instance)
    known = {
        "advocate_proof": await desk.prove(),
        "blob": file.blob,
        "diary": keeper.identity.diary,
        "fingerprint": b64(desk.advocate.fingerprint),
        "grant": granted.id,
        "handover": left.handover,
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
        "witness": asked.id,
    }
    login = keeper.identity.login
    bodies = {
        "/v1/sessions": {"auth": keeper.proof},
        "/v1/recoveries": {"code_auth": b64(kdf.code_auth(CODE, login))},
        "/v1/handover/openings": left.told,
        "/v1/statement/code": {"name": b64(asked.code.name)},
        "/v1/diaries/{diary}/erasures": {"records": [record], "why": "keeper"},
    }
    tickets = {"handover": opened.json()["ticket"], "statement": asked.ticket}
    return World(runner, server, keeper, desk, known, bodies, tickets)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all that is asked here."""
    with asyncio.Runner() as runner:
        context = served(tmp_path_factory.mktemp("described"))
        server = runner.run(context.__aenter__())
        try:
            yield runner.run(settle(server, runner))
        finally:
            runner.run(context.__aexit__(None, None, None))


def _as_it_is(case: Case) -> Case:
    return case


def can_be_wrong(told: dict[str, Any], places: dict[str, str]) -> bool:
    """Whether a request can be something that the document does not allow: a page has only its address; bytes are bytes."""
    given = [resolved(one) for one in told.get("parameters", ())]
    free = [
        one
        for one in given
        if one["in"] != "header" and one["name"] not in places and one["schema"] != {"type": "string"}
    ]
    return "application/json" in told.get("requestBody", {}).get("content", {}) or free != []


def examples(few: int, many: int) -> Any:
    """How many requests of each sort a route gets."""
    return pytest.mark.parametrize(
        "examples", [pytest.param(few, id="few"), pytest.param(many, id="many", marks=pytest.mark.slow)]
    )


@examples(FEW, 20)
@pytest.mark.parametrize("signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize(("method", "path", "told"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_every_answer_is_one_that_the_document_has(
    world: World, method: str, path: str, told: dict[str, Any], signed: bool, examples: int
) -> None:
    """Whatever Schemathesis sends: no fault, a documented status and type, the headers and the shape that belong to it."""
    if examples > FEW:
        world.server.clock.advance(MINUTE)
    world.sign_in_again()
    is_public = told["x-audience"] in ("public", "recipient")
    headers = dict(WRITING) if method != "GET" else {}
    if signed:
        headers |= world.credentials(path, told)
    succeeded: list[bool] = []
    real = world.places(path)
    for mode, places in product(GenerationMode, (real, {}) if real else ({},)):
        if mode is GenerationMode.NEGATIVE and not can_be_wrong(told, places):
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
        @given(case=strategy.map(world.filled if fills_in else _as_it_is))
        def asked(case: Case) -> None:
            answer = world.ask(case, is_public=is_public, headers=headers)
            case.validate_response(answer, checks=LOOKS)
            succeeded.append(answer.is_success)

        asked()
    assert not signed or method != "GET" or path in HELD_BACK or any(succeeded), "no request got an answer"


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
def test_what_is_planted_is_found(status: int, content: dict[str, Any], kind: str, says: str) -> None:
    """A fault, a status, a type, a shape, a code and a missing header; what is as it should be passes."""
    case = SCHEMA["/v1/usage"]["GET"].Case()
    asked = httpx.Request("GET", "http://localhost:8000/v1/usage")
    sound = httpx.Response(200, json=USAGE, request=asked, headers={"Content-Type": "application/json"})
    planted = httpx.Response(status, json=content, request=asked, headers={"Content-Type": kind})
    for answer in (sound, planted):
        answer.elapsed = timedelta(0)
    case.validate_response(sound, checks=LOOKS)
    with pytest.raises(FailureGroup, match=says):
        case.validate_response(planted, checks=LOOKS)
