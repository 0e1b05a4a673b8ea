/* SPDX-License-Identifier: MIT
 *
 * watch/report/report.h - ladders as drawings and documents for other programs to show.
 *
 *   struct sf_ladder --> [report] --> svg.c      a drawing to time scale
 *                                 |-> html.c     one page with everything in it
 *                                 |-> mermaid.c  a sequence diagram as text
 *                                 |-> qlog.c     a sequence of JSON texts (RFC 7464)
 *                                 `-> comments.c what pcapng says of each packet
 *
 * Ladders come one after the other and are gone afterwards, so each is written at once; only
 * the drawing, whose size stands at its beginning, is held until the end.
 */
#ifndef SF_WATCH_REPORT_REPORT_H
#define SF_WATCH_REPORT_REPORT_H

#include <stdio.h>

#include "synfin/finding.h"
#include "synfin/ladder.h"
#include "synfin/lang.h"
#include "synfin/sink.h"
#include "watch/find/find.h"

enum sf_report_kind { SF_REPORT_SVG = 0, SF_REPORT_HTML, SF_REPORT_MERMAID, SF_REPORT_QLOG };

/* Connections that a drawing and a page take; more are counted, and the reader is told. */
#define SF_REPORT_DRAWINGS 50
#define SF_REPORT_PAGES    1000

struct sf_report {
    struct sf_sink sink;
    const char *title; /* what was read, from outside; or null */
    enum sf_lang lang; /* of what is said to people; a page has both and begins with it */
    uint8_t kind;      /* enum sf_report_kind */
    bool absolute;     /* sequence numbers as on the wire */
    bool failed;       /* memory ended */

    /* Of the writers alone. */
    uint32_t told;     /* ladders written */
    uint32_t left_out; /* ladders that were too many */
    uint64_t zero_ns;  /* qlog: the moment that its times count from */
    uint32_t height;   /* svg: of what is held */
    char *held;
    size_t held_octets;
    FILE *hold;
    uint8_t kinds[(SF_FINDINGS + 7) / 8]; /* html: findings to be explained at its end */
};

/* Begin; sink, title, lang, kind and absolute are set, all else is zero. */
void sf_report_begin(struct sf_report *report);

/* Add a ladder; its findings, if it has any, with it. */
void sf_report_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id);

/* End; found concerns many connections, or is null.  False: memory ended. */
bool sf_report_end(struct sf_report *report, const struct sf_findings *found);

#endif
