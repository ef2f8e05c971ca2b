"""One device's copy of a diary: versions waiting to be sent, versions received, and their content.

The order is the phone's (docs/formats.md, section 6): seal, queue, push, check the receipt. A version leaves the outbox
only with a valid receipt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from diary.client.accounts import Identity
from diary.client.transport import RemoteServer
from diary.clock import Clock
from diary.crypto.signing import Ed25519Signer
from diary.encoding import b64, decode_frames, parse_canonical_json, unb64
from diary.errors import BadSignature
from diary.ids import id_text, new_id
from diary.ledger import heads, push, receipts, tombstones
from diary.ledger.commitments import FieldNames
from diary.ledger.lines import ChainLink, next_line_member
from diary.ledger.push import VersionPush
from diary.ledger.rekeying import verify_by_any_key
from diary.ledger.versions import BlobKeys, OpenedVersion, VersionDraft, VersionIds, open_version, seal_version
from diary.pack.capsule.builder import DiaryVersion
from diary.record.schemas import NEWEST_SCHEMA_NUMBERS, find_schema
from diary.record.times import offset_minutes_at

MAX_FEED_FRAMES = 520
MAX_VERSION_FRAMES = 5
# Simulated delay of the notary of a made-up diary.
RECEIPT_DELAY_MS = 1_500


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """One version on this device. `seq` and `receipt` are None until the server has acknowledged it."""

    push: VersionPush
    opened_version: OpenedVersion
    seq: int | None = None
    receipt: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class VersionContent:
    """Content to seal as one version. `parents` are version ids."""

    kind: str
    fields: Mapping[str, object]
    restricted: Mapping[str, object] = field(default_factory=dict)
    open_keys: BlobKeys = ()
    restricted_keys: BlobKeys = ()
    record: str | None = None
    parents: tuple[str, ...] = ()


def field_names(kind: str, schema_number: int) -> FieldNames:
    """Return the field names of a kind, in the form the ledger uses."""
    record_schema = find_schema(kind, schema_number)
    return FieldNames(record_schema.open, record_schema.restricted)


class Journal:
    """One device's copy of a diary."""

    def __init__(self, identity: Identity, clock: Clock, tz: str = "Europe/London") -> None:
        """Start an empty journal. `clock`: the phone's clock; `tz`: the time zone it is in."""
        self.identity = identity
        self._clock = clock
        self._tz = tz
        self._versions_by_id: dict[str, HeldVersion] = {}
        self._outbox: list[str] = []
        self._last_links: dict[str, ChainLink] = {}
        self._offset_ms: int | None = None
        self._seq = 0
        self._head = heads.INITIAL_HEAD
        self.latest_checkpoint: Mapping[str, object] | None = None  # the newest checkpoint seen, for `_beacon`

    @property
    def unsent_count(self) -> int:
        """Return how many versions have no receipt yet."""
        return len(self._outbox)

    @property
    def acknowledged_count(self) -> int:
        """Return how many versions the server has acknowledged or sent."""
        return self._seq

    @property
    def feed_head(self) -> dict[str, object] | None:
        """Return the diary's head and its number for a pack.

        None before the first version, and where a version number is missing: a sealed copy has no permanently erased
        versions, so the head cannot be computed beyond them.
        """
        is_whole = all(held.seq is None or held.seq <= self._seq for held in self._versions_by_id.values())
        return {"head": b64(self._head), "seq": self._seq} if self._seq and is_whole else None

    def append(self, content: VersionContent) -> HeldVersion:
        """Seal one version now, on this device. The next `send` uploads it."""
        identity = self.identity
        now_ms = self._clock.now_ms()
        version_ids = VersionIds(identity.diary, content.record or id_text(new_id()), id_text(new_id()))
        schema_number = NEWEST_SCHEMA_NUMBERS[content.kind]
        draft = VersionDraft(
            ids=version_ids,
            kind=content.kind,
            schema=schema_number,
            account=identity.account,
            device=identity.device,
            line=next_line_member(identity.device, self._last_links.get(identity.device)),
            clock={"offset_ms": self._offset_ms, "tz": self._tz, "utc": now_ms},
            open=content.fields,
            restricted=content.restricted,
            open_keys=content.open_keys,
            restricted_keys=content.restricted_keys,
            parents=content.parents,
            beacon=self.latest_checkpoint,
        )
        sealed_version = seal_version(
            draft, field_names(content.kind, schema_number), identity.author(), identity.diary_key, identity.epoch
        )
        # Open it again before it counts as saved.
        opened_version = self._open_version(sealed_version.push, version_ids)
        self._last_links[identity.device] = ChainLink(
            identity.device, _line_number(opened_version), _line_prev(opened_version), sealed_version.push.commitment
        )
        held_version = HeldVersion(sealed_version.push, opened_version)
        self._versions_by_id[version_ids.version] = held_version
        self._outbox.append(version_ids.version)
        return held_version

    def switch_device(self, device: str, offset_ms: int | None) -> None:
        """Continue on another device of the same keeper. `offset_ms`: the server's time minus that device's."""
        self.identity = replace(self.identity, device=device)
        self._offset_ms = offset_ms

    @property
    def tz(self) -> str:
        """Return the time zone the phone is in."""
        return self._tz

    def switch_time_zone(self, tz: str) -> None:
        """Continue in another time zone."""
        self._tz = tz

    def sign_receipts(self, notary: Ed25519Signer) -> None:
        """Sign the waiting versions with a local notary, in order. For made-up diaries, which no server stores."""
        for version_id in self._outbox:
            held_version = self._versions_by_id[version_id]
            clock: Any = held_version.opened_version.reserved_fields["_clock"]
            received_at_ms = int(clock["utc"]) + (clock["offset_ms"] or 0) + RECEIPT_DELAY_MS
            receipt = receipts.sign_receipt(
                notary,
                commitment=held_version.push.commitment,
                envelopes_digest=held_version.push.envelopes_digest,
                timestamp_ms=received_at_ms,
            )
            self._advance_past(held_version, self._seq + 1, None)
            self._versions_by_id[version_id] = replace(held_version, seq=self._seq, receipt=receipt)
        self._outbox.clear()

    async def send(self, server: RemoteServer) -> None:
        """Push the waiting versions, oldest first. Raise BadSignature for an invalid receipt or head."""
        while self._outbox:
            held_version = self._versions_by_id[self._outbox[0]]
            version_ids = held_version.opened_version.ids
            path = f"/v1/diaries/{version_ids.diary}/records/{version_ids.record}/versions/{version_ids.version}"
            response = await server.put(path, push.encode(held_version.push))
            receipt = response["receipt"]
            receipts.verify_receipt(
                receipt,
                self.identity.notary_pub,
                commitment=held_version.push.commitment,
                envelopes_digest=held_version.push.envelopes_digest,
            )
            seq = int(response["seq"])
            if seq == self._seq + 1:
                self._advance_past(held_version, seq, response["head"])
                self._versions_by_id[version_ids.version] = replace(held_version, seq=seq, receipt=receipt)
            else:
                # Another device has written in the meantime: fetch everything in the feed's order.
                await self.fetch(server)
            self._outbox.pop(0)

    async def fetch(self, server: RemoteServer) -> int:
        """Receive the versions that this device lacks. Return how many were new."""
        new_count = 0
        while True:
            path = f"/v1/diaries/{self.identity.diary}/changes?after={self._seq}"
            frames = decode_frames(await server.get(path), frames_limit=MAX_FEED_FRAMES)
            summary: Any = parse_canonical_json(frames[0])
            for index, frame in enumerate(frames[1:], 1):
                head = summary["head"] if self._seq + 1 == summary["latest"] and index == len(frames) - 1 else None
                new_count += self._receive_version(frame, head)
            if self._seq != summary["to"]:
                raise BadSignature("The server left a version out.")
            if summary["to"] == summary["latest"]:
                return new_count

    def add_from_backup(
        self, pushed_version: VersionPush, version_ids: VersionIds, seq: int | None, receipt: Mapping[str, Any] | None
    ) -> None:
        """Add one version from a sealed copy, with its number and receipt if it has them.

        Raise BadSignature, SealError.
        """
        message = push.version_signing_input(
            c=pushed_version.commitment, diary=version_ids.diary, record=version_ids.record, version=version_ids.version
        )
        verify_by_any_key(self.identity.author_keys(), message, unb64(pushed_version.signature), seq)
        if receipt is not None:
            receipts.verify_receipt(
                receipt,
                self.identity.notary_pub,
                commitment=pushed_version.commitment,
                envelopes_digest=pushed_version.envelopes_digest,
            )
        self._versions_by_id[version_ids.version] = held_version = HeldVersion(
            pushed_version, self._open_version(pushed_version, version_ids), seq, receipt
        )
        if seq == self._seq + 1:
            self._advance_past(held_version, seq, None)

    def versions(self) -> list[DiaryVersion]:
        """Return the whole diary in feed order, unsent versions last. A capsule is built from this."""
        held_versions = [self._versions_by_id[version] for version in self._versions_by_id]
        ordered = sorted(held_versions, key=lambda held: (held.seq is None, held.seq or 0))
        return [_diary_version(held) for held in ordered]

    def record_ids(self, kind: str) -> list[str]:
        """Return the ids of the records of a kind, each once, in feed order."""
        return list(dict.fromkeys(row["record"] for row in self.versions() if row["kind"] == kind))

    def newest_version(self, record: str) -> OpenedVersion:
        """Return the newest version of a record on this device. Raise KeyError if the device has no such record."""
        record_versions = [
            held.opened_version for held in self._versions_by_id.values() if held.opened_version.ids.record == record
        ]
        if not record_versions:
            raise KeyError(record)
        return record_versions[-1]

    def utc_offset_minutes(self, at_ms: int) -> int:
        """Return the journal's offset from UTC at an instant, in minutes."""
        return offset_minutes_at(at_ms, self._tz)

    def _open_version(self, pushed_version: VersionPush, version_ids: VersionIds) -> OpenedVersion:
        """Open a version with this diary's key."""
        return open_version(pushed_version, version_ids, field_names, self.identity.diary_key)

    def _receive_version(self, frame: bytes, head: Mapping[str, object] | None) -> int:
        """Check the signature, receipt and number of one version of the feed, and store it.

        Return 1 when it is new here.
        """
        raw_meta, *raw_parts = decode_frames(frame, frames_limit=MAX_VERSION_FRAMES)
        meta: Any = parse_canonical_json(raw_meta)
        if set(meta) == tombstones.TOMBSTONE_NAMES:
            return self._receive_erased(meta, head)
        pushed_version = push.from_frames(
            {name: meta[name] for name in ("blobs", "c", "parents", "parts", "sig")} | {"grants": []}, raw_parts
        )
        version_ids = VersionIds(self.identity.diary, str(meta["record"]), str(meta["version"]))
        message = push.version_signing_input(
            c=pushed_version.commitment, diary=version_ids.diary, record=version_ids.record, version=version_ids.version
        )
        verify_by_any_key(self.identity.author_keys(), message, unb64(pushed_version.signature), int(meta["seq"]))
        receipts.verify_receipt(
            meta["receipt"],
            self.identity.notary_pub,
            commitment=pushed_version.commitment,
            envelopes_digest=pushed_version.envelopes_digest,
        )
        is_known = version_ids.version in self._versions_by_id
        held_version = HeldVersion(
            pushed_version, self._open_version(pushed_version, version_ids), int(meta["seq"]), meta["receipt"]
        )
        if held_version.seq != self._seq + 1:
            raise BadSignature("The server left a version out.")
        self._advance_past(held_version, self._seq + 1, head)
        self._versions_by_id[version_ids.version] = held_version
        return 0 if is_known else 1

    def _receive_erased(self, erased_version: Mapping[str, Any], head: Mapping[str, object] | None) -> int:
        """Delete a version that was permanently erased, and advance the head past it."""
        version_ids = VersionIds(self.identity.diary, str(erased_version["record"]), str(erased_version["version"]))
        if erased_version["seq"] != self._seq + 1:
            raise BadSignature("The server left a version out.")
        self._advance_head(version_ids, str(erased_version["c"]), str(erased_version["env"]), head)
        self._versions_by_id.pop(version_ids.version, None)
        return 0

    def _advance_past(self, held_version: HeldVersion, seq: int, signed_head: Mapping[str, object] | None) -> None:
        """Advance the running head by one version, `seq`."""
        assert seq == self._seq + 1
        self._advance_head(
            held_version.opened_version.ids,
            held_version.push.commitment,
            held_version.push.envelopes_digest,
            signed_head,
        )

    def _advance_head(
        self, version_ids: VersionIds, c: str, env: str, signed_head: Mapping[str, object] | None
    ) -> None:
        """Advance the running head. Raise BadSignature if the server's signed head, if given, is another."""
        seq = self._seq + 1
        head = heads.next_head(
            self._head,
            seq=seq,
            record=version_ids.record,
            version=version_ids.version,
            commitment=c,
            envelopes_digest=env,
        )
        if signed_head is not None:
            heads.verify_head(signed_head, self.identity.notary_pub, diary=version_ids.diary, seq=seq, head=head)
        self._head, self._seq = head, seq


