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

#include <stdio.h>
#include <string.h>

#include "watch/fold.h"

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

static const struct sf_row *draw_range(struct sf_pen *pen, size_t begin, size_t end,
                                       const struct sf_row *before)
{
    for (size_t i = begin; i < end; i++) {
        sf_draw_row(pen, &pen->ladder->rows[i], before);
        before = &pen->ladder->rows[i];
    }
    return before;
}

static void draw_rows(struct sf_pen *pen)
{
    const struct sf_row *rows = pen->ladder->rows;
    size_t all = pen->ladder->n;
    size_t wanted = pen->style->rows;
    size_t n = wanted != 0 && wanted < all ? wanted : all;
    const struct sf_row *before = NULL;
    size_t end = 0;

    for (size_t i = 0; i < n; i = end) {
        end = pen->style->whole ? i : sf_fold_run(rows, n, i, SF_FOLD_PLAIN);
        if (end - i > FOLD_MORE) {
            struct sf_row fold = sf_fold_rows(rows, i + FOLD_KEEP, end - FOLD_KEEP);

            (void)draw_range(pen, i, i + FOLD_KEEP, before);
            sf_draw_row(pen, &fold, NULL);
            before = draw_range(pen, end - FOLD_KEEP, end, &rows[end - FOLD_KEEP - 1]);
        } else {
            end = end > i ? end : i + 1;
            before = draw_range(pen, i, end, before);
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
    sf_line_to(&pen->line, pen->time_end - 4);
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
    sf_draw_states(pen, &row, NULL, put_nothing);
}

static unsigned clamp_width(unsigned width)
{
    if (width == 0) {
        return 80;
    }
    return width < 60 ? 60 : width > 240 ? 240 : width;
}

/* As many decimals as the last moment leaves room for, at most six. */
static unsigned digits_of(const struct sf_ladder *l, unsigned columns)
{
    uint64_t last = l->n > 0 ? l->rows[l->n - 1].at_ns : 0;
    unsigned digits = 6;
    char text[48];

    while (digits > 0 && sf_draw_time(last, digits, text, sizeof(text)) > columns) {
        digits--;
    }
    return digits;
}

void sf_ladder_draw(const struct sf_ladder *ladder, const struct sf_ladder_style *style,
                    struct sf_sink sink)
{
    static const struct sf_ladder_style usual = {0};
    struct sf_pen pen = {.ladder = ladder, .style = style != NULL ? style : &usual};

    pen.glyphs = pen.style->ascii ? &ascii : &fine;
    pen.numbers = sf_numbers_of(pen.style);
    pen.width = clamp_width(pen.style->width);
    pen.time = pen.width < NARROW ? 9 : 12;
    pen.time_end = pen.width < NARROW ? 8 : 10;
    pen.digits = digits_of(ladder, pen.time_end);
    pen.between = pen.width - pen.time - 2 * SF_STATE_COLUMNS - 4;
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
