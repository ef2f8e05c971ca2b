"""A filled diary on the server, written by the reference client in the real formats. A phone then signs in to it."""

import asyncio
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from diary.client import accounts
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.clock import SystemClock
from diary.ids import id_text, new_id
from tests.browser.live_server import Certificate, LiveServer
from tests.vectors.pattern_vectors import incident_fields, utc_ms

PASSPHRASE = "correct horse battery staple"
EntryFields = Mapping[str, object]
SeedRecord = tuple[str, str, EntryFields, EntryFields]


@dataclass(frozen=True, slots=True)
class SeededDiary:
    """How to sign in, and the ids of the story's records by name."""

    login: str
    passphrase: str
    ids: Mapping[str, str]


def seed_diary(live_server: LiveServer, certificate: Certificate, story: list[SeedRecord]) -> SeededDiary:
    """Write the records `(name, kind, open, restricted)` in order.

    A link to a name of the story becomes that record's id.
    """

    async def write() -> SeededDiary:
        ssl_context = ssl.create_default_context(cafile=str(certificate.cert))
        async with httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{live_server.port}", verify=ssl_context, timeout=120
        ) as client:
            server = RemoteServer(client, live_server.app_url)
            identity = await accounts.enrol(server, PASSPHRASE, code=bytes(16))
            journal = Journal(identity, SystemClock())
            ids = {name: id_text(new_id()) for name, *_ in story}
            for name, kind, fields, restricted in story:
                journal.append(
                    VersionContent(kind, _resolve_links(fields, ids), _resolve_links(restricted, ids), record=ids[name])
                )
            await journal.send(server)
            return SeededDiary(identity.login, PASSPHRASE, ids)

    # In a thread: the browser's driver occupies this thread's event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(write())).result()


def _resolve_links(fields: EntryFields, ids: Mapping[str, str]) -> dict[str, object]:
    """Return the fields with the story's names in links replaced by ids."""
    return {key: _resolve_link(key, value, ids) for key, value in fields.items()}


def _resolve_link(key: str, value: object, ids: Mapping[str, str]) -> object:
    if (key.endswith("_id") or key == "merged_into") and isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        is_id_list = key.endswith("_ids")
        return [
            _resolve_links(item, ids) if isinstance(item, Mapping) else ids.get(item, item) if is_id_list else item
            for item in value
        ]
    return value


def story() -> list[SeedRecord]:
    """Return a story of 31 entries since 4 May.

    It has calls, messages from six new accounts after a block, visits, an order and its breach.
    """
    return [*_context_records(), *_calls_and_messages(), *_loitering_entries(), *_other_entries()]


DAN_FIELDS: EntryFields = {"actor_ids": ["dan"], "attribution_basis": ["known_account_or_number"]}


def _time_fields(local: str, precision: str) -> EntryFields:
    """Return a time in the form that records of other kinds use."""
    return {"start": utc_ms(local), "tz": "Europe/London", "utc_offset_min": 60, "precision": precision}


def _context_records() -> list[SeedRecord]:
    """Return people, accounts, an order and key dates."""
    account = {"platform": "instagram", "person_id": "dan"}
    terms = [{"no": 2, "text": "No contact"}]
    order = {
        "kind": "non_molestation",
        "court": "Leeds",
        "served_on": "2026-08-03",
        "against_ids": ["dan"],
        "terms": terms,
    }
    return [
        ("dan", "person", {"name": "Dan Weaver", "aliases": ["Danny"], "role": "suspect"}, {}),
        ("ana", "person", {"name": "Ana", "role": "witness"}, {}),
        ("old", "account", {"handle": "@danw", "blocked_on": "2026-06-01", **account}, {}),
        *((f"new{n}", "account", {"handle": f"@blue.coat.{n}", **account}, {}) for n in range(1, 7)),
        ("order", "order", order, {}),
        ("stop", "notice", {"at": _time_fields("2026-05-20T09:00", "minute"), "to_ids": ["dan"]}, {}),
        ("report", "report", {"at": _time_fields("2026-07-10T00:00", "day"), "to": "police"}, {}),
    ]


