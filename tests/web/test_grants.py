"""An advocate reads what a keeper shares, for as long as it is shared, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from diary.client import advocates, grant_access
from diary.client.grant_access import GrantTerms
from diary.client.journal import HeldVersion, VersionContent
from diary.crypto.fingerprints import to_words
from diary.crypto.kdf import TEST_POLICY
from diary.crypto.keys import Keyset
from diary.encoding import b64
from diary.errors import BadSignature, InvalidCredentials, InvalidInvitation, NotFound, SealError, SecondFactorFailed
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.sharing import grants
from diary.ledger.sharing.grants import MAX_DURATION_MS, GrantParty, OpenedGrant
from diary.services.sharing import organisations
from diary.services.sync.purge import PURGE_INTERVAL_SECONDS, purge
from diary.storage.log.audit import audit_rows
from tests.advocate_helpers import (
    ADVOCATE_PASSPHRASE,
    ORGANISATION,
    AdvocateDevice,
    api_client_for,
    create_organisation,
    create_organisation_lead,
    full_access_choice,
    grant_access_to,
    join_organisation,
    open_instance_on_database,
)
from tests.server_fixture import InProcessServer, Keeper, register_keeper, running_server, seal_file

DAY_MS = 86_400_000
PLAINTEXT_SENTINEL = "He followed me to the tram stop at Alder Road."
PURPOSE = "Report to the police together"


@pytest.fixture
async def server(tmp_path: Path, database_setting: dict[str, str]) -> AsyncIterator[InProcessServer]:
    """Run a separate server over each database."""
    async with running_server(tmp_path, **database_setting) as running:
        yield running


@pytest.fixture
async def desk(server: InProcessServer) -> AdvocateDevice:
    """Register an advocate who leads a new organisation."""
    return (await create_organisation_lead(server))[0]


async def give_keys(server: InProcessServer, keeper: Keeper, granted: OpenedGrant, *local_versions: HeldVersion) -> int:
    """Upload the keys of versions that are on the server."""
    versions = [(held.push, held.opened_version.ids) for held in local_versions]
    return await grant_access.upload_version_keys(api_client_for(keeper, server), keeper.identity, granted, versions)


async def write_for_grants(keeper: Keeper, text: str, *granted: OpenedGrant, **restricted: str) -> HeldVersion:
    """Seal a version, push it with wraps for the grants, and return it."""
    local_version = keeper.journal.append(VersionContent("incident", {"narrative": text}, restricted))
    place = local_version.opened_version.ids
    grant_wraps = tuple(
        grant_access.wrap_keys_for_grant(grant, keeper.identity, local_version.push, place) for grant in granted
    )
    body = push.encode(replace(local_version.push, grants=grant_wraps))
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    assert (await keeper.request("PUT", path, body)).status_code in (200, 201)
    return local_version


async def narratives_read(server: InProcessServer, desk: AdvocateDevice) -> list[str]:
    """Return the narratives the advocate reads of the one client."""
    (client,) = await desk.list_clients(server.clock.now_ms())
    return [
        str(version.opened_version.fields["narrative"])
        for version in await advocates.fetch_versions(desk.api_client, client)
    ]


async def test_what_was_and_what_comes_is_seen_and_nothing_after_the_end(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Old versions are read by their keys, new ones with their push; after the end none of either."""
    before = await write_for_grants(keeper, "Before anybody knew.")
    granted = await grant_access_to(server, keeper, desk)
    assert await narratives_read(server, desk) == []
    assert await give_keys(server, keeper, granted, before) == 1
    assert await give_keys(server, keeper, granted, before) == 0
    await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    assert await narratives_read(server, desk) == ["Before anybody knew.", PLAINTEXT_SENTINEL]
    await grant_access.end_grant(api_client_for(keeper, server), keeper.identity, granted.id)
    after = await write_for_grants(keeper, "After the end.", granted)
    assert await desk.list_clients(server.clock.now_ms()) == []
    assert (await desk.request("GET", f"/v1/clients/{granted.id}/changes")).status_code == 404
    assert await give_keys(server, keeper, granted, after) == 0
    assert server.query("SELECT count(*) FROM grant_wrap") == [(0,)]


