/* SPDX-License-Identifier: MIT
 *
 * watch/report/html.c - one page with everything in it, which asks nobody for anything.
 *
 *   page.html, page.css, page.js --> [html.c] --> a file that any browser opens
 *
 * Each connection is its JSON, as of synfin.explain/1 with header fields beside it, and its
 * drawing in a template.  What was captured is data there and never markup: the JSON has no
 * "<" in it, and the page's script puts it in as text.
 */
#include "watch/report/part.h"

#include <inttypes.h>

#include "synfin/verdict.h"
#include "trace/words.h"
#include "watch/json.h"

static const char *const langs[SF_LANGS] = {"en", "zh"};
static const char *const certainties[] = {"possible", "inferred", "seen"};

/* JSON within a script element must not end it: "<" stands in strings alone, where its number
 * means the same (RFC 8259 s7). */
static void put_safely(void *context, const char *text, size_t n)
{
    const struct sf_sink *to = context;
    size_t from = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '<') {
            to->put(to->context, text + from, i - from);
            sf_put(*to, "\\u003c");
            from = i + 1;
        }
    }
    to->put(to->context, text + from, n - from);
}

static void json_begin(struct sf_json *j, struct sf_report *report, const char *attribute)
{
    sf_putf(report->sink, "<script type=\"application/json\" %s>", attribute);
    sf_json_init(j, (struct sf_sink){.put = put_safely, .context = &report->sink});
    j->flat = true;
}

static void json_end(struct sf_json *j, struct sf_report *report)
{
    (void)j;
    sf_put(report->sink, "</script>\n");
}

static void put(struct sf_json *j, const char *key, const char *value)
{
    sf_json_key(j, key);
    sf_json_string(j, value);
}

static void put_int(struct sf_json *j, const char *key, int64_t value)
{
    sf_json_key(j, key);
    sf_json_int(j, value);
}

static void put_ends(struct sf_json *j, const struct sf_ladder *l)
{
    sf_json_key(j, "ends");
    sf_json_open(j, '[');
    for (size_t side = 0; side < 2; side++) {
        sf_json_open(j, '{');
        put(j, "name", l->end[side].name);
        put_int(j, "isn", l->end[side].isn);
        put_int(j, "known", l->end[side].isn_known);
        put_int(j, "octets", (int64_t)l->end[side].octets);
        sf_json_close(j, '}');
    }
    sf_json_close(j, ']');
}

static void put_options(struct sf_json *j, const struct sf_row_seg *seg)
{
    if ((seg->options & SF_ROW_MSS) != 0) {
        put_int(j, "mss", seg->mss);
    }
    if ((seg->options & SF_ROW_WSCALE) != 0) {
        put_int(j, "wscale", seg->wscale);
    }
    if ((seg->options & SF_ROW_SACK_OK) != 0) {
        put_int(j, "sackok", 1);
    }
    if ((seg->options & SF_ROW_SACK) != 0) {
        put_int(j, "sack", 1);
    }
    if ((seg->options & SF_ROW_TS) != 0) {
        put_int(j, "tsval", seg->tsval);
        put_int(j, "tsecr", seg->tsecr);
    }
}

static void put_header(struct sf_json *j, const struct sf_row *row)
{
    const struct sf_row_seg *seg = &row->u.seg;
    const char *note = NULL;
    size_t at = 0;

    sf_json_open(j, '{');
    put_int(j, "wnd", seg->wnd);
    put_int(j, "seq", seg->seq);
    put_int(j, "ack", seg->ack);
    put_options(j, seg);
    put(j, "client", certainties[row->certainty[SF_CLIENT]]);
    put(j, "server", certainties[row->certainty[SF_SERVER]]);
    if (seg->timer != 0) {
        put(j, "timer", sf_timer_word(seg->timer));
    }
    if ((row->marks & SF_MARK_DROPPED) != 0) {
        put(j, "verdict", sf_verdict_name((enum sf_verdict)seg->verdict));
    }
    sf_json_key(j, "notes");
    sf_json_open(j, '[');
    while ((note = sf_part_note(row, &at)) != NULL) {
        sf_json_string(j, note);
    }
    sf_json_close(j, ']');
    sf_json_close(j, '}');
}

