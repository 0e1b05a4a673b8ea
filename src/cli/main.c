/* SPDX-License-Identifier: MIT
 *
 * cli/main.c - the synfin command.  Alone in its file, so that tests can link the rest.
 */
#include "cli/cli.h"

#include <locale.h>

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    return cli_main(argc, argv);
}
