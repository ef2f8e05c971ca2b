"""Capsules and packs of an advocate, as the desk makes them of what a keeper gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from diary.crypto.fingerprints import fingerprint
from diary.crypto.signing import AuthorSigner, generate_scalar
from diary.encoding import b64
from diary.ids import id_text, new_id
from diary.ledger.commitments import field_digest, field_salt
from diary.pack.capsule.builder import build_capsule
from diary.pack.capsule.reader import encode_capsule, read_capsule
from diary.pack.proofs.proof_files import schema_names
from tests.pack.conftest import BuiltPack, assemble_pack, build_in_thread
from tests.pack.fictional_diary import FictionalDiary
from tests.pack.pack_members import members_of, rebuild_digest_lists
from tests.pack.test_preparer_statement import PackPreparer

PREPARER_NAME, PREPARER_ORGANISATION = "Priya K", "Stalking Support North"
# What a desk is never given, or never takes into a pack.
_KINDS_NOT_GIVEN = frozenset({"settings", "note", "consent", "export", "custody"})


def prepared_capsule(
    diary: FictionalDiary,
    *,
    is_restricted_given: bool = True,
    hold_words: tuple[str, ...] = (),
    prepared: dict[str, str] | None = None,
    initials: str = "PK",
    chosen: tuple[str, ...] | None = None,
) -> bytes:
    """Return a capsule of what the keeper gave, as static/src/desk/packing.ts makes it for the pages.

    `is_restricted_given`: whether the grant gives what is kept apart; else each version has digests in its place.
    """
    given = [row for row in diary.versions if row["kind"] not in _KINDS_NOT_GIVEN]
    wish = diary.wish(
        chosen, hold_words=hold_words, review={"looked": 0, "not_looked": 0, "override_at": None, "words": 2}
    )
    capsule: dict[str, Any] = json.loads(build_capsule(given, wish, diary.public_keys))
    pack = capsule["pack"]
    del pack["feed"]
    pack |= {
        "engine": "browser",
        "folder": f"PACK_{initials}_{pack['no']}_{pack['folder'][-8:]}",
        "initials": initials,
        "prepared": prepared
        or {
            "by": PREPARER_NAME,
            "grant": id_text(new_id()),
            "organisation": PREPARER_ORGANISATION,
            "to": b64(bytes(12)),
        },
    }
    for line in capsule["custody"]:
        line["actor"] = "advocate" if line["action"] == "exported" else line["actor"]
        line["item"] = line["item"].replace("AA/", f"{initials}/")
    for row in capsule["exhibits"]:
        row["item"], row["file"] = (
            row["item"].replace("AA/", f"{initials}/"),
            row["file"].replace("AA-", f"{initials}-"),
        )
        if row["file"].endswith(".pdf"):
            row["received"] = None  # a browser draws no letters
    if not is_restricted_given:
        _withhold_restricted(diary, capsule)
    return encode_capsule(capsule)


def make_prepared_pack(
    diary: FictionalDiary, folder: Path, *, is_restricted_given: bool = True, has_restricted_part: bool = True
) -> tuple[Path, PackPreparer]:
    """Return a pack of set pages that names its preparer, and who that is.

    `has_restricted_part`: whether the advocate put in what is kept apart.
    """
    folder.mkdir()
    author, hpke_public_key = AuthorSigner(generate_scalar()), AuthorSigner(generate_scalar()).pub
    prepared = {
        "by": PREPARER_NAME,
        "grant": id_text(new_id()),
        "organisation": PREPARER_ORGANISATION,
        "to": b64(fingerprint(author.pub, hpke_public_key)),
    }
    raw = prepared_capsule(diary, is_restricted_given=is_restricted_given, prepared=prepared)
    capsule, front = read_capsule(raw), build_in_thread(diary, raw, folder / "front.zip")
    built = assemble_pack(diary, front, capsule, folder / "built.zip")
    preparer = PackPreparer(BuiltPack(built, front, diary, raw, capsule))
    preparer.author, preparer.hpke_public_key = author, hpke_public_key
    members = {
        name: content
        for name, content in members_of(built).items()
        if name.startswith("data/") and (has_restricted_part or not name.startswith("data/restricted/"))
    }
    grant = preparer.make_grant(grant=prepared["grant"], restricted=is_restricted_given)
    return resign(preparer, preparer.stated_members(members, grant), folder / "pack.zip"), preparer


def resign(preparer: PackPreparer, members: dict[str, bytes], path: Path) -> Path:
    """Return a pack of these members whose lists the preparer made and signed."""
    bag = {"bag-info.txt": members_of(preparer.pack.path)["bag-info.txt"]}
    return rebuild_digest_lists(preparer.pack.path, members | bag, path, preparer.author)


def _withhold_restricted(diary: FictionalDiary, capsule: dict[str, Any]) -> None:
    """Put the digests of restricted fields in their place."""
    seeds = {
        row["version"]: row["restricted"]["seed"] if row["restricted"] else row["open"]["seed"]
        for row in diary.versions
    }
    for row in capsule["versions"]:
        fields, seed = row["restricted"]["fields"], seeds[row["version"]]
        digests = {
            name: b64(field_digest(name, field_salt(seed, name), fields.get(name)))
            for name in schema_names(row["kind"], row["schema"]).restricted
        }
        row["restricted"] = {"digests": digests, "fields": {}, "seed": None}
    for row in capsule["exhibits"]:
        row["received"] = None
        if row["file"].endswith(".png"):
            row["hold_picture"], row["print"] = True, None
