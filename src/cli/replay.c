/* SPDX-License-Identifier: MIT
 *
 * cli/replay.c - synfin replay: our engine in the place of one side of what was captured.
 *
 *   watch/read/ -> script/replay/ -> [replay.c] -> text, JSON, scripts for synfin drill
 */
#include <inttypes.h>
#include <string.h>

#include "base/time.h"
#include "cli/capture.h"
#include "cli/number.h"
#include "script/replay/replay.h"

enum { OPT_SIDE = CLI_OWN, OPT_FAIL_ON, OPT_FORMAT, OPT_JSON };

enum fail_on { FAIL_FORBIDDEN = 0, FAIL_ALLOWED, FAIL_NEVER };

enum shape { SHAPE_TEXT = 0, SHAPE_JSON, SHAPE_PKT };

struct wanted {
    enum shape shape;
    enum fail_on fail_on;
    enum replay_side side;
    bool has_side;
    const char *file;   /* -r */
    const char *output; /* -o */
};

static const struct cli_option own[] = {
    {NULL, 'r', 0, "FILE", "the capture; the same as FILE"},
    {"side", OPT_SIDE, 0, "client|server", "whose place our engine takes"},
    {"format", OPT_FORMAT, 0, "text|json|pkt", "of what is written; pkt: a script for drill"},
    {"json", OPT_JSON, 0, NULL, "the same as --format json"},
    {NULL, 'o', 0, "FILE", "write to a file"},
    {"fail-on", OPT_FAIL_ON, 0, "LEVEL", "forbidden (the default), allowed or never: status 1"},
};

static bool one_of(const char *value, const char *const *words, unsigned n, unsigned *which)
{
    for (*which = 0; *which < n; (*which)++) {
        if (strcmp(value, words[*which]) == 0) {
            return true;
        }
    }
    return false;
}

static bool take(void *context, int letter, const char *value)
{
    static const char *const sides[] = {"client", "server"};
    static const char *const shapes[] = {"text", "json", "pkt"};
    static const char *const levels[] = {"forbidden", "allowed", "never"};
    struct wanted *w = context;
    unsigned which = 0;
    bool good = true;

    switch (letter) {
    case 'r':
        w->file = value;
        break;
    case 'o':
        w->output = value;
        break;
    case OPT_JSON:
        w->shape = SHAPE_JSON;
        break;
    case OPT_SIDE:
        good = one_of(value, sides, 2, &which);
        w->side = (enum replay_side)which;
        w->has_side = good;
        break;
    case OPT_FORMAT:
        good = one_of(value, shapes, 3, &which);
        w->shape = (enum shape)which;
        break;
    default:
        good = letter == OPT_FAIL_ON && one_of(value, levels, 3, &which);
        w->fail_on = (enum fail_on)which;
        break;
    }
    return good;
}

static void put_end(FILE *to, const struct sf_endpoint *end)
{
    char addr[SF_ADDR_TEXT];
    const bool six = end->addr.family == SF_IPV6;

    fprintf(to, "%s%s%s:%u", six ? "[" : "", sf_addr_text(&end->addr, addr), six ? "]" : "",
            (unsigned)end->port);
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)SF_NS_PER_S;
}

static void summary(FILE *to, const struct replay_result *result)
{
    const char *between = " (";

    fprintf(to, "%" PRIu64 " segments, %" PRIu64 " differences allowed", result->segments,
            result->allowed);
    for (unsigned kind = 0; kind < REPLAY_FORBIDDEN; kind++) {
        if (result->count[kind] > 0) {
            fprintf(to, "%s%s %" PRIu64, between, replay_rules[kind].name, result->count[kind]);
            between = ", ";
        }
    }
    fprintf(to, "%s, %" PRIu64 " forbidden\n", result->allowed > 0 ? ")" : "",
            result->forbidden);
}

