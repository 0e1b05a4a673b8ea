#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a C table of the specification ledger: rules.py requirements.tsv rules.c"""

import csv
import sys

COLUMNS = ("id", "level", "rfc", "section", "area", "requirement", "status", "code", "test",
           "reason")


def quoted(text):
    out = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return f'"{out}"'


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    with open(target, "w", encoding="utf-8") as f:
        f.write("/* Made of docs/spec/requirements.tsv by scripts/rules.py. */\n"
                '#include "cli/rules.h"\n\nconst struct cli_rule cli_rules[] = {\n')
        for row in rows:
            values = ", ".join(quoted(row[c] or "") for c in COLUMNS)
            f.write(f"    {{{values}}},\n")
        f.write("};\n\nconst size_t cli_rules_n = sizeof(cli_rules) / sizeof(cli_rules[0]);\n")


if __name__ == "__main__":
    main()
