/* SPDX-License-Identifier: MIT
 *
 * tcp/user_option.c - options of a connection or a listener (RFC 9293 s3.9.1.9, s3.9.2).
 *
 *   stack/calls.c -> [user_option.c] -> bits of the record, choice.c for what is rarely chosen
 */
#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"
#include "tcp/uto.h"

/* So that 40 octets of options leave a few of text. */
#define MAXSEG_MIN 88

/* Where a field of struct sf_choice is, and how long. */
#define PLACE(field)                                                              \
    {                                                                             \
        offsetof(struct sf_choice, field), sizeof(((struct sf_choice *)0)->field) \
    }

/* Whose options: of a connection (c), or of a listener. */
struct holder {
    struct sf_conn *c; /* null: a listener */
    struct sf_listener *l;
    uint32_t *choice;
    uint16_t *flags; /* SF_CF_* */
    uint32_t *rcvbuf, *sndbuf;
};

static enum sf_err holder_of(const struct sf_tcp *t, struct sf_handle handle, struct holder *h)
{
    if (sf_handle_listener(t, handle, &h->l) == SF_OK) {
        h->c = NULL;
        h->choice = &h->l->choice;
        h->flags = &h->l->conn_flags;
        h->rcvbuf = &h->l->rcvbuf;
        h->sndbuf = &h->l->sndbuf;
        return SF_OK;
    }
    if (sf_handle_conn(t, handle, &h->c) != SF_OK) {
        return SF_ERR_STALE;
    }
    h->choice = &h->c->choice;
    h->flags = &h->c->flags;
    h->rcvbuf = &h->c->rcvbuf;
    h->sndbuf = &h->c->sndbuf;
    return SF_OK;
}

/* Values in milliseconds and octets have to fit 32 bits, and not be 0 where that has no
 * meaning. */
static bool in_range(enum sf_option option, uint64_t value)
{
    switch (option) {
    case SF_OPTION_NODELAY:
    case SF_OPTION_CORK:
    case SF_OPTION_KEEPALIVE:
    case SF_OPTION_QUICKACK:
    case SF_OPTION_SOFT_ERRORS:
    case SF_OPTION_UTO_ADOPT:
    case SF_OPTION_PLAIN:
        return value <= 1;
    case SF_OPTION_KEEPALIVE_PROBES:
    case SF_OPTION_HOP_LIMIT:
    case SF_OPTION_R1:
    case SF_OPTION_R2:
        return value >= 1 && value <= 255;
    case SF_OPTION_TOS:
    case SF_OPTION_SYN_RETRIES:
        return value <= 255;
    case SF_OPTION_USER_TIMEOUT:
    case SF_OPTION_UNSENT_LOW:
    case SF_OPTION_UTO:
    case SF_OPTION_OPEN_TIMEOUT:
        return value <= UINT32_MAX;
    case SF_OPTION_KEEPALIVE_IDLE:
    case SF_OPTION_KEEPALIVE_INTERVAL:
    case SF_OPTION_FIN_WAIT_2:
        return value >= 1 && value <= UINT32_MAX;
    case SF_OPTION_MAXSEG:
        return value == 0 || (value >= MAXSEG_MIN && value <= 65535);
    case SF_OPTION_RCVBUF:
    case SF_OPTION_SNDBUF:
        return value >= 256 && value <= (UINT32_C(1) << 30);
    }
    return false;
}

/* The bit of SF_CF_* that an option is; 0: none. */
static uint16_t flag_of(enum sf_option option)
{
    static const uint16_t flags[] = {
        [SF_OPTION_NODELAY] = SF_CF_NODELAY,
        [SF_OPTION_CORK] = SF_CF_CORK,
        [SF_OPTION_KEEPALIVE] = SF_CF_KEEPALIVE,
        [SF_OPTION_QUICKACK] = SF_CF_QUICKACK,
    };

    return (size_t)option < sizeof(flags) / sizeof(flags[0]) ? flags[option] : 0;
}

/* Where in a record of choices an option is kept, and in how many octets; 0: nowhere. */
static size_t place_of(enum sf_option option, size_t *octets)
{
    static const struct {
        uint8_t at, octets;
    } places[] = {
        [SF_OPTION_KEEPALIVE_IDLE] = PLACE(keep_idle_ms),
        [SF_OPTION_KEEPALIVE_INTERVAL] = PLACE(keep_interval_ms),
        [SF_OPTION_KEEPALIVE_PROBES] = PLACE(keep_limit),
        [SF_OPTION_USER_TIMEOUT] = PLACE(user_timeout_ms),
        [SF_OPTION_TOS] = PLACE(tos),
        [SF_OPTION_HOP_LIMIT] = PLACE(hop_limit),
        [SF_OPTION_MAXSEG] = PLACE(maxseg),
        [SF_OPTION_R1] = PLACE(r1),
        [SF_OPTION_R2] = PLACE(r2),
        [SF_OPTION_SYN_RETRIES] = PLACE(syn_r2),
        [SF_OPTION_FIN_WAIT_2] = PLACE(fin_wait_2_ms),
        [SF_OPTION_UNSENT_LOW] = PLACE(unsent_low),
        [SF_OPTION_SOFT_ERRORS] = PLACE(soft_off),
        [SF_OPTION_UTO] = PLACE(uto_ms),
        [SF_OPTION_UTO_ADOPT] = PLACE(uto_adopt),
        [SF_OPTION_OPEN_TIMEOUT] = PLACE(open_ms),
        [SF_OPTION_PLAIN] = PLACE(plain),
    };

    if ((size_t)option >= sizeof(places) / sizeof(places[0])) {
        *octets = 0;
        return 0;
    }
    *octets = places[option].octets;
    return places[option].at;
}

