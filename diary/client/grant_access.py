"""Grants from the keeper's side, for the command line: look up an advocate, grant, share keys, end the grant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diary.client.accounts import Identity, generate_key
from diary.client.journal import field_names
from diary.client.transport import RemoteServer
from diary.crypto.fingerprints import parse_words
from diary.crypto.keys import unwrap_any_epoch, version_wrap_header
from diary.encoding import b64, encode_frames, unb64
from diary.errors import BadSignature, KeptError
from diary.ids import id_text, new_id
from diary.ledger.push import VersionPush, WrapsForGrant
from diary.ledger.sharing import client_summaries, earlier_keys, grants, letters, review_marks
from diary.ledger.sharing.grants import GrantParty, OpenedGrant
from diary.ledger.versions import VersionIds, open_with_keys

WRAP_BATCH_SIZE: Final = 200


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """Terms of a grant. docs/formats.md, section 8.

    `not_after`: expiry in ms UTC. `restricted`: whether restricted fields are included. `prev`: id of the grant that
    this one replaces.
    """

    scope: Mapping[str, object]
    not_after: int
    purpose: str
    rights: tuple[str, ...] = ("view",)
    restricted: bool = False
    prev: str | None = None


async def fetch_advocate(server: RemoteServer, fingerprint_words: str) -> GrantParty:
    """Fetch the advocate with this fingerprint, given as nine words.

    Raise BadRequest for invalid words, NotFound, and BadSignature if the server returns other keys.
    """
    wanted_fingerprint = parse_words(fingerprint_words)
    response = await server.json("GET", f"/v1/advocates/{b64(wanted_fingerprint)}")
    advocate = GrantParty(unb64(str(response["ecdsa_pub"])), unb64(str(response["hpke_pub"])), str(response["name"]))
    if advocate.fingerprint != wanted_fingerprint:
        raise BadSignature("The server gave other keys than the nine words name. Let nobody in, and ask for help.")
    return advocate


async def create_grant(
    server: RemoteServer, identity: Identity, advocate: GrantParty, terms: GrantTerms, keeper_name: str, now_ms: int
) -> OpenedGrant:
    """Sign a grant and upload it. `keeper_name`: the keeper's name for this advocate.

    Raise BadSignature and InvalidCredentials.
    """
    keeper = GrantParty(identity.keyset.ecdsa_pub, identity.keyset.hpke_pub, keeper_name)
    earlier_statements = earlier_keys.newest_statements(identity.keyset.earlier_statements)
    signed_grant = grants.sign_grant(
        identity.author(),
        {
            "diary": identity.diary,
            "from": b64(keeper.fingerprint),
            "grant": id_text(new_id()),
            "made_at": now_ms,
            "not_after": terms.not_after,
            "prev": terms.prev,
            "purpose": terms.purpose,
            "restricted": terms.restricted,
            "rights": list(terms.rights),
            "scope": dict(terms.scope),
            "to": b64(advocate.fingerprint),
        }
        | earlier_keys.earlier_keys_binding(earlier_statements),
    )
    grant_key = generate_key()
    body = {
        "grant": signed_grant["grant"],
        "kept": b64(grants.seal_keeper_copy(identity.account_key, advocate, signed_grant, grant_key)),
        "not_after": terms.not_after,
        "sealed": b64(grants.seal_for_advocate(advocate, keeper, signed_grant, grant_key, earlier_statements)),
        "to": signed_grant["to"],
    }
    await server.json("POST", f"/v1/diaries/{identity.diary}/grants", body, proof=identity.proof)
    return OpenedGrant(signed_grant, grant_key, advocate)


async def list_grants(server: RemoteServer, identity: Identity) -> list[tuple[OpenedGrant, dict[str, Any]]]:
    """Return the grants that the account key can decrypt, each with its row of `GET /v1/grants` (docs/api.md)."""
    response = await server.json("GET", "/v1/grants")
    own_grants = []
    for row in response["grants"]:
        if row["to"] is None:
            continue  # the advocate's account was deleted
        grant_header = grants.grant_envelope_header(str(row["diary"]), str(row["grant"]), str(row["to"]))
        try:
            grant = grants.open_keeper_copy(
                identity.account_key, unb64(row["kept"]), identity.keyset.ecdsa_pub, grant_header
            )
        except KeptError:
            continue  # made under keys that were replaced, so it has ended; or damaged
        own_grants.append((grant, row))
    return own_grants


def wrap_keys_for_grant(
    grant: OpenedGrant, identity: Identity, pushed_version: VersionPush, ids: VersionIds
) -> WrapsForGrant:
    """Wrap the keys of one version for a grant, for a push or for `upload_version_keys`."""
    headers = (version_wrap_header(ids.diary, ids.version, part, identity.epoch) for part in pushed_version.parts)
    keys = [
        unwrap_any_epoch(identity.diary_key, wrapped, header)[0]
        for wrapped, header in zip(pushed_version.wraps, headers, strict=True)
    ]
    wraps = grants.wrap_keys(grant, ids.version, keys)
    if grant.gives_digests and len(keys) > 1:
        opened_version = open_with_keys(pushed_version, ids, field_names, keys)
        restricted_digests = {
            name: opened_version.digests[name]
            for name in field_names(opened_version.kind, opened_version.schema).restricted
        }
        wraps = (*wraps, grants.seal_digests(grant, ids.version, restricted_digests))
    return WrapsForGrant(grant.id, wraps)


async def upload_version_keys(
    server: RemoteServer, identity: Identity, grant: OpenedGrant, versions: Iterable[tuple[VersionPush, VersionIds]]
) -> int:
    """Upload the keys of versions that are on the server already, and return how many were new."""
    wrapped_versions = [
        (ids, wrap_keys_for_grant(grant, identity, pushed_version, ids)) for pushed_version, ids in versions
    ]
    new_count = 0
    for start in range(0, len(wrapped_versions), WRAP_BATCH_SIZE):
        body = encode_frames(
            encode_frames((unb64(ids.version), *wrapped.wraps))
            for ids, wrapped in wrapped_versions[start : start + WRAP_BATCH_SIZE]
        )
        response = await server.put(f"/v1/diaries/{identity.diary}/grants/{grant.id}/wraps", body)
        new_count += int(response["kept"])
    return new_count


async def upload_summary(server: RemoteServer, grant: OpenedGrant, summary: Mapping[str, object]) -> None:
    """Upload a newer summary for the advocate's list of clients."""
    diary = grant.statement["diary"]
    await server.put(
        f"/v1/diaries/{diary}/grants/{grant.id}/summary", client_summaries.SUMMARY_DOCUMENT.seal(grant, summary)
    )


