# SPDX-License-Identifier: MIT
"""How connections open, and what goes wrong then (RFC 9293 s3.5)."""

import asyncio
import errno
import os
import socket

import _wire
from _relay import any_packet, data, pure_ack, syn, syn_ack
from _scenario import scenario

PORT = 8080
TCP_FASTOPEN = 23


async def talk_and_close(w, sock, peer):
    """A question, an answer, and a close in four segments."""
    await w.send(sock, 100)
    await w.receive(peer, 100)
    await w.send(peer, 300)
    await w.receive(sock, 300)
    await four(w, sock, peer)


async def four(w, sock, peer):
    here, there = w.ends(sock)
    sock.close()
    await w.end(peer)
    # Linux delays the acknowledgement of a FIN: closing sooner would join the two.
    await w.reach(*here, "FIN_WAIT_2")
    peer.close()
    await w.reach(*here, "TIME_WAIT")
    await w.reach(*there, "CLOSED", "LISTEN")


async def fails(w, sock, to=None):
    """Connect, and see it fail: the error's name."""
    try:
        await w.dial(sock=sock, to=to)
    except OSError as error:
        return errno.errorcode[error.errno]
    raise AssertionError("connected")


@scenario(["SYN-LOST@client,middle"], open="three-way", close="four-segment")
async def lost_syn(w):
    """The first SYN is lost and sent again after a second."""
    w.relay.drop("out", syn)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["SYNACK-LOST@server,middle", "SYN-LOST@client"], ["SYN-LOST"], open="three-way",
          close="four-segment")
async def lost_syn_ack(w):
    """The first SYN,ACK is lost: both ends repeat."""
    w.relay.drop("back", syn_ack)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["THIRD-ACK-LOST"], open="three-way", close="four-segment")
async def lost_third_ack(w):
    """The third segment is lost and the client has nothing to say: the SYN,ACK comes again."""
    w.relay.drop("out", pure_ack)
    listener = w.server.listen()
    sock = await w.dial()
    peer = await w.accept(listener)
    await w.established(sock, peer)
    await w.send(peer, 300)
    await w.receive(sock, 300)
    await four(w, sock, peer)


@scenario(open="three-way", close="four-segment")
async def data_for_third_ack(w):
    """The third segment is lost, but the client's text follows at once and stands in for it."""
    w.relay.drop("out", pure_ack)
    listener = w.server.listen()
    sock = await w.dial()
    await w.send(sock, 100)
    peer = await w.accept(listener)
    await w.receive(peer, 100)
    await four(w, sock, peer)


@scenario(["REFUSED", "RST-PORT-CLOSED"], open="refused", close="none")
async def refused(w):
    """Nobody listens: RST to the SYN."""
    sock = w.client.socket()
    assert await fails(w, sock) == "ECONNREFUSED"


@scenario(["REFUSED-ICMP"], open="refused", close="none")
async def refused_icmp(w):
    """A router answers the SYN with ICMP port unreachable."""
    w.relay.answer("out", syn, lambda p: _wire.unreachable(w.server.address, p, 3))
    sock = w.client.socket()
    assert await fails(w, sock) == "ECONNREFUSED"


@scenario(["SYN-LOST"], open="unanswered", close="none")
async def unanswered(w):
    """Every SYN is lost, and the client gives up."""
    w.client.sysctl(tcp_syn_retries=2, tcp_syn_linear_timeouts=4)
    w.relay.drop("out", syn, times=-1)
    sock = w.client.socket()
    assert await fails(w, sock) == "ETIMEDOUT"


@scenario(["SIM-OPEN"], open="simultaneous", close="four-segment")
async def simultaneous_open(w):
    """Both ends connect, and the SYNs cross."""
    w.relay.hold("out", syn, until=("back", syn))
    sock, peer = w.client.socket(), w.server.socket()
    sock.bind((w.client.address, 4001))
    peer.bind((w.server.address, 4002))
    await asyncio.gather(w.dial(sock=sock, to=(w.server.address, 4002)),
                         w.dial(sock=peer, to=(w.client.address, 4001)))
    await w.established(sock, peer)
    await talk_and_close(w, sock, peer)


