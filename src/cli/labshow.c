/* SPDX-License-Identifier: MIT
 *
 * cli/labshow.c - what came of a lab: the ladder, what is to be seen in it, and whether what
 * was asserted holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lab.h"
#include "script/lab/run.h"
#include "synfin/ladder.h"
#include "synfin/link.h"

const char *cli_lab_text(const struct cli_lab *cli, const struct lab_text *text)
{
    const char *zh = cli->options.lang == SF_LANG_ZH ? text->zh : NULL;

    return zh != NULL ? zh : text->en != NULL ? text->en : "";
}

static const char *full_name(const struct lab *lab, char *text, size_t room)
{
    (void)snprintf(text, room, "%s%s%s", lab->name, lab->variant[0] != '\0' ? "/" : "",
                   lab->variant);
    return text;
}

/* All that was captured, through the writer that links have. */
static int save(const struct lab_run *run, const char *path)
{
    const struct sf_pair plain = {.mtu = 65535};
    struct sf_link *pair[2] = {NULL, NULL};
    struct sf_link *file = NULL;
    enum sf_err err = sf_pair_open(&plain, &pair[0], &pair[1]);

    if (err == SF_OK) {
        err = sf_pcap_wrap(pair[0], path, 0, &file);
    }
    for (size_t i = 0; err == SF_OK && i < run->n_frames; i++) {
        struct sf_frame frame = {
            .octets = run->frames[i].octets,
            .n_pieces = 1,
            .pieces = {{.data = run->frames[i].data, .octets = run->frames[i].octets}},
        };

        (void)file->ops->tx(file, &frame, 1, (sf_time){run->frames[i].at_ns});
    }
    if (err == SF_OK) {
        err = sf_link_flush(file);
    }
    sf_link_close(file != NULL ? file : pair[0]);
    sf_link_close(pair[1]);
    return err == SF_OK ? CLI_OK : cli_fail(CLI_FAILED, "%s: %s", path, sf_err_text(err));
}

/* Each connection of the host at whose side was captured; what to see beneath the last. */
static void draw(struct cli_lab *cli, const struct lab_run *run)
{
    struct sf_ladder_style style = {0};
    struct sf_watch *watch = run->watch;
    const char *notes[2] = {cli_lab_text(cli, &run->lab->see),
                            cli_lab_text(cli, &run->lab->of_this)};
    size_t n = sf_watch_count(watch);

    cli_options_style(&cli->options, 1, &style);
    if (n == 0) {
        printf("%s\n%s\n", notes[0], notes[1]);
    }
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n) {
            style.notes = notes;
            style.n_notes = notes[1][0] != '\0' ? 2 : 1;
        }
        sf_ladder_draw(sf_watch_ladder(watch, i), &style, sf_sink_file(stdout));
        putchar('\n');
    }
}

static void print_failures(const struct lab_run *run, const char *path, const char *prefix)
{
    for (uint32_t i = 0; i < run->n_failures; i++) {
        const struct lab_failure *f = &run->failures[i];

        printf("%s%s:%u: %s\n", prefix, path, f->place.line, f->text);
    }
}

static void show_whole(struct cli_lab *cli, const char *path, const struct lab_run *run)
{
    const struct lab *lab = run->lab;
    char name[LAB_NAME * 4];

    printf("%s: %s\n\n", full_name(lab, name, sizeof(name)), cli_lab_text(cli, &lab->title));
    draw(cli, run);
    print_failures(run, path, "  ");
}

/* A string of JSON's; names and messages here are printable but for quotes. */
static void put_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('"');
}

/* One object on a line of its own, but for the connections, which are explain's. */
static void print_json(const struct cli_lab *cli, const struct lab_run *run)
{
    const struct lab *lab = run->lab;

    printf("{\"schema\": \"synfin.lab/1\", \"lab\": ");
    put_string(lab->name);
    printf(", \"variant\": ");
    put_string(lab->variant);
    printf(", \"seed\": %llu, \"passed\": %s, \"checked\": %u, \"failures\": [",
           (unsigned long long)cli->seed, run->n_failures == 0 ? "true" : "false",
           run->checked);
    for (uint32_t i = 0; i < run->n_failures; i++) {
        printf("%s{\"line\": %u, \"text\": ", i > 0 ? ", " : "", run->failures[i].place.line);
        put_string(run->failures[i].text);
        putchar('}');
    }
    printf("], \"apps\": [");
    for (uint32_t i = 0; i < lab->n_apps; i++) {
        printf("%s{\"name\": ", i > 0 ? ", " : "");
        put_string(lab->apps[i].name);
        printf(", \"delivered\": %llu, \"damaged\": %llu, \"accepted\": %u}",
               (unsigned long long)run->turns[i].delivered,
               (unsigned long long)run->turns[i].damaged, run->turns[i].accepted);
    }
    printf("], \"findings\": [");
    for (size_t i = 0; i < run->n_findings; i++) {
        printf("%s\"%s\"", i > 0 ? ", " : "", sf_finding_name(run->findings[i].id));
    }
    printf("], \"explain\": ");
    sf_watch_json(run->watch, cli->options.absolute, sf_sink_file(stdout));
    puts("}");
}

int cli_lab_run(struct cli_lab *cli, const char *path, const struct lab *lab)
{
    struct lab_run *run = lab_run(lab, cli->seed);
    char name[LAB_NAME * 4];
    int status = CLI_OK;

    if (run == NULL) {
        return cli_fail(CLI_FAILED, "%s: not enough memory", path);
    }
    cli->number++;
    if (run->n_failures == 0) {
        cli->passed++;
    } else {
        cli->failed++;
    }
    if (cli->pkt) {
        status = cli_lab_pkt(run, cli->output);
    } else if (cli->json) {
        print_json(cli, run);
    } else if (!cli->all && !cli->options.quiet) {
        show_whole(cli, path, run);
    } else if (!cli->options.quiet) {
        printf("%s %u - %s\n", run->n_failures == 0 ? "ok" : "not ok", cli->number,
               full_name(lab, name, sizeof(name)));
        print_failures(run, path, "#   ");
    }
    if (cli->pcap != NULL && status == CLI_OK) {
        status = save(run, cli->pcap);
    }
    lab_run_free(run);
    return status;
}