async def fetch_review_marks(server: RemoteServer, grant: OpenedGrant) -> Mapping[str, Any] | None:
    """Return the advocate's review marks, or None if there are none. Raise NotFound and SealError."""
    response = await server.json("GET", f"/v1/diaries/{grant.statement['diary']}/grants/{grant.id}/marks")
    return review_marks.MARKS_DOCUMENT.open(grant, unb64(response["marks"])) if response["marks"] else None


async def end_grant(server: RemoteServer, identity: Identity, grant_id: str) -> None:
    """End a grant at once. Raise InvalidCredentials and NotFound."""
    await server.json("DELETE", f"/v1/diaries/{identity.diary}/grants/{grant_id}", proof=identity.proof)


async def fetch_letters(
    server: RemoteServer, identity: Identity, grants_by_id: Mapping[str, OpenedGrant]
) -> list[Mapping[str, Any]]:
    """Return the letters from known grants whose signature is valid.

    The server lists a letter until `acknowledge_letter`, which starts its last 30 days there, or `delete_letter`.
    """
    response = await server.json("GET", f"/v1/diaries/{identity.diary}/letters")
    opened_letters = []
    for row in response["letters"]:
        grant = grants_by_id.get(str(row["grant"]))
        letter_ids = letters.LetterIds(identity.diary, str(row["grant"]), str(row["letter"]))
        if grant is None:
            continue
        try:
            opened_letters.append(
                letters.open_letter(
                    identity.keyset.hpke_scalar, unb64(row["envelope"]), letter_ids, grant.counterparty.ecdsa_pub
                )
            )
        except KeptError:
            continue  # cannot be opened, or is not signed by the grant's advocate
    return opened_letters


async def acknowledge_letter(server: RemoteServer, identity: Identity, letter_id: str) -> None:
    """Mark a letter as accepted. The server deletes it after 30 days. Raise NotFound."""
    await server.json("POST", f"/v1/diaries/{identity.diary}/letters/{letter_id}/taken")


async def delete_letter(server: RemoteServer, identity: Identity, letter_id: str) -> None:
    """Delete a letter from the server at once. Raise InvalidCredentials and NotFound."""
    await server.json("DELETE", f"/v1/diaries/{identity.diary}/letters/{letter_id}", proof=identity.proof)
