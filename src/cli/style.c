/* SPDX-License-Identifier: MIT
 *
 * cli/style.c - how a ladder is to look where it goes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/number.h"
#include "cli/options.h"
#include "synfin/ladder.h"

#define NARROW 60
#define WIDE   240

/* As wide as the terminal; COLUMNS overrides, as for other programs; else the usual 80. */
static uint16_t width_of(int fd)
{
    const char *columns = getenv("COLUMNS");
    uint64_t number = 0;
    struct winsize size = {.ws_col = 0};

    if (columns == NULL || !cli_number(columns, 1, 100000, &number)) {
        if (isatty(fd) == 0 || ioctl(fd, TIOCGWINSZ, &size) != 0) {
            return 0;
        }
        number = size.ws_col;
    }
    if (number < NARROW) {
        return NARROW;
    }
    return (uint16_t)(number > WIDE ? WIDE : number);
}

static bool colour_on(int fd)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no != NULL && no[0] != '\0') {
        return false;
    }
    return isatty(fd) != 0 && term != NULL && strcmp(term, "dumb") != 0;
}

void cli_options_style(const struct cli_options *options, int fd, struct sf_ladder_style *style)
{
    *style = (struct sf_ladder_style){
        .width = options->width != 0 ? options->width : width_of(fd),
        .ascii = options->ascii,
        .colour = options->color == CLI_ALWAYS || (options->color == CLI_AUTO && colour_on(fd)),
        .letters = options->letters,
        .absolute = options->absolute,
        .verbose = options->verbose > 0,
        .lang = (uint8_t)options->lang,
    };
}
