/* SPDX-License-Identifier: MIT
 *
 * cli/say.c - one line on standard error, whatever happens.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* As one write, so that lines of several processes do not mix. */
__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list args)
{
    char line[1024] = "synfin: ";
    size_t head = strlen(line);
    int n = vsnprintf(line + head, sizeof(line) - head - 1, format, args);
    size_t octets = head + (n < 0 ? 0 : (size_t)n);

    if (octets > sizeof(line) - 2) {
        octets = sizeof(line) - 2;
    }
    /* A name that the user gave may hold anything: the line stays one line. */
    for (size_t i = 0; i < octets; i++) {
        if ((unsigned char)line[i] < ' ') {
            line[i] = '?';
        }
    }
    line[octets] = '\n';
    fwrite(line, 1, octets + 1, stderr);
}

int cli_fail(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return status;
}

void cli_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
}

const char *cli_reason(enum sf_err err)
{
    if (err == SF_ERR_OS) {
        return strerrordesc_np(errno) != NULL ? strerrordesc_np(errno) : "unknown error";
    }
    return sf_err_text(err);
}
