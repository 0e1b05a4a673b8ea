/* SPDX-License-Identifier: MIT
 *
 * watch/drawrow.c - the rows of a ladder, one function for each kind.
 *
 *   draw.c -> [drawrow.c] -> label.c, line.c
 */
#include "watch/draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "watch/note.h"
#include "wire/seg.h"

unsigned sf_draw_time(uint64_t ns, unsigned digits, char *text, size_t room)
{
    uint64_t unit = 1;
    int n = 0;

    for (unsigned i = digits; i < 9; i++) {
        unit *= 10;
    }
    if (digits > 0) {
        n = snprintf(text, room, "%" PRIu64 ".%0*" PRIu64, ns / 1000000000, (int)digits,
                     ns % 1000000000 / unit);
    } else {
        n = snprintf(text, room, "%" PRIu64, ns / 1000000000);
    }
    return (unsigned)n;
}

static void put_time(struct sf_pen *pen, uint64_t ns)
{
    char text[48];
    unsigned n = sf_draw_time(ns, pen->digits, text, sizeof(text));

    sf_line_colour(&pen->line, SF_COLOUR_DIM);
    sf_line_to(&pen->line, pen->time_end > n ? pen->time_end - n : 0);
    sf_line_put(&pen->line, text);
    sf_line_colour(&pen->line, SF_COLOUR_PLAIN);
}

static enum sf_colour state_colour(unsigned state, bool changed)
{
    if (!changed) {
        return SF_COLOUR_DIM;
    }
    return state == SF_ESTABLISHED ? SF_COLOUR_GREEN
           : state == SF_TIME_WAIT ? SF_COLOUR_YELLOW
                                   : SF_COLOUR_BOLD;
}

static const char *certainty_mark(struct sf_pen *pen, unsigned certainty)
{
    if (certainty == SF_SEEN) {
        return " ";
    }
    if (certainty == SF_INFERRED) {
        pen->inferred = true;
        return "~";
    }
    pen->possible = true;
    return "?";
}

void sf_draw_states(struct sf_pen *pen, const struct sf_row *row, const struct sf_row *before,
                    void (*middle)(struct sf_pen *pen, const struct sf_row *row))
{
    struct sf_line *line = &pen->line;
    bool changed[2] = {true, true};

    for (size_t i = 0; before != NULL && i < 2; i++) {
        changed[i] = row->state[i] != before->state[i];
    }
    for (unsigned side = 0; side < 2; side++) {
        const char *name = sf_state_name((enum sf_state)row->state[side]);
        const char *mark = certainty_mark(pen, row->certainty[side]);

        if (side == SF_CLIENT) {
            sf_line_to(line, pen->time + SF_STATE_COLUMNS - sf_columns(name));
        } else {
            middle(pen, row);
            sf_line_put(line, mark);
        }
        sf_line_colour(line, state_colour(row->state[side], changed[side]));
        sf_line_put(line, name);
        sf_line_colour(line, SF_COLOUR_PLAIN);
        if (side == SF_CLIENT) {
            sf_line_put(line, mark);
        }
    }
    sf_line_end(line);
}

static enum sf_colour arrow_colour(const struct sf_row *row)
{
    unsigned flags = row->u.seg.flags;

    if ((row->marks & (SF_MARK_LOST | SF_MARK_DROPPED)) != 0 || (flags & SF_RST) != 0) {
        return SF_COLOUR_RED;
    }
    if ((flags & SF_SYN) != 0) {
        return SF_COLOUR_GREEN;
    }
    if ((flags & SF_FIN) != 0) {
        return SF_COLOUR_YELLOW;
    }
    return row->u.seg.octets > 0 ? SF_COLOUR_CYAN : SF_COLOUR_PLAIN;
}

/* The arrow's part before its head: dashes on both sides of the label. */
static void put_shaft(struct sf_pen *pen, const struct sf_row *row, const char *label,
                      unsigned columns)
{
    bool again = (row->marks & SF_MARK_AGAIN) != 0;
    const char *dash = again ? pen->glyphs->again : pen->glyphs->dash;
    unsigned rest = columns - sf_columns(label) - 2;

    sf_line_repeat(&pen->line, dash, rest / 2);
    sf_line_put(&pen->line, " ");
    sf_line_put(&pen->line, label);
    sf_line_put(&pen->line, " ");
    sf_line_repeat(&pen->line, dash, rest - rest / 2);
}

