"""The page's own policy, tried in a real browser, and the separation of the two hosts."""

from playwright.sync_api import Browser

from tests.browser.conftest import NewPhone
from tests.browser.live_server import LiveServer
from tests.browser.navigators.keeper import TABS

DISABLED_INPUT_HELPERS = {
    "spellcheck": "false",
    "autocomplete": "off",
    "autocorrect": "off",
    "writingsuggestions": "false",
}
POLICY_ATTEMPTS_SCRIPT = """async () => {
    const results = {};
    const attempt = async (name, act) => {
      try { await act(); results[name] = 'allowed'; } catch { results[name] = 'refused'; }
    };
    await attempt('innerHTML', () => { document.createElement('p').innerHTML = '<b>x</b>'; });
    await attempt('policy', () => trustedTypes.createPolicy('other', {}));
    await attempt('elsewhere', () => fetch('https://example.invalid/'));
    const script = document.createElement('script');
    await attempt('inline', () => { script.text = 'window.ran = true'; document.head.append(script); });
    return { ...results, ran: Boolean(window.ran), isolated: crossOriginIsolated };
}"""


def test_the_policy_holds_in_the_browser(browser: Browser, server: LiveServer) -> None:
    """Markup from strings, a second policy, another origin and inline script are refused. The page is isolated."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.app_url)
    results = page.evaluate(POLICY_ATTEMPTS_SCRIPT)
    context.close()
    assert results.pop("isolated") is True
    assert results.pop("ran") is False
    assert results == dict.fromkeys(("innerHTML", "policy", "elsewhere", "inline"), "refused")


def test_title_and_address_never_change(new_phone: NewPhone, server: LiveServer) -> None:
    """Title and address never change with the screen. Every text control has the browser's helpers turned off."""
    phone = new_phone()
    phone.open_without_diary()
    phone.write_first_entry("He rang.")
    phone.postpone_copy()
    for tab in TABS:
        phone.go_to_tab(tab)
        assert phone.page.title() == "Notes"
        assert phone.page.url.rstrip("/") == server.app_url
        for control in phone.page.locator(
            "textarea, input:not([type=file]):not([type=radio]):not([type=checkbox])"
        ).all():
            for name, off in DISABLED_INPUT_HELPERS.items():
                assert control.get_attribute(name) == off


def test_the_public_host_is_not_the_app(browser: Browser, server: LiveServer) -> None:
    """The public host serves nothing of the app, sets no cookie and registers no worker."""
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(server.public_url)
    assert answer and answer.status == 200
    assert context.cookies() == []
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    answer = page.goto(server.public_url + "/sw.js")
    assert answer and answer.status == 404
    context.close()
