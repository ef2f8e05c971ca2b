"""Actors of several steps that change access: handovers, grants, key rotation, account closing.

Each actor works with the reference client until its server is killed, and records what was acknowledged. With the next
server it first checks the interrupted action: it was done completely or not at all. Anything else is a line in `faults`.
"""

from __future__ import annotations

import random
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypedDict

from diary.client import accounts, advocates, grant_access, handovers, rotate_keys
from diary.client.accounts import Identity
from diary.client.advocates import Advocate
from diary.client.grant_access import GrantTerms
from diary.client.handovers import PendingHandover
from diary.client.journal import Journal, VersionContent
from diary.client.transport import RemoteServer, connect
from diary.clock import SystemClock
from diary.crypto import kdf
from diary.errors import InvalidCredentials, KeptError, TooManyRequests, Unavailable
from diary.ledger import push
from diary.ledger.push import VersionPush, WrapsForGrant
from diary.ledger.sharing.grants import DEFAULT_DURATION_MS, GrantParty, OpenedGrant
from diary.ledger.versions import VersionIds

PASSPHRASE: Final = "correct horse battery staple"


class KdfArguments(TypedDict):
    """Arguments of functions that derive keys from a passphrase."""

    profile: kdf.KdfProfile
    policy: kdf.KdfPolicy


CHEAP_KDF: Final[KdfArguments] = {"profile": kdf.CHEAPEST_PROFILE, "policy": kdf.TEST_POLICY}
# Enough to be changed during a kill, few enough to be opened again after each of two hundred kills.
ENTRIES_LIMIT: Final = 10
OPENINGS_LIMIT: Final = 5


@dataclass
class Actor(ABC):
    """Keeper with an account, and what was acknowledged to them."""

    origin: str
    identity: Identity
    tokens: dict[str, str]
    random_source: random.Random
    acknowledged_acts: int = 0
    interrupted_acts: int = 0
    faults: list[str] = field(default_factory=list)
    name = ""

    async def run_until_killed(self, acts_limit: int = 1 << 30) -> None:
        """Verify, then act until the server is gone or `acts_limit` is reached."""
        is_acting = False
        async with connect(self.origin) as server:
            server.tokens = self.tokens
            try:
                await self.verify(server)
                for _ in range(acts_limit):
                    is_acting = True
                    await self.perform_act(server)
                    is_acting = False
                    self.acknowledged_acts += 1
            except (Unavailable, TooManyRequests):
                # Killed, unavailable or throttled: the next life begins with `verify`.
                self.interrupted_acts += is_acting
            except KeptError as error:
                self.faults.append(f"{self.name}: {type(error).__name__} {error.message}")

    def expect(self, holds: bool, what: str) -> None:
        """Record a failure unless `holds`."""
        if not holds:
            self.faults.append(f"{self.name}: {what}")

    @abstractmethod
    async def verify(self, server: RemoteServer) -> None:
        """Verify that the state is what was acknowledged, with or without the interrupted action."""

    @abstractmethod
    async def perform_act(self, server: RemoteServer) -> None:
        """Perform one action."""


@dataclass
class KeyRotationActor(Actor):
    """Actor that rotates every key, again and again.

    Exactly one of the old and the new words opens the account, and it opens everything.
    """

    passphrase: str = PASSPHRASE
    next_passphrase: str = ""
    entry_count: int = 0
    name = "new keys"

    async def verify(self, server: RemoteServer) -> None:
        """Verify that exactly one of the two pairs of words opens the account and every entry."""
        server.tokens.clear()
        opened = {}
        for words in filter(None, (self.passphrase, self.next_passphrase)):
            try:
                opened[words] = await accounts.sign_in(server, self.identity.login, words, policy=kdf.TEST_POLICY)
            except InvalidCredentials:
                continue
        self.expect(len(opened) == 1, f"{len(opened)} pairs of words open it")
        for words, identity in opened.items():
            self.passphrase, self.identity, self.next_passphrase = words, identity, ""
        journal = Journal(self.identity, SystemClock())
        await journal.fetch(server)
        self.expect(
            self.entry_count <= journal.acknowledged_count <= self.entry_count + 1,
            f"{journal.acknowledged_count} entries of {self.entry_count}",
        )
        self.entry_count = journal.acknowledged_count

    async def perform_act(self, server: RemoteServer) -> None:
        """Add an entry while there are few, then rotate words and keys and verify."""
        if self.entry_count < ENTRIES_LIMIT:
            journal = Journal(self.identity, SystemClock())
            await journal.fetch(server)
            journal.append(VersionContent("incident", {"narrative": "x" * self.random_source.randrange(900)}))
            await journal.send(server)
            self.entry_count += 1
        self.next_passphrase = f"{PASSPHRASE} {self.random_source.randrange(1 << 40)}"
        await rotate_keys.rotate(server, self.identity, self.next_passphrase, **CHEAP_KDF)
        self.passphrase, self.next_passphrase = self.next_passphrase, ""
        await self.verify(server)


