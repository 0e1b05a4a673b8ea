/* SPDX-License-Identifier: MIT
 *
 * tests/sim/explain.c - what is inferred from captures, beside what both engines say.
 *
 * A seed makes a world: a path that loses, doubles and delays, and applications that do
 * whatever they may.  It is captured at both ends.  From each capture alone the states of both
 * ends are inferred, and compared with the truth, both engines' traces:
 *
 *   - what is called seen was the state of that end, at some moment from when it sent the last
 *     segment captured so far to when the row was captured.  Of the end at which the capture
 *     was made that is always so; of the other one in all but one of 20,000: a FIN and all else
 *     that would have told of it may have died before it came to the observer;
 *   - of all states nearly all are seen or inferred, and of those inferred nearly all come
 *     true.
 *
 * The same holds when the capture lacks any one packet.
 *
 * A FIN counts from when it leaves for the first time: what is queued behind text cannot be
 * seen by anybody else.
 *
 *     SYNFIN_SEED=4711 build/tests/sim-explain      one world, ladder by ladder
 */
#include "world.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "synfin/capture.h"
#include "synfin/ladder.h"
#include "watch/conv/table.h"
#include "watch/ladder.h"
#include "watch/read/seen.h"

#if defined(__SANITIZE_ADDRESS__)
#define RUNS 150
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RUNS 150
#endif
#endif
#ifndef RUNS
#define RUNS 1200
#endif
#define SOAK_RUNS 40000

#define LONGEST_NS (2 * SF_NS_PER_S) /* no frame is longer on its way */

#define FRAMES 20000
#define OCTETS 1600

/* One frame of a capture. */
struct frame {
    uint64_t at_ns;   /* captured */
    uint64_t sent_ns; /* sent */
    uint32_t octets, kept;
    uint8_t data[128]; /* headers are enough */
};

struct capture {
    struct frame *frames;
    uint32_t n;
};

/* When which frame was sent, by its octets. */
struct departure {
    uint64_t hash, at_ns;
};

struct rig {
    struct t_world *w;
    struct capture at[2]; /* captured at host 0 and 1 */
    struct sf_watch *truth[2];
    uint64_t read[2]; /* of the rings */
    struct departure sent[1024];
    uint32_t n_sent;
    uint32_t linktype;
    /* Of the comparison. */
    uint32_t capture, missing; /* which capture, which frame it lacks; UINT32_MAX: none */
    uint64_t rows, sure, inferred, right;
    uint64_t seen, wrong; /* without one frame, too */
    bool print;
};

static uint64_t running;

