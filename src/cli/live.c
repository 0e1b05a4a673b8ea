/* SPDX-License-Identifier: MIT
 *
 * cli/live.c - synfin live: connections explained while they happen.
 *
 *   a device -> watch/read/ -> watch/conv/ -> [live.c] a line a segment, findings at once
 *                                 `-> explaintext.c: connections that are over, the summary
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/capture.h"
#include "cli/number.h"
#include "synfin/capture.h"
#include "trace/flags.h"
#include "watch/read/seen.h"

enum { OPT_ALL = CLI_OWN, OPT_FAIL_ON, OPT_FORMAT, OPT_JSON, OPT_JSONL };

#define TOLD 65536 /* connections whose findings are remembered as told */

struct wanted {
    enum cli_format format;
    const char *device; /* -i */
    const char *copy;   /* -w */
    uint64_t count;     /* -c; 0: all */
    bool all;
    bool promiscuous;
    int fail_on; /* enum sf_severity, or CLI_NEVER_FAIL */
};

/* Which findings of a connection were written. */
struct told {
    uint32_t id;
    uint8_t kinds[(SF_FINDINGS + 7) / 8];
};

struct live {
    struct cli_explain explain;
    const struct wanted *wanted;
    struct sf_capture *capture;
    struct sf_dissector *dissector;
    struct sf_capture_file *copy;
    struct told *told;
};

static volatile sig_atomic_t interrupted;

static const struct cli_option own[] = {
    {NULL, 'i', 0, "IF", "the device; any: all of them"},
    {NULL, 'p', 0, NULL, "nothing that is meant for others (not promiscuous)"},
    {NULL, 'c', 0, "N", "end after N packets"},
    {NULL, 'w', 0, "FILE", "write the packets to a pcapng file, too"},
    {"all", OPT_ALL, 0, NULL, "the ladder of each connection when it is over"},
    {"format", OPT_FORMAT, 0, "text|json|jsonl", "of what is written"},
    {"json", OPT_JSON, 0, NULL, "the same as --format json"},
    {"jsonl", OPT_JSONL, 0, NULL, "the same as --format jsonl"},
    {"fail-on", OPT_FAIL_ON, 0, "LEVEL",
     "info, warning, error (the default) or never: status 1"},
};

static bool take(void *context, int letter, const char *value)
{
    struct wanted *w = context;

    switch (letter) {
    case 'i':
        w->device = value;
        return true;
    case 'p':
        w->promiscuous = false;
        return true;
    case 'c':
        return cli_number(value, 1, UINT64_MAX, &w->count);
    case 'w':
        w->copy = value;
        return true;
    case OPT_ALL:
        w->all = true;
        return true;
    case OPT_JSON:
        w->format = CLI_JSON;
        return true;
    case OPT_JSONL:
        w->format = CLI_JSONL;
        return true;
    case OPT_FORMAT:
        return cli_format_named(value, CLI_JSONL, &w->format);
    case OPT_FAIL_ON:
        return cli_level_named(value, &w->fail_on);
    default:
        return false;
    }
}

static void interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* The first signal ends the capture; a second one, when there is nobody to wait for, us. */
static void catch_signals(void)
{
    const struct sigaction ends = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    const struct sigaction goes_on = {.sa_handler = SIG_IGN};

    sigaction(SIGINT, &ends, NULL);
    sigaction(SIGTERM, &ends, NULL);
    sigaction(SIGHUP, &ends, NULL);
    sigaction(SIGPIPE, &goes_on, NULL);
}

static void end_text(FILE *to, const struct sf_endpoint *end)
{
    char addr[SF_ADDR_TEXT];
    const bool six = end->addr.family == SF_IPV6;

    fprintf(to, "%s%s%s:%u", six ? "[" : "", sf_addr_text(&end->addr, addr), six ? "]" : "",
            (unsigned)end->port);
}

/* The wall clock's time of day, in microseconds, as tcpdump writes it. */
static void time_text(FILE *to, uint64_t at_ns)
{
    const time_t s = (time_t)(at_ns / 1000000000);
    struct tm tm = {0};
    char text[16] = "";

    (void)localtime_r(&s, &tm);
    (void)strftime(text, sizeof(text), "%H:%M:%S", &tm);
    fprintf(to, "%s.%06u ", text, (unsigned)(at_ns % 1000000000 / 1000));
}

static const char *mark_of(uint8_t certainty)
{
    return certainty == SF_SEEN ? "" : certainty == SF_INFERRED ? "~" : "?";
}

