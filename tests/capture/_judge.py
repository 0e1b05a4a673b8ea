# SPDX-License-Identifier: MIT
"""Compare what `explain --json` says of a capture with what the kernel said.

A claim is a stretch of time in which an end is said to have been in a state.  Its borders are
the times of packets where the capture was made; they are moved to when those packets passed the
end in question, so that a path's delay costs no tolerance.  Then every claim that is seen or
inferred must lie within the truth, but for these, which no observer can know better:

  - a FIN that waits: the end says FIN_WAIT_1 or LAST_ACK before its FIN leaves;
  - a silent change: the capture has no segment of that moment, as when a timer makes it, the
    machine is gone, or the segment died before it; the old state may be claimed until the end
    speaks again;
  - a segment that an answer overtook: the end's own segment, sent before it got the FIN, comes
    after it in the capture and says that the FIN has not arrived; so until it speaks again;
  - a segment that died behind the place of the capture: what would follow from it may be
    inferred (never seen) until its addressee speaks again; a full accept queue is deaf too;
  - SYN cookies: no record says SYN_RECEIVED, but the wire does.
"""

import bisect
import copy
import json
import os

from _sniff import ETHERNET, read_pcap
from _wire import FIN, SYN, Packet

TOLERANCE = 5_000_000    # nanoseconds between a packet and the change that it makes
SILENT = 3_000_000       # no packet so close to a change: it is silent
NO_RECORD = ("CLOSED", "LISTEN")
NAMES = ("client", "server")
WARNINGS = ("warning", "error")


class Recording:
    """What was recorded of one scenario."""

    def __init__(self, where, meta=None):
        self.where = where
        with open(f"{where}/truth.json") as file:
            self.truth = json.load(file)
        # What is expected of it may have been learnt since.
        self.truth.update(meta or {})
        self.name = self.truth["scenario"]
        self.packets = {}
        for name in (*NAMES, "middle"):
            path = f"{where}/{name}.pcap"
            if os.path.exists(path):
                link, packets = read_pcap(path)
                skip = 14 if link == ETHERNET else 0
                self.packets[name] = [(at, Packet(data[skip:])) for at, data in packets]
        self.whole = self
        self._allowed = {}
        self._marks = {name: self._mark(packets) for name, packets in self.packets.items()}
        self._spans = {name: {(tuple(c["local"]), tuple(c["remote"])): c["states"]
                              for c in self.truth["ends"][name]} for name in NAMES}

    @staticmethod
    def _mark(packets):
        """For each packet its mark, the same wherever it is captured; doubles are counted."""
        marks, seen = [], {}
        for _, p in packets:
            ident = p.data[4:6] if not p.v6 else b""
            mark = (bytes(ident), p.seq, p.ack, p.flags, p.window, p.octets) if p.tcp \
                else (p.proto, p.data[p.at:])
            seen[mark] = seen.get(mark, 0) + 1
            marks.append((*mark, seen[mark]))
        return marks

    def known(self, vantage, name, pair):
        """allowed() and the clock, kept."""
        key = (vantage, name, pair)
        if key not in self._allowed:
            self._allowed[key] = allowed(self, vantage, name, pair), Clock(self, vantage, name)
        return self._allowed[key]

    def part(self, vantage, keep):
        """The same recording with only some packets of one capture, by index, in order."""
        part = copy.copy(self)
        part.packets = {**self.packets,
                        vantage: [self.packets[vantage][i] for i in keep]}
        part._marks = {**self._marks, vantage: [self._marks[vantage][i] for i in keep]}
        part.whole = self
        return part

    def spans(self, name, pair):
        """The truth of one end, with the name under which a translator hides it."""
        pair = self.alias(name, pair)
        return self._spans[name].get(pair)

    def alias(self, name, pair):
        for entry in self.truth.get("aliases", []):
            if entry["at"] == name and tuple(map(tuple, entry["seen"])) == pair:
                return tuple(map(tuple, entry["is"]))
        return pair

    def home(self, pair):
        """Which of the ends a connection's end is: by its address."""
        for name in NAMES:
            if self.alias(name, pair) in self._spans[name]:
                return name
        return None

    def judged(self, pair):
        """The same; None for an end in whose name others speak."""
        name = self.home(pair)
        return None if name == self.truth["facts"].get("spoofed") else name

    def own(self, name, pair):
        """(time, packet) of everything that an end sent on a connection, where it was sent."""
        local, remote = self.alias(name, pair)
        return [(at, p) for at, p in self.packets[name]
                if p.tcp and ((p.src, p.sport), (p.dst, p.dport)) == (local, remote)]

    def moved(self, vantage, name):
        """From (index in the capture) to the time at the end, or None for what never came."""
        there = dict(zip(self._marks[name], (at for at, _ in self.packets[name])))
        return [there.get(mark) for mark in self._marks[vantage]]


