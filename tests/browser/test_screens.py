"""Every screen in every state, on a fake app: axe, width, and one-touch leaving."""

import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jinja2
import pytest
from playwright.sync_api import Browser, Error, Page

from diary.paths import STATIC, TEMPLATES
from tests.browser.acting import COMING, FRESH, JOB, MADE, OPEN, Act, fill, go, js, local, press
from tests.browser.advocate_screens import ADVOCATE_SCREENS
from tests.browser.handover_screens import HANDOVER_SCREENS
from tests.browser.helping_screens import HELPING_SCREENS
from tests.browser.navigators.judge import AXE, DESK, PHONE, at_a_desk, faults, too_wide
from tests.browser.navigators.tongue import name_on
from tests.browser.notebook_screens import NOTEBOOK_SCREENS

ROOT = STATIC.parent
FAKE = "/tests/browser/fake_app.ts"
JOIN = Path(__file__).with_name("join_fake.mjs")
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
    "trusted-types app-url lit-html"
)


@cache
def joined(entry: str) -> Path:
    """Return the script of a fake app with all its modules in one file, made again when one of them has changed."""
    sources = [JOIN, *sorted(JOIN.parent.glob("fake_*.ts")), *sorted((STATIC / "js").rglob("*.js"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    out = ROOT / "build" / "tests" / f"{Path(entry).stem}-{digest[:16]}.js"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent) as folder:
            made = Path(folder, out.name)
            subprocess.run(["node", JOIN, ROOT / entry.lstrip("/"), made], cwd=ROOT, check=True)
            made.replace(out)
    return out


class Handler(SimpleHTTPRequestHandler):
    """Serves the shell with the fake app in place of main.js, files as they are, and the policy on everything."""

    at, template = "/", "shell.html"
    swaps: tuple[tuple[str, str], ...] = (("/static/app/main.js", FAKE),)
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".webmanifest": "application/manifest+json",
    }

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(ROOT))

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def end_headers(self) -> None:
        """Add the app's own policy to every response."""
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def translate_path(self, path: str) -> str:
        """Return the file for a request's path: for the fake app, the script with all its modules."""
        return str(joined(path)) if path in dict(self.swaps).values() else super().translate_path(path)

    def do_GET(self) -> None:
        """Send the page at its path, or a file as it is."""
        if self.path == self.at:
            return self.send_text("text/html; charset=utf-8", self.page())
        return super().do_GET()

    def page(self) -> bytes:
        """Return the page with the fake app in place of main.js."""
        loader = jinja2.FileSystemLoader(TEMPLATES)
        environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=True)
        html = environment.get_template(self.template).render()
        for original, replacement in self.swaps:
            html = html.replace(original, replacement)
        return html.encode()

    def send_text(self, content_type: str, body: bytes) -> None:
        """Send a response of this type."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve_fake_app(handler: type[Handler]) -> Iterator[str]:
    """Serve the fake app; yield the address of its page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{handler.at}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the fake app."""
    with serve_fake_app(Handler) as place:
        yield place


LISTED = js(
    "fake.open(24); fake.listed = {person: ['Callum', 'Priya whose name is long for a chip', 'Sam']"
    ".map((name, i) => ({record: `p${i}`, fields: {name}, taken_out: null})), "
    "order: [{record: 'o1', fields: {kind_text: 'Restraining order', "
    "served_on: '2020-01-01', terms: [{no: 1, text: 'Not to contact her, directly or through others.'}]}, "
    "taken_out: null}]}"
)
WAITS = "{record: 'r0', asked_at: Date.now(), due_at: Date.now() + 6e8, here: true}"
GONE_FILE = "[{attachment: 'a1', name: 'IMG_0412.HEIC', at: Date.now()}]"
ENDS = (
    "[['He waited until nine.', ['calls'], true], ['He waited until ten.', ['follow'], false]]"
    ".map(([narrative, behaviours, here], i) => ({version: `v${i}`, at: Date.now(), here, taken_out: false, "
    "fields: {narrative, behaviours, precision: 'unknown'}, restricted: {}}))"
)
ONLY_HERE = "{account: {login: null, registered: false, recovery: 'todo', trouble: null}}"
PACK = (
    OPEN,
    go("share"),
    press("Make a pack"),
    press("I know this, go on"),
    press("Next"),
    lambda page: page.get_by_role("heading", name=name_on(page, "What goes in")).wait_for(),
)
SHARED = (
    "[['pack', '1', false], ['evidence', '1B', true], ['quick_report', '', false], ['supplement', '2', false]]"
    ".map(([kind, label, twin], i) => ({record: `x${i}`, label, twin, at: Date.now(), "
    "restricted: {notes: i ? '' : 'Went on'}, "
    "fields: {kind, pack_no: 1, record_ids: ['r0', 'r1'], attachments_included: i, delivered_to: 'PC Hall', "
    "delivered_how: i === 3 ? 'handover' : 'by_hand', receipt_ref: i ? '' : 'WY/77', "
    "openings: i === 3 ? [Date.now()] : null, "
    "restricted_included: i !== 3}}))"
)
SCREENS: dict[str, tuple[Act, ...]] = {
    "lock": (js("fake.set({phase: 'locked'})"),),
    "lock, wrong words": (
        js("fake.fail.unlock = {code: 'no_match', sentence: 'That didn’t open anything. Try again.'}"),
        js("fake.set({phase: 'locked'})"),
        fill("Your words", "x"),
        press("Open"),
    ),
    "lock, lists": (js("fake.set({phase: 'locked', look: {skin: 'lists', opens: 'lock'}})"),),
    "locking": (OPEN, go("locks")),
    "a notebook in front": (OPEN, go("cover"), press("Turn it on")),
    "a notebook in front, on": (OPEN, js("fake.locking = {cover: true}"), go("cover")),
    "a short secret": (OPEN, go("short"), local("{read: true, typed: '123', where: 'typed', wrong: 'Six.'}")),
    "a short secret, on": (OPEN, js("fake.locking = {short: true}"), go("short")),
    "clear this phone": (OPEN, go("clear")),
    "home screen": (OPEN, go("homescreen")),
    "home screen, lists": (OPEN, js("fake.set({look: {skin: 'lists', opens: 'lock'}})"), go("homescreen")),
    "start": (FRESH,),
    "sign in": (FRESH, press("I have a sign-in name")),
    "sign in, nothing typed": (FRESH, press("I have a sign-in name"), press("Open")),
    "sign in with the code": (FRESH, press("I have a sign-in name"), press("Use my code instead")),
    "not my phone": (FRESH, press("This is not my phone")),
    "not my phone, an ordinary window": (FRESH, press("This is not my phone"), press("I cannot open one")),
    "another tab": (js("fake.set({phase: 'elsewhere'})"),),
    "too old": (js("fake.set({phase: 'unsupported'})"),),
    "add picture": (js("fake.set({phase: 'picture', picture: {until: 0, files: [{name: 'a'}]}})"),),
    "safe to write": (FRESH, press("Start")),
    "about this phone": (FRESH, press("Start"), press("Not sure"), local("{answers: {setup: 'yes', managed: 'yes'}}")),
    "first line": (FRESH, press("Start"), press("Yes")),
    "choose words": (FRESH, go("words")),
    "own words": (FRESH, go("words"), local("{twice: true, wrong: 'differ', seen: false}")),
    "copy": (js(f"fake.open(1, {ONLY_HERE})"), go("copy", record="r0", first=True)),
    "copy, a device not theirs": (
        js(f"fake.open(1, {ONLY_HERE})"),
        js("fake.set({borrowed: true})"),
        go("copy", record="r0"),
    ),
    "name": (OPEN, go("name")),
    "code": (OPEN, go("code")),
    "code sheet": (OPEN, go("code"), local("{words: 'x'}"), press("Show my code")),
    "code asked back": (
        OPEN,
        go("code"),
        local("{words: 'x'}"),
        press("Show my code"),
        press("I have written it down"),
        local("{wrong: true}"),
    ),
    "add": (OPEN,),
    "add, a draft and a time": (
        OPEN,
        fill("What happened?", "Outside SE15 4TW again"),
        local("{when: {chip: 'pick', picked: {how: 'exact', date: '2026-10-25', time: '01:30'}}}"),
    ),
    "add, nothing to save": (OPEN, local("{tried: true}")),
    "add, files": (OPEN, local("{files: true}")),
    "draft thrown away": (OPEN, fill("What happened?", "x"), press("Throw this draft away")),
    "saved": (OPEN, go("add", record="r0")),
    **{
        f"card {code}": (OPEN, go("add", record="r0"), local(f"{{card: '{code}'}}"))
        for code in (
            "photos",
            "kind",
            "channel",
            "who",
            "where",
            "effect",
            "seen_by",
            "camera",
            "order",
            "reported",
            "note",
        )
    },
    **{
        f"card {code}": (LISTED, go("add", record="r0"), local(f"{{card: '{code}', all: true, more: {{lines: true}}}}"))
        for code in ("words", "voice", "time", "did", "harm", "looks", "why", "tongue", "about")
    },
    "card who, with people": (LISTED, go("add", record="r0"), local("{card: 'who', more: {lines: true}}")),
    "card who, one more": (LISTED, go("add", record="r0"), local("{card: 'who'}"), press("Add a person")),
    "card order, with terms": (LISTED, go("add", record="r0"), local("{card: 'order'}")),
    "entry, taken out": (
        OPEN,
        js(f"fake.over = {{taken_out: Date.now(), files_out: {GONE_FILE}}}"),
        go("entry", record="r0"),
    ),
    "entry, being erased": (OPEN, js(f"fake.over = {{taken_out: 1, erasing: {WAITS}}}"), go("entry", record="r0")),
    "entry, altered": (OPEN, js("fake.over = {flags: ['altered']}"), go("entry", record="r0")),
    "entry, two versions": (OPEN, js(f"fake.over = {{ends: {ENDS}}}"), go("entry", record="r0")),
    "two versions": (OPEN, js(f"fake.over = {{ends: {ENDS}}}"), go("two", record="r0")),
    "two versions, one taken out": (
        OPEN,
        js(f"fake.over = {{ends: {ENDS}}}; fake.over.ends[1].taken_out = true"),
        go("two", record="r0"),
    ),
    "taking out, after a pack": (
        OPEN,
        js("fake.over = {given: [{who: 'PC Hall', at: Date.now(), pack_no: 1}]}"),
        go("entry", record="r0"),
        press("Take out or erase"),
    ),
    "erasing, asked": (
        OPEN,
        js("fake.over = {taken_out: Date.now()}"),
        go("entry", record="r0"),
        press("Erase it for good"),
        press("Erase it in seven days"),
    ),
    "taken out": (
        js("fake.open(3); fake.set({removed: fake.state.entries.slice(1).map((entry) => ({...entry, taken_out: 1}))})"),
        js(f"fake.set({{erasing: [{WAITS}]}})"),
        go("removed"),
    ),
    "hold": (OPEN, go("hold"), press("Turn hold on")),
    "hold, on": (
        OPEN,
        js("fake.hold = {who: 'PC Hall', reference: 'CAD 12', since: Date.now(), lift_asked_at: null}"),
        go("hold"),
    ),
    "several entries": (LISTED, go("attribute"), press("Save on each")),
    "too long": (OPEN, js("fake.putDraft({fields: {narrative: 'long '.repeat(80_000)}})")),
    "all kinds": (OPEN, go("add", record="r0"), local("{card: 'kind', more: {kind: true}}")),
    "get a picture": (OPEN, local("{files: true}"), press("Get a picture")),
    "entries": (OPEN, go("entries")),
    "entries, to be looked at": (
        js("fake.open(3)"),
        js(
            "fake.set({entries: fake.state.entries.map((entry, i) => ({...entry, flags: [['two'], ['altered'], "
            "[]][i]}))})"
        ),
        go("entries"),
    ),
    "no entries": (js("fake.open(0)"), go("entries")),
    "entry": (OPEN, go("entry", record="r0")),
    "history": (OPEN, go("entry", record="r0"), local("{history: true}")),
    "reason": (
        OPEN,
        go("entry", record="r2"),
        local("{changing: true}"),
        fill("What happened?", "Other"),
        press("Save"),
    ),
    "entry not there": (
        OPEN,
        js("fake.fail.readIncident = {code: 'not_found', sentence: 'This could not be found. Nothing was lost.'}"),
        go("entry", record="r9"),
    ),
    "picture": (OPEN, go("file", record="r0", attachment="a1"), press("Show the picture")),
    "picture without preview": (OPEN, go("file", record="r0", attachment="a2")),
    "file of another kind": (OPEN, go("file", record="r0", attachment="a3")),
    "share": (OPEN, go("share")),
    "share, only here": (js(f"fake.open(3, {ONLY_HERE})"), go("share")),
    "share, at high risk": (OPEN, js("fake.ways = {high_risk: true, server: false}"), go("share")),
    "share, after packs": (OPEN, COMING, js(f"fake.shared = {SHARED}"), go("share")),
    "pack, court": (OPEN, go("share"), press("Make a pack")),
    "pack, entries": (OPEN, go("share"), press("Make a pack"), local("{step: 'choose', how: 'some', tried: true}")),
    "pack, dates": (
        OPEN,
        go("share"),
        press("Make a pack"),
        local("{step: 'choose', how: 'dates', tried: true, earlier: 1}"),
    ),
    "pack, for a school": (
        OPEN,
        go("share"),
        press("Make a pack"),
        local("{step: 'choose', profile: 'school', apart: false}"),
    ),
    "pack, by number": (OPEN, go("share"), press("Make a pack"), local("{step: 'items', wrong: 'No file.'}")),
    "pack, what goes in": (*PACK, COMING),
    "pack, large": (
        *PACK,
        local("{tight: true, small: true, summary: {...stage.local.summary, groups: [['r0'], ['r1']]}}"),
    ),
    "pack, pictures": (*PACK, press("Next")),
    "pack, pictures skipped": (*PACK, press("Next"), press("Go on without looking at the rest")),
    "pack, words": (*PACK, local("{step: 'words'}")),
    "pack, words skipped": (*PACK, local("{step: 'words'}"), press("Next")),
    "pack, officer": (*PACK, local("{step: 'officer', noInitials: true, earlier: 1}")),
    "pack, consent": (*PACK, local("{step: 'consent', notAgreed: true, noWords: true, overridden: true}")),
    "pack, consent, made here": (*PACK, local("{step: 'consent', way: 'here'}")),
    "pack, being made": (
        js(
            f"fake.open(3); "
            f"stage.job = {{at: {{step: 'building', done: 37, total: 100}}, done: null, stopped: false, {JOB}}}"
        ),
        go("share"),
    ),
    "pack, ready": (
        js(f"fake.open(3); stage.job = {{at: {{}}, done: {{file: new Blob(['a']), {MADE}}}, {JOB}}}"),
        go("share"),
    ),
    "pack, a set of files": (
        js(
            f"fake.open(3); stage.job = {{at: {{}}, {JOB}, done: {{file: null, {MADE}, "
            "files: ['00_READ-FIRST.txt', '01_chronology.pdf'].map((name) => ({name, file: new Blob(['a'])}))}}"
        ),
        go("share"),
    ),
    **HANDOVER_SCREENS,
    **ADVOCATE_SCREENS,
    **HELPING_SCREENS,
    **NOTEBOOK_SCREENS,
    "shared, nothing": (OPEN, go("shared")),
    "shared": (OPEN, js(f"fake.shared = {SHARED}"), go("shared"), press("Note who has it")),
    "quick report": (OPEN, go("quick"), press("Copy the words")),
    "quick report, read out": (OPEN, go("quick"), press("Read it out")),
    "print": (OPEN, go("print"), local("{how: 'dates', tried: true}")),
    "print, the list": (OPEN, go("print"), local("{words: 'x'}"), press("Show the list")),
    "more": (OPEN, go("more")),
    "words for young people": (OPEN, go("wording")),
    "more, only here": (js(f"fake.open(1, {ONLY_HERE})"), go("more")),
    "devices": (OPEN, go("devices")),
    "devices, one ended": (
        OPEN,
        go("devices"),
        fill("Type your words to see this", "abc"),
        lambda page: page.keyboard.press("Enter"),
        press("Sign it out"),
    ),
    "devices, one signed out": (
        OPEN,
        go("devices"),
        fill("Type your words to see this", "abc"),
        lambda page: page.keyboard.press("Enter"),
        press("Sign it out"),
        fill("Type your words", "abc"),
        lambda page: page.keyboard.press("Enter"),
        lambda page: page.get_by_role("button", name=name_on(page, "Change your words")).wait_for(),
    ),
    "signed out from elsewhere": (
        js(
            "fake.open(5, {account: {login: 'x', registered: true, recovery: 'done', trouble: null, "
            "returned: Date.now()}})"
        ),
        go("entries"),
    ),
    "high risk, packs handed over before": (
        OPEN,
        js(
            "fake.handed = {handovers: ['a', 'b'].map((handover) => ({handover, ended_at: null, complete: true, "
            "openings: [], "
            "openings_most: 5, expires_at: Date.now() + 6e8, known: false, name: '', record: null}))}"
        ),
        go("highrisk"),
        lambda page: page.locator("section.care").wait_for(),
    ),
    "space": (OPEN, go("space")),
    "sign out": (OPEN, go("signout")),
    "about": (OPEN, go("about")),
    "help": (OPEN, go("help")),
    "help, text": (OPEN, go("help"), js("stage.way = 'text'; stage.draw()")),
    "help, ring": (OPEN, go("help"), press("Ring 101")),
    "lines": (
        js(
            "fake.open(5, {lockIn: 18, update: true, account: {login: 'x', registered: true, recovery: 'later', "
            "trouble: {code: 'server_behind', act: null, "
            "sentence: 'The server has fewer entries than it had before. Everything on this phone is safe.'}}})"
        ),
        go("entries"),
    ),
    "a newer page nobody signed": (js("fake.open(3, {unsigned: true})"), go("entries")),
}


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page with these options and takes the steps. No page may report an error."""
    contexts = []
    errors: list[str] = []

    def open_page(steps: tuple[Act, ...] = (), **options: Any) -> Page:
        context = browser.new_context(
            **{
                "viewport": PHONE,
                "locale": "en-GB",
                "timezone_id": "Europe/London",
                "reduced_motion": "reduce",
                **options,
            }
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address, wait_until="networkidle")
        for step in steps:
            step(page)
        page.wait_for_timeout(60)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def every_screen(page: Page, judge: Callable[[Page], object]) -> dict[str, object]:
    """Take one page through all screens; return the faults that `judge` finds on each."""
    found = {}
    for name, steps in SCREENS.items():
        js("fake.reset()")(page)
        for step in steps:
            step(page)
        page.wait_for_timeout(60)
        if screen_faults := judge(page):
            found[name] = screen_faults
    return found


