"""The only file of the state machines that knows how a server is started, asked and given its hourly work.

A `Box` is one server in this process, over SQLite or PostgreSQL, whose clock stands still but for what a machine moves. Every
answer of it, whoever asked, goes through `check`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test

from diary.client.journal import Said
from diary.crypto import handover, kdf
from diary.crypto.file_parts import part_header, parts_digest
from diary.crypto.keys import code_header, grant_header, words_header, wrap
from diary.crypto.sealing import SUITE_KEY, SUITE_PERSON, Kind, prefix
from diary.encoding import b64, frames, read_frames, unb64
from diary.ids import id_text
from diary.ledger import push
from diary.ledger.push import ForGrant
from diary.ledger.sharing.witness_statements import asking_header, statement_header
from diary.services.sync.purge import purge
from tests.advocates import Desk, found_organisation, hire
from tests.keepers import CODE, Keeper, Phone, Served, enrol, served

SECOND = 1_000
HOUR = 3_600_000
DAY = 24 * HOUR
HEADERS = (
    *(
        "content-security-policy",
        "cross-origin-embedder-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ),
    *("permissions-policy", "referrer-policy", "x-content-type-options", "x-frame-options", "cache-control"),
)
_API = Path(__file__).parents[2] / "docs" / "api.md"
_T = TypeVar("_T")


def codes() -> dict[str, int]:
    """Each code of a failure and its status, as docs/api.md lists them."""
    listed = _API.read_text(encoding="utf-8").split("\n## Codes\n")[1]
    return {code: int(status) for code, status in re.findall(r"`(\w+)` (\d{3})", listed)}


CODES = codes()


async def check(answer: httpx.Response) -> None:
    """What holds of every answer: no fault of the server's, its headers, and a failure that has a listed code and a sentence."""
    await answer.aread()
    asked = f"{answer.request.method} {answer.request.url.path}"
    assert answer.status_code < 500, (asked, answer.status_code, answer.text)
    assert [name for name in HEADERS if name not in answer.headers] == [], asked
    assert answer.headers["cache-control"] == "no-store", asked
    if answer.status_code >= 400:
        told = answer.json()
        assert CODES[told["error"]] == answer.status_code, (asked, answer.status_code, told)
        assert told["message"].strip(), (asked, told)


class _Watched(Served):
    """A running application; whatever its clients are answered is checked."""

    def client(self, address: str = "198.51.100.7") -> httpx.AsyncClient:
        """As for every test, with each answer checked."""
        made = super().client(address)
        made.event_hooks["response"].append(check)
        return made


@dataclass(frozen=True)
class Told:
    """An answer as a machine compares it."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """The code of a failure, or ''."""
        return str(self.body["error"]) if self.status >= 400 else ""


@dataclass
class Box:
    """A server, and the only way in which a machine uses it."""

    server: Served
    runner: asyncio.Runner
    addresses: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run something of the server's to its end."""
        return self.runner.run(work)

    @property
    def now(self) -> int:
        """The server's time in ms."""
        return self.server.clock.now_ms()

    def begin(self) -> None:
        """Midnight of a new day: every run of a machine begins at the same hour, whatever runs there were before."""
        self.server.clock.advance(2 * DAY - self.now % DAY)

    def address(self) -> str:
        """A network that nobody has come from yet."""
        number = next(self.addresses)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def keeper(self) -> Keeper:
        """Somebody with a new account and an empty diary, signed in on one device."""
        return self.run(enrol(self.server, self.address()))

    def phone(self) -> Phone:
        """A device that has never been here."""
        return Phone(self.server.client(self.address()))

    def at_public(self) -> Phone:
        """Somebody without an account, on the public host."""
        client = self.server.client(self.address())
        client.base_url = httpx.URL(self.server.settings.public_url)
        return Phone(client)

    def organisation(self, names: tuple[str, ...]) -> list[Desk]:
        """Advocates of one new organisation; the first leads it."""
        _, invite = self.run(found_organisation(self.server))
        desks = [self.run(hire(self.server, invite, names[0], self.address()))]
        for name in names[1:]:
            invite = self.run(desks[0].invites())
            desks.append(self.run(hire(self.server, invite, name, self.address())))
        return desks

    def proof_of(self, desk: Desk) -> str:
        """X-Proof of an advocate's words."""
        return self.run(desk.prove())

    def ask(
        self, phone: Phone, method: str, path: str, body: Mapping[str, Any] | bytes | None = None, **headers: str
    ) -> Told:
        """One request, a second after the one before it."""
        self.server.clock.advance(SECOND)
        answer = self.run(phone.ask(method, path, body, **headers))
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return Told(answer.status_code, answer.json() if is_json else answer.content)

    def run_on(self) -> None:
        """Let what the server does beside its answers go on for a moment."""
        self.run(asyncio.sleep(0.02))

    def pass_time(self, ms: int) -> None:
        """Move the clock, and nothing else."""
        self.server.clock.advance(ms)

    def hourly(self) -> int:
        """Two of the server's hourly runs: the second believes the clock, whatever was passed before the first. When that was."""
        instance = self.server.app.state.office.instance
        self.run(purge(instance))
        self.server.clock.advance(HOUR)
        assert self.run(purge(instance)).steady
        return self.now

    def sign_in_again(self, keeper: Keeper) -> None:
        """The words once more on the keeper's device, before its session runs out."""
        identity = keeper.identity
        body = {"auth": identity.proof, "device": identity.device, "device_name": "Phone", "login": identity.login}
        assert self.ask(keeper, "POST", "/v1/sessions", body).status == 200


