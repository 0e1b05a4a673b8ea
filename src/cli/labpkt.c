/* SPDX-License-Identifier: MIT
 *
 * cli/labpkt.c - what a lab captured, as a script for synfin drill: the host at whose side it
 * was captured is ours, everything else is injected.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/capture.h"
#include "cli/lab.h"
#include "script/lab/run.h"
#include "script/replay/replay.h"

#define FILE_HEAD   24
#define PACKET_HEAD 16
#define NS_PER_S    UINT64_C(1000000000)

/* The frames as a pcap file in memory, nanoseconds; to be freed.  Null: memory ended. */
static uint8_t *as_file(const struct lab_run *run, size_t *octets)
{
    size_t n = FILE_HEAD;

    for (size_t i = 0; i < run->n_frames; i++) {
        n += PACKET_HEAD + run->frames[i].octets;
    }
    uint8_t *file = calloc(1, n);
    if (file == NULL) {
        return NULL;
    }
    sf_put32(file, 0xa1b23c4dU);
    sf_put16(file + 4, 2);
    sf_put16(file + 6, 4);
    sf_put32(file + 16, 65535);
    sf_put32(file + 20, SF_LINKTYPE_RAW);
    uint8_t *p = file + FILE_HEAD;
    for (size_t i = 0; i < run->n_frames; i++) {
        const struct lab_frame *frame = &run->frames[i];

        sf_put32(p, (uint32_t)(frame->at_ns / NS_PER_S));
        sf_put32(p + 4, (uint32_t)(frame->at_ns % NS_PER_S));
        sf_put32(p + 8, frame->octets);
        sf_put32(p + 12, frame->octets);
        memcpy(p + PACKET_HEAD, frame->data, frame->octets);
        p += PACKET_HEAD + frame->octets;
    }
    *octets = n;
    return file;
}

static int read_side(struct replay_set *set, const uint8_t *file, size_t octets,
                     enum replay_side side)
{
    char why[SF_CAPTURE_TEXT];
    struct sf_capture *capture = NULL;
    bool good = sf_capture_memory(file, octets, &capture, why) == SF_OK;

    *set = (struct replay_set){.conns = NULL};
    good = good && replay_read(set, capture, side);
    sf_capture_close(capture);
    return good ? CLI_OK : cli_fail(CLI_FAILED, "there is no memory for it");
}

static int write_script(const struct lab_run *run, struct replay_set *set, const uint8_t *file,
                        size_t octets, const char *path)
{
    const struct lab *lab = run->lab;

    if (set->n != 1) {
        return cli_fail(CLI_FAILED, "%s has %zu connections, a script has one", lab->name,
                        set->n);
    }
    if (!sf_addr_equal(&set->conns[0].client.addr, &lab->hosts[lab->capture].addr)) {
        replay_free(set);
        const int status = read_side(set, file, octets, REPLAY_SERVER);

        if (status != CLI_OK) {
            return status;
        }
    }
    FILE *to = cli_output_open(path);
    if (to == NULL) {
        return CLI_FAILED;
    }
    fprintf(to, "// Lab %s%s%s.\n", lab->name, lab->variant[0] != '\0' ? "/" : "",
            lab->variant);
    replay_pkt(&set->conns[0], to);
    return cli_output_close(to, path, CLI_OK);
}

int cli_lab_pkt(const struct lab_run *run, const char *path)
{
    size_t octets = 0;
    uint8_t *file = as_file(run, &octets);
    struct replay_set set;

    if (file == NULL) {
        return cli_fail(CLI_FAILED, "there is no memory for it");
    }
    int status = read_side(&set, file, octets, REPLAY_CLIENT);
    if (status == CLI_OK) {
        status = write_script(run, &set, file, octets, path);
    }
    replay_free(&set);
    free(file);
    return status;
}