/* An option as it is kept: what the default of 1 is, upside down, and no bits of ECN's. */
static uint64_t kept(enum sf_option option, uint64_t value)
{
    if (option == SF_OPTION_SOFT_ERRORS) {
        return value ^ 1;
    }
    return option == SF_OPTION_TOS ? value & 0xfc : value;
}

static uint64_t read_place(const struct sf_choice *choice, enum sf_option option)
{
    size_t octets = 0;
    const uint8_t *p = (const uint8_t *)choice + place_of(option, &octets);
    uint32_t v32 = 0;
    uint16_t v16 = 0;

    switch (octets) {
    case sizeof(v32):
        memcpy(&v32, p, sizeof(v32));
        return v32;
    case sizeof(v16):
        memcpy(&v16, p, sizeof(v16));
        return v16;
    default:
        return *p;
    }
}

static void write_place(struct sf_choice *choice, enum sf_option option, uint64_t value)
{
    size_t octets = 0;
    uint8_t *p = (uint8_t *)choice + place_of(option, &octets);
    uint32_t v32 = (uint32_t)value;
    uint16_t v16 = (uint16_t)value;

    switch (octets) {
    case sizeof(v32):
        memcpy(p, &v32, sizeof(v32));
        break;
    case sizeof(v16):
        memcpy(p, &v16, sizeof(v16));
        break;
    default:
        *p = (uint8_t)value;
        break;
    }
}

/* What a choice means for a connection that is under way. */
static void take_effect(struct sf_tcp *t, struct sf_conn *c, enum sf_option option, sf_time now)
{
    if (option == SF_OPTION_USER_TIMEOUT || option == SF_OPTION_UTO_ADOPT ||
        option == SF_OPTION_OPEN_TIMEOUT) {
        sf_uto_restart(t, c, now);
    } else if (option == SF_OPTION_PLAIN) {
        c->offers = sf_choice_of(t, c)->plain != 0 ? 0 : sf_conn_offers(&t->cfg);
    } else if (option == SF_OPTION_MAXSEG) {
        c->mss_peer = sf_choice_send_mss(t, c->choice, c->mss_peer);
    } else if (option == SF_OPTION_UTO) {
        c->uto_owed = t->cfg.uto;
    } else if (option == SF_OPTION_SOFT_ERRORS && sf_choice_of(t, c)->soft_off != 0) {
        c->ready_soft = 0;
    }
}

static enum sf_err set_choice(struct sf_tcp *t, const struct holder *h, enum sf_option option,
                              uint64_t value, sf_time now)
{
    struct sf_choice wanted;

    memcpy(&wanted, sf_choice_at(t, *h->choice), sizeof(wanted));
    write_place(&wanted, option, kept(option, value));
    if (option == SF_OPTION_USER_TIMEOUT) {
        wanted.timeout_set = 1; /* RFC 5482 s3.1: CHANGEABLE becomes false */
    }
    if (!sf_choice_set(t, h->choice, &wanted)) {
        return SF_ERR_NO_MEMORY;
    }
    if (h->c != NULL) {
        take_effect(t, h->c, option, now);
    }
    return SF_OK;
}

static void set_flag(struct sf_tcp *t, const struct holder *h, uint16_t flag, bool on)
{
    *h->flags = (uint16_t)(on ? *h->flags | flag : *h->flags & ~flag);
    if (flag == SF_CF_NODELAY && on && h->c != NULL && h->c->work != 0) {
        sf_conn_work(t, h->c)->hurry = 1;
    }
}

enum sf_err sf_user_set_option(struct sf_tcp *t, struct sf_handle handle, enum sf_option option,
                               uint64_t value, sf_time now)
{
    struct holder h;
    enum sf_err err = holder_of(t, handle, &h);
    uint16_t flag = flag_of(option);

    if (err != SF_OK) {
        return err;
    }
    if (!in_range(option, value)) {
        return SF_ERR_INVAL;
    }
    if (flag != 0) {
        set_flag(t, &h, flag, value != 0);
    } else if (option == SF_OPTION_RCVBUF) {
        *h.rcvbuf = (uint32_t)value;
    } else if (option == SF_OPTION_SNDBUF) {
        *h.sndbuf = (uint32_t)value;
    } else {
        err = set_choice(t, &h, option, value, now);
    }
    if (err == SF_OK && h.c != NULL && h.c->state != SF_CLOSED) {
        sf_conn_slow_timer(t, h.c, now);
        sf_conn_owe(t, h.c); /* what was held back may go */
    }
    return err;
}

enum sf_err sf_user_get_option(const struct sf_tcp *t, struct sf_handle handle,
                               enum sf_option option, uint64_t *value)
{
    struct holder h;
    enum sf_err err = holder_of(t, handle, &h);
    size_t octets = 0;

    *value = 0;
    if (err != SF_OK) {
        return err;
    }
    if (flag_of(option) != 0) {
        *value = (*h.flags & flag_of(option)) != 0;
    } else if (option == SF_OPTION_RCVBUF) {
        *value = *h.rcvbuf;
    } else if (option == SF_OPTION_SNDBUF) {
        *value = *h.sndbuf;
    } else {
        (void)place_of(option, &octets);
        if (octets == 0) {
            return SF_ERR_INVAL;
        }
        *value = read_place(sf_choice_at(t, *h.choice), option);
        *value = option == SF_OPTION_SOFT_ERRORS ? *value ^ 1 : *value;
    }
    return SF_OK;
}
