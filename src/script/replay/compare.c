/* SPDX-License-Identifier: MIT
 *
 * script/replay/compare.c - which of our segments belongs to which captured one, and what is
 * different about them.
 *
 * Segments with the same text, SYN and FIN belong together, bare acknowledgements by their
 * number.  Captured ones may be a round trip later than ours, as the capture may be from the
 * other end; so times count only as far as they differ by more than that.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/replay/replay.h"

#define BUCKETS 4096
#define LITTLE  (20 * SF_NS_PER_MS) /* less makes no difference */
#define NONE    SIZE_MAX
#define WITHIN  512 /* segments that are looked at for others of the same octets */

struct compare {
    const struct replay_conn *conn;
    struct replay_result *result;
    const struct replay_conn *ours;
    uint8_t *matched; /* of ours */
    size_t *next;     /* of ours: the next of the same bucket */
    size_t buckets[BUCKETS], tails[BUCKETS];
    size_t low;  /* ours before it are all matched */
    size_t from; /* captured ones before it are too old to be ours */
    uint64_t slack_ns;

    /* Of the captured side, so far. */
    bool spoke;
    sf_seq end;
    const struct replay_seg *last;
    unsigned resets;
};

static uint32_t key_of(const struct replay_seg *seg)
{
    if (replay_bare(seg)) {
        return seg->ack.v * 2654435761U >> 3;
    }
    return (seg->seq.v * 2654435761U >> 3) + seg->text_octets * 31 +
           (seg->flags & (SF_SYN | SF_FIN | SF_RST));
}

static bool belong(const struct replay_seg *a, const struct replay_seg *b)
{
    if (replay_bare(a) || replay_bare(b)) {
        return replay_bare(a) && replay_bare(b) && sf_seq_eq(a->ack, b->ack);
    }
    return sf_seq_eq(a->seq, b->seq) && a->text_octets == b->text_octets &&
           (a->flags & (SF_SYN | SF_FIN | SF_RST)) == (b->flags & (SF_SYN | SF_FIN | SF_RST));
}

static bool sort_ours(struct compare *c)
{
    c->matched = calloc(c->ours->n + 1, 1);
    c->next = calloc(c->ours->n + 1, sizeof(*c->next));
    for (size_t i = 0; i < BUCKETS; i++) {
        c->buckets[i] = NONE;
        c->tails[i] = NONE;
    }
    if (c->matched == NULL || c->next == NULL) {
        c->result->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < c->ours->n; i++) {
        const uint32_t bucket = key_of(&c->ours->segs[i]) % BUCKETS;

        c->next[i] = NONE;
        if (c->tails[bucket] == NONE) {
            c->buckets[bucket] = i;
        } else {
            c->next[c->tails[bucket]] = i;
        }
        c->tails[bucket] = i;
    }
    return true;
}

/* The first of ours that belongs to seg and to no other; NONE: there is none. */
static size_t find(struct compare *c, const struct replay_seg *seg)
{
    size_t *head = &c->buckets[key_of(seg) % BUCKETS];

    while (*head != NONE && c->matched[*head] != 0) {
        *head = c->next[*head];
    }
    size_t i = *head;
    while (i != NONE && (c->matched[i] != 0 || !belong(&c->ours->segs[i], seg))) {
        i = c->next[i];
    }
    return i;
}

/* Any of ours that carries the same octets, in other segments; they are matched by it. */
static size_t find_octets(struct compare *c, const struct replay_seg *seg)
{
    size_t found = NONE;

    while (c->low < c->ours->n && c->matched[c->low] != 0) {
        c->low++;
    }
    for (size_t i = c->low; i < c->ours->n && i < c->low + WITHIN; i++) {
        const struct replay_seg *own = &c->ours->segs[i];
        const bool over = own->text_octets > 0 && sf_seq_before(own->seq, seg->end) &&
                          sf_seq_after(own->end, seg->seq);

        if (over && found == NONE) {
            found = i;
        }
        /* What reaches further than this one waits for the next. */
        if (over && sf_seq_before_eq(own->end, seg->end)) {
            c->matched[i] = 1;
        }
    }
    return found;
}

