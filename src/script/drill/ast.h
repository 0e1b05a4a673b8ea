/* SPDX-License-Identifier: MIT
 *
 * script/drill/ast.h - a script as values: what parse.c makes, print.c shows and run.c plays.
 *
 * The language is packetdrill's, both dialects: options, then events, each with its time: a
 * packet that comes in (<) or must go out (>), a call, a command, or code.
 */
#ifndef SYNFIN_SCRIPT_DRILL_AST_H
#define SYNFIN_SCRIPT_DRILL_AST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "script/drill/lex.h"

/* --name=value at the head of a script; value may be null. */
struct drill_setting {
    struct drill_setting *next;
    const char *name, *value;
    uint32_t line;
};

enum drill_time_kind {
    DRILL_ABSOLUTE = 0,  /* t */
    DRILL_RELATIVE,      /* +t: counted from the end of the event before */
    DRILL_ANY,           /* *: whenever it comes */
    DRILL_RANGE,         /* t~u */
    DRILL_RELATIVE_RANGE /* +t~+u */
};

struct drill_when {
    enum drill_time_kind kind;
    uint64_t ns, end_ns;
};

enum drill_tos_kind { DRILL_TOS_ANY = 0, DRILL_TOS_ECN, DRILL_TOS_ECT01, DRILL_TOS_VALUE };

enum drill_opt_kind {
    DRILL_OPT_EOL = 0,
    DRILL_OPT_NOP = 1,
    DRILL_OPT_MSS = 2,
    DRILL_OPT_WSCALE = 3,
    DRILL_OPT_SACK_OK = 4,
    DRILL_OPT_SACK = 5,
    DRILL_OPT_TS = 8,
    DRILL_OPT_MD5 = 19,
    DRILL_OPT_FO = 34,
    DRILL_OPT_ACCECN0 = 172,
    DRILL_OPT_ACCECN1 = 174,
    DRILL_OPT_FOEXP = 254
};

#define DRILL_OPTS   40 /* as many octets as a header has for options */
#define DRILL_BLOCKS 5

/* One TCP option. */
struct drill_opt {
    uint8_t kind;  /* enum drill_opt_kind */
    uint8_t n;     /* SACK: blocks; cookies, digests, AccECN: octets used of bytes */
    bool any_a;    /* a is not looked at */
    bool real;     /* blocks and the echo are not counted from a beginning */
    uint32_t a, b; /* MSS and window scale: a; timestamps: value and echo */
    uint32_t blocks[2 * DRILL_BLOCKS];
    uint8_t bytes[DRILL_OPTS];
};

enum drill_proto { DRILL_TCP = 6, DRILL_UDP = 17, DRILL_ICMP = 1 };

/* A packet, script's numbers. */
struct drill_packet {
    bool out;
    enum drill_proto proto;
    enum drill_tos_kind tos_kind;
    uint8_t tos; /* or the ECN bits */
    uint8_t ttl; /* 0: any */
    bool ported;
    uint16_t sport, dport;
    uint8_t flags;           /* control bits as on the wire */
    uint8_t ae;              /* 1: the bit before CWR */
    bool any_seq;            /* the sequence numbers are not looked at */
    bool real_seq, real_ack; /* numbers as on the wire, not counted from the ISN: 1:1(0)! */
    uint32_t seq, end, octets;
    bool has_ack, has_win, has_urg;
    uint32_t ack;
    uint32_t win;
    uint16_t urg;
    bool any_opts; /* <...> */
    uint8_t n_opts;
    struct drill_opt *opts;
    /* ICMP: the segment quoted is seq:end(octets). */
    uint8_t type4, type6, code4, code6; /* as IPv4 and as IPv6 have them; 255: not at all */
    bool quoted, has_mtu;
    uint32_t mtu, id;
};

enum drill_expr_kind {
    DRILL_INTEGER = 0,
    DRILL_NAME,   /* a word */
    DRILL_QUOTED, /* a string */
    DRILL_DOTS,   /* ... */
    DRILL_LIST,   /* [a, b] */
    DRILL_STRUCT, /* {a, b} */
    DRILL_APPLY,  /* name(a, b) */
    DRILL_FIELD,  /* a = b */
    DRILL_OR      /* a | b | c */
};

/* What stands in a call's parentheses, and its result.  Parts are a list. */
struct drill_expr {
    enum drill_expr_kind kind;
    uint32_t line, column;
    int64_t number;
    const char *text; /* of a name or a string */
    uint32_t octets;  /* of a string */
    struct drill_expr *parts;
    struct drill_expr *next;
};

struct drill_call {
    const char *name;
    struct drill_expr *arguments;
    struct drill_expr *result;
    const char *error; /* an errno's name, or null */
    bool blocking;
    uint64_t end_ns; /* when a blocking call is to return; relative like the event */
};

enum drill_event_kind {
    DRILL_PACKET = 0,
    DRILL_CALL,
    DRILL_COMMAND,
    DRILL_PYTHON,
    DRILL_STRANGE /* in the language, but not ours to play: text says what */
};

struct drill_event {
    struct drill_event *next;
    enum drill_event_kind kind;
    uint32_t line;
    struct drill_when when;
    struct drill_packet packet;
    struct drill_call call;
    const char *text; /* of a command, of code, or what is strange */
};

struct drill_script {
    struct drill_arena arena;
    const char *path;
    struct drill_setting *settings;
    const char *init; /* the command before the first event, or null */
    struct drill_event *events;
    char error[512]; /* "file:line:column: expected ..." */
};

/*
 * Read a script.  Text is copied.  False, and script->error says where and what was expected.
 * In either case drill_script_free() gives the memory back.
 */
bool drill_parse(struct drill_script *script, const char *path, const char *text, size_t octets,
                 const struct drill_symbol *symbols, uint32_t n_symbols);

void drill_script_free(struct drill_script *script);

/* Write a script as the language has it, one event a line; parsing that gives the same. */
void drill_print(const struct drill_script *script, FILE *out);
void drill_print_event(const struct drill_event *event, FILE *out);
void drill_print_packet(const struct drill_packet *packet, FILE *out);

#endif
