/* SPDX-License-Identifier: MIT
 *
 * watch/report/svgbar.c - the states of one end as a bar, and the legend of a drawing.
 *
 *   svg.c --> [svgbar.c]
 *
 * A state begins where the segment that brought it leaves this end or arrives there.  How well
 * it is known shows as full colour (seen), stripes (inferred) or a grid (possible), and as the
 * mark behind its name.
 */
#include "watch/report/part.h"

#include <inttypes.h>

#define BAR   112 /* the client's, from the left of its column; the server's is at 0 */
#define WIDE  12
#define NAMES 15 /* between two names */

/* One stretch of a bar. */
struct stretch {
    int32_t from, to;
    uint8_t state, certainty;
    bool named; /* false: only the certainty is another */
};

static void put_stretch(const struct sf_svg *svg, unsigned side, const struct stretch *s)
{
    const char *state = sf_state_name((enum sf_state)s->state);
    int x = side == SF_CLIENT ? BAR : 0;
    int32_t height = s->to - s->from;

    if (height <= 0) {
        return;
    }
    sf_putf(svg->sink,
            "<rect class=\"bar %s\" x=\"%d\" y=\"%" PRId32 "\" width=\"%d\" height=\"%" PRId32
            "\"/>\n",
            state, x, s->from, WIDE, height);
    if (s->certainty != SF_SEEN) {
        sf_putf(svg->sink,
                "<rect x=\"%d\" y=\"%" PRId32 "\" width=\"%d\" height=\"%" PRId32
                "\" fill=\"url(#%s)\"/>\n",
                x, s->from, WIDE, height,
                s->certainty == SF_INFERRED ? "inferred" : "possible");
    }
}

static void put_name(const struct sf_svg *svg, unsigned side, const struct stretch *s,
                     int32_t *free)
{
    bool client = side == SF_CLIENT;
    int32_t y = s->from + 11 > *free ? s->from + 11 : *free;
    const char *mark = sf_part_mark(s->certainty);

    *free = y + NAMES;
    sf_putf(svg->sink, "<text class=\"state %s\" x=\"%d\" y=\"%" PRId32 "\">%s%s%s</text>\n",
            client ? "client" : "server", client ? BAR - 6 : WIDE + 6, y, client ? mark : "",
            sf_state_name((enum sf_state)s->state), client ? "" : mark);
}

/* The states before the first segment; false: it was in mid-stream. */
static bool before(const struct sf_ladder *l, unsigned side, struct stretch *s)
{
    struct sf_ladder_facts facts;

    sf_ladder_facts(l, &facts);
    s->state = SF_CLOSED;
    s->certainty = SF_SEEN;
    if (side == SF_SERVER && facts.opened != SF_OPENED_SIMULTANEOUS &&
        facts.opened != SF_OPENED_REFUSED) {
        s->state = SF_LISTEN;
        s->certainty = l->end[side].told                      ? SF_SEEN
                       : facts.opened == SF_OPENED_UNANSWERED ? SF_POSSIBLE
                                                              : SF_INFERRED;
    } else if (side == SF_SERVER && !l->end[side].told) {
        s->certainty = SF_INFERRED;
    }
    s->named = true;
    return facts.opened != SF_OPENED_MIDSTREAM;
}

/* What of a bar stands where a silence is cut. */
static void put_cut(const struct sf_svg *svg, unsigned side, int32_t y)
{
    int x = side == SF_CLIENT ? BAR : 0;

    if (y != 0) {
        sf_putf(svg->sink,
                "<path class=\"gap\" d=\"M%d %" PRId32 "l5-5 6 5 5-5v5l-5 5-6-5-5 5z\"/>\n",
                x - 2, y);
    }
}

/* A row's state begins: what was before it ends there. */
static void change(const struct sf_svg *svg, unsigned side, struct stretch *s,
                   const struct sf_row *row, int32_t y, int32_t *free)
{
    if (row->state[side] == s->state && row->certainty[side] == s->certainty) {
        return;
    }
    s->to = y > s->from ? y : s->from;
    put_stretch(svg, side, s);
    if (s->named) {
        put_name(svg, side, s, free);
    }
    s->named = row->state[side] != s->state;
    s->state = row->state[side];
    s->certainty = row->certainty[side];
    s->from = s->to;
}

void sf_svg_states(const struct sf_svg *svg, const struct sf_ladder *ladder,
                   const struct sf_sheet *sheet, unsigned side)
{
    struct stretch s = {.from = sheet->top};
    int32_t free = sheet->top;

    if (sheet->n == 0) {
        return;
    }
    if (!before(ladder, side, &s)) {
        s.state = ladder->rows[0].state[side];
        s.certainty = ladder->rows[0].certainty[side];
    }
    for (size_t i = 0; i < sheet->n; i++) {
        change(svg, side, &s, &ladder->rows[i], sheet->places[i].at[side], &free);
    }
    s.to = sheet->bottom;
    put_stretch(svg, side, &s);
    if (s.named) {
        put_name(svg, side, &s, &free);
    }
    for (size_t i = 0; i < sheet->n; i++) {
        put_cut(svg, side, sheet->places[i].cut);
    }
    put_cut(svg, side, sheet->cut);
}
