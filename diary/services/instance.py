"""What one running server works with. Made once, by the composition root."""

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
    """The collaborators of every service.

    `policy`: which locks an account may be given. `argon`: how many proofs are checked at once, since each
    takes tens of megabytes for its time. `counts`: where workers count together, None where each does alone.
    `disk`: how much room is left for files. `authorities`: who is asked to stamp checkpoints. `witnesses`: who is asked to
    cosign them. `statements`: what the instance key said about notary keys, oldest first; none where there is no instance
    key. `shares`: which locks unknown names are answered with. `release`: the leaf of the signed list that is served, None
    where nobody signed one.
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
