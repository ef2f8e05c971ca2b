"""A diary as one device holds it: sealed versions waiting, versions received, and what they say.

The order is the phone's (docs/formats.md 6): seal, queue, push, check the receipt. A version leaves the
outbox only with a receipt that holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from diary.client.accounts import Identity
from diary.client.transport import Server
from diary.clock import Clock
from diary.crypto.signing import Notary
from diary.encoding import b64, parse, read_frames, unb64
from diary.errors import BadSignature
from diary.ids import id_text, new_id
from diary.ledger import erased, heads, push, receipts
from diary.ledger.commitments import Names
from diary.ledger.lines import Link, next_line
from diary.ledger.push import Push
from diary.ledger.rekeying import verify_any
from diary.ledger.versions import Draft, Keys, OpenedVersion, Place, open_version, seal_version
from diary.pack.capsule.builder import DiaryVersion
from diary.record.schemas import NEWEST, schema
from diary.record.times import offset_at

FEED_FRAMES = 520
VERSION_FRAMES = 5
# How long a made-up diary's notary takes.
RECEIVED_MS = 1_500


@dataclass(frozen=True, slots=True)
class Held:
    """One version on this device. `seq` and `receipt` are None until the server has acknowledged it."""

    push: Push
    opened: OpenedVersion
    seq: int | None = None
    receipt: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What to seal as one version; `parents` are version ids."""

    kind: str
    fields: Mapping[str, object]
    restricted: Mapping[str, object] = field(default_factory=dict)
    open_keys: Keys = ()
    restricted_keys: Keys = ()
    record: str | None = None
    parents: tuple[str, ...] = ()


def names_of(kind: str, number: int) -> Names:
    """The names of a kind, as the ledger asks for them."""
    found = schema(kind, number)
    return Names(found.open, found.restricted)


