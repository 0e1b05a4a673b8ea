/* SPDX-License-Identifier: MIT
 *
 * watch/report/comments.h - what a capture file is to say of each of its packets.
 *
 * Ladders and their findings go in as they come; afterwards each packet's words can be asked
 * for by its number.
 */
#ifndef SF_WATCH_REPORT_COMMENTS_H
#define SF_WATCH_REPORT_COMMENTS_H

#include "watch/ladder.h"

/* What is to be said of one packet. */
struct sf_comment {
    uint64_t n;     /* its number */
    uint32_t text;  /* where its words begin among all */
    uint32_t order; /* of those of one packet, which came first */
};

struct sf_comments {
    struct sf_comment *list;
    char *texts;  /* one after the other, each with its null */
    char *joined; /* what was asked for last */
    size_t n, room;
    size_t octets, texts_room;
    size_t joined_room;
    bool failed; /* memory ended: some are missing */
    bool sorted;
    enum sf_lang lang;
};

/* All zero and lang is how one begins. */
void sf_comments_add(struct sf_comments *comments, const struct sf_ladder *ladder, uint32_t id);

/* Findings that concern many connections. */
void sf_comments_find(struct sf_comments *comments, const struct sf_findings *found);

/* The words about packet n, one line each; null: there are none.  Borrowed until the next. */
const char *sf_comments_of(struct sf_comments *comments, uint64_t n);

void sf_comments_free(struct sf_comments *comments);

#endif
