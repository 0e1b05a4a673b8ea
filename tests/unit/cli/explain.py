# SPDX-License-Identifier: MIT
"""synfin explain: what goes in, what comes out, with which status.  Captures are made here,
segment by segment; the JSON is held against docs/explain.schema.json."""

import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

from _rig import SYNFIN, check, main, refused, run

SCHEMA = pathlib.Path(__file__).resolve().parents[3] / "docs" / "explain.schema.json"
HERE = tempfile.mkdtemp()
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = "10.9.0.1", "10.9.0.2"


def total(octets):
    octets += b"\0" * (len(octets) % 2)
    s = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    s = (s & 0xffff) + (s >> 16)
    return ~(s + (s >> 16)) & 0xffff


def packet(src, dst, sport, dport, flags, seq, ack=0, text=b"", wnd=64240):
    a, b = (bytes(map(int, x.split("."))) for x in (src, dst))
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, wnd, 0, 0) + text
    fits = a + b + struct.pack("!BBH", 0, 6, len(tcp)) + tcp
    tcp = tcp[:16] + struct.pack("!H", total(fits)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), seq & 0xffff, 0, 64, 6, 0) + a + b
    return ip[:10] + struct.pack("!H", total(ip)) + ip[12:] + tcp


class Talk:
    """A conversation: j counts the client's numbers, k the server's."""

    def __init__(self, port=50082, at=0.0, step=0.001):
        self.port, self.at, self.step, self.packets = port, at, step, []

    def c(self, flags, seq, ack=0, text=b""):
        return self.add(packet(CLIENT, SERVER, self.port, 8080, flags, 1000 + seq,
                               5000 + ack if flags & ACK else 0, text))

    def s(self, flags, seq, ack=0, text=b""):
        return self.add(packet(SERVER, CLIENT, 8080, self.port, flags, 5000 + seq,
                               1000 + ack if flags & ACK else 0, text))

    def add(self, octets):
        self.packets.append((self.at, octets))
        self.at += self.step
        return self

    def wait(self, seconds):
        self.at += seconds
        return self

    def opened(self):
        return self.c(SYN, 0).s(SYN | ACK, 0, 1).c(ACK, 1, 1)


def whole(port=50082, at=0.0):
    """Ten segments: opened in three, a question, an answer, closed in four by the client."""
    t = Talk(port, at).opened()
    t.c(ACK | PSH, 1, 1, b"x" * 78).s(ACK | PSH, 1, 79, b"y" * 500).c(ACK, 79, 501)
    return t.c(FIN | ACK, 79, 501).s(ACK, 501, 80).s(FIN | ACK, 501, 80).c(ACK, 80, 502)


def pcap(*talks):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for at, octets in sorted((p for t in talks for p in t.packets), key=lambda p: p[0]):
        us = round((at + 1_700_000_000) * 1_000_000)
        out += struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(octets), len(octets))
        out += octets
    return out


def file(octets, name="a.pcap"):
    path = os.path.join(HERE, name)
    with open(path, "wb") as f:
        f.write(octets)
    return path


def good(*args, status=0, **kw):
    got, out, err = run(*args, **kw)
    check(got == status, f"{args}: status {got}, not {status}: {err}{out}")
    return out


def valid(document):
    import jsonschema
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return document


def states(connection, side):
    return [(s["state"], s["certainty"]) for s in connection["states"][side]]


def a_single_connection_is_a_ladder():
    path = file(pcap(whole()))
    out = good("explain", path)
    for words in ("10.9.0.1:50082", "SYN seq=0", "three-way handshake", "TIME_WAIT is the"):
        check(words in out, f"no {words!r} in {out}")
    check(good(path) == out, "synfin FILE is something else")
    check(good("explain", "-r", path) == out, "-r FILE is something else")
    check(good("-r", path) == out, "without the command -r FILE is something else")
    check(good("--json", path) == good("explain", "--json", path), "--json FILE")
    check(good("-", stdin=open(path, "rb")) == out, "standard input is something else")
    check(good(file(gzip.compress(pcap(whole())), "a.gz")) == out, "gzip is something else")


