"""The purpose, responses and failures of each view, for docs/api.md and docs/openapi.json.

The server does not read this module. `.ci/api.py` combines it with the route table (audience, rate limit, largest body)
and with what each view reads from the path, the query and the body, which it finds in the view itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from diary.errors import (
    BadRequest,
    BadSignature,
    ClientOutdated,
    Conflict,
    ContentDiffers,
    ContentErased,
    DigestMismatch,
    IncompleteUpload,
    InvalidCredentials,
    InvalidInvitation,
    KdfPolicyViolation,
    KeptError,
    NotCanonical,
    NotFound,
    NotSignedIn,
    PackBuildFailed,
    PacksDisabled,
    QuotaExceeded,
    SecondFactorFailed,
    ServerClosed,
    ServerClosing,
    SessionRevoked,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
    WrongOrigin,
)
from diary.services.sharing.advocate_clients import ADVOCATE_ACTIONS
from diary.services.sync.erasures import MAX_RECORDS, REASON_KEEPER, REASON_UNDER_18_IMAGE
from diary.web import responses
from diary.web.route_policy import Addition, Audience, BodyKind, RoutePolicy, View
from diary.web.schemas import (
    BOOLEAN_SCHEMA,
    BYTES_SCHEMA,
    DIGEST_SCHEMA,
    FINGERPRINT_SCHEMA,
    ID_SCHEMA,
    LOGIN_SCHEMA,
    NUMBER_SCHEMA,
    TEXT_SCHEMA,
    TIME_MS_SCHEMA,
    Schema,
    bytes_schema,
    enum_schema,
    list_schema,
    object_schema,
    schema_reference,
)
from diary.web.views import (
    account,
    advocates,
    blobs,
    erasures,
    grants,
    handovers,
    health,
    key_rotation,
    log,
    packs,
    pages,
    scripted_pages,
    sign_in,
    sync,
    witnesses,
)


@dataclass(frozen=True, slots=True)
class ResponseContent:
    """The content of a response: its media types, its schema if it is JSON, and headers that only this response has."""

    media_types: tuple[str, ...] = ()
    schema: Schema | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view does: its description in Markdown, its responses and its errors.

    `errors`: those of the view, besides the ones of its route's policy (`possible_errors`). `body_schemas`: body fields
    that the view passes on whole, or checks more strictly than `Fields` does. `path_schemas`: path parameters that are
    neither ids nor numbers. `request_headers`: headers that change the response. `takes_recipient_ticket`: whether a
    recipient sends the ticket that the right words gave them.
    """

    description: str
    response_contents: Mapping[int, ResponseContent]
    errors: tuple[type[KeptError], ...] = ()
    body_schemas: Mapping[str, Schema] = field(default_factory=dict)
    path_schemas: Mapping[str, Schema] = field(default_factory=dict)
    request_headers: Mapping[str, str] = field(default_factory=dict)
    takes_recipient_ticket: bool = False


# Headers that only some responses have (docs/api.md names those that all have).
RESPONSE_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "`no-cache`: a browser asks each time whether it still has the right bytes",
    "Clear-Site-Data": "what the browser of a borrowed device must delete; not sent to other devices",
    "Content-Disposition": "`attachment`: saved, never shown",
    "Content-Encoding": "`gzip`, if the client accepts it",
    "Content-Security-Policy": "this page's own policy",
    "ETag": "the digest of the bytes, for `If-None-Match`",
    "Retry-After": "seconds until it may be tried again",
    "Set-Cookie": "expires the two cookies of earlier releases; nothing else ever sets one",
}


def _json_content(schema: Schema, *headers: str) -> ResponseContent:
    """Return content in canonical JSON."""
    return ResponseContent((responses.JSON_MEDIA_TYPE.decode(),), schema, headers)


# Media types of the app's files and of the public pages.
_FILE_MEDIA_TYPES: Final = (
    "application/json",
    "application/manifest+json",
    "application/octet-stream",
    "application/wasm",
    "application/zip",
    "font/ttf",
    "font/woff2",
    "image/png",
    "image/svg+xml",
    "text/css; charset=utf-8",
    "text/html; charset=utf-8",
    "text/javascript; charset=utf-8",
    "text/plain; charset=utf-8",
)
_NO_CONTENT: Final = ResponseContent()
_BINARY_CONTENT: Final = ResponseContent((responses.BINARY_MEDIA_TYPE.decode(),), None, ("Content-Disposition",))
_HTML_CONTENT: Final = ResponseContent((responses.HTML_MEDIA_TYPE.decode(),))
_TEXT_CONTENT: Final = ResponseContent((pages.TEXT_MEDIA_TYPE.decode(),))
_CACHE_HEADERS: Final = ("Cache-Control", "ETag")
_NOT_MODIFIED: Final = ResponseContent((), None, _CACHE_HEADERS)
_FILE_CONTENT: Final = ResponseContent(_FILE_MEDIA_TYPES, None, ("Content-Encoding",))
_STATIC_CONTENTS: Final = {
    200: ResponseContent(_FILE_MEDIA_TYPES, None, (*_CACHE_HEADERS, "Content-Encoding")),
    304: _NOT_MODIFIED,
}
_UPLOAD_ERRORS: Final = (NotFound, ContentErased, Conflict, ContentDiffers, QuotaExceeded)
_SIGN_IN_HEADERS: Final = ("Clear-Site-Data",)
_PATH_PARAMETER: Final = {"path": TEXT_SCHEMA}
_CONDITIONAL_HEADER: Final = {"If-None-Match": "The `ETag` of what the browser has: then 304."}

