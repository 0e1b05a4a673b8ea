/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/scene_see.c - expect of the table: what has to have come of an event.
 */
#include "scene.h"

#include <stdlib.h>

/* What is expected of everything that has not to be in order. */
struct wanted {
    uint32_t told;          /* SF_READY_* of the connection */
    uint32_t listener_told; /* of the listener */
    enum sf_err error, soft, returned;
    size_t octets;
    enum sf_state state;
    bool returns, has_octets;
};

static const struct {
    const char *name;
    enum sf_err err;
} errors[] = {
    {"ok", SF_OK},
    {"inval", SF_ERR_INVAL},
    {"stale", SF_ERR_STALE},
    {"again", SF_ERR_AGAIN},
    {"eof", SF_ERR_EOF},
    {"closing", SF_ERR_CLOSING},
    {"not-open", SF_ERR_NOT_OPEN},
    {"exists", SF_ERR_EXISTS},
    {"addr-in-use", SF_ERR_ADDR_IN_USE},
    {"addr", SF_ERR_ADDR},
    {"no-port", SF_ERR_NO_PORT},
    {"no-memory", SF_ERR_NO_MEMORY},
    {"refused", SF_ERR_REFUSED},
    {"reset", SF_ERR_RESET},
    {"aborted", SF_ERR_ABORTED},
    {"timed-out", SF_ERR_TIMED_OUT},
    {"user-timeout", SF_ERR_USER_TIMEOUT},
    {"unreachable", SF_ERR_UNREACHABLE},
};

static enum sf_err error_of(const struct scene *s, const char *name)
{
    for (size_t i = 0; i < T_COUNT(errors); i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].err;
        }
    }
    scene_fail(s, "no such error", name);
}

static const char *error_name(enum sf_err err)
{
    for (size_t i = 0; i < T_COUNT(errors); i++) {
        if (errors[i].err == err) {
            return errors[i].name;
        }
    }
    return "?";
}

static void same_error(const struct scene *s, const char *what, enum sf_err got,
                       enum sf_err want)
{
    if (got != want) {
        printf("# %s is %s, not %s\n", what, error_name(got), error_name(want));
        scene_fail(s, "is not as it should be", what);
    }
}

static void number(const struct scene *s, const char *what, uint64_t got, uint64_t want)
{
    t_eq(got, want, what, SCENE_FILE, s->line);
}

/* The number of our next segment, which is to lie beyond another: a new ISS. */
static uint32_t beyond(const struct scene *s, uint32_t number)
{
    uint32_t seq = s->t.out[s->t.out_first].seg.seq.v - s->t.iss + (T_OURS - 1);

    if (s->t.out_count == 0 || (int32_t)(seq - number) <= 0) {
        scene_fail(s, "is not beyond what was sent before", "SEQ");
    }
    return seq;
}

static void see_send(struct scene *s, const char *args)
{
    struct t_seg want = {.flags = scene_flags(s, args)};
    char value[SCENE_TEXT];

    if (scene_arg(args, "seq", value) && value[0] == '>') {
        want.seq.v = beyond(s, scene_number(s, value + 1));
    } else if (scene_arg(args, "seq", value)) {
        /* 0 is 0 on the wire, the only number that is not relative (s3.10.7.1). */
        want.seq.v = strcmp(value, "0") == 0 ? T_OURS - 1 - s->t.iss : scene_number(s, value);
    }
    if (scene_arg(args, "ack", value)) {
        want.ack.v = scene_number(s, value);
    }
    if (scene_arg(args, "len", value)) {
        want.text = scene_number(s, value);
    }
    if (scene_arg(args, "wnd", value)) {
        want.wnd = strcmp(value, "0") == 0 ? T_WND_0 : (int32_t)scene_number(s, value);
    }
    if (scene_arg(args, "sack", value)) {
        const char *rest = value;
        char left[SCENE_TEXT];

        scene_word(&rest, ':', left);
        want.options = SF_OPT_SACK;
        want.n_sack = 1;
        want.sack[0] = (struct sf_sack_block){{scene_number(s, left)}, {scene_number(s, rest)}};
    }
    t_expect_at(&s->t, &want, SCENE_FILE, s->line);
}

