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
    """The server and its buckets."""

    def __init__(self, server: Any) -> None:
        """`server`: moto's, at work."""
        host, port = server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"

    def create_bucket(self) -> str:
        """The address of a new bucket, with a folder in it, as DIARY_BLOB_URL has it."""
        name = f"kept-{next(_BUCKET_NUMBERS)}"
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")).close()
        return (
            f"s3://{ACCESS_KEY}:{SECRET_KEY.replace('/', '%2F')}@{name}/files?endpoint={self.endpoint}&region=us-east-1"
        )

    def list_object_names(self) -> list[str]:
        """What lies in every bucket."""
        with urllib.request.urlopen(f"{self.endpoint}/moto-api/data.json") as answer:
            return [one["name"] for one in json.load(answer).get("s3", {}).get("FakeKey", [])]


@contextmanager
def running_object_store() -> Iterator[ObjectStore]:
    """A server for the length of the block."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries' own
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
    try:
        yield ObjectStore(server)
    finally:
        server.stop()