@dataclass
class AccountClosingActor(Actor):
    """Actor that schedules its account for closing, and cancels it again."""

    possible_states: frozenset[bool] = frozenset({False})
    name = "closing"

    async def verify(self, server: RemoteServer) -> None:
        """Verify that closing is scheduled or not, as acknowledged."""
        is_closing = (await server.json("GET", "/v1/session"))["closing_at"] is not None
        self.expect(is_closing in self.possible_states, f"to be closed: {is_closing}")
        self.possible_states = frozenset({is_closing})

    async def perform_act(self, server: RemoteServer) -> None:
        """Change to the other state."""
        wanted_state = not all(self.possible_states)
        self.possible_states = frozenset({True, False})
        await server.json(
            "POST" if wanted_state else "DELETE",
            "/v1/account/closing",
            proof=self.identity.proof if wanted_state else None,
        )
        self.possible_states = frozenset({wanted_state})


@dataclass
class LeftPack:
    """Uploaded handover: its words and content, and the least and most times it may have been opened."""

    handover: PendingHandover
    content: bytes
    openings_minimum: int = 0
    openings_maximum: int = 0


@dataclass
class HandoverActor(Actor):
    """Actor that uploads, opens and ends handovers."""

    packs: dict[str, LeftPack] = field(default_factory=dict)
    ended_ids: set[str] = field(default_factory=set)
    ending_id: str = ""
    name = "hand-overs"

    async def verify(self, server: RemoteServer) -> None:
        """Verify that handovers are complete and their openings counted, ended ones gone, and no partial upload is left."""
        response_body: Any = await server.json("GET", "/v1/handovers")
        handover_by_id = {row["handover"]: row for row in response_body["handovers"]}
        if self.ending_id and handover_by_id[self.ending_id]["ended_at"] is not None:
            self._confirm_ended(self.ending_id)
        self.ending_id = ""
        for handover, pack in self.packs.items():
            row = handover_by_id.get(handover)
            if row is None or not row["complete"] or row["ended_at"] is not None:
                self.expect(False, f"{handover} is not there as it was left")
            else:
                opened = len(row["openings"])
                self.expect(
                    pack.openings_minimum <= opened <= pack.openings_maximum,
                    f"{opened} openings of {pack.openings_minimum} to {pack.openings_maximum}",
                )
                pack.openings_minimum = pack.openings_maximum = opened
        for handover in self.ended_ids:
            self.expect(
                handover_by_id.get(handover, {"ended_at": 0})["ended_at"] is not None, f"{handover} is open again"
            )
        for handover in handover_by_id.keys() - self.packs.keys() - self.ended_ids:
            if handover_by_id[handover]["ended_at"] is None:
                await server.json("DELETE", f"/v1/handovers/{handover}", proof=self.identity.proof)
            self.ended_ids.add(handover)

    def _confirm_ended(self, handover: str) -> None:
        """Record a failure unless the handover has ended."""
        self.packs.pop(handover)
        self.ended_ids.add(handover)

    async def perform_act(self, server: RemoteServer) -> None:
        """Upload a handover, or open or end one."""
        pack = self.random_source.choice(list(self.packs.values())) if self.packs else None
        if pack is None or (len(self.packs) < ENTRIES_LIMIT and self.random_source.random() < 0.5):
            await self._leave_pack(server)
        elif self.random_source.random() < 0.6 and pack.openings_maximum < OPENINGS_LIMIT:
            await self.fetch_pack(pack)
        else:
            self.ending_id = pack.handover.handover_id
            await server.json("DELETE", f"/v1/handovers/{self.ending_id}", proof=self.identity.proof)
            self._confirm_ended(self.ending_id)
            self.ending_id = ""

    async def _leave_pack(self, server: RemoteServer) -> None:
        """Upload a new handover."""
        content = self.random_source.randbytes(self.random_source.randrange(1, 60_000))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "PACK_JB_1_20261124.zip"
            file.write_bytes(content)
            now = SystemClock().now_ms()
            handover = await handovers.upload_handover(server, self.identity, file, now_ms=now, **CHEAP_KDF)
        self.packs[handover.handover_id] = LeftPack(handover, content)

    async def fetch_pack(self, pack: LeftPack) -> None:
        """Open a handover with its words and compare the content, as a recipient does."""
        pack.openings_maximum += 1
        with tempfile.TemporaryDirectory() as folder:
            async with connect(self.origin.replace("//", "//public.")) as public:
                received_folder = await handovers.collect_handover(
                    public, pack.handover.words, Path(folder), kdf.TEST_POLICY
                )
            self.expect(received_folder.read_bytes() == pack.content, "another pack came than was left")
        pack.openings_minimum += 1


@dataclass
class GrantState:
    """A grant, with the versions it certainly and possibly has keys for."""

    granted: OpenedGrant
    certain_versions: set[str] = field(default_factory=set)
    possible_versions: set[str] = field(default_factory=set)