/* Numbers, relative unless -S asks for those on the wire. */
static void numbers_text(FILE *to, const struct live *live, const struct sf_conv_step *step)
{
    const bool absolute = live->explain.options->absolute;
    const int64_t seq = absolute ? (int64_t)step->seen->seq.v : step->seq;
    const int64_t ack = absolute ? (int64_t)step->seen->ack.v : step->ack;
    char flags[SF_FLAGS_TEXT];

    fprintf(to, " %s seq=%" PRId64, sf_flags_text(step->flags, ',', flags), seq);
    if ((step->flags & SF_ACK) != 0) {
        fprintf(to, " ack=%" PRId64, ack);
    }
    if (step->octets != 0) {
        fprintf(to, " len=%" PRIu32, step->octets);
    }
    fputs((step->bits & SF_STEP_RETRANSMISSION) != 0 ? " again" : "", to);
}

/* One segment, and what it did to both ends. */
static void step_text(const struct live *live, const struct sf_conv *conv,
                      const struct sf_conv_step *step)
{
    FILE *to = live->explain.to;

    time_text(to, step->at_ns);
    fprintf(to, "#%" PRIu32 " ", conv->id);
    end_text(to, &conv->end[step->side].at);
    fputs(" > ", to);
    end_text(to, &conv->end[step->side ^ 1].at);
    if (step->error) {
        fprintf(to, " was answered by ICMP type %u code %u", step->seen->icmp_type,
                step->seen->icmp_code);
    } else {
        numbers_text(to, live, step);
    }
    fprintf(to, "  %s%s | %s%s\n", sf_state_name((enum sf_state)step->state[SF_CLIENT]),
            mark_of(step->certain[SF_CLIENT]),
            sf_state_name((enum sf_state)step->state[SF_SERVER]),
            mark_of(step->certain[SF_SERVER]));
}

/* What was found about the connection since the last segment. */
static void new_findings(struct live *live, const struct sf_conv *conv)
{
    const struct sf_findings *found = &conv->notes.found;
    struct told *told = &live->told[conv->id % TOLD];

    if (found->n != 0 && told->id != conv->id) {
        *told = (struct told){.id = conv->id};
    }
    for (size_t i = 0; i < found->n; i++) {
        uint8_t *kinds = &told->kinds[found->list[i].id / 8];
        const uint8_t kind = (uint8_t)(1U << found->list[i].id % 8);

        if ((*kinds & kind) == 0) {
            *kinds |= kind;
            cli_explain_finding(&live->explain, &found->list[i], "    ");
        }
    }
}

static void step_taken(void *context, const struct sf_conv *conv,
                       const struct sf_conv_step *step)
{
    struct live *live = context;

    if (live->explain.format == CLI_TEXT && (step->bits & SF_STEP_TWICE) == 0) {
        step_text(live, conv, step);
        new_findings(live, conv);
    }
}

static void tell(void *context, struct sf_conv *conv)
{
    struct live *live = context;

    cli_explain_tell(&live->explain, conv);
}

/* Give one packet to whoever wants it. */
static void take_packet(struct live *live, const struct sf_packet *packet)
{
    struct sf_seen seen;
    enum sf_seen_kind kind = SF_SEEN_NOTHING;

    if (live->copy != NULL) {
        sf_capture_write(live->copy, packet, NULL);
    }
    while (sf_dissect_rest(live->dissector, packet->at_ns, &seen)) {
        sf_convs_take(live->explain.convs, &seen);
    }
    kind = sf_dissect(live->dissector, packet, &seen);
    if (kind == SF_SEEN_SEGMENT || kind == SF_SEEN_ERROR) {
        sf_convs_take(live->explain.convs, &seen);
    }
}

static int capture_all(struct live *live)
{
    FILE *to = live->explain.to;
    struct sf_packet packet;
    uint64_t n = 0;
    enum sf_err err = SF_OK;

    while (interrupted == 0 && err != SF_ERR_EOF && ferror(to) == 0 &&
           (live->wanted->count == 0 || n < live->wanted->count)) {
        err = sf_capture_next(live->capture, &packet);
        if (err == SF_OK) {
            take_packet(live, &packet);
            n++;
        }
        /* Somebody is looking: nothing waits in a buffer. */
        (void)fflush(to);
        if (err == SF_ERR_AGAIN && live->copy != NULL) {
            (void)sf_capture_flush(live->copy);
        }
    }
    return err == SF_ERR_EOF ? cli_fail(CLI_FAILED, "%s: %s", live->wanted->device,
                                        sf_capture_text(live->capture))
                             : CLI_OK;
}

