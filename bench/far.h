/* SPDX-License-Identifier: MIT
 *
 * bench/far.h - the kernel's socket at the other end, in a process of its own, and the
 * network namespace that both are in.  It measures, so that every peer is measured alike.
 */
#ifndef SYNFIN_BENCH_FAR_H
#define SYNFIN_BENCH_FAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "synfin/link.h"

#define FAR_PORT 5000

/* What it does, seen from our side. */
enum far_what {
    FAR_SEND,       /* we send, it reads: Gbit/s */
    FAR_RECEIVE,    /* it writes, we receive: Gbit/s */
    FAR_LATENCY,    /* an octet there and back: microseconds, the median */
    FAR_CONNECTIONS /* an octet there and back on a new one each time: thousands a second */
};

/* The word on the command line; false: there is no such. */
bool far_word(const char *word, enum far_what *what);

/* A namespace of our own with a TUN device in it, of which the kernel has 10.9.8.1 and we
 * are to have 10.9.8.2. */
struct sf_link *far_tun(bool vnet);

/* Connect to an address from a process of its own, do that for so long (and a little before,
 * which does not count), print the figure, and reset the connection.  Returns at once. */
pid_t far_begin(enum far_what what, const char *addr, double seconds);

/* Has it ended? */
bool far_gone(pid_t pid);

/* Wait for it, and give the exit status of the whole. */
int far_end(pid_t pid);

/* The kernel's congestion control here: cubic, or what there is. */
void far_socket(int fd);

#endif
