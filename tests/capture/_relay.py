# SPDX-License-Identifier: MIT
"""What lies between the two ends: it forwards packets, or does to them what its rules say.

A rule looks at packets of one way, "out" (from the client) or "back", in order, until one rule
takes the packet.  Nothing waits on a clock but what is delayed on purpose: a packet that is
held goes on when another comes, or when the scenario says so.
"""

import time

from _wire import ACK, FIN, RST, SYN, Packet, hop

OTHER = {"out": "back", "back": "out"}


def any_packet(_):
    return True


def syn(p):
    return p.flags & (SYN | ACK) == SYN


def syn_ack(p):
    return p.flags & (SYN | ACK) == SYN | ACK


def fin(p):
    return bool(p.flags & FIN)


def rst(p):
    return bool(p.flags & RST)


def data(p):
    return p.octets > 0


def pure_ack(p):
    return p.octets == 0 and p.flags & (SYN | FIN | RST | ACK) == ACK


class Rule:
    def __init__(self, way, match, times, skip, action):
        self.way, self.match, self.action = way, match, action
        self.skip, self.times = skip, times
        self.taken = 0
        self.held = []

    def wants(self, way, packet):
        if way != self.way or self.times == 0 or not self.match(packet):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        self.taken += 1
        return True

    def off(self):
        self.times = 0


class Relay:
    """Joins the TUN devices of both ends; `delay` is seconds each way."""

    def __init__(self, loop, client, server, delay=0.0):
        self._loop = loop
        self._to = {"out": server, "back": client}
        self._from = {"out": client, "back": server}
        self.delay = {"out": delay, "back": delay}
        self.rules = []
        self.delivered = lambda way, packet: None  # told of each packet that an end has got
        self.seen = []  # the capture in the middle: (nanoseconds, octets), as it came here
        self.lost = []  # (way, index in `seen`) of what was dropped
        for way, tun in self._from.items():
            loop.add_reader(tun.fd, self._read, way, tun)

    def replace(self, way, tun):
        """Another device sends packets of this way from now on, and gets those of the other."""
        self._loop.remove_reader(self._from[way].fd)
        self._from[way] = self._to[OTHER[way]] = tun
        self._loop.add_reader(tun.fd, self._read, way, tun)

    # Rules.

    def rule(self, way, match, action, times=1, skip=0):
        """The action is called with (packet, pass on); the rules so far come first."""
        rule = Rule(way, match, times, skip, action)
        self.rules.append(rule)
        return rule

    def drop(self, way, match=any_packet, times=1, skip=0):
        return self.rule(way, match,
                         lambda packet, on: self.lost.append((way, len(self.seen) - 1)),
                         times, skip)

    def cut(self):
        """Everything is lost, both ways, from now on."""
        return [self.drop("out", times=-1), self.drop("back", times=-1)]

    def duplicate(self, way, match, times=1, skip=0):
        return self.rule(way, match, lambda packet, on: (on(packet), on(packet)), times, skip)

    def rewrite(self, way, match, change, times=1, skip=0):
        return self.rule(way, match, lambda packet, on: on(change(packet)), times, skip)

    def late(self, way, match, seconds, times=1, skip=0):
        return self.rule(way, match,
                         lambda packet, on: self._loop.call_later(seconds, on, packet),
                         times, skip)

    def hold(self, way, match, times=1, skip=0, until=None, count=1):
        """Keep packets until release(), or until `count` that `until` takes have passed."""
        rule = self.rule(way, match, lambda packet, on: rule.held.append((packet, on)),
                         times, skip)
        if until:
            left = [count]
            other, what = until

            def passing(packet, on):
                on(packet)
                left[0] -= 1
                if left[0] == 0:
                    self.release(rule)
            # Only what comes after the held one counts.
            self.rule(other, lambda p: rule.held and what(p), passing, times=count)
        return rule

    def release(self, rule):
        held, rule.held = rule.held, []
        rule.off()
        for packet, on in held:
            on(packet)

    def answer(self, way, match, make, times=1, skip=0, forward=False):
        """Send what make(packet) gives back where the packet came from."""
        def act(packet, on):
            place = len(self.seen) - 1
            self.inject(OTHER[way], make(Packet(packet[self._from[way].header:])))
            if forward:
                on(packet)
            else:
                self.lost.append((way, place))
        return self.rule(way, match, act, times, skip)

    def inject(self, way, packet):
        """A packet that starts before here."""
        self._note(packet)
        self._write(way, bytes(self._to[way].header) + hop(packet))

    # Forwarding.

    def _note(self, packet):
        self.seen.append((time.clock_gettime_ns(time.CLOCK_REALTIME), packet))

    def _write(self, way, packet):
        tun = self._to[way]
        tun.write(packet)
        self.delivered(way, Packet(packet[tun.header:]))

    def _read(self, way, tun):
        while True:
            packet = tun.read()
            if packet is None:
                return
            head, body = packet[:tun.header], packet[tun.header:]
            parsed = Packet(body)
            if parsed.proto not in (1, 6, 58) or parsed.dst.startswith("ff02:"):
                continue
            self._note(body)
            self._fate(way, parsed, head + hop(body))

    def _fate(self, way, parsed, packet):
        for rule in self.rules:
            if rule.wants(way, parsed):
                rule.action(packet, lambda p: self._forward(way, p))
                return
        self._forward(way, packet)

    def _forward(self, way, packet):
        if self.delay[way]:
            self._loop.call_later(self.delay[way], self._write, way, packet)
        else:
            self._write(way, packet)
