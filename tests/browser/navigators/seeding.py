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
Row = tuple[str, str, Fields, Fields]


@dataclass(frozen=True, slots=True)
class Seeded:
    """How to sign in, and the story's records by the name the story gives them."""

    login: str
    words: str
    ids: Mapping[str, str]


def seed(served: Served, certificate: Certificate, story: list[Row]) -> Seeded:
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


def _linked(fields: Fields, ids: Mapping[str, str]) -> dict[str, object]:
    """The same with names of the story as ids, in links only: words stay words."""
    return {key: _link(key, one, ids) for key, one in fields.items()}


def _link(key: str, value: object, ids: Mapping[str, str]) -> object:
    if (key.endswith("_id") or key == "merged_into") and isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        named = key.endswith("_ids")
        return [_linked(one, ids) if isinstance(one, Mapping) else ids.get(one, one) if named else one for one in value]
    return value


def story() -> list[Row]:
    """31 entries since 4 May: calls, messages from six new accounts after a block, turning up, an order and its breach."""
    return [*_around(), *_calls_and_messages(), *_stood(), *_others()]


WHO: Fields = {"actor_ids": ["dan"], "attribution_basis": ["known_account_or_number"]}


def _when(local: str, precision: str) -> Fields:
    """One time as records of other kinds keep it."""
    return {"start": at(local), "tz": "Europe/London", "utc_offset_min": 60, "precision": precision}


def _around() -> list[Row]:
    """People, accounts, an order and the days that something changed."""
    account = {"platform": "instagram", "person_id": "dan"}
    terms = [{"no": 2, "text": "No contact"}]
    order = {"kind": "non_molestation", "court": "Leeds", "served_on": "2026-08-03", "against_ids": ["dan"], "terms": terms}
    return [
        ("dan", "person", {"name": "Dan Weaver", "aliases": ["Danny"], "role": "suspect"}, {}),
        ("ana", "person", {"name": "Ana", "role": "witness"}, {}),
        ("old", "account", {"handle": "@danw", "blocked_on": "2026-06-01", **account}, {}),
        *((f"new{n}", "account", {"handle": f"@blue.coat.{n}", **account}, {}) for n in range(1, 7)),
        ("order", "order", order, {}),
        ("stop", "notice", {"at": _when("2026-05-20T09:00", "minute"), "to_ids": ["dan"]}, {}),
        ("report", "report", {"at": _when("2026-07-10T00:00", "day"), "to": "police"}, {}),
    ]


def _told(name: str, words: str, local: str, precision: str = "minute", **fields: object) -> Row:
    """One entry."""
    return (name, "incident", said(local, precision, narrative=words, **fields), {})


def _calls_and_messages() -> list[Row]:
    """Ten of calls, six of messages."""
    chat = {"behaviours": ["chat_messages", "knows_things_they_should_not"], "channel": "instagram", **WHO}
    calls = {"behaviours": ["calls"], "channel": "phone_call", **WHO}
    return [
        *(
            _told(f"call{n}", f"He rang {n + 2} times.", f"2026-05-{4 + n * 2:02d}T{19 + n % 4}:1{n}", count=n + 2, **calls)
            for n in range(10)
        ),
        *(
            _told(
                f"message{n}",
                f"A new account: “nice blue coat”. Number {n}.",
                f"2026-06-{2 + n * 3:02d}T22:4{n}",
                account_ids=[f"new{n}"],
                **chat,
            )
            for n in range(1, 7)
        ),
    ]


def _stood() -> list[Row]:
    """Eight times outside, where exactly kept apart."""
    rows: list[Row] = []
    for n in range(8):
        more = {"place_category": "outside_home" if n % 2 else "work", "witness_ids": ["ana"] if n % 3 == 0 else [], **WHO}
        local = f"2026-0{7 + n // 4}-{3 + n % 4 * 6:02d}T0{7 + n % 3}:30"
        told = _told(
            f"stood{n}", f"He stood across the road, {n}.", local, "hour", behaviours=["loiter_near"], channel="in_person", **more
        )
        rows.append((*told[:3], {"place_detail": "Mill Lane"}))
    return rows


def _others() -> list[Row]:
    """A threat, the night the clocks went back, a range, an unknown time, and the newest two."""
    breach = {"alleged_breaches": [{"order_id": "order", "term_no": 2}], "order_ids": ["order"]}
    threat = {"behaviours": ["threat_to_me"], "channel": "phone_call", **breach, **WHO}
    damage = {"behaviours": ["damage_property"], "place_category": "home", "fold": 1}
    friends = {"until": "2026-10-01T00:00", "behaviours": ["contacts_friends_family"]}
    silent = {"count": 2, "count_is_estimate": True, "behaviours": ["silent_calls"], "channel": "phone_call"}
    drove = {"behaviours": ["drive_past"], "response": ["told_to_stop"], **WHO}
    return [
        _told("threat", "He said I would be sorry.", "2026-08-20T18:05", **threat),
        _told("window", "A stone came through the kitchen window.", "2026-10-25T01:30", **damage),
        _told("window2", "Someone ran off.", "2026-10-25T01:40"),
        _told("range", "My friends got messages about me.", "2026-09-01T00:00", "date_range", **friends),
        ("unsure", "incident", {"narrative": "A note in my bag. مرحبا", "precision": "unknown", "tz": "Europe/London"}, {}),
        _told("late", "He drove past slowly. Café Zoë saw it.", "2026-11-20T08:15", **drove),
        _told("latest", "Two silent calls.", "2026-11-23T21:00", "hour", **silent),
    ]
