/* SPDX-License-Identifier: MIT
 *
 * watch/draw.c - a ladder for a terminal.
 *
 *       time       client                                  server
 *   0.000000     SYN_SENT |------------ SYN seq=0 ----------->|~SYN_RECEIVED
 *   '-time--''--state---'m|'-------------between-------------'|m'--state---'
 *
 * The state columns are as wide as the longest name; m is the mark of how certain it is.  All
 * other columns belong to the arrow, whose label is written as long as it fits.
 */
#include "watch/draw.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "watch/fold.h"
#include "wire/seg.h"

#define STATE     12 /* columns of "SYN_RECEIVED" */
#define NARROW    72 /* below so many columns the time is short */
#define FOLD_MORE 8  /* plain rows in a row that are drawn whole */
#define FOLD_KEEP 3  /* of more, so many are drawn at both ends */

static const struct sf_glyphs fine = {
    .bar = "│",
    .pause = "┊",
    .dash = "─",
    .again = "╌",
    .right = "▶",
    .left = "◀",
    .cross = "✗",
    .dots = "…",
    .leads = "→",
};

static const struct sf_glyphs ascii = {
    .bar = "|",
    .pause = ":",
    .dash = "-",
    .again = ".",
    .right = ">",
    .left = "<",
    .cross = "X",
    .dots = "...",
    .leads = "->",
};

const char *sf_side_word(unsigned side)
{
    return side == SF_CLIENT ? "client" : "server";
}

static void put_time(struct sf_pen *pen, uint64_t ns)
{
    char text[48];
    unsigned digits = pen->digits;
    unsigned room = pen->time - 1;
    int n = 0;

    /* Long waits cost decimals, not columns. */
    do {
        uint64_t unit = 1;

        for (unsigned i = digits; i < 9; i++) {
            unit *= 10;
        }
        if (digits > 0) {
            n = snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, ns / 1000000000,
                         (int)digits, ns % 1000000000 / unit);
        } else {
            n = snprintf(text, sizeof(text), "%" PRIu64, ns / 1000000000);
        }
    } while ((unsigned)n > room && digits-- > 0);
    sf_line_colour(&pen->line, SF_COLOUR_DIM);
    sf_line_to(&pen->line, pen->time - 2 > (unsigned)n ? pen->time - 2 - (unsigned)n : 0);
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