/* Each finding in both languages; its kind is explained at the end. */
static void put_findings(struct sf_json *j, struct sf_report *report,
                         const struct sf_findings *found)
{
    char text[SF_FINDING_TEXT];

    sf_json_key(j, "words");
    sf_json_open(j, '[');
    for (size_t i = 0; found != NULL && i < found->n; i++) {
        const struct sf_finding *f = &found->list[i];

        report->kinds[f->id / 8] |= (uint8_t)(1U << f->id % 8);
        sf_json_open(j, '{');
        for (size_t k = 0; k < SF_LANGS; k++) {
            put(j, langs[k], sf_finding_text(f, (enum sf_lang)k, text));
        }
        put_int(j, "weight", f->weight);
        sf_json_close(j, '}');
    }
    sf_json_close(j, ']');
}

static void put_data(struct sf_report *report, const struct sf_ladder *l, uint32_t id)
{
    struct sf_json j;

    json_begin(&j, report, "class=\"connection\"");
    sf_json_open(&j, '{');
    sf_json_key(&j, "explain");
    sf_ladder_element(&j, l, id, false, SF_LANG_EN);
    sf_json_key(&j, "start");
    sf_json_seconds(&j, l->zero_ns);
    put_ends(&j, l);
    sf_json_key(&j, "headers");
    sf_json_open(&j, '[');
    for (size_t i = 0; i < l->n; i++) {
        if (l->rows[i].kind == SF_ROW_SEGMENT) {
            put_header(&j, &l->rows[i]);
        }
    }
    sf_json_close(&j, ']');
    put_findings(&j, report, l->found);
    sf_json_close(&j, '}');
    json_end(&j, report);
}

void sf_html_begin(struct sf_report *report)
{
    sf_putf(report->sink, "<!doctype html>\n<html lang=\"%s\">\n",
            report->lang == SF_LANG_ZH ? "zh-Hans" : "en");
    sf_put_lines(report->sink, sf_page_head);
    sf_put(report->sink, "<title>");
    sf_put_xml(report->sink, report->title != NULL ? report->title : "TCP");
    sf_put(report->sink, " - synfin</title>\n");
    sf_put_lines(report->sink, sf_page_body);
    sf_svg_defs(report->sink);
    sf_put(report->sink, "</svg>\n");
}

void sf_html_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id)
{
    struct sf_svg svg = {
        .sink = report->sink, .lang = report->lang, .page = true, .absolute = report->absolute};
    struct sf_sheet sheet = {0};
    struct sf_short brief;

    if (!sf_short_make(&brief, ladder) || !sf_sheet_make(&sheet, &brief.ladder)) {
        report->failed = true;
        sf_short_free(&brief);
        return;
    }
    put_data(report, &brief.ladder, id);
    sf_putf(report->sink,
            "<template class=\"drawing\"><svg class=\"ladder\" data-height=\"%" PRId32
            "\" role=\"group\">\n",
            sheet.bottom + 4);
    sf_svg_ladder(&svg, &brief.ladder, &sheet);
    sf_put(report->sink, "</svg></template>\n");
    sf_sheet_free(&sheet);
    sf_short_free(&brief);
}

static void put_page(struct sf_json *j, unsigned id)
{
    sf_json_key(j, sf_finding_name(id));
    sf_json_open(j, '{');
    for (size_t k = 0; k < SF_LANGS; k++) {
        const struct sf_finding_page *page = sf_finding_page(id, (enum sf_lang)k);

        sf_json_key(j, langs[k]);
        sf_json_open(j, '{');
        put(j, "title", page->title);
        put(j, "when", page->when);
        put(j, "cause", page->cause);
        put(j, "remedy", page->remedy);
        if (page->myth != NULL) {
            put(j, "myth", page->myth);
        }
        sf_json_close(j, '}');
    }
    sf_json_close(j, '}');
}

void sf_html_end(struct sf_report *report, const struct sf_findings *found)
{
    static const struct sf_findings none = {0};
    struct sf_json j;

    found = found != NULL ? found : &none;
    json_begin(&j, report, "id=\"rest\"");
    sf_json_open(&j, '{');
    sf_findings_json(&j, found, SF_LANG_EN);
    put_findings(&j, report, found);
    put_int(&j, "left_out", report->left_out);
    put(&j, "source", report->title != NULL ? report->title : "");
    sf_json_key(&j, "catalogue");
    sf_json_open(&j, '{');
    for (unsigned id = 0; id < SF_FINDINGS; id++) {
        if ((report->kinds[id / 8] >> id % 8 & 1) != 0) {
            put_page(&j, id);
        }
    }
    sf_json_close(&j, '}');
    sf_json_close(&j, '}');
    json_end(&j, report);
    sf_put_lines(report->sink, sf_page_tail);
}
