"""accounts: which account of this machine is at the other end of a connection, as the kernel says it.

Cookies do not know ports: a browser sends that of the studio to every server on this host name, so another account that
runs one gets to know it. What it cannot do is make a connection of the account that the cookie was given to.
"""

import socket
import struct

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_ERROR = 2
_ANY_STATE = 0xFFFFFFFF
_NO_COOKIE = 0xFFFFFFFF
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBBI")
_PORTS = struct.Struct("!HH")
_TAIL = struct.Struct("=III")
_UID_OFFSET = _HEADER.size + 4 + 48 + 12
"""Behind family, state, timer and retransmissions, the two ends, and the queues."""
Address = tuple[str, int]


def account_of(client: Address | None, server: Address | None) -> int | None:
    """The user id of the process that has the client's end of a connection; None where the kernel does not tell."""
    if client is None or server is None or not hasattr(socket, "AF_NETLINK"):
        return None
    family = socket.AF_INET6 if ":" in client[0] else socket.AF_INET
    try:
        ends = _packed(family, client[0]) + _packed(family, server[0])
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
            kernel.settimeout(1.0)
            kernel.send(_question(family, _PORTS.pack(client[1], server[1]) + ends))
            answer = kernel.recv(4096)
    except (OSError, struct.error, ValueError):
        return None
    _, kind, *_ = _HEADER.unpack_from(answer)
    if kind != _SOCK_DIAG_BY_FAMILY or len(answer) < _UID_OFFSET + 4:
        return None
    return int(struct.unpack_from("=I", answer, _UID_OFFSET)[0])


def _question(family: int, connection: bytes) -> bytes:
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, _ANY_STATE)
    body += connection + _TAIL.pack(0, _NO_COOKIE, _NO_COOKIE)
    return _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0) + body


def _packed(family: int, host: str) -> bytes:
    return socket.inet_pton(family, host).ljust(16, b"\0")