class Clock:
    """Moves times of a capture to an end, by the packets at those times."""

    def __init__(self, recording, vantage, name):
        moved = recording.moved(vantage, name)
        rows = sorted((at, there, p) for (at, p), there
                      in zip(recording.packets[vantage], moved))
        self._at = [at for at, _, _ in rows]
        self._there = [there for _, there, _ in rows]
        self._rows = rows

    def move(self, at):
        """(time at the end, true if the packet of that time never came there)."""
        i = bisect.bisect_right(self._at, at + 1000) - 1
        if i >= 0 and abs(self._at[i] - at) <= 1000:
            there = self._there[i]
            return (at, True) if there is None else (there, False)
        return at, False

    def of(self, pair):
        """What the capture has of a connection: [(there, time at the end, sent by it)]."""
        found = []
        for at, there, p in self._rows:
            if p.tcp and there is not None:
                ends = ((p.src, p.sport), (p.dst, p.dport))
                if ends in (pair, (pair[1], pair[0])):
                    found.append((at, there, ends == pair))
        return found


def allowed(recording, vantage, name, pair):
    """[(from, to, state)] that may be claimed of an end: the truth, and what is unknown."""
    spans = recording.spans(name, pair) or []
    packets = Clock(recording, vantage, name).of(pair)
    rows = [(s["from_ns"], s["to_ns"], s["state"]) for s in spans]
    first = rows[0][0] if rows else 1 << 63
    rows += [(0, first, state) for state in NO_RECORD]
    for before, after in zip(spans, spans[1:]):
        until = unknown_until(recording, name, pair, packets, after)
        if until:
            rows.append((after["from_ns"], until, before["state"]))
    if spans and spans[-1]["state"] == "CLOSED":
        rows.append((spans[-1]["from_ns"], 1 << 63, "CLOSED"))
    elif spans:
        rows.append((spans[-1]["to_ns"], 1 << 63, spans[-1]["state"]))
    if recording.truth["facts"].get("cookies"):
        rows += cookies(recording, name, recording.alias(name, pair), spans)
    return rows


def unknown_until(recording, name, pair, packets, after):
    """Until when a change cannot be known from what the capture has; 0 if it can."""
    at = after["from_ns"]
    spoke = [there for _, there, sent in packets if sent]
    if after["state"] in ("FIN_WAIT_1", "LAST_ACK"):
        fin = next((t for t, p in recording.own(name, pair) if p.flags & FIN and
                    t >= at - SILENT), None)
        if fin is not None and fin > at:
            return next((max(v, t) for v, t, sent in packets if sent and t >= fin), 1 << 63)
    causes = [(v, t, sent) for v, t, sent in packets if abs(t - at) <= SILENT]
    if not causes:
        return next((t for t in spoke if t > at), 1 << 63)
    got = [v for v, _, sent in causes if not sent]
    overtaken = got and any(v > got[0] and t < at for v, t, sent in packets if sent)
    if overtaken:
        return next((t for t in spoke if t > at), 1 << 63)
    # What it sent has to reach the capture.
    return max((v for v, _, sent in causes if sent), default=0)


def cookies(recording, name, pair, spans):
    """SYN_RECEIVED without a record: from a SYN that came to what made the connection."""
    syns = [at for at, p in recording.packets[name] if p.tcp and p.flags & SYN and
            ((p.src, p.sport), (p.dst, p.dport)) == (pair[1], pair[0])]
    if not syns or not spans:
        return []
    return [(syns[0], spans[0]["from_ns"], "SYN_RECEIVED")]


def uncovered(start, end, state, rows):
    """The first moment of [start, end] at which no row has the state; None if there is none."""
    at = start
    for a, b, s in sorted(rows):
        if s == state and a <= at + 1 and b > at:
            at = b
    return None if at >= end else at


class Verdict:
    """What is wrong with what was said, and how much of it was more than possible."""

    def __init__(self):
        self.wrong = []
        self.certain = self.claims = 0

    def say(self, text):
        self.wrong.append(text)