static void text_line(FILE *to, const struct replay_difference *d)
{
    char n[24] = "-";

    if (d->n != 0) {
        (void)snprintf(n, sizeof(n), "%" PRIu64, d->n);
    }
    fprintf(to, "  %5s %11.6f  %-9s  %s, RFC %s\n", n, seconds(d->at_ns),
            d->kind >= REPLAY_FORBIDDEN ? "FORBIDDEN" : "allowed", replay_rules[d->kind].name,
            replay_rules[d->kind].rfc);
    fprintf(to, "        captured: %s\n        ours:     %s\n",
            d->theirs[0] != '\0' ? d->theirs : "nothing",
            d->ours[0] != '\0'            ? d->ours
            : d->kind >= REPLAY_FORBIDDEN ? "would not send that"
                                          : "nothing");
}

static void text_conn(FILE *to, const struct replay_conn *conn,
                      const struct replay_result *result)
{
    put_end(to, &conn->client);
    fputs(" > ", to);
    put_end(to, &conn->server);
    fprintf(to, ", our engine as the %s\n", conn->side == REPLAY_CLIENT ? "client" : "server");
    if (result->not_run != NULL) {
        fprintf(to, "  judged, but not replayed: %s\n", result->not_run);
    }
    for (size_t i = 0; i < result->n; i++) {
        text_line(to, &result->list[i]);
    }
    fputs("  ", to);
    summary(to, result);
}

static void json_end(FILE *to, const char *name, const struct sf_endpoint *end)
{
    char addr[SF_ADDR_TEXT];

    fprintf(to, "\"%s\": {\"addr\": \"%s\", \"port\": %u}", name,
            sf_addr_text(&end->addr, addr), (unsigned)end->port);
}

static void json_text(FILE *to, const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        fprintf(to, ", \"%s\": null", name);
    } else {
        fprintf(to, ", \"%s\": \"%s\"", name, text);
    }
}

static void json_difference(FILE *to, const struct replay_difference *d)
{
    if (d->n != 0) {
        fprintf(to, "{\"n\": %" PRIu64, d->n);
    } else {
        fputs("{\"n\": null", to);
    }
    fprintf(to, ", \"t\": %.9f, \"verdict\": \"%s\"", seconds(d->at_ns),
            d->kind >= REPLAY_FORBIDDEN ? "forbidden" : "allowed");
    json_text(to, "name", replay_rules[d->kind].name);
    json_text(to, "rfc", replay_rules[d->kind].rfc);
    json_text(to, "captured", d->theirs);
    json_text(to, "ours", d->ours);
    fputs("}", to);
}

static void json_conn(FILE *to, const struct replay_conn *conn,
                      const struct replay_result *result, size_t id)
{
    const char *between = "";

    fprintf(to, "%s\n {\"id\": %zu, ", id > 1 ? "," : "", id);
    json_end(to, "client", &conn->client);
    fputs(", ", to);
    json_end(to, "server", &conn->server);
    fprintf(to, ", \"side\": \"%s\", \"segments\": %" PRIu64,
            conn->side == REPLAY_CLIENT ? "client" : "server", result->segments);
    json_text(to, "not_replayed", result->not_run);
    fprintf(to, ", \"allowed\": %" PRIu64 ", \"forbidden\": %" PRIu64 ", \"counts\": {",
            result->allowed, result->forbidden);
    for (unsigned kind = 0; kind < REPLAY_KINDS; kind++) {
        if (result->count[kind] > 0) {
            fprintf(to, "%s\"%s\": %" PRIu64, between, replay_rules[kind].name,
                    result->count[kind]);
            between = ", ";
        }
    }
    fputs("}, \"differences\": [", to);
    for (size_t i = 0; i < result->n; i++) {
        fputs(i > 0 ? ",\n  " : "\n  ", to);
        json_difference(to, &result->list[i]);
    }
    fputs("]}", to);
}

struct totals {
    uint64_t allowed, forbidden;
    bool no_memory;
};

static void one(FILE *to, const struct wanted *w, const struct replay_set *set, size_t i,
                struct totals *totals)
{
    const struct replay_conn *conn = &set->conns[i];
    struct replay_result result;

    replay_run(conn, &result);
    if (w->shape == SHAPE_JSON) {
        json_conn(to, conn, &result, i + 1);
    } else {
        text_conn(to, conn, &result);
    }
    totals->allowed += result.allowed;
    totals->forbidden += result.forbidden;
    totals->no_memory = totals->no_memory || result.no_memory;
    replay_result_free(&result);
}