def who_sent_no_syn_has_none_in_the_sums():
    """The RST,ACK acknowledges the client's SYN; the server sent none, answering or not."""
    status, out, _ = run("explain", file(pcap(Talk().c(SYN, 0).s(RST | ACK, -5000, 1))))
    sums = [line.split() for line in out.splitlines() if "counts" in line]
    check(status == 1 and len(sums) == 1 and sums[0][-1] == "ack=1", out)
    check("the client's 0 is 1000." in out, out)
    _, out, _ = run("explain", file(pcap(Talk().c(SYN, 0))))
    sums = [line for line in out.splitlines() if "counts" in line]
    check(len(sums) == 1 and "never acknowledged" in sums[0], out)
    # Nor is it unknown where the answer alone went another way: the third segment tells it.
    out = good("explain", file(pcap(Talk().c(SYN, 0).c(ACK, 1, 1))))
    check("the server's 0 is 5000." in out, out)


def a_handshake_says_where_it_ended():
    lone = Talk().c(SYN, 0)
    out = good("explain", "--lang", "en", file(pcap(lone)))
    check("Nobody answered." in out, out)
    lone.s(SYN | ACK, 0, 1)
    out = good("explain", "--lang", "en", file(pcap(lone)))
    check("no acknowledgement of the SYN,ACK." in out and "Nobody" not in out, out)


def several_connections_are_a_line_each():
    path = file(pcap(whole(50001), whole(50002, 0.5)))
    out = good("explain", path)
    check(len(out.splitlines()) == 2, out)
    check("three-way, four-segment  78 > 500 octets" in out.splitlines()[0], out)
    check("TIME_WAIT | CLOSED~" in out.splitlines()[1], out)
    for args in (("--all", path), (path, "tcp", "port", "8080")):
        ladders = good("explain", *args)
        check(ladders.count("three-way handshake") == 2, ladders)
    one = good("explain", path, "port", "50002")
    check("50002" in one and "50001" not in one, one)


def the_json_follows_its_schema():
    path = file(pcap(whole()))
    d = valid(json.loads(good("explain", "--json", path)))
    c, = d["connections"]
    check(c["client"] == {"addr": CLIENT, "port": 50082} and c["id"] == 1, c)
    check((c["open"], c["close"]) == ("three-way", "four-segment"), c)
    check((c["first_closer"], c["time_wait"]) == ("client", "client"), c)
    check(c["half_close_bytes"] == 0, c)
    check(states(c, "client") == [("SYN_SENT", "seen"), ("ESTABLISHED", "seen"),
                                  ("FIN_WAIT_1", "seen"), ("FIN_WAIT_2", "inferred"),
                                  ("TIME_WAIT", "seen")], c["states"])
    check(states(c, "server") == [("SYN_RECEIVED", "seen"), ("ESTABLISHED", "seen"),
                                  ("CLOSE_WAIT", "seen"), ("LAST_ACK", "seen"),
                                  ("CLOSED", "inferred")], c["states"])
    check([s["n"] for s in c["segments"]] == list(range(1, 11)), c["segments"])
    check(c["segments"][0] == {"n": 1, "t": 0.0, "from": "client", "flags": "SYN", "seq": 0,
                               "ack": None, "len": 0, "client_state": "SYN_SENT",
                               "server_state": "SYN_RECEIVED", "note": "a SYN counts one"},
          c["segments"][0])
    check(c["segments"][6]["flags"] == "FIN+ACK" and c["segments"][6]["seq"] == 79, c)
    check(all(s["to"] >= s["from"] for side in c["states"].values() for s in side), c["states"])
    absolute = json.loads(good("explain", "--format", "json", "-S", path))["connections"][0]
    second = absolute["segments"][1]
    check((second["seq"], second["ack"]) == (5000, 1001), second)


def jsonl_is_a_connection_a_line():
    out = good("explain", "--jsonl", file(pcap(whole(50001), whole(50002, 0.5))))
    lines = [json.loads(line) for line in out.splitlines()]
    valid({"schema": "synfin.explain/1", "connections": [c for c in lines if "id" in c]})
    check([c["client"]["port"] for c in lines if "id" in c] == [50001, 50002], out)


def time_wait_ends_where_the_capture_lasts_that_long():
    # 60 s after the server's FIN at 8 ms; the other connection is the clock
    for seconds, last in ((59.9, "TIME_WAIT"), (60.1, "CLOSED")):
        late = Talk(50002, 0.008 + seconds).c(SYN, 0)
        d = json.loads(good("explain", "--json", "--fail-on", "never",
                            file(pcap(whole(), late))))
        got = d["connections"][0]["states"]["client"][-1]
        check(got["state"] == last, f"{seconds}: {got}")
    check(abs(got["from"] - 60.008) < 1e-6, got)


