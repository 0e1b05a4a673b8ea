/* SPDX-License-Identifier: MIT
 *
 * script/lab/words.c - a file as lines of words, each with its place.
 */
#include "script/lab/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void split(struct lab_line *line, const char *from, const char *at, const char *end)
{
    line->n = 0;
    while (at < end && line->n < LAB_WORDS) {
        const char *begin = at;

        while (at < end && !blank(*at)) {
            at++;
        }
        line->words[line->n++] = (struct lab_word){.at = begin,
                                                   .octets = (size_t)(at - begin),
                                                   .column = (unsigned)(begin - from) + 1};
        while (at < end && blank(*at)) {
            at++;
        }
    }
}

bool lab_next_line(struct lab_lines *lines, struct lab_line *line)
{
    while (lines->at < lines->end) {
        const char *from = lines->at;
        const char *newline = memchr(from, '\n', (size_t)(lines->end - from));
        const char *end = newline != NULL ? newline : lines->end;
        const char *at = from;

        lines->at = newline != NULL ? newline + 1 : lines->end;
        lines->number++;
        while (at < end && blank(*at)) {
            at++;
        }
        while (end > at && blank(end[-1])) {
            end--;
        }
        if (at < end && *at != '#') {
            *line = (struct lab_line){.number = lines->number,
                                      .indented = at > from,
                                      .rest = at,
                                      .rest_octets = (size_t)(end - at)};
            split(line, from, at, end);
            return true;
        }
    }
    return false;
}

bool lab_refuse(const struct lab_lines *lines, const struct lab_line *line, const char *format,
                ...)
{
    struct lab_wrong *wrong = lines->wrong;
    va_list args;

    if (wrong->text[0] != '\0') {
        return false;
    }
    wrong->place.line = line->number;
    if (line->next < line->n) {
        wrong->place.column = line->words[line->next].column;
    } else if (line->n > 0) {
        const struct lab_word *last = &line->words[line->n - 1];

        wrong->place.column = last->column + (unsigned)last->octets + 1;
    }
    va_start(args, format);
    (void)vsnprintf(wrong->text, sizeof(wrong->text), format, args);
    va_end(args);
    return false;
}

const struct lab_word *lab_peek_word(const struct lab_line *line)
{
    return line->next < line->n ? &line->words[line->next] : NULL;
}

bool lab_word_is(const struct lab_word *word, const char *text)
{
    return word != NULL && word->octets == strlen(text) &&
           memcmp(word->at, text, word->octets) == 0;
}

bool lab_take(struct lab_line *line, const char *text)
{
    bool is = lab_word_is(lab_peek_word(line), text);

    line->next += is;
    return is;
}

const char *lab_take_key(struct lab_line *line, const char *key, size_t *octets)
{
    const struct lab_word *word = lab_peek_word(line);
    size_t n = strlen(key);

    if (word == NULL || word->octets < n || memcmp(word->at, key, n) != 0) {
        return NULL;
    }
    line->next++;
    *octets = word->octets - n;
    return word->at + n;
}

bool lab_read_name(const struct lab_lines *lines, struct lab_line *line, const char *what,
                   char *name, size_t room)
{
    const struct lab_word *word = lab_peek_word(line);

    if (word == NULL || word->octets >= room) {
        return lab_refuse(lines, line, "expected %s, of fewer than %zu letters", what, room);
    }
    memcpy(name, word->at, word->octets);
    name[word->octets] = '\0';
    line->next++;
    return true;
}

/* Digits, perhaps with a point among them, times a unit; where they end, or null. */
static const char *read_decimal(const char *at, const char *end, uint64_t unit, uint64_t *value)
{
    const char *begin = at;
    uint64_t whole = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (whole > UINT64_MAX / 10 / unit - 1) {
            return NULL;
        }
        whole = whole * 10 + (uint64_t)(*at - '0');
    }
    if (at == begin) {
        return NULL;
    }
    *value = whole * unit;
    if (at < end && *at == '.') {
        for (at++; at < end && *at >= '0' && *at <= '9'; at++) {
            unit /= 10;
            *value += unit * (uint64_t)(*at - '0');
        }
    }
    return at;
}

struct unit {
    const char *name;
    uint64_t value;
};

/* A decimal and one of these units behind it. */
static bool measure(const char *at, size_t octets, const struct unit *units, size_t n,
                    uint64_t *value)
{
    for (size_t i = 0; i < n; i++) {
        size_t width = strlen(units[i].name);
        const char *stop = at + octets - (width < octets ? width : octets);

        if (width >= octets || memcmp(stop, units[i].name, width) != 0) {
            continue;
        }
        if (read_decimal(at, stop, units[i].value, value) == stop) {
            return true;
        }
    }
    return false;
}

bool lab_number_of(const char *at, size_t octets, uint64_t *n)
{
    static const struct unit units[] = {
        {"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}};

    return measure(at, octets, units, sizeof(units) / sizeof(units[0]), n);
}

bool lab_span_of(const char *at, size_t octets, sf_span *span)
{
    static const struct unit units[] = {
        {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};

    return measure(at, octets, units, sizeof(units) / sizeof(units[0]), &span->ns);
}

bool lab_read_number(const struct lab_lines *lines, struct lab_line *line, const char *what,
                     uint64_t *n)
{
    const struct lab_word *word = lab_peek_word(line);

    if (word == NULL || !lab_number_of(word->at, word->octets, n)) {
        return lab_refuse(lines, line, "expected %s, a number as 100, 10k or 2M", what);
    }
    line->next++;
    return true;
}

bool lab_read_span(const struct lab_lines *lines, struct lab_line *line, sf_span *span)
{
    const struct lab_word *word = lab_peek_word(line);

    if (word == NULL || !lab_span_of(word->at, word->octets, span)) {
        return lab_refuse(lines, line, "expected a length of time, as 100ms or 2.5s");
    }
    line->next++;
    return true;
}

bool lab_read_rate(const struct lab_lines *lines, struct lab_line *line, uint64_t *bps)
{
    static const struct unit units[] = {
        {"gbit", 1000000000}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1}};
    const struct lab_word *word = lab_peek_word(line);

    if (word == NULL || !measure(word->at, word->octets, units, 4, bps)) {
        return lab_refuse(lines, line, "expected a rate, as 10mbit");
    }
    line->next++;
    return true;
}

bool lab_read_end(const struct lab_lines *lines, const struct lab_line *line)
{
    return line->next >= line->n || lab_refuse(lines, line, "expected nothing more here");
}
