/* SPDX-License-Identifier: MIT
 *
 * script/drill/parse_option.c - the options of a segment: <mss 1460,nop,wscale 7>.
 */
#include "script/drill/parse.h"

#include <string.h>

static bool parse_sack(struct drill_parser *p, struct drill_opt *opt)
{
    while (p->token.kind == DRILL_NUMBER) {
        if (opt->n == DRILL_BLOCKS) {
            return drill_expected(p, "at most five SACK blocks");
        }
        uint32_t *block = opt->blocks + 2 * (size_t)opt->n;
        if (!drill_number32(p, "a SACK block's left edge", &block[0]) || !drill_need(p, ':') ||
            !drill_number32(p, "a SACK block's right edge", &block[1])) {
            return false;
        }
        opt->real = drill_sign(p, '!') || opt->real;
        opt->n++;
    }
    return true;
}

static bool parse_ts(struct drill_parser *p, struct drill_opt *opt)
{
    if (!drill_word(p, "val")) {
        return drill_expected(p, "val");
    }
    opt->any_a = p->token.kind == DRILL_ELLIPSIS;
    if (opt->any_a) {
        drill_next(p);
    } else if (!drill_number32(p, "a timestamp", &opt->a)) {
        return false;
    }
    if (!drill_word(p, "ecr")) {
        return drill_expected(p, "ecr");
    }
    if (!drill_number32(p, "a timestamp", &opt->b)) {
        return false;
    }
    opt->real = drill_sign(p, '!');
    return true;
}

static bool parse_cookie(struct drill_parser *p, struct drill_opt *opt)
{
    if (p->token.kind != DRILL_WORD && p->token.kind != DRILL_NUMBER) {
        return true; /* a request: no cookie */
    }
    /* nop and the like cannot be cookies, as they are no hexadecimal digits. */
    return drill_hex(p, opt->bytes, sizeof(opt->bytes), &opt->n);
}

/* Either the digest itself, or that it has to be the right one. */
static bool parse_digest(struct drill_parser *p, struct drill_opt *opt)
{
    if (drill_is_word(p, "valid") || drill_is_word(p, "invalid")) {
        p->strange = "MD5 signatures";
        return false;
    }
    return drill_hex(p, opt->bytes, 16, &opt->n);
}

/* Counters of 24 bits, in the order that the kind stands for. */
static bool parse_accecn(struct drill_parser *p, struct drill_opt *opt)
{
    static const char *const names[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
    const size_t order = drill_is_word(p, "e1b") ? 1 : 0;
    int64_t value = 0;

    opt->kind = order == 1 ? DRILL_OPT_ACCECN1 : DRILL_OPT_ACCECN0;
    for (size_t i = 0; i < 3 && drill_word(p, names[order][i]); i++) {
        if (!drill_number(p, "a counter of 24 bits", 0, 0xffffff, &value)) {
            return false;
        }
        opt->bytes[opt->n++] = (uint8_t)(value >> 16);
        opt->bytes[opt->n++] = (uint8_t)(value >> 8);
        opt->bytes[opt->n++] = (uint8_t)value;
    }
    return true;
}

static bool parse_limited(struct drill_parser *p, struct drill_opt *opt, const char *what,
                          int64_t most)
{
    int64_t value = 0;
    bool fine = drill_number(p, what, 0, most, &value);

    opt->a = (uint32_t)value;
    return fine;
}

static bool parse_body(struct drill_parser *p, struct drill_opt *opt)
{
    switch ((enum drill_opt_kind)opt->kind) {
    case DRILL_OPT_MSS:
        return parse_limited(p, opt, "an MSS up to 65535", UINT16_MAX);
    case DRILL_OPT_WSCALE:
        return parse_limited(p, opt, "a shift up to 255", UINT8_MAX);
    case DRILL_OPT_SACK:
        return parse_sack(p, opt);
    case DRILL_OPT_TS:
        return parse_ts(p, opt);
    case DRILL_OPT_MD5:
        return parse_digest(p, opt);
    case DRILL_OPT_FO:
    case DRILL_OPT_FOEXP:
        return parse_cookie(p, opt);
    case DRILL_OPT_ACCECN0:
    case DRILL_OPT_ACCECN1:
        return parse_accecn(p, opt);
    case DRILL_OPT_EOL:
    case DRILL_OPT_NOP:
    case DRILL_OPT_SACK_OK:
        return true;
    }
    return true;
}

static bool parse_one(struct drill_parser *p, struct drill_opt *opt)
{
    static const struct {
        const char *name;
        enum drill_opt_kind kind;
    } kinds[] = {
        {"nop", DRILL_OPT_NOP},        {"eol", DRILL_OPT_EOL},   {"mss", DRILL_OPT_MSS},
        {"wscale", DRILL_OPT_WSCALE},  {"sack", DRILL_OPT_SACK}, {"TS", DRILL_OPT_TS},
        {"sackOK", DRILL_OPT_SACK_OK}, {"md5", DRILL_OPT_MD5},   {"MD5", DRILL_OPT_MD5},
        {"FOEXP", DRILL_OPT_FOEXP},    {"FO", DRILL_OPT_FO},     {"ECN", DRILL_OPT_ACCECN0},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (drill_word(p, kinds[i].name)) {
            opt->kind = (uint8_t)kinds[i].kind;
            return parse_body(p, opt);
        }
    }
    return drill_expected(p, "a TCP option: mss, nop, eol, wscale, sackOK, sack, TS, FO, "
                             "FOEXP, ECN, md5 or '...'");
}

bool drill_parse_options(struct drill_parser *p, struct drill_packet *packet)
{
    if (p->token.kind == DRILL_ELLIPSIS) {
        drill_next(p);
        packet->any_opts = true;
        return drill_need(p, '>');
    }
    if (p->token.kind == DRILL_NUMBER && strncmp(p->token.text, "0x", 2) == 0) {
        p->strange = "options given as octets";
        return false;
    }
    packet->opts = drill_take(&p->script->arena, DRILL_OPTS * sizeof(*packet->opts));
    do {
        if (packet->n_opts == DRILL_OPTS) {
            return drill_expected(p, "at most 40 options");
        }
        if (!parse_one(p, &packet->opts[packet->n_opts++])) {
            return false;
        }
    } while (drill_sign(p, ','));
    return drill_need(p, '>');
}
