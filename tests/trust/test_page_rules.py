"""The app's pages satisfy WEBCAT and WAICT: a fixed shell, listed files, nothing inline, no eval.

The rules are those of WEBCAT's csp.md and manifest.md, written here independently of the product.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from diary.web.headers import COPIES_WORKER_POLICY, PAGES_WORKER_POLICY
from tests.cli_runner import run_cli_in_process
from tests.server_fixture import InProcessServer, running_server

ALLOWED_SCRIPT_SOURCES = {"'none'", "'self'", "'wasm-unsafe-eval'"}
PAGES = ("/", "/desk")
CODE_ADDRESS = re.compile(r"\s*(javascript|data|blob):", re.IGNORECASE)
WASM_LITERAL = re.compile(r"[\"'](AGFzbQ[A-Za-z0-9+/]+=*)[\"']")
ENGINE_SCRIPTS_THAT_EVALUATE = {
    "/static/engine/pyodide/pyodide.asm.mjs",
    "/static/engine/pyodide/pyodide.mjs",
    "/static/engine/typst/typst_ts_web_compiler.mjs",
}
EVALUATES_TEXT = re.compile(r"\beval\s*\(|\bnew Function\s*\(|\bimportScripts\s*\(")


class PageResourceParser(HTMLParser):
    """Parser of what a page loads, and of content that no list could cover."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []
        self.inline: list[str] = []
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._in = tag if tag in ("script", "style") else None
        self.inline += [f"{tag} {name}" for name in attributes if name.startswith("on") or name in ("style", "srcdoc")]
        self.inline += [f"{tag} {value}" for value in attributes.values() if value and CODE_ADDRESS.match(value)]
        if tag in ("script", "img", "source", "iframe", "embed") and attributes.get("src"):
            self.files.append(str(attributes["src"]))
        if tag == "link" and attributes.get("href"):
            self.files.append(str(attributes["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._in = None

    def handle_data(self, data: str) -> None:
        if self._in and data.strip():
            self.inline.append(f"<{self._in}>")


def parse_policy(text: str) -> dict[str, list[str]]:
    """Return the directives by name."""
    return {words[0].lower(): words[1:] for words in (directive.split() for directive in text.split(";")) if words}


def policy_faults(text: str) -> list[str]:
    """Return what WEBCAT would refuse in a content security policy."""
    policy = parse_policy(text)
    faults = ["a list of policies"] if "," in text else []
    if policy.get("default-src") != ["'none'"]:
        faults.append("default-src")
    for name in ("script-src", "script-src-elem"):
        faults += [
            f"{name} {source}" for source in policy.get(name, ["'none'"]) if source not in ALLOWED_SCRIPT_SOURCES
        ]
    for name in ("style-src", "style-src-elem", "worker-src"):
        faults += [f"{name} {source}" for source in policy.get(name, ["'none'"]) if source not in ("'none'", "'self'")]
    return faults + (["object-src"] if policy.get("object-src", ["'none'"]) != ["'none'"] else [])


def manifest_digest(raw: bytes) -> str:
    """Return a digest in the manifest's spelling."""
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def webcat_manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the output of `release webcat`."""
    folder = tmp_path_factory.mktemp("webcat")
    result = run_cli_in_process("release", "webcat", folder / "manifest.json", DIARY_DATA=str(folder))
    assert result.returncode == 0, result.stderr
    manifest: dict[str, object] = json.loads((folder / "manifest.json").read_text())
    return manifest


@pytest.mark.parametrize(
    "bad",
    [
        "script-src 'self' 'unsafe-inline'",
        "script-src 'nonce-x'",
        "script-src https://x.example",
        "script-src 'unsafe-eval'",
        "worker-src blob:",
        "object-src 'self'",
        "style-src 'unsafe-inline'",
        "img-src 'self', default-src *",
    ],
)
def test_each_forbidden_policy_is_refused(bad: str) -> None:
    """Each is in an otherwise valid policy."""
    assert policy_faults("default-src 'none'; script-src 'self'") == []
    assert policy_faults(f"default-src 'none'; {bad}")
    assert policy_faults("default-src 'self'") == ["default-src"]


async def test_pages_are_fixed_and_load_listed_files_only(
    server: InProcessServer, webcat_manifest: dict[str, object]
) -> None:
    """Everybody gets the same bytes with a valid policy; each file they load is in the manifest, as served."""
    files = webcat_manifest["files"]
    assert (
        isinstance(files, dict)
        and webcat_manifest["default_index"] == webcat_manifest["default_fallback"] == "/index.html"
    )
    for path in PAGES:
        answer = await server.http_client().get(path)
        assert answer.status_code == 200 and files["/index.html" if path == "/" else path] == manifest_digest(
            answer.content
        )
        strange = {"Cookie": "a=b", "Accept-Language": "pl", "User-Agent": "x", "X-Forwarded-For": "192.0.2.9"}
        assert (await server.http_client("192.0.2.9").get(path, headers=strange)).content == answer.content
        policy = answer.headers["content-security-policy"]
        assert policy_faults(policy) == [] and policy == webcat_manifest["default_csp"]
        parser = PageResourceParser()
        parser.feed(answer.text)
        assert parser.inline == [] and len(parser.files) > 3
        assert [one for one in parser.files if one not in files] == []


async def test_every_listed_file_is_served_as_listed_and_evaluates_no_text(
    server: InProcessServer, webcat_manifest: dict[str, object]
) -> None:
    """Each path of the manifest is served as listed; no script uses eval, and every WebAssembly module is listed."""
    files, wasm = webcat_manifest["files"], webcat_manifest["wasm"]
    assert isinstance(files, dict) and isinstance(wasm, list) and len(files) > 40
    modules, evaluating = set(), set()
    async with server.http_client() as client:
        for address, expected_digest in files.items():
            answer = await client.get("/" if address == "/index.html" else address)
            assert answer.status_code == 200 and manifest_digest(answer.content) == expected_digest, address
            if address.endswith(".wasm"):
                modules.add(expected_digest)
            if address.endswith((".js", ".mjs")):
                if EVALUATES_TEXT.search(without_comments(answer.text)):
                    evaluating.add(address)
                modules |= {manifest_digest(base64.b64decode(text)) for text in WASM_LITERAL.findall(answer.text)}
    assert modules and modules == set(wasm)
    # Published scripts of the page engine. They run only in a worker whose policy forbids it.
    assert evaluating == ENGINE_SCRIPTS_THAT_EVALUATE
    assert policy_faults(PAGES_WORKER_POLICY) == policy_faults(COPIES_WORKER_POLICY) == []


def without_comments(text: str) -> str:
    """Return a script without its comments."""
    return re.sub(r"/\*.*?\*/|^\s*//.*?$", "", text, flags=re.S | re.M)


async def test_an_enrolment_is_handed_out_only_where_its_operator_set_it(tmp_path: Path) -> None:
    """Without the setting it is 404; with it, exactly the files of the folder are served, on the app's host only."""
    folder = tmp_path / "webcat"
    folder.mkdir()
    (folder / "enrollment.json").write_bytes(b'{"type":"sigsum"}')
    (folder / "release.key").write_bytes(b"secret")
    for settings, status in (({}, 404), ({"DIARY_WEBCAT": str(folder)}, 200)):
        async with running_server(tmp_path / str(status), **settings) as server:
            answer = await server.http_client().get("/.well-known/webcat/enrollment.json")
            assert answer.status_code == status and (status == 404 or answer.content == b'{"type":"sigsum"}')
            for path in ("release.key", "manifest.json", "..%2Frelease.key"):
                assert (await server.http_client().get(f"/.well-known/webcat/{path}")).status_code == 404
            public = await server.http_client().get(f"{server.settings.public_url}/.well-known/webcat/enrollment.json")
            assert public.status_code == 404
    (folder / "enrollment.json").unlink()
    assert (
        "DIARY_WEBCAT"
        in run_cli_in_process(
            "release", "webcat", tmp_path / "x", DIARY_DATA=str(tmp_path), DIARY_WEBCAT=str(folder)
        ).stderr
    )
