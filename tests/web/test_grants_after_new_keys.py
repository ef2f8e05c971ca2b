"""A keeper whose keys were made anew lets an advocate in: what the old key signed is read up to its end, and nothing after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diary.client import accounts, advocates, grant_access, rotate_keys
from diary.client.accounts import Identity
from diary.client.advocates import Client
from diary.client.journal import Journal, Said
from diary.client.transport import Server
from diary.crypto import kdf
from diary.crypto.signing import Author
from diary.encoding import b64, canon, frames, parse, read_frames
from diary.errors import BadSignature
from diary.ledger.push import signed_bytes
from tests.advocates import all_of_it, lead_of, let_in, reach
from tests.keepers import Keeper, Served

NEW = "orbit velvet canyon maple drift"


class Between(Server):
    """The advocate's way to a server that says something else of a version; `bent`: by its number."""

    bent: dict[int, dict[str, object]]

    async def get(self, path: str, *, proof: str | None = None) -> bytes:
        """The feed, so changed."""
        made = []
        for frame in read_frames(await super().get(path, proof=proof), at_most=400):
            facts, *more = read_frames(frame, at_most=3)
            told: dict[str, object] = dict(parse(facts))  # type: ignore[arg-type]
            made.append(frames((canon(told | self.bent.get(int(str(told["seq"])), {})), *more)))
        return frames(made)


async def again(keeper: Keeper, server: Served) -> tuple[Identity, Server, Journal]:
    """The keeper on a device of their own, after new keys: identity, way to the server, and all there is."""
    rotated = await rotate_keys.rotate(
        reach(keeper, server), keeper.identity, NEW, profile=kdf.CHEAPEST, policy=kdf.TESTS
    )
    reached = Server(server.client(), server.settings.app_url)
    identity = await accounts.sign_in(reached, rotated.login, NEW, policy=kdf.TESTS)
    journal = Journal(identity, server.clock)
    await journal.fetch(reached)
    return identity, reached, journal


async def test_both_keys_entries_are_read_and_none_by_the_old_one_after_its_end(keeper: Keeper, server: Served) -> None:
    """Old and new are read; the old key on a newer version, or on one moved past its end, is nobody's."""
    desk, _ = await lead_of(server)
    before = await let_in(server, keeper, desk)
    for text in ("He waited outside.", "He rang nine times."):
        assert (await keeper.push(text)).status_code == 201
    old = Author(keeper.identity.keyset.ecdsa)
    identity, reached, journal = await again(keeper, server)
    newest = journal.append(Said("incident", {"narrative": "He came back."}))
    await journal.send(reached)
    assert await desk.clients(server.clock.now_ms()) == [] and before.id  # new keys end every grant
    person, now = await grant_access.meet(reached, desk.advocate.words), server.clock.now_ms()
    granted = await grant_access.let_in(reached, identity, person, all_of_it(server), "Maya", now)
    held = [one for one in journal._held.values() if one.opened.kind == "incident"]
    assert await grant_access.give(reached, identity, granted, [(one.push, one.opened.place) for one in held]) == 3
    (client,) = await desk.clients(now)
    assert [one["old"] for one in client.granted.earlier] == [b64(old.pub)]
    said = [one.opened.fields["narrative"] for one in await advocates.read(desk.reached, client)]
    assert said == ["He waited outside.", "He rang nine times.", "He came back."]

    place = newest.opened.place
    message = signed_bytes(c=newest.push.c, diary=place.diary, record=place.record, version=place.version)
    by_a_thief: dict[int, dict[str, object]] = {3: {"sig": b64(old.sign(message))}}
    moved: dict[int, dict[str, object]] = {3: {"seq": 1_000, "sig": b64(old.sign(message))}}
    past: dict[int, dict[str, object]] = {1: {"seq": 998}, 2: {"seq": 999}, 3: {"seq": 1_000}}
    between = Between(desk.reached._client, server.settings.app_url)
    between.tokens = dict(desk.reached.tokens)
    for bent in (by_a_thief, moved, past):
        between.bent = bent
        with pytest.raises(BadSignature):
            await advocates.read(between, client)
    between.bent = {}
    assert len(await advocates.read(between, client)) == 3
    await without_the_statements(between, client)


async def without_the_statements(between: Between, client: Client) -> None:
    """A grant that carries none holds for the key in it alone."""
    with pytest.raises(BadSignature):
        await advocates.read(between, replace(client, granted=replace(client.granted, earlier=())))