async def test_restricted_fields_only_where_they_were_ticked(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Without the option a version is read without its restricted part, and marked so; with it, completely."""
    plain = await grant_access_to(server, keeper, desk)
    other = await join_organisation(server, await desk.invite_colleague(), "Sam")
    wider_grant = await grant_access_to(server, keeper, other, full_access_choice(server, restricted=True))
    await write_for_grants(keeper, PLAINTEXT_SENTINEL, plain, wider_grant, place_detail="12 Alder Road")
    for person, expected in ((desk, None), (other, {"place_detail": "12 Alder Road"})):
        (client,) = await person.list_clients(server.clock.now_ms())
        (version,) = await advocates.fetch_versions(person.api_client, client)
        assert (version.opened_version.restricted, version.opened_version.is_restricted_withheld) == (
            expected,
            expected is None,
        )
        assert not version.opened_version.is_altered


async def test_the_server_cannot_substitute_keys(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that do not match the nine words are refused before granting; unknown words find nobody."""
    forged = Keyset.generate()
    answer: dict[str, object] = {
        "ecdsa_pub": b64(forged.ecdsa_pub),
        "hpke_pub": b64(forged.hpke_pub),
        "name": "Priya K",
        "organisation": ORGANISATION,
    }
    api_client = api_client_for(keeper, server)

    async def swapped(*_: object, **__: object) -> dict[str, object]:
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(api_client, "json", swapped)
        with pytest.raises(BadSignature):
            await grant_access.fetch_advocate(api_client, desk.advocate.fingerprint_words)
    with pytest.raises(NotFound):
        await grant_access.fetch_advocate(api_client, to_words(os.urandom(12)))


async def test_grants_that_do_not_hold_are_left_out(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Grants signed by a stranger's key, widened after signing, or for somebody else are ignored."""
    granted = await grant_access_to(
        server, keeper, desk, full_access_choice(server, scope={"records": [id_text(new_id())]})
    )
    me = GrantParty(desk.advocate.keyset.ecdsa_pub, desk.advocate.keyset.hpke_pub, "Priya K")
    true_keeper = GrantParty(keeper.identity.keyset.ecdsa_pub, keeper.identity.keyset.hpke_pub, "Maya")
    stranger = GrantParty(Keyset.generate().ecdsa_pub, Keyset.generate().hpke_pub, "Maya")
    widened = dict(granted.statement) | {"scope": {"all": True}}
    readdressed = dict(granted.statement) | {"to": b64(os.urandom(12))}
    longer = dict(granted.statement) | {"not_after": int(granted.statement["not_after"]) + DAY_MS}
    forgeries = [
        grants.seal_for_advocate(me, true_keeper, widened, granted.key),
        grants.seal_for_advocate(me, true_keeper, longer, granted.key),
        grants.seal_for_advocate(me, stranger, granted.statement, granted.key),
    ]
    for forged in forgeries:
        await replace_grant_envelope(server, granted, forged)
        assert await advocates.list_clients(desk.api_client, desk.advocate, server.clock.now_ms()) == ([], 1)
    with pytest.raises(BadSignature):
        grants.verify_grant(readdressed, keeper.identity.keyset.ecdsa_pub)


async def replace_grant_envelope(server: InProcessServer, granted: OpenedGrant, envelope: bytes) -> None:
    """Replace a grant's envelope, as a malicious server would."""
    async with open_instance_on_database(server) as instance:
        row = "UPDATE access_grant SET sealed = ?"
        await instance.db.writer.run(lambda hand: hand.execute(row, (envelope,)))


async def test_a_grant_ends_by_itself_on_both_sides(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """The server serves nothing after expiry, the advocate's device refuses the grant, and the purge deletes the keys."""
    granted = await grant_access_to(
        server, keeper, desk, full_access_choice(server, not_after=server.clock.now_ms() + 3 * 3_600_000)
    )
    await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    end = int(granted.statement["not_after"])
    valid_clients, refused = await advocates.list_clients(desk.api_client, desk.advocate, end)
    assert (valid_clients, refused) == ([], 1)
    for _ in range(4):
        server.clock.ms += PURGE_INTERVAL_SECONDS * 1000
        async with open_instance_on_database(server) as instance:
            await purge(instance)
    assert (await desk.request("GET", f"/v1/clients/{granted.id}/changes")).status_code == 404
    assert server.query("SELECT count(*) FROM grant_wrap") == [(0,)]


async def test_a_grant_is_there_under_its_own_diary_only(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Another diary in the path is 404, a malformed id 400; the grant stays."""
    granted = await grant_access_to(server, keeper, desk)
    for diary, status in (("A" * 22, 404), ("x", 400)):
        at = f"/v1/diaries/{diary}/grants/{granted.id}"
        assert (await keeper.request("GET", f"{at}/wraps")).status_code == status
        assert (await keeper.request("DELETE", at, x_proof=keeper.proof)).status_code == status
    assert (await keeper.request("GET", f"{keeper.diary}/grants/{granted.id}/wraps")).status_code == 200
    (row,) = (await keeper.request("GET", "/v1/grants")).json()["grants"]
    assert row["ended_at"] is None


async def test_a_grant_needs_the_passphrase_and_an_end(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """A stolen session grants no access; a grant must expire; the envelope must be the grant's own."""
    person = await grant_access.fetch_advocate(api_client_for(keeper, server), desk.advocate.fingerprint_words)
    stolen = replace(keeper.identity, proof=b64(os.urandom(32)))
    with pytest.raises(InvalidCredentials):
        await grant_access.create_grant(
            api_client_for(keeper, server), stolen, person, full_access_choice(server), "Maya", server.clock.now_ms()
        )
    with pytest.raises(BadSignature):
        await grant_access_to(
            server, keeper, desk, full_access_choice(server, not_after=server.clock.now_ms() + MAX_DURATION_MS + 1)
        )
    nonsense = b64(b"x" * 90)
    body = {
        "grant": id_text(new_id()),
        "kept": nonsense,
        "not_after": server.clock.now_ms() + DAY_MS,
        "sealed": nonsense,
    }
    answer = await keeper.request(
        "POST", f"{keeper.diary}/grants", body | {"to": b64(person.fingerprint)}, x_proof=keeper.proof
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert server.query("SELECT count(*) FROM access_grant") == [(0,)]


async def test_an_advocate_gets_files_of_granted_versions_and_no_others(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """A file that a shared version names is served, sealed; another of the same diary is not found."""
    granted = await grant_access_to(server, keeper, desk)
    named, other = seal_file(keeper, b"a picture"), seal_file(keeper, b"not for anybody")
    for file in (named, other):
        await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
        await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    local_version = keeper.journal.append(VersionContent("attachment", {}, {}, ((named.blob, bytes(32)),)))
    place = local_version.opened_version.ids
    body = push.encode(
        replace(
            local_version.push,
            grants=(grant_access.wrap_keys_for_grant(granted, keeper.identity, local_version.push, place),),
        )
    )
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    assert (await keeper.request("PUT", path, body)).status_code == 201
    received = await desk.request("GET", f"/v1/clients/{granted.id}/blobs/{named.blob}/parts/0")
    assert (received.status_code, received.content) == (200, named.sealed_parts[0])
    assert (await desk.request("GET", f"/v1/clients/{granted.id}/blobs/{other.blob}/parts/0")).status_code == 404
    looks = (await keeper.request("GET", "/v1/grants")).json()["looks"]
    assert {(row["what"], row["at"] % 60_000) for row in looks} == {("file", 0)}


async def test_a_keeper_sees_who_read_what_and_when(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Times are exact to the minute, with one line per minute; another keeper gets none of it."""
    granted = await grant_access_to(server, keeper, desk)
    await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    for _ in range(3):
        await narratives_read(server, desk)
    response_body = (await keeper.request("GET", "/v1/grants")).json()
    minute = server.clock.now_ms() - server.clock.now_ms() % 60_000
    assert response_body["looks"] == [{"at": minute, "grant": granted.id, "what": "read"}]
    assert response_body["grants"][0]["looked_at"] == minute
    assert response_body["grants"][0]["to"] == b64(desk.advocate.fingerprint)
    stranger = await register_keeper(server, "203.0.113.50")
    assert (await stranger.request("GET", "/v1/grants")).json() == {"grants": [], "looks": []}


async def test_a_question_reaches_the_keeper_and_changes_nothing(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """It is sealed to the keeper and signed by the advocate; altered ones are ignored, accepted ones not listed."""
    granted = await grant_access_to(server, keeper, desk, full_access_choice(server, rights=("view", "comment")))
    held = await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    before = server.query("SELECT count(*) FROM version")
    (client,) = await desk.list_clients(server.clock.now_ms())
    about = held.opened_version.ids.record
    letter = await advocates.send_question(
        desk.api_client, desk.advocate, client, about, "Was anyone with you?", server.clock.now_ms()
    )
    api_client = api_client_for(keeper, server)
    (read,) = await grant_access.fetch_letters(api_client, keeper.identity, {granted.id: granted})
    assert (read["letter"], read["fields"]["text"], read["what"]) == (letter, "Was anyone with you?", "question")
    someone = replace(
        granted, counterparty=GrantParty(Keyset.generate().ecdsa_pub, Keyset.generate().hpke_pub, "Priya K")
    )
    assert await grant_access.fetch_letters(api_client, keeper.identity, {granted.id: someone}) == []
    assert server.query("SELECT count(*) FROM version") == before
    await grant_access.acknowledge_letter(api_client, keeper.identity, letter)
    assert await grant_access.fetch_letters(api_client, keeper.identity, {granted.id: granted}) == []
    await grant_access.acknowledge_letter(api_client, keeper.identity, letter)  # another device was faster
    await grant_access.delete_letter(api_client, keeper.identity, letter)
    with pytest.raises(NotFound):
        await grant_access.acknowledge_letter(api_client, keeper.identity, letter)


async def test_joining_needs_an_unused_invitation_and_valid_digits(server: InProcessServer) -> None:
    """Used, invented and keepers' invitations are refused; a wrong code does not use one up."""
    _, invite = await create_organisation(server)
    with pytest.raises(InvalidInvitation):
        await join_organisation(server, "abcd-efgh-jkmn-pqrs")
    desk = await join_organisation(server, invite.upper())
    with pytest.raises(InvalidInvitation):
        await join_organisation(server, invite)
    assert (await desk.request("GET", "/v1/clients")).json()["you"]["organisation"] == ORGANISATION


async def test_the_second_step_works_once_and_counts(server: InProcessServer) -> None:
    """Without a code, with a wrong or a used one: second_step; with a new one the sign-in works; a keeper has none."""
    _, invite = await create_organisation(server)
    desk = await join_organisation(server, invite)
    advocate, now = desk.advocate, server.clock.now_ms()
    with pytest.raises(SecondFactorFailed):  # the code used at registration
        await advocates.sign_in(
            desk.api_client, advocate.login, ADVOCATE_PASSPHRASE, advocate.totp_secret, now, policy=TEST_POLICY
        )
    with pytest.raises(SecondFactorFailed):
        await advocates.sign_in(
            desk.api_client,
            advocate.login,
            ADVOCATE_PASSPHRASE,
            os.urandom(20),
            now + 30_000,
            policy=TEST_POLICY,
        )
    again = await advocates.sign_in(
        desk.api_client,
        advocate.login,
        ADVOCATE_PASSPHRASE,
        advocate.totp_secret,
        now + 30_000,
        policy=TEST_POLICY,
    )
    assert again.fingerprint_words == advocate.fingerprint_words
    with pytest.raises(InvalidCredentials):
        await advocates.sign_in(
            desk.api_client,
            advocate.login,
            "not the advocate's words",
            advocate.totp_secret,
            now,
            policy=TEST_POLICY,
        )


async def test_who_leaves_reaches_nothing(server: InProcessServer, keeper: Keeper) -> None:
    """Sessions, grants and keys end in one step, even while reading; the colleague's grants stay."""
    lead, _ = await create_organisation_lead(server)
    departed = await join_organisation(server, await lead.invite_colleague(), "Sam")
    theirs, stays = await grant_access_to(server, keeper, departed), await grant_access_to(server, keeper, lead)
    await write_for_grants(keeper, PLAINTEXT_SENTINEL, theirs, stays)
    members = (await lead.request("GET", "/v1/organisation")).json()
    assert members["numbers"] == {"ending": 0, "grants": 2, "members": 2, "packs": 0}
    (sam,) = (row["member"] for row in members["members"] if row["name"] == "Sam")
    assert (await departed.request("GET", "/v1/organisation")).status_code == 404
    assert (
        await lead.request("DELETE", f"/v1/organisation/members/{sam}", x_proof=await lead.passphrase_proof())
    ).status_code == 204
    assert (await departed.request("GET", f"/v1/clients/{theirs.id}/changes")).status_code == 401
    with pytest.raises(SecondFactorFailed):
        departed_advocate = departed.advocate
        await advocates.sign_in(
            departed.api_client,
            departed_advocate.login,
            ADVOCATE_PASSPHRASE,
            departed_advocate.totp_secret,
            server.clock.now_ms() + 30_000,
            policy=TEST_POLICY,
        )
    assert await narratives_read(server, lead) == [PLAINTEXT_SENTINEL]
    assert server.query("SELECT count(*) FROM grant_wrap") == [(1,)]


async def test_an_ended_organisation_sees_nothing(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """When the operator ends it, every member's sessions and grants end, and their words find nobody."""
    granted = await grant_access_to(server, keeper, desk)
    await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    organisation = bytes(server.query("SELECT id FROM organisation")[0][0])
    async with open_instance_on_database(server) as instance:
        await organisations.end_organisation(instance, organisation)
    assert (await desk.request("GET", "/v1/clients")).status_code == 401
    with pytest.raises(NotFound):
        await grant_access.fetch_advocate(api_client_for(keeper, server), desk.advocate.fingerprint_words)


async def test_nothing_of_a_grant_can_be_read_on_the_server(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Text, purpose, names and question are in no row; the advocate's own name is stored sealed only."""
    granted = await grant_access_to(
        server, keeper, desk, full_access_choice(server, purpose=PURPOSE, rights=("view", "comment"))
    )
    held = await write_for_grants(keeper, PLAINTEXT_SENTINEL, granted)
    (client,) = await desk.list_clients(server.clock.now_ms())
    about = held.opened_version.ids.record
    await advocates.send_question(
        desk.api_client, desk.advocate, client, about, "Was anyone with you?", server.clock.now_ms()
    )
    rows = "\n".join(server.dump())
    for plaintext in (PLAINTEXT_SENTINEL, PURPOSE, "Maya", "Leigh", "Was anyone with you?", "followed"):
        assert plaintext not in rows and plaintext.encode().hex().upper() not in rows.upper()


async def test_a_summary_is_for_the_grant_alone(server: InProcessServer, keeper: Keeper, desk: AdvocateDevice) -> None:
    """The list shows counts and dates that only this grant's key opens."""
    granted = await grant_access_to(server, keeper, desk)
    summary = {"dates": [{"at": server.clock.now_ms() + DAY_MS, "what": "recording_wiped"}], "entries": 4}
    await grant_access.upload_summary(
        api_client_for(keeper, server), granted, summary | {"made_at": server.clock.now_ms(), "newest_at": None}
    )
    (client,) = await desk.list_clients(server.clock.now_ms())
    assert client.summary is not None and client.summary["entries"] == 4
    with pytest.raises(SealError):
        await grant_access.upload_summary(api_client_for(keeper, server), granted, {"entries": 4})


async def test_choosing_is_checked() -> None:
    """Invalid scopes, rights and times are never signed."""
    keyset, other = Keyset.generate(), Keyset.generate()
    from diary.crypto.signing import AuthorSigner

    person = GrantParty(other.ecdsa_pub, other.hpke_pub, "x")
    good = GrantTerms({"all": True}, DAY_MS, "why")
    base = {
        "diary": id_text(new_id()),
        "from": b64(person.fingerprint),
        "grant": id_text(new_id()),
        "made_at": 0,
        "not_after": good.not_after,
        "prev": None,
        "purpose": good.purpose,
        "restricted": False,
        "rights": ["view"],
        "scope": {"all": True},
        "to": b64(person.fingerprint),
    }
    grants.sign_grant(AuthorSigner(keyset.ecdsa_scalar), base)
    twice = [id_text(bytes(16))] * 2
    rights: list[list[str]] = [[], ["comment"], ["view", "view"], ["pack", "view"], ["view", "write"]]
    one_case = {"case": id_text(bytes(16))}
    scopes: list[dict[str, object]] = [
        {},
        {"all": False},
        {"all": 1},
        {"records": []},
        {"records": twice},
        {"case": "x"},
        {**one_case, "all": True},
    ]
    invalid_terms: list[dict[str, object]] = [
        {"restricted": 1},
        {"purpose": ""},
        {"purpose": "x" * 201},
        {"not_after": 0},
        {"not_after": MAX_DURATION_MS + 1},
        {"made_at": -1},
        {"to": "AAAA"},
        {"prev": "x"},
    ]
    invalid_terms += [{"rights": value} for value in rights]
    invalid_terms += [{"scope": value} for value in scopes]
    for terms in invalid_terms:
        with pytest.raises(BadSignature):
            grants.sign_grant(AuthorSigner(keyset.ecdsa_scalar), base | terms)


async def test_the_same_version_with_other_wraps_for_grants_is_the_same(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice
) -> None:
    """Sent again without the grant or with new wraps, it is 200 and one version, and the audit passes."""
    granted = await grant_access_to(server, keeper, desk)
    local_version = keeper.journal.append(VersionContent("incident", {"narrative": "Once."}))
    place = local_version.opened_version.ids
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    bodies = [
        push.encode(
            replace(
                local_version.push,
                grants=(grant_access.wrap_keys_for_grant(granted, keeper.identity, local_version.push, place),),
            )
        ),
        push.encode(
            replace(
                local_version.push,
                grants=(grant_access.wrap_keys_for_grant(granted, keeper.identity, local_version.push, place),),
            )
        ),
        push.encode(local_version.push),
    ]
    assert len(set(bodies)) == 3
    answers = [await keeper.request("PUT", path, body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    instance = server.app.state.app_context.instance
    pub = instance.notary.pub
    assert await instance.db.run_read(lambda hand: list(audit_rows(hand, pub, None, None))) == []
