# SPDX-License-Identifier: MIT
"""synfin replay: the kernel's TCP breaks no rule in the stored captures, one corrupted
acknowledgement is named and nothing else, and what is exported as a script plays."""

import json
import os
import pathlib
import struct
import sys
import tempfile

from _rig import check, main, refused, run

CORPUS = pathlib.Path(__file__).resolve().parents[3] / "tests/capture/corpus"
SIDES = ("client", "server")

# Labs whose capture is no script: why.
NO_SCRIPT = {
    "backlog-overflow": "several connections",
    "close-wait-leak": "several connections",
    "syn-flood": "several connections",
    "time-wait-exhaustion": "several connections",
    "time-wait-reuse": "several connections",
    "keepalive-death": "the application asked for keepalive, which no segment tells",
}


def replay(file, side, *args):
    status, out, err = run("replay", str(file), "--side", side, "--json", *args)
    check(out != "", f"{file} {side}: {status} {err}")
    got = json.loads(out)
    check(got["schema"] == "synfin.replay/1", out[:100])
    return status, got["connections"]


def forbidden(file):
    return [(d["n"], d["name"]) for side in SIDES for c in replay(file, side)[1]
            for d in c["differences"] if d["verdict"] == "forbidden"]


class Pcap:
    """A classic pcap file of bare IP packets, little-endian."""

    def __init__(self, path):
        data = path.read_bytes()
        self.head, self.packets, at = data[:24], [], 24
        check(struct.unpack("<I", data[20:24])[0] == 101, f"{path}: not of link type 101")
        while at < len(data):
            n = struct.unpack("<I", data[at + 8:at + 12])[0]
            self.packets.append((data[at:at + 16], bytearray(data[at + 16:at + 16 + n])))
            at += 16 + n

    def tcp(self, i):
        return (self.packets[i][1][0] & 15) * 4

    def ack(self, i):
        tcp = self.tcp(i)
        return struct.unpack(">I", self.packets[i][1][tcp + 8:tcp + 12])[0]

    def flags(self, i):
        return self.packets[i][1][self.tcp(i) + 13]

    def ports(self, i):
        return bytes(self.packets[i][1][self.tcp(i):self.tcp(i) + 4])

    def write(self, path, i, ack):
        """With another acknowledgement in packet i, its checksum right."""
        tcp = self.tcp(i)
        packet = bytearray(self.packets[i][1])
        packet[tcp + 8:tcp + 12] = struct.pack(">I", ack & 0xffffffff)
        packet[tcp + 16:tcp + 18] = bytes(2)
        summed = packet[12:20] + struct.pack(">HH", 6, len(packet) - tcp) + packet[tcp:]
        total = sum(struct.unpack(f">{len(summed + bytes(len(summed) % 2)) // 2}H",
                                  summed + bytes(len(summed) % 2)))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        packet[tcp + 16:tcp + 18] = struct.pack(">H", ~total & 0xffff)
        path.write_bytes(self.head + b"".join(
            head + bytes(packet if k == i else other)
            for k, (head, other) in enumerate(self.packets)))


def linux_breaks_no_rule():
    names, replayed = set(), 0
    for file in sorted(CORPUS.glob("*/*.pcap")):
        for side in SIDES:
            status, out, err = run("replay", str(file), "--side", side, "--json")
            check(status in (0, 5), f"{file} {side}: {status} {err} {out}")
            connections = json.loads(out)["connections"] if status == 0 else []
            replayed += sum(c["not_replayed"] is None for c in connections)
            names |= {name for c in connections for name in c["counts"]}
            check(all(c["forbidden"] == 0 for c in connections), f"{file} {side}: {out}")
    check(replayed > 80, f"only {replayed} connections were replayed")
    for name in ("delayed ACK", "quick ACK", "SYN retry time", "tail loss probe",
                 "window update", "keepalive", "use of PSH"):
        check(name in names, f"{name} is named nowhere: {names}")


def a_forged_segment_is_not_that_sides():
    # Somebody sent a RST in the client's name: the path to it is shorter by a hop.
    _, got = replay(CORPUS / "blind-reset/server.pcap", "client")
    names = [d["name"] for c in got for d in c["differences"]]
    check("not by this side" in names, f"{names}")


def one_corrupted_acknowledgement_is_named():
    with tempfile.TemporaryDirectory() as where:
        file = pathlib.Path(where) / "x.pcap"
        tried = 0
        for name in ("close-3", "close-4", "lost-fin"):
            for place in SIDES:
                pcap = Pcap(CORPUS / name / f"{place}.pcap")
                tried += corrupt_each(pcap, file, f"{name} {place}")
        check(tried > 60, f"{tried}")


def corrupt_each(pcap, file, what):
    tried = 0
    for i in range(len(pcap.packets)):
        if pcap.flags(i) & 0x14 != 0x10:  # with ACK, without RST
            continue
        before = [pcap.ack(k) for k in range(i) if pcap.ports(k) == pcap.ports(i) and
                  pcap.flags(k) & 0x14 == 0x10]
        # Beyond all that is ever sent; and an octet before what was acknowledged already.
        for ack in [pcap.ack(i) + 100000] + [before[-1] - 1 if before else pcap.ack(i) - 5]:
            pcap.write(file, i, ack)
            got = forbidden(file)
            check([n for n, _ in got] == [i + 1], f"{what}: packet {i + 1}, {ack}: {got}")
            tried += 1
        pcap.write(file, i, pcap.ack(i))
        check(forbidden(file) == [], f"{what}: packet {i + 1} is right")
    return tried


