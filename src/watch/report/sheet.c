/* SPDX-License-Identifier: MIT
 *
 * watch/report/sheet.c - where each row of a ladder stands in a drawing.
 *
 *   part.c (fewer rows) --> [sheet.c] --> svg.c, svgbar.c
 *
 * The distance of two rows is to the scale of time, with two exceptions that a reader has to
 * be told of: rows that would touch are moved apart, and a long silence is cut.  The scale is
 * the connection's own: what lies between most of its rows, or its round trip if that is
 * longer, takes SCALE pixels.
 *
 * An arrow leaves before the observer saw it and arrives later.  How much, the handshake tells
 * (RFC 9293 s3.5): from SYN to SYN,ACK is twice the way from here to the server, from there to
 * the third segment twice the way to the client.  An arrow's middle stands at the moment of
 * the observer, wherever it was.  What is sent after a segment has arrived leaves beneath the
 * arrival, however close they are; only what was under way at once may cross.
 */
#include "watch/report/part.h"

#include <stdlib.h>

#include "wire/seg.h"

#define TOP     46  /* where both lines begin */
#define FIRST   40  /* from the top of the lines to the first row */
#define LEAST   27  /* between two rows, so that their words do not touch */
#define SCALE   44  /* of a usual distance */
#define LONGEST 120 /* beyond this a silence is cut, ... */
#define CUT     62  /* ... and takes so much */
#define STEEP   13  /* half of an arrow falls by so much at most, ... */
#define FLAT    5   /* ... and at least */
#define APART   6   /* between an arrival and what is sent afterwards */
#define BACK    4   /* rows before that an arrow is compared with */
#define REST    34  /* beneath the last row */

static uint64_t end_of(const struct sf_row *row)
{
    return row->kind == SF_ROW_FOLD && row->u.fold.to_ns > row->at_ns ? row->u.fold.to_ns
                                                                      : row->at_ns;
}

static uint64_t between(const struct sf_row *a, const struct sf_row *b)
{
    return b->at_ns > end_of(a) ? b->at_ns - end_of(a) : 0;
}

static bool is_plain(const struct sf_row *row, unsigned flags, unsigned from)
{
    return row->kind == SF_ROW_SEGMENT && row->from == from && row->marks == 0 &&
           (row->u.seg.flags & (SF_SYN | SF_ACK | SF_RST | SF_FIN)) == flags;
}

/* How long a segment is under way between the observer and each end; 0 if it is not known. */
static void ways_of(const struct sf_ladder *l, uint64_t way[2])
{
    const struct sf_row *rows = l->rows;

    way[SF_CLIENT] = 0;
    way[SF_SERVER] = 0;
    for (size_t i = 0; i + 2 < l->n && i < 8; i++) {
        if (is_plain(&rows[i], SF_SYN, SF_CLIENT) &&
            is_plain(&rows[i + 1], SF_SYN | SF_ACK, SF_SERVER) &&
            is_plain(&rows[i + 2], SF_ACK, SF_CLIENT)) {
            way[SF_SERVER] = between(&rows[i], &rows[i + 1]) / 2;
            way[SF_CLIENT] = between(&rows[i + 1], &rows[i + 2]) / 2;
            return;
        }
    }
}

