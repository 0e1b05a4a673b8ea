# SPDX-License-Identifier: MIT
"""Record the kernel's TCP with the truth of its states, explain it, and compare.

usage: run.py [--keep DIR] [--record] [--from DIR] [--store] [--jobs N] [--list] [NAME...]

Without options: record every scenario in a temporary directory, judge what the command
(SYNFIN) says of it, and of the same with something missing (VARIANTS, capture-variants), and
write TAP.  --record stops after recording; --from judges what was recorded before.  Without
root or tracing there is nothing to record: then the stored captures alone are judged, and under
CI that is a failure.  --store, with --keep, makes the stored captures anew.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import _between  # noqa: F401
import _closing  # noqa: F401
import _judge
import _mistakes
import _opening  # noqa: F401
import _resets  # noqa: F401
import _trace
from _recorder import Recorder
from _scenario import ALL
from _sniff import store_pcap

SYNFIN = os.environ.get("SYNFIN", "build/synfin")
VARIANTS = os.environ.get("VARIANTS", "build/tests/capture-variants")
LIMIT = 120    # seconds for one run of a program
CERTAIN = 95   # per cent of the states that must be seen or inferred
MANY = 100     # packets: with more, variants would take too long

# Kept in the tree: for machines without tracing, and as a start for the fuzzers.
STORED = ["accept-queue-full", "blind-reset", "close-3", "close-4", "close-wait-leak",
          "fast-open", "fin-wait-2-orphan", "half-close", "half-open", "keepalive-death",
          "keepalive-survives", "linger-0", "lost-fin", "lost-last-ack", "lost-syn", "refused",
          "refused-icmp", "self-connect", "simultaneous-close", "simultaneous-open",
          "syn-cookie-without-timestamps", "tail-loss", "time-wait-reuse", "unread-data",
          "ipv6", "zero-window"]
CORPUS = HERE / "corpus"
SNAP = 128  # octets of each packet that are stored

# How the packets of a variant are known: (variant, packets, all) to indices.
KEPT = {
    "missing": lambda v, packets: [i for i in range(len(packets)) if i != v - 1],
    "prefix": lambda v, packets: list(range(v)),
    "suffix": lambda v, packets: list(range(v, len(packets))),
    "oneway": lambda v, packets: [i for i, (_, p) in enumerate(packets)
                                  if (p.src == packets[0][1].src) == (v == 1)],
}


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def case(self, name, wrong=()):
        self.n += 1
        self.bad += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {self.n} - {name}")
        for line in wrong:
            print(f"# {line}")
        sys.stdout.flush()

    def done(self):
        print(f"1..{self.n}")
        return bool(self.bad)


def explain(path):
    """What the command says, or why it says nothing."""
    done = subprocess.run([SYNFIN, "explain", "--json", "--fail-on", "never", str(path)],
                          capture_output=True, text=True, timeout=LIMIT)
    if done.returncode != 0 or done.stderr:
        return None, [f"{path}: status {done.returncode}: {done.stderr.strip()}"]
    return json.loads(done.stdout), []


def whole(recording, totals):
    """Each capture as it is: (case, what is wrong) of each."""
    cases = []
    for place in recording.truth["places"]:
        packets = recording.packets[place]
        if not packets:
            continue
        said, wrong = explain(f"{recording.where}/{place}.pcap")
        if said:
            verdict = _judge.judge(recording, place, said)
            wrong = verdict.wrong
            totals[0] += verdict.certain
            totals[1] += verdict.claims
        cases.append((f"{recording.name}: the {place}'s capture is explained as the kernel "
                      "tells it", wrong))
    return cases


def mistakes(recording):
    """What other tools say wrongly of this capture."""
    check = _mistakes.CHECKS.get(recording.name)
    if not check:
        return []
    said, wrong = explain(f"{recording.where}/client.pcap")
    about = check.__doc__ or "The reset has its own cause."
    return [(f"{recording.name}: {about.splitlines()[0]}", wrong or check(said))]


def judged(name, where, totals, again):
    """A recording, and its cases.

    On a machine that is busy with something else a timer may strike that the scenario is not
    about, and it is no lie to say so.  Then it is played again, by itself; a lie stays one.
    """
    for left in (2, 1, 0):
        recording = _judge.Recording(f"{where}/{name}", ALL[name].meta())
        counts = [0, 0]
        cases = whole(recording, counts) + mistakes(recording)
        wrong = [text for _, texts in cases for text in texts]
        if not wrong or not left or not again(name):
            break
        print(f"# {name} is played again: {wrong[0]}")
    totals[0] += counts[0]
    totals[1] += counts[1]
    return recording, cases


def variants(recording, place, mode):
    """Captures that lack something: nothing false is called seen."""
    done = subprocess.run([VARIANTS, mode, f"{recording.where}/{place}.pcap"],
                          capture_output=True, text=True, timeout=LIMIT)
    if done.returncode != 0:
        return [f"{place}, {mode}: status {done.returncode}: {done.stderr[-2000:]}"]
    wrong = []
    for line in done.stdout.splitlines():
        said = json.loads(line)
        keep = KEPT[mode](said["variant"], recording.packets[place])
        part = recording.part(place, keep)
        verdict = _judge.Verdict()
        for connection in said["connections"]:
            _judge.evidence(part, place, connection, verdict)
        wrong += [f"{place}, {mode} {said['variant']}: {text}" for text in verdict.wrong]
    return wrong


def damaged(tap, recordings):
    """All variants, and the cuts, two programs at a time."""
    jobs = [(r, place, mode) for r in recordings for place in r.truth["places"]
            for mode in KEPT if 0 < len(r.packets[place]) <= MANY]
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        results = list(pool.map(variants, *zip(*jobs), chunksize=8))
    for recording in recordings:
        wrong = [text for job, found in zip(jobs, results) if job[0] is recording
                 for text in found]
        tap.case(f"{recording.name}: without some of its packets, nothing false is seen", wrong)
    files = [f"{r.where}/{r.truth['places'][0]}.pcap" for r in recordings
             if 0 < len(r.packets[r.truth["places"][0]]) <= MANY]
    done = subprocess.run([VARIANTS, "cut", *files],
                          capture_output=True, text=True, timeout=LIMIT)
    cuts = sum(int(n) for n in re.findall(r"^ok .* each of (\d+) octets", done.stdout, re.M))
    tap.case(f"{len(files)} captures, cut at each of {cuts} octets, are read to their end",
             [done.stderr[-2000:]] if done.returncode else [])


def judge(tap, where, names, again):
    recordings, totals = [], [0, 0]
    for name in names:
        recording, cases = judged(name, where, totals, again)
        recordings.append(recording)
        for case, wrong in cases:
            tap.case(case, wrong)
    share = 100 * totals[0] / max(totals[1], 1)
    if len(names) == len(ALL):
        tap.case(f"at least {CERTAIN} % of the states are seen or inferred",
                 [] if share >= CERTAIN else [f"{totals[0]} of {totals[1]}"])
    print(f"# {totals[0]} of {totals[1]} states are seen or inferred: {share:.1f} %")
    damaged(tap, recordings)


def play(where, names, jobs):
    """Record scenarios; the recorder knows how it went."""
    trace = _trace.Trace()
    try:
        recorder = Recorder(trace, where, jobs)
        recorder.record([ALL[n] for n in names])
    finally:
        trace.close()
    return recorder


def record(tap, where, names, jobs):
    """Record; the names of what could be."""
    recorder = play(where, names, jobs)
    disturbed = [n for n in names if n in recorder.failed]
    if disturbed:
        recorder.failed.update({n: "" for n in disturbed})
        second = play(where, disturbed, 2)
        recorder.failed = {**{k: v for k, v in recorder.failed.items() if v}, **second.failed}
    for name in names:
        why = recorder.failed.get(name, "")
        tap.case(f"{name}: recorded", why.splitlines())
    if "trace" in recorder.failed:
        tap.case("the trace is whole", [recorder.failed["trace"]])
    slow = max(recorder.took, key=recorder.took.get)
    print(f"# the slowest was {slow}, {recorder.took[slow]:.1f} s")
    return [name for name in names if name not in recorder.failed]


def store(where):
    """Put short copies of some captures into the tree, with their truth."""
    for name in STORED:
        target = CORPUS / name
        target.mkdir(parents=True, exist_ok=True)
        for end in ("client", "server"):
            store_pcap(f"{where}/{name}/{end}.pcap", target / f"{end}.pcap", SNAP)
        truth = json.loads(pathlib.Path(f"{where}/{name}/truth.json").read_text())
        truth["places"] = ["client", "server"]
        (target / "truth.json").write_text(json.dumps(truth) + "\n")


def stored(tap):
    """The captures in the tree."""
    for name in STORED:
        recording = _judge.Recording(str(CORPUS / name), ALL[name].meta())
        recording.name = f"stored {name}"
        recording.truth["places"] = ["client", "server"]
        for case, wrong in whole(recording, [0, 0]):
            tap.case(case, wrong)


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", help="where to leave the captures")
    parser.add_argument("--record", action="store_true", help="do not judge")
    parser.add_argument("--from", dest="made", help="judge these")
    parser.add_argument("--store", action="store_true", help="make the stored captures anew")
    parser.add_argument("--jobs", type=int, default=16)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def main():
    given = parse()
    if given.list:
        for scenario in ALL.values():
            print(f"{scenario.name}: {scenario.about}")
        return 0
    tap = Tap()
    where = given.made or given.keep or tempfile.mkdtemp(prefix="synfin-capture-")
    os.makedirs(where, exist_ok=True)
    names = given.names or list(ALL)
    try:
        if given.made:
            names = [n for n in names if os.path.exists(f"{where}/{n}/truth.json")]
        else:
            names = record(tap, where, names, given.jobs)
        if given.store:
            store(where)
        if not given.record:
            judge(tap, where, names,
                  lambda name: not given.made and not play(where, [name], 1).failed)
            stored(tap)
    except (_trace.NoTracing, PermissionError) as error:
        stored(tap)
        print(f"# nothing was recorded, there is no truth to compare with: {error}")
        tap.case("the kernel's changes of state can be traced",
                 [str(error)] if os.environ.get("CI") or os.geteuid() == 0 else [])
    finally:
        if not (given.keep or given.made):
            shutil.rmtree(where, ignore_errors=True)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
