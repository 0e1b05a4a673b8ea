/* SPDX-License-Identifier: MIT
 *
 * script/lab/explain.c - what the explainer says of the frames that a lab captured: it knows
 * nothing of the lab but these.
 *
 *   frames ─► read/ ─► conv/ ─► find/ ─► findings ─► as expected?
 */
#include <stdio.h>
#include <string.h>

#include "script/lab/run.h"
#include "watch/conv/table.h"
#include "watch/find/find.h"
#include "watch/read/seen.h"

static void note(struct lab_run *run, const struct sf_findings *found)
{
    for (uint8_t i = 0; i < found->n; i++) {
        struct sf_finding *more =
            lab_grow(run, run->findings, run->n_findings, &run->room_findings, sizeof(*more));

        if (more != NULL) {
            run->findings = more;
            more[run->n_findings++] = found->list[i];
        }
    }
}

static void tell(void *context, struct sf_conv *conv)
{
    note(context, &conv->notes.found);
}

static void read_frames(struct lab_run *run, struct sf_dissector *dissector,
                        struct sf_convs *convs)
{
    struct sf_seen seen;

    for (size_t i = 0; i < run->n_frames; i++) {
        const struct sf_packet packet = {
            .at_ns = run->frames[i].at_ns,
            .n = i + 1,
            .octets = run->frames[i].data,
            .captured = run->frames[i].octets,
            .length = run->frames[i].octets,
            .linktype = SF_LINKTYPE_RAW,
            .timed = true,
        };

        if (sf_dissect(dissector, &packet, &seen) != SF_SEEN_NOTHING) {
            sf_convs_take(convs, &seen);
        }
    }
}

void lab_explain(struct lab_run *run)
{
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_finder *finder = sf_finder_open();
    const struct sf_convs_config config = {
        .finder = finder,
        .tell = tell,
        .context = run,
        .max = 65536,
        .time_wait = {2 * run->lab->hosts[run->lab->capture].config.msl.ns},
        .rows = SF_CONVS_NO_ROWS,
    };
    struct sf_convs *convs =
        dissector != NULL && finder != NULL ? sf_convs_open(&config) : NULL;

    if (convs != NULL) {
        read_frames(run, dissector, convs);
        sf_convs_finish(convs);
        note(run, sf_finder_found(finder));
    } else {
        run->short_of_memory = true;
    }
    sf_convs_close(convs);
    sf_finder_close(finder);
    sf_dissector_free(dissector);
}

static bool is_severity(const char *word, unsigned *severity)
{
    static const char *const words[] = {
        [SF_INFO] = "info", [SF_WARNING] = "warning", [SF_ERROR] = "error"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *severity = i;
            return true;
        }
    }
    return false;
}

static bool found(const struct lab_run *run, const struct lab_expect *want, char *which,
                  size_t room)
{
    unsigned severity = 0;
    bool by_severity = is_severity(want->finding, &severity);
    int id = sf_finding_named(want->finding);

    for (size_t i = 0; i < run->n_findings; i++) {
        const struct sf_finding *f = &run->findings[i];

        if (by_severity ? f->severity >= severity : (int)f->id == id) {
            (void)snprintf(which, room, "%s", sf_finding_name(f->id));
            return true;
        }
    }
    return false;
}

/* The names of all findings, for whoever missed one. */
static const char *list(const struct lab_run *run, char *text, size_t room)
{
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < run->n_findings && n + 1 < room; i++) {
        int wrote = snprintf(text + n, room - n, "%s%s", i > 0 ? " " : "",
                             sf_finding_name(run->findings[i].id));

        n += wrote > 0 ? (size_t)wrote : 0;
    }
    return text[0] != '\0' ? text : "none";
}

void lab_check_findings(struct lab_run *run)
{
    for (uint32_t i = 0; i < run->lab->n_expects; i++) {
        const struct lab_expect *want = &run->lab->expects[i];
        char which[48] = "";
        char all[160];

        if (want->kind != LAB_WANT_FINDING && want->kind != LAB_WANT_NO_FINDING) {
            continue;
        }
        run->checked++;
        if (found(run, want, which, sizeof(which)) != (want->kind == LAB_WANT_FINDING)) {
            lab_failed(run, want->place, "findings: expected %s%s, got %s",
                       want->kind == LAB_WANT_FINDING ? "" : "no ", want->finding,
                       list(run, all, sizeof(all)));
        }
    }
}
