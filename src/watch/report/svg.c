/* SPDX-License-Identifier: MIT
 *
 * watch/report/svg.c - a ladder as a drawing (SVG 1.1).
 *
 *   sheet.c (places) --> [svg.c] arrows --> svgbar.c states
 *
 *     time   SYN_SENT ║────── SYN seq=0 ──────▶║ SYN_RECEIVED
 *
 * Each column is an svg element of its own, and within the middle one every width is a share
 * of the whole: in a page a style sheet makes the columns as wide as there is room, in a
 * drawing of its own they stand where their attributes say.
 */
#include "watch/report/part.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/words.h"
#include "watch/label.h"
#include "watch/note.h"
#include "wire/seg.h"

#define TIME    78  /* where the time's column ends */
#define CLIENT  84  /* where the client's begins */
#define WIRES   208 /* the arrows' */
#define SERVER  636 /* the server's */
#define BETWEEN (SERVER - WIRES)

void sf_svg_words(const struct sf_svg *svg, const char *english, const char *chinese)
{
    if (svg->page) {
        sf_put(svg->sink, "<tspan class=\"en\">");
        sf_put_xml(svg->sink, english);
        sf_put(svg->sink, "</tspan><tspan class=\"zh\" lang=\"zh-Hans\">");
        sf_put_xml(svg->sink, chinese);
        sf_put(svg->sink, "</tspan>");
    } else {
        sf_put_xml(svg->sink, svg->lang == SF_LANG_ZH ? chinese : english);
    }
}

void sf_svg_defs(struct sf_sink sink)
{
    static const char *const heads[] = {"client", "server", "reset"};

    sf_put(sink, "<defs>\n"
                 "<pattern id=\"inferred\" width=\"5\" height=\"5\""
                 " patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
                 "<rect class=\"stripe\" width=\"2\" height=\"5\"/></pattern>\n"
                 "<pattern id=\"possible\" width=\"4\" height=\"4\""
                 " patternUnits=\"userSpaceOnUse\">"
                 "<path class=\"stripe\" d=\"M0 0h4v4h-4zM1 1v2h2v-2z\""
                 " fill-rule=\"evenodd\"/></pattern>\n");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        sf_putf(sink,
                "<marker id=\"to-%s\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\""
                " markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\""
                " orient=\"auto\"><path class=\"head %s\" d=\"M0 0 10 5 0 10 2 5z\"/>"
                "</marker>\n",
                heads[i], heads[i]);
    }
    sf_put(sink, "</defs>\n");
}

/* A moment, from the first row on, in seconds. */
static void put_time(const struct sf_svg *svg, int32_t y, uint64_t ns)
{
    sf_putf(svg->sink,
            "<text class=\"time\" x=\"%d\" y=\"%" PRId32 "\">%" PRIu64 ".%06" PRIu64
            "</text>\n",
            TIME, y + 4, ns / 1000000000, ns % 1000000000 / 1000);
}

/* What is to be said of a segment on its arrow, beyond its label. */
static void put_tags(const struct sf_svg *svg, const struct sf_row *row)
{
    static const struct {
        uint8_t mark;
        const char *english, *chinese;
    } tags[] = {
        {SF_MARK_KEEPALIVE, " keepalive", " 保活"}, {SF_MARK_PROBE, " probe", " 窗口探测"},
        {SF_MARK_LATE, " late", " 迟到"},           {SF_MARK_AGAIN, " again", " 重传"},
        {SF_MARK_DROPPED, " not taken", " 未接受"},
    };

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if ((row->marks & tags[i].mark) != 0) {
            sf_svg_words(svg, tags[i].english, tags[i].chinese);
        }
    }
}