static int by_length(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The distance that most rows do not exceed; 0 if it is not known. */
static uint64_t usual(const struct sf_ladder *l)
{
    uint64_t *gaps = malloc((l->n + 1) * sizeof(*gaps));
    uint64_t ns = 0;
    size_t n = 0;

    if (gaps == NULL) {
        return 0;
    }
    for (size_t i = 1; i < l->n; i++) {
        gaps[n++] = between(&l->rows[i - 1], &l->rows[i]);
    }
    if (n > 0) {
        qsort(gaps, n, sizeof(*gaps), by_length);
        ns = gaps[n * 6 / 10];
    }
    free(gaps);
    return ns;
}

static int32_t limited(double pixels, int32_t least, int32_t most)
{
    return pixels > most ? most : pixels < least ? least : (int32_t)pixels;
}

/* Was b, of the other end, under way before a arrived there?  What acknowledges a was not. */
static bool crosses(const struct sf_row *a, const struct sf_row *b, const uint64_t way[2])
{
    const struct sf_row_seg *seg = &a->u.seg;
    int64_t len = seg->octets + ((seg->flags & SF_SYN) != 0) + ((seg->flags & SF_FIN) != 0);
    bool takes = (b->u.seg.flags & SF_ACK) == 0 || b->u.seg.ack < seg->seq + len;
    uint64_t back = 2 * way[b->from];

    return len > 0 && takes && (back == 0 || b->at_ns - a->at_ns < back) &&
           (seg->flags & SF_RST) == 0 && (b->u.seg.flags & SF_RST) == 0;
}

/* Move an arrow down until it leaves beneath whatever had arrived there before. */
static void follow(struct sf_sheet *sheet, const struct sf_ladder *l, size_t i,
                   const uint64_t way[2], int32_t half)
{
    const struct sf_row *row = &l->rows[i];
    struct sf_place *at = &sheet->places[i];

    for (size_t k = i > BACK ? i - BACK : 0; k < i; k++) {
        const struct sf_row *earlier = &l->rows[k];
        int32_t least = sheet->places[k].y + 2 * half + APART;

        if (earlier->kind == SF_ROW_SEGMENT && earlier->from != row->from && at->y < least &&
            !crosses(earlier, row, way)) {
            at->y = least;
        }
    }
}

static void place(struct sf_sheet *sheet, const struct sf_ladder *l, size_t i, double scale)
{
    const struct sf_row *row = &l->rows[i];
    struct sf_place *at = &sheet->places[i];
    double pixels = 0;

    if (i == 0) {
        at->y = sheet->top + FIRST;
        return;
    }
    pixels = (double)between(row - 1, row) * scale;
    at->y = at[-1].y;
    if (pixels > LONGEST) {
        at->silent_ns = between(row - 1, row);
        at->cut = at->y + CUT / 2;
        at->y += CUT;
    } else {
        at->y += limited(pixels, LEAST, LONGEST);
    }
}

/* Place all rows; an arrow leaves half above its middle and arrives half beneath. */
static void place_all(struct sf_sheet *sheet, const struct sf_ladder *l, const uint64_t way[2],
                      double scale)
{
    int32_t half = limited((double)(way[0] + way[1]) / 2 * scale, FLAT, STEEP);

    for (size_t i = 0; i < l->n; i++) {
        const struct sf_row *row = &l->rows[i];
        struct sf_place *at = &sheet->places[i];
        bool arrow = row->kind == SF_ROW_SEGMENT;
        unsigned from = row->from & 1U;

        place(sheet, l, i, scale);
        if (arrow) {
            follow(sheet, l, i, way, half);
        }
        at->at[from] = at->y - (arrow ? half : 0);
        at->at[from ^ 1U] = at->y + (arrow ? half : 0);
        sheet->bottom = at->y + REST;
    }
}

static bool bears(const struct sf_row *row, unsigned flags)
{
    return row->kind == SF_ROW_SEGMENT && row->marks == 0 && (row->u.seg.flags & flags) != 0;
}

/*
 * Two SYNs or FINs of which neither acknowledges the other crossed, however long that took: the
 * first cannot have arrived before the second left (RFC 9293 s3.5, Figure 7; s3.6, Figure 13).
 */
static void cross(struct sf_sheet *sheet, const struct sf_ladder *l, size_t i)
{
    static const uint64_t unknown[2] = {0, 0};
    const struct sf_row *row = &l->rows[i];
    unsigned both = row->u.seg.flags & (SF_SYN | SF_FIN);

    for (size_t k = i + 1; k < l->n && k <= i + BACK; k++) {
        const struct sf_row *later = &l->rows[k];
        int32_t least = sheet->places[k].at[later->from & 1U] + 2 * APART;
        int32_t *there = &sheet->places[i].at[row->from ^ 1U];

        if (bears(later, both) && later->from != row->from && crosses(row, later, unknown) &&
            *there < least) {
            *there = least;
        }
    }
}

bool sf_sheet_make(struct sf_sheet *sheet, const struct sf_ladder *ladder)
{
    uint64_t unit = usual(ladder);
    uint64_t way[2];
    double scale = 0;

    *sheet = (struct sf_sheet){.n = ladder->n, .top = TOP, .bottom = TOP + FIRST};
    sheet->places = calloc(ladder->n + 1, sizeof(*sheet->places));
    if (sheet->places == NULL) {
        return false;
    }
    ways_of(ladder, way);
    unit = way[0] + way[1] > unit ? way[0] + way[1] : unit;
    scale = unit > 0 ? SCALE / (double)unit : 0;
    place_all(sheet, ladder, way, scale);
    for (size_t i = 0; i < ladder->n; i++) {
        if (bears(&ladder->rows[i], SF_SYN | SF_FIN)) {
            cross(sheet, ladder, i);
        }
    }
    if (ladder->n > 0 && ladder->until_ns > end_of(&ladder->rows[ladder->n - 1])) {
        sheet->rest_ns = ladder->until_ns - end_of(&ladder->rows[ladder->n - 1]);
        if ((double)sheet->rest_ns * scale > LONGEST) {
            sheet->cut = sheet->bottom + 8;
            sheet->bottom += 28;
        }
    }
    return true;
}

void sf_sheet_free(struct sf_sheet *sheet)
{
    free(sheet->places);
    sheet->places = NULL;
}