def origin(recording, vantage, connection):
    """The moment that is 0 in a connection's times."""
    first = connection["segments"][0]
    packets = recording.packets[vantage]
    return packets[first["n"] - 1][0] - round(first["t"] * 1e9)


def ends_of(connection):
    client = (connection["client"]["addr"], connection["client"]["port"])
    server = (connection["server"]["addr"], connection["server"]["port"])
    return {"client": (client, server), "server": (server, client)}


def states(recording, vantage, connection, verdict, only_seen=False):
    """Judge one connection's states."""
    zero = origin(recording, vantage, connection)
    for role, pair in ends_of(connection).items():
        name = recording.judged(pair)
        claims = connection["states"][role]
        verdict.claims += len(claims)
        verdict.certain += sum(c["certainty"] != "possible" for c in claims)
        if name is None:
            continue
        rows = allowed(recording, vantage, name, pair)
        clock = Clock(recording, vantage, name)
        spoke = [at for at, _ in recording.own(name, pair)]
        packets = recording.packets[vantage]
        deaf = recording.truth["facts"].get("deaf") == name
        excused = 0
        for claim in claims:
            if claim["certainty"] == "possible" or only_seen and claim["certainty"] != "seen":
                continue
            begin = zero + round(claim["from"] * 1e9)
            start, lost = clock.move(begin)
            end, _ = clock.move(zero + round(claim["to"] * 1e9))
            # One entry a state: it is seen from its first proof on, and inferred before.
            unsure = claim["certainty"] == "inferred" or not again(packets, begin)
            if (lost or deaf) and unsure:
                excused = next((t for t in spoke if t > start), 1 << 63)
            start = max(start + TOLERANCE, excused)
            end -= TOLERANCE
            if start >= end:
                continue
            at = uncovered(start, end, claim["state"], rows)
            if at is not None:
                truth = story(recording, name, pair, zero)
                verdict.say(f"{role} {claim['certainty']} {claim['state']} "
                            f"{claim['from']:.4f}..{claim['to']:.4f}: not at "
                            f"{(at - zero) / 1e9:.4f} (truth: {truth})")
        order(recording, name, pair, claims, verdict, role, zero)
        if not only_seen:
            complete(recording, name, pair, connection, verdict, role, zero)


def again(packets, at):
    """True if the packet of that moment was a SYN or FIN that came again: it was not taken."""
    here = [p for t, p in packets if abs(t - at) <= 1000]
    return any(p.flags & (SYN | FIN) and
               any(q.seq == p.seq and q.flags == p.flags and q.src == p.src and t > at + 1000
                   for t, q in packets) for p in here if p.tcp)


def story(recording, name, pair, zero):
    return " ".join(f"{s['state']}@{(s['from_ns'] - zero) / 1e9:.4f}"
                    for s in recording.spans(name, pair) or []) or "none"


LONG = 50_000_000  # nanoseconds: a state that lasts so long has to be told


def complete(recording, name, pair, connection, verdict, role, zero):
    """A state that lasted, while segments were captured, is claimed, if only as possible."""
    last = zero + round(connection["segments"][-1]["t"] * 1e9)
    told = {c["state"] for c in connection["states"][role]}
    for span in recording.spans(name, pair) or []:
        start, end = max(span["from_ns"], zero), min(span["to_ns"], last)
        if end - start > LONG and span["state"] not in told | {"CLOSED"}:
            verdict.say(f"{role} was {span['state']} for {(end - start) / 1e9:.3f} s: "
                        f"it is said to be {' '.join(sorted(told))}")


def order(recording, name, pair, claims, verdict, role, zero):
    """The claimed states, one after the other, are some of the true ones in their order."""
    true = ["CLOSED", "LISTEN"]
    for span in recording.spans(name, pair) or []:
        true.append(span["state"])
    true += ["CLOSED"] if not true or true[-1] != "CLOSED" else []
    if recording.truth["facts"].get("cookies"):
        true.insert(2, "SYN_RECEIVED")
    claimed = [c["state"] for c in claims if c["certainty"] == "seen"]
    claimed = [s for i, s in enumerate(claimed) if i == 0 or claimed[i - 1] != s]
    left = iter(true)
    for state in claimed:
        if state not in left:
            verdict.say(f"{role} is said to be {' '.join(claimed)} "
                        f"(truth: {story(recording, name, pair, zero)})")
            return


