/* SPDX-License-Identifier: MIT
 *
 * tests/lib/world.h - two hosts in virtual time, applications that follow scripts, and
 * what must be true after each thing that happens.
 *
 *     struct t_world *w = t_world_open(seed, SF_IPV4);
 *
 *     w->path.faults_ab = "drop FIN n=1";
 *     w->conv[0].side[0].script = (struct t_script){.octets = 10000};
 *     t_world_run(w);
 *     t_world_clean(w, 0);
 *     t_world_close(w);
 *
 * Host 0 has the client of each conversation, host 1 the server.  The applications check
 * what they receive against the pattern, octet by octet.  What is checked after every
 * step is listed in world_check.c.
 */
#ifndef SYNFIN_TESTS_LIB_WORLD_H
#define SYNFIN_TESTS_LIB_WORLD_H

#include "t.h"

#include "base/rng.h"
#include "base/time.h"
#include "synfin/sim.h"
#include "synfin/trace.h"

#define T_CONVS      8
#define T_TRACE      4096 /* records of a ring, a power of two */
#define T_IDS        256  /* records of a stack alive at a time */
#define T_WORLD_PORT 80

/* How an application leaves once it has sent everything. */
enum t_finish {
    T_SHUT = 0, /* sends FIN, reads to the end, then closes */
    T_AFTER,    /* reads to the end first, then closes */
    T_CLOSE,    /* closes, whatever the peer still has to say */
    T_ABORT,    /* aborts */
    T_STAY      /* reads to the end, and never closes */
};

/* Options of a connection, and how it sends, as bits. */
enum t_with {
    T_WITH_NODELAY = 1,
    T_WITH_QUICKACK = 2,
    T_WITH_KEEPALIVE = 4, /* after 5 s */
    T_WITH_MORE = 8,      /* every third call that is not the last */
    T_WITH_URGENT = 16    /* every fifth call */
};

/* What an application does. */
struct t_script {
    uint64_t octets;       /* to send in all */
    uint32_t write_octets; /* of each call at most; 0: as many as fit */
    uint32_t read_octets;  /* the same */
    sf_span write_pause;   /* after each call */
    sf_span read_pause;    /* the same */
    sf_span start;         /* before it opens, or reads and writes for the first time */
    sf_span finish_pause;  /* before it leaves */
    uint64_t quit_after;   /* leaves once it has read so many octets; 0: no */
    uint8_t options;       /* T_WITH_* */
    bool borrow;           /* with the calls that borrow */
    bool opens;            /* server: opens, too (simultaneous open) */
    bool rash;             /* leaves even before the connection is open */
    uint8_t finish;        /* enum t_finish */
};

/* True if an end that acts so stays until everything is said: nothing of it ends in a
 * RST, which may be lost and leave the peer half-open for ever. */
static inline bool t_script_stays(const struct t_script *s, const struct t_script *peer)
{
    return s->quit_after == 0 && !s->rash &&
           (s->finish == T_SHUT || s->finish == T_AFTER ||
            (s->finish == T_CLOSE && peer->octets == 0));
}

/* One end of a conversation. */
struct t_side {
    struct t_script script;
    struct sf_handle handle;
    bool held;                      /* the handle is ours */
    bool started;                   /* its start has come */
    bool opened;                    /* was ESTABLISHED */
    bool eof;                       /* read to the peer's FIN */
    bool shut;                      /* sent its own */
    bool left;                      /* closed, aborted, or died */
    bool reading, writing, leaving; /* a pause is running */
    enum sf_err error;              /* what it died of; SF_OK */
    uint64_t out, in;               /* octets given to and taken from the stack */
    uint64_t calls;                 /* of SEND */

    /* Seen at the last look; valid once seen. */
    bool seen;
    uint32_t snd_una, snd_nxt, rcv_nxt, rcv_edge;
};

struct t_conv {
    struct t_side side[2]; /* 0: client, 1: server */
    uint16_t port;         /* of the client; 0: not yet known */
};

