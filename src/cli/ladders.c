/* SPDX-License-Identifier: MIT
 *
 * cli/ladders.c - --explain: the engine's trace, drawn connection by connection.
 */
#include "cli/ladders.h"

#include <stdlib.h>

#include "synfin/sink.h"

/* Enough for the busiest turn; what is lost is told in the ladder. */
#define RECORDS 32768

bool cli_ladders_open(struct cli_ladders *ladders, const struct cli_options *options,
                      struct sf_stack *stack, FILE *to)
{
    struct sf_watch_config config = {.local_name = "synfin", .remote_name = "Linux"};

    *ladders = (struct cli_ladders){.options = options, .to = to};
    if (sf_watch_open(&config, &ladders->watch) != SF_OK) {
        return false;
    }
    ladders->ring.records = calloc(RECORDS, sizeof(*ladders->ring.records));
    ladders->ring.capacity = RECORDS;
    if (ladders->ring.records == NULL) {
        sf_watch_close(ladders->watch);
        ladders->watch = NULL;
        return false;
    }
    sf_stack_trace(stack, &ladders->ring);
    return true;
}

static void draw(struct cli_ladders *ladders, const struct sf_ladder *ladder)
{
    struct sf_sink sink = sf_sink_file(ladders->to);
    struct sf_ladder_style style;

    ladders->printed++;
    if (ladders->options->json) {
        fputs(ladders->printed == 1 ? "{\"schema\": \"synfin.explain/1\", \"connections\": [\n"
                                    : ",\n",
              ladders->to);
        sf_ladder_json(ladder, ladders->printed, ladders->options->absolute, sink);
    } else {
        cli_options_style(ladders->options, fileno(ladders->to), &style);
        style.notes = ladders->notes;
        style.n_notes = ladders->n_notes;
        fputs(ladders->printed == 1 ? "" : "\n", ladders->to);
        sf_ladder_draw(ladder, &style, sink);
    }
    fflush(ladders->to);
}

void cli_ladders_turn(struct cli_ladders *ladders)
{
    struct sf_ladder *done = NULL;

    if (ladders->watch == NULL) {
        return;
    }
    sf_watch_drain(ladders->watch, &ladders->ring);
    while (!ladders->hold && (done = sf_watch_done(ladders->watch)) != NULL) {
        draw(ladders, done);
        sf_watch_forget(ladders->watch, done);
    }
}

void cli_ladders_close(struct cli_ladders *ladders)
{
    if (ladders->watch == NULL) {
        return;
    }
    ladders->hold = false;
    cli_ladders_turn(ladders);
    for (size_t i = 0; i < sf_watch_count(ladders->watch); i++) {
        draw(ladders, sf_watch_ladder(ladders->watch, i));
    }
    if (ladders->options->json) {
        fputs(ladders->printed == 0
                  ? "{\"schema\": \"synfin.explain/1\", \"connections\": []}\n"
                  : "\n]}\n",
              ladders->to);
    }
    if (sf_watch_unfollowed(ladders->watch) > 0) {
        cli_note("%llu more connections were not drawn",
                 (unsigned long long)sf_watch_unfollowed(ladders->watch));
    }
    fflush(ladders->to);
    sf_watch_close(ladders->watch);
    ladders->watch = NULL;
    free(ladders->ring.records);
    ladders->ring.records = NULL;
}