OPERATIONS: Final[Mapping[View, Operation]] = {
    # Pages.
    pages.app_shell: Operation(
        "The app's page on the app host, and the home page on the public host.", {200: _HTML_CONTENT}
    ),
    pages.desk_page: Operation("The advocate's page. It stores nothing in the browser.", {200: _HTML_CONTENT}),
    pages.desk_file: Operation(
        """The code and style of that page, including what it shares with the app, at an address that no keeper's
        service worker handles.""",
        _STATIC_CONTENTS,
        (NotFound,),
        path_schemas=_PATH_PARAMETER,
        request_headers=_CONDITIONAL_HEADER,
    ),
    pages.webcat_file: Operation(
        """`enrollment.json`, `enrollment-prev.json`, `manifest.json`, `bundle.json` of `DIARY_WEBCAT`, for
        browsers with the WEBCAT extension. 404 where nothing is published.""",
        {200: ResponseContent((responses.JSON_MEDIA_TYPE.decode(),), {}, ("Cache-Control",))},
        (NotFound,),
        path_schemas={"name": TEXT_SCHEMA},
    ),
    pages.service_worker: Operation(
        "The service worker, which contains the list of this release's files.",
        {
            200: ResponseContent((pages.JAVASCRIPT_MEDIA_TYPE.decode(),), None, (*_CACHE_HEADERS, "Set-Cookie")),
            304: _NOT_MODIFIED,
        },
        request_headers=_CONDITIONAL_HEADER,
    ),
    pages.release_manifest: Operation(
        "The signed list of this release's files (docs/formats.md, section 9), where there is one.",
        {200: ResponseContent((responses.JSON_MEDIA_TYPE.decode(),), {}, ("Cache-Control",))},
        (NotFound,),
    ),
    pages.static_file: Operation(
        "A file of the app. Browsers cache it and check it each time (`no-cache` and an entity tag).",
        _STATIC_CONTENTS,
        (NotFound,),
        path_schemas=_PATH_PARAMETER,
        request_headers=_CONDITIONAL_HEADER,
    ),
    pages.share_target: Operation(
        """The body is not read. On a phone, the service worker handles the request and passes the shared files to
        the page (formats.md 7).""",
        {204: _NO_CONTENT},
    ),
    pages.security_txt: Operation(
        "Where to report a vulnerability (RFC 9116). 404 when the operator gave no address.",
        {200: _TEXT_CONTENT},
        (NotFound,),
    ),
    pages.robots_txt: Operation("What search engines may index.", {200: _TEXT_CONTENT}),
    health.liveness: Operation("204 while the process responds.", {204: _NO_CONTENT}),
    health.readiness: Operation(
        "204 while the database, the store of sealed files, Redis, the disks, the clock and the certificates are right.",
        {204: _NO_CONTENT},
        (Unavailable,),
    ),
    pages.public_page: Operation("", {200: _HTML_CONTENT}),
    pages.training_page: Operation("", {200: _HTML_CONTENT}),
    pages.training_zip: Operation(
        "Lesson, pack and key, made by `python -m diary training`; 404 until then.",
        {200: ResponseContent((pages.ZIP_MEDIA_TYPE.decode(),), None, ("Content-Disposition",))},
        (NotFound,),
    ),
    pages.directory: Operation("Helplines and services, with opening hours as of this minute.", {200: _HTML_CONTENT}),
    pages.public_file: Operation("", {200: _FILE_CONTENT}),
    scripted_pages.scripted_page: Operation(
        "", {200: ResponseContent(_HTML_CONTENT.media_types, None, ("Content-Security-Policy",))}
    ),
    scripted_pages.standalone_checker: Operation(
        "The page that checks a pack, as one file to save, with this instance's keys and roots.",
        {200: ResponseContent(_HTML_CONTENT.media_types, None, ("Content-Disposition",))},
    ),
    scripted_pages.code_file: Operation(
        "The modules of those pages, and the modules that they import.",
        {200: _FILE_CONTENT},
        (NotFound,),
        path_schemas=_PATH_PARAMETER,
    ),
    pages.notary_key: Operation("The notary's public key, b64, for `verify --notary`.", {200: _TEXT_CONTENT}),
    log.public_keys: Operation(
        "The instance key and the notary key, to compare with those that a phone or a pack shows.", {200: _TEXT_CONTENT}
    ),
    log.newest_checkpoint: Operation("The newest checkpoint, a signed note.", {200: _TEXT_CONTENT}, (NotFound,)),
    log.newest_witnessed_checkpoint: Operation(
        "The newest checkpoint that a log witness cosigned, with all cosignatures (formats.md 5).",
        {200: _TEXT_CONTENT},
        (NotFound,),
    ),
    log.witnessed_checkpoint: Operation(
        "Checkpoint `n` with its cosignatures, if it has any.",
        {200: _TEXT_CONTENT},
        (NotFound,),
    ),
    log.witness_keys: Operation(
        "The witnesses that this server uses, one key per line (`name+hash+key`, C2SP signed-note).",
        {200: _TEXT_CONTENT},
    ),
    log.tile: Operation(
        """The log's hashes, C2SP tlog-tiles under the prefix `/log`: `{level}/{n}[.p/{width}]`, n in groups of
        three digits. Any width that the newest checkpoint covers. Entry bundles are not served
        (`/log/tile/entries/…` is 404), because they would show when each version arrived.""",
        {200: ResponseContent((responses.BINARY_MEDIA_TYPE.decode(),))},
        (NotFound,),
        path_schemas=_PATH_PARAMETER,
    ),
    log.checkpoint: Operation("Checkpoint `n` from 0, however old.", {200: _TEXT_CONTENT}, (NotFound,)),
    log.leaves: Operation(
        "4,096 leaves per page, in hex, one per line: those that the newest checkpoint covers.",
        {200: _TEXT_CONTENT},
        (NotFound,),
    ),
    log.checkpoint_timestamps: Operation(
        "Checkpoint `n` with its timestamps, as in `/v1/log`.",
        {200: _json_content(schema_reference("Stamped"))},
        (NotFound,),
    ),
    log.key_statements: Operation(
        "The statements about notary keys, in canonical JSON, one per line. Empty if there are none.",
        {200: ResponseContent((responses.JSON_MEDIA_TYPE.decode(), pages.TEXT_MEDIA_TYPE.decode()))},
    ),
    # Open to anyone.
    sign_in.describe_server: Operation(
        "What this server is, and its limits. `instance` is null where the server has no instance key.",
        {200: _json_content(schema_reference("Server"))},
    ),
    log.log_state: Operation(
        """The state of the log. `log` is the key in use; `stamped` is the newest checkpoint with a timestamp,
        `chain` is PEM; the note in `witnessed` has cosignatures. `closing`: when this server stops accepting
        anything new, and when it stops answering keepers. `file_bytes`: the largest single file, as in
        `/v1/server`. A phone stores it and refuses a larger file before sealing it. It ignores a value below 1
        MiB or above its own limit.""",
        {200: _json_content(schema_reference("Log"))},
    ),
    log.consistency_proof: Operation(
        "A consistency proof between two sizes, each of which has a checkpoint.",
        {200: _json_content(object_schema({"path": list_schema(DIGEST_SCHEMA)}))},
        (NotFound,),
    ),
    sign_in.offer_name: Operation(
        """A generated name, or the wanted name, cleaned, with four random characters. The ticket (HMAC, valid for
        an hour) is needed to register it, so that nobody can probe names.""",
        {200: _json_content(object_schema({"login": LOGIN_SCHEMA, "ticket": TEXT_SCHEMA}))},
    ),
    sign_in.register: Operation(
        """Create an account with its diary, and sign in. `code_auth` and `code_wrap` may be null until the
        recovery sheet is made. The same body again, with the same account id and auth, is 200. Where
        `enrolment` is `invite` or `code`, `invite` is the invitation. `unavailable` while the server has no
        room for new accounts.""",
        {
            201: _json_content(schema_reference("SignedIn"), *_SIGN_IN_HEADERS),
            200: _json_content(schema_reference("SignedIn"), *_SIGN_IN_HEADERS),
        },
        (BadSignature, InvalidCredentials, InvalidInvitation, Conflict, Unavailable),
        {"kdf": schema_reference("Lock"), "login": LOGIN_SCHEMA},
    ),
    sign_in.get_kdf_parameters: Operation(
        """How the proof for a name is derived. For an unknown name, the response has a made-up salt and costs
        (`m`, `t`) drawn in the same proportions as those of known names. They never change.""",
        {200: _json_content(object_schema({"kdf": schema_reference("Lock")}))},
        body_schemas={"login": LOGIN_SCHEMA},
    ),
    sign_in.sign_in: Operation(
        "Sign in with the words. Every failure is the same `no_match`. `digits`: an advocate's second step.",
        {200: _json_content(schema_reference("SignedIn"), *_SIGN_IN_HEADERS)},
        (InvalidCredentials, SecondFactorFailed),
        {"login": LOGIN_SCHEMA},
    ),
    sign_in.recover: Operation(
        "Sign in with the recovery code. The response is that of sign-in with `code_wrap` instead of `words_wrap`.",
        {200: _json_content(schema_reference("Recovered"), *_SIGN_IN_HEADERS)},
        (InvalidCredentials, SecondFactorFailed),
        {"login": LOGIN_SCHEMA},
    ),
    sign_in.renew_session: Operation(
        """Start the next session of a device whose session has expired. The response is that of sign-in without
        `words_wrap`. `signed_out`: the renewal token is no longer valid, or belongs to another device.""",
        {200: _json_content(schema_reference("Renewed"), *_SIGN_IN_HEADERS)},
        (NotSignedIn,),
    ),
    sign_in.exchange_legacy_cookies: Operation(
        """Exchange the two cookies of an earlier release. The response is that of sign-in. The cookie's session
        continues with a token, or a new session starts if it has expired. A session that another device ended
        is `session_ended`, whatever is sent with it.""",
        {200: _json_content(schema_reference("SignedIn"), *_SIGN_IN_HEADERS)},
        (SessionRevoked, InvalidCredentials, SecondFactorFailed),
        {"login": LOGIN_SCHEMA},
    ),
    # With a session.
    account.describe_session: Operation(
        "The response of sign-in, without tokens, for unlocking. No proof of the words is needed.",
        {200: _json_content(schema_reference("Session"))},
    ),
    account.sign_out: Operation(
        "End this session.",
        {204: ResponseContent((), None, ("Clear-Site-Data",))},
        request_headers={
            "X-Leave-Nothing": "`yes`, from a page on a borrowed device: the response makes the browser delete this host's data."
        },
    ),
    account.list_sessions: Operation(
        "The keeper's sessions, with times rounded to the hour.",
        {200: _json_content(object_schema({"sessions": list_schema(schema_reference("ListedSession"))}))},
    ),
    account.end_other_sessions: Operation("End every other session, as below.", {204: _NO_CONTENT}),
    account.rename_device: Operation("Set the keeper's name for this device.", {204: _NO_CONTENT}),
    account.list_access: Operation(
        """What was done to the account in the last half year, newest first, to the hour: at most 300 sign-ins and
        300 other acts, each with the name that the device had then. No address is stored.""",
        {200: _json_content(object_schema({"access": list_schema(schema_reference("Act"))}))},
    ),
    account.list_sign_ins: Operation(
        """The sign-ins of other sessions after the `cursor` of an earlier response, oldest first, at most 200 per
        response. Without `after`: since the sign-in of this session. `at` is to the minute. `device_name` is
        the name that the device had then. `kind` is `renewed` if a renewal token was used, without words, and
        null if an earlier release recorded the sign-in. Needs no words. The device stores the cursor, sealed;
        the server does not record who read the list. Sign-ins are kept for half a year, whatever their number.""",
        {200: _json_content(schema_reference("SignIns"))},
        (BadRequest,),
    ),
    account.end_session: Operation(
        """End a session. The next request of its device is `session_ended`: the device locks, and signs in again
        only with the words. Until then, or until its 30 days are over, the server keeps the session's id,
        account and device, the digest of its token, and the hour in which it was ended.""",
        {204: _NO_CONTENT},
        (NotFound,),
    ),
    account.change_words: Operation(
        "Change the words, with a proof of the old words or of the code. Every other session ends.",
        {204: _NO_CONTENT},
        body_schemas={"kdf": schema_reference("Lock")},
    ),
    key_rotation.begin_rotation: Operation(
        """Begin a change of keys (formats.md 4b), with a proof of the words or the code. The old keys stay in
        force. `to` is the number up to which versions have new wraps. The same keyset continues a change;
        another one starts again. Pushes are 503 `unavailable` for ten minutes after the change began or a
        version got its first new wrap. `conflict` if something was written since the statement (begin again
        with a new statement, because nothing is pushed meanwhile), and, with the words, while a change that was
        begun with the code is under way. `PUT /v1/account/words` ends a change that was begun with the words;
        with a proof of the code, it ends any.""",
        {201: _json_content(object_schema({"to": NUMBER_SCHEMA}))},
        (BadSignature, NotFound, Conflict),
        {"kdf": schema_reference("Lock"), "statement": schema_reference("RekeyStatement")},
    ),
    key_rotation.stage_wraps: Operation(
        """Frames: SHA-256 of the keyset that was begun, then for each of at most 500 versions frames(id ‖ wrap
        open ‖ [wrap restricted]) of the new epoch. `lacking`: how many versions have none yet. `not_found` when
        nothing was begun, `conflict` when it was another keyset or its ten minutes are over: begin again.""",
        {200: _json_content(object_schema({"lacking": NUMBER_SCHEMA}))},
        (NotFound, Conflict),
    ),
    key_rotation.commit_rotation: Operation(
        """Put the new keys, words and wraps into force at once. The code becomes void, and every session ends,
        this one too. `incomplete` while wraps are lacking, `conflict` when something was written since the
        statement or its ten minutes are over: begin again.""",
        {204: _NO_CONTENT},
        (NotFound, IncompleteUpload, Conflict),
    ),
    account.change_code: Operation("Replace the recovery code.", {204: _NO_CONTENT}),
    sync.push_version: Operation(
        "Store a version, in the frames of docs/formats.md, section 6. 200 if the same bytes were sent before.",
        {201: _json_content(schema_reference("Stored")), 200: _json_content(schema_reference("Stored"))},
        (NotCanonical, BadSignature, NotFound, Conflict, QuotaExceeded),
    ),
    sync.list_changes: Operation(
        """Frames: first canon`{"after","to","latest","head"}`, then per version one frame holding frames:
        canon`{"seq","record","version","c","sig","parents","blobs","parts","receipt"}` ‖ wraps ‖ envelopes. At
        most 500 versions or 8 MiB per response. If `to` < `latest`, there is more.""",
        {200: _BINARY_CONTENT},
        (NotFound,),
    ),
    log.inclusion_proofs_for_diary: Operation(
        """Inclusion proofs, in the log of a checkpoint of `size` leaves, of the versions numbered above `after`.
        At most 500 versions per response; `to` is the last one examined. A version without a proof is not
        covered by this checkpoint.""",
        {200: _json_content(schema_reference("Proofs"))},
        (NotFound,),
    ),
    blobs.declare_file: Operation(
        """Announce a file. Idempotent. Until the file is complete, another `parts` and `size` replace these, and
        parts that no longer fit are dropped. `conflict` for a complete file.""",
        {200: _json_content(schema_reference("Upload"))},
        (TooLarge, NotFound, ContentErased, Conflict, QuotaExceeded),
    ),
    blobs.upload_state: Operation(
        "The state of an upload. The id may also be that of an upload with a statement for this diary.",
        {200: _json_content(schema_reference("Upload"))},
        (NotFound, ContentErased),
    ),
    blobs.put_part: Operation(
        """Store one sealed part. The same bytes again are 204. Other bytes replace a part until the file is
        complete; after that they are `differs`. `conflict` if the file was announced with another number of
        parts meanwhile. `unavailable` while the account has too much in transit.""",
        {204: _NO_CONTENT},
        _UPLOAD_ERRORS,
    ),
    blobs.complete_upload: Operation(
        """`digest` is b64 SHA-256(canon[b64 part digests]). `incomplete` has the numbers of the missing parts in
        `missing`. After `digest`, the parts are dropped and can be sent again.""",
        {204: _NO_CONTENT},
        (NotFound, ContentErased, IncompleteUpload, DigestMismatch),
    ),
    blobs.get_part: Operation(
        "Return one sealed part. `digest` if the stored bytes are damaged.",
        {200: _BINARY_CONTENT},
        (NotFound, ContentErased, DigestMismatch),
    ),
    erasures.request_erasure: Operation(
        """Erase records for good. `why` is `keeper` (due in 7 days by the server's clock; at most 64 records: one
        entry with what belongs to it) or `under_18_image` (one record whose versions name a file; done at once,
        `done` is true). The same records again while they wait give the same erasure. `not_found` for a record
        without a version on this server.""",
        {201: _json_content(schema_reference("ErasureAsked"))},
        (NotFound,),
        {
            "records": {**list_schema(ID_SCHEMA, MAX_RECORDS), "minItems": 1},
            "why": enum_schema(REASON_KEEPER, REASON_UNDER_18_IMAGE),
        },
    ),
    erasures.list_pending: Operation(
        "The erasures that wait, as in each diary of `GET /v1/session` and of sign-in.",
        {200: _json_content(object_schema({"erasures": list_schema(schema_reference("Erasure"))}))},
        (NotFound,),
    ),
    erasures.cancel_erasure: Operation(
        "Cancel an erasure, from any session, without the words. `not_found` if it no longer waits.",
        {204: _NO_CONTENT},
        (NotFound,),
    ),
    erasures.request_account_closure: Operation(
        """Close the account in 7 days, at `closing_at`. A second request does not change the time. The session
        shows it.""",
        {201: _json_content(object_schema({"closing_at": TIME_MS_SCHEMA}))},
    ),
    erasures.cancel_account_closure: Operation(
        "Cancel the closing, from any session, without the words. `not_found` if none was requested.",
        {204: _NO_CONTENT},
        (NotFound,),
    ),
    account.show_usage: Operation(
        """The space for files and for text, and how much is used. An erased version is charged only for the first
        frame of its push.""",
        {200: _json_content(schema_reference("Usage"))},
        (NotFound,),
    ),
    log.stamp_digest: Operation(
        """Ask a timestamp authority (RFC 3161) for a timestamp over `digest`, the SHA-256 of a pack's list of files.
        The server keeps neither. `tsr` is saved beside the pack as `pack.tsr`. `unavailable` if no authority is set,
        or none answers.""",
        {200: _json_content(schema_reference("Stamp"))},
        (Unavailable,),
    ),
    packs.reserve_place: Operation(
        "Take a place in the queue. Nothing of the diary is sent yet.",
        {201: _json_content(object_schema({"pack": ID_SCHEMA, "state": schema_reference("PackState")}))},
        (NotFound, PacksDisabled),
    ),
    packs.pack_state: Operation(
        """The state of a place. `ready` while a worker is free, for every place. A place lapses ten minutes after
        the last request for it; when there are 256, the one with the oldest request lapses.""",
        {200: _json_content(schema_reference("Pack"))},
        (NotFound,),
    ),
    packs.start_pack: Operation(
        """Send the capsule. 202 when the worker has it; if another pack is being made, the response waits for its
        turn. `conflict` if four requests wait already, after 50 s, or if the capsule was sent before: then read
        the state, and send it when that is `ready`.""",
        {202: _json_content(schema_reference("Pack"))},
        (NotFound, Conflict),
    ),
    packs.download_front: Operation(
        "Return the front part, a zip. It can be fetched once; then the job is deleted.",
        {200: _BINARY_CONTENT},
        (NotFound, Conflict, PackBuildFailed),
    ),
    packs.cancel_pack: Operation(
        "Cancel the job: kill its worker and delete its data.", {204: _NO_CONTENT}, (NotFound,)
    ),
    witnesses.create_witness_request: Operation(
        """Store a request to a witness (`sealed`: kind 10); at most 20 at once. The same request again has the
        same response.""",
        {201: _json_content(object_schema({"expires_at": TIME_MS_SCHEMA, "witness": ID_SCHEMA}))},
        (NotFound, Conflict, QuotaExceeded),
    ),
    witnesses.list_requests: Operation(
        """`address`: where the words are typed; `statement`: kind 6. Newest first; with `taken=1` also those that
        were taken in (`taken_at`), for 30 days. The files of a statement are read like a file of the diary, by
        the id of their upload.""",
        {
            200: _json_content(
                object_schema({"address": TEXT_SCHEMA, "witnesses": list_schema(schema_reference("Witness"))})
            )
        },
        (NotFound,),
    ),
    witnesses.mark_taken_in: Operation(
        """Mark a statement as taken in by the keeper. It no longer counts among the 20, and is deleted 30 days
        later. `not_found` if there is no statement.""",
        {204: _NO_CONTENT},
        (NotFound,),
    ),
    witnesses.remove_request: Operation(
        "End the request, or delete the statement, at once.", {204: _NO_CONTENT}, (NotFound,)
    ),
    handovers.create_handover: Operation(
        """Store a sealed pack for the person who has its words (formats.md 8). Its size counts towards the quota
        for files. Its id is separate from the ids of files. The same request again gets the same answer; words
        that are in use: `conflict`.""",
        {
            201: _json_content(
                object_schema(
                    {
                        "address": TEXT_SCHEMA,
                        "expires_at": TIME_MS_SCHEMA,
                        "handover": ID_SCHEMA,
                        "openings_most": NUMBER_SCHEMA,
                    }
                )
            )
        },
        (KdfPolicyViolation, TooLarge, NotFound, ContentErased, Conflict, QuotaExceeded),
        {"kdf": schema_reference("HandoverLock")},
    ),
    handovers.list_handovers: Operation(
        """The keeper's hand-overs, newest first. `address`: where the words are typed. Of an opening, only the
        time is stored.""",
        {
            200: _json_content(
                object_schema({"address": TEXT_SCHEMA, "handovers": list_schema(schema_reference("Handover"))})
            )
        },
    ),
    handovers.put_part: Operation("Store one sealed part of kind 8, as for files.", {204: _NO_CONTENT}, _UPLOAD_ERRORS),
    handovers.complete_handover: Operation(
        """Complete the hand-over; `digest` as for files. It can be opened from then on. One that is incomplete
        after a day is ended, and its space is free again.""",
        {204: _NO_CONTENT},
        (NotFound, ContentErased, IncompleteUpload, DigestMismatch),
    ),
    handovers.end_handover: Operation(
        "End the hand-over: no part is sent after this.", {204: _NO_CONTENT}, (NotFound,)
    ),
    # Advocates: the keeper's side.
    grants.find_advocate: Operation(
        """Find an advocate by `fingerprint`, 16 characters of b64 that nine words encode. The phone checks the
        keys against the words. `not_found` for unknown words, and for an advocate who left.""",
        {200: _json_content(schema_reference("Advocate"))},
        (NotFound,),
        path_schemas={"fingerprint": FINGERPRINT_SCHEMA},
    ),
    grants.list_grants: Operation(
        """Newest first. `given`: versions it has keys for; `marks`: how many times they changed what they have
        looked through; `to`: the advocate's fingerprint now, null when they have left. Looks are to the minute,
        at most 500 a grant.""",
        {
            200: _json_content(
                object_schema(
                    {"grants": list_schema(schema_reference("Grant")), "looks": list_schema(schema_reference("Look"))}
                )
            )
        },
    ),
    grants.create_grant: Operation(
        "Create a grant, for at most half a year; at most 20 at once. The same request again has the same response.",
        {201: _json_content(object_schema({"made_at": TIME_MS_SCHEMA, "not_after": TIME_MS_SCHEMA}))},
        (NotFound, Conflict, QuotaExceeded),
    ),
    grants.list_wrapped_versions: Operation(
        "The versions that a grant has keys for.",
        {200: _json_content(object_schema({"versions": list_schema(ID_SCHEMA)}))},
        (NotFound,),
    ),
    grants.add_wraps: Operation(
        """Frames: for each of at most 500 versions frames(id ‖ wrap open ‖ [wrap restricted]). `kept`: how many
        were new. Nothing is stored for a grant that has ended.""",
        {200: _json_content(object_schema({"kept": NUMBER_SCHEMA}))},
        (NotFound,),
    ),
    grants.put_summary: Operation("Store the sealed summary of a grant.", {204: _NO_CONTENT}, (NotFound,)),
    grants.get_marks: Operation(
        "The sealed marks of a grant, also of one that has ended.",
        {200: _json_content(schema_reference("Marks"))},
        (NotFound,),
    ),
    grants.copy_marks: Operation(
        "Copy the sealed marks of the grant that this one replaces; at most 256 KiB.", {204: _NO_CONTENT}, (NotFound,)
    ),
    grants.end_grant: Operation(
        "End a grant and delete its keys at once. `not_found` if it has ended.", {204: _NO_CONTENT}, (NotFound,)
    ),
    grants.list_letters: Operation(
        """The letters that wait for the keeper, oldest first. With `taken=1` also those taken in (`taken_at`) in
        the last 30 days.""",
        {200: _json_content(object_schema({"letters": list_schema(schema_reference("Letter"))}))},
        (NotFound,),
    ),
    grants.mark_letter_taken_in: Operation(
        "Mark a letter as taken in by the keeper. It is deleted 30 days later.", {204: _NO_CONTENT}, (NotFound,)
    ),
    grants.delete_letter: Operation("Delete a letter at once.", {204: _NO_CONTENT}, (NotFound,)),
    # Advocates: their own side.
    advocates.register_advocate: Operation(
        """Create an advocate's account: as `POST /v1/accounts` without `diary`, with the invitation, the
        advocate's name, the secret of the second step and its first digits.""",
        {201: _json_content(schema_reference("Renewed"), *_SIGN_IN_HEADERS)},
        (BadSignature, SecondFactorFailed, InvalidInvitation, Conflict, Unavailable),
        {"kdf": schema_reference("Lock"), "login": LOGIN_SCHEMA},
    ),
    advocates.list_clients: Operation(
        "The advocate's clients, those whose grants end first at the top.",
        {
            200: _json_content(
                object_schema(
                    {
                        "clients": list_schema(schema_reference("Client")),
                        "now": TIME_MS_SCHEMA,
                        "you": object_schema(
                            {
                                "fingerprint": FINGERPRINT_SCHEMA,
                                "leads": BOOLEAN_SCHEMA,
                                "name": TEXT_SCHEMA,
                                "organisation": TEXT_SCHEMA,
                            }
                        ),
                    }
                )
            )
        },
    ),
    advocates.grant_status: Operation(
        "A grant that is in force. `newest`: the number of the newest version given. Not recorded as a look.",
        {200: _json_content(object_schema({"newest": NUMBER_SCHEMA, "not_after": TIME_MS_SCHEMA}))},
    ),
    advocates.list_client_versions: Operation(
        """One frame per version: frames(facts ‖ frames(wraps ‖ envelopes) ‖ frames(the grant's wraps)), at most
        300 versions or 8 MiB. An empty response ends the list. Recorded for the keeper as a look.""",
        {200: _BINARY_CONTENT},
    ),
    advocates.blob_state: Operation(
        "The state of a file that a given version names.",
        {200: _json_content(object_schema({"complete": BOOLEAN_SCHEMA, "parts": NUMBER_SCHEMA}))},
        (ContentErased,),
    ),
    advocates.get_part: Operation(
        "Return one sealed part. Recorded for the keeper as a look.",
        {200: _BINARY_CONTENT},
        (ContentErased, DigestMismatch),
    ),
    advocates.get_marks: Operation(
        "The advocate's sealed marks. Not recorded as a look.", {200: _json_content(schema_reference("Marks"))}
    ),
    advocates.put_marks: Operation("Replace the sealed marks; at most 256 KiB.", {204: _NO_CONTENT}),
    advocates.record_activity: Operation(
        """`what` is `pack`. `packs`: how many packs this advocate has recorded for that diary. Recorded for the
        keeper before a pack is made.""",
        {200: _json_content(object_schema({"packs": NUMBER_SCHEMA}))},
        body_schemas={"what": enum_schema(*ADVOCATE_ACTIONS)},
    ),
    advocates.send_letter: Operation(
        "Send the keeper a letter of at most 65 KiB, sealed. At most 200 can wait at once.",
        {204: _NO_CONTENT},
        (Conflict, QuotaExceeded),
    ),
    advocates.show_organisation: Operation(
        "The members, for a lead of the organisation.",
        {
            200: _json_content(
                object_schema(
                    {
                        "members": list_schema(schema_reference("Colleague")),
                        "name": TEXT_SCHEMA,
                        "numbers": object_schema(
                            {
                                "ending": NUMBER_SCHEMA,
                                "grants": NUMBER_SCHEMA,
                                "members": NUMBER_SCHEMA,
                                "packs": NUMBER_SCHEMA,
                            }
                        ),
                    }
                )
            )
        },
    ),
    advocates.list_looks: Operation(
        """The looks of all members, for a lead, newest first; at most 20,000. `client` is a code that
        distinguishes clients without naming them.""",
        {200: _json_content(object_schema({"looks": list_schema(schema_reference("LookInto"))}))},
    ),
    advocates.invite_member: Operation(
        "Create an invitation, as a lead. It works once, for 14 days.",
        {201: _json_content(object_schema({"invite": TEXT_SCHEMA}))},
    ),
    advocates.remove_member: Operation(
        "End a membership, as a lead or one's own. Sessions, grants and keys end at once.", {204: _NO_CONTENT}
    ),
    # Hand-over and statements, on the public host.
    handovers.get_kdf_parameters: Operation(
        """How the proof for the words is derived. An unknown name has a salt derived from the pepper, the same
        each time.""",
        {200: _json_content(object_schema({"kdf": schema_reference("HandoverLock")}))},
    ),
    handovers.open_handover: Operation(
        """Return a ticket for the parts; this counts as one opening. A wrong word, unknown words, and a hand-over
        that is incomplete, ended, used up or expired have the same response, byte for byte, after the same
        work: `no_match`.""",
        {
            200: _json_content(
                object_schema({"handover": ID_SCHEMA, "parts": NUMBER_SCHEMA, "ticket": bytes_schema(56, 56)})
            )
        },
        (InvalidCredentials,),
    ),
    witnesses.find_request: Operation(
        """Return the request to the witness (formats.md 8) and, unless `over`, a ticket. Unknown words are
        `no_match`, after the same work. `over` means that the code was used or has expired.""",
        {
            200: _json_content(
                object_schema(
                    {"files_bytes": NUMBER_SCHEMA, "over": BOOLEAN_SCHEMA, "witness": ID_SCHEMA},
                    {"sealed": BYTES_SCHEMA, "ticket": bytes_schema(56, 56)},
                )
            )
        },
        (InvalidCredentials,),
    ),
    witnesses.declare_files: Operation(
        """Announce the files of a statement, at most 100 MB. The ticket is valid for two hours. Another upload of
        the same code gives the first one up, and waits until its bytes are gone. An id means nothing outside
        its code.""",
        {204: _NO_CONTENT},
        (TooLarge, NotFound, ContentErased, Conflict, QuotaExceeded),
        takes_recipient_ticket=True,
    ),
    witnesses.put_part: Operation(
        "Store one sealed part of kind 8.", {204: _NO_CONTENT}, _UPLOAD_ERRORS, takes_recipient_ticket=True
    ),
    witnesses.submit_statement: Operation(
        """Frames of the envelope (kind 6) and, with files, of the upload's id and digest; this uses up the code.
        The same request again has the same response. `not_found` if the code was used or has expired.""",
        {204: _NO_CONTENT},
        (NotFound, ContentErased, IncompleteUpload, DigestMismatch),
        takes_recipient_ticket=True,
    ),
    handovers.get_part: Operation(
        """Return one part of a hand-over. The ticket is valid for six hours; without a valid ticket the response
        is `no_match`.""",
        {200: _BINARY_CONTENT},
        (NotFound, ContentErased, DigestMismatch),
        takes_recipient_ticket=True,
    ),
}

