# SPDX-License-Identifier: MIT
"""synfin explain --format: drawings are well-formed, JSON is JSON, and a capture keeps its
packets, whatever its name is."""

import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from _rig import SYNFIN, check, main, run

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "capture" / "corpus"
CAPTURES = sorted(CORPUS.glob("*/*.pcap"))
CROSSED = CORPUS / "simultaneous-close" / "client.pcap"
EVIL = "<img src=x onerror=alert(1)>&\"'--><script>#;end.pcap"


def explain(file, how, *more):
    status, out, err = run("explain", "--fail-on", "never", "--format", how, *more, str(file))
    # Of some there is nothing to tell: that end saw no segment.  The output is whole.
    check(status in (0, 5), f"{file}: {how}: {status} {err}")
    return out


def segments(file):
    return [s for c in json.loads(explain(file, "json"))["connections"] for s in c["segments"]]


def each_drawing_is_well_formed_and_has_all_segments():
    for file in CAPTURES:
        for lang in ("en", "zh"):
            root = xml.fromstring(explain(file, "svg", "--lang", lang))
            check(root.tag == "{http://www.w3.org/2000/svg}svg", root.tag)
            drawn = [e for e in root.iter() if e.get("class", "").startswith("seg ")]
            check(len(drawn) == len(segments(file)), f"{file}: {len(drawn)}")
            check(not [e for e in root.iter() if e.tag.endswith("script")], "a script")
            check(all(not k.endswith("href") for e in root.iter() for k in e.keys()), "a link")


def each_line_of_qlog_is_json_behind_its_separator():
    for file in CAPTURES:
        records = explain(file, "qlog").split("\x1e")
        check(records[0] == "" and all(r.endswith("\n") for r in records[1:]), f"{file}")
        head, *events = [json.loads(r) for r in records[1:]]
        check(head["file_schema"] == "urn:ietf:params:qlog:file:sequential", str(head))
        check(head["trace"]["event_schemas"] == ["urn:synfin:qlog:tcp-1"], str(head))
        sent = [e["data"] for e in events if e["name"] == "tcp:segment"]
        check([(s["packet"], s["from"], s["flags"], s["seq"], s["length"]) for s in sent]
              == [(s["n"], s["from"], s["flags"], s["seq"], s["len"]) for s in segments(file)],
              f"{file}")


def the_schema_of_qlog_names_every_event_that_is_written():
    told = (CORPUS.parents[2] / "docs" / "qlog-tcp.md").read_text(encoding="utf-8")
    seen = {json.loads(r)["name"] for f in CAPTURES
            for r in explain(f, "qlog").split("\x1e")[2:]}
    check(len(seen) >= 4 and all(f"`{n}`" in told for n in seen), f"{seen}")


def mermaid_has_an_arrow_for_each_segment():
    for file in CAPTURES:
        lines = explain(file, "mermaid").splitlines()
        check(lines[0] == "sequenceDiagram", lines[0])
        known = re.compile(r"    (participant [cs]\d+ as |[cs]\d+--?(>>|x)[cs]\d+: |%% "
                           r"|Note (left of|right of|over) [cs]\d+(,s\d+)?: )")
        check(all(known.match(line) for line in lines[1:]), f"{file}")
        arrows = [line for line in lines if re.match(r"    [cs]\d+--?(>>|x)", line)]
        check(len(arrows) == len(segments(file)), f"{file}: {len(arrows)}")


def blocks(octets):
    """The packets of a pcapng file of this machine's order, with their comments."""
    at = 0
    while at < len(octets):
        kind, length = struct.unpack_from("=II", octets, at)
        if kind == 6:
            captured = struct.unpack_from("=I", octets, at + 20)[0]
            option = at + 28 + (captured + 3) // 4 * 4
            comment = None
            while option < at + length - 4:
                code, n = struct.unpack_from("=HH", octets, option)
                if code == 1:
                    comment = octets[option + 4:option + 4 + n].decode()
                if code == 0:
                    break
                option += 4 + (n + 3) // 4 * 4
            yield octets[at + 28:at + 28 + captured], comment
        at += length


def packets(octets):
    """The packets of a pcap file of this machine's order."""
    at = 24
    while at < len(octets):
        captured = struct.unpack_from("=I", octets, at + 8)[0]
        yield octets[at + 16:at + 16 + captured]
        at += 16 + captured


def pcapng_keeps_the_packets_and_says_what_they_did():
    with tempfile.TemporaryDirectory() as where:
        out = pathlib.Path(where) / "out.pcapng"
        explain(CROSSED, "pcapng", "-o", str(out))
        got = list(blocks(out.read_bytes()))
        check([p for p, _ in got] == list(packets(CROSSED.read_bytes())), "other packets")
        said = "\n".join(c for _, c in got if c)
        check("ESTABLISHED → FIN_WAIT_1" in said and "SIM-CLOSE" in said, said)
        piped = subprocess.run([SYNFIN, "explain", "--format", "pcapng", "-"], timeout=20,
                               input=CROSSED.read_bytes(), capture_output=True, check=False)
        check(piped.stdout == out.read_bytes(), f"from a pipe: {piped.stderr}")
        few = pathlib.Path(where) / "few.pcapng"
        explain(CROSSED, "pcapng", "-c", "3", "-o", str(few))
        check(len(list(blocks(few.read_bytes()))) == 3, "-c 3 is not kept to")
        mine = pathlib.Path(where) / "mine.pcap"
        shutil.copy(CROSSED, mine)
        status, _, err = run("explain", "--format", "pcapng", "-o", str(mine), str(mine))
        check(status == 2 and "is what is read" in err, f"{status} {err}")
        check(mine.read_bytes() == CROSSED.read_bytes(), "it was overwritten")


def a_hostile_name_is_text():
    with tempfile.TemporaryDirectory() as where:
        file = pathlib.Path(where) / EVIL.replace("/", "")
        shutil.copy(CROSSED, file)
        root = xml.fromstring(explain(file, "svg"))
        check(str(file) in root[0].text, root[0].text)
        page = explain(file, "html")
        check("<img" not in page and page.count("<script") == page.count("</script>"), "markup")
        head = explain(file, "mermaid").splitlines()[1]
        check(not re.search(r'[<>"&#;]', re.sub(r"#\d+;", "", head)), head)
        check(json.loads(explain(file, "qlog").split("\x1e")[1])["title"] == str(file), "title")


def the_page_has_words_for_every_note():
    top = CORPUS.parents[2] / "src" / "watch" / "report"
    keys = set(re.findall(r'\{(?:SF_\w+|0), (?:SF_\w+|0), "([a-z-]+)"\}',
                          (top / "part.c").read_text(encoding="utf-8")))
    page = (top / "page.js").read_text(encoding="utf-8")
    words = page[page.index("const notes = {"):page.index("const bits")]
    check(len(keys) == 25 and all(re.search(rf'\s"?{k}"?: \[', words) for k in keys), f"{keys}")


def an_unknown_format_is_refused():
    status, out, err = run("explain", "--format", "docx", str(CROSSED))
    check(status == 2 and out == "" and len(err.splitlines()) <= 2, f"{status} {err}")


if __name__ == "__main__":
    sys.exit(main([
        each_drawing_is_well_formed_and_has_all_segments,
        each_line_of_qlog_is_json_behind_its_separator,
        the_schema_of_qlog_names_every_event_that_is_written,
        mermaid_has_an_arrow_for_each_segment, pcapng_keeps_the_packets_and_says_what_they_did,
        a_hostile_name_is_text, the_page_has_words_for_every_note, an_unknown_format_is_refused,
    ]))