/* Both ends' states, and between them whatever middle puts. */
static void put_row(struct sf_pen *pen, const struct sf_row *row, const struct sf_row *before,
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
            sf_line_to(line, pen->time + STATE - sf_columns(name));
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

/*
 * A segment: its arrow reaches the other time line, or ends in a cross where it died.  What
 * the other end did not take reaches it, and has the cross in place of the head.
 */
static void put_arrow(struct sf_pen *pen, const struct sf_row *row)
{
    const struct sf_glyphs *g = pen->glyphs;
    struct sf_line *line = &pen->line;
    bool lost = (row->marks & SF_MARK_LOST) != 0;
    bool dead = lost || (row->marks & SF_MARK_DROPPED) != 0;
    unsigned short_by = lost ? pen->between / 6 : 0;
    unsigned shaft = pen->between - 1 - short_by;
    enum sf_brevity brevity = pen->style->verbose ? SF_BREVITY_ALL : SF_BREVITY_USUAL;
    char label[SF_LABEL_TEXT];

    while (sf_columns(sf_label_text(pen->ladder, row, pen->numbers, brevity, label)) + 3 >
               shaft &&
           brevity < SF_BREVITY_FLAGS) {
        brevity++;
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
        sf_line_to(&pen->line, pen->time + STATE + 1);
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
    sf_line_to(line, pen->time + STATE + 1);
    sf_line_put(line, pen->glyphs->bar);
    sf_line_colour(line, SF_COLOUR_BLUE);
    if (row->from == SF_CLIENT) {
        sf_line_put(line, " ");
        sf_line_put(line, call);
    } else {
        sf_line_to(line, pen->time + STATE + 1 + pen->between - sf_columns(call));
        sf_line_put(line, call);
    }
    sf_line_colour(line, SF_COLOUR_PLAIN);
    sf_line_to(line, pen->time + STATE + 2 + pen->between);
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
    char text[400];
    char count[SF_NUMBER_TEXT];
    size_t n = (size_t)snprintf(text, sizeof(text), "%s ", pen->glyphs->dots);
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
        n += (size_t)snprintf(text + n, sizeof(text) - n, "; %s sent again",
                              sf_count_text(fold->again, count));
    }
    (void)snprintf(text + n, sizeof(text) - n, " %s", pen->glyphs->dots);
    draw_middle(pen, text, pen->glyphs->bar);
}

static void draw_missed(struct sf_pen *pen, const struct sf_row *row)
{
    char text[100];
    char count[SF_NUMBER_TEXT];

    (void)snprintf(text, sizeof(text), "%s %s records were overwritten %s", pen->glyphs->dots,
                   sf_count_text(row->u.missed, count), pen->glyphs->dots);
    draw_middle(pen, text, pen->glyphs->pause);
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
    char dotted[100];
    int n = 0;

    if (ns < least && !timer) {
        return;
    }
    n = snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64 " s%s%s", ns / 1000000000,
                 ns % 1000000000 / 1000000, *state != '\0' ? " " : "", state);
    if ((unsigned)n + 2 * (sf_columns(pen->glyphs->dots) + 1) + 2 <= pen->between) {
        (void)snprintf(dotted, sizeof(dotted), "%s %s %s", pen->glyphs->dots, text,
                       pen->glyphs->dots);
        draw_middle(pen, dotted, pen->glyphs->pause);
    } else {
        draw_middle(pen, text, pen->glyphs->pause);
    }
}

static void draw_row(struct sf_pen *pen, const struct sf_row *row, const struct sf_row *before)
{
    if (before != NULL) {
        draw_pause(pen, before, row);
    }
    switch ((enum sf_row_kind)row->kind) {
    case SF_ROW_SEGMENT:
        put_time(pen, row->at_ns);
        put_row(pen, row, before, put_arrow);
        break;
    case SF_ROW_STATE:
        put_time(pen, row->at_ns);
        put_row(pen, row, before, put_event);
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
    }
}

static void draw_rows(struct sf_pen *pen)
{
    const struct sf_row *rows = pen->ladder->rows;
    size_t n = pen->ladder->n;
    const struct sf_row *before = NULL;
    size_t i = 0;

    while (i < n) {
        size_t end = pen->style->whole ? i : sf_fold_run(rows, n, i, SF_FOLD_PLAIN);

        if (end - i > FOLD_MORE) {
            struct sf_row fold = sf_fold_rows(rows, i + FOLD_KEEP, end - FOLD_KEEP);

            for (size_t k = i; k < i + FOLD_KEEP; k++) {
                draw_row(pen, &rows[k], before);
                before = &rows[k];
            }
            draw_row(pen, &fold, NULL);
            before = &rows[end - FOLD_KEEP - 1];
            i = end - FOLD_KEEP;
            end = i + FOLD_KEEP;
        }
        for (end = end > i ? end : i + 1; i < end; i++) {
            draw_row(pen, &rows[i], before);
            before = &rows[i];
        }
    }
}

static void endpoint_text(const struct sf_endpoint *at, char *text, size_t room)
{
    char addr[SF_ADDR_TEXT];
    bool v6 = at->addr.family == SF_IPV6;

    (void)sf_addr_text(&at->addr, addr);
    (void)snprintf(text, room, "%s%s%s:%u", v6 ? "[" : "", addr, v6 ? "]" : "",
                   (unsigned)at->port);
}

