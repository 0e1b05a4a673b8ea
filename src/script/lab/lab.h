/* SPDX-License-Identifier: MIT
 *
 * script/lab/lab.h - a lab: hosts, paths between them, what their applications do, and what
 * must come of it, read from a file and run in virtual time.
 *
 *   text ─► parse*.c ─► struct lab ─► run.c ─► struct lab_run ─► check.c, explain.c
 *                                      │ app.c: the applications' steps
 *                                      ├─ ops.c ─► our engine, or
 *                                      └─ wrong*.c: an endpoint that breaks a rule on purpose
 *
 * docs/man/synfin-lab.1.scd describes the language.  A file may hold variants; each is a lab
 * of its own: the lines before the first variant, then its own.
 */
#ifndef SF_SCRIPT_LAB_H
#define SF_SCRIPT_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synfin/engine.h"
#include "synfin/sim.h"
#include "synfin/state.h"

enum {
    LAB_NAME = 24,
    LAB_HOSTS = 6,
    LAB_PATHS = 6,
    LAB_APPS = 16,
    LAB_STEPS = 32, /* of one application */
    LAB_ACTS = 16,
    LAB_EXPECTS = 48,
    LAB_VARIANTS = 4,
    LAB_STATES = 16, /* in one expectation */
    LAB_RULES = 512  /* octets of the rules of one direction */
};

/* Rules that an endpoint breaks on purpose, as bits. */
enum lab_break {
    LAB_ONE_WAY = 1,            /* ESTABLISHED as soon as the SYN is sent */
    LAB_TWO_WAY = 2,            /* ESTABLISHED as soon as a SYN arrives */
    LAB_NO_TIME_WAIT = 4,       /* CLOSED where TIME-WAIT belongs */
    LAB_SHORT_MSL = 8,          /* TIME-WAIT of a tenth of a second */
    LAB_FIXED_ISN = 16,         /* every connection begins at 1000 */
    LAB_THREE_WAY_CLOSE = 32,   /* a FIN is answered with a FIN, whatever is unsent */
    LAB_NO_RETRANSMISSION = 64, /* nothing is sent twice */
    LAB_NO_CHECKSUM = 128,      /* whatever arrives is taken */
    LAB_KEEPS_RULES = 256       /* the same endpoint, and nothing broken */
};

/* A text in both languages; zh may be null. */
struct lab_text {
    const char *en;
    const char *zh;
};

/* The place of a word in a file. */
struct lab_place {
    unsigned line;
    unsigned column;
};

struct lab_host {
    char name[LAB_NAME];
    struct sf_addr addr;
    struct sf_config config;
    unsigned breaks; /* LAB_*; 0: our engine */
};

struct lab_path {
    uint32_t end[2];
    uint64_t rate_bps;
    sf_span delay;
    uint32_t queue_octets;
    char rules[2][LAB_RULES]; /* [0]: from end[0] to end[1] */
};

/* Which segments are meant. */
struct lab_filter {
    uint32_t from, to; /* hosts */
    uint8_t flags;     /* all of these are set */
    bool only;         /* and no other */
    bool data, empty;  /* with, without text */
};

enum lab_verb {
    LAB_LISTEN = 1,
    LAB_ACCEPT,
    LAB_CONNECT,
    LAB_OPEN, /* connect without waiting */
    LAB_USE,  /* the connection that the following steps are about */
    LAB_SEND,
    LAB_READ,
    LAB_READ_END,
    LAB_SHUTDOWN,
    LAB_CLOSE,
    LAB_ABORT,
    LAB_SET,
    LAB_WAIT,
    LAB_AT,
    LAB_REPEAT,
    LAB_END
};

struct lab_step {
    struct lab_place place;
    uint8_t verb;        /* enum lab_verb */
    char name[LAB_NAME]; /* of the connection */
    uint32_t host;       /* whom to connect to */
    uint16_t port;       /* to, or of a listener */
    uint16_t from;       /* the local port; 0: any */
    uint64_t n;          /* octets, times, backlog, the option's value */
    uint32_t option;     /* enum sf_option; of a listener: its SYN queue */
    sf_span span;        /* or a moment since the start */
    uint8_t fails;       /* the enum sf_err that must come of it; SF_OK: none */
};

struct lab_app {
    struct lab_place place;
    char name[LAB_NAME];
    uint32_t host;
    struct lab_step steps[LAB_STEPS];
    uint32_t n;
};