/* Columns of a segment's arrow without its head. */
static unsigned shaft_of(const struct sf_pen *pen, const struct sf_row *row)
{
    return pen->between - 1 - ((row->marks & SF_MARK_LOST) != 0 ? pen->between / 6 : 0);
}

/* Is there room for a label, a blank on both its sides, and enough of the line to see what
 * kind it is? */
static bool fits(const char *label, unsigned shaft, bool again)
{
    return sf_columns(label) + (again ? 5 : 3) <= shaft;
}

/*
 * A segment: its arrow reaches the other time line, or ends in a cross where it died.  What
 * the other end did not take reaches it, and has the cross in place of the head.
 */
static void put_arrow(struct sf_pen *pen, const struct sf_row *row)
{
    const struct sf_glyphs *g = pen->glyphs;
    struct sf_line *line = &pen->line;
    bool dead = (row->marks & (SF_MARK_LOST | SF_MARK_DROPPED)) != 0;
    bool syn = (row->u.seg.flags & SF_SYN) != 0;
    bool again = (row->marks & SF_MARK_AGAIN) != 0;
    unsigned shaft = shaft_of(pen, row);
    unsigned short_by = pen->between - 1 - shaft;
    enum sf_brevity brevity = pen->style->verbose ? SF_BREVITY_ALL : SF_BREVITY_USUAL;
    char label[SF_LABEL_TEXT];

    (void)sf_label_text(pen->ladder, row, pen->numbers, brevity, label);
    while (!fits(label, shaft, again) && brevity < SF_BREVITY_FLAGS) {
        /* What a SYN offers gets a line of its own instead. */
        brevity = brevity == SF_BREVITY_ALL && syn ? SF_BREVITY_USUAL : brevity + 1;
        (void)sf_label_text(pen->ladder, row, pen->numbers, brevity, label);
    }
    if (!fits(label, shaft, again)) {
        label[shaft - 5] = '\0'; /* absurd flags; a label is ASCII */
    }
    pen->marks |= row->marks;
    sf_line_put(line, g->bar);
    sf_line_colour(line, arrow_colour(row));
    if (row->from == SF_CLIENT) {
        put_shaft(pen, row, label, shaft);
        sf_line_put(line, dead ? g->cross : g->right);
        sf_line_repeat(line, " ", short_by);
    } else {
        sf_line_repeat(line, " ", short_by);
        sf_line_put(line, dead ? g->cross : g->left);
        put_shaft(pen, row, label, shaft);
    }
    sf_line_colour(line, SF_COLOUR_PLAIN);
    sf_line_put(line, g->bar);
}

static const char *event_words(unsigned event)
{
    switch ((enum sf_event_kind)event) {
    case SF_EV_2MSL:
        return "2MSL timer expires";
    case SF_EV_TIMEOUT:
        return "given up: no answer";
    case SF_EV_ORPHANED:
        return "nobody reads any more";
    case SF_EV_UNREACHABLE:
        return "ICMP: unreachable";
    case SF_EV_REUSE:
        return "a new SYN takes over";
    case SF_EV_FIN_SENT:
        return "FIN waits for its turn";
    case SF_EV_OPEN_PASSIVE:
    case SF_EV_OPEN_ACTIVE:
    case SF_EV_SYN:
    case SF_EV_SYN_ACK:
    case SF_EV_ACK_OF_SYN:
    case SF_EV_ACK_OF_FIN:
    case SF_EV_FIN:
    case SF_EV_FIN_ACKING:
    case SF_EV_RST:
    case SF_EV_ABORT:
    case SF_EV_DELETE:
    case SF_EV_COOKIE:
    case SF_EV_RESTORE:
    case SF_EV_IMPORT:
        break;
    }
    return sf_event_name((enum sf_event_kind)event);
}

static void put_event(struct sf_pen *pen, const struct sf_row *row)
{
    sf_line_put(&pen->line, pen->glyphs->bar);
    sf_line_middle(&pen->line, event_words(row->u.event), pen->between);
    sf_line_put(&pen->line, pen->glyphs->bar);
}

