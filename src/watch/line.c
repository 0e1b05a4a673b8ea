/* SPDX-License-Identifier: MIT
 *
 * watch/line.c - a line of text that knows how many columns it takes.
 */
#include "watch/line.h"

#include <string.h>

/* True for the octets of UTF-8 that begin no character (RFC 3629 s3). */
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static unsigned columns_n(const char *text, size_t n)
{
    unsigned columns = 0;

    for (size_t i = 0; i < n; i++) {
        columns += !continues(text[i]);
    }
    return columns;
}

unsigned sf_columns(const char *text)
{
    return columns_n(text, strlen(text));
}

void sf_line_init(struct sf_line *line, struct sf_sink sink, bool colours)
{
    line->sink = sink;
    line->colours = colours;
    line->coloured = false;
    line->n = 0;
    line->columns = 0;
}

/* Append octets that take no column, keeping room for the end of the line. */
static bool put_octets(struct sf_line *line, const char *text, size_t n)
{
    if (n > sizeof(line->text) - 1 - line->n) {
        return false;
    }
    memcpy(line->text + line->n, text, n);
    line->n += n;
    return true;
}

void sf_line_put_n(struct sf_line *line, const char *text, size_t n)
{
    if (put_octets(line, text, n)) {
        line->columns += columns_n(text, n);
    }
}

void sf_line_put(struct sf_line *line, const char *text)
{
    sf_line_put_n(line, text, strlen(text));
}

void sf_line_repeat(struct sf_line *line, const char *glyph, unsigned times)
{
    size_t n = strlen(glyph);

    for (unsigned i = 0; i < times; i++) {
        sf_line_put_n(line, glyph, n);
    }
}

void sf_line_to(struct sf_line *line, unsigned column)
{
    if (column > line->columns) {
        sf_line_repeat(line, " ", column - line->columns);
    }
}

void sf_line_middle(struct sf_line *line, const char *text, unsigned columns)
{
    unsigned begin = line->columns;
    unsigned takes = sf_columns(text);

    sf_line_to(line, begin + (columns > takes ? (columns - takes) / 2 : 0));
    sf_line_put(line, text);
    sf_line_to(line, begin + columns);
}

void sf_line_colour(struct sf_line *line, enum sf_colour colour)
{
    static const char *const codes[] = {
        [SF_COLOUR_PLAIN] = "\033[0m",  [SF_COLOUR_DIM] = "\033[2m",
        [SF_COLOUR_BOLD] = "\033[1m",   [SF_COLOUR_RED] = "\033[31m",
        [SF_COLOUR_GREEN] = "\033[32m", [SF_COLOUR_YELLOW] = "\033[33m",
        [SF_COLOUR_BLUE] = "\033[34m",  [SF_COLOUR_CYAN] = "\033[36m",
    };

    if (!line->colours) {
        return;
    }
    if (line->coloured) {
        (void)put_octets(line, codes[SF_COLOUR_PLAIN], strlen(codes[SF_COLOUR_PLAIN]));
    }
    line->coloured = colour != SF_COLOUR_PLAIN;
    if (line->coloured) {
        (void)put_octets(line, codes[colour], strlen(codes[colour]));
    }
}

void sf_line_end(struct sf_line *line)
{
    sf_line_colour(line, SF_COLOUR_PLAIN);
    while (line->n > 0 && line->text[line->n - 1] == ' ') {
        line->n--;
    }
    line->text[line->n++] = '\n';
    line->sink.put(line->sink.context, line->text, line->n);
    line->n = 0;
    line->columns = 0;
}

size_t sf_line_break(const char *text, unsigned columns, size_t *skip)
{
    size_t blank = 0; /* the last blank before the edge */
    size_t n = 0;
    unsigned taken = 0;

    *skip = 0;
    for (n = 0; text[n] != '\0'; n++) {
        if (text[n] == ' ') {
            blank = n;
        }
        if (!continues(text[n])) {
            taken++;
        }
        if (taken > columns) {
            break;
        }
    }
    if (text[n] == '\0') {
        return n;
    }
    n = blank > 0 ? blank : n;
    while (text[n + *skip] == ' ') {
        ++*skip;
    }
    return n;
}