@contextmanager
def box(folder: Path, **setting: str) -> Iterator[Box]:
    """A server for the length of the block, with its files in `folder`."""
    with asyncio.Runner() as runner:
        context = served(folder, **setting)
        made = runner.run(context.__aenter__())
        try:
            yield Box(_Watched(made.app, made.settings, made.clock), runner)
        finally:
            runner.run(context.__aexit__(None, None, None))


class Machine(RuleBasedStateMachine):
    """A machine that compares all of what the server says with its model every few steps, and at the end."""

    def __init__(self, on: Box) -> None:
        """`on`: the server, which other runs share; nothing of theirs is this one's."""
        super().__init__()
        self.box = on
        self.steps = 0
        on.begin()

    def compare(self) -> None:
        """Everything that can be read, against the model."""
        raise NotImplementedError

    @invariant()
    def now_and_then(self) -> None:
        """Reading everything costs more than a step does."""
        self.steps += 1
        if self.steps % 5 == 0:
            self.compare()

    def teardown(self) -> None:
        """After the last step, unless a step has failed."""
        if sys.exc_info()[0] is None:
            self.compare()


def lengths(short: tuple[int, int], long: tuple[int, int]) -> pytest.MarkDecorator:
    """Run a test as it runs each time, and longer where slow tests run too. Each: examples, and steps of an example."""
    return pytest.mark.parametrize(
        ("examples", "steps"),
        [pytest.param(*short, id="short"), pytest.param(*long, id="long", marks=pytest.mark.slow)],
    )


