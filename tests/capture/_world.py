# SPDX-License-Identifier: MIT
"""One scenario's world: two hosts, the relay between them, what is recorded, and the truth.

Everything is one event loop; a scenario waits for what it wants to see with `until`, which is
looked at again after each packet and each change of state, and never for time to pass.  `idle`
is for what the scenario is about: an application that does nothing for so long.
"""

import asyncio
import errno
import json
import os
import signal
import socket
import struct
import sys
import time
import traceback

import _netns
from _diag import Diag
from _relay import Relay
from _sniff import ETHERNET, RAW, Sniffer, write_pcap
from _truth import SMALL, Truth
from _wire import Packet

LIMIT = 15   # seconds that anything may take to come about
TICK = 0.05  # seconds between looks at records that a timer may end

DEFAULTS = {
    "ipv4.tcp_congestion_control": "reno",
    "ipv4.tcp_fin_timeout": 60,
    "ipv4.tcp_syncookies": 0,
    "ipv4.tcp_no_metrics_save": 1,
    "ipv4.icmp_ratelimit": 0,
    "ipv4.tcp_invalid_ratelimit": 0,
}


class Host:
    """One end: its namespace, device, capture and truth."""

    def __init__(self, world, name, address, address6):
        self.world, self.name = world, name
        self.address, self.address6 = address, address6
        self.truth = Truth()
        self._sysctls = dict(DEFAULTS)
        self._sniffers = []
        self._boot()

    def _boot(self):
        self.ns = _netns.Namespace()
        for name, value in self._sysctls.items():
            self.ns.sysctl(name, value)
        with self.ns:
            addresses = [self.address] + [self.address6] * self.world.v6
            self.tun = _netns.Tun("tun0", addresses, self.world.offload)
            self._sniff("tun0", RAW)
            self.diag = Diag()

    def _sniff(self, device, link):
        sniffer = Sniffer(device, link)
        self._sniffers.append(sniffer)
        self.world.loop.add_reader(sniffer.sock.fileno(), self.drain)

    def sniff_loopback(self):
        """Capture at lo from now on, and not at the device."""
        with self.ns:
            for sniffer in self._sniffers:
                self.world.loop.remove_reader(sniffer.sock.fileno())
            self._sniffers.clear()
            self._sniff("lo", ETHERNET)

    def drain(self):
        """Take what was captured."""
        for sniffer in self._sniffers:
            for at, packet, sent in sniffer.read():
                self.truth.packets.append((at, packet, sent))
                if sniffer.link == ETHERNET and packet.tcp:
                    self.look((packet.src, packet.sport), (packet.dst, packet.dport))
        self.world.poke()

    def crash(self):
        """The machine stops and starts again: it says nothing, and forgets everything."""
        self.drain()
        self.truth.crash(self.world.now())
        old = self.tun
        self._boot()
        self.world.relay.replace("out" if self is self.world.client else "back", self.tun)
        return old

    def sysctl(self, **values):
        for name, value in values.items():
            name = f"ipv4.{name}"
            self._sysctls[name] = value
            self.ns.sysctl(name, value)

    def look(self, local, remote):
        """Ask for a connection's record now."""
        found = self.diag.look(local, remote)
        self.truth.looks.append((self.world.now(), (local, remote), found and found[0]))
        if found and found[0] in SMALL:
            # A timer of the kernel's may end it: then look again.
            self.world.look_later(self, local, remote, found[1])

    def arrived(self, packet):
        """The relay has just given us a packet: what it changed is to be seen at once."""
        if packet.tcp:
            self.look((packet.dst, packet.dport), (packet.src, packet.sport))

    # Sockets.

    def socket(self, v6=False):
        with self.ns:
            sock = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET,
                                 socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return self.world.keep(sock)

    def listen(self, port=8080, backlog=16, v6=False, options=()):
        sock = self.socket(v6)
        for option in options:
            sock.setsockopt(*option)
        sock.bind((self.address6 if v6 else self.address, port))
        sock.listen(backlog)
        return sock

    def state(self, local, remote):
        return self.truth.state((local[:2], remote[:2]))

    def sent(self, match):
        return [p for _, p, sent in self.truth.packets if sent and p.tcp and match(p)]

    def got(self, match):
        return [p for _, p, sent in self.truth.packets if not sent and p.tcp and match(p)]