/* What a pointer that rests on a segment is told. */
static void put_title(const struct sf_svg *svg, const struct sf_ladder *l,
                      const struct sf_row *row)
{
    char label[SF_LABEL_TEXT];
    char note[SF_NOTE_TEXT];

    (void)sf_label_text(l, row, svg->absolute ? SF_NUMBERS_ABSOLUTE : SF_NUMBERS_RELATIVE,
                        SF_BREVITY_ALL, label);
    (void)sf_note_text(row, note);
    sf_putf(svg->sink, "<title>%" PRIu32 ": ", row->n);
    sf_put_xml(svg->sink, label);
    sf_put(svg->sink, note[0] != '\0' ? "; " : "");
    sf_put_xml(svg->sink, note);
    sf_put(svg->sink, "</title>");
}

/* The line of an arrow, or the part of it that a segment which died got over. */
static void put_line(const struct sf_svg *svg, const struct sf_row *row,
                     const struct sf_place *at)
{
    bool lost = (row->marks & SF_MARK_LOST) != 0;
    bool client = row->from == SF_CLIENT;
    const char *head = (row->u.seg.flags & SF_RST) != 0 ? "reset"
                       : client                         ? "client"
                                                        : "server";
    int32_t begin = at->at[row->from];
    int32_t end = at->at[row->from ^ 1U];
    int32_t there = lost ? begin + (end - begin) * 6 / 10 : end;
    const char *to = client ? (lost ? "60%" : "100%") : (lost ? "40%" : "0");

    if (svg->page) {
        sf_putf(svg->sink,
                "<line class=\"reach\" x1=\"%s\" y1=\"%" PRId32 "\" x2=\"%s\" y2=\"%" PRId32
                "\"/>\n",
                client ? "0" : "100%", begin, to, there);
    }
    sf_putf(svg->sink,
            "<line class=\"arrow\" x1=\"%s\" y1=\"%" PRId32 "\" x2=\"%s\" y2=\"%" PRId32 "\"",
            client ? "0" : "100%", begin, to, there);
    if (lost) {
        sf_putf(svg->sink,
                "/><svg class=\"died\" x=\"%s\" y=\"%" PRId32 "\" overflow=\"visible\">"
                "<path class=\"cross\" d=\"M-6-6 6 6M6-6-6 6\"/></svg>\n",
                to, there);
    } else {
        sf_putf(svg->sink, " marker-end=\"url(#to-%s)\"/>\n", head);
    }
}

static void put_segment(const struct sf_svg *svg, const struct sf_ladder *l, size_t i,
                        const struct sf_place *at, size_t nth)
{
    const struct sf_row *row = &l->rows[i];
    enum sf_numbers how = svg->absolute ? SF_NUMBERS_ABSOLUTE : SF_NUMBERS_RELATIVE;
    bool lost = (row->marks & SF_MARK_LOST) != 0;
    const char *middle = !lost ? "50%" : row->from == SF_CLIENT ? "30%" : "70%";
    char label[SF_LABEL_TEXT];

    sf_putf(svg->sink, "<g class=\"seg %s%s%s%s\"",
            row->from == SF_CLIENT ? "client" : "server",
            (row->u.seg.flags & SF_RST) != 0 ? " reset" : "",
            (row->marks & SF_MARK_AGAIN) != 0 ? " again" : "", lost ? " lost" : "");
    if (svg->page) {
        sf_putf(svg->sink, " data-nth=\"%zu\" role=\"button\" tabindex=\"-1\"", nth);
    }
    sf_put(svg->sink, ">");
    put_title(svg, l, row);
    sf_putf(svg->sink,
            "<rect class=\"hit\" x=\"0\" y=\"%" PRId32 "\" width=\"100%%\" height=\"26\""
            " rx=\"4\"/>\n",
            at->y - 18);
    put_line(svg, row, at);
    (void)sf_label_text(l, row, how, SF_BREVITY_NO_AGAIN, label);
    sf_putf(svg->sink, "<text class=\"label\" x=\"%s\" y=\"%" PRId32 "\">", middle, at->y - 6);
    sf_put_xml(svg->sink, label);
    put_tags(svg, row);
    sf_put(svg->sink, "</text></g>\n");
}

