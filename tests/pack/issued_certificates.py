"""Certificates with any extension, and timestamps by a local authority that signs with one of them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from diary.samples.timestamp_authority import LocalTimestampAuthority, make_authority

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Extensions = Sequence[tuple[x509.ExtensionType, bool]]
VALID_FROM, VALID_UNTIL = datetime(2019, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)
_SHA256 = hashes.SHA256()
KEY_USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def key_usage(*uses: str) -> x509.KeyUsage:
    """Return an extension that names these uses of a key."""
    return x509.KeyUsage(**{use: use in uses for use in KEY_USES})


def purpose(oid: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    """Return an extension that names one purpose of a certificate."""
    return x509.ExtendedKeyUsage([oid])


def constraints(*, is_authority: bool = True, path_length: int | None = None) -> x509.BasicConstraints:
    """Return an extension that says whether a certificate may issue others."""
    return x509.BasicConstraints(is_authority, path_length)


FOR_ISSUERS: Extensions = ((constraints(), True), (key_usage("key_cert_sign", "crl_sign"), True))
FOR_SERVERS: Extensions = (
    (constraints(is_authority=False), True),
    (key_usage("digital_signature"), True),
    (purpose(ExtendedKeyUsageOID.SERVER_AUTH), False),
)
FOR_TIMESTAMPS: Extensions = (
    (constraints(is_authority=False), True),
    (key_usage("digital_signature"), True),
    (purpose(ExtendedKeyUsageOID.TIME_STAMPING), True),
)


@dataclass(frozen=True)
class Holder:
    """A key with its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """Return the certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)


def issue(
    name: str,
    issuer: Holder | None = None,
    extensions: Extensions = FOR_ISSUERS,
    *,
    key: Key | None = None,
    subject: x509.Name | None = None,
    digest: hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | hashes.SHA3_256 = _SHA256,
) -> Holder:
    """Make a certificate; a self-signed one without `issuer`. `key` is a new one unless it is given.

    `subject`: its name, if it is not that which it gives as its issuer's.
    """
    own_key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or name_of(name))
        .issuer_name(issuer.certificate.subject if issuer else name_of(name))
        .public_key(own_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    signer = issuer.key if issuer else own_key
    is_edwards = isinstance(signer, ed25519.Ed25519PrivateKey)
    return Holder(own_key, builder.sign(signer, None if is_edwards else digest))


def name_of(text: str) -> x509.Name:
    """Return a name of one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class ForgedAuthority(LocalTimestampAuthority):
    """A local authority whose timestamps are signed by any holder, and enclose any certificates."""

    __slots__ = ()

    @property
    def chain_pem(self) -> bytes:
        """Return the certificates that it says are its own."""
        return (self.folder / "chain.pem").read_bytes()

    def sign_as(
        self, signer: Holder, enclosed: Sequence[Holder] = (), *, issuers: Sequence[Holder] = (), **settings: str
    ) -> None:
        """Sign from now on with a holder's key. `issuers`: the rest of its chain; `settings`: those of `openssl ts`."""
        (self.folder / "chain.pem").write_bytes(b"".join(holder.pem for holder in (signer, *issuers)))
        (self.folder / "tsa.pem").write_bytes(signer.pem)
        key = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "tsa.key").write_bytes(key)
        (self.folder / "certs.pem").write_bytes(b"".join(holder.pem for holder in enclosed))
        certs = {"certs": str(self.folder / "certs.pem")} if enclosed else {}
        lines = (self.folder / "original.cnf").read_text().splitlines()
        changed = {**certs, **settings}
        kept = [line for line in lines if line.partition(" = ")[0] not in changed]
        place = kept.index("[ tsa1 ]") + 1
        kept[place:place] = [f"{name} = {value}" for name, value in changed.items()]
        (self.folder / "tsa.cnf").write_text("\n".join(kept) + "\n")

    def stamp(self, content: bytes, *arguments: str) -> bytes:
        """Return a timestamp over content, asked for by `openssl ts -query` with these arguments."""
        (self.folder / "content").write_bytes(content)
        command = ("ts", "-query", "-data", "content", "-sha256", "-cert", "-out", "asked.tsq", *arguments)
        subprocess.run(["openssl", *command], cwd=self.folder, capture_output=True, check=True)
        return self.answer_query((self.folder / "asked.tsq").read_bytes())

    def answer_query(self, query: bytes) -> bytes:
        """Return the reply to a DER query, its certificates in the order of DER. openssl has them in its own."""
        reply = LocalTimestampAuthority.answer_query(self, query)
        bundle = (self.folder / "tsa.pem").read_bytes() + (self.folder / "certs.pem").read_bytes()
        enclosed = [one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(bundle)]
        start = min(map(reply.index, enclosed))
        end = start + sum(map(len, enclosed))
        assert sorted(reply.index(der) for der in enclosed)[-1] < end
        return reply[:start] + b"".join(sorted(enclosed)) + reply[end:]


def make_forged_authority(folder: Path) -> ForgedAuthority:
    """Create an authority that signs as anybody."""
    made = make_authority(folder)
    (folder / "tsa.cnf").rename(folder / "original.cnf")
    return ForgedAuthority(made.folder)