def evidence(recording, vantage, connection, verdict):
    """No state is called seen at a segment of that end's if the end was in another one.

    For captures that lack something: what a stretch of time claims beyond the segments that
    prove it is then the best that can be said.

    The moment of a segment is when its sender had sent the newest of those that the capture has
    so far.  One that a FIN overtook left in ESTABLISHED, any time before the FIN did, and does
    not take back what the FIN has shown.
    """
    zero = origin(recording, vantage, connection)
    present = {at for at, _ in recording.packets[vantage]}
    for role, pair in ends_of(connection).items():
        name = recording.judged(pair)
        if name is None:
            continue
        rows, clock = recording.whole.known(vantage, name, pair)
        left = [(t, there) for t, there, sent in clock.of(pair) if sent and t in present]
        claims = connection["states"][role]
        for segment in connection["segments"]:
            state = segment[f"{role}_state"]
            # A challenge is no proof: an older record may have sent it.
            if segment["from"] != role or "RST" in segment["flags"] or \
                    "challenge" in segment["note"]:
                continue
            # A border belongs to what follows.
            said = [c for c in claims if c["from"] <= segment["t"] + 5e-10][-1:]
            if not said or said[0]["state"] != state or said[0]["certainty"] != "seen":
                continue
            here = zero + round(segment["t"] * 1e9)
            # What that end did not send says nothing of it, but who could know.
            forged = clock.move(here)[1]
            at = max((there for t, there in left if t <= here + 1000), default=here)
            true = any(s == state and a - TOLERANCE <= at <= b + TOLERANCE for a, b, s in rows)
            if not forged and not true:
                verdict.say(f"{role} is seen in {state} at {segment['t']:.4f} "
                            f"(truth: {story(recording, name, pair, zero)})")


def findings(recording, vantage, said, verdict):
    """What was expected is found, and nothing else at warning or above."""
    expect = {i for i, where in recording.truth["expect"].items() if vantage in where}
    may = expect | {i for i, where in recording.truth["may"].items() if vantage in where}
    found = [f for c in said["connections"] for f in c["findings"]] + said.get("findings", [])
    ids = {f["id"] for f in found}
    for missing in sorted(expect - ids):
        verdict.say(f"finding {missing} is missing")
    for finding in found:
        if finding["severity"] in WARNINGS and finding["id"] not in may:
            verdict.say(f"finding {finding['id']} ({finding['severity']}) is not true: "
                        f"{finding['text']}")
            may.add(finding["id"])


def true_time_wait(recording, vantage, connection, begins):
    """Who had TIME_WAIT while this connection was the one of its four-tuple."""
    zero = origin(recording, vantage, connection)
    until = min((at for at in begins if at > zero), default=1 << 63)
    has = []
    for role, pair in ends_of(connection).items():
        name = recording.home(pair)
        spans = recording.spans(name, pair) if name else None
        if any(s["state"] == "TIME_WAIT" and zero < s["from_ns"] < until for s in spans or []):
            has.append(role)
    return "both" if len(has) == 2 else has[0] if has else "none"


WORDS = ("open", "close", "first_closer", "time_wait", "half_close_bytes")


def facts(recording, vantage, said, verdict):
    """The words about each whole connection; a list has one for each."""
    begins = {}
    for connection in said["connections"]:
        key = frozenset(ends_of(connection)["client"])
        begins.setdefault(key, []).append(origin(recording, vantage, connection))
    for i, connection in enumerate(said["connections"]):
        declared = {w: v for w, v in recording.truth["facts"].items() if w in WORDS}
        for word, value in declared.items():
            value = value[min(i, len(value) - 1)] if isinstance(value, list) else value
            if connection.get(word) != value:
                verdict.say(f"{word} is {connection.get(word)!r}, not {value!r}")
        if "time_wait" not in declared:
            value = true_time_wait(recording, vantage, connection,
                                   begins[frozenset(ends_of(connection)["client"])])
            if connection["time_wait"] != value:
                verdict.say(f"time_wait is {connection['time_wait']!r}, not {value!r}")


def judge(recording, vantage, said):
    """Everything about one whole capture."""
    verdict = Verdict()
    for connection in said["connections"]:
        states(recording, vantage, connection, verdict)
    facts(recording, vantage, said, verdict)
    findings(recording, vantage, said, verdict)
    return verdict
