/* SPDX-License-Identifier: MIT
 *
 * watch/read/filter.c - which packets pass, in libpcap's language, compiled by libpcap and run
 * here in the process.
 *
 * A program reads at fixed offsets, so that each link type needs its own.  A file begins with
 * one, for which the expression must make sense; where it makes none for a later one ("vlan"
 * behind a cooked header), no packet of that matches.
 */
#include "watch/read/reader.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Programs kept at a time; a file with more link types compiles again and again. */
#define PROGRAMS 16

#define SNAP_OCTETS 262144

struct program {
    uint32_t linktype;
    bool compiled; /* false: it makes no sense there */
    struct bpf_program bpf;
};

struct sf_filter {
    char *expression;
    struct program programs[PROGRAMS];
    size_t n;
    size_t last; /* the one used last */
};

int sf_linktype_dlt(uint32_t linktype)
{
    /* Where systems numbered the same thing differently, the formats took a third number. */
    switch (linktype) {
    case SF_LINKTYPE_RAW:
    case SF_LINKTYPE_RAW_BSD:
    case SF_LINKTYPE_RAW_OPENBSD:
        return DLT_RAW;
    case SF_LINKTYPE_LOOP:
        return DLT_LOOP;
    default:
        return (int)linktype;
    }
}

static void forget(struct program *program)
{
    if (program->compiled) {
        pcap_freecode(&program->bpf);
    }
    program->compiled = false;
}

/* Compile for a link type; why, if not null, is told what is wrong. */
static void compile(struct program *program, const char *expression, uint32_t linktype,
                    char *why)
{
    pcap_t *dead = pcap_open_dead(sf_linktype_dlt(linktype), SNAP_OCTETS);

    *program = (struct program){.linktype = linktype};
    if (dead == NULL) {
        if (why != NULL) {
            (void)snprintf(why, SF_CAPTURE_TEXT, "memory ended");
        }
        return;
    }
    program->compiled =
        pcap_compile(dead, &program->bpf, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!program->compiled && why != NULL) {
        (void)snprintf(why, SF_CAPTURE_TEXT, "%s", pcap_geterr(dead));
    }
    pcap_close(dead);
}

struct sf_filter *sf_filter_new(const char *expression, uint32_t linktype, char *why)
{
    struct sf_filter *filter = calloc(1, sizeof(*filter));

    if (filter == NULL || (filter->expression = strdup(expression)) == NULL) {
        free(filter);
        (void)snprintf(why, SF_CAPTURE_TEXT, "memory ended");
        return NULL;
    }
    compile(&filter->programs[0], expression, linktype, why);
    filter->n = 1;
    if (!filter->programs[0].compiled) {
        sf_filter_free(filter);
        return NULL;
    }
    return filter;
}

void sf_filter_free(struct sf_filter *filter)
{
    if (filter != NULL) {
        for (size_t i = 0; i < filter->n; i++) {
            forget(&filter->programs[i]);
        }
        free(filter->expression);
        free(filter);
    }
}

static struct program *program_for(struct sf_filter *filter, uint32_t linktype)
{
    struct program *program = &filter->programs[filter->last];

    if (program->linktype == linktype) {
        return program;
    }
    for (size_t i = 0; i < filter->n; i++) {
        if (filter->programs[i].linktype == linktype) {
            filter->last = i;
            return &filter->programs[i];
        }
    }
    if (filter->n < PROGRAMS) {
        filter->last = filter->n++;
    } else {
        filter->last = (filter->last + 1) % PROGRAMS;
        forget(&filter->programs[filter->last]);
    }
    program = &filter->programs[filter->last];
    compile(program, filter->expression, linktype, NULL);
    return program;
}

bool sf_filter_passes(struct sf_filter *filter, const struct sf_packet *packet)
{
    const struct program *program = program_for(filter, packet->linktype);

    return program->compiled && bpf_filter(program->bpf.bf_insns, packet->octets,
                                           packet->length, packet->captured) != 0;
}