/* A RST of ours that was not sent for another captured one. */
static size_t find_rst(struct compare *c)
{
    for (size_t i = 0; i < c->ours->n; i++) {
        if (c->matched[i] == 0 && (c->ours->segs[i].flags & SF_RST) != 0) {
            return i;
        }
    }
    return NONE;
}

/* Why a captured segment with octets of its own was sent again. */
static enum replay_kind name_again(const struct compare *c, const struct replay_seg *seg)
{
    const uint64_t quiet = c->last != NULL ? seg->at_ns - c->last->at_ns : 0;

    if ((seg->flags & SF_SYN) != 0) {
        return REPLAY_SYN_RETRY;
    }
    if (seg->text_octets <= 1 && (seg->flags & SF_FIN) == 0) {
        return REPLAY_KEEPALIVE;
    }
    if (sf_seq_eq(seg->end, c->end) && quiet < 3 * SF_NS_PER_S) {
        return REPLAY_TAIL_PROBE;
    }
    return quiet < 100 * SF_NS_PER_MS ? REPLAY_FAST_RETRANSMIT : REPLAY_RTO;
}

static enum replay_kind name_bare(const struct compare *c, const struct replay_seg *seg)
{
    if (c->spoke && sf_seq_before(seg->seq, c->end)) {
        return REPLAY_KEEPALIVE;
    }
    if (c->last == NULL || !sf_seq_eq(c->last->ack, seg->ack)) {
        return REPLAY_QUICK_ACK;
    }
    if (replay_is(seg, SF_OPT_SACK) != 0 || c->last->wnd == seg->wnd) {
        return REPLAY_DUPLICATE_ACK;
    }
    return REPLAY_WINDOW_UPDATE;
}

static enum replay_kind name_theirs(const struct compare *c, const struct replay_seg *seg)
{
    if ((seg->flags & SF_RST) != 0) {
        return REPLAY_RESET;
    }
    if (replay_bare(seg)) {
        return name_bare(c, seg);
    }
    if (c->spoke && sf_seq_before(seg->seq, c->end)) {
        return name_again(c, seg);
    }
    return (seg->flags & SF_SYN) != 0 ? REPLAY_SYN_OPTIONS : REPLAY_WHEN_SENT;
}

/* Both sent it; what is different. */
static void beside(struct compare *c, const struct replay_seg *seg,
                   const struct replay_seg *own)
{
    const bool again = c->spoke && sf_seq_before(seg->seq, c->end);
    const bool later = seg->at_ns > own->at_ns;
    const uint64_t by = later ? seg->at_ns - own->at_ns : own->at_ns - seg->at_ns;
    const uint8_t flags = (uint8_t)(seg->flags ^ own->flags);

    if ((seg->flags & SF_SYN) != 0 && (seg->options & ~SF_SEEN_UNKNOWN) != own->options) {
        replay_differ(c->result, REPLAY_SYN_OPTIONS, c->conn, seg, own);
    } else if (by > LITTLE + (later ? c->slack_ns : 0)) {
        const enum replay_kind kind = replay_bare(seg)
                                          ? (later ? REPLAY_DELAYED_ACK : REPLAY_QUICK_ACK)
                                      : again ? name_again(c, seg)
                                              : REPLAY_WHEN_SENT;

        replay_differ(c->result, kind, c->conn, seg, own);
    } else if ((flags & SF_PSH) != 0 && seg->text_octets > 0) {
        replay_differ(c->result, REPLAY_PUSH, c->conn, seg, own);
    }
}

static void theirs(struct compare *c, const struct replay_seg *seg)
{
    size_t i = find(c, seg);

    if (i == NONE && (seg->flags & SF_RST) != 0) {
        i = find_rst(c);
    }
    if (i != NONE) {
        c->matched[i] = 1;
        beside(c, seg, &c->ours->segs[i]);
        return;
    }
    const size_t other = seg->text_octets > 0 ? find_octets(c, seg) : NONE;
    if (other != NONE) {
        replay_differ(c->result, REPLAY_SEGMENT_SIZES, c->conn, seg, &c->ours->segs[other]);
        return;
    }
    replay_differ(c->result, name_theirs(c, seg), c->conn, seg, NULL);
}

