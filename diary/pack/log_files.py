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
from diary.encoding import canon, unb64
from diary.errors import BadRequest
from diary.ids import parse_id
from diary.record.reading import Fields, object_of, objects_of, text_of, whole_of

TYPE: Final = "log/v1"
LIMIT: Final = constants.PACK_LOG_LIMIT_BYTES
CHECKPOINTS_LIMIT: Final = 2
STAMPS_LIMIT: Final = 8
COSIGNATURES_LIMIT: Final = constants.COSIGNATURES_LIMIT
AUTHORITY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's answer for a checkpoint, and what was pinned when it was accepted."""

    authority: str
    policy: str
    nonce: str
    tsr: bytes
    chain: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that versions of this pack are proved under. `path`: from the anchor before it, to show that it grew;
    `cosignatures`: log witnesses' signature lines over it, without their line ends."""

    size: int
    note: bytes
    stamps: tuple[Stamp, ...]
    path: tuple[str, ...]
    cosignatures: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """Its files' common beginning."""
        return f"checkpoint-{self.size}"


@dataclass(frozen=True, slots=True)
class Log:
    """What a capsule says of the log. `authorities`: who the server asks for timestamps, by name."""

    authorities: tuple[str, ...]
    anchors: tuple[Anchor, ...]
    proofs: tuple[Mapping[str, object], ...]
    statements: tuple[Mapping[str, object], ...]

    @property
    def stamped(self) -> tuple[tuple[Anchor, Stamp], ...]:
        """Every timestamp there is."""
        return tuple((anchor, stamp) for anchor in self.anchors for stamp in anchor.stamps)


NOTHING: Final = Log((), (), (), ())


def read_log(value: object) -> Log:
    """`log` of a capsule; nothing when it is null or absent. Raises BadRequest (or KeyError) when it is not whole.

    Names become files here, so they are held to their patterns; whether anything is true is for whoever checks.
    """
    if value is None:
        return NOTHING
    if not isinstance(value, dict):
        raise BadRequest("The capsule is not complete.")
    log = Log(
        authorities=tuple(_authority(name) for name in _list(value, "authorities")),
        anchors=tuple(_anchor(row) for row in objects_of(value, "checkpoints")),
        proofs=tuple(_proof(row) for row in objects_of(value, "proofs")),
        statements=objects_of(value, "statements"),
    )
    sizes = [anchor.size for anchor in log.anchors]
    versions = [text_of(row, "version") for row in log.proofs]
    if sizes != sorted(set(sizes)) or len(sizes) > CHECKPOINTS_LIMIT or len(set(versions)) != len(versions):
        raise BadRequest("The capsule names something twice.")
    if not {whole_of(row, "size") for row in log.proofs} <= set(sizes):
        raise BadRequest("The capsule is not complete.")
    return log


def _anchor(row: Fields) -> Anchor:
    """One checkpoint with its stamps."""
    stamps = tuple(_stamp(one) for one in objects_of(row, "stamps"))
    size = whole_of(row, "size")
    if size is None or size < 1 or len(stamps) > STAMPS_LIMIT or len({one.authority for one in stamps}) != len(stamps):
        raise BadRequest("The capsule is not complete.")
    cosignatures = tuple(str(one) for one in _list(row, "cosignatures"))
    if len(cosignatures) > COSIGNATURES_LIMIT:
        raise BadRequest("The capsule is not complete.")
    return Anchor(
        size, text_of(row, "note").encode(), stamps, tuple(str(one) for one in _list(row, "path")), cosignatures
    )


def _stamp(row: Fields) -> Stamp:
    """One timestamp."""
    return Stamp(
        authority=_authority(row["authority"]),
        policy=text_of(row, "policy"),
        nonce=text_of(row, "nonce"),
        tsr=unb64(str(row["tsr"])),
        chain=text_of(row, "chain").encode(),
    )


def _proof(row: Fields) -> Mapping[str, object]:
    """Where one version stands."""
    version, size, i = text_of(row, "version"), whole_of(row, "size"), whole_of(row, "i")
    parse_id(version)
    if size is None or i is None or not 0 <= i < size:
        raise BadRequest("The capsule is not complete.")
    return {"i": i, "path": [str(one) for one in _list(row, "path")], "size": size, "version": version}


def _authority(name: object) -> str:
    """An authority's name; it becomes part of a file's."""
    if not isinstance(name, str) or not AUTHORITY.fullmatch(name):
        raise BadRequest("A timestamp authority's name is not one.")
    return name


def _list(row: Fields, name: str) -> list[object]:
    """A list, empty when it is absent."""
    value = row.get(name)
    return value if isinstance(value, list) else []


def log_files(log: Log, servable: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    """Every file of the log in both proof folders, with its path under `data/`; none where the phone was never told.

    `servable`: the versions proved in that folder.
    """
    if log is NOTHING:
        return
    for folder in ("servable", "restricted"):
        mine = [row for row in log.proofs if folder == "restricted" or row["version"] in servable]
        yield f"{folder}/proof/log.json", log_json(log, mine)
        for anchor in log.anchors:
            yield f"{folder}/proof/{anchor.stem}.txt", anchor.note
            for stamp in anchor.stamps:
                yield f"{folder}/proof/{anchor.stem}.{stamp.authority}.tsr", stamp.tsr
                yield f"{folder}/proof/{anchor.stem}.{stamp.authority}.pem", stamp.chain


def log_json(log: Log, proofs: list[Mapping[str, object]]) -> bytes:
    """log.json: everything that is not a file of its own."""
    return canon(
        {
            "authorities": list(log.authorities),
            "checkpoints": [_checkpoint_json(anchor) for anchor in log.anchors],
            "proofs": [dict(row) for row in proofs],
            "statements": [dict(one) for one in log.statements],
            "t": TYPE,
        },
        limit=LIMIT,
    )


def _checkpoint_json(anchor: Anchor) -> dict[str, object]:
    """One checkpoint in log.json. What no witness saw is written as it was before there were witnesses."""
    told: dict[str, object] = {
        "path": list(anchor.path),
        "size": anchor.size,
        "stamps": [{"authority": one.authority, "nonce": one.nonce, "policy": one.policy} for one in anchor.stamps],
    }
    return told | ({"cosignatures": list(anchor.cosignatures)} if anchor.cosignatures else {})


def stem_of(row: Fields) -> str:
    """The name of a checkpoint's files without their endings, for its row in log.json."""
    size = whole_of(row, "size")
    return f"checkpoint-{'' if size is None else size}"


def told_files(folder: str, value: Fields) -> set[str]:
    """The paths that a log.json of `folder` (`data/servable/proof/`) promises, itself among them."""
    names = {f"{folder}log.json"}
    for row in objects_of(value, "checkpoints"):
        stem = f"{folder}{stem_of(row)}"
        names.add(f"{stem}.txt")
        for stamp in objects_of(row, "stamps"):
            names |= {f"{stem}.{text_of(object_of({'it': stamp}, 'it'), 'authority')}.{end}" for end in ("tsr", "pem")}
    return names
