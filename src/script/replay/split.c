/* SPDX-License-Identifier: MIT
 *
 * script/replay/split.c - where one connection of a pair of ends stops, and the next begins,
 * as the side has it that our engine stands in for.
 *
 * A SYN of that side's own with a new number begins one.  A SYN of the other side's does if
 * that side agrees to it by SYN,ACK: until then it is a segment to the old connection, which
 * may challenge it (RFC 5961 s4.2) or answer from TIME-WAIT (RFC 9293 s3.6.1).
 */
#include <stdlib.h>

#include "script/replay/replay.h"

struct split {
    struct replay_set *set;
    struct replay_conn *now; /* the last of set */
    bool has[2];             /* whether a SYN was there: [1] of the side's own */
    sf_seq isn[2];
    bool dead; /* a RST was sent, either way */
};

/* What the side does about the SYN of the other at i. */
enum answer { ANSWER_NONE, ANSWER_AGREES, ANSWER_RESETS, ANSWER_OTHER };

static enum answer answer_to(const struct replay_conn *pair, size_t i)
{
    const struct replay_seg *syn = &pair->segs[i];

    for (size_t k = i + 1; k < pair->n; k++) {
        const struct replay_seg *seg = &pair->segs[k];
        const bool agrees = (seg->flags & (SF_SYN | SF_ACK)) == (SF_SYN | SF_ACK);

        if (!seg->mine && (seg->flags & (SF_SYN | SF_ACK)) == SF_SYN) {
            break;
        }
        if (seg->mine && agrees && sf_seq_after(seg->ack, syn->seq)) {
            return ANSWER_AGREES;
        }
        if (seg->mine) {
            return (seg->flags & SF_RST) != 0 ? ANSWER_RESETS : ANSWER_OTHER;
        }
    }
    return ANSWER_NONE;
}

static bool begins(const struct split *s, const struct replay_conn *pair, size_t i)
{
    const struct replay_seg *seg = &pair->segs[i];
    const bool mine = seg->mine;

    if (s->now == NULL) {
        return true;
    }
    if ((seg->flags & (SF_SYN | SF_ACK)) != SF_SYN || !s->has[mine] ||
        sf_seq_eq(s->isn[mine], seg->seq)) {
        return false;
    }
    if (mine) {
        return true;
    }
    const enum answer answer = answer_to(pair, i);
    return answer == ANSWER_AGREES || (s->dead && answer != ANSWER_OTHER);
}

static bool begin(struct split *s, const struct replay_conn *pair)
{
    struct replay_set *set = s->set;

    if (set->n == set->room) {
        const size_t room = set->room == 0 ? 16 : 2 * set->room;
        struct replay_conn *more = realloc(set->conns, room * sizeof(*more));

        if (more == NULL) {
            return false;
        }
        set->conns = more;
        set->room = room;
    }
    s->now = &set->conns[set->n++];
    *s->now = (struct replay_conn){
        .client = pair->client, .server = pair->server, .side = pair->side};
    s->has[0] = false;
    s->has[1] = false;
    s->dead = false;
    return true;
}

bool replay_split(struct replay_set *set, struct replay_conn *pair)
{
    struct split s = {.set = set};

    for (size_t i = 0; i < pair->n; i++) {
        struct replay_seg *seg = &pair->segs[i];

        if ((begins(&s, pair, i) && !begin(&s, pair)) || !replay_keep(s.now, seg)) {
            return false;
        }
        free(seg->text);
        seg->text = NULL;
        if ((seg->flags & SF_SYN) != 0 && !s.has[seg->mine]) {
            s.has[seg->mine] = true;
            s.isn[seg->mine] = seg->seq;
        }
        s.dead = s.dead || (seg->flags & SF_RST) != 0;
    }
    return true;
}
