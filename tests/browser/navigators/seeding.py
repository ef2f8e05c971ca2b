"""A filled diary on the server, written by the reference client through the real formats: what a phone then signs in to."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from diary.client import accounts
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from tests.browser.serving import Certificate, Served
from tests.vectors.diaries import at, said

WORDS = "correct horse battery staple"
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Seeded:
    """How to sign in, and the story's records by the name the story gives them."""

    login: str
    words: str
    ids: Mapping[str, str]


def seed(served: Served, certificate: Certificate, story: list[tuple[str, str, Fields, Fields]]) -> Seeded:
    """Write `(name, kind, open, restricted)` in order; a text that is a name of the story becomes that record's id."""

    async def write() -> Seeded:
        trusting = ssl.create_default_context(cafile=str(certificate.cert))
        async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{served.port}", verify=trusting, timeout=120) as client:
            server = Server(client, served.app_url)
            identity = await accounts.enrol(server, WORDS, code=bytes(16))
            journal = Journal(identity, SystemClock())
            ids = {name: id_text(new_id()) for name, *_ in story}
            for name, kind, fields, restricted in story:
                journal.append(Said(kind, _linked(fields, ids), _linked(restricted, ids), record=ids[name]))
            await journal.send(server)
            return Seeded(identity.login, WORDS, ids)

    # In a thread: the browser's driver holds the event loop of this one.
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(lambda: asyncio.run(write())).result()


def _linked(value: object, ids: Mapping[str, str]) -> object:  # type: ignore[misc]
    """The same with names of the story as ids, in lists and links only: words stay words."""
    if isinstance(value, Mapping):
        return {key: _link(key, one, ids) for key, one in value.items()}
    return value


def _link(key: str, value: object, ids: Mapping[str, str]) -> object:
    if key.endswith("_id") and isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [ids.get(one, one) if key.endswith("_ids") and isinstance(one, str) else _linked(one, ids) for one in value]
    return value


def story() -> list[tuple[str, str, Fields, Fields]]:
    """31 entries since 4 May: calls, messages from six new accounts after a block, turning up, an order and its breach."""
    rows: list[tuple[str, str, Fields, Fields]] = [
        ("dan", "person", {"name": "Dan Weaver", "aliases": ["Danny"], "role": "suspect"}, {}),
        ("ana", "person", {"name": "Ana", "role": "witness"}, {}),
        ("old", "account", {"handle": "@danw", "platform": "instagram", "person_id": "dan", "blocked_on": "2026-06-01"}, {}),
        *((f"new{n}", "account", {"handle": f"@blue.coat.{n}", "platform": "instagram", "person_id": "dan"}, {}) for n in range(1, 7)),
        ("order", "order", {"kind": "non_molestation", "court": "Leeds", "served_on": "2026-08-03", "against_ids": ["dan"], "terms": [{"no": 2, "text": "No contact"}]}, {}),
        ("stop", "notice", {"at": {"start": at("2026-05-20T09:00"), "tz": "Europe/London", "utc_offset_min": 60, "precision": "minute"}, "to_ids": ["dan"]}, {}),
        ("report", "report", {"at": {"start": at("2026-07-10T00:00"), "end": at("2026-07-11T00:00"), "tz": "Europe/London", "utc_offset_min": 60, "precision": "day"}, "to": "police"}, {}),
    ]  # fmt: skip
    who = {"actor_ids": ["dan"], "attribution_basis": ["known_account_or_number"]}
    for n in range(10):
        words = f"He rang {n + 2} times in the evening."
        rows.append(
            (
                f"call{n}",
                "incident",
                said(
                    f"2026-05-{4 + n * 2:02d}T{19 + n % 4}:1{n}",
                    narrative=words,
                    behaviours=["calls"],
                    channel="phone_call",
                    count=n + 2,
                    **who,
                ),
                {},
            )
        )
    for n in range(1, 7):
        words = f"A message from a new account: “nice blue coat”. Number {n}."
        fields = said(
            f"2026-06-{2 + n * 3:02d}T22:4{n}",
            narrative=words,
            behaviours=["chat_messages", "knows_things_they_should_not"],
            channel="instagram",
            account_ids=[f"new{n}"],
            **who,
        )
        rows.append((f"message{n}", "incident", fields, {}))
    for n in range(8):
        place = "outside_home" if n % 2 else "work"
        fields = said(
            f"2026-0{7 + n // 4}-{3 + n % 4 * 6:02d}T0{7 + n % 3}:30",
            "hour",
            narrative=f"He stood across the road, {n}.",
            behaviours=["loiter_near"],
            channel="in_person",
            place_category=place,
            witness_ids=["ana"] if n % 3 == 0 else [],
            **who,
        )
        rows.append((f"stood{n}", "incident", fields, {"place_detail": "Mill Lane"}))
    rows += [
        ("threat", "incident", said("2026-08-20T18:05", narrative="He said I would be sorry.", behaviours=["threat_to_me"], channel="phone_call", alleged_breaches=[{"order_id": "order", "term_no": 2}], order_ids=["order"], **who), {}),
        ("window", "incident", said("2026-10-25T01:30", narrative="A stone came through the kitchen window.", behaviours=["damage_property"], place_category="home", fold=1), {}),
        ("window2", "incident", said("2026-10-25T01:40", narrative="Someone ran off.", fold=0), {}),
        ("range", "incident", said("2026-09-01T00:00", "date_range", until="2026-10-01T00:00", narrative="My friends got messages about me.", behaviours=["contacts_friends_family"]), {}),
        ("unsure", "incident", {"narrative": "A note in my bag. مرحبا", "precision": "unknown", "tz": "Europe/London"}, {}),
        ("late", "incident", said("2026-11-20T08:15", narrative="He drove past slowly. Café Zoë saw it.", behaviours=["drive_past"], response=["told_to_stop"], **who), {}),
        ("latest", "incident", said("2026-11-23T21:00", "hour", narrative="Two silent calls.", count=2, count_is_estimate=True, behaviours=["silent_calls"], channel="phone_call"), {}),
    ]  # fmt: skip
    return rows
