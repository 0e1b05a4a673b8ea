/* SPDX-License-Identifier: MIT
 *
 * watch/report/part.c - words and numbers that more than one kind of report has.
 */
#include "watch/report/part.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "watch/conv/conv.h"
#include "watch/fold.h"

#define WHOLE_ROWS 240  /* ladders of so many rows are shown whole */
#define MOST_ROWS  1000 /* no ladder is shown with more */
#define FOLD_MORE  16   /* of longer ones, plain rows in a row that are shown whole, ... */
#define FOLD_KEEP  6    /* ... and of more, so many at both ends */

void sf_put(struct sf_sink sink, const char *text)
{
    sink.put(sink.context, text, strlen(text));
}

void sf_putf(struct sf_sink sink, const char *format, ...)
{
    char text[1024];
    va_list values;

    va_start(values, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() is above it */
    (void)vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    sf_put(sink, text);
}

void sf_put_lines(struct sf_sink sink, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        sf_put(sink, *lines);
    }
}

size_t sf_part_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
               : s[0] >= 0xe0 && s[0] <= 0xef ? 3
               : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                              : 0;

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) {
        return 0; /* too long a form, a surrogate, or beyond U+10FFFF */
    }
    return n;
}

static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void sf_put_xml(struct sf_sink sink, const char *text)
{
    while (*text != '\0') {
        const char *escape = escape_of(*text);
        size_t n = sf_part_utf8(text);
        bool control = (unsigned char)*text < 0x20 || *text == 0x7f;

        if (n == 0 || control || memcmp(text, "\xef\xbf\xbe", n) == 0 ||
            memcmp(text, "\xef\xbf\xbf", n) == 0) {
            sf_put(sink, "\xef\xbf\xbd");
            n = n == 0 ? 1 : n;
        } else if (escape != NULL) {
            sf_put(sink, escape);
        } else {
            sink.put(sink.context, text, n);
        }
        text += n;
    }
}

char *sf_part_endpoint(const struct sf_endpoint *at, char *text)
{
    char addr[SF_ADDR_TEXT];
    bool v6 = at->addr.family == SF_IPV6;

    (void)snprintf(text, SF_PART_ENDPOINT, "%s%s%s:%u", v6 ? "[" : "",
                   sf_addr_text(&at->addr, addr), v6 ? "]" : "", (unsigned)at->port);
    return text;
}

char *sf_part_time(uint64_t ns, char *text)
{
    static const struct {
        uint64_t ns;
        const char *unit;
    } units[] = {{UINT64_C(3600000000000), "h"},
                 {UINT64_C(60000000000), "min"},
                 {1000000000, "s"},
                 {1000000, "ms"},
                 {1000, "µs"},
                 {1, "ns"}};
    size_t i = 0;

    /* Two minutes are still told in seconds. */
    while (i < 5 && ns < units[i].ns * (i < 2 ? 2 : 1)) {
        i++;
    }
    if (ns / units[i].ns >= 100 || i == 5) {
        (void)snprintf(text, 32, "%" PRIu64 " %s", ns / units[i].ns, units[i].unit);
    } else {
        (void)snprintf(text, 32, "%" PRIu64 ".%" PRIu64 " %s", ns / units[i].ns,
                       ns % units[i].ns / (units[i].ns / 10), units[i].unit);
    }
    return text;
}

const char *sf_part_call(unsigned call)
{
    static const char *const calls[] = {
        [SF_CALL_OPEN] = "connect()",      [SF_CALL_ACCEPT] = "accept()",
        [SF_CALL_SEND] = "send()",         [SF_CALL_RECEIVE] = "recv()",
        [SF_CALL_SHUTDOWN] = "shutdown()", [SF_CALL_CLOSE] = "close()",
        [SF_CALL_ABORT] = "abort()",
    };

    return call < sizeof(calls) / sizeof(calls[0]) && calls[call] != NULL ? calls[call] : "?";
}

const char *sf_part_mark(unsigned certainty)
{
    return certainty == SF_SEEN ? "" : certainty == SF_INFERRED ? "~" : "?";
}