# Views that serve several paths: the description of each path.
PAGE_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "/": "The home page.",
    "/is-this-stalking": "What stalking is, with FOUR. The page asks for nothing and stores nothing.",
    "/young-people": "For people from 13 to 24.",
    "/before-you-report": "What the police ask, and what a person need not do first.",
    "/officers": "How to read and check a pack.",
    "/helpers": "For advocates, schools, universities.",
    "/training": "The lesson and a fictional diary, for training.",
    "/training/lesson": "The lesson, to read or print.",
    "/safety": "Whether a device is safe to use.",
    "/privacy": "Who runs this server and what it stores, from its settings.",
    "/accessibility": "What was tested for accessibility, and what was not.",
    "/easy-read/is-this-stalking": "Easy Read, with pictures.",
    "/easy-read/before-you-report": "Easy Read, with pictures.",
    "/style.css": "The style sheet of the public pages.",
    "/page.js": "The script for leaving a page at once.",
    "/icon.svg": "The icon of the public pages.",
    "/answer": """The page on which a witness types nine words and writes a statement. It names nobody until the words are
        right. It needs a script (policy as `/get`).""",
    "/get": """The page on which a recipient fetches a pack with eight words. It needs a script (policy: own code,
        WebAssembly, own host).""",
    "/verify": "The page that checks a pack on the reader's computer. It needs a script, and makes no connections.",
}