/* A text between the time lines, in as many lines as it takes. */
static void draw_middle(struct sf_pen *pen, const char *text, const char *bar)
{
    unsigned columns = pen->between - 2;

    while (*text != '\0') {
        size_t skip = 0;
        size_t n = sf_line_break(text, columns, &skip);
        char part[SF_LABEL_TEXT];

        n = n < sizeof(part) ? n : sizeof(part) - 1;
        memcpy(part, text, n);
        part[n] = '\0';
        sf_line_to(&pen->line, pen->time + SF_STATE_COLUMNS + 1);
        sf_line_colour(&pen->line, SF_COLOUR_DIM);
        sf_line_put(&pen->line, bar);
        sf_line_put(&pen->line, " ");
        sf_line_middle(&pen->line, part, columns);
        sf_line_put(&pen->line, " ");
        sf_line_put(&pen->line, bar);
        sf_line_end(&pen->line);
        text += n + skip;
    }
}

/* The same with an ellipsis on both sides, if it fits into a line then. */
static void draw_dotted(struct sf_pen *pen, const char *text, const char *bar)
{
    const char *dots = pen->glyphs->dots;
    char dotted[SF_LABEL_TEXT];

    if (sf_columns(text) + 2 * (sf_columns(dots) + 1) > pen->between - 2) {
        draw_middle(pen, text, bar);
        return;
    }
    (void)snprintf(dotted, sizeof(dotted), "%s %s %s", dots, text, dots);
    draw_middle(pen, dotted, bar);
}

/* What a SYN offers, where its arrow had no room for that. */
static void draw_options(struct sf_pen *pen, const struct sf_row *row)
{
    char text[SF_LABEL_TEXT];

    if (!pen->style->verbose || (row->u.seg.flags & SF_SYN) == 0) {
        return;
    }
    (void)sf_label_text(pen->ladder, row, pen->numbers, SF_BREVITY_ALL, text);
    if (!fits(text, shaft_of(pen, row), (row->marks & SF_MARK_AGAIN) != 0)) {
        draw_middle(pen, sf_options_text(&row->u.seg, text), pen->glyphs->bar);
    }
}

static void draw_call(struct sf_pen *pen, const struct sf_row *row)
{
    static const char *const calls[] = {
        [SF_CALL_SHUTDOWN] = "shutdown()",
        [SF_CALL_CLOSE] = "close()",
        [SF_CALL_ABORT] = "abort()",
    };
    const char *call = row->u.call <= SF_CALL_ABORT ? calls[row->u.call] : NULL;
    struct sf_line *line = &pen->line;

    call = call != NULL ? call : "?";
    put_time(pen, row->at_ns);
    sf_line_to(line, pen->time + SF_STATE_COLUMNS + 1);
    sf_line_put(line, pen->glyphs->bar);
    sf_line_colour(line, SF_COLOUR_BLUE);
    if (row->from == SF_CLIENT) {
        sf_line_put(line, " ");
        sf_line_put(line, call);
    } else {
        sf_line_to(line, pen->time + SF_STATE_COLUMNS + 1 + pen->between - sf_columns(call));
        sf_line_put(line, call);
    }
    sf_line_colour(line, SF_COLOUR_PLAIN);
    sf_line_to(line, pen->time + SF_STATE_COLUMNS + 2 + pen->between);
    sf_line_put(line, pen->glyphs->bar);
    sf_line_end(line);
}

/* "812 segments, 1,175,776 octets" of one direction. */
static int fold_part(char *text, size_t room, const char *before, uint32_t segments,
                     uint64_t octets, const char *from)
{
    char a[SF_NUMBER_TEXT];
    char b[SF_NUMBER_TEXT];

    return snprintf(text, room, "%s%s more data segment%s%s, %s octets", before,
                    sf_count_text(segments, a), segments == 1 ? "" : "s", from,
                    sf_count_text(octets, b));
}

