# SPDX-License-Identifier: MIT
"""Who reset it, and why (RFC 9293 s3.5.2, s3.10; RFC 5961)."""

import asyncio
import os
import socket

import _wire
from _closing import keep_alive, talk
from _opening import four
from _relay import data, pure_ack, rst
from _scenario import scenario

TCP_USER_TIMEOUT = 18
MANY = 20


def reset_like(packet, way_back, **other):
    """A RST that fits: to the sender of the packet, as if from its peer, or on to that peer."""
    ends = ((packet.src, packet.sport), (packet.dst, packet.dport))
    if way_back:
        return _wire.segment(ends[1], ends[0], _wire.RST, packet.ack, **other)
    return _wire.segment(ends[0], ends[1], _wire.RST, packet.seq, **other)


@scenario(["RST-UNREAD-DATA"], ["RST-ABORT"], open="three-way", close="reset")
async def unread_data(w):
    """The server closes with text that it has not read."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    await w.send(sock, 500)
    await w.until(lambda: w.client.got(lambda p: pure_ack(p)
                                       and p.ack == w.client.sent(data)[-1].end))
    peer.close()
    await w.reach(*here, "CLOSED")
    await w.reach(*there, "CLOSED")


@scenario(["RST-ABORT"], open="three-way", close="reset")
async def linger_0(w):
    """The client aborts, SO_LINGER with no time; it was sent nothing that it could leave."""
    _, sock, peer = await w.pair()
    await w.send(sock, 100)
    await w.receive(peer, 100)
    await w.settle()
    _, there = w.ends(sock)
    w.linger(sock, 0)
    sock.close()
    await w.reach(*there, "CLOSED")


@scenario(["RST-ABORT"], ["RST-UNREAD-DATA"], open="three-way", close="reset")
async def linger_0_after_text(w):
    """The same after an answer was read: the wire cannot tell whether it was."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    _, there = w.ends(sock)
    w.linger(sock, 0)
    sock.close()
    await w.reach(*there, "CLOSED")


@scenario(["KEEPALIVE-OK"], open="three-way", close="four-segment")
async def keepalive_survives(w):
    """Probes are answered, and the connection goes on."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    keep_alive(sock)
    await w.until(lambda: len(w.client.got(pure_ack)) >= 4)
    await talk(w, sock, peer)
    await four(w, sock, peer)


@scenario(["KEEPALIVE-OK"], open="three-way", close="four-segment")
async def keepalive_without_text(w):
    """Probes on a connection that never carried text repeat the number of the SYN."""
    _, sock, peer = await w.pair()
    keep_alive(sock)
    await w.until(lambda: len(w.client.got(pure_ack)) >= 2)
    await four(w, sock, peer)


@scenario(["KEEPALIVE-DEAD@client,middle", "RST-KEEPALIVE@client,middle"], open="three-way")
async def keepalive_death(w):
    """The server vanishes; three probes are not answered."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    keep_alive(sock, count=3)
    await w.settle()
    w.relay.cut()
    assert await w.reset(sock) == "ETIMEDOUT"


@scenario(["HALF-OPEN", "RST-NO-CONNECTION"], open="three-way", close="reset")
async def half_open(w):
    """The server's machine crashes and is back: the client's next text is reset."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    w.server.crash()
    await w.idle(0.5)
    await w.send(sock, 200)
    assert await w.reset(sock) == "ECONNRESET"


@scenario(["HALF-OPEN"], ["CHALLENGE-ACK", "RST-NO-CONNECTION"])
async def half_open_syn(w):
    """The client's machine crashes, and opens the same connection again (figure 10)."""
    listener, sock, peer = await w.pair(sport=5008)
    await talk(w, sock, peer)
    await w.settle()
    _, there = w.ends(sock)
    w.client.crash()
    sock = w.client.socket()
    dial = asyncio.ensure_future(w.dial(sport=5008, sock=sock))
    assert await w.reset(peer) == "ECONNRESET"
    await dial
    peer = await w.accept(listener)
    await w.established(sock, peer)
    await talk(w, sock, peer)
    await four(w, sock, peer)


@scenario(["RST-BLIND@server,middle"], open="three-way", close="four-segment")
async def blind_reset_outside(w):
    """A RST before the window is dropped in silence."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    last = w.client.sent(pure_ack)[-1]
    w.relay.inject("out", _wire.segment((last.src, last.sport), (last.dst, last.dport),
                                        _wire.RST, last.seq - 5000, ttl=57, ident=1))
    await talk(w, sock, peer)
    await four(w, sock, peer)


@scenario(["RETRANSMISSION@client,middle"], open="three-way")
async def user_timeout(w):
    """Text is not acknowledged for TCP_USER_TIMEOUT, and the client gives up in silence."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    sock.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 1500)
    w.relay.cut()
    await w.send(sock, 200)
    assert await w.reset(sock) == "ETIMEDOUT"


@scenario(["RST-TIMEOUT@client,middle"],
          ["RST-NO-CONNECTION", "HALF-OPEN", "RETRANSMISSION@client,middle"],
          open="three-way", close="reset")
async def retries_exhausted(w):
    """Retransmissions run out; when the server speaks again it is reset."""
    w.client.sysctl(tcp_retries2=3)
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    _, there = w.ends(sock)
    cut = w.relay.cut()
    await w.send(sock, 200)
    assert await w.reset(sock) == "ETIMEDOUT"
    for rule in cut:
        rule.off()
    await w.send(peer, 300)
    await w.reach(*there, "CLOSED")


