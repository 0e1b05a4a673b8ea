# SPDX-License-Identifier: MIT
"""synfin drill: what it prints, with which status, and packetdrill's own command lines."""

import os
import re
import sys
import tempfile

from _rig import check, main, refused, run

HERE = tempfile.mkdtemp()
# A connection that is open at 0.1 s; MSS and address are those of the link.
OPEN = """0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 9000 <mss 1000>
+0 > S. 0:0(0) ack 1 <mss 1460>
+.1 < . 1:1(0) ack 1 win 9000
+0 accept(3, ..., ...) = 4
"""


def script(name, text):
    path = os.path.join(HERE, name)
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


GOOD = script("good.pkt", OPEN)
BAD = script("bad.pkt", OPEN + "+0 < . 1:11(10) ack 1 win 9000\n+0 > . 1:1(0) ack 12\n")
STRANGE = script("strange.pkt", "+0 `reboot --now`\n" + OPEN)


def drill(status, *args):
    got, out, err = run("drill", *args)
    check((got, err) == (status, ""), f"{args}: status {got}, not {status}: {err}{out}")
    lines = out.splitlines()
    check(re.fullmatch(r"1\.\.\d+", lines[0]), out)
    check(re.fullmatch(r"\d+ passed, \d+ failed, \d+ skipped", lines[-1]), out)
    return lines


def the_three_verdicts_are_counted_apart():
    lines = drill(1, GOOD, BAD, STRANGE)
    check(lines[0] == "1..3" and lines[1] == f"ok 1 - {GOOD}", f"{lines}")
    check(lines[2] == f"not ok 2 - {BAD}" and "line 9" in lines[3], f"{lines}")
    check(any(x.startswith("#   expected: > . 1:1(0) ack 12") for x in lines), f"{lines}")
    check(any(x.startswith("#   came: ") and "ack 11" in x for x in lines), f"{lines}")
    check(lines[-2].startswith(f"ok 3 - {STRANGE} # SKIP ") and "reboot" in lines[-2],
          f"{lines}")
    check(lines[-1] == "1 passed, 1 failed, 1 skipped", f"{lines}")


def what_is_skipped_fails_nothing():
    check(drill(0, STRANGE)[-1] == "0 passed, 0 failed, 1 skipped", "skipped")
    check(drill(0, "--ignore-commands", STRANGE)[-1] == "1 passed, 0 failed, 0 skipped",
          "ignored")


def a_file_that_cannot_be_read_has_its_own_status():
    lines = drill(3, GOOD, os.path.join(HERE, "none.pkt"))
    check("No such file" in lines[3] and lines[-1].startswith("1 passed, 1 failed"), f"{lines}")
    refused(2, "scripts", "drill")


def an_error_has_file_line_and_column():
    wrong = script("wrong.pkt", OPEN + "+0 > . 1:1(0) ack one\n")
    check(drill(1, wrong)[2].startswith(f"#   {wrong}:8:19: expected "), "place")


def no_octet_of_a_script_reaches_the_terminal_as_it_is():
    for text in (b"\x1b[2J", b"\x9b2J", b"\xc2\x9b", b"\xff", b"0 \x07", b"\xe2\x82"):
        done = run("drill", script("rude.pkt", text))
        check(done[0] == 1 and done[2] == "", f"{text}: {done}")
        check(all(c in "\n" or " " <= c <= "~" for c in done[1]), f"{text}: {done[1]!r}")


def command_lines_of_packetdrill_work():
    ipv4 = ("--ip_version=ipv4", "--local_ip=192.168.0.1", "--gateway_ip=192.168.0.1",
            "--netmask_ip=255.255.0.0", "--remote_ip=192.0.2.1", "-D", "TFO_COOKIE=3021b9d8",
            "--define", "CMSG_LEVEL_IP=SOL_IP", "--tolerance_usecs=14000",
            "--tolerance_percent=12.5", "--non_fatal=packet", "--verbose", "--debug",
            "--strict_segments", "--init_scripts=/nowhere.sh", "--speed=100")
    check(drill(0, *ipv4, GOOD)[-1] == "1 passed, 0 failed, 0 skipped", "IPv4")
    # 1520 octets of MTU less 60 of headers are the same MSS over IPv6.
    ipv6 = ("--ip_version=ipv6", "--mtu=1520", "--local_ip=fd3d:0a0b:17d6::1",
            "--gateway_ip=fd3d:0a0b:17d6:8888::1", "--remote_ip=fd3d:fa7b:d17d::1")
    check(drill(0, *ipv6, GOOD)[-1] == "1 passed, 0 failed, 0 skipped", "IPv6")
    check(drill(1, "--mtu=1400", GOOD)[-1] == "0 passed, 1 failed, 0 skipped", "MTU")
    for option in ("--mtu=x", "--mtu=", "--ip_version=5", "--local_ip=1.2.3",
                   "--tolerance_percent=101", "--like=plan9"):
        refused(2, option.split("=")[0], "drill", option, GOOD)
    refused(2, "--mtus", "drill", "--mtus=1500", GOOD)


def symbols_choose():
    either = script("either.pkt", OPEN + "#ifdef LATE\n+0 close(5) = 0\n#endif\n")
    drill(0, either)
    drill(1, "-D", "LATE", either)


if __name__ == "__main__":
    sys.exit(main([the_three_verdicts_are_counted_apart, what_is_skipped_fails_nothing,
                   a_file_that_cannot_be_read_has_its_own_status,
                   an_error_has_file_line_and_column,
                   no_octet_of_a_script_reaches_the_terminal_as_it_is,
                   command_lines_of_packetdrill_work, symbols_choose]))
