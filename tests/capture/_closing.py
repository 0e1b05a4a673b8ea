# SPDX-License-Identifier: MIT
"""How connections close, and what goes wrong then (RFC 9293 s3.6)."""

import asyncio
import socket

import _wire
from _opening import talk_and_close
from _relay import data, fin, pure_ack
from _scenario import scenario

TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT = 4, 5, 6


def keep_alive(sock, idle=1, interval=1, count=9):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((TCP_KEEPIDLE, idle), (TCP_KEEPINTVL, interval),
                          (TCP_KEEPCNT, count)):
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


async def talk(w, sock, peer):
    await w.send(sock, 100)
    await w.receive(peer, 100)
    await w.send(peer, 300)
    await w.receive(sock, 300)


@scenario(["CLOSE-4SEG", "WHO-HAS-TW"], open="three-way", close="four-segment",
          first_closer="client", time_wait="client")
async def close_4(w):
    """The client closes, the server later: four segments."""
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["CLOSE-4SEG", "WHO-HAS-TW"], delay=0.01, open="three-way", close="four-segment",
          first_closer="client", time_wait="client")
async def close_4_far(w):
    """The same over a path of 20 ms."""
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["CLOSE-3SEG"], open="three-way", close="three-segment", first_closer="client",
          time_wait="client")
async def close_3(w):
    """The server closes as soon as it has read the end: its FIN acknowledges too."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    # In the very moment: a busy machine may need longer than the delay of an acknowledgement.
    w.relay.rule("out", fin, lambda packet, on: (on(packet), peer.close()))
    sock.close()
    await w.reach(*here, "TIME_WAIT")
    await w.reach(*there, "CLOSED")


@scenario(open="three-way", close="four-segment", first_closer="server", time_wait="server")
async def close_server_first(w):
    """The server closes first and keeps TIME_WAIT."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    peer.close()
    await w.end(sock)
    await w.reach(*there, "FIN_WAIT_2")
    sock.close()
    await w.reach(*there, "TIME_WAIT")
    await w.reach(*here, "CLOSED")


@scenario(["HALF-CLOSE"], open="three-way", close="four-segment", first_closer="client",
          half_close_bytes=3000)
async def half_close(w):
    """The client has nothing more to say, the server goes on for 3,000 octets."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    sock.shutdown(socket.SHUT_WR)
    await w.end(peer)
    await w.reach(*here, "FIN_WAIT_2")
    for _ in range(3):
        await w.send(peer, 1000)
        await w.receive(sock, 1000)
    peer.close()
    await w.end(sock)
    sock.close()
    await w.reach(*here, "TIME_WAIT")
    await w.reach(*there, "CLOSED")


@scenario(["SIM-CLOSE"], open="three-way", close="simultaneous", first_closer="both",
          time_wait="both")
async def simultaneous_close(w):
    """Both close, and the FINs cross: both go through CLOSING to TIME_WAIT."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    w.relay.hold("out", fin, until=("back", fin))
    sock.close()
    await w.reach(*here, "FIN_WAIT_1")
    peer.close()
    await w.reach(*here, "TIME_WAIT")
    await w.reach(*there, "TIME_WAIT")


@scenario(["FIN-LOST@client,middle"], open="three-way", close="four-segment",
          first_closer="client")
async def lost_fin(w):
    """The first FIN is lost and comes again."""
    w.relay.drop("out", fin)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(["LAST-ACK-LOST@client,middle"], ["FIN-LOST@server"], open="three-way",
          close="four-segment", time_wait="client")
async def lost_last_ack(w):
    """The last acknowledgement is lost: the FIN comes again and TIME_WAIT answers it."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    sock.close()
    await w.end(peer)
    await w.reach(*here, "FIN_WAIT_2")
    w.relay.drop("out", pure_ack)
    peer.close()
    await w.reach(*there, "CLOSED")


@scenario(["FIN-REORDERED@server"], ["SPURIOUS-RTO", "FIN-LOST"], open="three-way",
          close="four-segment")
async def reordered_fin(w):
    """The FIN overtakes the last text."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    w.relay.hold("out", data, until=("out", lambda p: fin(p) and not data(p)))
    await w.send(sock, 500)
    await w.idle(0.02)  # the text left in ESTABLISHED, and no tolerance hides it
    sock.close()
    await w.end(peer)
    await w.reach(*here, "FIN_WAIT_2")
    peer.close()
    await w.reach(*here, "TIME_WAIT")
    await w.reach(*there, "CLOSED")