@scenario(["SELF-CONNECT"], open="simultaneous")
async def self_connect(w):
    """A socket connects to its own port: both ends are one."""
    w.client.sniff_loopback()
    sock = w.client.socket()
    sock.bind((w.client.address, 4000))
    await w.dial(sock=sock, to=(w.client.address, 4000))
    await w.send(sock, 100)
    await w.receive(sock, 100)
    here, _ = w.ends(sock)
    sock.close()
    await w.reach(*here, "TIME_WAIT")


async def overflow(w):
    """Three connections for a queue of two: (listener, those taken, the one that is not).

    A full queue drops SYNs as well, so the last one's third segment is held until the others
    are in.
    """
    listener = w.server.listen(backlog=1)
    third = w.relay.hold("out", pure_ack)
    last = await w.dial()
    taken = [await w.dial(), await w.dial()]
    for sock in taken:
        await w.reach(*w.ends(sock)[1], "ESTABLISHED")
    w.relay.release(third)
    return listener, taken, last


async def serve_all(w, listener, socks):
    """Accept each, in the order in which they came into the queue, and close it."""
    for sock in socks:
        peer = await w.accept(listener)
        await four(w, sock, peer)


@scenario(["ACCEPTQ-FULL"], open="three-way", deaf="server")
async def accept_queue_full(w):
    """The accept queue is full: the third segment is dropped, the SYN,ACK comes again."""
    listener, taken, last = await overflow(w)
    there = w.ends(last)[1]
    await w.until(lambda: len([p for p in w.server.sent(syn_ack)
                               if p.dport == there[2][1]]) >= 2)
    assert w.server.state(*there[1:]) == "SYN_RECEIVED"
    await serve_all(w, listener, taken)
    await w.reach(*there, "ESTABLISHED")
    await serve_all(w, listener, [last])


@scenario(["ACCEPTQ-FULL"], ["RETRANSMISSION"], open="three-way", deaf="server")
async def accept_queue_full_with_text(w):
    """The same with a client that speaks: the server ignores its text until there is room."""
    listener, taken, last = await overflow(w)
    await w.send(last, 100)
    there = w.ends(last)[1]
    await w.until(lambda: len([p for p in w.server.sent(syn_ack)
                               if p.dport == there[2][1]]) >= 2)
    assert w.server.state(*there[1:]) == "SYN_RECEIVED"
    await serve_all(w, listener, taken)
    peer = await w.accept(listener)
    await w.receive(peer, 100)
    await four(w, last, peer)


@scenario(["RST-ACCEPTQ"])
async def accept_queue_abort(w):
    """The accept queue is full, and tcp_abort_on_overflow resets whom it does not take."""
    w.server.sysctl(tcp_abort_on_overflow=1)
    listener, taken, last = await overflow(w)
    assert await w.reset(last) == "ECONNRESET"
    await serve_all(w, listener, taken)


@scenario(open="three-way", close="four-segment", cookies=True)
async def syn_cookie(w):
    """SYN cookies: the timestamp carries the options, so nothing shows."""
    w.server.sysctl(tcp_syncookies=2)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["COOKIE-LIKELY"], open="three-way", close="four-segment", cookies=True)
async def syn_cookie_without_timestamps(w):
    """SYN cookies without timestamps: window scale and SACK are lost."""
    w.server.sysctl(tcp_syncookies=2, tcp_timestamps=0)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["SYN-FLOOD@server,middle"], deaf="server", spoofed="client")
async def syn_flood(w):
    """SYNs from many addresses that never answer."""
    listener = w.server.listen(backlog=16)
    base = w.client.address.rsplit(".", 1)[0]
    for i in range(200):
        source = (f"{base}.{3 + i}", 1024 + i)
        w.relay.inject("out", _wire.segment(source, (w.server.address, PORT), _wire.SYN,
                                            1000 * i, window=65535,
                                            options=b"\x02\x04\x05\xb4"))
    w.relay.drop("back", lambda p: p.dst != w.client.address, times=-1)
    sock = w.client.socket()
    dial = asyncio.ensure_future(w.dial(sock=sock))
    await w.until(lambda: w.client.sent(syn))
    await w.settle()
    dial.cancel()
    listener.close()


