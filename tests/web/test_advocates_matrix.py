"""Every client on every advocate's route: in scope, out of scope, expired, ended, removed, a keeper, anonymous.

Keepers on keepers' routes are in test_authorisation.py.
"""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from diary.client import grant_access
from diary.client.grant_access import GrantTerms
from diary.client.journal import VersionContent
from diary.crypto.handover import new_kdf_params
from diary.crypto.kdf import CHEAPEST_PROFILE
from diary.crypto.sealing import EnvelopeKind as Envelope
from diary.crypto.sealing import envelope_prefix
from diary.crypto.signing import AuthorSigner
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.sharing.letters import LetterIds, seal_letter
from diary.web.route_policy import Audience, BodyKind, RoutePolicy
from diary.web.routes import ROUTES
from tests.advocate_helpers import (
    ADVOCATE_PASSPHRASE,
    AdvocateDevice,
    api_client_for,
    create_organisation_lead,
    full_access_choice,
    grant_access_to,
    join_organisation,
)
from tests.server_fixture import InProcessServer, Keeper, Phone, passphrase_proof, seal_file
from tests.web import test_authorisation as keepers_rows

MEMBER_POLICIES = [row for row in ROUTES if row.requires_membership]
CLIENT_POLICIES = [row for row in MEMBER_POLICIES if "{grant}" in row.path]
HOUR_MS = 3_600_000


def route_name(policy: RoutePolicy) -> str:
    """Return a route's name for a test id."""
    return f"{policy.method} {policy.path}"


async def grant_with_file(
    server: InProcessServer, keeper: Keeper, desk: AdvocateDevice, choice: GrantTerms
) -> dict[str, str]:
    """Create a grant with one version that names a file, and a letter. Return the ids."""
    granted = await grant_access_to(server, keeper, desk, choice)
    file = seal_file(keeper, b"a picture")
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    local_version = keeper.journal.append(VersionContent("attachment", {}, {}, ((file.blob, bytes(32)),)))
    place = local_version.opened_version.ids
    body = push.encode(
        replace(
            local_version.push,
            grants=(grant_access.wrap_keys_for_grant(granted, keeper.identity, local_version.push, place),),
        )
    )
    await keeper.request("PUT", f"{keeper.diary}/records/{place.record}/versions/{place.version}", body)
    return {
        "grant": granted.id,
        "blob": file.blob,
        "i": "0",
        "letter": id_text(new_id()),
        "member": desk.advocate.account,
    }


def valid_body(
    policy: RoutePolicy, desk: AdvocateDevice, keeper: Keeper, ids: dict[str, str]
) -> bytes | dict[str, object] | None:
    """Return a body the route accepts."""
    if policy.path.endswith("/marks") and policy.changes_state:
        marks = {"diary": keeper.identity.diary, "grant": ids["grant"], "t": "marks"}
        return envelope_prefix(Envelope.SUMMARY, marks) + b"x" * 90
    if policy.body.kind is BodyKind.OCTETS:
        place = LetterIds(keeper.identity.diary, ids["grant"], ids["letter"])
        fields = {"fields": {"about": id_text(bytes(16)), "text": "When?"}, "what": "question", "made_at": 1}
        letter = fields | {"from": b64(desk.advocate.fingerprint)}
        return seal_letter(
            AuthorSigner(desk.advocate.keyset.ecdsa_scalar), keeper.identity.keyset.hpke_pub, place, letter
        )
    return {"what": "pack"} if policy.body.kind is BodyKind.JSON else None


async def send_policy_request(
    policy: RoutePolicy, client: Phone, body: bytes | dict[str, object] | None, ids: dict[str, str]
) -> httpx.Response:
    """Send the route's request for these ids."""
    return await client.request(policy.method, re.sub(r"{(\w+)}", lambda found: ids[found[1]], policy.path), body)


