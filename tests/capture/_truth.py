# SPDX-License-Identifier: MIT
"""What the kernel says of one end: which state, from when to when.

Sockets tell their changes through the tracepoint, to the nanosecond.  The small records (an
embryo, FIN_WAIT_2 without a process, TIME_WAIT) are looked at with sock_diag after every packet
that reaches their end, before any other does, so that a change seen there is that packet's.
"""

import bisect

SMALL = ("SYN_RECEIVED", "FIN_WAIT_2", "TIME_WAIT")


class Truth:
    """One end's record of trace events, looks and packets; times are those of the packets."""

    def __init__(self):
        self.events = []   # dictionaries of _trace, `at` by the clock of the packets
        self.looks = []    # (at, (local, remote), state or None)
        self.packets = []  # (at, Packet, sent), oldest first
        self.gone = []     # (at, sockets): a crash; what they do later is not seen

    def tuples(self):
        """(local, remote) of every connection that sent or got a segment."""
        found = {}
        for _, p, sent in self.packets:
            if p.tcp:
                here, there = (p.src, p.sport), (p.dst, p.dport)
                found[(here, there) if sent else (there, here)] = True
        return list(found)

    def crash(self, at):
        self.gone.append((at, {event["sk"] for event in self.events}))

    def _of(self, pair):
        """Events of a connection's sockets: connect() names its port only later."""
        local, remote = pair
        named = {e["sk"] for e in self.events if (e["local"], e["remote"]) == pair}
        named |= self._unnamed(pair) if not named else set()
        dead = {sk for _, sockets in self.gone for sk in sockets}
        crashed = self.gone[0][0] if self.gone else None
        chosen, latest = [], {}
        for event in sorted(self.events, key=lambda e: e["at"]):
            sk = event["sk"]
            if crashed and sk in dead and event["at"] > crashed:
                continue
            if event["new"] == "LISTEN" or event["old"] == "LISTEN" and \
                    event["new"] == "CLOSED":
                continue
            if event["remote"] == remote and event["local"][1] in (0, local[1]) and sk in named:
                latest[sk] = event
                chosen.append(event)
        # A socket's memory may serve again: what got another port is another's.
        return [e for e in chosen if e["local"][1] or self._becomes(e, pair)]

    def _unnamed(self, pair):
        """The socket whose connect() came just before this SYN, and that told no more."""
        syns = [at for at, p, sent in self.packets if sent and p.flags & 18 == 2
                and ((p.src, p.sport), (p.dst, p.dport)) == pair]
        return {e["sk"] for e in self.events
                if syns and e["new"] == "SYN_SENT" and e["remote"] == pair[1]
                and e["local"][1] == 0 and 0 <= syns[0] - e["at"] < 10**7}

    def _becomes(self, event, pair):
        for later in sorted(self.events, key=lambda e: e["at"]):
            if later["sk"] == event["sk"] and later["at"] > event["at"]:
                return (later["local"], later["remote"]) == pair
        return True

    def _last_packet(self, pair, after, until):
        times = [at for at, p, _ in self.packets if p.tcp and
                 pair in (((p.src, p.sport), (p.dst, p.dport)),
                          ((p.dst, p.dport), (p.src, p.sport)))]
        i = bisect.bisect_right(times, until)
        return times[i - 1] if i and times[i - 1] > after else None

    def state(self, pair):
        """The state at this moment."""
        steps = self.steps(pair)
        return steps[-1][1] if steps else "CLOSED"

    def steps(self, pair):
        """[(nanoseconds, state)] of one connection, oldest first."""
        steps = []
        inputs = [(e["at"], 0, e) for e in self._of(pair)]
        inputs += [(at, 1, state) for at, which, state in self.looks if which == pair]
        inputs += [(at, 2, None) for at, _ in self.gone]
        alive = None      # the socket that speaks for the connection
        closed_at = None  # when it last became CLOSED, until a look tells what is left
        looked = 0

        def step(at, state):
            if not steps or steps[-1][1] != state:
                steps.append((at, state))

        for at, kind, what in sorted(inputs, key=lambda i: i[:2]):
            if kind == 2:
                alive, closed_at = None, None
                if steps:
                    step(at, "CLOSED")
            elif kind == 0 and what["new"] == "CLOSED":
                if alive == what["sk"]:
                    alive, closed_at = None, at
                    step(at, "CLOSED")
            elif kind == 0:
                if what["new"] != "SYN_RECEIVED" or not steps or steps[-1][1] != "SYN_RECEIVED":
                    step(at, what["new"])
                alive = what["sk"]
            else:
                if alive is None:
                    self._look(pair, at, what, looked, closed_at, steps, step)
                    closed_at = None
                looked = at
        return steps

    def _look(self, pair, at, state, looked, closed_at, steps, step):
        """A look at what is no socket: at a small record, or at nothing."""
        if state not in SMALL:
            if steps and steps[-1][1] in SMALL:
                since = max(looked, steps[-1][0])
                step(self._last_packet(pair, since, at) or at, "CLOSED")
            return
        if closed_at is None:
            step(self._last_packet(pair, looked, at) or at, state)
            return
        # The socket handed over to a small record; a FIN may have come since.
        steps.pop()
        if steps and steps[-1][1] != state:
            fins = [t for t, p, sent in self.packets
                    if p.tcp and not sent and p.flags & 1 and steps[-1][0] - 10**6 <= t <= at]
            early = [t for t in fins if t <= closed_at]
            step(closed_at if early or not fins else fins[0], state)

    def spans(self, pair, end):
        """The same as dictionaries {state, from_ns, to_ns}, up to `end`."""
        steps = self.steps(pair)
        ends = [at for at, _ in steps[1:]] + [max(end, steps[-1][0])] if steps else []
        return [{"state": state, "from_ns": at, "to_ns": to}
                for (at, state), to in zip(steps, ends)]
