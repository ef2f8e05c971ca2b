"""Advocate's side without a screen: join an organisation, fetch what clients share, send letters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from diary.client.accounts import open_session, prepare_account
from diary.client.journal import field_names
from diary.client.transport import RemoteServer
from diary.crypto.fingerprints import fingerprint, to_words
from diary.crypto.kdf import DEFAULT_PROFILE, PRODUCTION_POLICY, KdfPolicy, KdfProfile
from diary.crypto.keys import Keyset, open_keyset
from diary.crypto.signing import AuthorSigner
from diary.crypto.totp import digits_at
from diary.encoding import b64, decode_frames, parse_canonical_json, unb64
from diary.errors import BadSignature, KeptError, SealError
from diary.ids import id_text, new_id
from diary.ledger import push
from diary.ledger.push import VersionPush, version_signing_input
from diary.ledger.rekeying import AuthorKey, verify_by_any_key
from diary.ledger.sharing import client_summaries, grants, letters, review_marks
from diary.ledger.sharing.grants import OpenedGrant
from diary.ledger.versions import OpenedVersion, VersionIds, open_with_keys

MAX_FEED_FRAMES: Final = 320
MAX_VERSION_FRAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Advocate:
    """Unlocked advocate: keys, account id and TOTP secret."""

    login: str
    account: str
    keyset: Keyset = field(repr=False)
    totp_secret: bytes = field(repr=False)

    @property
    def fingerprint(self) -> bytes:
        """Return the fingerprint of the advocate's public keys."""
        return fingerprint(self.keyset.ecdsa_pub, self.keyset.hpke_pub)

    @property
    def fingerprint_words(self) -> str:
        """Return the fingerprint as the nine words an advocate reads out to a keeper."""
        return to_words(self.fingerprint)


@dataclass(frozen=True, slots=True)
class AdvocateClient:
    """Keeper who shares with this advocate. `summary` is None until the keeper's device has uploaded one."""

    grant: OpenedGrant
    summary: Mapping[str, Any] | None
    last_viewed_at_ms: int | None


@dataclass(frozen=True, slots=True)
class ClientVersion:
    """One version from a client, opened with the grant's keys. Its signature was checked."""

    seq: int
    opened_version: OpenedVersion
    blob_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberInvitation:
    """Data with which a new member joins: the invitation, a display name, and the 20-byte TOTP secret."""

    invite: str
    name: str
    totp_secret: bytes = field(repr=False)


async def join_organisation(
    server: RemoteServer,
    words: str,
    invitation: MemberInvitation,
    *,
    recovery_code: bytes,
    now_ms: int,
    profile: KdfProfile = DEFAULT_PROFILE,
    policy: KdfPolicy = PRODUCTION_POLICY,
) -> Advocate:
    """Register an advocate's account. `recovery_code`: 16 bytes, for the sheet.

    Raise InvalidInvitation and SecondFactorFailed.
    """
    new_account = await prepare_account(server, words, recovery_code, profile, policy)
    member_fields = {
        "digits": digits_at(invitation.totp_secret, now_ms),
        "invite": invitation.invite,
        "name": invitation.name,
        "secret": b64(invitation.totp_secret),
    }
    await server.json("POST", "/v1/members", new_account.registration_body | member_fields)
    return Advocate(new_account.login, new_account.account, new_account.keyset, invitation.totp_secret)


async def sign_in(
    server: RemoteServer,
    login: str,
    words: str,
    totp_secret: bytes,
    now_ms: int,
    *,
    policy: KdfPolicy = PRODUCTION_POLICY,
) -> Advocate:
    """Sign an advocate in with words and a TOTP code.

    Raise InvalidCredentials, SecondFactorFailed, KdfPolicyViolation or SealError.
    """
    extra_fields = {"device": id_text(new_id()), "digits": digits_at(totp_secret, now_ms)}
    response, account_key, _ = await open_session(server, login, words, extra_fields, policy)
    account = str(response["account"])
    return Advocate(login, account, open_keyset(account_key, unb64(response["keyset"]), account), totp_secret)


async def list_clients(server: RemoteServer, advocate: Advocate, now_ms: int) -> tuple[list[AdvocateClient], int]:
    """Return the clients of this advocate, and how many grants were left out as altered, unsigned or expired."""
    response = await server.json("GET", "/v1/clients")
    clients, refused_count = [], 0
    for row in response["clients"]:
        try:
            grant = grants.open_as_advocate(advocate.keyset, unb64(row["sealed"]), str(row["diary"]), str(row["grant"]))
            if not grant.is_unexpired(now_ms):
                raise SealError
            summary = client_summaries.SUMMARY_DOCUMENT.open(grant, unb64(row["summary"])) if row["summary"] else None
        except KeptError:
            refused_count += 1
            continue
        clients.append(AdvocateClient(grant, summary, row["looked_at"]))
    return clients, refused_count


