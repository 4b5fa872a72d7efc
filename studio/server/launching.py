"""launching: the address that lets one browser in, and a way to open it that no other account sees."""

import html
import webbrowser
from urllib.parse import urlencode

from studio.files import write_atomic
from studio.store.home import Home

_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>Deepstudio</title>
<p><a href="{url}">Open Deepstudio</a></p>
"""


def launch_address(origin: str, code: str) -> str:
    """The address that exchanges a single-use code for a session."""
    return f"{origin}/launch?{urlencode({'code': code})}"


def open_in_browser(home: Home, url: str) -> None:
    """Open the launch address in the default browser.

    A browser gets its address as a process argument, which every account of the machine can read. So it gets that of a
    private file, which leads on to the launch address. The file goes when the server ends.
    """
    page = home.launch_page
    write_atomic(page, _PAGE.format(url=html.escape(url)).encode())
    webbrowser.open(page.as_uri())
