"""Grants of a keeper with replaced keys: the old key's versions are read up to its end, and none after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diary.client import accounts, advocates, grant_access, rotate_keys
from diary.client.accounts import Identity
from diary.client.advocates import AdvocateClient
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer
from diary.crypto import kdf
from diary.crypto.signing import AuthorSigner
from diary.encoding import b64, canonical_json, decode_frames, encode_frames
from diary.errors import BadSignature
from diary.ledger.push import version_signing_input
from tests.advocate_helpers import api_client_for, create_organisation_lead, full_access_choice, grant_access_to
from tests.server_fixture import InProcessServer, Keeper, read_json

NEW_PASSPHRASE = "orbit velvet canyon maple drift"


class TamperingServer(RemoteServer):
    """Advocate's connection to a server that alters versions, by number."""

    changes_by_version: dict[int, dict[str, object]]

    async def get(self, path: str, *, proof: str | None = None) -> bytes:
        """Return the feed, altered."""
        frames_out = []
        for frame in decode_frames(await super().get(path, proof=proof), frames_limit=400):
            facts, *more_frames = decode_frames(frame, frames_limit=3)
            changed_facts: dict[str, object] = read_json(facts)
            frames_out.append(
                encode_frames(
                    (
                        canonical_json(changed_facts | self.changes_by_version.get(int(str(changed_facts["seq"])), {})),
                        *more_frames,
                    )
                )
            )
        return encode_frames(frames_out)


async def keeper_after_new_keys(keeper: Keeper, server: InProcessServer) -> tuple[Identity, RemoteServer, Journal]:
    """Return the keeper after a key rotation: identity, connection and the whole diary."""
    rotated = await rotate_keys.rotate(
        api_client_for(keeper, server),
        keeper.identity,
        NEW_PASSPHRASE,
        profile=kdf.CHEAPEST_PROFILE,
        policy=kdf.TEST_POLICY,
    )
    api_client = RemoteServer(server.http_client(), server.settings.app_url)
    identity = await accounts.sign_in(api_client, rotated.login, NEW_PASSPHRASE, policy=kdf.TEST_POLICY)
    journal = Journal(identity, server.clock)
    await journal.fetch(api_client)
    return identity, api_client, journal


async def test_both_keys_entries_are_read_and_none_by_the_old_one_after_its_end(
    keeper: Keeper, server: InProcessServer
) -> None:
    """Old and new versions are read; the old key on a newer version, or on one moved past its end, is refused."""
    desk, _ = await create_organisation_lead(server)
    before = await grant_access_to(server, keeper, desk)
    for text in ("He waited outside.", "He rang nine times."):
        assert (await keeper.push(text)).status_code == 201
    old = AuthorSigner(keeper.identity.keyset.ecdsa_scalar)
    identity, api_client, journal = await keeper_after_new_keys(keeper, server)
    newest = journal.append(VersionContent("incident", {"narrative": "He came back."}))
    await journal.send(api_client)
    assert await desk.list_clients(server.clock.now_ms()) == [] and before.id  # new keys end every grant
    person, now = await grant_access.fetch_advocate(api_client, desk.advocate.fingerprint_words), server.clock.now_ms()
    granted = await grant_access.create_grant(api_client, identity, person, full_access_choice(server), "Maya", now)
    held = [one for one in journal._versions_by_id.values() if one.opened_version.kind == "incident"]
    assert (
        await grant_access.upload_version_keys(
            api_client, identity, granted, [(one.push, one.opened_version.ids) for one in held]
        )
        == 3
    )
    (client,) = await desk.list_clients(now)
    assert [one["old"] for one in client.grant.earlier_statements] == [b64(old.pub)]
    narratives = [
        one.opened_version.fields["narrative"] for one in await advocates.fetch_versions(desk.api_client, client)
    ]
    assert narratives == ["He waited outside.", "He rang nine times.", "He came back."]

    place = newest.opened_version.ids
    message = version_signing_input(
        c=newest.push.commitment, diary=place.diary, record=place.record, version=place.version
    )
    by_a_thief: dict[int, dict[str, object]] = {3: {"sig": b64(old.sign(message))}}
    moved_version: dict[int, dict[str, object]] = {3: {"seq": 1_000, "sig": b64(old.sign(message))}}
    past: dict[int, dict[str, object]] = {1: {"seq": 998}, 2: {"seq": 999}, 3: {"seq": 1_000}}
    between = TamperingServer(desk.api_client._client, server.settings.app_url)
    between.tokens = dict(desk.api_client.tokens)
    for altered in (by_a_thief, moved_version, past):
        between.changes_by_version = altered
        with pytest.raises(BadSignature):
            await advocates.fetch_versions(between, client)
    between.changes_by_version = {}
    assert len(await advocates.fetch_versions(between, client)) == 3
    await check_without_statements(between, client)


async def check_without_statements(between: TamperingServer, client: AdvocateClient) -> None:
    """Check that a grant without statements is valid for its own key only."""
    with pytest.raises(BadSignature):
        await advocates.fetch_versions(between, replace(client, grant=replace(client.grant, earlier_statements=())))