@scenario(["CLOSE-WAIT-LEAK", "FW2-OWNED"], open="three-way", close="half-closed",
          first_closer="client", time_wait="none")
async def close_wait_leak(w):
    """The server forgets to close; the client's application waits in FIN_WAIT_2, and asks."""
    _, sock, peer = await w.pair()
    keep_alive(sock)
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    sock.shutdown(socket.SHUT_WR)
    await w.end(peer)
    await w.reach(*here, "FIN_WAIT_2")
    await w.until(lambda: len(w.client.got(pure_ack)) >= 8)
    assert w.server.state(*there[1:]) == "CLOSE_WAIT"


@scenario(["FW2-ORPHAN-TIMEOUT"], ["LATE-DATA-RST"], open="three-way", close="reset",
          first_closer="client")
async def fin_wait_2_orphan(w):
    """FIN_WAIT_2 that no process holds ends after tcp_fin_timeout; then text is reset."""
    w.client.sysctl(tcp_fin_timeout=2)
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    sock.close()
    await w.end(peer)
    await w.reach(*here, "FIN_WAIT_2")
    await w.reach(*here, "CLOSED")
    await w.send(peer, 200)
    await w.reach(*there, "CLOSED")


@scenario(["FW1-STUCK@client,middle"], open="three-way")
async def fin_wait_1_stuck(w):
    """Nobody acknowledges the FIN, and the kernel gives the orphan up."""
    w.client.sysctl(tcp_orphan_retries=4)
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, _ = w.ends(sock)
    w.relay.cut()
    sock.close()
    await w.reach(*here, "FIN_WAIT_1")
    await w.reach(*here, "CLOSED")


@scenario(["LATE-DATA-RST"], ["FW2-ORPHAN-TIMEOUT"], open="three-way", close="reset",
          first_closer="client")
async def late_data(w):
    """The client is closed for good when more text arrives."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    here, there = w.ends(sock)
    sock.close()
    await w.reach(*here, "FIN_WAIT_2")
    await w.send(peer, 700)
    await w.reach(*there, "CLOSED")
    await w.reach(*here, "CLOSED")


@scenario(["TW-ASSASSINATION"], open="three-way", close="four-segment")
async def time_wait_assassination(w):
    """An old segment meets TIME_WAIT, is answered, and the answer is reset (RFC 1337)."""
    _, sock, peer = await w.pair()
    old = w.relay.rule("back", data, lambda packet, on: (old.held.append((packet, on)),
                                                         on(packet)))
    here, _ = w.ends(sock)
    await talk_and_close(w, sock, peer)
    w.relay.release(old)
    await w.until(lambda: w.server.sent(lambda p: p.flags & _wire.RST))
    await w.reach(*here, "CLOSED")


@scenario(open="three-way", close="four-segment")
async def duplicated(w):
    """The path doubles every segment with text."""
    for way in ("out", "back"):
        w.relay.duplicate(way, data, times=-1)
    _, sock, peer = await w.pair()
    await talk_and_close(w, sock, peer)


@scenario(open="three-way", close="four-segment")
async def close_after_silence(w):
    """The application is silent for two seconds before it closes."""
    _, sock, peer = await w.pair()
    await talk(w, sock, peer)
    await w.idle(2)
    await talk_and_close(w, sock, peer)


@scenario(["HALF-CLOSE"], open="three-way", close="four-segment", first_closer="server",
          half_close_bytes=1000)
async def half_close_by_server(w):
    """The server half-closes, the client goes on and closes."""
    _, sock, peer = await w.pair()
    here, there = w.ends(sock)
    peer.shutdown(socket.SHUT_WR)
    await w.end(sock)
    await w.reach(*there, "FIN_WAIT_2")
    await w.send(sock, 1000)
    await w.receive(peer, 1000)
    sock.close()
    await w.end(peer)
    peer.close()
    await w.reach(*there, "TIME_WAIT")
    await w.reach(*here, "CLOSED")


@scenario(open="three-way", close="four-segment")
async def fin_with_text(w):
    """The FIN travels with the last text, both ways."""
    _, sock, peer = await w.pair()
    here, there = w.ends(sock)
    for one, other in ((sock, peer), (peer, sock)):
        one.setsockopt(socket.IPPROTO_TCP, 3, 1)  # TCP_CORK
        await w.send(one, 400)
        one.shutdown(socket.SHUT_WR)
        await w.end(other)
        await asyncio.sleep(0)
        await w.reach(*here, "FIN_WAIT_2", "TIME_WAIT")
    await w.reach(*here, "TIME_WAIT")
    await w.reach(*there, "CLOSED")