def the_text_names_the_packet_and_the_rule():
    with tempfile.TemporaryDirectory() as where:
        file = pathlib.Path(where) / "x.pcap"
        pcap = Pcap(CORPUS / "close-4/client.pcap")
        server = next(i for i in range(4, len(pcap.packets))
                      if pcap.ports(i) == pcap.ports(1))
        pcap.write(file, server, pcap.ack(server) + 1000)
        status, out, _ = run("replay", str(file), "--side", "server")
        check(status == 1, f"{status}")
        line = next(l for l in out.splitlines() if "FORBIDDEN" in l)
        check(line.split()[0] == str(server + 1) and "never sent" in line and
              "RFC 9293 3.10.7.4" in line, line)
        check(out.splitlines()[-1].endswith(", 1 forbidden"), out)
        check(run("replay", str(file), "--side", "client")[0] == 0, "the client is as it was")
        check(run("replay", str(file), "--side", "server", "--fail-on", "never")[0] == 0,
              "never")


def allowed_can_fail_too():
    file = str(CORPUS / "lost-syn/client.pcap")
    check(run("replay", file, "--side", "client")[0] == 0, "nothing is forbidden")
    check(run("replay", "--side", "client", "-r", file) ==
          run("replay", file, "--side", "client"), "-r FILE is something else")
    check(run("replay", file, "--side", "client", "--fail-on", "allowed")[0] == 1, "allowed")


def our_own_engine_differs_from_itself_in_nothing_forbidden():
    with tempfile.TemporaryDirectory() as where:
        file = os.path.join(where, "x.pcap")
        for name in ("half-close", "simultaneous-close", "lost-fin", "time-wait-answers",
                     "no-retransmission", "zero-window-deadlock"):
            run("lab", "run", name, "-w", file)
            check(forbidden(file) == [], f"{name}: {forbidden(file)}")


def labs_play_as_scripts():
    listed = [line.split()[0] for line in run("lab", "list")[1].splitlines()]
    with tempfile.TemporaryDirectory() as where:
        bad = [name for name in listed if name not in NO_SCRIPT and
               not plays(name, where)]
    check(bad == [], f"{bad}")
    check(all(name in listed for name in NO_SCRIPT), "an exception that is no lab")


def plays(name, where):
    """Whether the capture of a lab plays as a script, from the end where it was taken."""
    pcap, script = os.path.join(where, "x.pcap"), os.path.join(where, "x.pkt")
    run("lab", "run", name, "-w", pcap)
    for side in SIDES:
        status, _, err = run("replay", pcap, "--side", side, "--format", "pkt", "-o", script)
        check(status == 0, f"{name} {side}: {err}")
        if run("drill", script)[0] == 0:
            return True
    return False


def a_lab_writes_its_script_itself():
    with tempfile.TemporaryDirectory() as where:
        script = os.path.join(where, "x.pkt")
        for name in ("half-close", "lost-synack"):
            status, out, err = run("lab", "run", name, "--format", "pkt", "-o", script)
            check((status, out, err) == (0, "", ""), f"{name}: {status} {out} {err}")
            status, out, _ = run("drill", script)
            check(status == 0, f"{name}: {out}")
        refused(1, "connections", "lab", "run", "time-wait-reuse", "--format", "pkt")


def what_a_script_did_can_be_written():
    with tempfile.TemporaryDirectory() as where:
        script, pcap = os.path.join(where, "x.pkt"), os.path.join(where, "x.pcapng")
        run("lab", "run", "close-in-four", "--format", "pkt", "-o", script)
        status, out, err = run("drill", script, "-w", pcap)
        check(status == 0, f"{status} {out} {err}")
        _, got = replay(pcap, "client")
        check(len(got) == 1 and got[0]["segments"] == 4 and got[0]["forbidden"] == 0, f"{got}")
        refused(2, "one", "drill", script, script, "-w", pcap)
        refused(1, "nowhere", "drill", script, "-w", "/nowhere/x")


def what_cannot_be_replayed_is_refused():
    file = str(CORPUS / "close-4/client.pcap")
    refused(2, "--side", "replay", file)
    refused(2, "capture", "replay")
    refused(2, "client|server", "replay", file, "--side", "middle")
    refused(5, "SYN", "replay", file, "--side", "client", "port", "1")
    refused(3, "nowhere", "replay", "/nowhere.pcap", "--side", "client")
    both = str(CORPUS / "time-wait-reuse/client.pcap")
    refused(2, "filter", "replay", both, "--side", "client", "--format", "pkt")


def what_was_cut_is_replayed_as_far_as_it_goes():
    with tempfile.TemporaryDirectory() as where:
        file = os.path.join(where, "x.pcap")
        data = (CORPUS / "close-4/client.pcap").read_bytes()
        pathlib.Path(file).write_bytes(data[:-10])
        status, out, err = run("replay", file, "--side", "client")
        check(status == 3 and "cut" in err and "0 forbidden" in out, f"{status} {err} {out}")


if __name__ == "__main__":
    sys.exit(main([
        linux_breaks_no_rule, a_forged_segment_is_not_that_sides,
        one_corrupted_acknowledgement_is_named, the_text_names_the_packet_and_the_rule,
        allowed_can_fail_too, our_own_engine_differs_from_itself_in_nothing_forbidden,
        labs_play_as_scripts, a_lab_writes_its_script_itself,
        what_a_script_did_can_be_written,
        what_cannot_be_replayed_is_refused,
        what_was_cut_is_replayed_as_far_as_it_goes,
    ]))
