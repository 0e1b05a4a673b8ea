/* SPDX-License-Identifier: MIT
 *
 * watch/line.c - a line of text that knows how many columns it takes.
 */
#include "watch/line.h"

#include <stdint.h>
#include <string.h>

/* True for the octets of UTF-8 that begin no character (RFC 3629 s3). */
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The code point that begins here; of what is no UTF-8, something below 128. */
static uint32_t code_point(const char *text)
{
    unsigned char lead = (unsigned char)text[0];
    unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    uint32_t point = more == 0 ? lead & 0x7fU : lead & (0x3fU >> more);

    for (unsigned i = 1; i <= more; i++) {
        if (!continues(text[i])) {
            return '?';
        }
        point = point << 6 | ((unsigned char)text[i] & 0x3fU);
    }
    return point;
}

static bool is_wide(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x4dbf}, {0x4e00, 0xa4cf},
        {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff}, {0xfe10, 0xfe19},
        {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };

    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]) && point >= wide[i].first; i++) {
        if (point <= wide[i].last) {
            return true;
        }
    }
    return false;
}

/* Columns of the character that begins here; text ends in a null octet or has it whole. */
static unsigned columns_of(const char *text)
{
    if (continues(*text)) {
        return 0;
    }
    return is_wide(code_point(text)) ? 2 : 1;
}

static unsigned columns_n(const char *text, size_t n)
{
    unsigned columns = 0;

    for (size_t i = 0; i < n; i++) {
        columns += columns_of(text + i);
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

/* Marks that no line begins with, as Chinese is set. */
static bool hangs(uint32_t point)
{
    static const uint16_t marks[] = {0x3001, 0x3002, 0x300b, 0x300d, 0xff01, 0xff09,
                                     0xff0c, 0xff1a, 0xff1b, 0xff1f, 0x201d};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (point == marks[i]) {
            return true;
        }
    }
    return false;
}

size_t sf_line_break(const char *text, unsigned columns, size_t *skip)
{
    size_t last = 0; /* the last place before the edge where a line may break */
    size_t n = 0;
    unsigned taken = 0;

    *skip = 0;
    for (n = 0; text[n] != '\0'; n++) {
        unsigned takes = columns_of(text + n);

        if (text[n] == ' ' || (takes == 2 && !hangs(code_point(text + n)))) {
            last = n;
        }
        taken += takes;
        if (taken > columns) {
            break;
        }
    }
    if (text[n] == '\0') {
        return n;
    }
    n = last > 0 ? last : n;
    while (text[n + *skip] == ' ') {
        ++*skip;
    }
    return n;
}