def test_every_screen_on_a_phone(show: Callable[..., Page]) -> None:
    """axe finds no fault on any screen, by day or by night; none is wider than the page at any size;
    every diary screen and dialog can be left with one touch.
    """
    page = show(viewport=PHONE)
    page.evaluate(AXE)
    assert every_screen(page, lambda page: faults(page) + too_wide(page, leaving=True, everywhere=False)) == {}


@pytest.mark.slow  # The phone's walk judges the same screens in every `make test`.
def test_every_screen_at_a_desk(show: Callable[..., Page]) -> None:
    """axe finds no fault on any screen, by day or by night; no screen is too wide in forced colours."""
    page = show(viewport=DESK)
    page.evaluate(AXE)
    assert every_screen(page, at_a_desk) == {}


def test_the_fake_app_refuses_what_it_does_not_have(show: Callable[..., Page]) -> None:
    """A test that sets a member of the state or of the fake under another name gets an error."""
    page = show((OPEN,))
    for code, refusal in (
        ("fake.set({lockReason: 'idle'})", "the state has no lockReason"),
        ("fake.locks = {cover: true}", "the fake has no locks"),
    ):
        with pytest.raises(Error, match=refusal):
            page.evaluate(code)


def test_a_screen_that_is_too_wide_is_found(show: Callable[..., Page]) -> None:
    """A block as wide as a phone is found on narrower screens; one wider than a desk is found everywhere."""
    page = show((OPEN,))
    block = (
        "const hr = document.createElement('hr'); hr.style.cssText = 'inline-size: {}; margin: 0'; "
        "document.body.append(hr)"
    )
    page.evaluate(block.format("350px"))
    assert too_wide(page) == ["scrolls sideways, 320 px"]
    page.evaluate(block.format("20rem"))
    assert too_wide(page) == ["scrolls sideways, 320 px", "scrolls sideways, text at 200 %"]
    page.evaluate(block.format("1300px"))
    assert len(too_wide(page)) == 5