static void draw_fold(struct sf_pen *pen, const struct sf_row *row)
{
    const struct sf_row_fold *fold = &row->u.fold;
    bool both = fold->segments[SF_CLIENT] > 0 && fold->segments[SF_SERVER] > 0;
    uint32_t others = fold->others[SF_CLIENT] + fold->others[SF_SERVER];
    char text[400] = "";
    char count[SF_NUMBER_TEXT];
    size_t n = 0;
    const char *before = "";

    for (size_t side = 0; side < 2; side++) {
        if (fold->segments[side] > 0) {
            const char *from = !both               ? ""
                               : side == SF_CLIENT ? " of the client"
                                                   : " of the server";

            n += (size_t)fold_part(text + n, sizeof(text) - n, before, fold->segments[side],
                                   fold->octets[side], from);
            before = "; ";
        }
    }
    if (others > 0) {
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s ACK%s", before,
                              sf_count_text(others, count), *before == '\0' ? " more" : "",
                              others == 1 ? "" : "s");
    }
    if (fold->again > 0) {
        (void)snprintf(text + n, sizeof(text) - n, "; %s sent again",
                       sf_count_text(fold->again, count));
    }
    draw_dotted(pen, text, pen->glyphs->bar);
}

static void draw_missed(struct sf_pen *pen, const struct sf_row *row)
{
    char text[100];
    char count[SF_NUMBER_TEXT];

    (void)snprintf(text, sizeof(text), "%s records were overwritten",
                   sf_count_text(row->u.missed, count));
    draw_dotted(pen, text, pen->glyphs->pause);
}

static void draw_error(struct sf_pen *pen, const struct sf_row *row)
{
    const struct sf_row_error *error = &row->u.error;
    char addr[SF_ADDR_TEXT];
    char text[160];

    (void)snprintf(text, sizeof(text), "ICMP %s from %s",
                   sf_icmp_words(error->reporter.family, error->type, error->code),
                   sf_addr_text(&error->reporter, addr));
    put_time(pen, row->at_ns);
    sf_line_colour(&pen->line, SF_COLOUR_RED);
    draw_dotted(pen, text, pen->glyphs->bar);
}

/* Which state it is that lasts through a silence, where that is worth saying. */
static const char *lasting(const struct sf_row *before)
{
    for (size_t side = 0; side < 2; side++) {
        switch ((enum sf_state)before->state[side]) {
        case SF_TIME_WAIT:
        case SF_FIN_WAIT_2:
        case SF_CLOSE_WAIT:
            return sf_state_name((enum sf_state)before->state[side]);
        case SF_CLOSED:
        case SF_LISTEN:
        case SF_SYN_SENT:
        case SF_SYN_RECEIVED:
        case SF_ESTABLISHED:
        case SF_FIN_WAIT_1:
        case SF_CLOSING:
        case SF_LAST_ACK:
            break;
        }
    }
    return "";
}

static void draw_pause(struct sf_pen *pen, const struct sf_row *before,
                       const struct sf_row *row)
{
    uint64_t since = before->kind == SF_ROW_FOLD ? before->u.fold.to_ns : before->at_ns;
    uint64_t ns = row->at_ns > since ? row->at_ns - since : 0;
    uint64_t least = pen->style->pause.ns != 0 ? pen->style->pause.ns : 1000000000;
    bool timer = row->kind == SF_ROW_STATE && row->u.event == SF_EV_2MSL;
    const char *state = lasting(before);
    char text[80];

    if (ns < least && !timer) {
        return;
    }
    (void)snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64 " s%s%s", ns / 1000000000,
                   ns % 1000000000 / 1000000, *state != '\0' ? " " : "", state);
    draw_dotted(pen, text, pen->glyphs->pause);
}

void sf_draw_row(struct sf_pen *pen, const struct sf_row *row, const struct sf_row *before)
{
    if (before != NULL) {
        draw_pause(pen, before, row);
    }
    switch ((enum sf_row_kind)row->kind) {
    case SF_ROW_SEGMENT:
        put_time(pen, row->at_ns);
        sf_draw_states(pen, row, before, put_arrow);
        draw_options(pen, row);
        break;
    case SF_ROW_STATE:
        put_time(pen, row->at_ns);
        sf_draw_states(pen, row, before, put_event);
        break;
    case SF_ROW_CALL:
        draw_call(pen, row);
        break;
    case SF_ROW_FOLD:
        draw_fold(pen, row);
        break;
    case SF_ROW_MISSED:
        draw_missed(pen, row);
        break;
    case SF_ROW_ERROR:
        draw_error(pen, row);
        break;
    }
}
