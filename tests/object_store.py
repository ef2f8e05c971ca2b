"""An S3 server for tests, in this process."""

from __future__ import annotations

import json
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

_BUCKET_NUMBERS = count(1)
ACCESS_KEY, SECRET_KEY = "AKIATESTTESTTEST", "not-a-real/secret"


class ObjectStore:
    """A running server and its buckets."""

    def __init__(self, server: Any) -> None:
        """Use `server`, a running moto server."""
        self._server = server
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"

    def stop(self) -> None:
        """Stop it, so that connections are refused."""
        self._server.stop()

    def create_bucket(self) -> str:
        """Create a bucket, and return its address with a folder, in the form of DIARY_BLOB_URL."""
        name = f"kept-{next(_BUCKET_NUMBERS)}"
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")).close()
        return (
            f"s3://{ACCESS_KEY}:{SECRET_KEY.replace('/', '%2F')}@{name}/files?endpoint={self.endpoint}&region=us-east-1"
        )

    def list_object_names(self) -> list[str]:
        """Return the names of the objects in every bucket."""
        with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json") as answer:
            return [one["name"] for one in json.load(answer).get("s3", {}).get("FakeKey", [])]


@contextmanager
def running_object_store() -> Iterator[ObjectStore]:
    """Run a server within the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from the libraries
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
    try:
        yield ObjectStore(server)
    finally:
        server.stop()