def play(machine: Callable[[], Machine], *, examples: int, steps: int) -> None:
    """Run a machine; what fails is cut down to its shortest sequence. The same sequences each time."""
    run_state_machine_as_test(
        machine,
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


# What a phone sends, made as cheaply as the server can be made to look at it: it reads the public head of each envelope, and the
# rest is random bytes to it.


def part_of(keeper: Keeper, blob: str, i: int, parts: int, inside: bytes) -> bytes:
    """A sealed part of a diary's file."""
    return prefix(Kind.PART, part_header(keeper.identity.diary, blob, i, parts)) + inside


def whole_digest(parts: list[bytes]) -> str:
    """What completes a file."""
    return b64(parts_digest(hashlib.sha256(one).digest() for one in parts))


def handover_kdf() -> dict[str, Any]:
    """Salt and cost of the words of a hand-over."""
    return handover.new_kdf(kdf.CHEAPEST, bytes(16))


def handover_part(one: str, i: int, parts: int, inside: bytes) -> bytes:
    """A sealed part of a hand-over, or of a witness's files."""
    return prefix(Kind.HANDOVER, handover.header(one, i, parts)) + inside


def asking_of(witness: str, inside: bytes) -> bytes:
    """What a witness is asked, sealed."""
    return prefix(Kind.ASKING, asking_header(witness), SUITE_KEY) + inside


def statement_of(witness: str, inside: bytes) -> bytes:
    """A witness's statement, sealed."""
    return prefix(Kind.LETTER, statement_header(witness), SUITE_PERSON) + inside


def envelope_of(kind: str, diary: str, grant: str, inside: bytes, **more: str) -> bytes:
    """What a grant carries, sealed. `kind`: grant (`to`: for the advocate), kept (`to`), summary, marks or letter (`letter`)."""
    place: dict[str, object] = {"diary": diary, "grant": grant, "t": "grant" if kind == "kept" else kind, **more}
    kinds = {
        "letter": (Kind.LETTER, SUITE_PERSON),
        "grant": (Kind.GRANT, SUITE_PERSON),
        "kept": (Kind.GRANT, SUITE_KEY),
    }
    return (
        prefix(*kinds[kind][:1], place, kinds[kind][1]) + inside
        if kind in kinds
        else prefix(Kind.SUMMARY, place) + inside
    )


def wrap_for(diary: str, grant: str, version: str) -> bytes:
    """The key of a version's open part, wrapped for a grant."""
    return prefix(Kind.WRAP, grant_header(grant, diary, version, "open")) + b"wrapped for " + grant.encode()


def sealed_for(keeper: Keeper, grants: tuple[str, ...], files: tuple[str, ...]) -> tuple[str, bytes]:
    """A version with its files' names in it, and with its wrap for each grant: its address and its body."""
    held = keeper.journal.append(
        Said("incident", {"narrative": "Again."}, open_keys=[(blob, bytes(32)) for blob in files])
    )
    place = held.opened.place
    given = tuple(ForGrant(one, (wrap_for(place.diary, one, place.version),)) for one in grants)
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    return path, push.encode(replace(held.push, grants=given))


def shown_to_advocate(told: Told) -> list[tuple[dict[str, Any], tuple[bytes, ...], tuple[bytes, ...]]]:
    """Each version that an advocate is given: its facts, its wraps and envelopes, and the wraps for the grant."""
    split = [read_frames(one) for one in read_frames(told.body, at_most=501)]
    return [(json.loads(facts), tuple(read_frames(sealed)), tuple(read_frames(own))) for facts, sealed, own in split]


def feed_of(told: Told) -> list[tuple[dict[str, Any], tuple[bytes, ...]]]:
    """Each version of a feed: its facts, and its wraps and envelopes."""
    split = [read_frames(one) for one in read_frames(told.body, at_most=501)[1:]]
    return [(json.loads(facts), tuple(sealed)) for facts, *sealed in split]


def new_lock(box: Box, keeper: Keeper, number: int) -> tuple[str, dict[str, Any]]:
    """A lock on other words: the proof of them, and the body that sets it."""
    identity = keeper.identity
    made = {
        "alg": "argon2id",
        "login": identity.login,
        "m": kdf.CHEAPEST.m,
        "origin": box.server.settings.app_url,
        "p": 1,
    }
    made |= {"salt": b64(number.to_bytes(16, "big")), "t": kdf.CHEAPEST.t}
    proof = b64(hashlib.sha256(b"words %d" % number).digest())
    sealed = wrap(bytes(32), words_header(identity.account, 1, made), identity.account_key)
    return proof, {"auth": proof, "kdf": made, "words_wrap": b64(sealed)}


def new_code(keeper: Keeper, number: int) -> tuple[str, dict[str, str]]:
    """A recovery code: its proof, and the body that sets it. Number 0 is the one every keeper begins with."""
    identity, code = keeper.identity, number.to_bytes(16, "big") if number else CODE
    proof = b64(kdf.code_auth(code, identity.login))
    sealed = wrap(kdf.kek_code(code), code_header(identity.account, 1), identity.account_key)
    return proof, {"code_auth": proof, "code_wrap": b64(sealed)}


__all__ = [
    "DAY", "HOUR", "SECOND", "Box", "Desk", "Keeper", "Machine", "Phone", "Told", "asking_of", "b64", "box", "envelope_of",
    "feed_of", "frames",    "handover_kdf", "handover_part", "id_text", "new_code", "new_lock", "part_of", "play", "sealed_for",
    "shown_to_advocate", "statement_of", "unb64", "whole_digest",
    "wrap_for",
]  # fmt: skip