@pytest.mark.parametrize("row", MEMBER_POLICIES, ids=route_name)
async def test_keepers_and_strangers_are_refused_on_advocate_routes(
    row: RoutePolicy, keeper: Keeper, server: InProcessServer
) -> None:
    """Without a session 401; a keeper, even the diary's own, gets the same 404 as a stranger."""
    desk, _ = await create_organisation_lead(server)
    ids = await grant_with_file(server, keeper, desk, full_access_choice(server))
    body = valid_body(row, desk, keeper, ids)
    before = server.dump()
    stranger = await send_policy_request(row, Phone(server.http_client()), body, ids)
    assert (stranger.status_code, stranger.json()["error"]) == (401, "signed_out")
    theirs = await send_policy_request(row, keeper, body, ids)
    assert (theirs.status_code, theirs.json()["error"]) == (404, "not_found")
    assert server.dump() == before


@pytest.mark.parametrize("row", CLIENT_POLICIES, ids=route_name)
async def test_forbidden_expired_ended_and_absent_get_one_response(
    row: RoutePolicy, keeper: Keeper, server: InProcessServer
) -> None:
    """In scope there is an answer; for a colleague, after expiry, after the end and for unknown ids the same bytes."""
    desk, _ = await create_organisation_lead(server)
    ids = await grant_with_file(
        server, keeper, desk, full_access_choice(server, not_after=server.clock.now_ms() + HOUR_MS)
    )
    assert (await send_policy_request(row, desk, valid_body(row, desk, keeper, ids), ids)).status_code in (
        200,
        201,
        204,
    )
    invite = await desk.invite_colleague()
    colleague = await join_organisation(server, invite, "Sam")
    absent_ids = ids | {"grant": id_text(new_id())}
    absent = await send_policy_request(row, desk, valid_body(row, desk, keeper, absent_ids), absent_ids)
    other = await send_policy_request(row, colleague, valid_body(row, colleague, keeper, ids), ids)
    server.clock.ms += 2 * HOUR_MS
    late_answer = await send_policy_request(row, desk, valid_body(row, desk, keeper, ids), ids)
    server.clock.ms -= 2 * HOUR_MS
    await grant_access.end_grant(api_client_for(keeper, server), keeper.identity, ids["grant"])
    ended = await send_policy_request(row, desk, valid_body(row, desk, keeper, ids), ids)
    answers = [absent, other, late_answer, ended]
    assert {answer_item.status_code for answer_item in answers} == {404}
    assert (
        len({(answer_item.content, tuple(sorted(answer_item.headers.multi_items()))) for answer_item in answers}) == 1
    )


async def test_who_has_left_is_a_stranger_on_every_row(keeper: Keeper, server: InProcessServer) -> None:
    """The session of a member with a grant is over once the membership has ended, on every route."""
    lead, _ = await create_organisation_lead(server)
    invite = await lead.invite_colleague()
    departed = await join_organisation(server, invite, "Sam")
    ids = await grant_with_file(server, keeper, departed, full_access_choice(server))
    assert (await departed.request("GET", f"/v1/clients/{ids['grant']}/changes")).status_code == 200
    place = f"/v1/organisation/members/{departed.advocate.account}"
    assert (await lead.request("DELETE", place, x_proof=await lead.passphrase_proof())).status_code == 204
    before = server.dump()
    for row in MEMBER_POLICIES:
        answer = await send_policy_request(row, departed, valid_body(row, departed, keeper, ids), ids)
        assert (answer.status_code, answer.json()["error"]) == (401, "signed_out"), route_name(row)
    assert server.dump() == before


async def test_an_advocate_in_scope_finds_nothing_at_a_keepers_addresses(
    keeper: Keeper, server: InProcessServer
) -> None:
    """With all ids of the client and the advocate's own proof, the answer is that for unknown ids, byte for byte."""
    desk, _ = await create_organisation_lead(server)
    others_ids = await keepers_rows.create_one_of_everything(keeper, server, desk)
    nobodys = {
        name: others_ids[name] if name in ("i", "size", "fingerprint") else id_text(new_id()) for name in others_ids
    }
    kdf = (await desk.request("POST", "/v1/prelogin", {"login": desk.advocate.login})).json()
    proof = passphrase_proof(ADVOCATE_PASSPHRASE, kdf)
    assert (await desk.request("GET", "/v1/sessions", x_proof=proof)).status_code == 200
    before = server.dump()
    for row in keepers_rows.POLICIES_WITH_IDS:
        answers = []
        for ids in (others_ids, nobodys):
            body = keepers_rows.valid_body(row, keeper, ids)
            answers.append(await desk.request(row.method, path_with_ids(row, ids), body, x_proof=proof))
        forbidden, absent = answers
        # A keeper's push has that keeper's signature: an advocate has no diary for one.
        allowed = (404, 400) if row.path.endswith("versions/{version}") else (404,)
        assert forbidden.status_code in allowed, route_name(row)
        assert forbidden.content == absent.content, route_name(row)
        assert keepers_rows.header_list(forbidden) == keepers_rows.header_list(absent), route_name(row)
    assert server.dump() == before


