/* SPDX-License-Identifier: MIT
 *
 * cli/pump.h - two descriptors as the ends of a connection, as nc does it.
 *
 *   in  ---> connection
 *   out <--- connection
 *
 * Neither descriptor is made non-blocking, as others may share it; the pump only touches
 * one when the kernel says that it would not block.
 */
#ifndef SYNFIN_CLI_PUMP_H
#define SYNFIN_CLI_PUMP_H

#include "synfin/loop.h"

/* One descriptor. */
struct cli_pump_end {
    int fd;
    bool plain;   /* a file: epoll refuses it, as it is always ready */
    bool ready;   /* the kernel said so */
    bool watched; /* the loop waits for it */
    bool ended;   /* nothing more to be done with it */
};

struct cli_pump {
    struct sf_loop *loop;
    struct sf_stack *stack;
    struct sf_handle handle;
    bool half_close; /* at the end of input, send a FIN */
    struct cli_pump_end in, out;
    enum sf_err err; /* of the connection; SF_ERR_OS: out could not be written, errno kept */
    int os_error;
    uint64_t sent, got; /* octets */
};

/* Begin with an open connection. */
void cli_pump_begin(struct cli_pump *pump, struct sf_loop *loop, struct sf_handle handle,
                    int in, int out);

/* A watched descriptor is ready; false if it is none of ours. */
bool cli_pump_ready(struct cli_pump *pump, int fd);

/* Move what can be moved.  True while there will be more; else err says why it ended. */
bool cli_pump_step(struct cli_pump *pump, sf_time now);

/* No longer watch the descriptors. */
void cli_pump_end(struct cli_pump *pump);

#endif
