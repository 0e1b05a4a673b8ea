/* SPDX-License-Identifier: MIT
 *
 * tests/sim/loss.c - every segment of handshake, transfer and close lost in turn, then
 * every pair; every one of them doubled, and held back.
 *
 * However few are lost, both ends end in CLOSED with every octet delivered once: none of
 * these losses comes near a limit on retransmissions.  A conversation is run without loss
 * first, to know how many frames there are.  Frames are counted by direction, as sent, so
 * that a retransmission has a number of its own; pairs reach two beyond the last frame of
 * the clean run, which are retransmissions.
 */
#include "world.h"

#include "talk.h"

/* How a conversation goes. */
struct course {
    const char *name;
    struct t_script side[2];
};

/* Some segments each way, and every order of closing. */
static const struct course courses[] = {
    {"client closes first", {{.octets = 4000}, {.octets = 3000, .finish = T_AFTER}}},
    {"server closes first", {{.octets = 4000, .finish = T_AFTER}, {.octets = 3000}}},
    {"both close", {{.octets = 4000}, {.octets = 3000}}},
    {"nothing is sent", {{.octets = 0}, {.octets = 0}}},
    {"one way, then closed as a whole", {{.octets = 5000, .finish = T_CLOSE}, {.octets = 0}}},
    {"both open", {{.octets = 2000}, {.octets = 2000, .opens = true}}},
    {"a slow reader",
     {{.octets = 9000}, {.read_octets = 1000, .read_pause = {30000000}, .finish = T_AFTER}}},
};

static struct t_world *prepare(const struct course *course, enum sf_family family,
                               const char *ab, const char *ba)
{
    struct t_world *w = t_world_open(77, family);

    w->path.faults_ab = ab;
    w->path.faults_ba = ba;
    /* Small windows, so that the course has several flights. */
    for (uint32_t i = 0; i < 2; i++) {
        w->host[i].config.rcvbuf_octets = 4096;
        w->conv[0].side[i].script = course->side[i];
    }
    return w;
}

/* One run; what went wrong names the course and the rules. */
static void run(const struct course *course, enum sf_family family, const char *ab,
                const char *ba, uint64_t frames[2])
{
    struct t_world *w = prepare(course, family, ab, ba);

    t_world_run(w);
    if (!t_world_is_clean(w, 0)) {
        printf("# %s; from the client \"%s\", from the server \"%s\"\n", course->name, ab, ba);
    }
    t_world_clean(w, 0);
    if (frames != NULL) {
        frames[0] = w->host[0].frames;
        frames[1] = w->host[1].frames;
    }
    t_world_close(w);
}

/* A rule for each frame of a course in turn. */
static void each(enum sf_family family, const char *word, const char *amount)
{
    for (size_t i = 0; i < T_COUNT(courses); i++) {
        uint64_t frames[2] = {0};

        run(&courses[i], family, "", "", frames);
        T_TRUE(frames[0] >= 3 && frames[1] >= 2); /* a handshake and a close */
        for (uint32_t from = 0; from < 2; from++) {
            for (uint64_t n = 1; n <= frames[from]; n++) {
                char rule[64];

                (void)snprintf(rule, sizeof(rule), "%s n=%llu %s", word, (unsigned long long)n,
                               amount);
                run(&courses[i], family, from == 0 ? rule : "", from == 1 ? rule : "", NULL);
            }
        }
    }
}

static void every_segment_is_lost_once(void **state)
{
    each(t_family(state), "drop", "");
}

static void every_segment_is_doubled_once(void **state)
{
    each(t_family(state), "dup", "");
}

static void every_segment_is_late_once(void **state)
{
    each(t_family(state), "delay", "35ms");
    each(t_family(state), "delay", "3s");
}

static void every_segment_is_damaged_once(void **state)
{
    each(t_family(state), "corrupt", "");
}

/* The k-th frame of a course, counted over both directions: which direction, and its
 * number there. */
static void rule_for(uint64_t k, const uint64_t frames[2], char rules[2][64])
{
    uint32_t from = k <= frames[0] ? 0 : 1;
    uint64_t n = from == 0 ? k : k - frames[0];
    size_t used = strlen(rules[from]);

    (void)snprintf(rules[from] + used, 64 - used, "drop n=%llu;", (unsigned long long)n);
}

static void every_pair_of_segments_is_lost(void **state)
{
    for (size_t i = 0; i < T_COUNT(courses); i++) {
        uint64_t frames[2] = {0};
        uint64_t all = 0;

        run(&courses[i], t_family(state), "", "", frames);
        frames[0] += 2;
        frames[1] += 2;
        all = frames[0] + frames[1];
        for (uint64_t a = 1; a < all; a++) {
            for (uint64_t b = a + 1; b <= all; b++) {
                char rules[2][64] = {"", ""};

                rule_for(a, frames, rules);
                rule_for(b, frames, rules);
                run(&courses[i], t_family(state), rules[0], rules[1], NULL);
            }
        }
    }
}

/* Three in a row, of either end: back-off has doubled twice. */
static void every_three_in_a_row_are_lost(void **state)
{
    for (size_t i = 0; i < T_COUNT(courses); i++) {
        uint64_t frames[2] = {0};

        run(&courses[i], t_family(state), "", "", frames);
        for (uint32_t from = 0; from < 2; from++) {
            for (uint64_t n = 1; n <= frames[from]; n++) {
                char rule[64];

                (void)snprintf(rule, sizeof(rule), "drop n=%llu..%llu", (unsigned long long)n,
                               (unsigned long long)(n + 2));
                run(&courses[i], t_family(state), from == 0 ? rule : "", from == 1 ? rule : "",
                    NULL);
            }
        }
    }
}

/* When everything from some frame on is lost, both ends give up with the error that the
 * RFC prescribes, or find that they were done. */
static void everything_is_lost_from_some_segment_on(void **state)
{
    for (size_t i = 0; i < T_COUNT(courses); i++) {
        uint64_t frames[2] = {0};

        run(&courses[i], t_family(state), "", "", frames);
        for (uint64_t n = 1; n <= frames[0]; n++) {
            char rule[64];
            struct t_world *w = NULL;

            (void)snprintf(rule, sizeof(rule), "drop n=%llu..", (unsigned long long)n);
            w = prepare(&courses[i], t_family(state), rule, "drop n=9..");
            for (uint32_t side = 0; side < 2; side++) {
                w->host[side].config.user_timeout = SF_S(300);
            }
            t_world_until(w, SF_S(4000));
            for (uint32_t side = 0; side < 2; side++) {
                struct t_side *s = &w->conv[0].side[side];

                if (s->held) {
                    /* It waits for a peer that will never speak: that is no error. */
                    T_TRUE(sf_abort(sf_sim_stack(w->sim, side), s->handle,
                                    sf_sim_now(w->sim)) == SF_OK);
                    s->held = false;
                } else if (s->error != SF_OK && s->error != SF_ERR_TIMED_OUT &&
                           s->error != SF_ERR_USER_TIMEOUT && s->error != SF_ERR_RESET &&
                           s->error != SF_ERR_REFUSED) {
                    printf("# %s, %s: \"%s\"\n", courses[i].name, rule, sf_err_text(s->error));
                    fail();
                }
            }
            t_world_run(w);
            t_world_close(w);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(every_segment_is_lost_once),
        T_BOTH(every_segment_is_doubled_once),
        T_BOTH(every_segment_is_late_once),
        T_BOTH(every_segment_is_damaged_once),
        T_BOTH(every_pair_of_segments_is_lost),
        T_BOTH(every_three_in_a_row_are_lost),
        T_BOTH(everything_is_lost_from_some_segment_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
