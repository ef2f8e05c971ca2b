"""An advocate sees what a keeper gave, for as long as it was given, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from diary.client import advocates, grant_access
from diary.client.grant_access import Choice
from diary.client.journal import Said
from diary.crypto.fingerprints import to_words
from diary.crypto.keys import Keyset
from diary.encoding import b64
from diary.errors import BadSignature, NoMatch, NotFound, NotInvited, SealError, SecondStep
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.sharing import grants
from diary.ledger.sharing.grants import LONGEST_MS, Granted, Person
from diary.services.sharing import organisations
from diary.services.sync.purge import HOUR_S, purge
from diary.storage.log.audit import audit_rows
from tests.advocates import (
    ORGANISATION,
    WORDS,
    Desk,
    all_of_it,
    beside,
    found_organisation,
    hire,
    lead_of,
    let_in,
    reach,
)
from tests.keepers import Keeper, Served, enrol, seal_file, served

DAY = 86_400_000
SENTINEL = "He followed me to the tram stop at Alder Road."
PURPOSE = "Report to the police together"


@pytest.fixture
async def server(tmp_path: Path, database_setting: dict[str, str]) -> AsyncIterator[Served]:
    """A server of its own, over each database."""
    async with served(tmp_path, **database_setting) as running:
        yield running


@pytest.fixture
async def desk(server: Served) -> Desk:
    """An advocate who leads a new organisation."""
    return (await lead_of(server))[0]


async def give(server: Served, keeper: Keeper, granted: Granted, *held: object) -> int:
    """The keeper gives the keys of versions that are on the server."""
    versions = [(one.push, one.opened.place) for one in held]  # type: ignore[attr-defined]
    return await grant_access.give(reach(keeper, server), keeper.identity, granted, versions)


async def write(keeper: Keeper, text: str, *granted: Granted, **restricted: str) -> object:
    """A version sealed, pushed with wraps for the grants, and held."""
    held = keeper.journal.append(Said("incident", {"narrative": text}, restricted))
    place = held.opened.place
    given = tuple(grant_access.keys_for(one, keeper.identity, held.push, place) for one in granted)
    body = push.encode(replace(held.push, grants=given))
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    assert (await keeper.ask("PUT", path, body)).status_code in (200, 201)
    return held


async def seen(server: Served, desk: Desk) -> list[str]:
    """What the advocate reads of the one client there is."""
    (client,) = await desk.clients(server.clock.now_ms())
    return [str(one.opened.fields["narrative"]) for one in await advocates.read(desk.reached, client)]


async def test_what_was_and_what_comes_is_seen_and_nothing_after_the_end(
    server: Served, keeper: Keeper, desk: Desk
) -> None:
    """Old versions by their keys, new ones with their own push; after the end nothing, of what was or what comes."""
    before = await write(keeper, "Before anybody knew.")
    granted = await let_in(server, keeper, desk)
    assert await seen(server, desk) == []
    assert await give(server, keeper, granted, before) == 1
    assert await give(server, keeper, granted, before) == 0
    await write(keeper, SENTINEL, granted)
    assert await seen(server, desk) == ["Before anybody knew.", SENTINEL]
    await grant_access.shut_out(reach(keeper, server), keeper.identity, granted.id)
    after = await write(keeper, "After the end.", granted)
    assert await desk.clients(server.clock.now_ms()) == []
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}/changes")).status_code == 404
    assert await give(server, keeper, granted, after) == 0
    assert server.rows("SELECT count(*) FROM grant_wrap") == [(0,)]


async def test_restricted_fields_only_where_they_were_ticked(server: Served, keeper: Keeper, desk: Desk) -> None:
    """Without the tick a version is read without its restricted part, and says so; with it, whole and checked."""
    plain = await let_in(server, keeper, desk)
    other = await hire(server, await desk.invites(), "Sam")
    whole = await let_in(server, keeper, other, all_of_it(server, restricted=True))
    await write(keeper, SENTINEL, plain, whole, place_detail="12 Alder Road")
    for person, expected in ((desk, None), (other, {"place_detail": "12 Alder Road"})):
        (client,) = await person.clients(server.clock.now_ms())
        (one,) = await advocates.read(person.reached, client)
        assert (one.opened.restricted, one.opened.withheld) == (expected, expected is None)
        assert not one.opened.altered


async def test_the_server_cannot_substitute_keys(
    server: Served, keeper: Keeper, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that are not the nine words' are refused before anything is granted; words that name nobody find nobody."""
    forged = Keyset.new()
    told = {
        "ecdsa_pub": b64(forged.ecdsa_pub),
        "hpke_pub": b64(forged.hpke_pub),
        "name": "Priya K",
        "organisation": ORGANISATION,
    }
    reached = reach(keeper, server)

    async def swapped(*_: object, **__: object) -> dict[str, object]:
        return told

    with monkeypatch.context() as patched:
        patched.setattr(reached, "json", swapped)
        with pytest.raises(BadSignature):
            await grant_access.meet(reached, desk.advocate.words)
    with pytest.raises(NotFound):
        await grant_access.meet(reached, to_words(os.urandom(12)))