def _line_number(opened_version: OpenedVersion) -> int:
    """Return `n` of a version this device has just sealed."""
    line: Any = opened_version.reserved_fields["_line"]
    return int(line["n"])


def _line_prev(opened_version: OpenedVersion) -> str | None:
    """Return `prev` of a version this device has just sealed."""
    line: Any = opened_version.reserved_fields["_line"]
    return None if line["prev"] is None else str(line["prev"])


def _diary_version(held_version: HeldVersion) -> DiaryVersion:
    """Return one version in the form that packs are built from."""
    opened_version = held_version.opened_version
    seeds: Sequence[bytes] = opened_version.seeds
    restricted = opened_version.restricted
    return {
        "c": held_version.push.commitment,
        "env": held_version.push.envelopes_digest,
        "kind": opened_version.kind,
        "open": {
            "fields": {**opened_version.fields, **opened_version.reserved_fields},
            "keys": opened_version.open_keys,
            "seed": seeds[0],
        },
        "parents": held_version.push.parents,
        "receipt": held_version.receipt,
        "record": opened_version.ids.record,
        "restricted": (
            {"fields": restricted, "keys": opened_version.restricted_keys, "seed": seeds[1]}
            if restricted is not None
            else None
        ),
        "schema": opened_version.schema,
        "seq": held_version.seq,
        "sig": held_version.push.signature,
        "version": opened_version.ids.version,
    }