@dataclass
class GrantActor(Actor):
    """Actor that grants access, shares keys with an entry or later, and ends grants."""

    advocate: Advocate | None = None
    advocate_tokens: dict[str, str] = field(default_factory=dict)
    advocate_keys: GrantParty | None = None
    written_versions: list[tuple[VersionPush, VersionIds]] = field(default_factory=list)
    open_grants: dict[str, GrantState] = field(default_factory=dict)
    closed_grants: set[str] = field(default_factory=set)
    closing_grant: str = ""
    name = "grants"

    async def verify(self, server: RemoteServer) -> None:
        """Verify that valid grants give access to what was shared, ended ones to nothing. End unacknowledged grants."""
        response_body: Any = await server.json("GET", "/v1/grants")
        grant_by_id = {row["grant"]: row for row in response_body["grants"]}
        if self.closing_grant and grant_by_id[self.closing_grant]["ended_at"] is not None:
            self._confirm_closed(self.closing_grant)
        self.closing_grant = ""
        for grant, state in self.open_grants.items():
            if grant not in grant_by_id or grant_by_id[grant]["ended_at"] is not None:
                self.expect(False, f"{grant} is not open as it was made")
                continue
            granted_versions = set(
                (await server.json("GET", f"/v1/diaries/{self.identity.diary}/grants/{grant}/wraps"))["versions"]
            )
            self.expect(
                state.certain_versions <= granted_versions <= state.certain_versions | state.possible_versions,
                f"{len(granted_versions)} versions are open to {grant}",
            )
            state.certain_versions, state.possible_versions = granted_versions, set()
        for grant in self.closed_grants:
            self.expect(
                grant_by_id[grant]["ended_at"] is not None and grant_by_id[grant]["given"] == 0,
                f"{grant} is open again",
            )
        for grant in grant_by_id.keys() - self.open_grants.keys() - self.closed_grants:
            await grant_access.end_grant(server, self.identity, grant)
            self.closed_grants.add(grant)

    def _confirm_closed(self, grant: str) -> None:
        """Record a failure unless the grant has ended."""
        self.open_grants.pop(grant)
        self.closed_grants.add(grant)

    async def perform_act(self, server: RemoteServer) -> None:
        """Grant access, write an entry with keys for every grant, share earlier versions, or end a grant."""
        act_kind = self.random_source.random()
        if not self.open_grants or (len(self.open_grants) < 3 and act_kind < 0.3):
            assert self.advocate_keys is not None
            choice = GrantTerms({"all": True}, SystemClock().now_ms() + DEFAULT_DURATION_MS, "Help with a report")
            granted = await grant_access.create_grant(
                server, self.identity, self.advocate_keys, choice, "Maya", SystemClock().now_ms()
            )
            self.open_grants[granted.id] = GrantState(granted)
        elif len(self.written_versions) < ENTRIES_LIMIT and act_kind < 0.6:
            await self._write_entry(server)
        elif self.written_versions and act_kind < 0.85:
            state = self.random_source.choice(list(self.open_grants.values()))
            state.possible_versions |= {place.version for _, place in self.written_versions}
            await grant_access.upload_version_keys(server, self.identity, state.granted, self.written_versions)
            state.certain_versions |= state.possible_versions
        else:
            self.closing_grant = self.random_source.choice(list(self.open_grants))
            await grant_access.end_grant(server, self.identity, self.closing_grant)
            self._confirm_closed(self.closing_grant)
            self.closing_grant = ""

    async def _write_entry(self, server: RemoteServer) -> None:
        """Push an entry with its keys for every grant."""
        journal = Journal(self.identity, SystemClock())
        local_version = journal.append(
            VersionContent("incident", {"narrative": "x" * self.random_source.randrange(900)})
        )
        place = local_version.opened_version.ids
        keys = [
            grant_access.wrap_keys_for_grant(state.granted, self.identity, local_version.push, place)
            for state in self.open_grants.values()
        ]
        for state in self.open_grants.values():
            state.possible_versions.add(place.version)
        await server.put(
            f"/v1/diaries/{place.diary}/records/{place.record}/versions/{place.version}",
            with_grant_keys(local_version.push, keys),
        )
        self.written_versions.append((local_version.push, place))
        for state in self.open_grants.values():
            state.certain_versions.add(place.version)

    async def read_as_advocate(self) -> int:
        """Verify that the advocate reads exactly what was shared by each grant. Return the number of versions."""
        assert self.advocate is not None
        async with connect(self.origin) as server:
            server.tokens = self.advocate_tokens
            clients, refused = await advocates.list_clients(server, self.advocate, SystemClock().now_ms())
            self.expect(
                refused == 0 and {client_by_id.grant.id for client_by_id in clients} == set(self.open_grants),
                "other doors stand open",
            )
            versions_seen = 0
            for client in clients:
                read = {
                    client_by_id.opened_version.ids.version
                    for client_by_id in await advocates.fetch_versions(server, client)
                }
                self.expect(
                    read == self.open_grants[client.grant.id].certain_versions, "the advocate opens something else"
                )
                versions_seen += len(read)
        return versions_seen


def with_grant_keys(pushed: VersionPush, keys: Iterable[WrapsForGrant]) -> bytes:
    """Return a push with keys for grants."""
    return push.encode(replace(pushed, grants=tuple(keys)))
