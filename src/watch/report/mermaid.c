/* SPDX-License-Identifier: MIT
 *
 * watch/report/mermaid.c - ladders as a sequence diagram in Mermaid's language, which many
 * places that show Markdown draw.
 *
 * Each connection has a pair of participants of its own; each state becomes a note beside
 * whoever it belongs to.
 */
#include "watch/report/part.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "watch/label.h"
#include "watch/note.h"

/* Text of a message: what means something to Mermaid is written as a character's number. */
static void put_text(struct sf_sink sink, const char *text)
{
    while (*text != '\0') {
        size_t n = sf_part_utf8(text);
        unsigned char c = (unsigned char)*text;

        if (n == 0 || c < 0x20 || c == 0x7f) {
            sf_put(sink, " ");
            n = n == 0 ? 1 : n;
        } else if (n == 1 && strchr("#;<>\"`%{}\\&", c) != NULL) {
            sf_putf(sink, "#%u;", (unsigned)c);
        } else {
            sink.put(sink.context, text, n);
        }
        text += n;
    }
}

void sf_mermaid_begin(struct sf_report *report)
{
    sf_put(report->sink, "sequenceDiagram\n");
    if (report->title != NULL) {
        sf_put(report->sink, "    %% ");
        put_text(report->sink, report->title);
        sf_put(report->sink, "\n");
    }
}

static void put_participant(struct sf_report *report, const struct sf_ladder *l, uint32_t id,
                            unsigned side)
{
    static const char *const words[2][SF_LANGS] = {{"client", "客户端"}, {"server", "服务器"}};
    char endpoint[SF_PART_ENDPOINT];
    const char *name = l->end[side].name;

    sf_putf(report->sink, "    participant %c%" PRIu32 " as %s ", side == SF_CLIENT ? 'c' : 's',
            id, words[side][report->lang]);
    put_text(report->sink, name);
    sf_put(report->sink, name[0] != '\0' ? " " : "");
    put_text(report->sink, sf_part_endpoint(&l->end[side].at, endpoint));
    sf_put(report->sink, "\n");
}

static void put_states(struct sf_report *report, const struct sf_row *row,
                       const struct sf_row *before, uint32_t id)
{
    for (unsigned side = 0; side < 2; side++) {
        if (before == NULL || row->state[side] != before->state[side]) {
            sf_putf(report->sink, "    Note %s of %c%" PRIu32 ": %s%s\n",
                    side == SF_CLIENT ? "left" : "right", side == SF_CLIENT ? 'c' : 's', id,
                    sf_state_name((enum sf_state)row->state[side]),
                    sf_part_mark(row->certainty[side]));
        }
    }
}

static void put_segment(struct sf_report *report, const struct sf_ladder *l,
                        const struct sf_row *row, uint32_t id)
{
    bool client = row->from == SF_CLIENT;
    bool lost = (row->marks & SF_MARK_LOST) != 0;
    bool again = (row->marks & SF_MARK_AGAIN) != 0;
    char label[SF_LABEL_TEXT];

    (void)sf_label_text(l, row, report->absolute ? SF_NUMBERS_ABSOLUTE : SF_NUMBERS_RELATIVE,
                        SF_BREVITY_USUAL, label);
    sf_putf(report->sink, "    %c%" PRIu32 "%s%s%c%" PRIu32 ": ", client ? 'c' : 's', id,
            again ? "--" : "-", lost ? "x" : ">>", client ? 's' : 'c', id);
    put_text(report->sink, label);
    sf_put(report->sink, "\n");
}

/* A line over both ends. */
static void put_note(struct sf_report *report, uint32_t id, const char *text)
{
    sf_putf(report->sink, "    Note over c%" PRIu32 ",s%" PRIu32 ": ", id, id);
    put_text(report->sink, text);
    sf_put(report->sink, "\n");
}

static void put_fold(struct sf_report *report, const struct sf_row *row, uint32_t id)
{
    const struct sf_row_fold *f = &row->u.fold;
    char text[160];

    (void)snprintf(text, sizeof(text),
                   report->lang == SF_LANG_ZH ? "… %" PRIu32 " 个报文段，客户端 %" PRIu64
                                                " 字节，服务器 %" PRIu64 " 字节 …"
                                              : "… %" PRIu32 " segments, %" PRIu64
                                                " octets of the client's, %" PRIu64
                                                " of the server's …",
                   f->segments[0] + f->segments[1] + f->others[0] + f->others[1], f->octets[0],
                   f->octets[1]);
    put_note(report, id, text);
}

static void put_row(struct sf_report *report, const struct sf_ladder *l,
                    const struct sf_row *row, uint32_t id)
{
    char text[96];

    switch ((enum sf_row_kind)row->kind) {
    case SF_ROW_SEGMENT:
        put_segment(report, l, row, id);
        break;
    case SF_ROW_STATE:
        put_note(report, id, sf_event_name((enum sf_event_kind)row->u.event));
        break;
    case SF_ROW_CALL:
        sf_putf(report->sink, "    Note over %c%" PRIu32 ": %s\n",
                row->from == SF_CLIENT ? 'c' : 's', id, sf_part_call(row->u.call));
        break;
    case SF_ROW_FOLD:
        put_fold(report, row, id);
        break;
    case SF_ROW_MISSED:
        (void)snprintf(text, sizeof(text), "… ? %" PRIu64 " …", row->u.missed);
        put_note(report, id, text);
        break;
    case SF_ROW_ERROR:
        (void)snprintf(
            text, sizeof(text), "ICMP %s",
            sf_icmp_words(row->u.error.reporter.family, row->u.error.type, row->u.error.code));
        put_note(report, id, text);
        break;
    }
}

/* A silence of a second or more. */
static void put_pause(struct sf_report *report, const struct sf_row *before,
                      const struct sf_row *row, uint32_t id)
{
    uint64_t since = before->kind == SF_ROW_FOLD ? before->u.fold.to_ns : before->at_ns;
    char time[32];
    char text[48];

    if (row->at_ns > since && row->at_ns - since >= 1000000000) {
        (void)snprintf(text, sizeof(text), "… %s …", sf_part_time(row->at_ns - since, time));
        put_note(report, id, text);
    }
}

void sf_mermaid_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id)
{
    const struct sf_findings *found = ladder->found;
    const struct sf_row *before = NULL;
    char text[SF_FINDING_TEXT];
    struct sf_short brief;

    if (!sf_short_make(&brief, ladder)) {
        report->failed = true;
        return;
    }
    put_participant(report, ladder, id, SF_CLIENT);
    put_participant(report, ladder, id, SF_SERVER);
    for (size_t i = 0; i < brief.ladder.n; i++) {
        const struct sf_row *row = &brief.ladder.rows[i];

        if (before != NULL) {
            put_pause(report, before, row, id);
        }
        put_row(report, &brief.ladder, row, id);
        put_states(report, row, before, id);
        before = row;
    }
    for (size_t i = 0; found != NULL && i < found->n; i++) {
        put_note(report, id, sf_finding_text(&found->list[i], report->lang, text));
    }
    sf_short_free(&brief);
}
