"""Server for the state machines: the only module that starts it, sends its requests and runs its hourly work.

A `ServerBox` is one server in this process, over SQLite or PostgreSQL, whose clock only moves when a machine moves it.
Every answer, to any client, goes through `check_response`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test

from diary.client.journal import VersionContent
from diary.crypto import handover, kdf
from diary.crypto.file_parts import part_header, parts_digest
from diary.crypto.keys import code_wrap_header, grant_wrap_header, words_wrap_header, wrap_key
from diary.crypto.sealing import SUITE_PUBLIC_KEY, SUITE_SYMMETRIC, EnvelopeKind, envelope_prefix
from diary.encoding import b64, decode_frames, encode_frames, unb64
from diary.ids import id_text
from diary.ledger import push
from diary.ledger.push import WrapsForGrant
from diary.ledger.sharing.witness_statements import request_header, statement_header
from diary.services.sync.purge import purge
from tests.advocate_helpers import AdvocateDevice, create_organisation, join_organisation
from tests.server_fixture import (
    RECOVERY_CODE,
    InProcessServer,
    Keeper,
    Phone,
    RequestBody,
    register_keeper,
    running_server,
)

SECOND_MS = 1_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
EXPECTED_HEADERS = (
    *(
        "content-security-policy",
        "cross-origin-embedder-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ),
    *("permissions-policy", "referrer-policy", "x-content-type-options", "x-frame-options", "cache-control"),
)
_API_PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_T = TypeVar("_T")


def documented_codes() -> dict[str, int]:
    """Return each error code with its status, from docs/api.md."""
    codes_section = _API_PAGE.read_text(encoding="utf-8").split("\n## Codes\n")[1]
    return {code: int(status) for code, status in re.findall(r"`(\w+)` (\d{3})", codes_section)}


STATUS_BY_CODE = documented_codes()


async def check_response(response: httpx.Response) -> None:
    """Check any answer: no server error, the security headers, and for failures a documented code and a sentence."""
    await response.aread()
    request_line = f"{response.request.method} {response.request.url.path}"
    assert response.status_code < 500, (request_line, response.status_code, response.text)
    assert [name for name in EXPECTED_HEADERS if name not in response.headers] == [], request_line
    assert response.headers["cache-control"] == "no-store", request_line
    if response.status_code >= 400:
        response_body = response.json()
        assert STATUS_BY_CODE[response_body["error"]] == response.status_code, (
            request_line,
            response.status_code,
            response_body,
        )
        assert response_body["message"].strip(), (request_line, response_body)


class _CheckedServer(InProcessServer):
    """Running application that checks every answer to its clients."""

    def http_client(self, address: str = "198.51.100.7") -> httpx.AsyncClient:
        """Return a client as in every test, with each answer checked."""
        client = super().http_client(address)
        client.event_hooks["response"].append(check_response)
        return client


@dataclass(frozen=True)
class ServerAnswer:
    """Answer in a form that machines compare."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """Return the error code, or ''."""
        return str(self.body["error"]) if self.status >= 400 else ""


@dataclass
class ServerBox:
    """A server, and the only interface a machine has to it."""

    server: InProcessServer
    runner: asyncio.Runner
    address_numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine of the server's to its end."""
        return self.runner.run(work)

    @property
    def now_ms(self) -> int:
        """Return the server's time in ms."""
        return self.server.clock.now_ms()

    def start_new_day(self) -> None:
        """Advance to the next midnight, so that every run of a machine begins at the same time of day."""
        self.server.clock.advance(2 * DAY_MS - self.now_ms % DAY_MS)

    def new_address(self) -> str:
        """Return an address in an unused network."""
        number = next(self.address_numbers)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def new_keeper(self) -> Keeper:
        """Return a new keeper with an empty diary, signed in on one device."""
        return self.run(register_keeper(self.server, self.new_address()))

    def new_phone(self) -> Phone:
        """Return a new device."""
        return Phone(self.server.http_client(self.new_address()))

    def new_public_phone(self) -> Phone:
        """Return a new client of the public host, without an account."""
        client = self.server.http_client(self.new_address())
        client.base_url = httpx.URL(self.server.settings.public_url)
        return Phone(client)

    def new_organisation(self, names: tuple[str, ...]) -> list[AdvocateDevice]:
        """Return the advocates of a new organisation; the first is its lead."""
        _, invite = self.run(create_organisation(self.server))
        desks = [self.run(join_organisation(self.server, invite, names[0], self.new_address()))]
        for name in names[1:]:
            invite = self.run(desks[0].invite_colleague())
            desks.append(self.run(join_organisation(self.server, invite, name, self.new_address())))
        return desks

    def advocate_proof(self, desk: AdvocateDevice) -> str:
        """Return the X-Proof value of an advocate's words."""
        return self.run(desk.passphrase_proof())

    def request(self, phone: Phone, method: str, path: str, body: RequestBody = None, **headers: str) -> ServerAnswer:
        """Send a request, a second after the previous one."""
        self.server.clock.advance(SECOND_MS)
        response = self.run(phone.request(method, path, body, headers=headers))
        is_json = response.headers.get("content-type", "").startswith("application/json")
        return ServerAnswer(response.status_code, response.json() if is_json else response.content)

    def let_server_run(self) -> None:
        """Let the server's background work run for a moment."""
        self.run(asyncio.sleep(0.02))

    def advance_clock(self, ms: int) -> None:
        """Advance the clock, and nothing else."""
        self.server.clock.advance(ms)

    def run_hourly_work(self) -> int:
        """Run the hourly work twice, and return when: only the second run trusts a clock moved before the first."""
        instance = self.server.app.state.app_context.instance
        self.run(purge(instance))
        self.server.clock.advance(HOUR_MS)
        assert self.run(purge(instance)).is_clock_steady
        return self.now_ms

    def sign_in_again(self, keeper: Keeper) -> None:
        """Sign in on the keeper's device with the words, before its session expires."""
        identity = keeper.identity
        body = {"auth": identity.proof, "device": identity.device, "device_name": "Phone", "login": identity.login}
        assert self.request(keeper, "POST", "/v1/sessions", body).status == 200


