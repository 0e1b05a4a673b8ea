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

struct duo {
    struct sf_stack *stack[2];
    void *memory[2];
    size_t octets[2];
    sf_time now;
    uint8_t *room;       /* where frames are copied to */
    uint32_t room_frame; /* octets for each */
    uint64_t frames;
};

/* Seconds of processor time: what runs alone on a core of a shared machine is measured by
 * what it used, not by what others left it. */
double duo_seconds(void);

/* Two stacks, 10.0.0.1 and 10.0.0.2, or their IPv6 kin, in untouched memory of mmap(). */
void duo_open(struct duo *d, const struct sf_config *config, enum sf_family family);
void duo_close(struct duo *d);

/* The default configuration, seeded, for this processor. */
void duo_config(struct sf_config *config);

/* The address of an end. */
struct sf_addr duo_addr(enum sf_family family, int end);

/* Carry what one end has to send, one batch; true if there was anything. */
bool duo_carry(struct duo *d, int from);

/* Carry in both directions until nothing is left to send. */
void duo_settle(struct duo *d);

/* Let time pass; timers act. */
void duo_pass(struct duo *d, uint64_t ns);

/* Say what is wrong, and stop. */
_Noreturn void duo_fail(const char *what, enum sf_err err);

#endif
