# SPDX-License-Identifier: MIT
"""The kernel's TCP as the other end: clients, and servers in a thread."""

import socket
import threading

from _rig import LIMIT


def client(addr, port):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(LIMIT)
    s.connect((addr, port))
    return s


def read_all(s):
    data = bytearray()
    while True:
        part = s.recv(1 << 16)
        if not part:
            return bytes(data)
        data += part


def talk(addr, port, data=b""):
    """Send, close our half, read to the end."""
    with client(addr, port) as s:
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        got = read_all(s)
        sender.join()
        return got


class Server:
    """One connection after another, each served by a function, in a thread."""

    def __init__(self, serve, addr="0.0.0.0", port=0):
        family = socket.AF_INET6 if ":" in addr else socket.AF_INET
        self.serve = serve
        self.result = []
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((addr, port))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while True:
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            with s:
                s.settimeout(LIMIT)
                try:
                    self.result.append(self.serve(s))
                except OSError as e:
                    self.result.append(e)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(LIMIT)