/* What is followed of a host. */
struct t_host {
    struct sf_config config;
    struct sf_listen listen;
    struct sf_addr addr;
    struct sf_handle listener;
    struct sf_trace_ring ring;
    struct sf_trace_record records[T_TRACE];
    uint64_t read; /* of the ring */
    struct {
        uint32_t id; /* 0: free */
        uint8_t state;
    } ids[T_IDS];
    uint64_t frames; /* sent */
};

struct t_world {
    struct sf_sim *sim; /* null before t_world_start() */
    uint64_t seed;
    struct sf_sim_path path; /* to be set before the start */
    struct t_host host[2];
    struct t_conv conv[T_CONVS];
    uint32_t n_conv; /* 1 */

    /* Of every hundred frames that arrive, so many come again within the span. */
    uint32_t replays;
    sf_span replay_span;
    /* Of every hundred SYNs asked about, with that policy, so many meet silence, and so
     * many are answered a second later. */
    uint32_t silent, late;
    struct sf_rng rng;                 /* for these, and whoever likes */
    struct sf_handle waiting[T_CONVS]; /* SYNs to be answered; zeros: free */

    uint64_t steps, events, frames;
    uint64_t step_events; /* since the last step */
    uint64_t same_moment; /* steps without time passing */
    sf_time last;
    uint64_t hash;  /* of all frames sent, and their moments */
    bool unchecked; /* no invariants: for measuring */
    bool print;     /* every frame */
};

/* A world of two hosts with small limits, an empty script for both ends of conversation 0,
 * and a path of 10 ms. */
struct t_world *t_world_open(uint64_t seed, enum sf_family family);

/* Make the hosts and their path, listen, and plan the beginnings. */
void t_world_start(struct t_world *w);

/* Start, if need be, and go on until nothing is left to happen; then close the listener
 * and see that nothing is left of anything.  An end whose peer left without a word may
 * still wait, and is ended. */
void t_world_run(struct t_world *w);

/* True if a conversation's third segment was lost and SYN,ACK was a cookie: the client believes
 * it open, the server has never heard of it, and if the client has nothing to say it stays so
 * (RFC 4987 s3.6). */
bool t_world_unheard(const struct t_world *w, uint32_t i);

/* Go on to a moment after the beginning. */
void t_world_until(struct t_world *w, sf_span since);

/* The conversation ended as it should without trouble: all octets both ways, both ends
 * opened, read to the end and left without an error. */
#define t_world_clean(w, i) t_world_clean_at((w), (i), __FILE__, __LINE__)
void t_world_clean_at(const struct t_world *w, uint32_t i, const char *file, int line);

/* The same, asked. */
bool t_world_is_clean(const struct t_world *w, uint32_t i);

void t_world_close(struct t_world *w);

/* The state of one end, as STATUS says; SF_CLOSED without a handle. */
enum sf_state t_world_state(struct t_world *w, uint32_t i, uint32_t side);

/* Of world_check.c: what must be true after each step. */
void t_world_check(struct t_world *w, sf_time now);

/* Of world_app.c: what the applications do. */
void t_world_event(void *context, struct sf_sim *sim, const struct sf_ready_event *event);
void t_world_alarm(void *context, struct sf_sim *sim, uint64_t cookie);
void t_world_begin(struct t_world *w, uint32_t i, uint32_t side);

/* The names of an alarm: which side of which conversation, and what for. */
enum t_alarm {
    T_ALARM_START,
    T_ALARM_READ,
    T_ALARM_WRITE,
    T_ALARM_LEAVE,
    T_ALARM_ANSWER, /* a SYN, by its place in waiting */
};

static inline uint64_t t_cookie(uint32_t i, uint32_t side, enum t_alarm what)
{
    return (uint64_t)i << 8 | side << 4 | (uint32_t)what;
}

/* Fails with the seed, a reason, and how things stand. */
void t_world_fail(struct t_world *w, const char *what, uint64_t a, uint64_t b);

#endif
