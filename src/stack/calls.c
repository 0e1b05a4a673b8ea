/* SPDX-License-Identifier: MIT
 *
 * stack/calls.c - the calls of synfin/conn.h and the clock of synfin/engine.h: addresses are
 * chosen and checked here, the rest is tcp/'s.
 *
 *   application -> [calls.c] -> tcp/user.h
 *   host's clock -> [calls.c] -> tcp/, neigh.c, reasm.c
 */
#include <string.h>

#include "stack/neigh.h"
#include "stack/reasm.h"
#include "stack/route.h"
#include "tcp/conn.h"
#include "tcp/user.h"

/* Two ends make a tuple, whose unused octets are zero whatever those of theirs are. */
static struct sf_tuple tuple_of(const struct sf_endpoint *local,
                                const struct sf_endpoint *remote)
{
    const size_t octets = sf_ip_addr_octets((enum sf_family)remote->addr.family);
    struct sf_tuple tuple;

    memset(&tuple, 0, sizeof(tuple));
    memcpy(tuple.remote, remote->addr.octets, octets);
    memcpy(tuple.local, local->addr.octets, octets);
    tuple.rport = remote->port;
    tuple.lport = local->port;
    tuple.family = remote->addr.family;
    return tuple;
}

/* Check or choose the local address of a connection. */
static enum sf_err settle_local(struct sf_stack *st, const struct sf_open *open,
                                struct sf_tuple *tuple)
{
    const enum sf_family family = (enum sf_family)tuple->family;
    const uint8_t *source;

    if (open->local.addr.family == SF_UNSPEC) {
        source = sf_route_source(st, family, tuple->remote);
        if (source == NULL) {
            return SF_ERR_UNROUTABLE;
        }
        memcpy(tuple->local, source, sizeof(tuple->local));
    } else if (open->local.addr.family != family ||
               !sf_route_is_ours(st, family, tuple->local)) {
        return SF_ERR_ADDR;
    }
    return SF_OK;
}

/* The two ends of a connection that is to be, checked and chosen. */
static enum sf_err settle(struct sf_stack *stack, const struct sf_open *open,
                          struct sf_tuple *tuple)
{
    const enum sf_family family = (enum sf_family)open->remote.addr.family;
    uint8_t hop[16];

    if (open->remote.port == 0) {
        return SF_ERR_INVAL;
    }
    if (family != SF_IPV4 && family != SF_IPV6) {
        return SF_ERR_ADDR;
    }
    *tuple = tuple_of(&open->local, &open->remote);
    /* MUST-46 */
    if (!sf_route_is_host(stack, family, tuple->remote)) {
        return SF_ERR_ADDR;
    }
    if (!sf_route_hop(stack, family, tuple->remote, hop)) {
        return SF_ERR_UNROUTABLE;
    }
    return settle_local(stack, open, tuple);
}

enum sf_err sf_open(struct sf_stack *stack, const struct sf_open *open,
                    struct sf_handle *handle, sf_time now)
{
    struct sf_tuple tuple;
    enum sf_err err = settle(stack, open, &tuple);

    *handle = (struct sf_handle){0, 0};
    if (err != SF_OK) {
        return err;
    }
    return sf_user_open(&stack->tcp, open, &tuple, stack->tcp.cfg.mtu, handle, now);
}

enum sf_err sf_fast_open_room(struct sf_stack *stack, const struct sf_open *open,
                              uint32_t *octets, sf_time now)
{
    struct sf_tuple tuple;
    enum sf_err err = settle(stack, open, &tuple);

    *octets = 0;
    if (err != SF_OK) {
        return err;
    }
    return sf_user_fast_open_room(&stack->tcp, &tuple, open->fast_open, stack->tcp.cfg.mtu,
                                  octets, now);
}

enum sf_err sf_set_offers(struct sf_stack *stack, uint8_t timestamps, uint8_t window_scaling,
                          uint8_t sack)
{
    return sf_user_set_offers(&stack->tcp, timestamps, window_scaling, sack);
}

void sf_fast_open_forget(struct sf_stack *stack)
{
    sf_user_fast_open_forget(&stack->tcp);
}

enum sf_err sf_set_fast_open_keys(struct sf_stack *stack, struct sf_handle listener,
                                  const uint8_t (*keys)[SF_FAST_OPEN_KEY], size_t n)
{
    return sf_user_fast_open_keys(&stack->tcp, listener, keys, n);
}

enum sf_err sf_listen(struct sf_stack *stack, const struct sf_listen *listen,
                      struct sf_handle *handle, sf_time now)
{
    const struct sf_addr *addr = &listen->local.addr;
    const enum sf_family family = (enum sf_family)addr->family;

    (void)now;
    *handle = (struct sf_handle){0, 0};
    if (family != SF_UNSPEC) {
        if ((family != SF_IPV4 && family != SF_IPV6) ||
            !sf_route_is_host(stack, family, addr->octets)) {
            return SF_ERR_ADDR;
        }
        if (listen->any_address == 0 && !sf_route_is_ours(stack, family, addr->octets)) {
            return SF_ERR_ADDR;
        }
    }
    return sf_user_listen(&stack->tcp, listen, handle);
}