@contextmanager
def running_box(folder: Path, **setting: str) -> Iterator[ServerBox]:
    """Run a server within the block, with its files in `folder`."""
    with asyncio.Runner() as runner:
        context = running_server(folder, **setting)
        server = runner.run(context.__aenter__())
        try:
            yield ServerBox(_CheckedServer(server.app, server.settings, server.clock), runner)
        finally:
            runner.run(context.__aexit__(None, None, None))


class ServerStateMachine(RuleBasedStateMachine):
    """State machine that compares all the server's answers with its model every few steps and at the end."""

    def __init__(self, server_box: ServerBox) -> None:
        """Use `server_box`, which other runs share without sharing data."""
        super().__init__()
        self.server_box = server_box
        self.steps = 0
        server_box.start_new_day()

    def compare_with_model(self) -> None:
        """Compare everything readable with the model."""
        raise NotImplementedError

    @invariant()
    def compare_sometimes(self) -> None:
        """Compare every few steps: reading everything costs more than a step."""
        self.steps += 1
        if self.steps % 5 == 0:
            self.compare_with_model()

    def teardown(self) -> None:
        """Compare after the last step, unless a step has failed."""
        if sys.exc_info()[0] is None:
            self.compare_with_model()


def parametrize_lengths(short: tuple[int, int], long: tuple[int, int]) -> pytest.MarkDecorator:
    """Parametrise a test with its usual length, and with a longer one for slow runs. Each: examples, steps per example."""
    return pytest.mark.parametrize(
        ("examples", "steps"),
        [pytest.param(*short, id="short"), pytest.param(*long, id="long", marks=pytest.mark.slow)],
    )


