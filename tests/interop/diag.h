/* SPDX-License-Identifier: MIT
 *
 * tests/interop/diag.h - the kernel's view of its connections, whoever holds them, or
 * nobody: what ss shows (sock_diag(7)).
 */
#ifndef SYNFIN_TESTS_INTEROP_DIAG_H
#define SYNFIN_TESTS_INTEROP_DIAG_H

#include "synfin/state.h"

struct mnl_socket;

/* A socket to ask with, in the network namespace of the moment; null with errno set. */
struct mnl_socket *t_diag_open(void);
void t_diag_close(struct mnl_socket *diag);

/* The state of one connection; SF_CLOSED if the kernel has none.  An errno below 0 if the
 * kernel did not say. */
int t_diag_state(struct mnl_socket *diag, const struct sf_endpoint *kernel,
                 const struct sf_endpoint *ours);

/* Call `each` with every connection of a family; listeners too.  False with errno set. */
bool t_diag_walk(struct mnl_socket *diag, enum sf_family family,
                 void (*each)(void *context, uint16_t port, uint16_t our_port,
                              enum sf_state state),
                 void *context);

/* The enum sf_state for one of the kernel's numbers. */
enum sf_state t_diag_name(uint8_t kernel_state);

#endif
