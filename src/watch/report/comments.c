/* SPDX-License-Identifier: MIT
 *
 * watch/report/comments.c - state changes and findings, by packet.
 */
#include "watch/report/comments.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "watch/note.h"
#include "watch/report/part.h"

#define LINE (SF_FINDING_TEXT + 160)

/* Memory for more, twice as much as before; false: there is none. */
static bool grow(void **memory, size_t *room, size_t want, size_t size)
{
    size_t more = *room != 0 ? *room : 64;
    void *grown = NULL;

    if (want <= *room) {
        return true;
    }
    while (more < want) {
        more *= 2;
    }
    grown = realloc(*memory, more * size);
    if (grown == NULL) {
        return false;
    }
    *memory = grown;
    *room = more;
    return true;
}

static void say(struct sf_comments *c, uint64_t n, const char *text)
{
    size_t octets = strlen(text) + 1;
    void *list = c->list;
    void *texts = c->texts;

    if (c->octets + octets > UINT32_MAX || !grow(&list, &c->room, c->n + 1, sizeof(*c->list))) {
        c->failed = true;
        return;
    }
    c->list = list;
    if (!grow(&texts, &c->texts_room, c->octets + octets, 1)) {
        c->failed = true;
        return;
    }
    c->texts = texts;
    memcpy(c->texts + c->octets, text, octets);
    c->list[c->n] =
        (struct sf_comment){.n = n, .text = (uint32_t)c->octets, .order = (uint32_t)c->n};
    c->octets += octets;
    c->n++;
    c->sorted = false;
}

/* "client ESTABLISHED -> FIN_WAIT_1", for each end that is in another state than before. */
static void say_states(const struct sf_comments *c, const struct sf_row *row,
                       const struct sf_row *before, char *text)
{
    static const char *const words[2][SF_LANGS] = {{"client", "客户端"}, {"server", "服务器"}};

    for (unsigned side = 0; side < 2; side++) {
        size_t n = strlen(text);
        const char *state = sf_state_name((enum sf_state)row->state[side]);
        const char *mark = sf_part_mark(row->certainty[side]);

        if (before != NULL && before->state[side] == row->state[side]) {
            continue;
        }
        (void)snprintf(text + n, LINE - n, "%s%s %s%s%s%s", n > 0 ? "; " : "",
                       words[side][c->lang],
                       before != NULL ? sf_state_name((enum sf_state)before->state[side]) : "",
                       before != NULL ? " → " : "", state, mark);
    }
}

static void say_findings(struct sf_comments *c, const struct sf_findings *found)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct sf_finding *f = &found->list[i];
        char sentence[SF_FINDING_TEXT];
        char text[LINE];

        (void)snprintf(text, sizeof(text), "%s %s: %s (RFC %s)",
                       sf_severity_name(f->severity, c->lang), sf_finding_name(f->id),
                       sf_finding_text(f, c->lang, sentence), sf_finding_rfc(f->id));
        for (size_t k = 0; k < f->n_segments; k++) {
            say(c, f->segments[k], text);
        }
    }
}

void sf_comments_find(struct sf_comments *comments, const struct sf_findings *found)
{
    say_findings(comments, found);
}

void sf_comments_add(struct sf_comments *comments, const struct sf_ladder *ladder, uint32_t id)
{
    const struct sf_row *before = NULL;
    char note[SF_NOTE_TEXT];

    for (size_t i = 0; i < ladder->n; i++) {
        const struct sf_row *row = &ladder->rows[i];
        char text[LINE] = "";
        size_t n = 0;

        if (row->kind == SF_ROW_SEGMENT) {
            say_states(comments, row, before, text);
            (void)sf_note_text(row, note);
            n = strlen(text);
            (void)snprintf(text + n, sizeof(text) - n, "%s%s",
                           n > 0 && note[0] != '\0' ? "; " : "", note);
        }
        if (text[0] != '\0') {
            char line[LINE + 16];

            (void)snprintf(line, sizeof(line), "#%" PRIu32 " %s", id, text);
            say(comments, row->n, line);
        }
        before = row;
    }
    if (ladder->found != NULL) {
        say_findings(comments, ladder->found);
    }
}

static int by_packet(const void *a, const void *b)
{
    const struct sf_comment *x = a;
    const struct sf_comment *y = b;

    if (x->n != y->n) {
        return x->n < y->n ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The first comment of packet n, or the number of all. */
static size_t first_of(const struct sf_comments *c, uint64_t n)
{
    size_t from = 0;
    size_t to = c->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (c->list[middle].n < n) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

const char *sf_comments_of(struct sf_comments *comments, uint64_t n)
{
    size_t octets = 0;
    size_t i = 0;

    if (!comments->sorted && comments->n > 0) {
        qsort(comments->list, comments->n, sizeof(*comments->list), by_packet);
        comments->sorted = true;
    }
    for (i = first_of(comments, n); i < comments->n && comments->list[i].n == n; i++) {
        const char *text = comments->texts + comments->list[i].text;
        size_t more = strlen(text);
        void *joined = comments->joined;

        if (!grow(&joined, &comments->joined_room, octets + more + 2, 1)) {
            comments->failed = true;
            break;
        }
        comments->joined = joined;
        if (octets > 0) {
            comments->joined[octets++] = '\n';
        }
        memcpy(comments->joined + octets, text, more + 1);
        octets += more;
    }
    return octets > 0 ? comments->joined : NULL;
}

void sf_comments_free(struct sf_comments *comments)
{
    free(comments->list);
    free(comments->texts);
    free(comments->joined);
    *comments = (struct sf_comments){0};
}
