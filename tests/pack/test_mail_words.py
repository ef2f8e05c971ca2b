"""What 04 prints of a saved e-mail: its headers, text and files, whatever somebody put into it."""

from email.message import EmailMessage

import pytest

from diary.pack.documents import mail_words
from diary.pack.documents.mail_words import html_to_text, read_mail

HEAD = b"From: D <d@example.org>\r\nTo: jb@example.org\r\nDate: Mon, 4 May 2026 12:00:00 +0100\r\n"


def test_headers_are_decoded_and_files_named() -> None:
    """Encoded words are read, and each header stands on one line."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "D\u00e4nny <d@example.org>", "jb@example.org", "\u00dcber dich " * 12
    mail.set_content("Hi\nthere")
    mail.add_attachment(b"12345", maintype="image", subtype="png", filename="T\u00fcr.png")
    (message,) = read_mail(bytes(mail))
    headers = dict(message.headers)
    assert headers["From"] == "D\u00e4nny <d@example.org>" and headers["Subject"] == ("\u00dcber dich " * 12).strip()
    assert message.text == "Hi\nthere" and message.files == (("T\u00fcr.png", 5),) and not message.is_cut


def test_html_is_read_as_words() -> None:
    """No script, style, comment or address of a picture is printed."""
    page = b"<style>p{}</style><p>Hi<br>you &amp; me<!-- no --><script>alert(1)</script><img src=http://x.example>"
    (message,) = read_mail(HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page)
    assert message.text == "Hi\nyou & me"
    assert html_to_text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>") == "a b\n\nc"


def test_the_plain_part_comes_before_html() -> None:
    """An e-mail in both forms is printed once."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "a@example.org", "b@example.org"
    mail.set_content("plain")
    mail.add_alternative("<p>rich</p>", subtype="html")
    (message,) = read_mail(bytes(mail))
    assert (message.text, message.files) == ("plain", ())


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("windows-1252", b"caf\xe9", "caf\u00e9"),
        ("gb18030", "\u4f60\u597d".encode("gb18030"), "\u4f60\u597d"),
        ("idna", b"caf\xc3\xa9", "caf\u00e9"),
        ("unicode_escape", b"\\x41", "\\x41"),
        ("no-such", b"ok", "ok"),
        ("utf-8", b"a\xff", "a\ufffd"),
    ],
)
def test_text_is_decoded_as_it_says_where_mail_uses_that_encoding(charset: str, raw: bytes, text: str) -> None:
    """Codecs that are no encodings of mail are not run."""
    head = HEAD + f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode()
    (message,) = read_mail(head + raw)
    assert message.text == text


def test_messages_sent_on_inside_each_other_end() -> None:
    """What is deeper than the limit is listed as a file."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "a@example.org", "0"
    mail.set_content("innermost")
    for depth in range(1, 9):
        outer = EmailMessage()
        outer["From"], outer["Subject"] = "a@example.org", str(depth)
        outer.set_content(f"level {depth}")
        outer.add_attachment(mail)
        mail = outer
    messages = read_mail(bytes(mail))
    assert [message.text for message in messages] == [f"level {depth}" for depth in (8, 7, 6, 5, 4)]
    assert messages[-1].files == (("message/rfc822", 0),)


def test_a_long_text_is_cut_and_says_so() -> None:
    """The page states that there is more."""
    (message,) = read_mail(HEAD + b"\r\n" + b"word " * 20_000)
    assert message.is_cut and len(message.text) == mail_words.WORDS_LIMIT_CHARACTERS


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"From: somebody\n\nNo other header.",
        b"\x00" * 1000,
        HEAD + b"Content-Type: text/plain\r\n" * 300,
        HEAD + b"\r\n" + b"\n" * (mail_words.LINES_LIMIT + 1),
    ],
)
def test_what_is_no_email_or_too_large_is_refused(raw: bytes) -> None:
    """The worker then prints a card."""
    with pytest.raises(ValueError, match=r"too large|no e-mail"):
        read_mail(raw)


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x",
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTogYQ==",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Subject: =?utf-8?b?!!!?= =?x?q?y?= =?utf-8?q?\xff?=\r\n\r\n",
        b"Subject: \xff\xfe\r\nContent-Type: image/png; name*0*=a; name*9*=''\r\n\r\n\x00",
    ],
)
def test_a_malformed_email_is_read_as_far_as_it_goes(rest: bytes) -> None:
    """Nothing in it raises anything but what the reader says."""
    try:
        messages = read_mail(HEAD + rest)
    except ValueError:
        return
    assert [name for name, _ in messages[0].headers][:2] == ["From", "To"]