@scenario(["TFO"], open=["three-way", "fast-open"], close="four-segment")
async def fast_open(w):
    """The second connection carries its text in the SYN."""
    for host in w.hosts:
        host.sysctl(tcp_fastopen=3)
    listener = w.server.listen(options=((socket.IPPROTO_TCP, TCP_FASTOPEN, 16),))
    for octets in (100, 200):
        sock = w.client.socket()
        try:
            sock.sendto(b"x" * octets, socket.MSG_FASTOPEN, (w.server.address, PORT))
        except BlockingIOError:
            # The first has no cookie: its text waits for the handshake.
            peer = await w.accept(listener)
            await w.established(sock, peer)
            await w.send(sock, octets)
        else:
            peer = await w.accept(listener)
        await w.receive(peer, octets)
        await w.send(peer, 300)
        await w.receive(sock, 300)
        await four(w, sock, peer)


@scenario(["TW-REUSE"], open="three-way", close="four-segment")
async def time_wait_reuse(w):
    """The server holds TIME_WAIT; the client's next SYN from the same port is taken."""
    listener, sock, peer = await w.pair(sport=5000)
    here, there = w.ends(sock)
    for again in (True, False):
        peer.close()
        await w.end(sock)
        await w.reach(*there, "FIN_WAIT_2")
        sock.close()
        await w.reach(*there, "TIME_WAIT")
        await w.reach(*here, "CLOSED")
        if again:
            sock = await w.dial(sport=5000)
            peer = await w.accept(listener)
            await w.established(sock, peer)


@scenario(["OLD-DUP-SYN"], ["RST-NO-CONNECTION@client"], spoofed="client")
async def old_duplicate_syn(w):
    """A SYN from the past is answered, and the host that did not send it resets (figure 9)."""
    w.server.listen()
    w.relay.inject("out", _wire.segment((w.client.address, 5001), (w.server.address, PORT),
                                        _wire.SYN, 100, window=65535,
                                        options=b"\x02\x04\x05\xb4"))
    await w.until(lambda: w.client.sent(lambda p: p.flags & _wire.RST))
    await w.settle()


@scenario(["SPLIT-HANDSHAKE"], places=("client",), spoofed="server", open="simultaneous",
          close="four-segment")
async def split_handshake(w):
    """A box makes an ACK and a SYN of the SYN,ACK: the client believes in crossing SYNs."""
    def two(packet, on):
        p = _wire.Packet(packet)
        ends = (p.src, p.sport), (p.dst, p.dport)
        w.relay.inject("back", _wire.segment(*ends, _wire.ACK, p.seq + 1, p.ack, p.window))
        w.relay.inject("back", _wire.segment(*ends, _wire.SYN, p.seq, 0, p.window,
                                             options=b"\x02\x04\x05\xb4"))

    def one(packet, on):
        p = _wire.Packet(packet)
        ends = (p.src, p.sport), (p.dst, p.dport)
        on(_wire.segment(*ends, _wire.ACK, p.seq + 1, p.ack, p.window))
        w.relay.inject("back", _wire.segment(ends[1], ends[0], _wire.ACK, p.ack, p.seq + 1,
                                             p.window))
    for host in w.hosts:
        host.sysctl(tcp_timestamps=0, tcp_window_scaling=0, tcp_sack=0)
    w.relay.rule("back", syn_ack, two)
    w.relay.rule("out", syn_ack, one)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["TW-ASSASSINATION"], ["CHALLENGE-ACK", "TW-REUSE"], spoofed="client")
async def time_wait_challenge(w):
    """A SYN too old for a reuse is answered from TIME_WAIT, and the answer is reset."""
    _, sock, peer = await w.pair(sport=5002)
    here, there = w.ends(sock)
    peer.close()
    await w.end(sock)
    await w.reach(*there, "FIN_WAIT_2")
    sock.close()
    await w.reach(*there, "TIME_WAIT")
    last = w.client.sent(pure_ack)[-1]
    w.relay.inject("out", _wire.segment(here[1], here[2], _wire.SYN, last.seq - 70000,
                                        window=65535, options=b"\x02\x04\x05\xb4"))
    await w.reach(*there, "CLOSED")


@scenario(v6=True, open="three-way", close="four-segment")
async def ipv6(w):
    """An ordinary connection over IPv6."""
    _, sock, peer = await w.pair(v6=True)
    await talk_and_close(w, sock, peer)


__all__ = ["talk_and_close", "four", "fails", "any_packet", "data", "os"]
