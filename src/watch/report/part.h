/* SPDX-License-Identifier: MIT
 *
 * watch/report/part.h - what the writers of reports share.
 */
#ifndef SF_WATCH_REPORT_PART_H
#define SF_WATCH_REPORT_PART_H

#include "watch/ladder.h"
#include "watch/report/report.h"

/* Lines of a file that was built in, to its end with a null pointer. */
extern const char *const sf_page_head[];   /* of the page, up to its title */
extern const char *const sf_page_body[];   /* from there to the first connection */
extern const char *const sf_page_tail[];   /* from behind the last one */
extern const char *const sf_page_ladder[]; /* the style sheet of a drawing */

/* Write text as it is, formatted (what is beyond 1,023 octets is cut), or a file's lines. */
void sf_put(struct sf_sink sink, const char *text);
void sf_putf(struct sf_sink sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sf_put_lines(struct sf_sink sink, const char *const *lines);

/* Write text as a document's content or attribute: what means something there is escaped, and
 * what XML 1.0 s2.2 forbids, or is no UTF-8, becomes U+FFFD. */
void sf_put_xml(struct sf_sink sink, const char *text);

/* "10.0.0.1:80", "[::1]:80"; text has SF_PART_ENDPOINT octets. */
#define SF_PART_ENDPOINT (SF_ADDR_TEXT + 10)
char *sf_part_endpoint(const struct sf_endpoint *at, char *text);

/* A length of time for people: "12 us", "3.4 ms", "60.0 s", "5 min"; text has 32 octets. */
char *sf_part_time(uint64_t ns, char *text);

/* The call of a row: "close()". */
const char *sf_part_call(unsigned call);

/* What a state is marked with: "", "~", "?". */
const char *sf_part_mark(unsigned certainty);

/* The octets of a well-formed character of UTF-8 (RFC 3629 s4), or 0. */
size_t sf_part_utf8(const char *text);

/* What is to be said of a segment, as keys that the page has words for; the next of them from
 * *at on, which begins with 0; null: there is none. */
const char *sf_part_note(const struct sf_row *row, size_t *at);

/* A ladder's copy with so few rows that it can be looked at. */
struct sf_short {
    struct sf_ladder ladder;
};

/* False: memory ended. */
bool sf_short_make(struct sf_short *brief, const struct sf_ladder *ladder);
void sf_short_free(struct sf_short *brief);

/* Where each row stands in a drawing, in pixels from its top. */
struct sf_place {
    int32_t y;     /* its middle */
    int32_t at[2]; /* where it touches the line of each end */
    int32_t cut; /* the middle of a silence before it that is not to scale; 0: there is none */
    uint64_t silent_ns;
};

struct sf_sheet {
    struct sf_place *places; /* one for each row */
    size_t n;
    int32_t top;      /* where both lines begin */
    int32_t bottom;   /* where they end */
    int32_t cut;      /* of the silence after the last row; 0: there is none */
    uint64_t rest_ns; /* how long that is */
};

/* False: memory ended. */
bool sf_sheet_make(struct sf_sheet *sheet, const struct sf_ladder *ladder);
void sf_sheet_free(struct sf_sheet *sheet);

/* svg.c: a ladder as the content of an svg element, from top on; its height. */
#define SF_SVG_WIDTH 760

struct sf_svg {
    struct sf_sink sink;
    enum sf_lang lang;
    bool page; /* within a page: both languages, and segments that can be chosen */
    bool absolute;
};

/* Write it; sheet places the rows of ladder, which the caller has shortened. */
void sf_svg_ladder(const struct sf_svg *svg, const struct sf_ladder *ladder,
                   const struct sf_sheet *sheet);

/* svgbar.c: the states of one end as a bar with names beside it. */
void sf_svg_states(const struct sf_svg *svg, const struct sf_ladder *ladder,
                   const struct sf_sheet *sheet, unsigned side);

/* What stands in the language of a drawing; in a page in both. */
void sf_svg_words(const struct sf_svg *svg, const char *english, const char *chinese);

/* Patterns and arrow heads. */
void sf_svg_defs(struct sf_sink sink);

/* The writers, by kind. */
void sf_svg_begin(struct sf_report *report);
void sf_svg_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id);
void sf_svg_end(struct sf_report *report);
void sf_html_begin(struct sf_report *report);
void sf_html_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id);
void sf_html_end(struct sf_report *report, const struct sf_findings *found);
void sf_mermaid_begin(struct sf_report *report);
void sf_mermaid_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id);
void sf_qlog_begin(struct sf_report *report, uint64_t zero_ns);
void sf_qlog_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id);
void sf_qlog_end(struct sf_report *report, const struct sf_findings *found);

#endif