enum sf_err sf_accept(struct sf_stack *stack, struct sf_handle listener,
                      struct sf_handle *handle, sf_time now)
{
    (void)now;
    return sf_user_accept(&stack->tcp, listener, handle);
}

enum sf_err sf_syn_next(struct sf_stack *stack, struct sf_handle listener, struct sf_syn *syn)
{
    return sf_user_syn_next(&stack->tcp, listener, syn);
}

enum sf_err sf_syn_answer(struct sf_stack *stack, struct sf_handle id,
                          enum sf_syn_answer answer, sf_time now)
{
    return sf_user_syn_answer(&stack->tcp, id, answer, now);
}

/* NOLINTNEXTLINE(readability-function-size): seven parameters are what SEND has */
enum sf_err sf_send(struct sf_stack *stack, struct sf_handle handle, const void *data,
                    size_t octets, uint32_t flags, size_t *taken, sf_time now)
{
    return sf_user_send(&stack->tcp, handle, data, octets, flags, taken, now);
}

enum sf_err sf_send_reserve(struct sf_stack *stack, struct sf_handle handle, size_t octets,
                            struct sf_room *rooms, size_t *n, sf_time now)
{
    return sf_user_reserve(&stack->tcp, handle, octets, rooms, n, now);
}

enum sf_err sf_send_commit(struct sf_stack *stack, struct sf_handle handle, size_t octets,
                           uint32_t flags, sf_time now)
{
    return sf_user_commit(&stack->tcp, handle, octets, flags, now);
}

enum sf_err sf_recv(struct sf_stack *stack, struct sf_handle handle, void *data, size_t octets,
                    size_t *got, sf_time now)
{
    return sf_user_recv(&stack->tcp, handle, data, octets, got, now);
}

enum sf_err sf_recv_peek(struct sf_stack *stack, struct sf_handle handle,
                         struct sf_piece *pieces, size_t *n)
{
    return sf_user_peek(&stack->tcp, handle, pieces, n);
}

enum sf_err sf_recv_consume(struct sf_stack *stack, struct sf_handle handle, size_t octets,
                            sf_time now)
{
    return sf_user_consume(&stack->tcp, handle, octets, now);
}

enum sf_err sf_shutdown(struct sf_stack *stack, struct sf_handle handle, sf_time now)
{
    return sf_user_shutdown(&stack->tcp, handle, now);
}

enum sf_err sf_close(struct sf_stack *stack, struct sf_handle handle, sf_time now)
{
    return sf_user_close(&stack->tcp, handle, now);
}

enum sf_err sf_abort(struct sf_stack *stack, struct sf_handle handle, sf_time now)
{
    return sf_user_abort(&stack->tcp, handle, now);
}

enum sf_err sf_status(const struct sf_stack *stack, struct sf_handle handle,
                      struct sf_status *status, sf_time now)
{
    return sf_user_status(&stack->tcp, handle, status, now);
}

bool sf_walk(const struct sf_stack *stack, uint64_t *cursor, struct sf_walk_row *row,
             sf_time now)
{
    return sf_user_walk(&stack->tcp, cursor, row, now);
}

enum sf_err sf_set_user(struct sf_stack *stack, struct sf_handle handle, uint64_t user)
{
    return sf_user_set_user(&stack->tcp, handle, user);
}

enum sf_err sf_set_option(struct sf_stack *stack, struct sf_handle handle,
                          enum sf_option option, uint64_t value, sf_time now)
{
    return sf_user_set_option(&stack->tcp, handle, option, value, now);
}

enum sf_err sf_get_option(const struct sf_stack *stack, struct sf_handle handle,
                          enum sf_option option, uint64_t *value)
{
    return sf_user_get_option(&stack->tcp, handle, option, value);
}

size_t sf_stack_events(struct sf_stack *stack, struct sf_ready_event *events, size_t n)
{
    return sf_user_events(&stack->tcp, events, n);
}

uint32_t sf_ready(const struct sf_stack *stack, struct sf_handle handle)
{
    return sf_user_ready(&stack->tcp, handle);
}

void sf_stack_tick(struct sf_stack *stack, sf_time now)
{
    const uint32_t neighbours = stack->tcp.cfg.max_neighbours;
    uint32_t id = sf_tcp_tick(&stack->tcp, now);

    while (id != 0) {
        const uint32_t index = sf_timer_index(id);

        SF_ASSERT(sf_timer_kind(id) == SF_TK_STACK);
        if (index <= neighbours) {
            sf_neigh_timer(stack, index, now);
        } else {
            sf_frag_timer(stack, index - neighbours - 1, now);
        }
        id = sf_tcp_tick(&stack->tcp, now);
    }
}

/* Of timers: what could be sent now is fetched by sf_stack_tx() before anybody sleeps.  And at
 * once, if there is a buffer for somebody who was refused one. */
sf_time sf_stack_deadline(const struct sf_stack *stack)
{
    return sf_conn_may_feed(&stack->tcp) ? (sf_time){0} : sf_wheel_next(&stack->tcp.wheel);
}
