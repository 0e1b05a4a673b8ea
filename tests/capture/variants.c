/* SPDX-License-Identifier: MIT
 *
 * tests/capture/variants.c - what is explained of a capture that lacks something.
 *
 *   capture-variants missing|prefix|suffix|oneway|cut FILE...
 *
 *   pcap (as tests/capture writes it) --> [variants.c] --> watch/read, watch/conv, watch/find
 *                                             `--> one line of JSON for each variant, or counts
 *
 * Everything is in one process, since there are very many variants.  A line is
 * {"file": 1, "variant": K, "connections": [...]}: without packet K, with the first K alone,
 * without the first K, or one end's packets alone.  A cut is made at every octet; that is TAP.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synfin/capture.h"
#include "synfin/ladder.h"
#include "watch/conv/table.h"
#include "watch/find/find.h"
#include "watch/read/seen.h"

#define HEAD   24  /* octets of a file's head */
#define RECORD 16  /* octets of a packet's head */
#define SNAP   128 /* octets kept of each packet: text tells nothing */
#define MOST   4096

struct file {
    uint8_t *octets;
    size_t n;
    size_t packets;
    size_t at[MOST + 1]; /* where each packet begins, and the end */
};

struct out {
    FILE *to; /* null: nothing is printed */
    uint64_t put;
    uint32_t told;
};

static uint32_t number_at(const uint8_t *octets)
{
    return (uint32_t)octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16 |
           (uint32_t)octets[3] << 24;
}

static void put_number(uint8_t *octets, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        octets[i] = (uint8_t)(value >> 8 * i);
    }
}

/* Shorten every packet, and note where it is; false if the file is not what we write. */
static bool shorten(struct file *f)
{
    size_t from = HEAD;
    size_t to = HEAD;

    if (f->n < HEAD || number_at(f->octets) != 0xA1B23C4D) {
        return false;
    }
    while (from < f->n && f->packets < MOST) {
        if (f->n - from < RECORD || number_at(f->octets + from + 8) > f->n - from - RECORD) {
            return false;
        }
        uint32_t captured = number_at(f->octets + from + 8);
        uint32_t kept = captured < SNAP ? captured : SNAP;

        memmove(f->octets + to, f->octets + from, RECORD + kept);
        put_number(f->octets + to + 8, kept);
        f->at[f->packets++] = to;
        from += RECORD + captured;
        to += RECORD + kept;
    }
    f->n = to;
    f->at[f->packets] = to;
    return true;
}

static bool load(const char *path, struct file *f)
{
    FILE *file = fopen(path, "rbe");
    bool fine = false;
    long octets = 0;

    *f = (struct file){.octets = NULL};
    if (file == NULL) {
        return false;
    }
    if (fseek(file, 0, SEEK_END) == 0) {
        octets = ftell(file);
    }
    if (octets > 0 && fseek(file, 0, SEEK_SET) == 0) {
        f->n = (size_t)octets;
        f->octets = malloc(f->n);
        fine = f->octets != NULL && fread(f->octets, 1, f->n, file) == f->n && shorten(f);
    }
    (void)fclose(file);
    return fine;
}

static void put(void *context, const char *text, size_t n)
{
    struct out *out = context;

    out->put += n;
    if (out->to == NULL) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\n') {
            fputc(text[i], out->to);
        }
    }
}

static void tell(void *context, struct sf_conv *conv)
{
    struct out *out = context;
    struct sf_ladder *ladder = sf_conv_ladder(conv, conv->last_ns);

    if (ladder == NULL) {
        return;
    }
    if (out->told++ > 0) {
        put(out, ", ", 2);
    }
    sf_ladder_json(ladder, conv->id, false, (struct sf_sink){.put = put, .context = out});
}

/* Read a capture in memory to its end, and explain what it has. */
static bool explain(const uint8_t *octets, size_t n, struct out *out)
{
    char why[SF_CAPTURE_TEXT];
    struct sf_finder *finder = sf_finder_open();
    struct sf_convs_config config = {.finder = finder,
                                     .tell = tell,
                                     .context = out,
                                     .max = 1024,
                                     .rows = SF_CONVS_ROWS_OF_ALL};
    struct sf_convs *convs = sf_convs_open(&config);
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_capture *capture = NULL;
    struct sf_seen seen;
    bool fine = finder != NULL && convs != NULL && dissector != NULL;

    if (fine && sf_capture_memory(octets, n, &capture, why) == SF_OK) {
        while (sf_seen_next(capture, dissector, &seen, NULL) == SF_OK) {
            sf_convs_take(convs, &seen);
        }
        sf_capture_close(capture);
        sf_convs_finish(convs);
        sf_find_finish(finder, sf_convs_counts(convs)->last_ns);
    }
    sf_dissector_free(dissector);
    sf_convs_close(convs);
    sf_finder_close(finder);
    return fine;
}

