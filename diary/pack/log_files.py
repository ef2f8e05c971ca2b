"""Public log data of a pack: checkpoints, timestamps, key statements, and inclusion proofs of versions.

In a capsule it is `log`: what the phone received and checked. In the proof folders it is `log.json`, with each
checkpoint note, timestamp and certificate chain in a file of its own for use with other tools. The servable folder
covers its own versions only, the restricted one all of them.
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
CHECKPOINTS_LIMIT: Final = constants.PACK_CHECKPOINTS_LIMIT
TIMESTAMPS_LIMIT: Final = constants.PACK_TIMESTAMPS_LIMIT
COSIGNATURES_LIMIT: Final = constants.COSIGNATURES_LIMIT
AUTHORITY_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class PackTimestamp:
    """A timestamp authority's response for a checkpoint, and what was pinned when it was accepted."""

    authority: str
    policy: str
    nonce: str
    response: bytes
    certificate_chain: bytes


@dataclass(frozen=True, slots=True)
class PackCheckpoint:
    """A checkpoint that includes versions of this pack.

    `consistency_path`: proof that the log grew from the previous checkpoint to this one. `cosignatures`: signature
    lines of log witnesses, without line ends.
    """

    size: int
    note: bytes
    timestamps: tuple[PackTimestamp, ...]
    consistency_path: tuple[str, ...]
    cosignatures: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """Return the common stem of its file names."""
        return f"checkpoint-{self.size}"


@dataclass(frozen=True, slots=True)
class PackLog:
    """Log data of a capsule. `authorities`: names of the authorities that the server uses for timestamps."""

    authorities: tuple[str, ...]
    checkpoints: tuple[PackCheckpoint, ...]
    proofs: tuple[Mapping[str, object], ...]
    statements: tuple[Mapping[str, object], ...]

    @property
    def timestamped_checkpoints(self) -> tuple[tuple[PackCheckpoint, PackTimestamp], ...]:
        """Return every timestamp with its checkpoint."""
        return tuple((checkpoint, timestamp) for checkpoint in self.checkpoints for timestamp in checkpoint.timestamps)


EMPTY_LOG: Final = PackLog((), (), (), ())


def parse_log(value: object) -> PackLog:
    """Parse `log` of a capsule; null and absent give an empty log. Raise BadRequest or KeyError if it is malformed.

    Names become file names, so they must match their patterns; whether the data is true is checked by `verify`.
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
        raise BadRequest("The log in the capsule has duplicate or too many entries.")
    if not {integer_of(row, "size") for row in log.proofs} <= set(sizes):
        raise BadRequest("The capsule is not complete.")
    return log


def _parse_checkpoint(row: RecordFields) -> PackCheckpoint:
    """Parse one checkpoint with its timestamps."""
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
    """Parse one timestamp."""
    return PackTimestamp(
        authority=_parse_authority(row["authority"]),
        policy=text_of(row, "policy"),
        nonce=text_of(row, "nonce"),
        response=unb64(str(row["tsr"])),
        certificate_chain=text_of(row, "chain").encode(),
    )


def _parse_inclusion_proof(row: RecordFields) -> Mapping[str, object]:
    """Parse the inclusion proof of one version."""
    version, size, leaf_index = text_of(row, "version"), integer_of(row, "size"), integer_of(row, "i")
    parse_id(version)
    if size is None or leaf_index is None or not 0 <= leaf_index < size:
        raise BadRequest("The capsule is not complete.")
    return {"i": leaf_index, "path": [str(step) for step in _list_field(row, "path")], "size": size, "version": version}


def _parse_authority(name: object) -> str:
    """Parse an authority's name, which becomes part of file names."""
    if not isinstance(name, str) or not AUTHORITY_PATTERN.fullmatch(name):
        raise BadRequest("A timestamp authority has an invalid name.")
    return name


def _list_field(row: RecordFields, name: str) -> list[object]:
    """Return a list field, or an empty list."""
    value = row.get(name)
    return value if isinstance(value, list) else []


def log_files(log: PackLog, servable_versions: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the log files of both proof folders with their paths under `data/`; none for an empty log.

    `servable_versions`: the versions proved in the servable folder.
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
    """Return log.json: everything that has no file of its own."""
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
    """Return one checkpoint for log.json.

    Without cosignatures the row has the form used before log witnesses existed.
    """
    row: dict[str, object] = {
        "path": list(checkpoint.consistency_path),
        "size": checkpoint.size,
        "stamps": [
            {"authority": timestamp.authority, "nonce": timestamp.nonce, "policy": timestamp.policy}
            for timestamp in checkpoint.timestamps
        ],
    }
    return row | ({"cosignatures": list(checkpoint.cosignatures)} if checkpoint.cosignatures else {})


def is_within_limits(log: RecordFields) -> bool:
    """Return whether a log.json has no more checkpoints, timestamps and cosignatures than a pack may have.

    A checker reads a file for each, so that a small log.json with thousands of rows could keep it busy for hours.
    """
    rows = objects_of(log, "checkpoints")
    return len(rows) <= CHECKPOINTS_LIMIT and all(
        len(_list_field(row, "stamps")) <= TIMESTAMPS_LIMIT
        and len(_list_field(row, "cosignatures")) <= COSIGNATURES_LIMIT
        for row in rows
    )


def checkpoint_stem(row: RecordFields) -> str:
    """Return the common stem of a checkpoint's file names from its row in log.json."""
    size = integer_of(row, "size")
    return f"checkpoint-{'' if size is None else size}"


def expected_log_files(folder: str, log: RecordFields) -> set[str]:
    """Return the paths that a log.json in `folder` (`data/servable/proof/`) implies, including its own."""
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
