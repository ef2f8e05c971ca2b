"""Two keepers and an anonymous client on every route: another's objects are answered as if they did not exist."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from diary.client.advocates import send_question as ask_of
from diary.crypto.handover import new_kdf_params
from diary.crypto.kdf import CHEAPEST_PROFILE
from diary.crypto.sealing import SUITE_PUBLIC_KEY, SUITE_SYMMETRIC, envelope_prefix
from diary.crypto.sealing import EnvelopeKind as Envelope
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.web.route_policy import Audience, BodyKind, RoutePolicy
from diary.web.routes import ROUTES
from tests.advocate_helpers import AdvocateDevice, create_organisation_lead, grant_access_to
from tests.server_fixture import NOON_MS, InProcessServer, Keeper, seal_file

KEEPER_POLICIES = [row for row in ROUTES if row.audience in (Audience.KEEPER, Audience.PROVED)]
# Routes about the session itself name nothing of another's; any keeper who has the nine words may find an advocate.
POLICIES_WITH_IDS = [row for row in KEEPER_POLICIES if "{" in row.path and "{fingerprint}" not in row.path]


def route_name(policy: RoutePolicy) -> str:
    """Return a route's name for a test id."""
    return f"{policy.method} {policy.path}"


async def create_one_of_everything(
    keeper: Keeper, server: InProcessServer, desk: AdvocateDevice | None = None
) -> dict[str, str]:
    """Create one of everything, and return the ids by their names in paths.

    `desk`: the advocate to grant access to, a new one by default.
    """
    path, body = keeper.seal()
    await keeper.request("PUT", path, body)
    file = seal_file(keeper, b"a picture")
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}", file.declaration)
    await keeper.request("PUT", f"{keeper.diary}/blobs/{file.blob}/parts/0", file.sealed_parts[0])
    session = (await keeper.request("GET", "/v1/session")).json()["session"]
    pack = (await keeper.request("POST", "/v1/packs", {"diary": keeper.identity.diary})).json()["pack"]
    erased_record = {"records": [path.split("/")[5]], "why": "keeper"}
    erasure = (await keeper.request("POST", f"{keeper.diary}/erasures", erased_record, x_proof=keeper.proof)).json()[
        "erasure"
    ]
    handover = {"diary": keeper.identity.diary, "name": "A" * 22, "auth": "A" * 43, "parts": 2, "size": 9000}
    handover |= {"handover": id_text(new_id()), "kdf": new_kdf_params(CHEAPEST_PROFILE)}
    handover_id = (await keeper.request("POST", "/v1/handovers", handover, x_proof=keeper.proof)).json()["handover"]
    desk = desk or (await create_organisation_lead(server))[0]
    granted = await grant_access_to(server, keeper, desk)
    (client,) = await desk.list_clients(server.clock.now_ms())
    letter = await ask_of(
        desk.api_client, desk.advocate, client, path.split("/")[5], "When was that?", server.clock.now_ms()
    )
    witness = id_text(new_id())
    witness_body = {"witness": witness, "name": b64(bytes(15) + b"w"), "sealed": sealed_witness_request(witness)}
    assert (
        await keeper.request("POST", f"{keeper.diary}/witnesses", witness_body, x_proof=keeper.proof)
    ).status_code == 201
    return {
        "witness": witness,
        "handover": handover_id,
        "grant": granted.id,
        "letter": letter,
        "fingerprint": b64(desk.advocate.fingerprint),
        "diary": keeper.identity.diary,
        "erasure": erasure,
        "record": path.split("/")[5],
        "version": path.split("/")[7],
        "blob": file.blob,
        "session": session,
        "pack": pack,
        "i": "0",
        "size": "1",
    }


def sealed_witness_request(witness: str) -> str:
    """Return a sealed request to a witness, as far as a server can check it."""
    return b64(envelope_prefix(Envelope.WITNESS_REQUEST, {"t": "asking", "witness": witness}) + b"x" * 90)


def valid_body(policy: RoutePolicy, keeper: Keeper, ids: dict[str, str]) -> bytes | dict[str, object] | None:
    """Return a body the route accepts."""
    if policy.path.endswith("/parts/{i}") and policy.method == "PUT":
        return seal_file(keeper, b"a picture").sealed_parts[0]
    if policy.body.kind is BodyKind.OCTETS:
        return keeper.seal()[1]
    if policy.body.kind is BodyKind.JSON:
        return valid_json_body(policy, ids)
    return None


