/* SPDX-License-Identifier: MIT
 *
 * script/lab/words.h - a file as lines of words, each with its place.
 */
#ifndef SF_SCRIPT_LAB_WORDS_H
#define SF_SCRIPT_LAB_WORDS_H

#include "script/lab/lab.h"

enum { LAB_WORDS = 40 };

struct lab_word {
    const char *at;
    size_t octets;
    unsigned column; /* from 1 */
};

struct lab_line {
    unsigned number; /* from 1 */
    bool indented;
    struct lab_word words[LAB_WORDS];
    size_t n;
    size_t next;      /* the word that is read next */
    const char *rest; /* the whole line, without indentation and end */
    size_t rest_octets;
};

struct lab_lines {
    const char *at;
    const char *end;
    unsigned number;
    struct lab_wrong *wrong; /* the first error; text empty: none */
};

/* The next line that has a word in it; comments begin with # and are none. */
bool lab_next_line(struct lab_lines *lines, struct lab_line *line);

/* Say what is wrong with the word that is read next (or with the line's end), unless something
 * was wrong before.  Returns false. */
bool lab_refuse(const struct lab_lines *lines, const struct lab_line *line, const char *format,
                ...) __attribute__((format(printf, 3, 4)));

/* The word that is read next, or null at the line's end. */
const struct lab_word *lab_peek_word(const struct lab_line *line);

bool lab_word_is(const struct lab_word *word, const char *text);

/* Read the word if it is this one. */
bool lab_take(struct lab_line *line, const char *text);

/* Read a word that begins with this, "n=" say; what follows, or null. */
const char *lab_take_key(struct lab_line *line, const char *key, size_t *octets);

/* Each reads the next word; on error it says what was expected and returns false. */
bool lab_read_name(const struct lab_lines *lines, struct lab_line *line, const char *what,
                   char *name, size_t room);
bool lab_read_number(const struct lab_lines *lines, struct lab_line *line, const char *what,
                     uint64_t *n);
bool lab_read_span(const struct lab_lines *lines, struct lab_line *line, sf_span *span);
bool lab_read_rate(const struct lab_lines *lines, struct lab_line *line, uint64_t *bps);
bool lab_read_end(const struct lab_lines *lines, const struct lab_line *line);

/* Parts of words: all of them must be taken.  A number may have k, M or G (thousands) behind
 * it; a span has ns, us, ms or s. */
bool lab_number_of(const char *at, size_t octets, uint64_t *n);
bool lab_span_of(const char *at, size_t octets, sf_span *span);

#endif
