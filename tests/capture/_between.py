# SPDX-License-Identifier: MIT
"""What happens between opening and closing: loss, windows, timers, offload."""

import asyncio
import ctypes
import socket
import struct

import _wire
from _closing import talk
from _opening import fails, four, talk_and_close
from _relay import data, pure_ack
from _scenario import scenario

SO_ATTACH_FILTER = 26
BEHIND = 600_000  # milliseconds that the other host's clock is behind


def small_window(w):
    """A listener whose connections can hold little."""
    return w.server.listen(options=((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096),))


async def fill(w, sock, seconds=0):
    """Send until the peer's window is full; how many octets were taken from us."""
    sent = 0
    while True:
        try:
            sent += sock.send(b"x" * 4096)
        except BlockingIOError:
            break
    return sent


@scenario(["ZERO-WINDOW"], open="three-way", close="four-segment")
async def zero_window(w):
    """The server does not read: its window closes, is probed, and opens."""
    listener = small_window(w)
    sock = w.client.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    await w.dial(sock=sock)
    peer = await w.accept(listener)
    await w.established(sock, peer)
    octets = await fill(w, sock)
    await w.until(lambda: sum(p.window == 0 for p in w.client.got(pure_ack)) >= 3)
    await w.receive(peer, octets)
    await four(w, sock, peer)


@scenario(["RETRANSMISSION"], delay=0.005, open="three-way", close="four-segment")
async def fast_retransmit(w):
    """One of twenty segments is lost; duplicates tell of it."""
    _, sock, peer = await w.pair()
    w.relay.drop("out", data, skip=3)
    reading = asyncio.ensure_future(w.receive(peer, 28960))
    await w.send(sock, 28960)
    await reading
    await four(w, sock, peer)


@scenario(["RETRANSMISSION@client,middle"], open="three-way", close="four-segment")
async def tail_loss(w):
    """The last segment is lost: a tail probe brings it."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    w.relay.drop("out", data, skip=2)
    await w.send(sock, 3 * 1448)
    await w.receive(peer, 3 * 1448)
    await four(w, sock, peer)


@scenario(["RETRANSMISSION@client,middle"], open="three-way", close="four-segment")
async def timeout_loss(w):
    """A segment and its tail probe are lost: the retransmission timer strikes."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    w.relay.drop("out", data, times=2)
    await w.send(sock, 700)
    await w.receive(peer, 700)
    await four(w, sock, peer)


@scenario(["SPURIOUS-RTO"], ["RETRANSMISSION"], open="three-way", close="four-segment")
async def spurious_timeout(w):
    """Acknowledgements are late, and what arrived is sent again."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    w.relay.hold("back", pure_ack, times=-1, until=("out", data), count=3)
    await w.send(sock, 700)
    await w.receive(peer, 700)
    await w.until(lambda: len(w.client.sent(data)) >= 4)
    await talk(w, sock, peer)
    await four(w, sock, peer)


@scenario(["REORDERING@server"], delay=0.002, open="three-way", close="four-segment")
async def reordering(w):
    """One segment of ten is overtaken by two."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    w.relay.hold("out", data, skip=2, until=("out", data), count=2)
    await w.send(sock, 10 * 1448)
    await w.receive(peer, 10 * 1448)
    await four(w, sock, peer)


@scenario(["NAGLE-DELACK@client"], ["NAGLE-DELACK"], open="three-way", close="four-segment")
async def nagle_and_delayed_ack(w):
    """Write, write, read: the second write waits for a delayed acknowledgement."""
    _, sock, peer = await w.pair()
    # The kernel must take it for a conversation first: until then it acknowledges at once.
    for _ in range(12):
        await w.send(sock, 40)
        await w.receive(peer, 40)
        await w.send(peer, 40)
        await w.receive(sock, 40)
    for _ in range(4):
        await w.send(sock, 60)
        await w.send(sock, 60)
        await w.receive(peer, 120)
        await w.send(peer, 40)
        await w.receive(sock, 40)
    await four(w, sock, peer)


@scenario(["OFFLOAD-ARTEFACT"], offload=True, open="three-way", close="four-segment")
async def super_segments(w):
    """Segments larger than the MSS, and sums that the device would fill in."""
    _, sock, peer = await w.pair()
    reading = asyncio.ensure_future(w.receive(peer, 200000))
    await w.send(sock, 200000)
    await reading
    await four(w, sock, peer)