def run_machine(machine: Callable[[], ServerStateMachine], *, examples: int, steps: int) -> None:
    """Run a machine with a fixed seed. Failing sequences are shrunk to the shortest."""
    run_state_machine_as_test(
        cast("type[RuleBasedStateMachine]", machine),  # Hypothesis calls it; any callable that makes one will do
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


# Request bodies as phones send them, made cheaply: the server reads only the public header of each envelope, and the
# rest is random.


def diary_file_part(keeper: Keeper, blob: str, i: int, parts: int, content: bytes) -> bytes:
    """Return a sealed part of a diary's file."""
    return envelope_prefix(EnvelopeKind.FILE_PART, part_header(keeper.identity.diary, blob, i, parts)) + content


def file_digest(parts: list[bytes]) -> str:
    """Return the digest that completes a file."""
    return b64(parts_digest(hashlib.sha256(part).digest() for part in parts))


def handover_kdf() -> dict[str, Any]:
    """Return salt and cost of a handover's words."""
    return handover.new_kdf_params(kdf.CHEAPEST_PROFILE, bytes(16))


def handover_part(one: str, i: int, parts: int, content: bytes) -> bytes:
    """Return a sealed part of a handover, or of a witness's files."""
    return envelope_prefix(EnvelopeKind.HANDOVER, handover.handover_part_header(one, i, parts)) + content


def sealed_witness_request(witness: str, content: bytes) -> bytes:
    """Return a sealed request to a witness."""
    return envelope_prefix(EnvelopeKind.WITNESS_REQUEST, request_header(witness), SUITE_SYMMETRIC) + content


def sealed_witness_statement(witness: str, content: bytes) -> bytes:
    """Return a witness's sealed statement."""
    return envelope_prefix(EnvelopeKind.LETTER, statement_header(witness), SUITE_PUBLIC_KEY) + content


def grant_envelope(kind: str, diary: str, grant: str, content: bytes, **extra: str) -> bytes:
    """Return a sealed envelope of a grant.

    `kind`: grant (`to`: for the advocate), kept (`to`), summary, marks or letter (`letter`).
    """
    place: dict[str, object] = {"diary": diary, "grant": grant, "t": "grant" if kind == "kept" else kind, **extra}
    kinds = {
        "letter": (EnvelopeKind.LETTER, SUITE_PUBLIC_KEY),
        "grant": (EnvelopeKind.GRANT, SUITE_PUBLIC_KEY),
        "kept": (EnvelopeKind.GRANT, SUITE_SYMMETRIC),
    }
    return (
        envelope_prefix(*kinds[kind][:1], place, kinds[kind][1]) + content
        if kind in kinds
        else envelope_prefix(EnvelopeKind.SUMMARY, place) + content
    )


def grant_wrap(diary: str, grant: str, version: str) -> bytes:
    """Return the key of a version's open part, wrapped for a grant."""
    return (
        envelope_prefix(EnvelopeKind.WRAP, grant_wrap_header(grant, diary, version, "open"))
        + b"wrapped for "
        + grant.encode()
    )


def sealed_version_for_grants(keeper: Keeper, grants: tuple[str, ...], files: tuple[str, ...]) -> tuple[str, bytes]:
    """Return path and body of a version that names its files and has a wrap for each grant."""
    local_version = keeper.journal.append(
        VersionContent("incident", {"narrative": "Again."}, open_keys=tuple((blob, bytes(32)) for blob in files))
    )
    place = local_version.opened_version.ids
    grant_wraps = tuple(WrapsForGrant(grant, (grant_wrap(place.diary, grant, place.version),)) for grant in grants)
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    return path, push.encode(replace(local_version.push, grants=grant_wraps))


def advocate_versions(answer: ServerAnswer) -> list[tuple[dict[str, Any], tuple[bytes, ...], tuple[bytes, ...]]]:
    """Return each version an advocate gets: its metadata, its wraps and envelopes, and the wraps for the grant."""
    split = [decode_frames(frame) for frame in decode_frames(answer.body, frames_limit=501)]
    return [
        (json.loads(facts), tuple(decode_frames(sealed)), tuple(decode_frames(own_wraps)))
        for facts, sealed, own_wraps in split
    ]


def feed_versions(answer: ServerAnswer) -> list[tuple[dict[str, Any], tuple[bytes, ...]]]:
    """Return each version of a feed: its metadata, and its wraps and envelopes."""
    split = [decode_frames(frame) for frame in decode_frames(answer.body, frames_limit=501)[1:]]
    return [(json.loads(facts), tuple(sealed)) for facts, *sealed in split]


def new_passphrase_lock(server_box: ServerBox, keeper: Keeper, number: int) -> tuple[str, dict[str, Any]]:
    """Return the proof of other words, and the body that sets them."""
    identity = keeper.identity
    kdf_parameters = {
        "alg": "argon2id",
        "login": identity.login,
        "m": kdf.CHEAPEST_PROFILE.memory_kib,
        "origin": server_box.server.settings.app_url,
        "p": 1,
    }
    kdf_parameters |= {"salt": b64(number.to_bytes(16, "big")), "t": kdf.CHEAPEST_PROFILE.passes}
    proof = b64(hashlib.sha256(b"words %d" % number).digest())
    sealed = wrap_key(bytes(32), words_wrap_header(identity.account, 1, kdf_parameters), identity.account_key)
    return proof, {"auth": proof, "kdf": kdf_parameters, "words_wrap": b64(sealed)}


def new_recovery_code(keeper: Keeper, number: int) -> tuple[str, dict[str, str]]:
    """Return the proof of a recovery code, and the body that sets it. Every keeper starts with number 0."""
    identity, code = keeper.identity, number.to_bytes(16, "big") if number else RECOVERY_CODE
    proof = b64(kdf.derive_code_proof(code, identity.login))
    sealed = wrap_key(kdf.derive_code_kek(code), code_wrap_header(identity.account, 1), identity.account_key)
    return proof, {"code_auth": proof, "code_wrap": b64(sealed)}


__all__ = [
    "DAY_MS",
    "HOUR_MS",
    "SECOND_MS",
    "AdvocateDevice",
    "Keeper",
    "Phone",
    "ServerAnswer",
    "ServerBox",
    "ServerStateMachine",
    "advocate_versions",
    "b64",
    "diary_file_part",
    "encode_frames",
    "feed_versions",
    "file_digest",
    "grant_envelope",
    "grant_wrap",
    "handover_kdf",
    "handover_part",
    "id_text",
    "new_passphrase_lock",
    "new_recovery_code",
    "run_machine",
    "running_box",
    "sealed_version_for_grants",
    "sealed_witness_request",
    "sealed_witness_statement",
    "unb64",
]  # fmt: skip
