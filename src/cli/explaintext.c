/* SPDX-License-Identifier: MIT
 *
 * cli/explaintext.c - connections and findings as text.
 *
 *   explain.c -> [explaintext.c] -> watch/
 */
#include "cli/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "synfin/ladder.h"
#include "synfin/sink.h"
#include "watch/ladder.h"

#define PARAGRAPH (SF_FINDING_TEXT + 1024) /* octets of a finding with its remedy */
#define ENDPOINT  (SF_ADDR_TEXT + 10)

static const char *const opened[] = {
    [SF_OPENED_MIDSTREAM] = "midstream",       [SF_OPENED_UNANSWERED] = "unanswered",
    [SF_OPENED_REFUSED] = "refused",           [SF_OPENED_THREE_WAY] = "three-way",
    [SF_OPENED_SIMULTANEOUS] = "simultaneous", [SF_OPENED_FAST] = "fast-open",
};

static const char *const closed[] = {
    [SF_CLOSED_NONE] = "open",
    [SF_CLOSED_HALF] = "half-closed",
    [SF_CLOSED_FOUR] = "four-segment",
    [SF_CLOSED_THREE] = "three-segment",
    [SF_CLOSED_SIMULTANEOUS] = "simultaneous",
    [SF_CLOSED_RESET] = "reset",
};

static char *endpoint_text(const struct sf_endpoint *at, char *text)
{
    char addr[SF_ADDR_TEXT];
    bool v6 = at->addr.family == SF_IPV6;

    (void)snprintf(text, ENDPOINT, "%s%s%s:%u", v6 ? "[" : "", sf_addr_text(&at->addr, addr),
                   v6 ? "]" : "", (unsigned)at->port);
    return text;
}

/* "packets 7, 8" */
static void segments_text(const struct sf_finding *finding, enum sf_lang lang, char *text,
                          size_t room)
{
    const char *word = lang == SF_LANG_ZH         ? "报文 "
                       : finding->n_segments == 1 ? "packet "
                                                  : "packets ";
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < finding->n_segments && n < room; i++) {
        n += (size_t)snprintf(text + n, room - n, "%s%" PRIu32, i == 0 ? word : ", ",
                              finding->segments[i]);
    }
}

/* A finding as a paragraph: what, where it is seen, by which rule, what to do. */
static void paragraph_of(const struct sf_finding *finding, enum sf_lang lang, bool remedy,
                         char *text)
{
    const struct sf_finding_page *page = sf_finding_page(finding->id, lang);
    char sentence[SF_FINDING_TEXT];
    char where[96];
    const char *todo = lang == SF_LANG_ZH ? " 怎么办：" : " What to do: ";

    segments_text(finding, lang, where, sizeof(where));
    (void)snprintf(text, PARAGRAPH, "%s %s: %s (%s%sRFC %s)%s%s",
                   sf_severity_name(finding->severity, lang), sf_finding_name(finding->id),
                   sf_finding_text(finding, lang, sentence), where,
                   where[0] != '\0' ? "; " : "", sf_finding_rfc(finding->id),
                   remedy ? todo : "", remedy ? page->remedy : "");
}

static void note_worst(struct cli_explain *e, const struct sf_findings *found)
{
    for (size_t i = 0; i < found->n; i++) {
        e->worst = found->list[i].severity > e->worst ? found->list[i].severity : e->worst;
    }
}

/* The findings as paragraphs beneath a ladder. */
static void tell_ladder(struct cli_explain *e, const struct sf_conv *conv, struct sf_ladder *l)
{
    const struct sf_findings *found = &conv->notes.found;
    const char *notes[UINT8_MAX];
    struct sf_ladder_style style;
    char(*texts)[PARAGRAPH] = calloc(found->n > 0 ? found->n : 1, sizeof(*texts));

    cli_options_style(e->options, fileno(e->to), &style);
    for (size_t i = 0; i < found->n && texts != NULL; i++) {
        const struct sf_finding *f = &found->list[i];

        paragraph_of(f, e->options->lang, f->severity != SF_INFO || e->options->verbose > 0,
                     texts[i]);
        notes[style.n_notes++] = texts[i];
    }
    style.notes = notes;
    fputs(e->told == 1 ? "" : "\n", e->to);
    sf_ladder_draw(l, &style, sf_sink_file(e->to));
    free(texts);
}

