# SPDX-License-Identifier: MIT
"""synfin merge: what the kernel's TCP did, captured at both ends with a relay between that
knows what it dropped (tests/capture/corpus; one clock, so the offset is 0)."""

import json
import pathlib
import shutil
import sys
import tempfile

from _rig import check, main, refused, run

HERE = pathlib.Path(tempfile.mkdtemp())
CORPUS = pathlib.Path(__file__).resolve().parents[2] / "capture" / "corpus"
NOTHING = {"refused-icmp", "self-connect"}  # no segment came to the server's capture


def ends(name):
    return str(CORPUS / name / "client.pcap"), str(CORPUS / name / "server.pcap")


def merged(name):
    status, out, err = run("merge", "--json", "--fail-on", "never", *ends(name))
    check(status == 0 and err == "", f"{name}: {status} {err}")
    return json.loads(out)


def recordings():
    names = sorted(p.name for p in CORPUS.iterdir() if (p / "server.pcap").exists())
    check(len(names) > 20, names)
    return names


def what_the_relay_dropped_died_and_nothing_else():
    for name in recordings():
        lost = json.loads((CORPUS / name / "truth.json").read_text())["lost"]
        if name in NOTHING:
            continue
        segments = merged(name)["segments"]
        died = [s for s in segments if s["fate"] == "died"]
        check(len(died) == len(lost), f"{name}: {died}, not {lost}")
        for segment, truth in zip(died, lost):
            there = truth["way"] == "out"
            check(segment["to"] == ("b" if there else "a"), f"{name}: {segment}")
            check(segment["b" if there else "a"] == 0, f"{name}: {segment}")
        rest = {s["fate"] for s in segments} - {"died", "arrived"}
        check(rest <= ({"appeared"} if name == "blind-reset" else set()), f"{name}: {rest}")


def the_bounds_of_the_clock_hold():
    for name in recordings():
        if name in NOTHING:
            continue
        clock = merged(name)["clock"]
        check(clock["least"] <= 0 <= clock["most"], f"{name}: {clock}")
        check(clock["least"] <= clock["offset"] <= clock["most"], f"{name}: {clock}")
        # In the recordings both ways take equally long, but for a slow first packet.
        check(abs(clock["offset"]) < 0.0001 or name == "refused", f"{name}: {clock}")


def the_rst_that_nobody_sent_appeared():
    segments = merged("blind-reset")["segments"]
    check(sum(s["fate"] == "appeared" for s in segments) == 1, segments)


def text_names_the_dead_and_the_ladder_crosses_them_out():
    status, out, err = run("merge", "--width", "80", "--lang", "en", *ends("lost-syn"))
    check(status == 0 and err == "", f"{status} {err}")
    check("died: 1 (packet 1 of A)" in out, out)
    check("1 died between A and B" in out, out)
    check(any("SYN seq=0" in line and "✗" in line for line in out.splitlines()), out)


def the_merged_ladder_keeps_to_the_schema_of_explain():
    for name in ("close-4", "lost-fin"):
        said = merged(name)
        check(said["schema"] == "synfin.merge/1", said["schema"])
        check(said["explain"]["schema"] == "synfin.explain/1", said["explain"])
        check(len(said["explain"]["connections"]) == 1, said["explain"])
        lines = run("merge", "--jsonl", "--fail-on", "never", *ends(name))[1].splitlines()
        check(json.loads(lines[0])["clock"] == said["clock"], lines[0])
        check(json.loads(lines[1])["open"] == "three-way", lines[1])


def a_filter_and_standard_input_work():
    a, b = ends("close-4")
    with open(b, "rb") as stdin:
        status, out, err = run("merge", "--json", "--fail-on", "never", a, "-", "tcp",
                               stdin=stdin)
    check(status == 0, err)
    check(json.loads(out)["segments"] == merged("close-4")["segments"], out)
    refused(5, "no TCP connection matched", "merge", a, b, "udp")


def what_is_wrong_is_said():
    a, b = ends("close-4")
    refused(2, "two captures are wanted", "merge")
    refused(2, "two captures are wanted", "merge", a)
    refused(3, "No such file", "merge", a, "/nonexistent/b.pcap")
    refused(2, "the filter makes no sense", "merge", a, b, "tcp prot 80")
    (HERE / "text.pcap").write_text("this is no capture")
    refused(3, "not a capture", "merge", a, str(HERE / "text.pcap"))


def what_could_be_read_of_a_cut_file_is_merged():
    a, b = ends("close-4")
    octets = pathlib.Path(b).read_bytes()
    (HERE / "cut.pcap").write_bytes(octets[:-5])
    status, out, err = run("merge", "--lang", "en", a, str(HERE / "cut.pcap"))
    check(status == 3 and "cut short" in err, f"{status} {err}")
    check("SYN seq=0" in out, out)


def captures_of_different_things_have_nothing_in_common():
    status, out, err = run("merge", ends("close-4")[0], ends("lost-syn")[1])
    check(status == 5 and "no segment is in both" in err, f"{status} {err}")
    check(out != "", "both are shown all the same")


if __name__ == "__main__":
    bad = main([
        what_the_relay_dropped_died_and_nothing_else,
        the_bounds_of_the_clock_hold,
        the_rst_that_nobody_sent_appeared,
        text_names_the_dead_and_the_ladder_crosses_them_out,
        the_merged_ladder_keeps_to_the_schema_of_explain,
        a_filter_and_standard_input_work,
        what_is_wrong_is_said,
        what_could_be_read_of_a_cut_file_is_merged,
        captures_of_different_things_have_nothing_in_common,
    ])
    shutil.rmtree(HERE)
    sys.exit(bad)