async def fetch_versions(server: RemoteServer, client: AdvocateClient, after_seq: int = 0) -> list[ClientVersion]:
    """Return all versions a client shares above `after_seq`.

    Raise SealError or BadSignature for a version that is out of order, does not open or has no valid signature.
    """
    versions: list[ClientVersion] = []
    authors = client.grant.author_keys()
    while True:
        raw_page = await server.get(f"/v1/clients/{client.grant.id}/changes?after={after_seq}")
        page = decode_frames(raw_page, frames_limit=MAX_FEED_FRAMES)
        if not page:
            return versions
        for frame in page:
            version = _open_version(client.grant, authors, *decode_frames(frame, frames_limit=MAX_VERSION_FRAMES))
            if version.seq <= after_seq:
                raise SealError
            versions.append(version)
            after_seq = version.seq


async def send_question(
    server: RemoteServer, advocate: Advocate, client: AdvocateClient, record_id: str, text: str, now_ms: int
) -> str:
    """Send a question about one of the client's records and return the letter's id."""
    letter_fields = {"fields": {"about": record_id, "text": text}, "what": letters.QUESTION}
    return await send_letter(server, advocate, client, letter_fields, now_ms)


async def mark_reviewed(
    server: RemoteServer, client: AdvocateClient, reviewed_seqs: Mapping[str, int], now_ms: int
) -> None:
    """Mark records as reviewed, and keep the earlier marks.

    `reviewed_seqs`: record id to the number of the newest version that was reviewed.
    """
    path = f"/v1/clients/{client.grant.id}/marks"
    sealed_marks = (await server.json("GET", path))["marks"]
    earlier_marks = review_marks.MARKS_DOCUMENT.open(client.grant, unb64(sealed_marks))["marks"] if sealed_marks else []
    new_marks = [{"at": now_ms, "record": record, "seq": seq} for record, seq in reviewed_seqs.items()]
    marks = [review_mark for review_mark in earlier_marks if review_mark["record"] not in reviewed_seqs] + new_marks
    await server.put(path, review_marks.MARKS_DOCUMENT.seal(client.grant, {"made_at": now_ms, "marks": marks}))


async def send_letter(
    server: RemoteServer, advocate: Advocate, client: AdvocateClient, fields: Mapping[str, object], now_ms: int
) -> str:
    """Seal a letter to a client, upload it, and return its id."""
    grant = client.grant
    letter_ids = letters.LetterIds(str(grant.statement["diary"]), grant.id, id_text(new_id()))
    letter = dict(fields) | {"from": b64(advocate.fingerprint), "made_at": now_ms}
    envelope = letters.seal_letter(
        AuthorSigner(advocate.keyset.ecdsa_scalar), grant.counterparty.hpke_pub, letter_ids, letter
    )
    await server.put(f"/v1/clients/{grant.id}/letters/{letter_ids.letter}", envelope)
    return letter_ids.letter


def _open_version(
    grant: OpenedGrant, authors: Sequence[AuthorKey], raw_meta: bytes, raw_parts: bytes, raw_wraps: bytes
) -> ClientVersion:
    """Open one version of the feed.

    The signature must be by a key that was valid at the version's number: the key in the grant, or an earlier one.
    """
    meta: Any = parse_canonical_json(raw_meta)
    version_ids = VersionIds(str(grant.statement["diary"]), str(meta["record"]), str(meta["version"]))
    pushed_version: VersionPush = push.from_frames(
        {name: meta[name] for name in ("blobs", "c", "parents", "parts", "sig")} | {"grants": []},
        decode_frames(raw_parts, frames_limit=2 * len(push.PARTS)),
    )
    message = version_signing_input(
        c=pushed_version.commitment, diary=version_ids.diary, record=version_ids.record, version=version_ids.version
    )
    verify_by_any_key(authors, message, unb64(pushed_version.signature), int(meta["seq"]))
    wraps, part_count = decode_frames(raw_wraps, frames_limit=len(push.PARTS)), len(grant.parts)
    keys = grants.unwrap_keys(grant, version_ids.version, wraps[:part_count])
    restricted_digests = (
        grants.open_digests(grant, version_ids.version, wraps[part_count]) if wraps[part_count:] else None
    )
    opened_version = open_with_keys(pushed_version, version_ids, field_names, keys, restricted_digests)
    if opened_version.is_altered:
        raise BadSignature("The content does not match its commitment.")
    return ClientVersion(int(meta["seq"]), opened_version, pushed_version.blobs)