async def test_grants_that_do_not_hold_are_left_out(server: Served, keeper: Keeper, desk: Desk) -> None:
    """A grant by a stranger's key in the keeper's name, one widened after signing, one for somebody else: each is ignored."""
    granted = await let_in(server, keeper, desk, all_of_it(server, scope={"records": [id_text(new_id())]}))
    me = Person(desk.advocate.keyset.ecdsa_pub, desk.advocate.keyset.hpke_pub, "Priya K")
    true_keeper = Person(keeper.identity.keyset.ecdsa_pub, keeper.identity.keyset.hpke_pub, "Maya")
    stranger = Person(Keyset.new().ecdsa_pub, Keyset.new().hpke_pub, "Maya")
    widened = dict(granted.said) | {"scope": {"all": True}}
    readdressed = dict(granted.said) | {"to": b64(os.urandom(12))}
    longer = dict(granted.said) | {"not_after": int(granted.said["not_after"]) + DAY}
    forgeries = [
        grants.seal_for(me, true_keeper, widened, granted.key),
        grants.seal_for(me, true_keeper, longer, granted.key),
        grants.seal_for(me, stranger, granted.said, granted.key),
    ]
    for forged in forgeries:
        await put_sealed(server, granted, forged)
        assert await advocates.list_clients(desk.reached, desk.advocate, server.clock.now_ms()) == ([], 1)
    with pytest.raises(BadSignature):
        grants.check(readdressed, keeper.identity.keyset.ecdsa_pub)


async def put_sealed(server: Served, granted: Granted, envelope: bytes) -> None:
    """What a server that cheats hands out in a grant's place."""
    async with beside(server) as instance:
        row = "UPDATE access_grant SET sealed = ?"
        await instance.db.writer.run(lambda hand: hand.execute(row, (envelope,)))


async def test_a_grant_ends_by_itself_on_both_sides(server: Served, keeper: Keeper, desk: Desk) -> None:
    """By the server's clock nothing is served after the end, by the advocate's it does not stand; the purge drops the keys."""
    granted = await let_in(server, keeper, desk, all_of_it(server, not_after=server.clock.now_ms() + 3 * 3_600_000))
    await write(keeper, SENTINEL, granted)
    end = int(granted.said["not_after"])
    found, refused = await advocates.list_clients(desk.reached, desk.advocate, end)
    assert (found, refused) == ([], 1)
    for _ in range(4):
        server.clock.ms += HOUR_S * 1000
        async with beside(server) as instance:
            await purge(instance)
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}/changes")).status_code == 404
    assert server.rows("SELECT count(*) FROM grant_wrap") == [(0,)]


async def test_a_grant_is_there_under_its_own_diary_only(server: Served, keeper: Keeper, desk: Desk) -> None:
    """Another diary in the address is 404, what is no id 400; the grant stands."""
    granted = await let_in(server, keeper, desk)
    for diary, status in (("A" * 22, 404), ("x", 400)):
        at = f"/v1/diaries/{diary}/grants/{granted.id}"
        assert (await keeper.ask("GET", f"{at}/wraps")).status_code == status
        assert (await keeper.ask("DELETE", at, x_proof=keeper.proof)).status_code == status
    assert (await keeper.ask("GET", f"{keeper.diary}/grants/{granted.id}/wraps")).status_code == 200
    (row,) = (await keeper.ask("GET", "/v1/grants")).json()["grants"]
    assert row["ended_at"] is None