static void see_told(const struct scene *s, const char *args, struct wanted *want)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } bits[] = {
        {"read", SF_READY_READ},     {"write", SF_READY_WRITE},
        {"open", SF_READY_OPEN},     {"eof", SF_READY_EOF},
        {"error", SF_READY_ERROR},   {"soft", SF_READY_SOFT},
        {"closed", SF_READY_CLOSED}, {"urgent", SF_READY_URGENT},
        {"accept", SF_READY_ACCEPT}, {"overflow", SF_READY_OVERFLOW},
    };
    const uint32_t of_listener = SF_READY_ACCEPT | SF_READY_OVERFLOW;
    char name[SCENE_TEXT];

    while (scene_word(&args, ',', name)) {
        size_t i = 0;

        while (i < T_COUNT(bits) && strcmp(bits[i].name, name) != 0) {
            i++;
        }
        if (i == T_COUNT(bits)) {
            scene_fail(s, "no such bit", name);
        }
        if ((bits[i].bit & of_listener) != 0) {
            want->listener_told |= bits[i].bit;
        } else {
            want->told |= bits[i].bit;
        }
    }
}

static void see_counted(const struct scene *s, const char *name)
{
    const struct sf_counters *before = &s->counters;
    const struct sf_counters *now = sf_stack_counters(s->t.stack);
    const struct {
        const char *name;
        uint64_t before, now;
    } counters[] = {
        {"accept-overflows", before->accept_overflows, now->accept_overflows},
        {"syn-overflows", before->syn_overflows, now->syn_overflows},
        {"fast-open-accepted", before->fast_open_accepted, now->fast_open_accepted},
        {"cookies-sent", before->cookies_sent, now->cookies_sent},
        {"cookies-opened", before->cookies_opened, now->cookies_opened},
        {"challenges", before->challenges, now->challenges},
        {"orphans-ended", before->orphans_ended, now->orphans_ended},
        {"time-waits-reused", before->time_waits_reused, now->time_waits_reused},
        {"retransmitted", before->retransmitted, now->retransmitted},
    };

    for (size_t i = 0; i < T_COUNT(counters); i++) {
        if (strcmp(counters[i].name, name) == 0) {
            number(s, name, counters[i].now, counters[i].before + 1);
            return;
        }
    }
    scene_fail(s, "no such counter", name);
}

/* The time left of what ends the record. */
static uint64_t until_ms(struct scene *s)
{
    struct sf_walk_row row;
    uint64_t cursor = 0;

    while (sf_walk(s->t.stack, &cursor, &row, s->t.now)) {
        if (row.state != SF_LISTEN && row.remote.port == s->t.them.port) {
            return row.until.ns / SF_NS_PER_MS;
        }
    }
    return 0;
}

static bool see_status(struct scene *s, const char *verb, const char *args)
{
    struct sf_status now;
    bool held = sf_status(s->t.stack, s->t.conn, &now, s->t.now) == SF_OK;

    if (!held && strcmp(verb, "until") != 0 && strcmp(verb, "status") != 0) {
        scene_fail(s, "needs a connection that is held", verb);
    }
    if (strcmp(verb, "readable") == 0) {
        number(s, verb, now.readable, scene_number(s, args));
    } else if (strcmp(verb, "held") == 0) {
        number(s, verb, now.held, scene_number(s, args));
    } else if (strcmp(verb, "pmtu") == 0) {
        number(s, verb, now.pmtu, scene_number(s, args));
    } else if (strcmp(verb, "unacked") == 0) {
        number(s, verb, now.unacked, scene_number(s, args));
    } else if (strcmp(verb, "SND.UNA") == 0) {
        number(s, verb, now.snd_una - s->t.iss + (T_OURS - 1), scene_number(s, args));
    } else if (strcmp(verb, "SND.WND") == 0) {
        number(s, verb, now.snd_wnd, scene_number(s, args));
    } else if (strcmp(verb, "RCV.NXT") == 0) {
        number(s, verb, now.rcv_nxt - s->t.peer_iss + (T_THEIRS - 1), scene_number(s, args));
    } else if (strcmp(verb, "rto") == 0) {
        number(s, "rto", now.rto.ns, 2 * s->status.rto.ns);
    } else if (strcmp(verb, "until") == 0) {
        number(s, "until", until_ms(s), scene_number(s, args));
    } else if (strcmp(verb, "status") == 0) {
        number(s, "state of STATUS", s->told.state, scene_state(s, args));
    } else {
        return false;
    }
    return true;
}