def possible_errors(policy: RoutePolicy) -> set[type[KeptError]]:
    """Return every error of a route: those of its policy, raised before the view runs, and those of its view."""
    error_types = {*OPERATIONS[policy.view].errors}
    if policy.audience not in (Audience.PAGES, Audience.PUBLIC):
        # The request was not made by a page of this host.
        error_types.add(NotFound)
    if ("{" in policy.path and ":path" not in policy.path) or policy.body.kind is not BodyKind.NONE:
        error_types.add(BadRequest)
    if policy.changes_state:
        error_types |= {WrongOrigin, UnsupportedMediaType}
    if policy.limit.per_minute is not None:
        # A query of the database, which may be busy.
        error_types |= {TooManyRequests, Unavailable}
    if policy.requires_session or (policy.audience is Audience.ANYONE and policy.changes_state):
        error_types.add(ServerClosed)
    if policy.addition is Addition.NEW_DIARY:
        error_types.add(ServerClosing)
    if policy.requires_session:
        error_types |= {NotSignedIn, SessionRevoked} | (set() if policy.allows_legacy_cookies else {ClientOutdated})
    if policy.audience in (Audience.PROVED, Audience.ADVOCATE_PROVED) or OPERATIONS[policy.view].takes_recipient_ticket:
        error_types.add(InvalidCredentials)
    if policy.body.kind is not BodyKind.NONE:
        error_types |= {TooLarge, Unavailable}
    return error_types
