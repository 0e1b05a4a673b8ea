/* SPDX-License-Identifier: MIT
 *
 * tests/interop/states.h - which states a connection was in at both ends, and how long.
 *
 *     t_states_begin(&states, diag, &kernel, &ours);
 *     ...t_states_look() every few milliseconds...
 *     t_states_held(&states, "ESTABLISHED-ESTABLISHED FIN_WAIT_2-CLOSE_WAIT CLOSED-CLOSED");
 *
 * Both ends are looked at in one go: ours by a walk over all records and by STATUS, the
 * kernel's by sock_diag and by the descriptor.  A pair (ours-kernel) that was seen again and
 * again for more than 20 ms was held; passing ones are for the drawing when a test fails.
 * While the test itself got no turn nobody knows: what may have been held then counts as
 * either.
 */
#ifndef SYNFIN_TESTS_INTEROP_STATES_H
#define SYNFIN_TESTS_INTEROP_STATES_H

#include "base/time.h"
#include "synfin/conn.h"

#define T_HELD_SPAN  SF_MS(20)
#define T_STATES_MAX 256

struct mnl_socket;

/* A pair of states, and from when until when it was seen. */
struct t_states_pair {
    enum sf_state ours, kernel;
    sf_time first, last;
    sf_span sure; /* of that, without the gaps in which nobody looked */
};

struct t_states {
    struct mnl_socket *diag;
    struct sf_endpoint ours, kernel;
    struct sf_handle handle; /* ours, as long as it is held; zeros: not yet, or no longer */
    int fd;                  /* the kernel's; -1 */
    struct t_states_pair seen[T_STATES_MAX];
    size_t n;
    sf_time looked; /* last */
    bool differ;    /* two views of one end did not agree; it was said on standard output */
};

/* Begin with nothing seen.  All is written. */
void t_states_begin(struct t_states *s, struct mnl_socket *diag,
                    const struct sf_endpoint *kernel, const struct sf_endpoint *ours);

/* Look at both ends. */
void t_states_look(struct t_states *s, const struct sf_stack *stack, sf_time now);

/* The pairs held so far were these, in this order, each "ours-kernel", with a space
 * between.  A pair in parentheses may be missing: how long it lasts depends on a delayed
 * acknowledgement, or on when a process gets its turn. */
#define t_states_held(s, want) t_states_held_at((s), (want), __FILE__, __LINE__)
void t_states_held_at(const struct t_states *s, const char *want, const char *file, int line);

/* Say what was seen, on standard output. */
void t_states_print(const struct t_states *s);

/* The last pair seen is this one. */
bool t_states_now(const struct t_states *s, enum sf_state ours, enum sf_state kernel);

#endif
