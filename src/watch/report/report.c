/* SPDX-License-Identifier: MIT
 *
 * watch/report/report.c - which writer a report goes to.
 *
 *   [report.c] --> svgfile.c, html.c, mermaid.c, qlog.c
 */
#include "watch/report/part.h"

void sf_report_begin(struct sf_report *report)
{
    switch ((enum sf_report_kind)report->kind) {
    case SF_REPORT_SVG:
        sf_svg_begin(report);
        break;
    case SF_REPORT_HTML:
        sf_html_begin(report);
        break;
    case SF_REPORT_MERMAID:
        sf_mermaid_begin(report);
        break;
    case SF_REPORT_QLOG:
        break; /* its head tells when the first connection began */
    }
}

void sf_report_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id)
{
    switch ((enum sf_report_kind)report->kind) {
    case SF_REPORT_SVG:
        if (report->told == SF_REPORT_DRAWINGS) {
            report->left_out++;
            return;
        }
        sf_svg_add(report, ladder, id);
        break;
    case SF_REPORT_HTML:
        if (report->told == SF_REPORT_PAGES) {
            report->left_out++;
            return;
        }
        sf_html_add(report, ladder, id);
        break;
    case SF_REPORT_MERMAID:
        if (report->told == SF_REPORT_DRAWINGS) {
            report->left_out++;
            return;
        }
        sf_mermaid_add(report, ladder, id);
        break;
    case SF_REPORT_QLOG:
        if (report->told == 0) {
            sf_qlog_begin(report, ladder->zero_ns);
        }
        sf_qlog_add(report, ladder, id);
        break;
    }
    report->told++;
}

bool sf_report_end(struct sf_report *report, const struct sf_findings *found)
{
    switch ((enum sf_report_kind)report->kind) {
    case SF_REPORT_SVG:
        sf_svg_end(report);
        break;
    case SF_REPORT_HTML:
        sf_html_end(report, found);
        break;
    case SF_REPORT_MERMAID:
        if (report->left_out > 0) {
            sf_putf(report->sink, "    %%%% %u more connections are not shown\n",
                    (unsigned)report->left_out);
        }
        break;
    case SF_REPORT_QLOG:
        sf_qlog_end(report, found);
        break;
    }
    return !report->failed;
}