/* A line of words between both ends. */
static void put_words(const struct sf_svg *svg, const char *class, int32_t y,
                      const char *english, const char *chinese)
{
    sf_putf(svg->sink, "<text class=\"%s\" x=\"50%%\" y=\"%" PRId32 "\">", class, y + 4);
    sf_svg_words(svg, english, chinese);
    sf_put(svg->sink, "</text>\n");
}

/* A silence that is not to scale, and how long it was. */
static void put_cut(const struct sf_svg *svg, int32_t y, uint64_t ns, const char *state)
{
    char time[32];
    char words[80];

    (void)snprintf(words, sizeof(words), "⋯ %s%s%s ⋯", sf_part_time(ns, time),
                   *state != '\0' ? " " : "", state);
    sf_putf(svg->sink,
            "<line class=\"pause\" x1=\"0\" y1=\"%" PRId32 "\" x2=\"100%%\" y2=\"%" PRId32
            "\"/>\n",
            y, y);
    put_words(svg, "pause", y, words, words);
}

static void put_fold(const struct sf_svg *svg, const struct sf_row *row, int32_t y)
{
    const struct sf_row_fold *f = &row->u.fold;
    uint32_t n = f->segments[0] + f->segments[1] + f->others[0] + f->others[1];
    char english[160];
    char chinese[160];
    char count[4][SF_NUMBER_TEXT];

    (void)sf_count_text(n, count[0]);
    (void)sf_count_text(f->octets[SF_CLIENT], count[1]);
    (void)sf_count_text(f->octets[SF_SERVER], count[2]);
    (void)snprintf(english, sizeof(english), "%s segments: %s octets → · ← %s octets", count[0],
                   count[1], count[2]);
    (void)snprintf(chinese, sizeof(chinese), "%s 个报文段：%s 字节 → · ← %s 字节", count[0],
                   count[1], count[2]);
    sf_putf(svg->sink,
            "<rect class=\"fold\" x=\"4%%\" y=\"%" PRId32 "\" width=\"92%%\" height=\"22\""
            " rx=\"11\"/>\n",
            y - 11);
    put_words(svg, "note", y, english, chinese);
}

static void put_error(const struct sf_svg *svg, const struct sf_row *row, int32_t y)
{
    const struct sf_row_error *error = &row->u.error;
    char addr[SF_ADDR_TEXT];
    char words[160];

    (void)snprintf(words, sizeof(words), "ICMP %s · %s",
                   sf_icmp_words(error->reporter.family, error->type, error->code),
                   sf_addr_text(&error->reporter, addr));
    put_words(svg, "error", y, words, words);
}

/* What an application did, or a timer: on the side of whoever it was. */
static void put_call(const struct sf_svg *svg, const struct sf_row *row, int32_t y)
{
    bool client = row->from == SF_CLIENT;

    sf_putf(svg->sink, "<text class=\"call %s\" x=\"%s\" y=\"%" PRId32 "\">%s</text>\n",
            client ? "client" : "server", client ? "2%" : "98%", y + 4,
            sf_part_call(row->u.call));
}

static void put_row(const struct sf_svg *svg, const struct sf_ladder *l, size_t i,
                    const struct sf_place *at, size_t nth)
{
    const struct sf_row *row = &l->rows[i];
    char words[80];

    switch ((enum sf_row_kind)row->kind) {
    case SF_ROW_SEGMENT:
        put_segment(svg, l, i, at, nth);
        break;
    case SF_ROW_STATE:
        (void)snprintf(words, sizeof(words), "%s",
                       sf_event_name((enum sf_event_kind)row->u.event));
        put_words(svg, "note", at->y, words, words);
        break;
    case SF_ROW_CALL:
        put_call(svg, row, at->y);
        break;
    case SF_ROW_FOLD:
        put_fold(svg, row, at->y);
        break;
    case SF_ROW_MISSED:
        (void)snprintf(words, sizeof(words), "? %" PRIu64, row->u.missed);
        put_words(svg, "error", at->y, words, words);
        break;
    case SF_ROW_ERROR:
        put_error(svg, row, at->y);
        break;
    }
}

