/* SPDX-License-Identifier: MIT
 *
 * cli/main.c - the synfin command.  Alone in its file, so that tests can link the rest.
 */
#include "cli/cli.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* The engine prints nothing; a broken promise is worth a line before it ends. */
void sf_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "synfin: %s:%d: this does not hold: %s: please report it\n", file, line,
            what);
    abort();
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    return cli_main(argc, argv);
}