class Journal:
    """One device's copy of a diary."""

    def __init__(self, identity: Identity, clock: Clock, tz: str = "Europe/London") -> None:
        """`clock` is the phone's, `tz` the zone it is in."""
        self.identity = identity
        self._clock = clock
        self._tz = tz
        self._held: dict[str, Held] = {}
        self._outbox: list[str] = []
        self._last: dict[str, Link] = {}
        self._offset_ms: int | None = None
        self._seq = 0
        self._head = heads.FIRST
        self.beacon: Mapping[str, object] | None = None  # the checkpoint seen last, for `_beacon`

    @property
    def waiting(self) -> int:
        """How many versions have no receipt yet."""
        return len(self._outbox)

    @property
    def received(self) -> int:
        """How many versions of this diary the server has acknowledged or sent."""
        return self._seq

    @property
    def feed(self) -> dict[str, object] | None:
        """The diary's head and its number, as a pack gives them; None before the first, and where a number is not here.

        A sealed copy lacks what was erased for good, so that the head cannot be worked out beyond it.
        """
        is_whole = all(held.seq is None or held.seq <= self._seq for held in self._held.values())
        return {"head": b64(self._head), "seq": self._seq} if self._seq and is_whole else None

    def append(self, said: Said) -> Held:
        """Seal one version now, on this device; it goes to the server with the next `send`."""
        identity = self.identity
        now = self._clock.now_ms()
        place = Place(identity.diary, said.record or id_text(new_id()), id_text(new_id()))
        number = NEWEST[said.kind]
        draft = Draft(
            place=place,
            kind=said.kind,
            schema=number,
            account=identity.account,
            device=identity.device,
            line=next_line(identity.device, self._last.get(identity.device)),
            clock={"offset_ms": self._offset_ms, "tz": self._tz, "utc": now},
            open=said.fields,
            restricted=said.restricted,
            open_keys=said.open_keys,
            restricted_keys=said.restricted_keys,
            parents=said.parents,
            beacon=self.beacon,
        )
        sealed = seal_version(draft, names_of(said.kind, number), identity.author(), identity.diary_key, identity.epoch)
        # Read back before anything is called saved.
        opened = self._open(sealed.push, place)
        self._last[identity.device] = Link(identity.device, _line_number(opened), _line_prev(opened), sealed.push.c)
        held = Held(sealed.push, opened)
        self._held[place.version] = held
        self._outbox.append(place.version)
        return held

    def on_device(self, device: str, offset_ms: int | None) -> None:
        """Go on writing on another device of the same keeper, whose clock is `offset_ms` ahead."""
        self.identity = replace(self.identity, device=device)
        self._offset_ms = offset_ms

    @property
    def tz(self) -> str:
        """The zone the phone is in."""
        return self._tz

    def move_to(self, tz: str) -> None:
        """Go on writing in another zone."""
        self._tz = tz

    def acknowledge(self, notary: Notary) -> None:
        """Have a notary on this computer sign for what waits, in its order: for made-up diaries, which no server has."""
        for version in self._outbox:
            held = self._held[version]
            clock: Any = held.opened.reserved["_clock"]
            at = int(clock["utc"]) - (clock["offset_ms"] or 0) + RECEIVED_MS
            receipt = receipts.make(notary, c=held.push.c, env=held.push.env, ts=at)
            self._advance(held, self._seq + 1, None)
            self._held[version] = replace(held, seq=self._seq, receipt=receipt)
        self._outbox.clear()

    async def send(self, server: Server) -> None:
        """Push what waits, oldest first. Raises BadSignature for a receipt or head that does not hold."""
        while self._outbox:
            held = self._held[self._outbox[0]]
            place = held.opened.place
            path = f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}"
            answer = await server.put(path, push.encode(held.push))
            receipt = answer["receipt"]
            receipts.verify(receipt, self.identity.notary_pub, c=held.push.c, env=held.push.env)
            seq = int(answer["seq"])
            if seq == self._seq + 1:
                self._advance(held, seq, answer["head"])
                self._held[place.version] = replace(held, seq=seq, receipt=receipt)
            else:
                # Another device has written meanwhile: the feed brings everything in its order.
                await self.fetch(server)
            self._outbox.pop(0)

    async def fetch(self, server: Server) -> int:
        """Take in what the server has beyond this device; gives how many versions were new here."""
        new = 0
        while True:
            path = f"/v1/diaries/{self.identity.diary}/changes?after={self._seq}"
            frames = read_frames(await server.get(path), at_most=FEED_FRAMES)
            summary: Any = parse(frames[0])
            for index, frame in enumerate(frames[1:], 1):
                head = summary["head"] if self._seq + 1 == summary["latest"] and index == len(frames) - 1 else None
                new += self._take(frame, head)
            if self._seq != summary["to"]:
                raise BadSignature("The server left a version out.")
            if summary["to"] == summary["latest"]:
                return new

    def hold(self, pushed: Push, place: Place, seq: int | None, receipt: Mapping[str, Any] | None) -> None:
        """One version from a sealed copy, with what a server once said of it. Raises BadSignature, SealError."""
        message = push.signed_bytes(c=pushed.c, diary=place.diary, record=place.record, version=place.version)
        verify_any(self.identity.author_keys(), message, unb64(pushed.sig), seq)
        if receipt is not None:
            receipts.verify(receipt, self.identity.notary_pub, c=pushed.c, env=pushed.env)
        self._held[place.version] = held = Held(pushed, self._open(pushed, place), seq, receipt)
        if seq == self._seq + 1:
            self._advance(held, seq, None)

    def versions(self) -> list[DiaryVersion]:
        """The whole diary in feed order, what waits last, as a capsule is made from."""
        known = [self._held[version] for version in self._held]
        ordered = sorted(known, key=lambda held: (held.seq is None, held.seq or 0))
        return [_diary_version(held) for held in ordered]

    def records(self, kind: str) -> list[str]:
        """The records of a kind, each once, in feed order."""
        return list(dict.fromkeys(row["record"] for row in self.versions() if row["kind"] == kind))

    def newest(self, record: str) -> OpenedVersion:
        """The newest version of a record on this device. Raises KeyError when there is none."""
        found = [held.opened for held in self._held.values() if held.opened.place.record == record]
        if not found:
            raise KeyError(record)
        return found[-1]

    def offset(self, ms: int) -> int:
        """Minutes ahead of UTC here at an instant."""
        return offset_at(ms, self._tz)

    def _open(self, pushed: Push, place: Place) -> OpenedVersion:
        """Open with this diary's key."""
        return open_version(pushed, place, names_of, self.identity.diary_key)

    def _take(self, frame: bytes, head: Mapping[str, object] | None) -> int:
        """One version of the feed: signature, receipt and place are checked; 1 when it was new here."""
        meta_raw, *sealed = read_frames(frame, at_most=VERSION_FRAMES)
        meta: Any = parse(meta_raw)
        if set(meta) == erased.NAMES:
            return self._take_erased(meta, head)
        pushed = push.from_frames(
            {name: meta[name] for name in ("blobs", "c", "parents", "parts", "sig")} | {"grants": []}, sealed
        )
        place = Place(self.identity.diary, str(meta["record"]), str(meta["version"]))
        message = push.signed_bytes(c=pushed.c, diary=place.diary, record=place.record, version=place.version)
        verify_any(self.identity.author_keys(), message, unb64(pushed.sig), int(meta["seq"]))
        receipts.verify(meta["receipt"], self.identity.notary_pub, c=pushed.c, env=pushed.env)
        known = place.version in self._held
        held = Held(pushed, self._open(pushed, place), int(meta["seq"]), meta["receipt"])
        if held.seq != self._seq + 1:
            raise BadSignature("The server left a version out.")
        self._advance(held, self._seq + 1, head)
        self._held[place.version] = held
        return 0 if known else 1

    def _take_erased(self, left: Mapping[str, Any], head: Mapping[str, object] | None) -> int:
        """What is left of a version that was erased for good: this device lets go of it as well."""
        place = Place(self.identity.diary, str(left["record"]), str(left["version"]))
        if left["seq"] != self._seq + 1:
            raise BadSignature("The server left a version out.")
        self._move_on(place, str(left["c"]), str(left["env"]), head)
        self._held.pop(place.version, None)
        return 0

    def _advance(self, held: Held, seq: int, signed: Mapping[str, object] | None) -> None:
        """Move the running head on by one version, `seq`."""
        assert seq == self._seq + 1
        self._move_on(held.opened.place, held.push.c, held.push.env, signed)

    def _move_on(self, place: Place, c: str, env: str, signed: Mapping[str, object] | None) -> None:
        """Move the running head on; compare it with the server's when it gave one. Raises BadSignature."""
        seq = self._seq + 1
        head = heads.next_head(self._head, seq=seq, record=place.record, version=place.version, c=c, env=env)
        if signed is not None:
            heads.verify(signed, self.identity.notary_pub, diary=place.diary, seq=seq, head=head)
        self._head, self._seq = head, seq


def _line_number(opened: OpenedVersion) -> int:
    """`n` of a version this device has just sealed."""
    line: Any = opened.reserved["_line"]
    return int(line["n"])


def _line_prev(opened: OpenedVersion) -> str | None:
    """`prev` of a version this device has just sealed."""
    line: Any = opened.reserved["_line"]
    return None if line["prev"] is None else str(line["prev"])


def _diary_version(held: Held) -> DiaryVersion:
    """One version as the pack's side reads it."""
    opened = held.opened
    seeds: Sequence[bytes] = opened.seeds
    restricted = opened.restricted
    return {
        "c": held.push.c,
        "env": held.push.env,
        "kind": opened.kind,
        "open": {"fields": {**opened.fields, **opened.reserved}, "keys": opened.open_keys, "seed": seeds[0]},
        "parents": held.push.parents,
        "receipt": held.receipt,
        "record": opened.place.record,
        "restricted": (
            {"fields": restricted, "keys": opened.restricted_keys, "seed": seeds[1]} if restricted is not None else None
        ),
        "schema": opened.schema,
        "seq": held.seq,
        "sig": held.push.sig,
        "version": opened.place.version,
    }