@scenario(["RETRANSMISSION"], open="three-way", close="four-segment")
async def old_timestamp(w):
    """A segment with a timestamp from the past is dropped and acknowledged (PAWS)."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    w.relay.rewrite("out", data, lambda p: _wire.restamped(p, -(1 << 30)))
    await w.send(sock, 700)
    await w.receive(peer, 700)
    await four(w, sock, peer)


async def other_host_same_address(w):
    """The server in TIME_WAIT; from now on the client is another host with a clock behind."""
    listener, sock, peer = await w.pair(sport=5005)
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    peer.close()
    await w.end(sock)
    await w.reach(*there, "FIN_WAIT_2")
    sock.close()
    await w.reach(*there, "TIME_WAIT")
    # The kernel begins each connection's timestamps elsewhere: bring them behind the last ones.
    last = _wire.timestamp(w.client.sent(lambda p: True)[-1])
    ahead = []

    def stamp(packet):
        value = _wire.timestamp(_wire.Packet(packet))
        if not ahead and value is not None:
            ahead.append(value - last + BEHIND)
        return _wire.restamped(packet, -ahead[0])
    w.relay.rewrite("out", lambda p: p.tcp, stamp, times=-1)
    w.relay.rewrite("back", lambda p: p.tcp,
                    lambda p: _wire.restamped(p, 0, ahead[0]), times=-1)
    return listener


@scenario(["TW-ASSASSINATION"], ["TW-REUSE", "CHALLENGE-ACK"])
async def paws_challenged(w):
    """Two hosts behind one address, as Linux has it today: the SYN is answered by an ACK."""
    listener = await other_host_same_address(w)
    sock = await w.dial(sport=5005)
    peer = await w.accept(listener)
    await w.established(sock, peer)
    await four(w, sock, peer)


@scenario(["PAWS-DROP-LIKELY@server"], ["SYN-LOST", "PAWS-DROP-LIKELY"])
async def paws_ignored(w):
    """The same with a server that ignores such SYNs, as Linux with tcp_tw_recycle did."""
    w.client.sysctl(tcp_syn_retries=2, tcp_syn_linear_timeouts=4)
    listener = await other_host_same_address(w)
    drop_all = struct.pack("=HBBI", 6, 0, 0, 0)
    program = ctypes.create_string_buffer(drop_all)
    listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                        struct.pack("=H6xQ", 1, ctypes.addressof(program)))
    sock = w.client.socket()
    sock.bind((w.client.address, 5006))
    assert await fails(w, sock) == "ETIMEDOUT"


@scenario(open="three-way", close="four-segment", delay=0.01)
async def bulk(w):
    """200,000 octets each way over a path of 20 ms, nothing lost."""
    _, sock, peer = await w.pair()
    for one, other in ((sock, peer), (peer, sock)):
        reading = asyncio.ensure_future(w.receive(other, 200000))
        await w.send(one, 200000)
        await reading
    await talk_and_close(w, sock, peer)


@scenario(places=("client", "server"), open="three-way", close="four-segment")
async def translated(w):
    """A translator stands between: the server sees another address and port."""
    inside, there = (w.client.address, 5007), (w.server.address, 8080)
    outside = (w.client.address.rsplit(".", 1)[0] + ".99", 61007)
    w.relay.rewrite("out", lambda p: p.tcp,
                    lambda p: _wire.readdressed(p, src=outside), times=-1)
    w.relay.rewrite("back", lambda p: p.tcp,
                    lambda p: _wire.readdressed(p, dst=inside), times=-1)
    w.aliases += [{"at": "client", "seen": (outside, there), "is": (inside, there)},
                  {"at": "server", "seen": (there, inside), "is": (there, outside)}]
    listener = w.server.listen()
    sock = await w.dial(sport=inside[1])
    peer = await w.accept(listener)
    await w.until(lambda: w.server.state(there, outside) == "ESTABLISHED")
    await talk(w, sock, peer)
    sock.close()
    await w.end(peer)
    await w.reach(w.client, inside, there, "FIN_WAIT_2")
    peer.close()
    await w.reach(w.client, inside, there, "TIME_WAIT")
    await w.reach(w.server, there, outside, "CLOSED")