static bool lasts(unsigned state)
{
    return state == SF_TIME_WAIT || state == SF_FIN_WAIT_2 || state == SF_CLOSE_WAIT;
}

/* The state that a silence is spent in, where that is what it is about. */
static const char *lasting(const struct sf_row *row)
{
    for (size_t side = 0; side < 2; side++) {
        if (lasts(row->state[side])) {
            return sf_state_name((enum sf_state)row->state[side]);
        }
    }
    return "";
}

static void put_wires(const struct sf_svg *svg, const struct sf_ladder *l,
                      const struct sf_sheet *sheet)
{
    size_t nth = 0;

    sf_putf(svg->sink, "<svg class=\"wires\" x=\"%d\" width=\"%d\" overflow=\"visible\">\n",
            WIRES, BETWEEN);
    for (size_t i = 0; i < sheet->n; i++) {
        if (sheet->places[i].cut != 0) {
            put_cut(svg, sheet->places[i].cut, sheet->places[i].silent_ns,
                    lasting(&l->rows[i - 1]));
        }
        put_row(svg, l, i, &sheet->places[i], nth);
        nth += l->rows[i].kind == SF_ROW_SEGMENT;
    }
    if (sheet->cut != 0) {
        put_cut(svg, sheet->cut, sheet->rest_ns, lasting(&l->rows[l->n - 1]));
    }
    sf_put(svg->sink, "</svg>\n");
}

static void put_end(const struct sf_svg *svg, const struct sf_ladder *l, unsigned side)
{
    char endpoint[SF_PART_ENDPOINT];
    const char *name = l->end[side].name;
    bool client = side == SF_CLIENT;

    sf_putf(svg->sink, "<text class=\"who %s\" x=\"%s\" y=\"14\">",
            client ? "client" : "server", client ? "0" : "100%");
    sf_svg_words(svg, client ? "client" : "server", client ? "客户端" : "服务器");
    if (name[0] != '\0') {
        sf_put(svg->sink, " ");
        sf_put_xml(svg->sink, name);
    }
    sf_putf(svg->sink, "</text>\n<text class=\"where %s\" x=\"%s\" y=\"31\">",
            client ? "client" : "server", client ? "0" : "100%");
    sf_put_xml(svg->sink, sf_part_endpoint(&l->end[side].at, endpoint));
    sf_put(svg->sink, "</text>\n");
}

void sf_svg_ladder(const struct sf_svg *svg, const struct sf_ladder *ladder,
                   const struct sf_sheet *sheet)
{
    sf_put(svg->sink, "<svg class=\"ends\" x=\"84\" width=\"676\" overflow=\"visible\">\n");
    put_end(svg, ladder, SF_CLIENT);
    put_end(svg, ladder, SF_SERVER);
    sf_put(svg->sink, "</svg>\n<svg class=\"times\" overflow=\"visible\">\n");
    for (size_t i = 0; i < sheet->n; i++) {
        put_time(svg, sheet->places[i].y, ladder->rows[i].at_ns);
    }
    sf_putf(svg->sink, "</svg>\n<svg class=\"of-client\" x=\"%d\" overflow=\"visible\">\n",
            CLIENT);
    sf_svg_states(svg, ladder, sheet, SF_CLIENT);
    sf_putf(svg->sink, "</svg>\n<svg class=\"of-server\" x=\"%d\" overflow=\"visible\">\n",
            SERVER);
    sf_svg_states(svg, ladder, sheet, SF_SERVER);
    sf_put(svg->sink, "</svg>\n");
    put_wires(svg, ladder, sheet);
}
