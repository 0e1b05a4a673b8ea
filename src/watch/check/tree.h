/* SPDX-License-Identifier: MIT
 *
 * watch/check/tree.h - an expectation as a tree, for parse.c and eval.c.
 */
#ifndef SF_WATCH_CHECK_TREE_H
#define SF_WATCH_CHECK_TREE_H

#include "synfin/types.h"
#include "watch/check/check.h"

#define SF_EXPECT_NODES 128
#define SF_EXPECT_WORD  48
#define SF_EXPECT_WHY   240

enum sf_expect_kind {
    SF_EXPECT_AND = 1,
    SF_EXPECT_OR,
    SF_EXPECT_NOT,
    SF_EXPECT_COMPARE, /* what: enum sf_expect_fact, or count() in left */
    SF_EXPECT_FINDING, /* word: a name, or its beginning with *; "": any */
    SF_EXPECT_ANY,     /* of the connections, left holds */
    SF_EXPECT_ALL,
    SF_EXPECT_NONE,
    SF_EXPECT_EACH /* as ALL, but there has to be one: what was said without all() */
};

enum sf_expect_op {
    SF_EXPECT_EQ = 0,
    SF_EXPECT_NE,
    SF_EXPECT_LT,
    SF_EXPECT_LE,
    SF_EXPECT_GT,
    SF_EXPECT_GE
};

/* What can be compared. */
enum sf_expect_fact {
    SF_FACT_CONNECTIONS = 0, /* of the capture, as is the next */
    SF_FACT_COUNT,           /* count(...) */
    SF_FACT_ID,              /* of a connection, as all that follow */
    SF_FACT_OPEN,
    SF_FACT_CLOSE,
    SF_FACT_FIRST_CLOSER,
    SF_FACT_TIME_WAIT,
    SF_FACT_HALF_CLOSE_BYTES,
    SF_FACT_DURATION,
    SF_FACT_SEGMENTS,
    SF_FACT_ADDR, /* of an end, as all that follow */
    SF_FACT_PORT,
    SF_FACT_STATE,
    SF_FACT_BYTES,
    SF_FACT_END_SEGMENTS,
    SF_FACT_RETRANSMITTED,
    SF_FACT_IDLE,
};

/* What a fact is compared with. */
enum sf_expect_type { SF_TYPE_NUMBER = 0, SF_TYPE_SPAN, SF_TYPE_WORD, SF_TYPE_ADDR };

/* What there is to know of a fact. */
struct sf_expect_name {
    const char *name;
    uint8_t fact; /* enum sf_expect_fact */
    uint8_t type; /* enum sf_expect_type */
    const char *const *words;
};

struct sf_expect_node {
    uint8_t kind;              /* enum sf_expect_kind */
    uint8_t op;                /* enum sf_expect_op */
    uint8_t fact;              /* enum sf_expect_fact */
    uint8_t type;              /* enum sf_expect_type */
    uint8_t side;              /* enum sf_side, of facts of an end */
    uint8_t word;              /* of SF_TYPE_WORD: which of words */
    int8_t severity;           /* of a finding, with op; -1: any */
    int16_t left, right;       /* nodes; -1: none */
    double number;             /* of a span: seconds */
    char name[SF_EXPECT_WORD]; /* of a finding, an address, or as the fact is written */
    char addr[SF_ADDR_TEXT];   /* what an address is compared with */
    const char *const *words;  /* values of the fact */
    /* What was counted. */
    uint64_t asked, held;
    char why[SF_EXPECT_WHY]; /* the first connection that decided */
};

struct sf_expect {
    struct sf_expect_node nodes[SF_EXPECT_NODES];
    int n;
    int root;
    uint64_t connections;
};

#endif