static const char *mark_of(unsigned certainty)
{
    return certainty == SF_SEEN ? "" : certainty == SF_INFERRED ? "~" : "?";
}

void cli_explain_finding(struct cli_explain *explain, const struct sf_finding *finding,
                         const char *indent)
{
    char text[PARAGRAPH];

    if (finding->severity != SF_INFO || explain->options->verbose > 0) {
        paragraph_of(finding, explain->options->lang, explain->options->verbose > 0, text);
        fprintf(explain->to, "%s%s\n", indent, text);
    }
}

static void tell_findings(struct cli_explain *e, const struct sf_findings *found,
                          const char *indent)
{
    for (size_t i = 0; i < found->n; i++) {
        cli_explain_finding(e, &found->list[i], indent);
    }
}

/* One line: who, how it opened and closed, how much, how long, where both ends are now. */
static void tell_line(struct cli_explain *e, const struct sf_conv *conv)
{
    const struct sf_infer *x = conv->infer;
    uint64_t from_ns = conv->first_ns - sf_convs_counts(e->convs)->first_ns;
    uint64_t ns = conv->last_ns - conv->first_ns;
    struct sf_ladder_facts facts;
    char client[ENDPOINT];
    char server[ENDPOINT];

    sf_conv_facts(conv, &facts);
    fprintf(e->to,
            "%5" PRIu32 " %10" PRIu64 ".%06" PRIu64 "  %s > %s  %s, %s  %" PRIu64 " > %" PRIu64
            " octets  %" PRIu64 ".%03" PRIu64 " s  %s%s | %s%s\n",
            conv->id, from_ns / 1000000000, from_ns % 1000000000 / 1000,
            endpoint_text(&conv->end[SF_CLIENT].at, client),
            endpoint_text(&conv->end[SF_SERVER].at, server), opened[facts.opened],
            closed[facts.closed], conv->end[SF_CLIENT].octets, conv->end[SF_SERVER].octets,
            ns / 1000000000, ns % 1000000000 / 1000000,
            sf_state_name((enum sf_state)x[SF_CLIENT].state), mark_of(x[SF_CLIENT].certainty),
            sf_state_name((enum sf_state)x[SF_SERVER].state), mark_of(x[SF_SERVER].certainty));
    tell_findings(e, &conv->notes.found, "        ");
}

static void note_folded(struct cli_explain *e, const struct sf_ladder *l)
{
    for (size_t i = 0; i < sf_ladder_rows(l); i++) {
        const struct sf_row *row = sf_ladder_row(l, i);

        for (size_t side = 0; side < 2 && row->kind == SF_ROW_FOLD; side++) {
            e->folded += row->u.fold.segments[side] + row->u.fold.others[side];
        }
    }
}

void cli_explain_tell(struct cli_explain *explain, struct sf_conv *conv)
{
    struct sf_ladder *l = sf_conv_ladder(conv, sf_convs_counts(explain->convs)->last_ns);

    if (conv->segments == 0) {
        return;
    }
    explain->told++;
    note_worst(explain, &conv->notes.found);
    if (l != NULL) {
        note_folded(explain, l);
    }
    if (explain->format >= CLI_SVG) {
        if (l != NULL) {
            cli_report_tell(explain, conv->id, l);
        }
    } else if (explain->format != CLI_TEXT) {
        if (l == NULL || !cli_explain_json(explain, conv->id, l)) {
            explain->lost++;
        }
    } else if (l != NULL) {
        tell_ladder(explain, conv, l);
    } else {
        tell_line(explain, conv);
    }
}

void cli_explain_finish(struct cli_explain *explain)
{
    static const struct sf_findings none = {0};
    const struct sf_findings *found =
        explain->finder != NULL ? sf_finder_found(explain->finder) : &none;

    note_worst(explain, found);
    if (explain->format >= CLI_SVG) {
        cli_report_finish(explain, found);
    } else if (explain->format != CLI_TEXT) {
        cli_explain_json_end(explain, found);
    } else if (found->n > 0) {
        fputs("\n", explain->to);
        tell_findings(explain, found, "");
    }
}
