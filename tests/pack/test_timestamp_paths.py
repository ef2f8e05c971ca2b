"""The path of certificates above a timestamp, judged by the program and by the page: whom a root lets sign."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from diary.encoding import b64
from diary.pack.verify.portal_reader import STAMP_NAME
from diary.samples.timestamp_authority import make_authority
from tests.pack.fictional_diary import fictional_diary
from tests.pack.issued_certificates import (
    FOR_ISSUERS,
    FOR_SERVERS,
    FOR_TIMESTAMPS,
    Extensions,
    ForgedAuthority,
    Holder,
    constraints,
    issue,
    key_usage,
    make_forged_authority,
    name_of,
    purpose,
)
from tests.pack.pack_members import members_of, rebuild_digest_lists
from tests.pack.test_log_part import FOREIGN_LEAF_COUNT, InMemoryLog, make_pack_with_log
from tests.pack.test_receipt_slips import LIST, STAMP, LatePack, make_late_pack, with_beside
from tests.pack.verifier_comparison import PackCases, judge_packs

CERTIFICATE_SIGNATURES = (key_usage("key_cert_sign"), True)
UNKNOWN = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)
FOR_TIMESTAMPS_ISSUERS: Extensions = (*FOR_ISSUERS, (purpose(ExtendedKeyUsageOID.TIME_STAMPING), False))
ANY_PURPOSE: Extensions = (*FOR_ISSUERS, (purpose(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE), False))
SERVERS_ISSUERS: Extensions = (*FOR_ISSUERS, (purpose(ExtendedKeyUsageOID.SERVER_AUTH), False))
STAMPING_AUTHORITY: Extensions = ((constraints(), True), (purpose(ExtendedKeyUsageOID.TIME_STAMPING), True))


@pytest.fixture(scope="module")
def late_pack(tmp_path_factory: pytest.TempPathFactory) -> LatePack:
    """Return a pack without timestamps of its own."""
    return make_late_pack(tmp_path_factory.mktemp("late"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> ForgedAuthority:
    """Return an authority that signs as anybody."""
    return make_forged_authority(tmp_path_factory.mktemp("tsa"))


def names_permitted(name: str) -> tuple[x509.NameConstraints, bool]:
    """Return an extension under which an issuer may sign for one name."""
    return x509.NameConstraints([x509.DirectoryName(name_of(name))], None), True


def below(root: Holder, *issuers: Extensions, leaf: Extensions = FOR_TIMESTAMPS) -> tuple[Holder, list[Holder]]:
    """Return a signing certificate, and the issuers between it and the root."""
    between, last = list[Holder](), root
    for i, extensions in enumerate(issuers):
        last = issue(f"issuer {i}", last, extensions)
        between.append(last)
    return issue("signer", last, leaf), between


def stamps_by_path(
    authority: ForgedAuthority, manifest: bytes, paths: dict[str, tuple[Holder, tuple[Holder, list[Holder]]]]
) -> dict[str, tuple[bytes, Holder]]:
    """Return a timestamp for each path of certificates, with the root that is given for it."""
    stamps = {}
    for name, (root, (signer, between)) in paths.items():
        authority.sign_as(signer, between)
        stamps[name] = authority.stamp(manifest), root
    return stamps


def judge_stamps(
    late_pack: LatePack, folder: Path, stamps: dict[str, tuple[bytes, Holder]]
) -> dict[str, tuple[bool, int | None]]:
    """Return whether each timestamp beside the pack was found, and its time, of each root. Both judges agree."""
    cases = PackCases(folder, late_pack.diary.notary.pub)
    for name, (stamp, root) in stamps.items():
        with_beside(cases, late_pack.path, name, {STAMP_NAME: stamp}, tsa_roots=[root.pem])
    judged = judge_packs(cases, min_cases=len(stamps))
    return {name: (STAMP in findings, facts["stamped_at"]) for name, (findings, facts) in judged.items()}


def test_a_root_lets_only_authorities_issue(late_pack: LatePack, authority: ForgedAuthority, tmp_path: Path) -> None:
    """A certificate of a web server issues no certificate for timestamps, and neither does its holder alone."""
    root, manifest = issue("root"), members_of(late_pack.path)[LIST]
    short_root = issue("root", extensions=[(constraints(path_length=0), True)])
    short = [(constraints(path_length=0), True), CERTIFICATE_SIGNATURES]
    no_list = [(constraints(), True), (key_usage("digital_signature"), True)]
    refused = {
        "a server's certificate": (root, below(root, FOR_SERVERS)),
        "no authority": (root, below(root, [CERTIFICATE_SIGNATURES])),
        "no signatures on certificates": (root, below(root, no_list)),
        "a path that is too long": (root, below(root, short, FOR_ISSUERS)),
        "a path that is too long for its root": (short_root, below(short_root, FOR_ISSUERS)),
        "an unknown critical extension of the signer": (root, below(root, leaf=[*FOR_TIMESTAMPS, UNKNOWN])),
        "an unknown critical extension of an issuer": (root, below(root, [*FOR_ISSUERS, UNKNOWN])),
        "another name": (root, below(root, [*FOR_ISSUERS, names_permitted("nobody")])),
        "a permitted name": (root, below(root, [*FOR_ISSUERS, names_permitted("signer")])),
        "an issuer for servers only": (root, below(root, SERVERS_ISSUERS)),
        "signed by itself": (root, (issue("signer", extensions=FOR_TIMESTAMPS), [])),
        "under another root of that name": (root, below(issue("root"))),
    }
    valid = {
        "an issuer": (root, below(root, FOR_ISSUERS)),
        "two issuers": (root, below(root, FOR_ISSUERS, short)),
        "an issuer for timestamps": (root, below(root, FOR_TIMESTAMPS_ISSUERS)),
        "two issuers for timestamps": (root, below(root, FOR_TIMESTAMPS_ISSUERS, FOR_TIMESTAMPS_ISSUERS)),
        "an issuer for every purpose": (root, below(root, ANY_PURPOSE)),
        "a root for one": (short_root, below(short_root)),
        "an authority that stamps": (root, below(root, leaf=STAMPING_AUTHORITY)),
    }
    judged = judge_stamps(late_pack, tmp_path, stamps_by_path(authority, manifest, {**refused, **valid}))
    assert {name for name, (is_found, _) in judged.items() if is_found} == set(refused)
    assert {name for name, (_, time) in judged.items() if time is not None} == set(valid)


def test_a_certificate_in_a_timestamp_is_no_root(
    late_pack: LatePack, authority: ForgedAuthority, tmp_path: Path
) -> None:
    """OpenSSL takes names that differ in their capitals for one, and such a certificate for signed by itself."""
    root, own_root = issue("root"), issue("Own root")
    capitals = issue("OWN ROOT", own_root, key=own_root.key)
    signer = issue("signer", capitals, FOR_TIMESTAMPS)
    stamps = {}
    for name, enclosed in {"its root": [capitals, own_root], "in capitals": [capitals]}.items():
        authority.sign_as(signer, enclosed)
        stamps[name] = authority.stamp(members_of(late_pack.path)[LIST]), root
    assert set(judge_stamps(late_pack, tmp_path, stamps).values()) == {(True, None)}


def test_an_honest_timestamp_is_valid_in_every_form(
    late_pack: LatePack, authority: ForgedAuthority, tmp_path: Path
) -> None:
    """Without a nonce, with a second certificate of an issuer by another root, and with fractions of a second."""
    manifest, root, other = members_of(late_pack.path)[LIST], issue("root"), issue("other root")
    signer, [issuer] = below(root, FOR_ISSUERS)
    crossed = issue("issuer 0", other, key=issuer.key)
    authority.sign_as(signer, [issuer, crossed])
    plain, without_nonce = authority.stamp(manifest), authority.stamp(manifest, "-no_nonce")
    authority.sign_as(signer, [issuer], clock_precision_digits="6")
    fraction = authority.stamp(manifest)
    authority.sign_as(signer, [issuer], signer_digest="sha1")
    weak = authority.stamp(manifest)
    judged = judge_stamps(
        late_pack,
        tmp_path,
        {
            "one root": (plain, root),
            "the other root": (plain, other),
            "no nonce": (without_nonce, root),
            "no nonce, the other root": (without_nonce, other),
            "a fraction of a second": (fraction, root),
            "signed with SHA-1": (weak, root),
        },
    )
    assert judged.pop("signed with SHA-1") == (True, None)
    for name, (is_found, time) in judged.items():
        assert not is_found and time is not None and time % 1000 == 0, name


def test_both_judges_take_the_same_certificates(
    late_pack: LatePack, authority: ForgedAuthority, tmp_path: Path
) -> None:
    """The page reads some forms only, and so does the program: a path that one of them refuses, both refuse."""
    root, manifest = issue("root"), members_of(late_pack.path)[LIST]
    curve_root = issue("root", key=ec.generate_private_key(ec.SECP256K1()))
    long_root = issue("root", key=ec.generate_private_key(ec.SECP521R1()), digest=hashes.SHA512())
    rsa_root = issue("root", key=rsa.generate_private_key(65537, 2048), digest=hashes.SHA384())
    edwards_root = issue("root", key=ed25519.Ed25519PrivateKey.generate())
    printable = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root", _ASN1Type.PrintableString)])
    other_name = issue("root", subject=printable)
    signs = key_usage("key_cert_sign"), True
    usage = [extension for extension in FOR_TIMESTAMPS if not isinstance(extension[0], x509.KeyUsage)]
    stamps_only = [extension for extension in FOR_TIMESTAMPS if not isinstance(extension[0], x509.BasicConstraints)]
    refused = {
        "SHA-224": (root, (issue("signer", root, FOR_TIMESTAMPS, digest=hashes.SHA224()), [])),
        "SHA3-256": (root, (issue("signer", root, FOR_TIMESTAMPS, digest=hashes.SHA3_256()), [])),
        "another curve": (curve_root, below(curve_root)),
        "Ed25519": (edwards_root, below(edwards_root)),
        "a root with two names": (other_name, below(other_name)),
        "unused bits that are used": (root, below(root, leaf=[*usage, raw("2.5.29.15", "030207c0")])),
        "a third constraint": (root, below(root, [raw("2.5.29.19", "30090101ff020105020105"), signs])),
        "a third constraint of a signer": (root, below(root, leaf=[*stamps_only, raw("2.5.29.19", "30030101ff0500")])),
    }
    valid = {
        "RSA": (rsa_root, below(rsa_root, FOR_ISSUERS)),
        "P-521": (long_root, below(long_root, FOR_ISSUERS)),
        "SHA-384": (root, (issue("signer", root, FOR_TIMESTAMPS, digest=hashes.SHA384()), [])),
        "no constraints": (root, below(root, leaf=[*stamps_only, raw("2.5.29.19", "3000")])),
        "one bit": (root, below(root, leaf=[*usage, raw("2.5.29.15", "03020780")])),
    }
    judged = judge_stamps(late_pack, tmp_path, stamps_by_path(authority, manifest, {**refused, **valid}))
    assert {name for name, (is_found, _) in judged.items() if is_found} == set(refused)


def raw(oid: str, value: str) -> tuple[x509.ExtensionType, bool]:
    """Return a critical extension with a value in hexadecimal."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value)), True


