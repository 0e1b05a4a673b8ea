/* SPDX-License-Identifier: MIT
 *
 * watch/check/check.h - expectations about a capture: a small language over the facts that
 * the JSON tells.
 *
 *     connections == 2
 *     close == four-segment and time_wait == client
 *     no finding >= warning
 *     finding SYN-LOST
 *     any(server.state == CLOSE_WAIT and duration > 10s)
 *     count(open == refused) <= 1
 *
 *   text -> [parse.c] -> struct sf_expect -> [eval.c], a conversation at a time -> true or not
 *
 * Whatever speaks of one connection outside any(), all(), none() and count() holds if it does
 * for each of them, and there is one.  Outside of these, too, findings are those of the whole
 * capture, inside those of the connection.
 *
 * Nothing is kept of a conversation but how often what was asked was true, and of which it
 * first was not.
 */
#ifndef SF_WATCH_CHECK_CHECK_H
#define SF_WATCH_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sf_conv;
struct sf_findings;

/* What went wrong with a text. */
struct sf_expect_wrong {
    size_t column; /* from 1 */
    char text[160];
};

struct sf_expect;

/* Read a text; null: wrong says why.  To be given back with sf_expect_free(). */
struct sf_expect *sf_expect_parse(const char *text, struct sf_expect_wrong *wrong);
void sf_expect_free(struct sf_expect *expect);

/* A conversation, complete, in a capture that ends at until_ns. */
void sf_expect_conv(struct sf_expect *expect, const struct sf_conv *conv, uint64_t until_ns);

/* Findings over many conversations. */
void sf_expect_findings(struct sf_expect *expect, const struct sf_findings *found);

/* The capture is read: is it true?  If not, why tells on what evidence, in one line. */
bool sf_expect_holds(const struct sf_expect *expect, char *why, size_t room);

#endif