@scenario(["RST-MIDDLEBOX"], open="three-way", close="reset")
async def nat_idle_reset(w):
    """A translator forgets an idle connection and resets both ends when it is used again."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.idle(3)
    _, there = w.ends(sock)

    def refuse(p):
        w.relay.inject("out", reset_like(p, False, ttl=254, ident=4711))
        return reset_like(p, True, ttl=254, ident=4711)
    w.relay.answer("out", data, refuse)
    await w.send(sock, 150)
    assert await w.reset(sock) == "ECONNRESET"
    await w.reach(*there, "CLOSED")


@scenario(["RETRANSMISSION@client,middle"], open="three-way")
async def nat_idle_silence(w):
    """A translator forgets an idle connection and drops what comes later."""
    w.client.sysctl(tcp_retries2=3)
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.idle(2)
    w.relay.cut()
    await w.send(sock, 150)
    assert await w.reset(sock) == "ETIMEDOUT"


@scenario(["RST-BLIND@server,middle", "CHALLENGE-ACK@server,middle"], open="three-way",
          close="four-segment")
async def blind_reset(w):
    """A RST in the window but not exact is challenged, and the connection lives (RFC 5961)."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    last = w.client.sent(pure_ack)[-1]
    before = len(w.server.sent(pure_ack))
    w.relay.inject("out", _wire.segment((last.src, last.sport), (last.dst, last.dport),
                                        _wire.RST, last.seq + 1000, ttl=57, ident=1))
    await w.until(lambda: len(w.server.sent(pure_ack)) > before)
    await talk(w, sock, peer)
    await four(w, sock, peer)


@scenario(["CHALLENGE-ACK@server,middle"], open="three-way", close="four-segment")
async def blind_syn(w):
    """A SYN inside a connection is challenged (RFC 5961 s4)."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.settle()
    last = w.client.sent(pure_ack)[-1]
    before = len(w.server.sent(pure_ack))
    w.relay.inject("out", _wire.segment((last.src, last.sport), (last.dst, last.dport),
                                        _wire.SYN, last.seq + 5000, ttl=57, ident=1))
    await w.until(lambda: len(w.server.sent(pure_ack)) > before)
    await talk(w, sock, peer)
    await four(w, sock, peer)


@scenario(["RST-CONNTRACK"], ["RST-NO-CONNECTION", "HALF-OPEN"], places=("server",),
          spoofed="client", open="three-way", close="reset")
async def translator_lets_through(w):
    """A service's address is translated, but a late duplicate is let through as it was.

    Who gets it knows no such connection, and its RST kills the living one.
    """
    inside, real = (w.client.address, 5009), (w.server.address, 8080)
    service = (w.client.address.rsplit(".", 1)[0] + ".50", 80)
    w.relay.rewrite("out", lambda p: p.dst == service[0],
                    lambda p: _wire.readdressed(p, dst=real), times=-1)
    late = []
    w.relay.rule("back", data, lambda packet, on: (late.append(packet),
                                                   on(_wire.readdressed(packet, src=service))))
    w.relay.rewrite("back", lambda p: p.tcp,
                    lambda p: _wire.readdressed(p, src=service), times=-1)
    w.aliases += [{"at": "client", "seen": (inside, real), "is": (inside, service)}]
    listener = w.server.listen()
    sock = await w.dial(sport=inside[1], to=service)
    peer = await w.accept(listener)
    await talk(w, sock, peer)
    await w.settle()
    w.relay.inject("back", late[0])
    await w.reach(w.server, real, inside, "CLOSED")
    await w.send(sock, 100)
    await w.reset(sock)


@scenario(["RST-CRASH"], ["RST-UNREAD-DATA", "RST-ABORT"], close="reset")
async def process_crash(w):
    """The server's process dies with many connections that have unread text."""
    listener = w.server.listen(backlog=MANY)
    listener.setblocking(True)

    def serve():
        kept = [listener.accept()[0] for _ in range(MANY)]
        # Text is there; it is looked at, and left.
        for sock in kept:
            sock.setblocking(True)
            sock.recv(1, socket.MSG_PEEK)
        return kept
    pid, ready = w.fork(serve)
    listener.close()
    socks = [await w.dial() for _ in range(MANY)]
    for sock in socks:
        await w.send(sock, 60)
    told = asyncio.get_running_loop().create_future()
    w.loop.add_reader(ready, told.set_result, None)
    await told
    w.loop.remove_reader(ready)
    os.close(ready)
    ends = [w.ends(sock) for sock in socks]
    await w.settle()
    w.kill(pid)
    for here, there in ends:
        await w.reach(*here, "CLOSED")
        await w.reach(*there, "CLOSED")


@scenario(["RST-NO-CONNECTION"], ["HALF-OPEN"], spoofed="client", close="reset")
async def stray_segment(w):
    """A segment of no connection at all is reset."""
    ends = ((w.client.address, 5003), (w.server.address, 8080))
    w.relay.drop("back", rst)
    w.relay.inject("out", _wire.segment(*ends, _wire.ACK | _wire.PSH, 7000, 9000, window=500,
                                        text=b"x" * 50))
    await w.until(lambda: w.server.sent(rst))
