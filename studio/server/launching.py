"""launching: the address that lets one browser in, and a way to open it that no other account sees."""

import html
import webbrowser
from urllib.parse import urlencode

from studio.files import write_atomic
from studio.interpreter import command_beside
from studio.store.home import Home

_REFUSED = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Deepstudio: this address does not work any more</title>
<h1>This launch address does not work any more</h1>
<p>Each address opens the studio in one browser, once. This one was used already, or is of an earlier server.</p>
<p>Run this command where the server runs, and open the address that it prints:</p>
<pre>{command}</pre>
<p>If this browser was let in before, <a href="/">open the studio</a>.</p>
"""
_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>Deepstudio</title>
<p><a href="{url}">Open Deepstudio</a></p>
"""


_SIGNED_IN = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=/">
<title>Deepstudio</title>
<p>This browser is signed in already: <a href="/">open the studio</a>.</p>
"""


def launch_address(origin: str, code: str) -> str:
    """The address that exchanges a single-use code for a session."""
    return f"{origin}/launch?{urlencode({'code': code})}"


def link_command() -> str:
    """The command that prints a new launch address, as it is typed in the folder that the server was started in."""
    return f"{command_beside('studio')} link"


def refused_page(*, is_signed_in: bool = False) -> str:
    """What somebody sees whose launch address was used already; a browser that is signed in goes on to the studio."""
    if is_signed_in:
        return _SIGNED_IN
    return _REFUSED.format(command=html.escape(link_command()))


def open_in_browser(home: Home, url: str) -> None:
    """Open the launch address in the default browser.

    A browser gets its address as a process argument, which every account of the machine can read. So it gets that of a
    private file, which leads on to the launch address. The file goes when the server ends.
    """
    page = home.launch_page
    write_atomic(page, _PAGE.format(url=html.escape(url)).encode())
    webbrowser.open(page.as_uri())