def test_the_certificates_of_a_pack_are_no_roots(authority: ForgedAuthority, tmp_path: Path) -> None:
    """A pack has the certificates of its timestamps. Under a given root none of them is trusted by itself."""
    root, own_root = issue("root"), issue("own root")
    signer, own_signer = issue("signer", root, FOR_TIMESTAMPS), issue("signer", own_root, FOR_TIMESTAMPS)
    self_signed = issue("signer", extensions=FOR_TIMESTAMPS)
    cases = PackCases(tmp_path, None)
    for name, chain in {
        "valid": [signer, root],
        "its own root": [own_signer, own_root],
        "its own root between": [own_signer, own_root, root],
        "signed by itself": [self_signed, root],
        "no nonce": [signer, root],
    }.items():
        authority.sign_as(chain[0], issuers=chain[1:])
        diary, folder = fictional_diary(count=2), tmp_path / name.replace(" ", "-")
        folder.mkdir()
        part: Any = InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 2, authority)
        if name == "no nonce":
            [checkpoint, _] = part["checkpoints"]
            checkpoint["stamps"][0]["tsr"] = b64(authority.stamp(checkpoint["note"].encode(), "-no_nonce"))
        made = make_pack_with_log(diary, part, folder)
        cases.add(name, made.path, notary=diary.notary.pub, tsa_roots=[root.pem])
    judged = judge_packs(cases, min_cases=5)
    found = {name: {code for code, _ in findings} for name, (findings, _) in judged.items()}
    assert found.pop("valid") == set()
    assert all(codes == {"timestamp"} for codes in found.values()), found


