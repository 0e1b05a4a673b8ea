/* SPDX-License-Identifier: MIT
 *
 * script/replay/words.c - differences, and segments in words.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/time.h"
#include "script/replay/replay.h"

const struct replay_seg *replay_syn(const struct replay_conn *conn, bool mine)
{
    for (size_t i = 0; i < conn->n; i++) {
        const struct replay_seg *seg = &conn->segs[i];

        if (seg->mine == mine && (seg->flags & SF_SYN) != 0 && !seg->damaged) {
            return seg;
        }
    }
    return NULL;
}

static void name_flags(const struct replay_seg *seg, char *text, size_t room)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = {{SF_SYN, "SYN"}, {SF_FIN, "FIN"}, {SF_RST, "RST"}, {SF_PSH, "PSH"},
                 {SF_ACK, "ACK"}, {SF_URG, "URG"}, {SF_ECE, "ECE"}, {SF_CWR, "CWR"}};
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((seg->flags & names[i].flag) != 0 && n + 5 < room) {
            n += (size_t)snprintf(text + n, room - n, "%s%s", n > 0 ? "+" : "", names[i].name);
        }
    }
}

void replay_words(const struct replay_conn *conn, const struct replay_seg *seg, char *text,
                  size_t room)
{
    const struct replay_seg *syn = replay_syn(conn, seg->mine);
    const struct replay_seg *far = replay_syn(conn, !seg->mine);
    char flags[40];
    char ack[20] = "";

    name_flags(seg, flags, sizeof(flags));
    if ((seg->flags & SF_ACK) != 0) {
        (void)snprintf(ack, sizeof(ack), " ack %" PRIu32,
                       far != NULL ? sf_seq_span(far->seq, seg->ack) : seg->ack.v);
    }
    (void)snprintf(text, room, "%s seq %" PRIu32 "%s len %" PRIu32 " win %u", flags,
                   syn != NULL ? sf_seq_span(syn->seq, seg->seq) : seg->seq.v, ack,
                   seg->text_octets, (unsigned)seg->wnd);
}

void replay_differ(struct replay_result *result, enum replay_kind kind,
                   const struct replay_conn *conn, const struct replay_seg *theirs,
                   const struct replay_seg *ours)
{
    const uint64_t first = conn->segs[0].at_ns;
    const struct replay_seg *seg = theirs != NULL ? theirs : ours;

    if (result->n == result->room) {
        const size_t room = result->room == 0 ? 16 : 2 * result->room;
        struct replay_difference *more = realloc(result->list, room * sizeof(*more));

        if (more == NULL) {
            result->no_memory = true;
            return;
        }
        result->list = more;
        result->room = room;
    }
    struct replay_difference *d = &result->list[result->n++];
    *d = (struct replay_difference){.kind = kind};
    d->n = theirs != NULL ? theirs->n : 0;
    d->at_ns = seg->at_ns > first ? seg->at_ns - first : 0;
    if (theirs != NULL) {
        replay_words(conn, theirs, d->theirs, sizeof(d->theirs));
    }
    if (ours != NULL) {
        replay_words(conn, ours, d->ours, sizeof(d->ours));
    }
    if (ours != NULL && theirs != NULL && ours->at_ns != theirs->at_ns) {
        const bool later = ours->at_ns > theirs->at_ns;
        const uint64_t by = later ? ours->at_ns - theirs->at_ns : theirs->at_ns - ours->at_ns;
        char what[sizeof(d->ours)];

        (void)snprintf(what, sizeof(what), "%.60s, %.3f ms %s", d->ours,
                       (double)by / (double)SF_NS_PER_MS, later ? "later" : "earlier");
        (void)snprintf(d->ours, sizeof(d->ours), "%s", what);
    }
    result->count[kind]++;
    if (kind >= REPLAY_FORBIDDEN) {
        result->forbidden++;
    } else {
        result->allowed++;
    }
}

static int by_time(const void *a, const void *b)
{
    const struct replay_difference *x = a;
    const struct replay_difference *y = b;

    if (x->at_ns != y->at_ns) {
        return x->at_ns < y->at_ns ? -1 : 1;
    }
    return x->n < y->n ? -1 : x->n > y->n;
}

void replay_run(const struct replay_conn *conn, struct replay_result *result)
{
    uint8_t *forbidden = calloc(conn->n + 1, 1);

    *result = (struct replay_result){.list = NULL};
    if (forbidden == NULL) {
        result->no_memory = true;
        return;
    }
    for (size_t i = 0; i < conn->n; i++) {
        result->segments += conn->segs[i].mine ? 1 : 0;
    }
    replay_judge(conn, result, forbidden);
    replay_drive(conn, result);
    if (result->not_run == NULL) {
        replay_compare(conn, result, forbidden);
    }
    if (result->n > 0) {
        qsort(result->list, result->n, sizeof(*result->list), by_time);
    }
    free(forbidden);
}

void replay_result_free(struct replay_result *result)
{
    replay_conn_free(&result->ours);
    free(result->list);
    result->list = NULL;
    result->n = 0;
}