class World:
    def __init__(self, channel, net, delay=0.0, offload=False, v6=False):
        self.loop = asyncio.get_running_loop()
        self.offload, self.v6 = offload, v6
        self._channel = channel
        self._waiting = []
        self._kept = []
        self._looks = {}
        self._flushed = None
        self._clock = time.clock_gettime_ns(time.CLOCK_REALTIME) - time.monotonic_ns()
        self.children = []
        self.aliases = []  # what a translator does: {at: whose, seen: pair, is: pair}
        second, third = net
        self.hosts = [Host(self, name, f"10.{second}.{third}.{n}",
                           f"fd5f:{second:x}:{third:x}::{n}")
                      for n, name in ((1, "client"), (2, "server"))]
        self.client, self.server = self.hosts
        self.relay = Relay(self.loop, self.client.tun, self.server.tun, delay)
        self.relay.delivered = self._delivered
        self.loop.add_reader(channel.fileno(), self._trace)

    # Waiting.

    def now(self):
        return time.monotonic_ns() + self._clock

    async def until(self, condition, limit=LIMIT):
        """Go on as soon as a condition is true."""
        if not condition():
            future = self.loop.create_future()
            self._waiting.append((condition, future))
            await asyncio.wait_for(future, limit)

    def poke(self):
        for entry in list(self._waiting):
            condition, future = entry
            if future.done() or condition():
                self._waiting.remove(entry)
                if not future.done():
                    future.set_result(None)

    async def idle(self, seconds):
        """The applications do nothing."""
        await asyncio.sleep(seconds)

    async def reach(self, host, local, remote, *states):
        """Until one end is in one of the states."""
        await self.until(lambda: host.state(local, remote) in states)

    async def settle(self):
        """Until what is under way has arrived: a lap of the loop finds nothing to do."""
        before = None
        while before != (count := self._count()):
            before = count
            await asyncio.sleep(max(self.relay.delay.values()) * 2 + 0.01)

    def _count(self):
        return sum(len(host.truth.packets) + len(host.truth.events) for host in self.hosts)

    # What the kernel says.

    def _delivered(self, way, packet):
        host = self.server if way == "out" else self.client
        host.arrived(packet)

    def look_later(self, host, local, remote, seconds):
        key = (host.name, local, remote)
        if key in self._looks:
            self._looks[key].cancel()
        when = min(seconds + 0.004, TICK)
        self._looks[key] = self.loop.call_later(when, self._look_again, host, local, remote)

    def _look_again(self, host, local, remote):
        host.drain()
        host.look(local, remote)
        self.poke()

    def _trace(self):
        while True:
            try:
                message = self._channel.recv(1 << 16)
            except BlockingIOError:
                break
            if not message:
                # Whoever records is gone: nobody wants this any more.
                self.end_children()
                os._exit(1)
            self._message(json.loads(message))
        self.poke()

    def _message(self, message):
        if message == "flushed":
            self._flushed.set_result(None)
            return
        message["at"] += self._clock
        message["local"], message["remote"] = tuple(message["local"]), tuple(message["remote"])
        for host in self.hosts:
            if message["local"][0] in (host.address, host.address6):
                host.truth.events.append(message)
                if message["new"] == "CLOSED" and message["local"][1]:
                    host.look(message["local"], message["remote"])

    async def flush(self):
        """Everything that has happened is with us."""
        self._flushed = self.loop.create_future()
        self._channel.send(b"flush")
        await asyncio.wait_for(self._flushed, LIMIT)
        for host in self.hosts:
            host.drain()

    # Sockets that live as long as the world, whatever happens.

    def keep(self, sock):
        self._kept.append(sock)
        return sock

    def fork(self, work):
        """A process of its own that runs work(), says so, and is killed: (pid, descriptor)."""
        ready, done = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(ready)
                held = work()
                os.write(done, b"1")
                while held:
                    signal.pause()
            except Exception:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(0)
        os.close(done)
        self.children.append(pid)
        return pid, ready

    async def accept(self, listener):
        sock, _ = await asyncio.wait_for(self.loop.sock_accept(listener), LIMIT)
        return self.keep(sock)

    async def dial(self, port=8080, sport=None, v6=False, sock=None, to=None):
        """A connected socket of the client's."""
        sock = sock or self.client.socket(v6)
        if sport is not None:
            sock.bind((self.client.address6 if v6 else self.client.address, sport))
        there = to or (self.server.address6 if v6 else self.server.address, port)
        await asyncio.wait_for(self.loop.sock_connect(sock, there), LIMIT)
        return sock

    async def pair(self, port=8080, sport=None, v6=False, delay_accept=False):
        """Listener, client's socket and server's, connected."""
        listener = self.server.listen(port, v6=v6)
        sock = await self.dial(port, sport, v6)
        peer = await self.accept(listener)
        await self.established(sock, peer)
        return listener, sock, peer

    async def established(self, sock, peer):
        """The third segment is on both records, and nothing else is under way."""
        here, there = sock.getsockname()[:2], peer.getsockname()[:2]
        await self.until(lambda: self.client.state(here, there) == "ESTABLISHED"
                         and self.server.state(there, here) == "ESTABLISHED")

    async def send(self, sock, octets):
        await asyncio.wait_for(self.loop.sock_sendall(sock, b"x" * octets), LIMIT)

    async def receive(self, sock, octets):
        """So many octets, or fewer if the end comes first."""
        got = 0
        while got < octets:
            data = await asyncio.wait_for(self.loop.sock_recv(sock, octets - got), LIMIT)
            if not data:
                break
            got += len(data)
        return got

    async def end(self, sock):
        """Until the peer has closed."""
        while await asyncio.wait_for(self.loop.sock_recv(sock, 65536), LIMIT):
            pass

    async def reset(self, sock):
        """Until the connection has failed; the error's name."""
        try:
            while await asyncio.wait_for(self.loop.sock_recv(sock, 65536), LIMIT):
                pass
        except OSError as error:
            return errno.errorcode[error.errno]
        return None

    def ends(self, sock):
        """((host, local, remote) of the client's, of the server's) for a client's socket."""
        here, there = sock.getsockname()[:2], sock.getpeername()[:2]
        return (self.client, here, there), (self.server, there, here)

    # What is kept of it.

    def write(self, where, meta):
        os.makedirs(where, exist_ok=True)
        link = self.client._sniffers[0].link
        ends = {}
        for host in self.hosts:
            packets = [p for s in host._sniffers for p in s.packets]
            lost = sum(s.lost() for s in host._sniffers)
            if lost:
                raise RuntimeError(f"the capture at the {host.name} lost {lost} packets")
            write_pcap(f"{where}/{host.name}.pcap", packets, host._sniffers[0].link)
            last = max((at for at, _, _ in host.truth.packets), default=0)
            ends[host.name] = [
                {"local": local, "remote": remote,
                 "states": host.truth.spans((local, remote), max(last, self.now()))}
                for local, remote in host.truth.tuples()]
        write_pcap(f"{where}/middle.pcap", self.relay.seen, RAW)
        with open(f"{where}/truth.json", "w") as file:
            json.dump({**meta, "link": link, "lost": self._lost(),
                       "aliases": self.aliases, "ends": ends}, file, indent=1)
            file.write("\n")

    def _lost(self):
        """What died at the relay: in which way, when it came there, and what it was."""
        lost = []
        for way, place in self.relay.lost:
            at, packet = self.relay.seen[place]
            p = Packet(packet)
            lost.append({"way": way, "at_ns": at, "middle": place + 1,
                         "seq": p.seq if p.tcp else 0, "flags": p.flags, "len": p.octets})
        return lost

    def linger(self, sock, seconds):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.children.remove(pid)

    def end_children(self):
        for pid in list(self.children):
            self.kill(pid)
