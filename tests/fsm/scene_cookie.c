/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/scene_cookie.c - Fast Open cookies for the table, of both sides.
 */
#include "scene.h"

/* The listener gives one to whoever asks from that address. */
static void cookie_of_ours(struct scene *s)
{
    struct t_talk *t = &s->t;
    struct t_out out;

    t->them.port++;
    t_peer(t, SF_SYN, .seq = {T_THEIRS - 1}, .options = SF_OPT_FAST_OPEN);
    out = t_next(t);
    s->cookie_octets = out.seg.fast_open_octets;
    memcpy(s->cookie, out.fast_open, s->cookie_octets);
    t_peer(t, SF_RST, .seq = {T_THEIRS});
    t->them.port--;
}

/* The peer gives one to an earlier connection of ours. */
static void cookie_of_theirs(struct scene *s)
{
    static const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct t_talk *t = &s->t;
    struct sf_open open = t->open;
    struct sf_handle handle;

    t->us.port++;
    open.local = t->us;
    open.remote = t->them;
    T_EQ(sf_open(t->stack, &open, &handle, t->now), SF_OK);
    t_forget(t);
    t_peer(t, SF_SYN | SF_ACK, .seq = {T_THEIRS - 1}, .ack = {T_OURS},
           .options = SF_OPT_FAST_OPEN, .fast_open = cookie, .fast_open_octets = 8);
    T_EQ(sf_abort(t->stack, handle, t->now), SF_OK);
    t_forget(t);
    t->us.port--;
}

void scene_cookie(struct scene *s, const char *args)
{
    uint32_t iss = s->t.iss;
    bool known = s->t.iss_known;

    s->t.iss_known = false;
    if (strcmp(args, "ours") == 0) {
        cookie_of_ours(s);
    } else {
        cookie_of_theirs(s);
    }
    s->t.iss = iss;
    s->t.iss_known = known;
}
