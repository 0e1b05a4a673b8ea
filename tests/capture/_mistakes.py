# SPDX-License-Identifier: MIT
"""What today's tools say wrongly of these captures, and what is true: each is a test.

A check looks at what is said of the client's capture of a scenario; it gives what is wrong.
"""

RESETS = {"refused": "RST-PORT-CLOSED", "unread-data": "RST-UNREAD-DATA",
          "linger-0": "RST-ABORT", "keepalive-death": "RST-KEEPALIVE",
          "half-open": "RST-NO-CONNECTION"}


def walk(connection, role):
    """The states of an end, one after the other."""
    found = []
    for claim in connection["states"][role]:
        if not found or found[-1] != claim["state"]:
            found.append(claim["state"])
    return found


def ids(connection):
    return [f["id"] for f in connection["findings"]]


def says(connection, numbers, *words):
    """Which of the words the notes of these segments, or findings about them, use."""
    text = " ".join(s["note"] for s in connection["segments"] if s["n"] in numbers)
    text += " ".join(f["text"] for f in connection["findings"]
                     if set(f["segments"]) & set(numbers))
    return [word for word in words if word in text.lower()]


def wrong_unless(**facts):
    return [f"{name} is not so" for name, true in facts.items() if not true]


def simultaneous_close(said):
    """Both ends are active: FIN_WAIT_1, CLOSING, TIME_WAIT; no FIN is a passive close."""
    c, = said["connections"]
    way = ["ESTABLISHED", "FIN_WAIT_1", "CLOSING", "TIME_WAIT"]
    return wrong_unless(client=walk(c, "client")[-4:] == way,
                        server=walk(c, "server")[-4:] == way,
                        close=c["close"] == "simultaneous", both=c["first_closer"] == "both",
                        time_wait=c["time_wait"] == "both")


def simultaneous_open(said):
    """SYN_SENT, SYN_RECEIVED, ESTABLISHED at both ends; no D-SACK, no window update."""
    c, = said["connections"]
    way = ["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED"]
    first = [s["n"] for s in c["segments"][:6]]
    return wrong_unless(client=walk(c, "client")[:3] == way,
                        server=[s for s in walk(c, "server") if s != "CLOSED"][:3] == way,
                        open=c["open"] == "simultaneous", found="SIM-OPEN" in ids(c),
                        words=not says(c, first, "window update", "d-sack", "retransmi"))


def keepalive_survives(said):
    """The first answer to a probe is that, and no window update."""
    c, = said["connections"]
    probe = next(i for i, s in enumerate(c["segments"])
                 if s["from"] == "client" and s["t"] > 0.9)
    answer = c["segments"][probe + 1]
    return wrong_unless(words=not says(c, [answer["n"]], "window update", "duplicate"),
                        said=bool(says(c, [answer["n"]], "probe", "keepalive", "keep-alive")),
                        found="KEEPALIVE-OK" in ids(c))


def close_wait_leak(said):
    """Half-closed, with one FIN only: no clean close."""
    c, = said["connections"]
    return wrong_unless(close=c["close"] == "half-closed", time_wait=c["time_wait"] == "none",
                        server=walk(c, "server")[-1] == "CLOSE_WAIT",
                        client=walk(c, "client")[-1] == "FIN_WAIT_2",
                        found="CLOSE-WAIT-LEAK" in ids(c))


def lost_fin(said):
    """The FIN was repeated; no data were."""
    c, = said["connections"]
    fins = [s for s in c["segments"] if "FIN" in s["flags"] and s["from"] == "client"]
    return wrong_unless(two=len(fins) == 2, no_data=all(s["len"] == 0 for s in fins),
                        found="FIN-LOST" in ids(c), other="RETRANSMISSION" not in ids(c))


def lost_last_ack(said):
    """TIME_WAIT answered a repeated FIN; that is no duplicate ACK."""
    c, = said["connections"]
    last = c["segments"][-1]
    return wrong_unless(state=last["client_state"] == "TIME_WAIT",
                        found="LAST-ACK-LOST" in ids(c),
                        words=not says(c, [last["n"]], "duplicate ack", "dup ack"))


def time_wait_reuse(said):
    """The reuse of the ports is legal, and the rule is named."""
    found = [f for c in said["connections"] for f in c["findings"] if f["id"] == "TW-REUSE"]
    return wrong_unless(two=len(said["connections"]) == 2, found=bool(found),
                        legal=all(f["severity"] == "info" for f in found),
                        rule=all("6191" in f["rfc"] or "1122" in f["rfc"] for f in found))


def any_time_wait(said):
    """TIME_WAIT is said, which the kernel's own tracepoint never does."""
    c, = said["connections"]
    return wrong_unless(client=walk(c, "client")[-1] == "TIME_WAIT",
                        server="TIME_WAIT" not in walk(c, "server"),
                        who=c["time_wait"] == "client")


def first_cause(said):
    """The reset's most likely cause."""
    found = [f for c in said["connections"] for f in c["findings"]
             if f["id"].startswith("RST-")]
    return found[0]["id"] if found else "none"


CHECKS = {"simultaneous-close": simultaneous_close, "simultaneous-open": simultaneous_open,
          "keepalive-survives": keepalive_survives, "close-wait-leak": close_wait_leak,
          "lost-fin": lost_fin, "lost-last-ack": lost_last_ack,
          "time-wait-reuse": time_wait_reuse, "close-4": any_time_wait}
for name, cause in RESETS.items():
    CHECKS[name] = lambda said, cause=cause: [] if first_cause(said) == cause else \
        [f"the first cause is {first_cause(said)}, not {cause}"]