def _entry_record(name: str, words: str, local: str, precision: str = "minute", **fields: Any) -> SeedRecord:
    """Return one entry."""
    return (name, "incident", incident_fields(local, precision, narrative=words, **fields), {})


def _calls_and_messages() -> list[SeedRecord]:
    """Return ten entries of calls and six of messages."""
    chat: dict[str, Any] = {
        "behaviours": ["chat_messages", "knows_things_they_should_not"],
        "channel": "instagram",
        **DAN_FIELDS,
    }
    calls: dict[str, Any] = {"behaviours": ["calls"], "channel": "phone_call", **DAN_FIELDS}
    return [
        *(
            _entry_record(
                f"call{n}",
                f"He rang {n + 2} times.",
                f"2026-05-{4 + n * 2:02d}T{19 + n % 4}:1{n}",
                count=n + 2,
                **calls,
            )
            for n in range(10)
        ),
        *(
            _entry_record(
                f"message{n}",
                f"A new account: “nice blue coat”. Number {n}.",
                f"2026-06-{2 + n * 3:02d}T22:4{n}",
                account_ids=[f"new{n}"],
                **chat,
            )
            for n in range(1, 7)
        ),
    ]


def _loitering_entries() -> list[SeedRecord]:
    """Return eight entries of him outside, with the exact place in a restricted field."""
    rows: list[SeedRecord] = []
    for n in range(8):
        details: dict[str, Any] = {
            "place_category": "outside_home" if n % 2 else "work",
            "witness_ids": ["ana"] if n % 3 == 0 else [],
            **DAN_FIELDS,
        }
        local = f"2026-0{7 + n // 4}-{3 + n % 4 * 6:02d}T0{7 + n % 3}:30"
        entry = _entry_record(
            f"stood{n}",
            f"He stood across the road, {n}.",
            local,
            "hour",
            behaviours=["loiter_near"],
            channel="in_person",
            **details,
        )
        rows.append((*entry[:3], {"place_detail": "Mill Lane"}))
    return rows


def _other_entries() -> list[SeedRecord]:
    """Return a threat, the night the clocks went back, a range, an unknown time, and the newest two."""
    breach = {"alleged_breaches": [{"order_id": "order", "term_no": 2}], "order_ids": ["order"]}
    threat: dict[str, Any] = {"behaviours": ["threat_to_me"], "channel": "phone_call", **breach, **DAN_FIELDS}
    damage: dict[str, Any] = {"behaviours": ["damage_property"], "place_category": "home", "fold": 1}
    friends: dict[str, Any] = {"until": "2026-10-01T00:00", "behaviours": ["contacts_friends_family"]}
    silent: dict[str, Any] = {
        "count": 2,
        "count_is_estimate": True,
        "behaviours": ["silent_calls"],
        "channel": "phone_call",
    }
    drove: dict[str, Any] = {"behaviours": ["drive_past"], "response": ["told_to_stop"], **DAN_FIELDS}
    return [
        _entry_record("threat", "He said I would be sorry.", "2026-08-20T18:05", **threat),
        _entry_record("window", "A stone came through the kitchen window.", "2026-10-25T01:30", **damage),
        _entry_record("window2", "Someone ran off.", "2026-10-25T01:40"),
        _entry_record("range", "My friends got messages about me.", "2026-09-01T00:00", "date_range", **friends),
        (
            "unsure",
            "incident",
            {"narrative": "A note in my bag. مرحبا", "precision": "unknown", "tz": "Europe/London"},
            {},
        ),
        _entry_record("late", "He drove past slowly. Café Zoë saw it.", "2026-11-20T08:15", **drove),
        _entry_record("latest", "Two silent calls.", "2026-11-23T21:00", "hour", **silent),
    ]
