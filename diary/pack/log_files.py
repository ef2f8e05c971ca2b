"""The public log's part of a pack: checkpoints, timestamps, key statements, and where each version stands.

In a capsule it is `log`: what the phone was given and checked. In the proof folders it is `log.json` with each
checkpoint's note, each timestamp and its certificates as files of their own, so that tools other than ours can
be pointed at them. The servable folder speaks of the versions it holds, the restricted one of all.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from diary import constants
from diary.encoding import canonical_json, unb64
from diary.errors import BadRequest
from diary.ids import parse_id
from diary.record.reading import RecordFields, integer_of, object_of, objects_of, text_of

LOG_TYPE: Final = "log/v1"
LOG_LIMIT_BYTES: Final = constants.PACK_LOG_LIMIT_BYTES
CHECKPOINTS_LIMIT: Final = 2
TIMESTAMPS_LIMIT: Final = 8
COSIGNATURES_LIMIT: Final = constants.COSIGNATURES_LIMIT
AUTHORITY_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class PackTimestamp:
    """An authority's answer for a checkpoint, and what was pinned when it was accepted."""

    authority: str
    policy: str
    nonce: str
    response: bytes
    certificate_chain: bytes


@dataclass(frozen=True, slots=True)
class PackCheckpoint:
    """A checkpoint that versions of this pack are proved under. `path`: from the anchor before it, to show that it grew;
    `cosignatures`: log witnesses' signature lines over it, without their line ends."""

    size: int
    note: bytes
    timestamps: tuple[PackTimestamp, ...]
    consistency_path: tuple[str, ...]
    cosignatures: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """Its files' common beginning."""
        return f"checkpoint-{self.size}"


@dataclass(frozen=True, slots=True)
class PackLog:
    """What a capsule says of the log. `authorities`: who the server asks for timestamps, by name."""

    authorities: tuple[str, ...]
    checkpoints: tuple[PackCheckpoint, ...]
    proofs: tuple[Mapping[str, object], ...]
    statements: tuple[Mapping[str, object], ...]

    @property
    def timestamped_checkpoints(self) -> tuple[tuple[PackCheckpoint, PackTimestamp], ...]:
        """Every timestamp there is."""
        return tuple((checkpoint, timestamp) for checkpoint in self.checkpoints for timestamp in checkpoint.timestamps)


EMPTY_LOG: Final = PackLog((), (), (), ())


def parse_log(value: object) -> PackLog:
    """`log` of a capsule; nothing when it is null or absent. Raises BadRequest (or KeyError) when it is not whole.

    Names become files here, so they are held to their patterns; whether anything is true is for whoever checks.
    """
    if value is None:
        return EMPTY_LOG
    if not isinstance(value, dict):
        raise BadRequest("The capsule is not complete.")
    log = PackLog(
        authorities=tuple(_parse_authority(name) for name in _list_field(value, "authorities")),
        checkpoints=tuple(_parse_checkpoint(row) for row in objects_of(value, "checkpoints")),
        proofs=tuple(_parse_inclusion_proof(row) for row in objects_of(value, "proofs")),
        statements=objects_of(value, "statements"),
    )
    sizes = [checkpoint.size for checkpoint in log.checkpoints]
    versions = [text_of(row, "version") for row in log.proofs]
    if sizes != sorted(set(sizes)) or len(sizes) > CHECKPOINTS_LIMIT or len(set(versions)) != len(versions):
        raise BadRequest("The capsule names something twice.")
    if not {integer_of(row, "size") for row in log.proofs} <= set(sizes):
        raise BadRequest("The capsule is not complete.")
    return log


def _parse_checkpoint(row: RecordFields) -> PackCheckpoint:
    """One checkpoint with its stamps."""
    timestamps = tuple(_parse_timestamp(timestamp) for timestamp in objects_of(row, "stamps"))
    size = integer_of(row, "size")
    if (
        size is None
        or size < 1
        or len(timestamps) > TIMESTAMPS_LIMIT
        or len({timestamp.authority for timestamp in timestamps}) != len(timestamps)
    ):
        raise BadRequest("The capsule is not complete.")
    cosignatures = tuple(str(timestamp) for timestamp in _list_field(row, "cosignatures"))
    if len(cosignatures) > COSIGNATURES_LIMIT:
        raise BadRequest("The capsule is not complete.")
    return PackCheckpoint(
        size,
        text_of(row, "note").encode(),
        timestamps,
        tuple(str(timestamp) for timestamp in _list_field(row, "path")),
        cosignatures,
    )


