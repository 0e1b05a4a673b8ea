# SPDX-License-Identifier: MIT
"""The specification as data is well formed, and what it points to exists.

docs/spec/requirements.tsv may carry the columns `where` (src/tcp/input.c:check_2_rst) and
`test` (the name of a test function); where they are filled, both must be there.
"""

import csv
import re

import law

STATES = {"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
          "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}
LEVELS = {"MUST", "MUST_NOT", "SHOULD", "SHOULD_NOT", "MAY"}


def rows(name):
    with open(law.TOP / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def place_exists(where):
    path, _, function = where.partition(":")
    full = path if path.startswith("src/") else f"src/{path}"
    named = re.compile(rf"\b{re.escape(function)}\b")
    return full in law.tracked() and (not function or named.search(law.code(full)))


def main():
    tap = law.Tap()
    ledger = rows("docs/spec/requirements.tsv")
    ids = [r["id"] for r in ledger]
    tap.case("every requirement has an id of its own",
             sorted({i for i in ids if ids.count(i) > 1}) or [] if ledger else ["no rows"])
    tap.case("every requirement has a level and a text",
             [r["id"] for r in ledger if r["level"] not in LEVELS or not r["requirement"]])
    tests = " ".join(law.code(n) for n in law.files("tests", ext=(".c",)))
    tap.case("what the ledger points to exists",
             [f"{r['id']}: no {r['where']}" for r in ledger
              if r.get("where") and not place_exists(r["where"])]
             + [f"{r['id']}: no test {r['test']}" for r in ledger
                if r.get("test") and not re.search(rf"\b{re.escape(r['test'])}\b", tests)])

    table = rows("docs/spec/states.tsv")
    tap.case("the table of transitions speaks of the eleven states",
             [f"row {i}: {r['state']} -> {r['next_state']}" for i, r in enumerate(table, 2)
              if r["state"] not in STATES or r["next_state"] not in STATES]
             if table else ["no rows"])
    tap.case("every state has a row for every event",
             [f"{s} lacks {e}" for s in sorted(STATES)
              for e in sorted({r["event"] for r in table})
              if not any(r["state"] == s and r["event"] == e for r in table)])
    tap.done()


if __name__ == "__main__":
    main()
