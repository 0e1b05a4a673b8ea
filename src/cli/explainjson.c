/* SPDX-License-Identifier: MIT
 *
 * cli/explainjson.c - connections and findings as JSON.
 *
 *   explaintext.c -> [explainjson.c] -> watch/ladder_json.c
 *
 * In the schema every finding belongs to a connection.  What concerns many of them is known at
 * the end alone, and belongs to the first connection of whom it is about; so the connections
 * are held back, as many as memory is set aside for, and then written in their order.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/explain.h"
#include "synfin/sink.h"
#include "watch/json.h"
#include "watch/ladder.h"

#define HELD 4096 /* connections that are held back */

/* A connection as it is to be written. */
struct held {
    char *text;
    struct sf_endpoint end[2];
};

struct cli_json {
    struct held held[HELD]; /* a ring */
    size_t first, n;
    uint64_t written;
};

static void write_first(struct cli_explain *e)
{
    struct cli_json *json = e->json;
    struct held *held = &json->held[json->first % HELD];

    fputs(json->written == 0 ? "{\"schema\": \"synfin.explain/1\", \"connections\": [\n"
                             : ",\n",
          e->to);
    fputs(held->text, e->to);
    free(held->text);
    json->written++;
    json->first++;
    json->n--;
}

/* One element as text of its own; null: no memory. */
static char *element(struct cli_explain *e, uint32_t id, const struct sf_ladder *l)
{
    char *text = NULL;
    size_t octets = 0;
    FILE *out = open_memstream(&text, &octets);
    struct sf_json j;

    if (out == NULL) {
        return NULL;
    }
    sf_json_init(&j, sf_sink_file(out));
    sf_ladder_element(&j, l, id, e->options->absolute, e->options->lang);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void tell_line(struct cli_explain *e, uint32_t id, const struct sf_ladder *l)
{
    struct sf_json j;

    sf_json_init(&j, sf_sink_file(e->to));
    j.flat = true;
    sf_ladder_element(&j, l, id, e->options->absolute, e->options->lang);
    fputc('\n', e->to);
}

bool cli_explain_json(struct cli_explain *e, uint32_t id, const struct sf_ladder *l)
{
    struct cli_json *json = e->json;
    struct held *held = NULL;

    if (e->format == CLI_JSONL) {
        tell_line(e, id, l);
        return true;
    }
    if (json == NULL) {
        json = e->json = calloc(1, sizeof(*json));
        if (json == NULL) {
            return false;
        }
    }
    if (json->n == HELD) {
        write_first(e);
    }
    held = &json->held[(json->first + json->n) % HELD];
    held->text = element(e, id, l);
    if (held->text == NULL) {
        return false;
    }
    held->end[0] = sf_ladder_end(l, SF_CLIENT)->at;
    held->end[1] = sf_ladder_end(l, SF_SERVER)->at;
    json->n++;
    return true;
}

/* How well a connection fits whom a finding is about. */
static unsigned fit(const struct held *held, const struct sf_endpoint *about)
{
    for (unsigned i = 0; i < 2; i++) {
        if (sf_addr_equal(&held->end[i].addr, &about->addr)) {
            return held->end[i].port == about->port ? 2 : 1;
        }
    }
    return 0;
}

/* The first of those that fit best; the last one if none does. */
static struct held *whose(struct cli_json *json, const struct sf_endpoint *about)
{
    struct held *best = &json->held[(json->first + json->n - 1) % HELD];
    unsigned good = 0;

    for (size_t i = 0; i < json->n && good < 2; i++) {
        struct held *held = &json->held[(json->first + i) % HELD];

        if (fit(held, about) > good) {
            good = fit(held, about);
            best = held;
        }
    }
    return best;
}

/* A finding goes behind the last of its connection: the list of findings ends the element. */
static void add(struct held *held, const struct sf_finding *finding, enum sf_lang lang)
{
    struct sf_finding copy = *finding;
    const struct sf_findings one = {.list = &copy, .n = 1};
    char *list = NULL;
    char *text = NULL;
    size_t octets = 0;
    char *end = strrchr(held->text, ']');
    FILE *out = open_memstream(&list, &octets);
    struct sf_json j;

    if (out == NULL || end == NULL) {
        return;
    }
    sf_json_init(&j, sf_sink_file(out));
    sf_findings_json(&j, &one, lang);
    fclose(out);
    out = open_memstream(&text, &octets);
    if (out != NULL && list != NULL) {
        const char *before = end;
        char *begin = strchr(list, '[') + 1;

        *strrchr(list, ']') = '\0';
        while (before > held->text && strchr(" \n[", before[-1]) != NULL && before[-1] != '[') {
            before--;
        }
        fprintf(out, "%.*s%s%s%s", (int)(end - held->text), held->text,
                before > held->text && before[-1] == '[' ? "" : ",", begin, end);
        fclose(out);
        free(held->text);
        held->text = text;
    }
    free(list);
}

/* Lines have one for what concerns many; a document has its findings at the connections. */
void cli_explain_json_end(struct cli_explain *e, const struct sf_findings *found)
{
    struct cli_json *json = e->json;

    if (e->format == CLI_JSONL) {
        struct sf_json j;

        if (found->n > 0) {
            fputc('{', e->to);
            sf_json_init(&j, sf_sink_file(e->to));
            j.flat = true;
            sf_findings_json(&j, found, e->options->lang);
            fputs("}\n", e->to);
        }
        return;
    }
    if (json == NULL) {
        fputs("{\"schema\": \"synfin.explain/1\", \"connections\": []}\n", e->to);
        return;
    }
    for (size_t i = 0; i < found->n && json->n > 0; i++) {
        add(whose(json, &found->list[i].about), &found->list[i], e->options->lang);
    }
    while (json->n > 0) {
        write_first(e);
    }
    fputs("\n]}\n", e->to);
    free(json);
    e->json = NULL;
}
