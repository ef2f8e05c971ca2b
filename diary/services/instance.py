"""The objects that the services of a running server share, created once by diary/app.py."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from diary.clock import Clock
from diary.config import Settings
from diary.crypto.kdf import KdfPolicy
from diary.crypto.signing import Ed25519Signer
from diary.ledger.cosignatures import WitnessEndpoint
from diary.ledger.timestamp_authorities import TimestampAuthority
from diary.services.accounts.pepper import Pepper
from diary.services.accounts.throttle import FailureThrottle
from diary.services.accounts.unknown_names import KdfProfileShares
from diary.services.operations.disk_space import DiskSpace
from diary.services.operations.limit_store import RequestCounter
from diary.storage.blob_store import BlobStore
from diary.storage.database_interface import Database


@dataclass(frozen=True, slots=True)
class Instance:
    """The objects that every service receives.

    `request_counter` is None if workers count separately. `kdf_policy` limits the credentials of accounts.
    `argon2_semaphore` limits concurrent proof checks, since each needs tens of megabytes. `kdf_profile_shares` selects
    the decoys for unknown names. `disk_space` is the free space for files. `timestamp_authorities` timestamp
    checkpoints and `log_witnesses` cosign them. `notary_key_statements` are the instance key's statements about notary
    keys, oldest first; empty without an instance key. `release_leaf` is the leaf of the signed release; None without
    one.
    """

    settings: Settings
    clock: Clock
    db: Database
    blob_store: BlobStore
    notary: Ed25519Signer
    pepper: Pepper
    throttle: FailureThrottle
    request_counter: RequestCounter | None
    kdf_policy: KdfPolicy
    argon2_semaphore: asyncio.Semaphore
    kdf_profile_shares: KdfProfileShares
    disk_space: DiskSpace
    timestamp_authorities: tuple[TimestampAuthority, ...] = ()
    log_witnesses: tuple[WitnessEndpoint, ...] = ()
    notary_key_statements: tuple[Mapping[str, object], ...] = ()
    release_leaf: bytes | None = None