async def test_a_grant_needs_the_passphrase_and_an_end(server: Served, keeper: Keeper, desk: Desk) -> None:
    """A stolen session lets nobody in; nobody is let in for ever; the envelope must be the grant's own."""
    person = await grant_access.meet(reach(keeper, server), desk.advocate.words)
    stolen = replace(keeper.identity, proof=b64(os.urandom(32)))
    with pytest.raises(NoMatch):
        await grant_access.let_in(
            reach(keeper, server), stolen, person, all_of_it(server), "Maya", server.clock.now_ms()
        )
    with pytest.raises(BadSignature):
        await let_in(server, keeper, desk, all_of_it(server, not_after=server.clock.now_ms() + LONGEST_MS + 1))
    nonsense = b64(b"x" * 90)
    body = {"grant": id_text(new_id()), "kept": nonsense, "not_after": server.clock.now_ms() + DAY, "sealed": nonsense}
    told = await keeper.ask(
        "POST", f"{keeper.diary}/grants", body | {"to": b64(person.fingerprint)}, x_proof=keeper.proof
    )
    assert (told.status_code, told.json()["error"]) == (400, "bad_request")
    assert server.rows("SELECT count(*) FROM access_grant") == [(0,)]


async def test_an_advocate_gets_files_of_granted_versions_and_no_others(
    server: Served, keeper: Keeper, desk: Desk
) -> None:
    """A file that a given version names is served, sealed; another of the same diary is not there."""
    granted = await let_in(server, keeper, desk)
    named, other = seal_file(keeper, b"a picture"), seal_file(keeper, b"not for anybody")
    for file in (named, other):
        await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
        await keeper.ask("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed[0])
    held = keeper.journal.append(Said("attachment", {}, {}, ((named.blob, bytes(32)),)))
    place = held.opened.place
    body = push.encode(replace(held.push, grants=(grant_access.keys_for(granted, keeper.identity, held.push, place),)))
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    assert (await keeper.ask("PUT", path, body)).status_code == 201
    got = await desk.ask("GET", f"/v1/clients/{granted.id}/blobs/{named.blob}/parts/0")
    assert (got.status_code, got.content) == (200, named.sealed[0])
    assert (await desk.ask("GET", f"/v1/clients/{granted.id}/blobs/{other.blob}/parts/0")).status_code == 404
    looks = (await keeper.ask("GET", "/v1/grants")).json()["looks"]
    assert {(one["what"], one["at"] % 60_000) for one in looks} == {("file", 0)}


async def test_a_keeper_sees_who_read_what_and_when(server: Served, keeper: Keeper, desk: Desk) -> None:
    """To the minute; the same within a minute is one line; another keeper sees nothing of it."""
    granted = await let_in(server, keeper, desk)
    await write(keeper, SENTINEL, granted)
    for _ in range(3):
        await seen(server, desk)
    told = (await keeper.ask("GET", "/v1/grants")).json()
    minute = server.clock.now_ms() - server.clock.now_ms() % 60_000
    assert told["looks"] == [{"at": minute, "grant": granted.id, "what": "read"}]
    assert told["grants"][0]["looked_at"] == minute
    assert told["grants"][0]["to"] == b64(desk.advocate.fingerprint)
    stranger = await enrol(server, "203.0.113.50")
    assert (await stranger.ask("GET", "/v1/grants")).json() == {"grants": [], "looks": []}


async def test_a_question_reaches_the_keeper_and_changes_nothing(server: Served, keeper: Keeper, desk: Desk) -> None:
    """Sealed to the keeper, signed by the advocate; tampered with or by another key, nobody's; taken in, it waits no more."""
    granted = await let_in(server, keeper, desk, all_of_it(server, rights=("view", "comment")))
    held = await write(keeper, SENTINEL, granted)
    before = server.rows("SELECT count(*) FROM version")
    (client,) = await desk.clients(server.clock.now_ms())
    about = held.opened.place.record  # type: ignore[attr-defined]
    letter = await advocates.ask(
        desk.reached, desk.advocate, client, about, "Was anyone with you?", server.clock.now_ms()
    )
    reached = reach(keeper, server)
    (read,) = await grant_access.read_letters(reached, keeper.identity, {granted.id: granted})
    assert (read["letter"], read["fields"]["text"], read["what"]) == (letter, "Was anyone with you?", "question")
    someone = replace(granted, other=Person(Keyset.new().ecdsa_pub, Keyset.new().hpke_pub, "Priya K"))
    assert await grant_access.read_letters(reached, keeper.identity, {granted.id: someone}) == []
    assert server.rows("SELECT count(*) FROM version") == before
    await grant_access.take_in(reached, keeper.identity, letter)
    assert await grant_access.read_letters(reached, keeper.identity, {granted.id: granted}) == []
    await grant_access.take_in(reached, keeper.identity, letter)  # another device was faster
    await grant_access.drop_letter(reached, keeper.identity, letter)
    with pytest.raises(NotFound):
        await grant_access.take_in(reached, keeper.identity, letter)


async def test_joining_needs_an_unused_invitation_and_valid_digits(server: Served) -> None:
    """A used invitation, a made-up one and a keeper's own open nothing; wrong digits use none up."""
    _, invite = await found_organisation(server)
    with pytest.raises(NotInvited):
        await hire(server, "abcd-efgh-jkmn-pqrs")
    desk = await hire(server, invite.upper())
    with pytest.raises(NotInvited):
        await hire(server, invite)
    assert (await desk.ask("GET", "/v1/clients")).json()["you"]["organisation"] == ORGANISATION


async def test_the_second_step_works_once_and_counts(server: Served) -> None:
    """Right words without digits, with wrong ones or with used ones: second_step; with fresh ones, in; the keeper has none."""
    _, invite = await found_organisation(server)
    desk = await hire(server, invite)
    made, now = desk.advocate, server.clock.now_ms()
    with pytest.raises(SecondStep):  # the digits of joining
        await advocates.sign_in(desk.reached, made.login, WORDS, made.secret, now, policy=policy())
    with pytest.raises(SecondStep):
        await advocates.sign_in(desk.reached, made.login, WORDS, os.urandom(20), now + 30_000, policy=policy())
    again = await advocates.sign_in(desk.reached, made.login, WORDS, made.secret, now + 30_000, policy=policy())
    assert again.words == made.words
    with pytest.raises(NoMatch):
        await advocates.sign_in(desk.reached, made.login, "not the advocate's words", made.secret, now, policy=policy())


def policy() -> object:
    """The cheap locks of tests."""
    from diary.crypto.kdf import TESTS

    return TESTS


async def test_who_leaves_reaches_nothing(server: Served, keeper: Keeper) -> None:
    """Sessions, grants and keys end in one step, also in the middle of reading; the colleague's grants stay."""
    lead, _ = await lead_of(server)
    gone = await hire(server, await lead.invites(), "Sam")
    theirs, stays = await let_in(server, keeper, gone), await let_in(server, keeper, lead)
    await write(keeper, SENTINEL, theirs, stays)
    members = (await lead.ask("GET", "/v1/organisation")).json()
    assert members["numbers"] == {"ending": 0, "grants": 2, "members": 2, "packs": 0}
    (sam,) = (one["member"] for one in members["members"] if one["name"] == "Sam")
    assert (await gone.ask("GET", "/v1/organisation")).status_code == 404
    assert (await lead.ask("DELETE", f"/v1/organisation/members/{sam}", x_proof=await lead.prove())).status_code == 204
    assert (await gone.ask("GET", f"/v1/clients/{theirs.id}/changes")).status_code == 401
    with pytest.raises(SecondStep):
        made = gone.advocate
        await advocates.sign_in(
            gone.reached, made.login, WORDS, made.secret, server.clock.now_ms() + 30_000, policy=policy()
        )
    assert await seen(server, lead) == [SENTINEL]
    assert server.rows("SELECT count(*) FROM grant_wrap") == [(1,)]


async def test_an_ended_organisation_sees_nothing(server: Served, keeper: Keeper, desk: Desk) -> None:
    """The operator ends it: every member's sessions and grants go, and nobody finds their words any more."""
    granted = await let_in(server, keeper, desk)
    await write(keeper, SENTINEL, granted)
    organisation = bytes(server.rows("SELECT id FROM organisation")[0][0])
    async with beside(server) as instance:
        await organisations.end(instance, organisation)
    assert (await desk.ask("GET", "/v1/clients")).status_code == 401
    with pytest.raises(NotFound):
        await grant_access.meet(reach(keeper, server), desk.advocate.words)


async def test_nothing_of_a_grant_can_be_read_on_the_server(server: Served, keeper: Keeper, desk: Desk) -> None:
    """Text, purpose, names between the two and the question: in no row; the advocate's own name only sealed."""
    granted = await let_in(server, keeper, desk, all_of_it(server, purpose=PURPOSE, rights=("view", "comment")))
    held = await write(keeper, SENTINEL, granted)
    (client,) = await desk.clients(server.clock.now_ms())
    about = held.opened.place.record  # type: ignore[attr-defined]
    await advocates.ask(desk.reached, desk.advocate, client, about, "Was anyone with you?", server.clock.now_ms())
    rows = "\n".join(server.dump())
    for said in (SENTINEL, PURPOSE, "Maya", "Leigh", "Was anyone with you?", "followed"):
        assert said not in rows and said.encode().hex().upper() not in rows.upper()


async def test_a_summary_is_for_the_grant_alone(server: Served, keeper: Keeper, desk: Desk) -> None:
    """The list shows counts and dates that only this grant's key opens."""
    granted = await let_in(server, keeper, desk)
    told = {"dates": [{"at": server.clock.now_ms() + DAY, "what": "recording_wiped"}], "entries": 4}
    await grant_access.summarise(
        reach(keeper, server), granted, told | {"made_at": server.clock.now_ms(), "newest_at": None}
    )
    (client,) = await desk.clients(server.clock.now_ms())
    assert client.summary is not None and client.summary["entries"] == 4
    with pytest.raises(SealError):
        await grant_access.summarise(reach(keeper, server), granted, {"entries": 4})


async def test_choosing_is_checked() -> None:
    """Scopes, rights and times that make no sense are signed by nobody."""
    keyset, other = Keyset.new(), Keyset.new()
    from diary.crypto.signing import Author

    person = Person(other.ecdsa_pub, other.hpke_pub, "x")
    good = Choice({"all": True}, DAY, "why")
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
    grants.make(Author(keyset.ecdsa), base)
    twice = [id_text(bytes(16))] * 2
    rights = ([], ["comment"], ["view", "view"], ["pack", "view"], ["view", "write"])
    one_case = {"case": id_text(bytes(16))}
    scopes = (
        {},
        {"all": False},
        {"all": 1},
        {"records": []},
        {"records": twice},
        {"case": "x"},
        one_case | {"all": True},
    )
    bent: list[dict[str, object]] = [
        *({"rights": one} for one in rights),
        *({"scope": one} for one in scopes),
        *({"restricted": 1}, {"purpose": ""}, {"purpose": "x" * 201}, {"not_after": 0}, {"not_after": LONGEST_MS + 1}),
        *({"made_at": -1}, {"to": "AAAA"}, {"prev": "x"}),
    ]
    for one in bent:
        with pytest.raises(BadSignature):
            grants.make(Author(keyset.ecdsa), base | one)


async def test_the_same_version_with_other_wraps_for_grants_is_the_same(
    server: Served, keeper: Keeper, desk: Desk
) -> None:
    """Sent again after its answer was lost, without the grant or with new wraps for it: 200, one version, a sound audit."""
    granted = await let_in(server, keeper, desk)
    held = keeper.journal.append(Said("incident", {"narrative": "Once."}))
    place = held.opened.place
    path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
    bodies = [
        push.encode(replace(held.push, grants=(grant_access.keys_for(granted, keeper.identity, held.push, place),))),
        push.encode(replace(held.push, grants=(grant_access.keys_for(granted, keeper.identity, held.push, place),))),
        push.encode(held.push),
    ]
    assert len(set(bodies)) == 3
    answers = [await keeper.ask("PUT", path, body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    instance = server.app.state.office.instance
    pub = instance.notary.pub
    assert await instance.db.page(lambda hand: list(audit_rows(hand, pub, None, None))) == []
