/* SPDX-License-Identifier: MIT
 *
 * bench/duo.h - two stacks in one process with frames copied between them, as a link in
 * memory does: what the measurements of the engine stand on.
 */
#ifndef SYNFIN_BENCH_DUO_H
#define SYNFIN_BENCH_DUO_H

#include <stdint.h>

#include "synfin/conn.h"
#include "synfin/trace.h"

#define DUO_BATCH SF_BATCH_MAX
#define DUO_PORT  80

struct duo {
    struct sf_stack *stack[2]; /* the client's, the server's */
    void *memory[2];
    size_t octets[2];
    sf_time now;
    uint8_t *room;       /* where frames are copied to */
    uint32_t room_frame; /* octets for each */
    enum sf_family family;
};

/* Two stacks, 10.0.0.1 and 10.0.0.2, or their IPv6 kin, in memory as the loop gives it:
 * untouched. */
void duo_open(struct duo *d, const struct sf_config *config, enum sf_family family);
void duo_close(struct duo *d);

/* The default configuration, seeded, for this processor. */
void duo_config(struct sf_config *config);

/* The default configuration, with room for so many connections and TIME-WAIT records. */
void duo_config_many(struct sf_config *config, uint32_t connections, uint32_t time_waits);

/* The address of an end. */
struct sf_addr duo_addr(enum sf_family family, int end);

/* The frames that one end has to send, one batch, copied for the other; valid until the next
 * call.  Returns how many there are. */
size_t duo_take(struct duo *d, int from, struct sf_frame in[DUO_BATCH]);

/* Carry what one end has to send, one batch; true if there was anything. */
bool duo_carry(struct duo *d, int from);

/* Carry in both directions until nothing is left to send. */
void duo_settle(struct duo *d);

/* A moment passes, too short for any timer that matters. */
void duo_tick(struct duo *d, uint64_t ns);

/* Let time pass; timers act. */
void duo_pass(struct duo *d, uint64_t ns);

/* Look at every event of both ends. */
void duo_events(struct duo *d);

/* The server's listener on DUO_PORT. */
struct sf_handle duo_listen(struct duo *d);

/* Begin to open the connection with the nth four-tuple: ports of the client's, and addresses
 * of its own when those are used up.  Called with every n in turn from 0. */
struct sf_handle duo_begin(struct duo *d, uint32_t n);

/* The same, whole: the handles of both ends. */
void duo_connect(struct duo *d, struct sf_handle listener, uint32_t n, struct sf_handle *a,
                 struct sf_handle *b);

/* One octet from an end, taken by the other. */
void duo_octet(struct duo *d, int from, struct sf_handle sender, struct sf_handle reader);

/* Open the nth, an octet each way, close: the client first, so that TIME-WAIT is its. */
void duo_short(struct duo *d, struct sf_handle listener, uint32_t n);

/* Say what is wrong, and stop. */
_Noreturn void duo_fail(const char *what, enum sf_err err);

#endif
