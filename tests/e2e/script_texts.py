"""Texts that would run scripts, fetch or navigate wherever a page took them for more than text; and what notices."""

from __future__ import annotations

import math
import time
import unicodedata
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Dialog, Page, Request

RUNS = [
    "<script>ran(1)</script>",
    "<img src=x onerror=ran(2)>",
    "<svg onload=ran(3)>",
    '"><svg/onload=ran(4)>',
    "'><img src=x onerror='ran(5)'>",
    "<details open ontoggle=ran(6)>a</details>",
    '<iframe srcdoc="<script>parent.ran(7)</script>"></iframe>',
    '<iframe src="javascript:parent.ran(8)"></iframe>',
    "<input autofocus onfocus=ran(9)>",
    "<svg><script>ran(10)</script></svg>",
    "<svg><animate onbegin=ran(11) attributeName=x dur=1s></svg>",
    "</title><script>ran(12)</script>",
    "</script><ScRiPt >ran(13)</script >",
    "</textarea></style><img/src/onerror=ran(14)>",
    "<video><source onerror=ran(15)></video>",
]
"""What runs where it is put into a page as HTML; `ran` is the function of `WATCH`."""

DOES_NOT_RUN_BY_ITSELF = [
    "javascript:ran(20)//",
    "JaVaScRiPt&colon;ran(21)",
    "data:text/html,<script>ran(22)</script>",
    "[a](javascript:ran(23)) ![b](http://evil.example/b)",
    "{{constructor.constructor('ran(24)')()}}${ran(25)}",
    "<template><script>ran(26)</script></template>",
    "&lt;script&gt;ran(27)&lt;/script&gt;",
    "\\u003cscript\\u003eran(28)\\u003c/script\\u003e",
    "＜script＞ran(29)＜/script＞",
    "red;background:url(http://evil.example/c)}*{display:none",
    "<link rel=stylesheet href=//evil.example/d.css>",
    "<meta http-equiv=refresh content=0;url=//evil.example/>",
    "<base href=//evil.example/><a href=x>e</a>",
    "<form action=//evil.example/><button>f</button></form>",
    "<!--<script>",
    "]]>\\g<0> %00 %3Cscript%3E",
    "Z\u0351\u036b\u0343a\u0489l\u035b\u0354g <b>\u0322</b>o\u0321",
    "سبيكة <b>ג</b> ran(30)",
]
"""What needs a click, a template engine, a style sheet or a second reading to do harm."""

PAYLOADS = [unicodedata.normalize("NFC", text) for text in RUNS + DOES_NOT_RUN_BY_ITSELF]

WATCH = """
window.alarms = [];
window.ran = (what) => window.alarms.push(`ran ${what}`);
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.alarms.push(name);
document.addEventListener("securitypolicyviolation", (event) =>
  window.alarms.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

FOREIGN_ELEMENTS = """
() => [...document.querySelectorAll(
  "iframe, object, embed, base, form[action], template, details[ontoggle], video, math, animate,"
  + "meta[http-equiv=refresh],"
  + "script:not([src]):not([type='application/ld+json']), link[href*=evil], [href^='javascript' i], [href^='data' i]"
)].map((element) => element.outerHTML.slice(0, 120)).concat(
  [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()
    .filter((name) => name.startsWith("on")).map((name) => `${element.tagName} ${name}`)))
"""


class Watch:
    """Collects what should not happen on the pages of a browser profile: scripts, dialogs, foreign hosts, policies."""

    def __init__(self, context: BrowserContext, own_address: str) -> None:
        self.alarms: list[str] = []
        self._host = urlsplit(own_address).netloc
        context.add_init_script(WATCH)
        context.on("request", self._look_at)
        context.on("page", lambda page: page.on("dialog", self._dismiss))

    def _look_at(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self._host:
            self.alarms.append(f"request {request.url}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.alarms.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def check(self, page: Page) -> None:
        """Fail where anything ran, was asked for elsewhere, or became an element of the page."""
        assert page.evaluate("window.alarms") == [], page.url
        assert self.alarms == [], page.url
        assert page.evaluate(FOREIGN_ELEMENTS) == [], page.url


def expect_shown(page: Page, text: str, *, at_least: int = 0, exactly: int | None = None, what: str = "") -> None:
    """Wait until a text stands so often on the page, as text or in a field, letter by letter; five seconds at most."""
    least, most = (at_least, math.inf) if exactly is None else (exactly, exactly)
    until = time.monotonic() + 5
    while not least <= (times := _times_shown(page, text)) <= most:
        assert time.monotonic() < until, f"{text!r} stands {times} times on {page.url}; {what}"
        page.wait_for_timeout(50)


def _times_shown(page: Page, text: str) -> int:
    return int(
        page.evaluate(
            """(text) => [document.body.textContent, ...[...document.querySelectorAll("input, textarea")]
              .map((field) => field.value)].reduce((sum, all) => sum + all.split(text).length - 1, 0)""",
            text,
        )
    )
