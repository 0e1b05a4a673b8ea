/* SPDX-License-Identifier: MIT
 *
 * watch/find/words.h - the words of the catalogue, one table for each group and language.
 *
 * A sentence has marks for its values:
 *
 *     {who} {peer}      the end that the finding is about, and the other one; {Who}, {Peer}
 *                       begin a sentence
 *     {about}           its address and port
 *     {0}               a number: values[0]
 *     {0t} {0b}         a length of time, octets with their unit
 *     {0|time|times}    the first word if the number is 1, else the second
 */
#ifndef SF_WATCH_FIND_WORDS_H
#define SF_WATCH_FIND_WORDS_H

#include "synfin/finding.h"

/* Sentences of one kind at most. */
#define SF_FIND_VARIANTS 5

struct sf_find_words {
    struct sf_finding_page page;
    const char *says[SF_FIND_VARIANTS]; /* the first is always there */
};

/* The words of a kind in a language. */
const struct sf_find_words *sf_find_words(unsigned id, enum sf_lang lang);

/* By what is left of an id when the group's first is taken off. */
extern const struct sf_find_words sf_find_opening_en[17];
extern const struct sf_find_words sf_find_opening_zh[17];
extern const struct sf_find_words sf_find_between_en[13];
extern const struct sf_find_words sf_find_between_zh[13];
extern const struct sf_find_words sf_find_closing_en[15];
extern const struct sf_find_words sf_find_closing_zh[15];
extern const struct sf_find_words sf_find_resets_en[12];
extern const struct sf_find_words sf_find_resets_zh[12];

#endif
