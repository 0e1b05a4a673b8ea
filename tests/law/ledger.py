# SPDX-License-Identifier: MIT
"""The specification as data is well formed, and what it points to exists.

docs/spec/requirements.tsv, behind what each rule says:

    status   met, deviates, not-applicable or later
    code     tcp/input.c:check_2_rst, below src/: who obeys it
    test     tests/fsm/window.c:a_reset_has_to_be_exact: which would fail without it
    reason   of all that is not met

docs/spec/states.tsv has, behind each row of the table, how tests/fsm/table.c runs it.
"""

import collections
import csv
import re

import law

STATES = {"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
          "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}
LEVELS = {"MUST", "MUST_NOT", "SHOULD", "SHOULD_NOT", "MAY"}
STATUSES = ("met", "deviates", "not-applicable", "later")


def rows(name):
    with open(law.TOP / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def function_exists(place, top):
    """file.c:function, the function defined there (a header may have it inline)."""
    path, _, function = place.partition(":")
    full = path if path.startswith(top) else top + path
    if full not in law.tracked() or not function:
        return False
    defined = rf"^(?:static )?(?:inline )?[a-z][\w ]*[ *]{re.escape(function)}\("
    return re.search(defined, law.code(full), re.M) is not None


def wrong_places(ledger):
    for r in ledger:
        if r["code"] and not function_exists(r["code"], "src/"):
            yield f"{r['id']}: no {r['code']}"
        if r["test"] and not function_exists(r["test"], "tests/"):
            yield f"{r['id']}: no {r['test']}"


def wrong_statuses(ledger):
    """A rule is met by code and a test, or it says why not."""
    for r in ledger:
        proven = r["code"] and r["test"]
        if r["status"] not in STATUSES:
            yield f"{r['id']}: no such status: {r['status']}"
        elif r["status"] == "met" and not proven:
            yield f"{r['id']}: met, but by what code, shown by which test?"
        elif r["status"] != "met" and not r["reason"]:
            yield f"{r['id']}: {r['status']}, but why?"
        elif r["status"] == "deviates" and r["level"] in ("MUST", "MUST_NOT"):
            record = re.search(r"docs/adr/(\d{4})", r["reason"])
            if not record or not any(n.startswith(f"docs/adr/{record.group(1)}-")
                                     for n in law.tracked()):
                yield f"{r['id']}: deviates from a {r['level']} without a decision record"


def coverage(ledger, key):
    """Lines: how many rules of each kind are met, and what becomes of the others."""
    table = collections.defaultdict(collections.Counter)
    for r in ledger:
        table[key(r)][r["status"]] += 1
    for name in sorted(table):
        n = table[name]
        rest = ", ".join(f"{n[s]} {s}" for s in STATUSES[1:] if n[s])
        total = sum(n.values())
        yield f"#   {name:<14}{n['met']:>4} of {total:<4} met{', ' + rest if rest else ''}"


def print_coverage(ledger):
    musts = [r for r in ledger if r["level"] in ("MUST", "MUST_NOT")]
    print("# all, and MUST and MUST_NOT alone:")
    print("\n".join(coverage(ledger, lambda r: "all")))
    print("\n".join(coverage(musts, lambda r: "MUST")))
    print("# by RFC:")
    print("\n".join(coverage(ledger, lambda r: r["id"].partition("/")[0])))
    print("# by area:")
    print("\n".join(coverage(ledger, lambda r: r["area"])))


def main():
    tap = law.Tap()
    ledger = rows("docs/spec/requirements.tsv")
    ids = [r["id"] for r in ledger]
    tap.case("every requirement has an id of its own",
             sorted({i for i in ids if ids.count(i) > 1}) or [] if ledger else ["no rows"])
    tap.case("every requirement was read in its RFC", [i for i in ids if i.endswith("?")])
    tap.case("every requirement has a level and a text",
             [r["id"] for r in ledger if r["level"] not in LEVELS or not r["requirement"]])
    tap.case("what the ledger points to exists", wrong_places(ledger))
    tap.case("every requirement is met, by code and a test, or says why not",
             wrong_statuses(ledger))
    print_coverage(ledger)

    table = rows("docs/spec/states.tsv")
    tap.case("the table of transitions speaks of the eleven states",
             [f"row {i}: {r['state']} -> {r['next_state']}" for i, r in enumerate(table, 2)
              if r["state"] not in STATES or r["next_state"] not in STATES]
             if table else ["no rows"])
    tap.case("every state has a row for every event",
             [f"{s} lacks {e}" for s in sorted(STATES)
              for e in sorted({r["event"] for r in table})
              if not any(r["state"] == s and r["event"] == e for r in table)])
    tap.case("every row says how it is run, or that it is run later",
             [f"row {i}" for i, r in enumerate(table, 2)
              if not r["expect"].startswith("later: ")
              and not (r["setup"] and r["inject"] and r["expect"])])
    tap.done()


if __name__ == "__main__":
    main()