/* What has been captured, then each connection as it is now. */
static void summary(struct live *live)
{
    struct sf_capture_counts counts;

    sf_capture_counts(live->capture, &counts);
    if (live->explain.format == CLI_TEXT) {
        fprintf(live->explain.to,
                "\n%" PRIu64 " packets, %" PRIu64 " segments of %" PRIu64
                " connection%s; %" PRIu64 " packets dropped by the kernel\n",
                counts.packets, sf_convs_counts(live->explain.convs)->segments,
                sf_convs_counts(live->explain.convs)->begun,
                sf_convs_counts(live->explain.convs)->begun == 1 ? "" : "s", counts.dropped);
    }
    sf_convs_finish(live->explain.convs);
    cli_explain_finish(&live->explain);
}

static int watch(struct live *live)
{
    const struct sf_convs_config config = {
        .finder = live->explain.finder,
        .tell = tell,
        .step = step_taken,
        .context = live,
        .rows = live->explain.ladders ? SF_CONVS_ROWS_OF_ALL : SF_CONVS_NO_ROWS,
    };
    int status = CLI_OK;

    live->explain.convs = sf_convs_open(&config);
    live->told = calloc(TOLD, sizeof(*live->told));
    if (live->explain.convs == NULL || live->told == NULL || live->dissector == NULL ||
        live->explain.finder == NULL) {
        return cli_fail(CLI_FAILED, "there is no memory for it");
    }
    catch_signals();
    if (!live->explain.options->quiet) {
        cli_note("listening on %s", live->wanted->device);
    }
    status = capture_all(live);
    summary(live);
    if (status == CLI_OK && interrupted != 0) {
        return CLI_INTERRUPTED;
    }
    return status == CLI_OK && live->explain.worst >= live->wanted->fail_on ? CLI_FAILED
                                                                            : status;
}

static int open_device(const struct wanted *w, char **words, int n, struct sf_capture **capture)
{
    const struct sf_live how = {.device = w->device, .promiscuous = w->promiscuous};
    char why[SF_CAPTURE_TEXT];
    const enum sf_err err = sf_capture_live(&how, capture, why);

    if (err != SF_OK) {
        return cli_fail(err == SF_ERR_PERMISSION ? CLI_PERMISSION : CLI_FAILED, "%s", why);
    }
    return cli_capture_filter(*capture, words, n);
}

static int run(const struct cli_options *options, const struct wanted *w, char **words, int n)
{
    struct live live = {
        .explain = {.options = options,
                    .format = w->format,
                    .to = stdout,
                    .finder = sf_finder_open(),
                    .ladders = w->all || w->format != CLI_TEXT,
                    .worst = -1},
        .wanted = w,
        .dissector = sf_dissector_new(),
    };
    int status = open_device(w, words, n, &live.capture);

    if (status == CLI_GO && w->copy != NULL) {
        const enum sf_err err = sf_capture_create(w->copy, &live.copy);

        status =
            err == SF_OK ? CLI_GO : cli_fail(CLI_FAILED, "%s: %s", w->copy, cli_reason(err));
    }
    if (status == CLI_GO) {
        status = watch(&live);
        status = cli_output_close(stdout, NULL, status);
    }
    if (live.copy != NULL) {
        const enum sf_err err = sf_capture_finish(live.copy);

        status =
            err == SF_OK ? status : cli_fail(CLI_FAILED, "%s: %s", w->copy, cli_reason(err));
    }
    sf_convs_close(live.explain.convs);
    sf_finder_close(live.explain.finder);
    sf_dissector_free(live.dissector);
    sf_capture_close(live.capture);
    free(live.told);
    return status;
}

int cli_live(int argc, char **argv)
{
    struct wanted w = {.promiscuous = true, .fail_on = SF_ERROR};
    struct cli_options options;
    const struct cli_usage usage = {
        .name = "live",
        .synopsis = "[OPTIONS] -i IF [FILTER]",
        .examples = "  synfin live -i any tcp port 443\n"
                    "  synfin live -i eth0 -w seen.pcapng host 10.0.0.7\n",
        .groups = CLI_LOOK | CLI_FAMILY,
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
    if (w.device == NULL) {
        return cli_fail(CLI_USAGE, "no device given: synfin live -i eth0, -i any for all");
    }
    n = cli_capture_words(&options, argv + first, argc - first, words);
    return n < 0 ? CLI_USAGE : run(&options, &w, words, n);
}