def valid_json_body(policy: RoutePolicy, ids: dict[str, str]) -> dict[str, object]:
    """Return a valid JSON body: where a proof is needed an invalid body would be refused first."""
    if policy.path.endswith("/grants"):
        place = {"diary": ids["diary"], "grant": ids["grant"], "t": "grant", "to": ids["fingerprint"]}
        sealed, keepers_envelope = (
            b64(envelope_prefix(Envelope.GRANT, place, suite) + b"x" * 90)
            for suite in (SUITE_PUBLIC_KEY, SUITE_SYMMETRIC)
        )
        return {
            "grant": ids["grant"],
            "kept": keepers_envelope,
            "not_after": NOON_MS + 1000,
            "sealed": sealed,
            "to": ids["fingerprint"],
        }
    if policy.path.endswith("/handovers"):
        handover_body = {"diary": ids["diary"], "name": "A" * 22, "auth": "A" * 43, "parts": 2, "size": 9000}
        return handover_body | {"handover": id_text(new_id()), "kdf": new_kdf_params(CHEAPEST_PROFILE)}
    if policy.path.endswith("/witnesses"):
        return {"witness": ids["witness"], "name": b64(bytes(16)), "sealed": sealed_witness_request(ids["witness"])}
    return {"parts": 1, "size": 5000, "digest": "A" * 43, "records": [ids["record"]], "why": "keeper"}


async def send_policy_request(policy: RoutePolicy, keeper: Keeper, ids: dict[str, str]) -> httpx.Response:
    """Send the route's request for these ids."""
    path = re.sub(r"{(\w+)}", lambda found: ids[found[1]], policy.path)
    return await keeper.request(policy.method, path, valid_body(policy, keeper, ids), x_proof=keeper.proof)


@pytest.mark.parametrize("row", KEEPER_POLICIES, ids=route_name)
async def test_every_route_gives_one_response_without_a_session(
    row: RoutePolicy, keeper: Keeper, server: InProcessServer
) -> None:
    """Every route gives 401 signed_out, whatever is requested, and nothing changes."""
    ids = await create_one_of_everything(keeper, server)
    before = server.dump()
    keeper.tokens.clear()
    for token in (None, "A" * 43, "not base64url!", ""):
        if token is not None:
            keeper.tokens["session"] = token
        answer = await send_policy_request(row, keeper, ids)
        assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert server.dump() == before


@pytest.mark.parametrize("row", POLICIES_WITH_IDS, ids=route_name)
async def test_forbidden_and_absent_get_one_response(
    row: RoutePolicy, keeper: Keeper, other_keeper: Keeper, server: InProcessServer
) -> None:
    """B's requests for A's objects get the answer for unknown ids, byte for byte; nothing of A's changes."""
    others_ids = await create_one_of_everything(keeper, server)
    nobodys = {
        name: others_ids[name] if name in ("i", "size", "fingerprint") else id_text(new_id()) for name in others_ids
    }
    before = server.dump()
    forbidden = await send_policy_request(row, other_keeper, others_ids)
    if row.path.endswith("versions/{version}"):
        # B's push is sealed for A's place but signed by B: the signature check fails first.
        assert forbidden.status_code == 400
        return
    absent = await send_policy_request(row, other_keeper, nobodys)
    assert (forbidden.status_code, forbidden.json()["error"]) == (404, "not_found"), route_name(row)
    assert forbidden.content == absent.content
    assert header_list(forbidden) == header_list(absent)
    assert server.dump() == before


async def test_a_version_for_anothers_diary_is_not_found(
    keeper: Keeper, other_keeper: Keeper, server: InProcessServer
) -> None:
    """A version for A's diary, sealed and signed by B, gets the answer for an unknown diary."""
    answers = []
    before = server.dump()
    own_diary = other_keeper.identity.diary
    for diary in (keeper.identity.diary, id_text(new_id())):
        object.__setattr__(other_keeper.journal, "identity", _with_diary(other_keeper, diary))
        path, body = other_keeper.seal()
        answers.append(await other_keeper.request("PUT", path, body))
        object.__setattr__(other_keeper.journal, "identity", _with_diary(other_keeper, own_diary))
    forbidden, absent = answers
    assert (forbidden.status_code, forbidden.content) == (404, absent.content)
    assert header_list(forbidden) == header_list(absent)
    assert server.dump() == before


async def test_part_zero_of_another_keepers_file_is_not_revealed(
    keeper: Keeper, other_keeper: Keeper, server: InProcessServer
) -> None:
    """Known ids in the path of B's own diary do not give access to A's file either."""
    ids = await create_one_of_everything(keeper, server)
    answer = await other_keeper.request("GET", f"{other_keeper.diary}/blobs/{ids['blob']}/parts/0")
    assert answer.status_code == 404


def _with_diary(keeper: Keeper, diary: str) -> object:
    """Return the keeper's identity with another diary."""
    return replace(keeper.identity, diary=diary)


def header_list(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return an answer's headers, to compare."""
    return sorted(answer.headers.multi_items())
