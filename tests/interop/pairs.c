/* SPDX-License-Identifier: MIT
 *
 * tests/interop/pairs.c - the states of many connections at both ends.
 */
#include "diag.h"
#include "wire.h"

/* Connections by the port that tells them apart: the client's. */
struct table {
    bool kernel_listens;
    uint8_t ours[65536], kernel[65536];
};

static void note_kernel(void *context, uint16_t port, uint16_t our_port, enum sf_state state)
{
    struct table *t = context;

    if (state != SF_LISTEN) {
        t->kernel[t->kernel_listens ? our_port : port] = (uint8_t)state;
    }
}

static void note_ours(struct table *t, const struct sf_stack *stack)
{
    struct sf_walk_row row;
    uint64_t cursor = 0;

    while (sf_walk(stack, &cursor, &row, sf_now())) {
        if (row.state != SF_LISTEN) {
            t->ours[t->kernel_listens ? row.local.port : row.remote.port] = (uint8_t)row.state;
        }
    }
}

void t_pairs_look(struct t_wire *w, struct t_pairs *pairs)
{
    static struct table t;

    memset(&t, 0, sizeof(t));
    memset(pairs, 0, sizeof(*pairs));
    t.kernel_listens = w->how.kernel_listens;
    T_TRUE(t_diag_walk(w->diag, w->how.family, note_kernel, &t));
    note_ours(&t, w->stack);
    for (size_t i = 0; i < T_COUNT(t.ours); i++) {
        if (t.ours[i] != SF_CLOSED || t.kernel[i] != SF_CLOSED) {
            pairs->n[t.ours[i]][t.kernel[i]]++;
        }
    }
}

void t_all_are_at(struct t_wire *w, uint32_t n, enum sf_state ours, enum sf_state kernel,
                  const char *file, int line)
{
    struct t_pairs pairs;
    bool wrong = false;

    t_pairs_look(w, &pairs);
    for (int i = 0; i < SF_STATES; i++) {
        for (int j = 0; j < SF_STATES; j++) {
            bool wanted = i == (int)ours && j == (int)kernel;

            wrong |= pairs.n[i][j] != (wanted ? n : 0);
        }
    }
    if (!wrong) {
        return;
    }
    printf("# %u should be %s-%s; there are:\n", n, sf_state_name(ours), sf_state_name(kernel));
    for (int i = 0; i < SF_STATES; i++) {
        for (int j = 0; j < SF_STATES; j++) {
            if (pairs.n[i][j] != 0) {
                printf("# %8u %s-%s\n", pairs.n[i][j], sf_state_name((enum sf_state)i),
                       sf_state_name((enum sf_state)j));
            }
        }
    }
    _fail(file, line);
}