static bool explain_line(const uint8_t *octets, size_t n, int file, size_t variant)
{
    struct out out = {.to = stdout};

    printf("{\"file\": %d, \"variant\": %zu, \"connections\": [", file, variant);
    bool fine = explain(octets, n, &out);
    printf("]}\n");
    return fine;
}

/* Whether packet i (from 0) is in variant v (from 1). */
typedef bool keeps(const struct file *f, size_t i, size_t v);

static bool all_but_one(const struct file *f, size_t i, size_t v)
{
    (void)f;
    return i != v - 1;
}

static bool the_first(const struct file *f, size_t i, size_t v)
{
    (void)f;
    return i < v;
}

static bool the_last(const struct file *f, size_t i, size_t v)
{
    (void)f;
    return i >= v;
}

/* Where a packet's source address is, and its octets; our files have IP in ethernet or bare. */
static const uint8_t *source(const struct file *f, size_t i, size_t *octets)
{
    size_t ip =
        f->at[i] + RECORD + (number_at(f->octets + 20) == SF_LINKTYPE_ETHERNET ? 14 : 0);
    bool v6 = f->octets[ip] >> 4 == 6;

    *octets = v6 ? 16 : 4;
    return f->octets + ip + (v6 ? 8 : 12);
}

/* 1: what the sender of the first packet sent, 2: the rest. */
static bool one_way(const struct file *f, size_t i, size_t v)
{
    size_t n = 0;
    size_t octets = 0;
    const uint8_t *first = source(f, 0, &n);
    const uint8_t *here = source(f, i, &octets);

    return (n == octets && memcmp(first, here, n) == 0) == (v == 1);
}

/* A file of the packets that are in a variant; its octets. */
static size_t pick(const struct file *f, keeps *keep, size_t v, uint8_t *octets)
{
    size_t n = HEAD;

    memcpy(octets, f->octets, HEAD);
    for (size_t i = 0; i < f->packets; i++) {
        if (keep(f, i, v)) {
            memcpy(octets + n, f->octets + f->at[i], f->at[i + 1] - f->at[i]);
            n += f->at[i + 1] - f->at[i];
        }
    }
    return n;
}

static bool each(const struct file *f, int file, keeps *keep, size_t variants)
{
    uint8_t *octets = malloc(f->n);
    bool fine = octets != NULL;

    for (size_t v = 1; fine && v <= variants; v++) {
        fine = explain_line(octets, pick(f, keep, v, octets), file, v);
    }
    free(octets);
    return fine;
}

static bool missing(const struct file *f, int file)
{
    return each(f, file, all_but_one, f->packets);
}

static bool prefix(const struct file *f, int file)
{
    return each(f, file, the_first, f->packets);
}

static bool suffix(const struct file *f, int file)
{
    return each(f, file, the_last, f->packets - 1);
}

static bool oneway(const struct file *f, int file)
{
    return each(f, file, one_way, 2);
}

/* Cut at every octet; the copy has its exact size, so that a sanitizer sees a step beyond. */
static bool cut(const struct file *f, int file)
{
    struct out out = {.to = NULL};
    bool fine = true;

    for (size_t n = 0; fine && n <= f->n; n++) {
        uint8_t *octets = malloc(n > 0 ? n : 1);

        fine = octets != NULL;
        if (fine) {
            memcpy(octets, f->octets, n);
            fine = explain(octets, n, &out);
        }
        free(octets);
    }
    printf("%sok %d - cut at each of %zu octets it is read to its end, %u times to some use\n",
           fine ? "" : "not ", file, f->n + 1, out.told);
    return fine;
}

typedef bool works(const struct file *f, int file);

static works *work_named(const char *name)
{
    static const struct {
        const char *name;
        works *work;
    } modes[] = {{"missing", missing},
                 {"prefix", prefix},
                 {"suffix", suffix},
                 {"oneway", oneway},
                 {"cut", cut}};

    for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
        if (strcmp(name, modes[m].name) == 0) {
            return modes[m].work;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct file f;
    works *work = argc > 2 ? work_named(argv[1]) : NULL;
    int status = work != NULL ? 0 : 2;

    /* Tables are made and given back tens of thousands of times: keep their memory. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    for (int i = 2; i < argc && status == 0; i++) {
        if (!load(argv[i], &f) || !work(&f, i - 1)) {
            fprintf(stderr, "%s: cannot be read or explained\n", argv[i]);
            status = 1;
        }
        free(f.octets);
    }
    if (work == cut) {
        printf("1..%d\n", argc - 2);
    }
    return status;
}