const char *sf_part_note(const struct sf_row *row, size_t *at)
{
    static const struct {
        uint32_t marks, bits; /* any of these */
        const char *key;
    } notes[] = {
        {SF_MARK_LOST, 0, "lost"},
        {SF_MARK_DROPPED, 0, "dropped"},
        {SF_MARK_AGAIN, 0, "again"},
        {SF_MARK_KEEPALIVE, SF_STEP_KEEPALIVE, "keepalive"},
        {SF_MARK_PROBE, SF_STEP_PROBE, "probe"},
        {SF_MARK_LATE, SF_STEP_OUT_OF_ORDER, "late"},
        {0, SF_STEP_SPURIOUS, "spurious"},
        {0, SF_STEP_FAST, "fast"},
        {0, SF_STEP_RTO, "rto"},
        {0, SF_STEP_TAIL_PROBE, "tail"},
        {0, SF_STEP_FILLS_HOLE, "fills"},
        {0, SF_STEP_HOLE_BEFORE, "hole"},
        {0, SF_STEP_SUPER, "super"},
        {0, SF_STEP_OUT_OF_WINDOW, "outside"},
        {0, SF_STEP_DUP_ACK, "dupack"},
        {0, SF_STEP_OLD_ACK, "oldack"},
        {0, SF_STEP_ACK_OF_UNSEEN, "unseen"},
        {0, SF_STEP_ZERO_WINDOW, "zero"},
        {0, SF_STEP_WINDOW_UPDATE, "update"},
        {0, SF_STEP_WINDOW_FULL, "full"},
        {0, SF_STEP_DSACK, "dsack"},
        {0, SF_STEP_KEEPALIVE_ACK, "keepalive-ack"},
        {0, SF_STEP_PROBE_ACK, "probe-ack"},
        {0, SF_STEP_CHALLENGE, "challenge"},
        {0, SF_STEP_AFTER_END, "after"},
    };

    while (*at < sizeof(notes) / sizeof(notes[0])) {
        size_t i = (*at)++;

        if ((row->marks & notes[i].marks) != 0 || (row->bits & notes[i].bits) != 0) {
            return notes[i].key;
        }
    }
    return NULL;
}

/* Plain rows in the middle of long runs become one; the rows that are left. */
static size_t fold_runs(struct sf_row *rows, size_t n)
{
    size_t out = 0;
    size_t end = 0;

    for (size_t i = 0; i < n; i = end) {
        end = sf_fold_run(rows, n, i, SF_FOLD_PLAIN);
        if (end - i > FOLD_MORE) {
            struct sf_row fold = sf_fold_rows(rows, i + FOLD_KEEP, end - FOLD_KEEP);

            memmove(rows + out, rows + i, FOLD_KEEP * sizeof(*rows));
            rows[out + FOLD_KEEP] = fold;
            memmove(rows + out + FOLD_KEEP + 1, rows + end - FOLD_KEEP,
                    FOLD_KEEP * sizeof(*rows));
            out += 2 * (size_t)FOLD_KEEP + 1;
        } else {
            end = end > i ? end : i + 1;
            memmove(rows + out, rows + i, (end - i) * sizeof(*rows));
            out += end - i;
        }
    }
    return out;
}

bool sf_short_make(struct sf_short *brief, const struct sf_ladder *ladder)
{
    struct sf_row *rows = malloc((ladder->n + 1) * sizeof(*rows));

    brief->ladder = *ladder;
    brief->ladder.rows = rows;
    if (rows == NULL) {
        return false;
    }
    if (ladder->n > 0) {
        memcpy(rows, ladder->rows, ladder->n * sizeof(*rows));
    }
    if (brief->ladder.n > WHOLE_ROWS) {
        brief->ladder.n = fold_runs(rows, brief->ladder.n);
    }
    if (brief->ladder.n > MOST_ROWS) {
        brief->ladder.n = sf_fold_compact(rows, brief->ladder.n, MOST_ROWS);
    }
    return true;
}

void sf_short_free(struct sf_short *brief)
{
    free(brief->ladder.rows);
    brief->ladder.rows = NULL;
}