static int judge(const struct wanted *w, const struct totals *totals, bool cut)
{
    if (totals->no_memory) {
        return cli_fail(CLI_FAILED, "there is no memory for it: use a filter");
    }
    if (cut) {
        return CLI_INPUT;
    }
    const bool failed = (w->fail_on == FAIL_FORBIDDEN && totals->forbidden > 0) ||
                        (w->fail_on == FAIL_ALLOWED && totals->forbidden + totals->allowed > 0);
    return failed ? CLI_FAILED : CLI_OK;
}

static void left_out(const struct replay_set *set)
{
    if (set->midstream > 0) {
        cli_note("%" PRIu64 " left out: the capture does not have their SYN", set->midstream);
    }
    if (set->alone > 0) {
        cli_note("%" PRIu64 " left out: an end that is connected to itself has no sides",
                 set->alone);
    }
}

static int show(const struct wanted *w, const struct replay_set *set, bool cut)
{
    struct totals totals = {0};
    FILE *to = cli_output_open(w->output);

    if (to == NULL) {
        return CLI_FAILED;
    }
    if (w->shape == SHAPE_PKT) {
        replay_pkt(&set->conns[0], to);
        return cli_output_close(to, w->output, cut ? CLI_INPUT : CLI_OK);
    }
    fputs(w->shape == SHAPE_JSON ? "{\"schema\": \"synfin.replay/1\", \"connections\": [" : "",
          to);
    for (size_t i = 0; i < set->n; i++) {
        one(to, w, set, i, &totals);
    }
    fputs(w->shape == SHAPE_JSON ? "]}\n" : "", to);
    if (w->shape == SHAPE_TEXT && set->n > 1) {
        fprintf(to, "%zu connections, %" PRIu64 " differences allowed, %" PRIu64 " forbidden\n",
                set->n, totals.allowed, totals.forbidden);
    }
    return cli_output_close(to, w->output, judge(w, &totals, cut));
}

static int replay_file(const struct wanted *w, const char *file, char **words, int n)
{
    struct sf_capture *capture = NULL;
    struct replay_set set;
    int status = cli_capture_open(file, words, n, &capture);

    if (status != CLI_GO) {
        return status;
    }
    const bool good = replay_read(&set, capture, w->side);
    const bool cut = good && sf_capture_end(capture) != SF_CAPTURE_WHOLE;
    if (!good) {
        status = cli_fail(CLI_FAILED, "%s: more segments than fit: use a filter", file);
    } else if (cut) {
        (void)cli_fail(CLI_INPUT, "%s: %s", file, sf_capture_text(capture));
    }
    sf_capture_close(capture);
    if (good) {
        left_out(&set);
    }
    if (good && set.n == 0) {
        status = cut ? CLI_INPUT
                     : cli_fail(CLI_NOTHING, "no connection that begins with a SYN matched");
    } else if (good && w->shape == SHAPE_PKT && set.n > 1) {
        status = cli_fail(CLI_USAGE, "%zu connections: a filter has to choose one for a script",
                          set.n);
    } else if (good) {
        status = show(w, &set, cut);
    }
    replay_free(&set);
    return status;
}

int cli_replay(int argc, char **argv)
{
    struct wanted w = {.shape = SHAPE_TEXT};
    struct cli_options options;
    const struct cli_usage usage = {
        .name = "replay",
        .synopsis = "FILE --side client|server [OPTIONS] [FILTER]",
        .examples = "  synfin replay capture.pcap --side server\n"
                    "  synfin replay capture.pcap --side client --json tcp port 443\n"
                    "  synfin replay capture.pcap --side client --format pkt -o it.pkt\n",
        .groups = CLI_FAMILY,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &w,
    };
    char *words[CLI_WORDS];
    int first = 0;
    int n = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (w.file == NULL && first < argc) {
        w.file = argv[first++];
    }
    if (w.file == NULL) {
        return cli_fail(CLI_USAGE, "a capture is wanted: synfin replay FILE --side server");
    }
    if (!w.has_side) {
        return cli_fail(CLI_USAGE,
                        "whose place is our engine to take? --side client, or --side server");
    }
    n = cli_capture_words(&options, argv + first, argc - first, words);
    return n < 0 ? CLI_USAGE : replay_file(&w, w.file, words, n);
}
