/* SPDX-License-Identifier: MIT
 *
 * script/drill/match.c - what came against what was expected.
 */
#include <string.h>

#include "script/drill/flow.h"

static bool same_blocks(const struct drill_opt *a, const struct drill_opt *b)
{
    return a->n == b->n &&
           memcmp(a->blocks, b->blocks, 2 * (size_t)a->n * sizeof(a->blocks[0])) == 0;
}

/* Timestamps are compared with the clock's tick in mind, by the caller. */
static bool same_opt(const struct drill_opt *want, const struct drill_opt *came)
{
    if (want->kind != came->kind) {
        return false;
    }
    switch ((enum drill_opt_kind)want->kind) {
    case DRILL_OPT_EOL:
    case DRILL_OPT_NOP:
    case DRILL_OPT_SACK_OK:
        return true;
    case DRILL_OPT_MSS:
    case DRILL_OPT_WSCALE:
        return want->a == came->a;
    case DRILL_OPT_SACK:
        return same_blocks(want, came);
    case DRILL_OPT_TS:
        return want->b == came->b;
    case DRILL_OPT_MD5:
    case DRILL_OPT_FO:
    case DRILL_OPT_FOEXP:
    case DRILL_OPT_ACCECN0:
    case DRILL_OPT_ACCECN1:
        return want->n == came->n && memcmp(want->bytes, came->bytes, want->n) == 0;
    }
    return true;
}

const char *drill_options_differ(const struct drill_packet *expected,
                                 const struct drill_packet *came)
{
    if (expected->any_opts) {
        return NULL;
    }
    if (expected->n_opts != came->n_opts) {
        return "options";
    }
    for (uint8_t i = 0; i < expected->n_opts; i++) {
        if (!same_opt(&expected->opts[i], &came->opts[i])) {
            return "options";
        }
    }
    return NULL;
}

static const char *ip_differs(const struct drill_packet *expected,
                              const struct drill_packet *came)
{
    uint8_t ecn = came->tos & 3;

    if ((expected->tos_kind == DRILL_TOS_ECN && ecn != expected->tos) ||
        (expected->tos_kind == DRILL_TOS_ECT01 && ecn != 1 && ecn != 2)) {
        return "ECN bits";
    }
    if (expected->tos_kind == DRILL_TOS_VALUE && came->tos != expected->tos) {
        return "type of service";
    }
    return expected->ttl != 0 && came->ttl != expected->ttl ? "TTL" : NULL;
}

const char *drill_differs(const struct drill_packet *expected, const struct drill_packet *came)
{
    const char *ip = ip_differs(expected, came);

    if (expected->proto != came->proto) {
        return "protocol";
    }
    if (expected->proto != DRILL_TCP || ip != NULL) {
        return ip;
    }
    if (expected->flags != came->flags || expected->ae != came->ae) {
        return "flags";
    }
    if (!expected->any_seq && expected->seq != came->seq) {
        return "sequence number";
    }
    if (expected->octets != came->octets) {
        return "number of octets";
    }
    if (expected->has_ack && expected->ack != came->ack) {
        return "acknowledgement number";
    }
    if (expected->has_win && expected->win != came->win) {
        return "window";
    }
    if (expected->has_urg && expected->urg != came->urg) {
        return "urgent pointer";
    }
    return drill_options_differ(expected, came);
}
