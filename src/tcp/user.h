/* SPDX-License-Identifier: MIT
 *
 * tcp/user.h - the user's calls (RFC 9293 s3.10.1 to 3.10.6), as stack/calls.c hands them
 * on: the same as in synfin/conn.h, with addresses chosen and checked.
 */
#ifndef SF_TCP_USER_H
#define SF_TCP_USER_H

#include "tcp/tcp.h"

/* tuple: complete but lport may be 0 (chosen, RFC 6056); pmtu: octets towards the remote. */
enum sf_err sf_user_open(struct sf_tcp *t, const struct sf_open *open, struct sf_tuple *tuple,
                         uint32_t pmtu, struct sf_handle *handle, sf_time now);
/* Text that a SYN with Fast Open, enum sf_fast_open, would carry now
 * (tcp/fastopen_client.c). */
enum sf_err sf_user_fast_open_room(struct sf_tcp *t, const struct sf_tuple *tuple,
                                   uint8_t fast_open, uint32_t pmtu, uint32_t *octets,
                                   sf_time now);
enum sf_err sf_user_set_offers(struct sf_tcp *t, uint8_t timestamps, uint8_t window_scaling,
                               uint8_t sack);
void sf_user_fast_open_forget(struct sf_tcp *t);
enum sf_err sf_user_fast_open_keys(struct sf_tcp *t, struct sf_handle listener,
                                   const uint8_t (*keys)[SF_FAST_OPEN_KEY], size_t n);
enum sf_err sf_user_listen(struct sf_tcp *t, const struct sf_listen *listen,
                           struct sf_handle *handle);
enum sf_err sf_user_accept(struct sf_tcp *t, struct sf_handle listener,
                           struct sf_handle *handle);
enum sf_err sf_user_syn_next(struct sf_tcp *t, struct sf_handle listener, struct sf_syn *syn);
enum sf_err sf_user_syn_answer(struct sf_tcp *t, struct sf_handle id, enum sf_syn_answer answer,
                               sf_time now);
enum sf_err sf_user_send(struct sf_tcp *t, struct sf_handle handle, const void *data,
                         size_t octets, uint32_t flags, size_t *taken, sf_time now);
enum sf_err sf_user_reserve(struct sf_tcp *t, struct sf_handle handle, size_t octets,
                            struct sf_room *rooms, size_t *n, sf_time now);
enum sf_err sf_user_commit(struct sf_tcp *t, struct sf_handle handle, size_t octets,
                           uint32_t flags, sf_time now);
enum sf_err sf_user_recv(struct sf_tcp *t, struct sf_handle handle, void *data, size_t octets,
                         size_t *got, sf_time now);
enum sf_err sf_user_peek(struct sf_tcp *t, struct sf_handle handle, struct sf_piece *pieces,
                         size_t *n);
enum sf_err sf_user_consume(struct sf_tcp *t, struct sf_handle handle, size_t octets,
                            sf_time now);
enum sf_err sf_user_shutdown(struct sf_tcp *t, struct sf_handle handle, sf_time now);
enum sf_err sf_user_close(struct sf_tcp *t, struct sf_handle handle, sf_time now);
enum sf_err sf_user_abort(struct sf_tcp *t, struct sf_handle handle, sf_time now);
enum sf_err sf_user_status(const struct sf_tcp *t, struct sf_handle handle,
                           struct sf_status *status, sf_time now);
enum sf_err sf_user_set_user(struct sf_tcp *t, struct sf_handle handle, uint64_t user);
enum sf_err sf_user_set_option(struct sf_tcp *t, struct sf_handle handle, enum sf_option option,
                               uint64_t value, sf_time now);
enum sf_err sf_user_get_option(const struct sf_tcp *t, struct sf_handle handle,
                               enum sf_option option, uint64_t *value);
size_t sf_user_events(struct sf_tcp *t, struct sf_ready_event *events, size_t n);
uint32_t sf_user_ready(const struct sf_tcp *t, struct sf_handle handle);
bool sf_user_walk(const struct sf_tcp *t, uint64_t *cursor, struct sf_walk_row *row,
                  sf_time now);

#endif