def test_the_certificates_of_a_pack_have_one_form(tmp_path: Path) -> None:
    """Between the certificates is any text, in UTF-8, and no other block; 128 KiB are counted in bytes."""
    authorities = (make_authority(tmp_path / f"tsa {i}") for i in itertools.count())
    authority = next(made for made in authorities if b"=" in made.chain_pem)
    root, begin, end = authority.root_pem, b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
    chain = authority.chain_pem
    key = b"-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n"
    valid = {
        "as it is": chain,
        "another line break": chain.replace(b"\n", b"\r\n"),
        "in long lines": b"".join(begin + block.replace(b"\n", b"") + end for block in blocks_of(chain)),
        "text before": "-------- Főtanúsítvány\n".encode() + chain,
        "much text before": "é".encode() * 60_000 + b"\n" + chain,
    }
    refused = {
        "too much text": "é".encode() * 70_000 + b"\n" + chain,
        "text that is not UTF-8": b"\xe9\n" + chain,
        "a key": key % b"AAAA" + chain,
        "a broken key": key % b"!!!!" + chain,
        "an unfinished block": chain + begin + b"AAAA\n",
        "a header": chain.replace(begin, begin + b"A: b\n\n"),
        "an older name": chain.replace(b" CERTIFICATE", b" X509 CERTIFICATE"),
        "a trusted one": chain + chain.replace(b" CERTIFICATE", b" TRUSTED CERTIFICATE"),
        "no padding": with_padding(chain, b""),
        "too much padding": with_padding(chain, b"===="),
        "strange spaces": chain.replace(b"\n", "\u00a0\n".encode()),
    }
    cases, diary = PackCases(tmp_path, None), fictional_diary(count=2)
    part = InMemoryLog(diary).log_part(FOREIGN_LEAF_COUNT + 2, authority)
    made = make_pack_with_log(diary, part, tmp_path)
    for name, text in {**valid, **refused}.items():
        members = members_of(made.path)
        members |= {member: text for member in members if member.endswith(".pem")}
        path = rebuild_digest_lists(made.path, members, tmp_path / f"{name}.zip", diary.author)
        cases.add(name, path, notary=diary.notary.pub, tsa_roots=[root])
    judged = judge_packs(cases, min_cases=len(valid) + len(refused))
    found = {name for name, (findings, _) in judged.items() if "timestamp" in {code for code, _ in findings}}
    assert found == set(refused)


def blocks_of(pem: bytes) -> list[bytes]:
    """Return what is between the lines of each certificate."""
    return [block.partition(b"-----END")[0] for block in pem.split(b"-----BEGIN CERTIFICATE-----")[1:]]


def with_padding(pem: bytes, padding: bytes) -> bytes:
    """Return certificates whose base64 ends in this padding."""
    return re.sub(rb"=*\n-----END", padding + b"\n-----END", pem)
