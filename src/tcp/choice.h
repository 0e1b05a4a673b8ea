/* SPDX-License-Identifier: MIT
 *
 * tcp/choice.h - what a connection or a listener has chosen other than the stack's
 * configuration, in a record beside it.
 *
 *   user_option.c -> [choice.c] <- listener -> its connections
 *
 * Most connections choose nothing, and pay 4 octets for it.  Those that choose share a record
 * as long as they agree: a listener's connections its own, and whoever sets the same options in
 * the same order what the last ones made of it.
 */
#ifndef SF_TCP_CHOICE_H
#define SF_TCP_CHOICE_H

#include "tcp/tcp.h"

/* What a holder's index means; 0 is what nobody chose otherwise. */
static inline const struct sf_choice *sf_choice_at(const struct sf_tcp *t, uint32_t choice)
{
    return choice == 0 ? &t->standard
                       : (const struct sf_choice *)sf_pool_at(&t->choices, choice);
}

static inline const struct sf_choice *sf_choice_of(const struct sf_tcp *t,
                                                   const struct sf_conn *c)
{
    return sf_choice_at(t, c->choice);
}

/* What the configuration says. */
void sf_choice_init(struct sf_tcp *t);

/* Let a holder have what is wanted (refs does not count).  False if that needs a record and
 * none is left; then nothing has changed. */
bool sf_choice_set(struct sf_tcp *t, uint32_t *holder, const struct sf_choice *wanted);

/* One holder more of what another one has; a holder that goes. */
uint32_t sf_choice_share(struct sf_tcp *t, uint32_t choice);
void sf_choice_drop(struct sf_tcp *t, uint32_t *holder);

/* A listener's connection begins with what the listener chose. */
void sf_choice_inherit(struct sf_tcp *t, struct sf_conn *c, const struct sf_listener *l);

/* An answer without a connection has the Diffserv field and the hop limit that were chosen. */
void sf_choice_reply(const struct sf_tcp *t, uint32_t choice, struct sf_reply *reply);

/* The MSS that is offered: what the MTU allows (MUST-67), and was chosen. */
uint16_t sf_choice_mss(const struct sf_tcp *t, uint32_t choice, uint8_t family);

/* SendMSS as the peer's option has it, and as was chosen. */
uint16_t sf_choice_send_mss(const struct sf_tcp *t, uint32_t choice, uint16_t peer);

#endif