static uint64_t hash_of(const struct sf_frame *frame)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ frame->octets;

    for (uint32_t i = 0; i < frame->octets && i < 200; i++) {
        hash = (hash ^ frame->pieces[0].data[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static void keep(struct rig *rig, uint32_t host, const struct sf_frame *frame, sf_time now,
                 uint64_t sent_ns)
{
    struct capture *c = &rig->at[host];
    struct frame *f = NULL;

    if (c->n == FRAMES) {
        return;
    }
    f = &c->frames[c->n++];
    f->at_ns = now.ns;
    f->sent_ns = sent_ns;
    f->octets = frame->octets;
    f->kept = frame->octets < sizeof(f->data) ? frame->octets : sizeof(f->data);
    memcpy(f->data, frame->pieces[0].data, f->kept);
}

static void drain(struct rig *rig)
{
    for (uint32_t i = 0; i < 2; i++) {
        sf_watch_drain(rig->truth[i], &rig->w->host[i].ring);
    }
}

static void on_sent(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                    sf_time now)
{
    struct rig *rig = context;
    struct departure *d = &rig->sent[rig->n_sent++ % T_COUNT(rig->sent)];

    (void)to;
    drain(rig);
    d->hash = hash_of(frame);
    d->at_ns = now.ns;
    keep(rig, from, frame, now, now.ns);
}

static void on_arrived(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                       sf_time now)
{
    struct rig *rig = context;
    uint64_t hash = hash_of(frame);
    uint64_t sent_ns = UINT64_MAX;

    (void)from;
    /* Of copies with the same octets, any may be the one: the oldest that can be. */
    for (uint32_t i = 0; i < T_COUNT(rig->sent); i++) {
        const struct departure *d = &rig->sent[i];

        if (d->hash == hash && d->at_ns + LONGEST_NS > now.ns && d->at_ns < sent_ns) {
            sent_ns = d->at_ns;
        }
    }
    if (sent_ns != UINT64_MAX) {
        keep(rig, to, frame, now, sent_ns);
    }
    /* Damaged on its way: nobody else takes it either. */
}

static void on_step(void *context, struct sf_sim *sim, sf_time now)
{
    (void)sim;
    (void)now;
    drain(context);
}

static bool is_about(const struct sf_ladder *l, const struct sf_conv *conv, unsigned side)
{
    return l->end[l->own].at.port == conv->end[side].at.port &&
           l->end[l->own ^ 1U].at.port == conv->end[side ^ 1U].at.port && l->n > 0;
}

/* The truth about one end: its own engine's ladder of the same two ports.  Of several, which
 * one is meant cannot be told from here: a null pointer. */
static struct sf_ladder *truth_of(const struct rig *rig, unsigned host,
                                  const struct sf_conv *conv, unsigned side)
{
    struct sf_ladder *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < sf_watch_count(rig->truth[host]); i++) {
        struct sf_ladder *l = sf_watch_ladder(rig->truth[host], i);

        if (is_about(l, conv, side)) {
            found = l;
            n++;
        }
    }
    return n == 1 ? found : NULL;
}

/* When its FIN left first; UINT64_MAX: never. */
static uint64_t fin_ns(const struct sf_ladder *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct sf_row *row = &l->rows[i];

        if (row->kind == SF_ROW_SEGMENT && row->from == l->own &&
            (row->u.seg.flags & SF_FIN) != 0) {
            return row->at_ns + l->zero_ns;
        }
    }
    return UINT64_MAX;
}

/* What the state looks like from outside as long as the FIN has not left. */
static unsigned before_fin(unsigned state)
{
    if (state == SF_FIN_WAIT_1) {
        return SF_ESTABLISHED;
    }
    return state == SF_LAST_ACK || state == SF_CLOSING ? SF_CLOSE_WAIT : state;
}

static unsigned bits_of(unsigned state, uint64_t at_ns, uint64_t fin)
{
    unsigned bits = 1U << state;

    if (at_ns <= fin) {
        bits |= 1U << before_fin(state);
        if (state == SF_FIN_WAIT_1) {
            bits |= 1U << SF_SYN_RECEIVED; /* closed before it was open */
        }
    }
    return bits;
}

/* All states, as bits, that the end was in from one moment to another. */
static unsigned states_in(const struct sf_ladder *l, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t fin = fin_ns(l);
    unsigned state = l->own == SF_CLIENT ? SF_CLOSED : SF_LISTEN;
    unsigned bits = 0;

    for (size_t i = 0; i < l->n; i++) {
        uint64_t at_ns = l->rows[i].at_ns + l->zero_ns;

        if (at_ns > to_ns) {
            break;
        }
        /* Several things of one moment: each of their states counts. */
        if (at_ns >= from_ns) {
            bits |= bits_of(state, from_ns, fin) | bits_of(state, at_ns, fin);
        }
        state = l->rows[i].state[l->own];
        if (at_ns >= from_ns) {
            bits |= bits_of(state, at_ns, fin);
        }
    }
    return bits | bits_of(state, from_ns, fin) | bits_of(state, to_ns < fin ? to_ns : fin, fin);
}

static void print_ladder(const struct rig *rig, struct sf_conv *conv)
{
    struct sf_ladder_style style = {.width = 110, .whole = true, .bare = true, .verbose = true};
    struct sf_ladder *l = conv->ladder;

    printf("# capture at host %u, without frame %d, from %llu\n", rig->capture,
           (int)rig->missing, (unsigned long long)l->zero_ns);
    sf_ladder_draw(l, &style, sf_sink_file(stdout));
    for (unsigned host = 0; host < 2; host++) {
        for (size_t i = 0; i < sf_watch_count(rig->truth[host]); i++) {
            printf("# what host %u says, from %llu\n", host,
                   (unsigned long long)sf_watch_ladder(rig->truth[host], i)->zero_ns);
            sf_ladder_draw(sf_watch_ladder(rig->truth[host], i), &style, sf_sink_file(stdout));
        }
    }
    fflush(stdout);
}

/* When the last segment of side's captured so far was sent, by packet number. */
static uint64_t sent_at(const struct rig *rig, const struct sf_row *row)
{
    return rig->at[rig->capture].frames[row->n - 1].sent_ns;
}

/* A state was called seen that it was not. */
static void blame(struct rig *rig, struct sf_conv *conv, unsigned side, bool here, size_t i)
{
    const struct sf_row *row = &conv->ladder->rows[i];

    rig->wrong++;
    if (here || rig->print) {
        print_ladder(rig, conv);
        printf("# row %zu (packet %u), side %u: %s is not true\n", i, row->n, side,
               sf_state_name((enum sf_state)row->state[side]));
    }
    if (here) {
        fail_msg("a state was called seen that it was not");
    }
}

static void judge_side(struct rig *rig, struct sf_conv *conv, unsigned side, bool here,
                       const struct sf_ladder *truth)
{
    const struct sf_ladder *l = conv->ladder;
    uint64_t since_ns = 0;

    for (size_t i = 0; i < l->n; i++) {
        const struct sf_row *row = &l->rows[i];
        uint64_t at_ns = row->at_ns + l->zero_ns;
        unsigned state = row->state[side];
        unsigned was = 0;

        if (row->kind == SF_ROW_SEGMENT && row->from == side) {
            since_ns = sent_at(rig, row);
        }
        rig->rows++;
        rig->sure += row->certainty[side] != SF_POSSIBLE;
        if (row->certainty[side] == SF_INFERRED) {
            rig->inferred++;
            rig->right += (states_in(truth, since_ns, UINT64_MAX - 1) >> state & 1U) != 0;
        }
        was = states_in(truth, since_ns, at_ns);
        rig->seen += row->certainty[side] == SF_SEEN;
        if (row->certainty[side] == SF_SEEN && (was >> state & 1U) == 0) {
            blame(rig, conv, side, here, i);
        }
    }
}

static void on_told(void *context, struct sf_conv *conv)
{
    struct rig *rig = context;
    /* Host 0 has all clients, but where both ends open. */
    unsigned client_host = conv->end[SF_CLIENT].at.port == T_WORLD_PORT ? 1 : 0;

    if (conv->ladder == NULL || conv->incarnation != 0) {
        return;
    }
    if (rig->print) {
        print_ladder(rig, conv);
    }
    for (unsigned side = 0; side < 2; side++) {
        unsigned host = side == SF_CLIENT ? client_host : client_host ^ 1U;
        const struct sf_ladder *truth = truth_of(rig, host, conv, side);

        if (truth != NULL) {
            judge_side(rig, conv, side, host == rig->capture, truth);
        }
    }
}

/* Infer from one capture, without one of its frames. */
static void infer(struct rig *rig, unsigned host, uint32_t missing)
{
    struct sf_convs_config config = {
        .tell = on_told,
        .context = rig,
        .rows = SF_CONVS_ROWS_OF_ALL,
        .max_rows = FRAMES,
        .time_wait = {rig->w->host[0].config.msl.ns * 2},
    };
    struct sf_convs *convs = sf_convs_open(&config);
    struct sf_dissector *dissector = sf_dissector_new();

    assert_non_null(convs);
    rig->capture = host;
    rig->missing = missing;
    for (uint32_t i = 0; i < rig->at[host].n; i++) {
        const struct frame *f = &rig->at[host].frames[i];
        struct sf_packet packet = {
            .at_ns = f->at_ns,
            .n = i + 1,
            .octets = f->data,
            .captured = f->kept,
            .length = f->octets,
            .linktype = rig->linktype,
            .timed = true,
        };
        struct sf_seen seen;

        if (i != missing && sf_dissect(dissector, &packet, &seen) == SF_SEEN_SEGMENT) {
            sf_convs_take(convs, &seen);
        }
    }
    sf_convs_finish(convs);
    sf_convs_close(convs);
    sf_dissector_free(dissector);
}

static uint32_t below(struct sf_rng *r, uint32_t n)
{
    return sf_rng_below(r, n);
}

static bool chance(struct sf_rng *r, uint32_t percent)
{
    return below(r, 100) < percent;
}

static void draw_script(struct sf_rng *r, struct t_script *s)
{
    *s = (struct t_script){
        .octets = chance(r, 40) ? 0 : below(r, chance(r, 80) ? 4000 : 40000),
        .write_octets = chance(r, 30) ? 100 + below(r, 2000) : 0,
        .read_octets = chance(r, 30) ? 100 + below(r, 2000) : 0,
        .write_pause = chance(r, 20) ? SF_US(below(r, 100000)) : SF_NS(0),
        .read_pause = chance(r, 20) ? SF_US(below(r, 100000)) : SF_NS(0),
        .start = chance(r, 50) ? SF_US(below(r, 200000)) : SF_NS(0),
        .finish_pause = chance(r, 40) ? SF_US(below(r, 300000)) : SF_NS(0),
        .options = chance(r, 40) ? (uint8_t)below(r, 32) : 0,
        .finish = chance(r, 60) ? T_SHUT : (uint8_t)below(r, T_STAY),
        .rash = chance(r, 10),
    };
    if (chance(r, 10)) {
        s->quit_after = 1 + below(r, 4000);
    }
}

static void faults(struct sf_rng *r, char *text, size_t room)
{
    (void)snprintf(text, room, "drop %u%%; dup %u%%; reorder %u%% %ums",
                   chance(r, 60) ? below(r, 25) : 0, chance(r, 30) ? below(r, 15) : 0,
                   chance(r, 30) ? below(r, 20) : 0, 1 + below(r, 60));
}

static struct t_world *draw(struct sf_rng *r, uint64_t seed)
{
    struct t_world *w = t_world_open(seed, chance(r, 50) ? SF_IPV6 : SF_IPV4);

    w->path.rate_bps = chance(r, 50) ? 0 : 1000000 + below(r, 100000000);
    w->path.delay = chance(r, 10) ? SF_NS(0) : SF_US(below(r, 100000));
    for (uint32_t i = 0; i < 2; i++) {
        w->host[i].config.rcvbuf_octets = 1000 + below(r, 60000);
        w->host[i].config.timestamps = chance(r, 60);
        w->host[i].config.window_scaling = chance(r, 70);
        w->host[i].config.sack = chance(r, 70);
        w->host[i].config.delayed_ack = SF_MS(below(r, 400));
        w->host[i].config.msl = SF_MS(15000);
    }
    w->host[1].listen.accept_queue = 4;
    w->host[1].listen.syn_queue = 4;
    w->n_conv = chance(r, 70) ? 1 : 2;
    for (uint32_t i = 0; i < w->n_conv; i++) {
        draw_script(r, &w->conv[i].side[0].script);
        draw_script(r, &w->conv[i].side[1].script);
    }
    if (w->n_conv == 1 && chance(r, 10)) {
        w->conv[0].side[1].script.opens = true;
        w->conv[0].side[1].script.rash = false;
        w->conv[0].side[0].script.rash = false;
        w->conv[0].side[1].script.start = w->conv[0].side[0].script.start;
    }
    return w;
}

static void compare(struct rig *rig, struct sf_rng *r)
{
    for (unsigned host = 0; host < 2; host++) {
        uint32_t n = rig->at[host].n;
        uint64_t tries = n < 12 ? n : 12;

        infer(rig, host, UINT32_MAX);
        for (uint64_t i = 0; i < tries; i++) {
            uint64_t rows[4] = {rig->rows, rig->sure, rig->inferred, rig->right};

            infer(rig, host, below(r, n));
            rig->rows = rows[0]; /* quotas are for whole captures */
            rig->sure = rows[1];
            rig->inferred = rows[2];
            rig->right = rows[3];
        }
    }
}

static void run(struct rig *sum, uint64_t seed, bool print)
{
    static struct rig rig;
    struct sf_watch_config config = {.max_ladders = 64, .max_rows = FRAMES};
    struct sf_sim_tap tap = {
        .sent = on_sent, .arrived = on_arrived, .step = on_step, .context = &rig};
    uint8_t octets[SF_RNG_SEED_OCTETS] = {2};
    char text[2][128];
    struct sf_rng r;

    running = seed;
    sf_put64(octets + 8, seed);
    sf_rng_init(&r, octets);
    rig = (struct rig){.w = draw(&r, seed), .linktype = SF_LINKTYPE_RAW, .print = print};
    for (uint32_t i = 0; i < 2; i++) {
        faults(&r, text[i], sizeof(text[i]));
        rig.at[i].frames = calloc(FRAMES, sizeof(struct frame));
        T_EQ(sf_watch_open(&config, &rig.truth[i]), SF_OK);
    }
    rig.w->path.faults_ab = text[0];
    rig.w->path.faults_ba = text[1];
    t_world_start(rig.w);
    sf_sim_tap(rig.w->sim, &tap);
    t_world_until(rig.w, SF_S(200));
    drain(&rig);
    compare(&rig, &r);
    for (uint32_t i = 0; i < 2; i++) {
        sf_watch_close(rig.truth[i]);
        free(rig.at[i].frames);
    }
    sum->rows += rig.rows;
    sum->sure += rig.sure;
    sum->inferred += rig.inferred;
    sum->right += rig.right;
    sum->seen += rig.seen;
    sum->wrong += rig.wrong;
    t_world_close(rig.w);
    running = 0;
}

static void no_state_is_called_seen_that_was_not(void **state)
{
    const char *one = getenv("SYNFIN_SEED");
    uint64_t runs = getenv("SYNFIN_SOAK") != NULL ? SOAK_RUNS : RUNS;
    static struct rig sum;

    (void)state;
    if (one != NULL) {
        run(&sum, strtoull(one, NULL, 10), true);
        return;
    }
    for (uint64_t seed = 1; seed <= runs; seed++) {
        run(&sum, seed, false);
    }
    printf("# %llu states, %.2f %% seen or inferred, %.2f %% of those inferred come true\n",
           (unsigned long long)sum.rows, 100.0 * (double)sum.sure / (double)sum.rows,
           100.0 * (double)sum.right / (double)sum.inferred);
    printf("# %llu called seen, %llu of the far end not rightly\n",
           (unsigned long long)sum.seen, (unsigned long long)sum.wrong);
    assert_true(sum.wrong * 10000 <= sum.seen);
    assert_true(sum.sure * 100 >= sum.rows * 95);
    assert_true(sum.right * 100 >= sum.inferred * 95); /* up to a quarter of all is lost */
}

/* Both engines' traces together: every state is told, and is what its own engine says. */
static void two_traces_tell_both_ends(void **state)
{
    struct t_world *w = t_world_open(7, SF_IPV4);
    struct sf_watch_config config = {.max_rows = FRAMES};
    struct sf_watch *both = NULL;
    struct sf_watch *far = NULL;
    const struct sf_ladder *l = NULL;
    const struct sf_ladder *own = NULL;

    (void)state;
    w->conv[0].side[0].script = (struct t_script){.octets = 20000};
    w->conv[0].side[1].script = (struct t_script){.octets = 300, .finish = T_AFTER};
    w->path.faults_ab = "drop data n=3";
    T_EQ(sf_watch_open(&config, &both), SF_OK);
    T_EQ(sf_watch_open(&config, &far), SF_OK);
    t_world_start(w);
    for (unsigned ms = 1; ms < 200000; ms += ms < 2000 ? 1 : 1000) {
        t_world_until(w, SF_MS(ms));
        sf_watch_drain_both(both, &w->host[0].ring, &w->host[1].ring);
        sf_watch_drain(far, &w->host[1].ring);
    }
    T_EQ(sf_watch_count(both), 1);
    T_EQ(sf_watch_count(far), 1);
    l = sf_watch_ladder(both, 0);
    own = sf_watch_ladder(far, 0);
    for (size_t i = 0; i < l->n; i++) {
        T_EQ_ROW(i, l->rows[i].certainty[SF_CLIENT], SF_SEEN);
        T_EQ_ROW(i, l->rows[i].certainty[SF_SERVER], SF_SEEN);
    }
    T_EQ(l->rows[0].state[SF_SERVER], SF_SYN_RECEIVED);
    T_EQ(l->state[SF_SERVER], own->state[SF_SERVER]);
    T_EQ(l->state[SF_CLIENT], SF_CLOSED);
    T_EQ(l->shape.time_wait, SF_SIDE_CLIENT);
    sf_watch_close(both);
    sf_watch_close(far);
    t_world_close(w);
}

static int say_seed(void **state)
{
    (void)state;
    if (running != 0) {
        printf("# the seed was %llu\n", (unsigned long long)running);
    }
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_state_is_called_seen_that_was_not, say_seed),
        cmocka_unit_test(two_traces_tell_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