def findings_make_the_status():
    refuse = Talk().c(SYN, 0).s(RST | ACK, 0, 1)
    path = file(pcap(refuse))
    out = good("explain", "--fail-on", "never", path)
    d = valid(json.loads(good("explain", "--json", "--fail-on", "never", path)))
    worst = max(("info", "warning", "error").index(f["severity"])
                for f in d["connections"][0]["findings"])
    check("REFUSED" in out, out)
    for i, level in enumerate(("info", "warning", "error")):
        good("explain", "--fail-on", level, path, status=int(worst >= i))


def what_is_cut_or_no_capture_is_status_3():
    octets = pcap(whole())
    status, out, err = run("explain", file(octets[:-5], "cut.pcap"))
    check(status == 3 and "FIN_WAIT_1" in out and err.count("\n") == 1, (status, out, err))
    status, out, err = run("explain", "--json", file(octets[:-5], "cut.pcap"))
    check(status == 3 and len(valid(json.loads(out))["connections"]) == 1, (status, out, err))
    refused(3, "synfin: ", "explain", file(b"nothing of that kind" * 9, "text"))
    refused(3, "none.pcap", "explain", os.path.join(HERE, "none.pcap"))
    refused(3, "none.pcap", "none.pcap")


def nothing_that_matches_is_status_5():
    path = file(pcap(whole()))
    refused(5, "matched", "explain", path, "port", "9")
    refused(5, "matched", "explain", file(pcap(), "empty.pcap"))
    status, out, _ = run("explain", "--json", path, "port", "9")
    check(status == 5 and json.loads(out)["connections"] == [], out)


def a_family_is_part_of_the_filter():
    path = file(pcap(whole()))
    check(good("explain", "-4", path) == good("explain", path), "-4 changed something")
    check(good("explain", "-4", path, "port", "50082", "or", "port", "1") != "", "joined")
    refused(5, "no TCP connection matched", "explain", "-6", path)
    refused(5, "no TCP connection matched", "explain", "-6", path, "port", "1", "or", "ip")
    refused(2, "exclude each other", "explain", "-4", "-6", path)


def wrong_usage_is_status_2():
    path = file(pcap(whole()))
    refused(2, "no capture", "explain")
    refused(2, "no option --frob", "--frob", path)
    refused(2, "filter", "explain", path, "prot", "80")
    refused(2, "--format", "explain", "--format", "xml", path)
    refused(2, "-c", "explain", "-c", "0", path)
    refused(2, "--fail-on", "explain", "--fail-on", "often", path)


def options_do_what_they_say():
    path = file(pcap(whole()))
    out = os.path.join(HERE, "out.txt")
    check(good("explain", "-o", out, path) == "", "-o wrote on standard output, too")
    with open(out, encoding="utf-8") as written:
        check(written.read() == good("explain", path), "-o wrote something else")
    check(good("explain", "--ascii", path).isascii(), "--ascii")
    check("j+79" in good("explain", "--letters", path), "--letters")
    check("seq=1079" in good("explain", "-S", path), "-S")
    check("\033[" in good("explain", "--color", "always", path), "--color")
    wide = good("explain", "--width", "120", path).splitlines()[:12]
    check(max(map(len, wide)) == 120, "--width")
    check(len(json.loads(good("explain", "--json", "-c", "3", path))["connections"][0]
              ["segments"]) == 3, "-c 3")
    for name in ("zh", "en"):
        told = good("explain", "--lang", name, path, status=0)
        check(told == good("explain", path, env={**os.environ, "SYNFIN_LANG": name}), name)
    refused(1, "/nonexistent", "explain", "-o", "/nonexistent/x", path)


def copies_of_a_packet_count_once():
    t = whole()
    twice = [p for at, octets in t.packets for p in ((at, octets), (at + 0.00001, octets))]
    t.packets = twice
    c, = json.loads(good("explain", "--json", file(pcap(t))))["connections"]
    check(len(c["segments"]) == 10, c["segments"])
    check(not any("again" in s["note"] for s in c["segments"]), c["segments"])


if __name__ == "__main__":
    sys.exit(main((
        a_single_connection_is_a_ladder,
        who_sent_no_syn_has_none_in_the_sums,
        a_handshake_says_where_it_ended,
        several_connections_are_a_line_each,
        the_json_follows_its_schema,
        jsonl_is_a_connection_a_line,
        time_wait_ends_where_the_capture_lasts_that_long,
        findings_make_the_status,
        what_is_cut_or_no_capture_is_status_3,
        nothing_that_matches_is_status_5,
        a_family_is_part_of_the_filter,
        wrong_usage_is_status_2,
        options_do_what_they_say,
        copies_of_a_packet_count_once,
    )))
