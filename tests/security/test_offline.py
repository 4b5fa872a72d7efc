"""B72: no process of the studio connects to anything but this machine, seen by strace over a whole small journey."""

import re
import shutil
from pathlib import Path

import pytest

from tests.security.black_box import BlackBox

ADDRESS = re.compile(r'inet_addr\("([\d.]+)"\)|inet_pton\(AF_INET6, "([0-9a-f:.]+)"')


def connected(log: Path) -> set[str]:
    """Addresses that any process connected to; also UDP, by which names are looked up."""
    return {four or six for four, six in ADDRESS.findall(log.read_text(errors="replace"))}


@pytest.mark.skipif(shutil.which("strace") is None, reason="B72: strace is not installed")
@pytest.mark.parametrize("offline", [True, False], ids=["offline", "asking_for_the_hub"])
def test_b72_nothing_is_connected_to(tmp_path: Path, offline: bool) -> None:
    """Without HF_HUB_OFFLINE the one thing looked at is whether the hub takes a connection, on a form that may need it;
    here the hub is an address of this machine where nobody listens. Nothing is sent."""
    log = tmp_path / "connects"
    wrapper = ("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto", "-o", str(log))
    hub = {"HF_HUB_OFFLINE": "1" if offline else "", "HF_ENDPOINT": "http://127.0.0.2:9"}
    box = BlackBox(tmp_path / "home", environment=hub, wrapper=wrapper)
    try:
        box.start()
    except (AssertionError, OSError):
        pytest.skip("B72: processes cannot be traced here")
    try:
        for path in ("/", "/api/machine", "/api/about", "/api/doctor", "/api/help", "/api/problem-types"):
            assert box.call("GET", path).status == 200
        if offline:
            dataset = box.example()
            box.trained(dataset, "offline", training__build_scoring_pipelines=False)
        else:
            document = box.api("GET", "/api/schema/text_classification")
            body = {"problem_type": "text_classification", "settings": document["values"]}
            box.call("POST", "/api/settings/check", body)
    finally:
        box.stop()

    assert connected(log) <= ({"127.0.0.1"} if offline else {"127.0.0.1", "127.0.0.2"})
    assert log.read_text()
