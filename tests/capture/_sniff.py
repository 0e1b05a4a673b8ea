# SPDX-License-Identifier: MIT
"""A capture at one device: what tcpdump would write there."""

import socket
import struct

from _wire import Packet

SOL_PACKET, PACKET_STATISTICS = 263, 6
ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
OUTGOING = 4
RAW, ETHERNET = 101, 1  # link types of a capture file


class Sniffer:
    """Packets of a device in the namespace that we are in: (nanoseconds, octets)."""

    def __init__(self, name, link=RAW):
        self.link = link
        self.packets = []
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.bind((name, ETH_P_ALL))

    def read(self):
        """Take what has come; the new packets as (nanoseconds, Packet, true if sent)."""
        new = []
        while True:
            try:
                data, extra, _, source = self.sock.recvmsg(1 << 17, 64)
            except BlockingIOError:
                return new
            # A loopback shows each packet going and coming.
            if self.link == ETHERNET and source[2] == OUTGOING:
                continue
            seconds, nanoseconds = struct.unpack("=qq", extra[0][2][:16])
            at = seconds * 10**9 + nanoseconds
            packet = Packet(data[14:] if self.link == ETHERNET else data)
            if packet.proto in (1, 6, 58):
                self.packets.append((at, data))
                new.append((at, packet, source[2] == OUTGOING))

    def lost(self):
        """How many packets the kernel could not give us."""
        return struct.unpack("=II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]


def write_pcap(path, packets, link=RAW):
    """A capture file with nanoseconds, oldest first."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link))
        for at, data in sorted(packets, key=lambda packet: packet[0]):
            file.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(data), len(data)))
            file.write(data)


def store_pcap(path, to, snap):
    """A copy with at most `snap` octets of each packet."""
    link, packets = read_pcap(path)
    with open(to, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, link))
        for at, data in packets:
            file.write(struct.pack("<IIII", at // 10**9, at % 10**9, min(len(data), snap),
                                   len(data)))
            file.write(data[:snap])


def read_pcap(path):
    """(link type, [(nanoseconds, octets)]) of a file that write_pcap() wrote."""
    with open(path, "rb") as file:
        data = file.read()
    link, = struct.unpack_from("<I", data, 20)
    at, packets = 24, []
    while at + 16 <= len(data):
        seconds, nanoseconds, size, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds * 10**9 + nanoseconds, data[at + 16:at + 16 + size]))
        at += 16 + size
    return link, packets
