"""Local timestamp authority for tests and `demo --stamp`: openssl behind HTTP.

Its timestamps prove nothing to others: whoever runs it can set its clock.
"""

import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diary.errors import Unavailable

POLICY_OID: Final = "1.2.3.4.1"
QUERY_MEDIA_TYPE: Final = "application/timestamp-query"
REPLY_MEDIA_TYPE: Final = "application/timestamp-reply"
_BODY_LIMIT_BYTES: Final = 1 << 14
_OPENSSL_CONFIG: Final = """
[ tsa ]
default_tsa = tsa1
[ tsa1 ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
{certs}
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ req ]
distinguished_name = name
[ name ]
[ ca_ext ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ tsa_ext ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True, slots=True)
class LocalTimestampAuthority:
    """Folder of an authority: keys, certificates, openssl configuration."""

    folder: Path
    policy: str = POLICY_OID

    @property
    def chain_pem(self) -> bytes:
        """Return its certificate and root (PEM)."""
        return (self.folder / "tsa.pem").read_bytes() + (self.folder / "ca.pem").read_bytes()

    @property
    def root_pem(self) -> bytes:
        """Return its root (PEM)."""
        return (self.folder / "ca.pem").read_bytes()

    def renew_certificate(self, validity: tuple[str, str] | None = None) -> None:
        """Create another signing key and certificate under the same root.

        `validity`: start and end, as `20260101000000Z`.
        """
        validity_arguments = ["-not_before", validity[0], "-not_after", validity[1]] if validity else ["-days", "30"]
        self._openssl(
            "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Local TSA",
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem",
            "-extfile", "tsa.cnf", "-extensions", "tsa_ext", *validity_arguments,
        )  # fmt: skip

    def answer_query(self, query: bytes) -> bytes:
        """Return the reply to a DER query, in DER."""
        (self.folder / "query.tsq").write_bytes(query)
        self._openssl(
            "ts", "-reply", "-queryfile", "query.tsq", "-out", "reply.tsr", extra_arguments=("-config", "tsa.cnf")
        )
        return (self.folder / "reply.tsr").read_bytes()

    def write_settings(self, url: str, name: str = "local") -> Path:
        """Write a file for DIARY_TIMESTAMPS that names this authority at `url`, and return its path."""
        (self.folder / "chain.pem").write_bytes(self.chain_pem)
        settings_path = self.folder / "timestamps.toml"
        settings_path.write_text(
            f'[[authority]]\nname = "{name}"\nurl = "{url}"\npolicy = "{self.policy}"\nchain = "chain.pem"\n'
        )
        return settings_path

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve queries over HTTP within the block, and yield the address."""
        authority, openssl_lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                if self.headers.get("content-type") != QUERY_MEDIA_TYPE or not 0 < length <= _BODY_LIMIT_BYTES:
                    self.send_error(400)
                    return
                with openssl_lock:
                    reply = authority.answer_query(self.rfile.read(length))
                self.send_response(200)
                self.send_header("content-type", REPLY_MEDIA_TYPE)
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: object) -> None:
                """Suppress the request log."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield f"http://127.0.0.1:{server.server_port}/"
            finally:
                server.shutdown()

    def _openssl(self, *arguments: str, extra_arguments: tuple[str, ...] = ()) -> None:
        """Run openssl in the folder. Raise Unavailable when it fails or is not installed."""
        full_arguments = (*arguments, "-config", "tsa.cnf") if arguments[0] == "req" else (*arguments, *extra_arguments)
        try:
            result = subprocess.run(  # noqa: S603
                ["openssl", *full_arguments],  # noqa: S607
                cwd=self.folder,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise Unavailable("openssl is not installed, so there is no local timestamp authority.") from None
        if result.returncode:
            raise Unavailable("openssl failed to run as a timestamp authority.")


def make_authority(folder: Path, policy: str = POLICY_OID, *, sends_root: bool = False) -> LocalTimestampAuthority:
    """Create an authority with its files in a new `folder`. `sends_root`: include its root in each reply."""
    folder.mkdir(parents=True, exist_ok=True)
    certs = f"certs = {folder.absolute()}/ca.pem" if sends_root else ""
    (folder / "tsa.cnf").write_text(_OPENSSL_CONFIG.format(folder=folder.absolute(), policy=policy, certs=certs))
    (folder / "serial").write_text("01\n")
    authority = LocalTimestampAuthority(folder.absolute(), policy)
    authority._openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", "ca.key", "-out", "ca.pem",
        "-subj", "/CN=Local root", "-extensions", "ca_ext",
    )  # fmt: skip
    authority.renew_certificate()
    return authority