/* Two texts at the outer edges of the ladder; two lines where they do not fit into one. */
static void draw_edges(struct sf_pen *pen, const char *left, const char *right,
                       enum sf_colour colour)
{
    struct sf_line *line = &pen->line;
    unsigned takes = sf_columns(left) + sf_columns(right) + 2;

    sf_line_to(line, pen->time);
    sf_line_colour(line, colour);
    sf_line_put(line, left);
    if (pen->time + takes > pen->width) {
        sf_line_end(line);
        sf_line_colour(line, colour);
    }
    sf_line_to(line, pen->width - sf_columns(right));
    sf_line_put(line, right);
    sf_line_end(line);
}

static void draw_above(struct sf_pen *pen)
{
    char text[2][80];

    for (unsigned side = 0; side < 2; side++) {
        const char *name = pen->ladder->end[side].name;
        bool named = name[0] != '\0';

        (void)snprintf(text[side], sizeof(text[side]), "%s%s%s%s", sf_side_word(side),
                       named ? " (" : "", name, named ? ")" : "");
    }
    sf_line_colour(&pen->line, SF_COLOUR_DIM);
    sf_line_to(&pen->line, pen->time - 6);
    sf_line_put(&pen->line, "time");
    draw_edges(pen, text[SF_CLIENT], text[SF_SERVER], SF_COLOUR_BOLD);
    for (size_t side = 0; side < 2; side++) {
        endpoint_text(&pen->ladder->end[side].at, text[side], sizeof(text[side]));
    }
    draw_edges(pen, text[SF_CLIENT], text[SF_SERVER], SF_COLOUR_PLAIN);
}

static void put_nothing(struct sf_pen *pen, const struct sf_row *row)
{
    (void)row;
    sf_line_put(&pen->line, pen->glyphs->bar);
    sf_line_to(&pen->line, pen->line.columns + pen->between);
    sf_line_put(&pen->line, pen->glyphs->bar);
}

/* The states before the first segment, where the ladder begins with a SYN. */
static void draw_first(struct sf_pen *pen)
{
    const struct sf_ladder *l = pen->ladder;
    struct sf_ladder_facts facts;
    struct sf_row row = {
        .state = {SF_CLOSED, SF_LISTEN},
        .certainty = {SF_SEEN, l->end[SF_SERVER].told ? SF_SEEN : SF_INFERRED},
    };

    sf_ladder_facts(l, &facts);
    if (facts.opened == SF_OPENED_MIDSTREAM) {
        return;
    }
    if (facts.opened == SF_OPENED_SIMULTANEOUS || facts.opened == SF_OPENED_REFUSED) {
        row.state[SF_SERVER] = SF_CLOSED;
    } else if (facts.opened == SF_OPENED_UNANSWERED && !l->end[SF_SERVER].told) {
        row.certainty[SF_SERVER] = SF_POSSIBLE;
    }
    put_row(pen, &row, NULL, put_nothing);
}

static unsigned clamp_width(unsigned width)
{
    if (width == 0) {
        return 80;
    }
    return width < 60 ? 60 : width > 240 ? 240 : width;
}

void sf_ladder_draw(const struct sf_ladder *ladder, const struct sf_ladder_style *style,
                    struct sf_sink sink)
{
    static const struct sf_ladder_style usual = {0};
    struct sf_pen pen = {.ladder = ladder, .style = style != NULL ? style : &usual};

    pen.glyphs = pen.style->ascii ? &ascii : &fine;
    pen.numbers = sf_numbers_of(pen.style);
    pen.width = clamp_width(pen.style->width);
    pen.digits = pen.width < NARROW ? 3 : 6;
    pen.time = pen.width < NARROW ? 9 : 12;
    pen.between = pen.width - pen.time - 2 * STATE - 4;
    sf_line_init(&pen.line, sink, pen.style->colour);
    if (!pen.style->bare) {
        draw_above(&pen);
        draw_first(&pen);
    }
    draw_rows(&pen);
    if (!pen.style->bare) {
        sf_draw_beneath(&pen);
    }
}