def path_with_ids(policy: RoutePolicy, ids: dict[str, str]) -> str:
    """Return a route's path with these ids."""
    return re.sub(r"{(\w+)}", lambda found: ids[found[1]], policy.path)


async def test_unscoped_routes_show_an_advocate_only_their_own_account(keeper: Keeper, server: InProcessServer) -> None:
    """Lists of sessions, grants and handovers have nothing of the client's, and nothing can be created in their diary."""
    desk, _ = await create_organisation_lead(server)
    others_ids = await keepers_rows.create_one_of_everything(keeper, server, desk)
    secret = [
        others_ids[name]
        for name in ("diary", "grant", "letter", "witness", "handover", "pack", "record", "blob", "session")
    ]
    kdf = (await desk.request("POST", "/v1/prelogin", {"login": desk.advocate.login})).json()
    proof = passphrase_proof(ADVOCATE_PASSPHRASE, kdf)
    for row in keepers_rows.KEEPER_POLICIES:
        if row in keepers_rows.POLICIES_WITH_IDS or row.changes_state or "{" in row.path:
            continue
        answer = await desk.request(row.method, row.path, x_proof=proof)
        assert answer.status_code == 200, route_name(row)
        assert [one for one in secret if one in answer.text] == [], route_name(row)
    before = server.dump()
    diary = {"diary": others_ids["diary"]}
    begun = diary | {"name": "Q" * 22, "auth": "Q" * 43, "parts": 2, "size": 9000, "handover": id_text(new_id())}
    for path, body in (("/v1/packs", diary), ("/v1/handovers", begun | {"kdf": new_kdf_params(CHEAPEST_PROFILE)})):
        assert (await desk.request("POST", path, body, x_proof=proof)).status_code == 404, path
    assert server.dump() == before


async def test_a_session_opens_nothing_on_the_public_host(keeper: Keeper, server: InProcessServer) -> None:
    """Handovers and statements need the words: keeper, advocate in scope and anonymous clients get the same answer."""
    desk, _ = await create_organisation_lead(server)
    ids = await keepers_rows.create_one_of_everything(keeper, server, desk) | {"upload": id_text(new_id())}
    nothing = {"name": b64(bytes(16)), "auth": "A" * 43, "parts": 1, "size": 9000}
    request_count = 0
    for row in ROUTES:
        if row.audience is not Audience.RECIPIENT:
            continue
        answers = []
        for number, tokens in enumerate((keeper.tokens, desk.tokens, {})):
            transport = server.http_client(f"203.0.113.{10 * request_count + number}")._transport
            phone = Phone(httpx.AsyncClient(transport=transport, base_url=server.settings.public_url), dict(tokens))
            body = (
                nothing if row.body.kind is BodyKind.JSON else b"x" * 200 if row.body.kind is BodyKind.OCTETS else None
            )
            answers.append(await phone.request(row.method, path_with_ids(row, ids), body, x_proof=keeper.proof))
        assert len({(answer_item.status_code, answer_item.content) for answer_item in answers}) == 1, route_name(row)
        assert not any(answer_item.headers.get_list("set-cookie") for answer_item in answers), route_name(row)
        refused = (200,) if row.path.endswith("/salt") else (400, 401)  # a salt is given for any name
        assert answers[0].status_code in refused, route_name(row)
        request_count += 1
    assert request_count >= 7