/* True if the captured side acknowledged so much, at about that time or later. */
static bool they_acked(struct compare *c, const struct replay_seg *own, bool *exactly)
{
    const struct replay_conn *conn = c->conn;
    bool reached = false;

    *exactly = false;
    while (c->from + 1 < conn->n &&
           conn->segs[c->from].at_ns + c->slack_ns + LITTLE < own->at_ns) {
        c->from++;
    }
    for (size_t i = c->from; i < conn->n; i++) {
        const struct replay_seg *seg = &conn->segs[i];

        if (seg->mine && (seg->flags & SF_ACK) != 0 && sf_seq_after_eq(seg->ack, own->ack)) {
            reached = true;
            *exactly = *exactly || sf_seq_eq(seg->ack, own->ack);
        }
        if (seg->mine && seg->at_ns > own->at_ns && reached) {
            return true;
        }
    }
    return reached;
}

/* What our engine alone has sent. */
static enum replay_kind name_ours(struct compare *c, size_t at, sf_seq sent)
{
    const struct replay_seg *own = &c->ours->segs[at];
    bool exactly = false;

    if ((own->flags & SF_RST) != 0) {
        return REPLAY_RESET;
    }
    if ((own->flags & SF_SYN) != 0) {
        return c->spoke ? REPLAY_SYN_RETRY : REPLAY_SILENT_SYN;
    }
    if (!replay_bare(own)) {
        if (at > 0 && sf_seq_before(own->seq, sent)) {
            return own->text_octets <= 1 && (own->flags & SF_FIN) == 0 ? REPLAY_WINDOW_PROBE
                                                                       : REPLAY_RTO;
        }
        return own->text_octets == 1 ? REPLAY_WINDOW_PROBE : REPLAY_WHEN_SENT;
    }
    if (!they_acked(c, own, &exactly)) {
        return REPLAY_UNACKED;
    }
    return exactly ? REPLAY_DUPLICATE_ACK : REPLAY_TOGETHER;
}

static void ours_alone(struct compare *c)
{
    const uint64_t last = c->conn->segs[c->conn->n - 1].at_ns;
    sf_seq sent = {0};
    bool spoke = false;

    for (size_t i = 0; i < c->ours->n; i++) {
        const struct replay_seg *own = &c->ours->segs[i];

        /* What answers the capture's last segments may come after its end. */
        if (c->matched[i] == 0 && own->at_ns + c->slack_ns < last) {
            replay_differ(c->result, name_ours(c, i, sent), c->conn, NULL, own);
        }
        sent = spoke ? sf_seq_max(sent, own->end) : own->end;
        spoke = true;
    }
}

/* How much later than ours a captured answer may be: a round trip, as the handshake had it. */
static uint64_t round_trip(const struct replay_conn *conn)
{
    const struct replay_seg *syn = replay_syn(conn, true);
    const struct replay_seg *far = replay_syn(conn, false);

    if (syn == NULL || far == NULL) {
        return 0;
    }
    const uint64_t apart =
        syn->at_ns > far->at_ns ? syn->at_ns - far->at_ns : far->at_ns - syn->at_ns;
    return apart > SF_NS_PER_S ? SF_NS_PER_S : apart;
}

static void all_theirs(struct compare *c, const uint8_t *forbidden)
{
    for (size_t i = 0; i < c->conn->n; i++) {
        const struct replay_seg *seg = &c->conn->segs[i];

        if (!seg->mine || seg->damaged || forbidden[i] != 0) {
            continue;
        }
        theirs(c, seg);
        c->end = c->spoke ? sf_seq_max(c->end, seg->end) : seg->end;
        c->spoke = true;
        c->last = seg;
    }
}

void replay_compare(const struct replay_conn *conn, struct replay_result *result,
                    const uint8_t *forbidden)
{
    struct compare *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        result->no_memory = true;
        return;
    }
    c->conn = conn;
    c->result = result;
    c->ours = &result->ours;
    c->slack_ns = round_trip(conn);
    if (sort_ours(c)) {
        all_theirs(c, forbidden);
        ours_alone(c);
    }
    free(c->matched);
    free(c->next);
    free(c);
}