def _parse_timestamp(row: RecordFields) -> PackTimestamp:
    """One timestamp."""
    return PackTimestamp(
        authority=_parse_authority(row["authority"]),
        policy=text_of(row, "policy"),
        nonce=text_of(row, "nonce"),
        response=unb64(str(row["tsr"])),
        certificate_chain=text_of(row, "chain").encode(),
    )


def _parse_inclusion_proof(row: RecordFields) -> Mapping[str, object]:
    """Where one version stands."""
    version, size, leaf_index = text_of(row, "version"), integer_of(row, "size"), integer_of(row, "i")
    parse_id(version)
    if size is None or leaf_index is None or not 0 <= leaf_index < size:
        raise BadRequest("The capsule is not complete.")
    return {"i": leaf_index, "path": [str(one) for one in _list_field(row, "path")], "size": size, "version": version}


def _parse_authority(name: object) -> str:
    """An authority's name; it becomes part of a file's."""
    if not isinstance(name, str) or not AUTHORITY_PATTERN.fullmatch(name):
        raise BadRequest("A timestamp authority's name is not one.")
    return name


def _list_field(row: RecordFields, name: str) -> list[object]:
    """A list, empty when it is absent."""
    value = row.get(name)
    return value if isinstance(value, list) else []


def log_files(log: PackLog, servable_versions: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    """Every file of the log in both proof folders, with its path under `data/`; none where the phone was never told.

    `servable`: the versions proved in that folder.
    """
    if log is EMPTY_LOG:
        return
    for folder in ("servable", "restricted"):
        folder_proofs = [row for row in log.proofs if folder == "restricted" or row["version"] in servable_versions]
        yield f"{folder}/proof/log.json", encode_log(log, folder_proofs)
        for checkpoint in log.checkpoints:
            yield f"{folder}/proof/{checkpoint.stem}.txt", checkpoint.note
            for timestamp in checkpoint.timestamps:
                yield f"{folder}/proof/{checkpoint.stem}.{timestamp.authority}.tsr", timestamp.response
                yield f"{folder}/proof/{checkpoint.stem}.{timestamp.authority}.pem", timestamp.certificate_chain


def encode_log(log: PackLog, proofs: list[Mapping[str, object]]) -> bytes:
    """log.json: everything that is not a file of its own."""
    return canonical_json(
        {
            "authorities": list(log.authorities),
            "checkpoints": [_checkpoint_json(checkpoint) for checkpoint in log.checkpoints],
            "proofs": [dict(row) for row in proofs],
            "statements": [dict(statement) for statement in log.statements],
            "t": LOG_TYPE,
        },
        limit_bytes=LOG_LIMIT_BYTES,
    )


def _checkpoint_json(checkpoint: PackCheckpoint) -> dict[str, object]:
    """One checkpoint in log.json. What no witness saw is written as it was before there were witnesses."""
    row: dict[str, object] = {
        "path": list(checkpoint.consistency_path),
        "size": checkpoint.size,
        "stamps": [
            {"authority": timestamp.authority, "nonce": timestamp.nonce, "policy": timestamp.policy}
            for timestamp in checkpoint.timestamps
        ],
    }
    return row | ({"cosignatures": list(checkpoint.cosignatures)} if checkpoint.cosignatures else {})


def checkpoint_stem(row: RecordFields) -> str:
    """The name of a checkpoint's files without their endings, for its row in log.json."""
    size = integer_of(row, "size")
    return f"checkpoint-{'' if size is None else size}"


def expected_log_files(folder: str, log: RecordFields) -> set[str]:
    """The paths that a log.json of `folder` (`data/servable/proof/`) promises, itself among them."""
    paths = {f"{folder}log.json"}
    for row in objects_of(log, "checkpoints"):
        stem = f"{folder}{checkpoint_stem(row)}"
        paths.add(f"{stem}.txt")
        for timestamp in objects_of(row, "stamps"):
            paths |= {
                f"{stem}.{text_of(object_of({'it': timestamp}, 'it'), 'authority')}.{extension}"
                for extension in ("tsr", "pem")
            }
    return paths
