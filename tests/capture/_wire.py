# SPDX-License-Identifier: MIT
"""IP, TCP and ICMP octets as far as the relay and the comparison need them."""

import functools
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
TCP, ICMP, ICMP6 = 6, 1, 58
MASK32 = 0xFFFFFFFF


def checksum(data, start=0):
    if len(data) % 2:
        data += b"\0"
    total = start + sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Packet:
    """A packet from its IP header on; fields are read when first asked for."""

    def __init__(self, data):
        self.data = data
        self.v6 = data[0] >> 4 == 6
        self.at = 6 + 34 if self.v6 else (data[0] & 15) * 4
        self.proto = data[6] if self.v6 else data[9]
        self.tcp = self.proto == TCP and len(data) >= self.at + 20

    @functools.cached_property
    def src(self):
        raw = self.data[8:24] if self.v6 else self.data[12:16]
        return socket.inet_ntop(socket.AF_INET6 if self.v6 else socket.AF_INET, raw)

    @functools.cached_property
    def dst(self):
        raw = self.data[24:40] if self.v6 else self.data[16:20]
        return socket.inet_ntop(socket.AF_INET6 if self.v6 else socket.AF_INET, raw)

    @functools.cached_property
    def _fields(self):
        return struct.unpack_from("!HHIIBBH", self.data, self.at)

    sport = property(lambda self: self._fields[0])
    dport = property(lambda self: self._fields[1])
    seq = property(lambda self: self._fields[2])
    ack = property(lambda self: self._fields[3])
    flags = property(lambda self: self._fields[5] if self.tcp else 0)
    window = property(lambda self: self._fields[6])

    @property
    def text(self):
        return self.data[self.at + (self._fields[4] >> 4) * 4:]

    @property
    def octets(self):
        return len(self.data) - self.at - (self._fields[4] >> 4) * 4 if self.tcp else 0

    @property
    def end(self):
        """The number after what the segment takes up."""
        extra = bool(self.flags & SYN) + bool(self.flags & FIN)
        return self.seq + self.octets + extra & MASK32

    def options(self):
        """Pairs (offset in the packet, kind)."""
        at, last = self.at + 20, self.at + (self._fields[4] >> 4) * 4
        while at < last and self.data[at] != 0:
            yield at, self.data[at]
            at += 1 if self.data[at] == 1 else max(self.data[at + 1], 2)

    def __repr__(self):
        if not self.tcp:
            return f"{self.src} > {self.dst} protocol {self.proto}"
        flags = "".join(c for i, c in enumerate("FSRPAUEC") if self.flags >> i & 1)
        return (f"{self.src}:{self.sport} > {self.dst}:{self.dport} {flags} "
                f"seq {self.seq} ack {self.ack} len {self.octets}")


def pseudo(packet):
    octets = len(packet.data) - packet.at
    if packet.v6:
        return sum(struct.unpack("!16H", packet.data[8:40])) + octets + packet.proto
    return sum(struct.unpack("!4H", packet.data[12:20])) + octets + packet.proto


def summed(data):
    """The packet with every checksum right."""
    out = bytearray(data)
    if out[0] >> 4 == 4:
        head = (out[0] & 15) * 4
        out[10:12] = b"\0\0"
        out[10:12] = struct.pack("!H", checksum(bytes(out[:head])))
    packet = Packet(bytes(out))
    where = {TCP: 16, ICMP: 2, ICMP6: 2}.get(packet.proto)
    if where is not None:
        at = packet.at + where
        out[at:at + 2] = b"\0\0"
        start = 0 if packet.proto == ICMP else pseudo(packet)
        out[at:at + 2] = struct.pack("!H", checksum(bytes(out[packet.at:]), start))
    return bytes(out)


def ip(src, dst, proto, payload, ttl=64, ident=0):
    """A packet around a payload, its checksums right."""
    if ":" in src:
        head = struct.pack("!IHBB", 6 << 28, len(payload), proto, ttl)
        head += socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    else:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0x4000, ttl, proto,
                           0)
        head += socket.inet_aton(src) + socket.inet_aton(dst)
    return summed(head + payload)


def segment(src, dst, flags, seq, ack=0, window=0, options=b"", text=b"", ttl=64, ident=0):
    """A TCP segment between two (address, port); `options` are padded to words here."""
    options += b"\0" * (-len(options) % 4)
    head = struct.pack("!HHIIBBHHH", src[1], dst[1], seq & MASK32, ack & MASK32,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0)
    return ip(src[0], dst[0], TCP, head + options + text, ttl, ident)


def unreachable(router, packet, code, ttl=64):
    """The ICMP destination unreachable that answers a packet: IPv4, and IPv6 by its codes."""
    if packet.v6:
        body = struct.pack("!BBHI", 1, code, 0, 0) + packet.data[:1232]
        return ip(router, packet.src, ICMP6, body, ttl)
    body = struct.pack("!BBHI", 3, code, 0, 0) + packet.data[:packet.at + 8]
    return ip(router, packet.src, ICMP, body, ttl)


def hop(data):
    """The packet after one router: a hop less to go."""
    out = bytearray(data)
    if out[0] >> 4 == 6:
        out[7] -= 1
        return bytes(out)
    out[8] -= 1
    # RFC 1624: what the sum loses the checksum gains.
    total = (out[10] << 8 | out[11]) + 0x100
    total = (total & 0xFFFF) + (total >> 16)
    out[10:12] = struct.pack("!H", total)
    return bytes(out)


def readdressed(data, src=None, dst=None):
    """The packet with other (address, port) pairs, as a translator leaves it."""
    out = bytearray(data)
    packet = Packet(data)
    for pair, at, port in ((src, 0, 0), (dst, 1, 2)):
        if pair is None:
            continue
        if packet.v6:
            out[8 + 16 * at:24 + 16 * at] = socket.inet_pton(socket.AF_INET6, pair[0])
        else:
            out[12 + 4 * at:16 + 4 * at] = socket.inet_aton(pair[0])
        out[packet.at + port:packet.at + port + 2] = struct.pack("!H", pair[1])
    return summed(bytes(out))


def timestamp(packet):
    """The timestamp value of a packet; None if it has none."""
    for at, kind in packet.options():
        if kind == 8:
            return struct.unpack_from("!I", packet.data, at + 2)[0]
    return None


def restamped(data, change, echo=0):
    """The packet with its timestamp value, and its echo, moved (RFC 7323)."""
    out = bytearray(data)
    for at, kind in Packet(data).options():
        if kind == 8:
            value, echoed = struct.unpack_from("!II", data, at + 2)
            out[at + 2:at + 10] = struct.pack("!II", value + change & MASK32,
                                              echoed + echo & MASK32)
    return summed(bytes(out))
