/* SPDX-License-Identifier: MIT
 *
 * tests/lib/tale.h - conversations told in a few lines, and what is found in them.
 *
 *     0.000 c S            seconds, who, control bits: S A F R P, - for none
 *     0.010 s SA
 *     0.020 c A
 *     0.021 c PA +100      100 octets of text
 *     0.400 c PA +100 seq=1
 *
 * Numbers are relative to the ISN; without seq= and ack= they go on as if everything had
 * arrived.  Who is c, the client 10.0.0.1, or s, the server 10.0.0.2:80; c2 and s2 are another
 * connection, from port 40002.  Other fields:
 *
 *     win=N ttl=N id=N     of the header, as they stand (64240, 64, counted)
 *     opt=mswtkn           options of a SYN: MSS, SACK, scale, timestamps, cookie, none; mswt
 *     ts=N, -ts            timestamp; none although it was agreed on
 *     sack=L-R             a block, numbers of the other end's
 *     isn=N                a SYN with another ISN
 *     gone                 it was sent and arrived, and the capture missed it
 *     lost                 the other end did not get it: numbers go on as if it had not
 *     nosum                the checksum is not filled in
 *     icmp=T/C             no segment, but an error about the last one that who sent
 *     from=A.B.C.D         the client's address, with its SYN
 *     same                 both ends are 10.0.0.1:80
 */
#ifndef SYNFIN_TESTS_LIB_TALE_H
#define SYNFIN_TESTS_LIB_TALE_H

#include "synfin/finding.h"
#include "synfin/ladder.h"

/* Most findings of a tale. */
#define TALE_FINDINGS 256

struct tale {
    struct sf_finding found[TALE_FINDINGS];
    uint32_t of[TALE_FINDINGS]; /* which connection, by its port; 0: of the whole capture */
    size_t n;
};

/* Tell it; what was found is in tale. */
void tale_tell(struct tale *tale, const char *text);

/* The first finding of a kind, whichever connection it is of, or null. */
const struct sf_finding *tale_find(const struct tale *tale, unsigned id);

/* The same about one end. */
const struct sf_finding *tale_about(const struct tale *tale, unsigned id, enum sf_side side);

/* Tell it; the finding is raised, about that side, and gives sentences in both languages. */
const struct sf_finding *tale_raises(struct tale *tale, unsigned id, enum sf_side side,
                                     const char *text);

/* Tell it; the finding is not raised. */
void tale_misses(struct tale *tale, unsigned id, const char *text);

/* Tell it; is the expectation true of it (watch/check/check.h)?  why holds 240 octets. */
bool tale_holds(const char *text, const char *expectation, char *why);

/* Nothing was found at warning or above. */
void tale_is_clean(const struct tale *tale);

#endif
