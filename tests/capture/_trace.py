# SPDX-License-Identifier: MIT
"""The kernel's changes of state: sock/inet_sock_set_state in a trace instance of our own.

The tracepoint is global, so the instance lies outside of all namespaces, and its name says
which second octet of the addresses is ours.  A child of this process removes the instance
when we are gone, however that came about.
"""

import glob
import os
import random
import re
import socket
import struct

import _netns

EVENT = "events/sock/inet_sock_set_state"
STATES = ["", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2",
          "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
          "SYN_RECEIVED"]
PAGE = 4096


class NoTracing(Exception):
    pass


def _tracefs():
    """Where tracefs is; if nowhere, one of our own, that nobody else sees."""
    for where in ("/sys/kernel/tracing", "/sys/kernel/debug/tracing"):
        if os.path.isdir(f"{where}/instances"):
            return where
    try:
        return _netns.file_system("tracefs")
    except OSError as error:
        raise NoTracing(f"no tracefs here: {error}") from error


class Trace:
    """An instance; `net` is the second octet that no other one has."""

    def __init__(self):
        root = _tracefs()
        if not os.path.isdir(f"{root}/{EVENT}"):
            raise NoTracing(f"no {EVENT} in {root}")
        self.dir, self.net = self._claim(root)
        self._guard = self._leave_with_us()
        try:
            self._arm()
        except OSError as error:
            self.close()
            raise NoTracing(f"cannot trace: {error}") from error
        self.lost = False

    def _claim(self, root):
        nets = list(range(16, 250))
        random.shuffle(nets)
        for net in nets:
            try:
                os.mkdir(f"{root}/instances/synfin-{net}")
                return f"{root}/instances/synfin-{net}", net
            except FileExistsError:
                continue
            except OSError as error:
                raise NoTracing(f"cannot make a trace instance: {error}") from error
        raise NoTracing("every trace instance is taken")

    def _leave_with_us(self):
        """The child that waits for our end; the write end of its pipe is our life."""
        ours, theirs = os.pipe()
        if os.fork() == 0:
            os.setsid()
            os.close(theirs)
            os.read(ours, 1)
            try:
                os.rmdir(self.dir)
            finally:
                os._exit(0)
        os.close(ours)
        return theirs

    def _arm(self):
        self._write("trace_clock", "mono")
        self._write("buffer_size_kb", "256")
        self._write("buffer_percent", "0")
        self._fields = self._format()
        self._write(f"{EVENT}/enable", "1")
        self.fds = [os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                    for name in glob.glob(f"{self.dir}/per_cpu/cpu*/trace_pipe_raw")]

    def _write(self, name, text):
        with open(f"{self.dir}/{name}", "w") as file:
            file.write(text)

    def _format(self):
        with open(f"{self.dir}/{EVENT}/format") as file:
            text = file.read()
        return {m[1]: int(m[2]) for m in
                re.finditer(r"field:[^;]*?(\w+)(?:\[\d+\])?;\s*offset:(\d+);", text)}

    def close(self):
        for fd in getattr(self, "fds", []):
            os.close(fd)
        self.fds = []
        if self._guard is not None:
            os.close(self._guard)
            self._guard = None

    def read(self):
        """What has come since, oldest first for each processor: dictionaries."""
        found = []
        for fd in self.fds:
            while True:
                try:
                    page = os.read(fd, PAGE)
                except BlockingIOError:
                    break
                if not page:
                    break
                found += self._page(page)
        return sorted(found, key=lambda event: event["at"])

    def _page(self, page):
        """The records of a page (Documentation/trace/ring-buffer-map, kernel sources)."""
        now, commit = struct.unpack_from("<QQ", page)
        self.lost |= bool(commit & 1 << 31)
        at, end = 16, 16 + (commit & 0xFFFFF)
        while at + 4 <= end:
            head, = struct.unpack_from("<I", page, at)
            kind, delta = head & 31, head >> 5
            if kind == 29:
                if delta == 0:
                    return
                at += 4 + struct.unpack_from("<I", page, at + 4)[0]
                continue
            if kind in (30, 31):
                extra = struct.unpack_from("<I", page, at + 4)[0] << 27
                # An absolute time lacks its highest five bits.
                now = now + delta + extra if kind == 30 else delta + extra | now >> 59 << 59
                at += 8
                continue
            now += delta
            size = kind * 4 if kind else struct.unpack_from("<I", page, at + 4)[0] - 4
            body = at + (4 if kind else 8)
            event = self._event(now, page[body:body + size])
            if event:
                yield event
            at = body + size

    def _event(self, now, body):
        where = self._fields
        family, protocol = struct.unpack_from("<HH", body, where["family"])
        if protocol != socket.IPPROTO_TCP:
            return None
        old, new = struct.unpack_from("<ii", body, where["oldstate"])
        sport, dport = struct.unpack_from("<HH", body, where["sport"])
        v6 = family == socket.AF_INET6
        names = ("saddr_v6", "daddr_v6") if v6 else ("saddr", "daddr")
        local, remote = (socket.inet_ntop(family, body[where[n]:where[n] + (16 if v6 else 4)])
                         for n in names)
        return {"at": now, "sk": struct.unpack_from("<Q", body, where["skaddr"])[0],
                "old": STATES[old], "new": STATES[new],
                "local": (local, sport), "remote": (remote, dport)}


def net_of(event):
    """The (second, third) octet of an event's addresses, or the like; None if not ours."""
    for address in (event["local"][0], event["remote"][0]):
        if address.startswith("10."):
            return tuple(int(part) for part in address.split(".")[1:3])
        if address.startswith("fd5f:"):
            return tuple(int(part or "0", 16) for part in address.split(":")[1:3])
    return None
