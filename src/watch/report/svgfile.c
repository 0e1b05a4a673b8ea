/* SPDX-License-Identifier: MIT
 *
 * watch/report/svgfile.c - ladders one beneath the other, as a file.
 *
 *   svg.c --> [svgfile.c]
 */
#include "watch/report/part.h"

#include <inttypes.h>
#include <stdlib.h>

#define MARGIN 16
#define HEAD   34 /* above each ladder, for its number */
#define LEGEND 66

void sf_svg_begin(struct sf_report *report)
{
    report->hold = open_memstream(&report->held, &report->held_octets);
    report->failed = report->hold == NULL;
}

void sf_svg_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id)
{
    struct sf_svg svg = {.lang = report->lang, .absolute = report->absolute};
    struct sf_sheet sheet = {0};
    struct sf_short brief;

    if (report->hold == NULL) {
        return;
    }
    svg.sink = sf_sink_file(report->hold);
    if (!sf_short_make(&brief, ladder) || !sf_sheet_make(&sheet, &brief.ladder)) {
        report->failed = true;
        sf_short_free(&brief);
        return;
    }
    sf_putf(svg.sink,
            "<svg x=\"%d\" y=\"%" PRIu32 "\" width=\"%d\" height=\"%" PRId32 "\">\n"
            "<text class=\"number\" x=\"0\" y=\"14\">%" PRIu32 "</text>\n",
            MARGIN, report->height + MARGIN, SF_SVG_WIDTH, sheet.bottom + HEAD, id);
    sf_svg_ladder(&svg, &brief.ladder, &sheet);
    sf_put(svg.sink, "</svg>\n");
    report->height += (uint32_t)sheet.bottom + HEAD;
    sf_sheet_free(&sheet);
    sf_short_free(&brief);
}

static void put_legend(struct sf_report *report, uint32_t y)
{
    static const char *const words[3][SF_LANGS] = {
        {"seen: proven by a segment of its own", "已证实：由该端自己的报文段证明"},
        {"~ inferred", "~ 推断"},
        {"? possible", "? 可能"},
    };
    static const int at[3] = {0, 290, 400};
    static const char *const fill[3] = {NULL, "inferred", "possible"};
    enum sf_lang lang = report->lang;

    sf_putf(report->sink, "<svg x=\"%d\" y=\"%" PRIu32 "\">\n", MARGIN, y);
    for (int i = 0; i < 3; i++) {
        sf_putf(report->sink,
                "<rect class=\"bar ESTABLISHED\" x=\"%d\" y=\"2\" width=\"12\""
                " height=\"12\"/>\n",
                at[i]);
        if (fill[i] != NULL) {
            sf_putf(report->sink,
                    "<rect x=\"%d\" y=\"2\" width=\"12\" height=\"12\" fill=\"url(#%s)\"/>\n",
                    at[i], fill[i]);
        }
        sf_putf(report->sink, "<text class=\"legend\" x=\"%d\" y=\"12\">%s</text>\n",
                at[i] + 18, words[i][lang]);
    }
    sf_put(report->sink, "<text class=\"legend\" x=\"0\" y=\"32\">");
    sf_put(
        report->sink,
        lang == SF_LANG_ZH
            ? "时间按比例；太密的行被拉开，⋯ 处的长静默被压缩。虚线为重传，叉号处报文段丢失。"
            : "To time scale; what would touch is moved apart, a silence marked ⋯ is cut. "
              "Dashed: sent again. A cross: it died there.");
    sf_put(report->sink, "</text>\n");
    if (report->left_out > 0) {
        sf_putf(
            report->sink, "<text class=\"legend\" x=\"0\" y=\"50\">%s %" PRIu32 "</text>\n",
            lang == SF_LANG_ZH ? "未画出的连接：" : "Connections not drawn:", report->left_out);
    }
    sf_put(report->sink, "</svg>\n");
}

void sf_svg_end(struct sf_report *report)
{
    const char *title =
        report->lang == SF_LANG_ZH ? "TCP 连接的时序图" : "Ladder of TCP connections";
    uint32_t height = report->height + 2 * MARGIN + LEGEND;

    if (report->hold == NULL || fclose(report->hold) != 0) {
        report->failed = true;
        free(report->held);
        return;
    }
    sf_putf(report->sink,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ladder\" width=\"%d\""
            " height=\"%" PRIu32 "\" viewBox=\"0 0 %d %" PRIu32 "\" role=\"img\""
            " aria-labelledby=\"title desc\" xml:lang=\"%s\">\n"
            "<title id=\"title\">",
            SF_SVG_WIDTH + 2 * MARGIN, height, SF_SVG_WIDTH + 2 * MARGIN, height,
            report->lang == SF_LANG_ZH ? "zh-Hans" : "en");
    sf_put_xml(report->sink, title);
    if (report->title != NULL) {
        sf_put(report->sink, ": ");
        sf_put_xml(report->sink, report->title);
    }
    sf_put(report->sink, "</title>\n<desc id=\"desc\">");
    sf_put(report->sink,
           report->lang == SF_LANG_ZH
               ? "左为客户端，右为服务器；箭头为报文段，旁边的色条为两端的状态。"
               : "Client to the left, server to the right; arrows are segments, the bars "
                 "beside them the states of both ends.");
    sf_put(report->sink, "</desc>\n<style>\n");
    sf_put_lines(report->sink, sf_page_ladder);
    sf_put(report->sink, "</style>\n");
    sf_svg_defs(report->sink);
    sf_put(report->sink, "<rect class=\"sheet\" width=\"100%\" height=\"100%\"/>\n");
    report->sink.put(report->sink.context, report->held, report->held_octets);
    put_legend(report, report->height + 2 * MARGIN);
    sf_put(report->sink, "</svg>\n");
    free(report->held);
    report->held = NULL;
}