enum lab_act_kind {
    LAB_CUT = 1,
    LAB_MEND,
    LAB_CRASH,  /* the host forgets everything */
    LAB_REPLAY, /* a copy of a segment that was sent arrives again */
    LAB_FORGE   /* a segment that nobody sent arrives */
};

/* What happens at a moment. */
struct lab_act {
    struct lab_place place;
    uint8_t kind; /* enum lab_act_kind */
    sf_time at;   /* since the start */
    uint32_t host;
    struct lab_filter filter; /* replay: which; forge: its flags and direction */
    uint32_t n;               /* replay: the how manieth, from 1 */
    uint32_t times;           /* forge: how many, one after another */
    sf_span every;            /* forge: so far apart */
    uint16_t port[2];         /* forge: its ports; 0: those of the last segment that way */
    uint8_t ttl;              /* forge: hops left on arrival; 0: 64 */
    bool stamped;             /* forge: with timestamps, ... */
    int64_t age;              /* ... the last one that way and so many more */
    uint8_t spoof;     /* forge: 1: each from another address of the net, and another port */
    uint8_t base[2];   /* forge: what seq and ack count from, enum lab_base */
    int64_t offset[2]; /* ... and how far */
    uint32_t octets;   /* forge: of text */
};

enum lab_base {
    LAB_ZERO = 0, /* the number itself */
    LAB_SND_NXT,  /* what the sender would send next */
    LAB_RCV_NXT,  /* what the sender expects next */
    LAB_RANDOM    /* drawn */
};

enum lab_expect_kind {
    LAB_WANT_STATES = 1, /* all states of a connection, in order */
    LAB_WANT_LEFT,       /* how many connections of a host are in a state at the end */
    LAB_WANT_DELIVERED,  /* octets read by an application */
    LAB_WANT_DAMAGED,    /* how many of them were not what was sent */
    LAB_WANT_ACCEPTED,   /* connections accepted by an application */
    LAB_WANT_ERROR,      /* what an application's last failing step said */
    LAB_WANT_SENT,       /* segments sent */
    LAB_WANT_ARRIVED,    /* segments that arrived */
    LAB_WANT_TOOK,       /* how long a connection was in a state */
    LAB_WANT_ENDED,      /* when the last application was done */
    LAB_WANT_FINDING,    /* the explainer says so */
    LAB_WANT_NO_FINDING  /* the explainer says nothing of this, or of this severity */
};

struct lab_expect {
    struct lab_place place;
    uint8_t kind;               /* enum lab_expect_kind */
    uint32_t host;              /* or application */
    uint32_t which;             /* connection of the host, from 1 */
    uint8_t states[LAB_STATES]; /* enum sf_state */
    uint32_t n_states;
    uint64_t low, high; /* octets, counts, nanoseconds */
    uint8_t error;      /* enum sf_err */
    struct lab_filter filter;
    char finding[LAB_NAME * 2]; /* its id, or a severity */
};

struct lab {
    char name[LAB_NAME * 2];
    char variant[LAB_NAME]; /* empty: the file has none */
    struct lab_text title;
    struct lab_text see;     /* what is to be seen */
    struct lab_text of_this; /* what is to be seen in this variant */
    struct lab_host hosts[LAB_HOSTS];
    struct lab_path paths[LAB_PATHS];
    struct lab_app apps[LAB_APPS];
    struct lab_act acts[LAB_ACTS];
    struct lab_expect expects[LAB_EXPECTS];
    uint32_t n_hosts, n_paths, n_apps, n_acts, n_expects;
    uint32_t capture; /* the host at whose side frames are captured */
    sf_time until;    /* run so long; 2^64-1: until nothing happens any more */
    char *text;       /* the file, which the texts above point into */
};

/* What is wrong with a file. */
struct lab_wrong {
    struct lab_place place; /* zeros: nothing in it */
    char text[160];
};

/*
 * Read a lab.
 *
 *   text     the file, octets long, copied
 *   variant  which variant, from 0
 *   count    where the number of variants is put: 1 if the file names none
 *   wrong    what is wrong with it, where null is returned
 */
struct lab *lab_parse(const char *text, size_t octets, uint32_t variant, uint32_t *count,
                      struct lab_wrong *wrong);

void lab_free(struct lab *lab);

#endif
