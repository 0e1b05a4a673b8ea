# SPDX-License-Identifier: MIT
"""synfin why and synfin check: what they say, in which language, with which status."""

import os
import re
import struct
import sys
import tempfile

from _rig import check, main, refused, run

HERE = tempfile.mkdtemp()
FIN, SYN, RST, ACK = 1, 2, 4, 16
BARE = {k: v for k, v in os.environ.items()
        if k not in ("LANG", "LC_ALL", "LC_MESSAGES", "SYNFIN_LANG", "COLUMNS")}


def good(*args, status=0, env=None):
    got, out, err = run(*args, env={**BARE, **(env or {})})
    check(got == status, f"{args}: status {got}, not {status}: {err}{out}")
    return out


def capture(name, rows, cut=0):
    """A pcap of raw IPv4 from rows (seconds, from the client?, flags, seq, ack)."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for at, client, flags, seq, ack in rows:
        a, b = (bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
        ports = (40000, 80)
        if not client:
            a, b, ports = b, a, ports[::-1]
        tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 5 << 4, flags, 64240, 0, 0)
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + a + b
        out += struct.pack("<IIII", 1000 + int(at), round(at % 1 * 1e6), 40, 40) + ip + tcp
    path = os.path.join(HERE, name)
    with open(path, "wb") as f:
        f.write(out[:len(out) - cut])
    return path


CLEAN = [(0, True, SYN, 0, 0), (0.01, False, SYN | ACK, 500, 1), (0.02, True, ACK, 1, 501),
         (0.1, True, FIN | ACK, 1, 501), (0.11, False, ACK, 501, 2),
         (0.12, False, FIN | ACK, 501, 2), (0.13, True, ACK, 2, 502)]


def without_a_name_everything_is_listed():
    out = good("why")
    names = re.findall(r"^  ([A-Z0-9]+(?:-[A-Z0-9]+)+|TFO|REFUSED|REORDERING|RETRANSMISSION"
                       r"|MIDSTREAM) ", out, re.M)
    check(len(names) == 57, f"{len(names)} findings")
    for state in ("CLOSED", "SYN_RECEIVED", "TIME_WAIT"):
        check(f"  {state}\n" in out, f"no {state}")
    for name in names:
        page = good("why", name.lower())
        check(page.startswith(f"{name} - "), page)
        check("What to do" in page and "RFC" in page, page)
        check("怎么办" in good("why", "--lang", "zh", name), name)


def a_state_has_its_arrows():
    out = good("why", "fin-wait-2")
    check("FIN_WAIT_2\n" in out and "tcp_fin_timeout" in out, out)
    check(re.search(r"FIN_WAIT_1 +ack-of-fin +FIN_WAIT_2 +9293", out), out)
    check(re.search(r"FIN_WAIT_2 +fin +TIME_WAIT +9293", out), out)


def a_rule_tells_what_obeys_it():
    out = good("why", "must-12")
    check(out == good("why", "RFC9293/MUST-12"), out)
    check("met" in out and "test" in out and ".c:" in out, out)
    check("RFC5961/" in good("why", "rfc5961"), "rules of one RFC")
    check("RST-BLIND" in good("why", "rst"), "findings that begin alike")


def lines_are_as_wide_as_asked():
    for lang in ("en", "zh"):
        out = good("why", "--width", "60", "--lang", lang, "ACCEPTQ-FULL")
        wide = [s for s in out.splitlines()[1:]
                if sum(2 if ord(c) > 0x2e80 else 1 for c in s) > 60]
        check(not wide, wide)


def the_language_is_asked_for_or_the_locales():
    for env, zh in (({"LANG": "zh_CN.UTF-8"}, True), ({"LANG": "C"}, False),
                    ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
                    ({"LC_MESSAGES": "zh_TW.utf8", "LANG": "C"}, True),
                    ({"LANG": "zh_CN.GB18030"}, False),
                    ({"SYNFIN_LANG": "en", "LANG": "zh_CN.UTF-8"}, False),
                    ({"SYNFIN_LANG": "zh", "LC_ALL": "C"}, True),
                    ({"SYNFIN_LANG": "xx", "LANG": "de_DE.UTF-8"}, False)):
        check(("原因" in good("why", "FIN-LOST", env=env)) == zh, f"{env}")


def what_is_not_there_gets_the_nearest():
    refused(5, ("FIN-LOSS", "FIN-LOST"), "why", "FIN-LOSS")
    refused(5, "TIME_WAIT", "why", "TIMEWAIT")
    refused(5, "MUST-1", "why", "RFC9293/MUST-1234")
    refused(5, "did you mean", "why", "")
    refused(5, "did you mean", "why", "x" * 5000)
    refused(2, "one name", "why", "FIN-LOST", "SYN-LOST")
    refused(2, "--lang", "why", "--lang", "de", "FIN-LOST")


def a_check_is_a_line_and_a_status():
    path = capture("clean.pcap", CLEAN)
    out = good("check", path, "--expect", "close == four-segment", "--expect",
               "no finding >= warning")
    check(out == "ok: close == four-segment\nok: no finding >= warning\n", out)
    check(good("check", "-q", path, "--expect", "connections == 1") == "", "not quiet")
    out = good("check", path, "--expect", "connections == 2", "--expect", "open == three-way",
               status=1)
    check(out == "failed: connections == 2: connections is 1\nok: open == three-way\n", out)
    check(good("check", "-r", path, "--expect", "connections == 0", "port", "81") != "",
          "filter")


def a_check_that_makes_no_sense_is_refused():
    path = capture("clean.pcap", CLEAN)
    refused(2, ("column 10", "four-segment"), "check", path, "--expect", "close == 4")
    refused(2, "--expect", "check", path)
    refused(2, "check", "check", "--expect", "connections == 1")
    refused(3, "nowhere.pcap", "check", "nowhere.pcap", "--expect", "connections == 1")
    refused(2, "filter", "check", path, "--expect", "connections == 1", "no", "such")


def a_capture_cut_short_is_judged_as_far_as_it_goes():
    path = capture("cut.pcap", CLEAN, cut=10)
    got, out, err = run("check", path, "--expect", "connections == 1")
    check(got == 3 and out == "ok: connections == 1\n", f"{got} {out} {err}")
    check(err.count("\n") == 1, err)


if __name__ == "__main__":
    sys.exit(main([without_a_name_everything_is_listed, a_state_has_its_arrows,
                   a_rule_tells_what_obeys_it, lines_are_as_wide_as_asked,
                   the_language_is_asked_for_or_the_locales, what_is_not_there_gets_the_nearest,
                   a_check_is_a_line_and_a_status, a_check_that_makes_no_sense_is_refused,
                   a_capture_cut_short_is_judged_as_far_as_it_goes]))