static void see_returns(struct scene *s, const char *args, struct wanted *want)
{
    char name[SCENE_TEXT];
    char octets[SCENE_TEXT];

    scene_word(&args, ' ', name);
    want->returned = error_of(s, name);
    want->returns = true;
    if (scene_word(&args, ' ', octets)) {
        want->octets = strtoul(octets, NULL, 10);
        want->has_octets = true;
    }
}

static void see(struct scene *s, const char *word, struct wanted *want)
{
    char verb[SCENE_TEXT];

    if (strncmp(word, "unreachable", 11) == 0 || strcmp(word, "not-adopted") == 0 ||
        strcmp(word, "silent") == 0) {
        return;
    }
    scene_word(&word, ':', verb);
    word += strspn(word, " ");
    if (strcmp(verb, "send") == 0) {
        see_send(s, word);
    } else if (strcmp(verb, "returns") == 0) {
        see_returns(s, word, want);
    } else if (strcmp(verb, "told") == 0) {
        see_told(s, word, want);
    } else if (strcmp(verb, "error") == 0) {
        want->error = error_of(s, word);
    } else if (strcmp(verb, "soft") == 0) {
        want->soft = error_of(s, word);
    } else if (strcmp(verb, "counted") == 0) {
        see_counted(s, word);
    } else if (strcmp(verb, "state") == 0) {
        want->state = scene_state(s, word);
    } else if (strcmp(verb, "verdict") == 0) {
        if (strcmp(sf_verdict_name(s->t.verdict), word) != 0) {
            scene_fail(s, "is not the verdict", sf_verdict_name(s->t.verdict));
        }
    } else if (!see_status(s, verb, word)) {
        scene_fail(s, "no such expectation", verb);
    }
}

void scene_see_state(struct scene *s, enum sf_state want, bool listener)
{
    struct sf_status status;
    enum sf_err err = sf_status(s->t.stack, s->t.listener, &status, s->t.now);

    if (s->listens) {
        number(s, "the listener is there", err == SF_OK, listener);
    }
    t_state_at(&s->t, want == SF_LISTEN ? SF_CLOSED : want, SCENE_FILE, s->line);
    if (want == SF_LISTEN) {
        number(s, "there is a listener", s->listens, true);
    }
}

static void see_told_of(struct scene *s, const struct wanted *want)
{
    uint32_t rose = s->t.ready & ~s->level;

    number(s, "bits that rose and are not named", rose & ~want->told, 0);
    number(s, "bits that are named and were not told", want->told & ~s->t.ready, 0);
    number(s, "bits of the listener", s->t.listener_ready, want->listener_told);
}

void scene_see(struct scene *s, const char *words, enum sf_state from, enum sf_state want_state)
{
    struct wanted want = {.state = want_state};
    struct sf_status now;
    char word[SCENE_TEXT];

    t_pull(&s->t);
    if (sf_status(s->t.stack, s->t.conn, &now, s->t.now) == SF_OK) {
        s->n.snd_mss = now.mss;
    }
    while (scene_word(&words, ';', word)) {
        see(s, word, &want);
    }
    t_silence_at(&s->t, SCENE_FILE, s->line);
    see_told_of(s, &want);
    same_error(s, "the call's answer", s->returned, want.returned);
    if (want.has_octets) {
        number(s, "octets of the call", s->octets, want.octets);
    }
    if (sf_status(s->t.stack, s->t.conn, &now, s->t.now) == SF_OK) {
        same_error(s, "the connection's error", now.error, want.error);
        same_error(s, "the soft error", now.soft, want.soft);
    } else {
        same_error(s, "the connection's error", SF_OK, want.error);
    }
    scene_see_state(s, want.state, !(from == SF_LISTEN && want.state == SF_CLOSED));
}
