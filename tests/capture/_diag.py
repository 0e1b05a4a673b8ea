# SPDX-License-Identifier: MIT
"""One connection of a namespace as ss shows it (sock_diag(7)).

Here are the records that the tracepoint does not show: SYN_RECEIVED before the third segment,
FIN_WAIT_2 that no process holds, and TIME_WAIT.
"""

import errno
import socket
import struct

from _trace import STATES

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 0x1
NLMSG_ERROR = 2
NO_COOKIE = b"\xff" * 8


class Diag:
    """A netlink socket in the namespace that we are in."""

    def __init__(self):
        self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC,
                                   NETLINK_SOCK_DIAG)
        self._sock.settimeout(5)

    def look(self, local, remote):
        """(state, seconds until its timer strikes) of the kernel's record, or None.

        A listener is no record of a connection.
        """
        family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
        ident = struct.pack("!HH16s16s", local[1], remote[1],
                            socket.inet_pton(family, local[0]),
                            socket.inet_pton(family, remote[0]))
        request = struct.pack("=BBxxI", family, socket.IPPROTO_TCP, 0xFFFF)
        request += ident + struct.pack("=I", 0) + NO_COOKIE
        self._sock.send(struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY,
                                    NLM_F_REQUEST, 1, 0) + request)
        answer = self._sock.recv(4096)
        kind, = struct.unpack_from("=H", answer, 4)
        if kind == NLMSG_ERROR:
            code, = struct.unpack_from("=i", answer, 16)
            if code != -errno.ENOENT:
                raise OSError(-code, "sock_diag")
            return None
        state = STATES[answer[17]]
        expires, = struct.unpack_from("=I", answer, 16 + 52)
        return None if state == "LISTEN" else (state, expires / 1000)
