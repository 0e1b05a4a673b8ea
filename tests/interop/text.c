/* SPDX-License-Identifier: MIT
 *
 * tests/interop/text.c - octets moved both ways at once, and compared.
 */
#include "pattern.h"
#include "wire.h"

/* The pattern repeats itself after a prime number of octets: what is lost, doubled or
 * swapped is no multiple of it, being of segments. */
#define PERIOD 262147

/* Much text over a bad link takes its time. */
#define T_LONG SF_S(250)

const uint8_t *t_text(uint64_t offset)
{
    static uint8_t text[PERIOD + T_TEXT_RUN];

    if (text[1] == 0) {
        t_pattern_fill(1, 0, text, PERIOD);
        memcpy(text + PERIOD, text, T_TEXT_RUN);
    }
    return text + offset % PERIOD;
}

static size_t least(uint64_t left)
{
    return left < T_TEXT_RUN ? (size_t)left : T_TEXT_RUN;
}

static void we_write(struct t_wire *w, uint64_t until)
{
    size_t taken = 0;
    enum sf_err err = SF_OK;

    while (w->out_written < until && err == SF_OK) {
        err = sf_send(w->stack, w->conn, t_text(w->out_written), least(until - w->out_written),
                      0, &taken, sf_now());
        w->out_written += err == SF_OK ? taken : 0;
    }
    if (err != SF_OK && err != SF_ERR_NO_MEMORY) {
        T_EQ(err, SF_ERR_AGAIN);
    }
}

static void we_read(struct t_wire *w, uint64_t until)
{
    static uint8_t text[T_TEXT_RUN];
    size_t got = 0;
    enum sf_err err = SF_OK;

    while (w->in_read < until &&
           (err = sf_recv(w->stack, w->conn, text, least(until - w->in_read), &got,
                          sf_now())) == SF_OK) {
        T_MEM(text, t_text(w->in_read), got);
        w->in_read += got;
    }
    if (err != SF_OK) {
        T_EQ(err, SF_ERR_AGAIN);
    }
}

static void kernel_writes(struct t_wire *w, uint64_t until)
{
    ssize_t n = 0;

    while (w->in_written < until && n >= 0) {
        n = send(w->fd, t_text(w->in_written), least(until - w->in_written), MSG_NOSIGNAL);
        w->in_written += n < 0 ? 0 : (uint64_t)n;
    }
    if (n < 0) {
        T_EQ(errno, EAGAIN);
    }
}

static void kernel_reads(struct t_wire *w, uint64_t until)
{
    static uint8_t text[T_TEXT_RUN];
    ssize_t n = 1;

    while (w->out_read < until && n > 0) {
        n = recv(w->fd, text, least(until - w->out_read), 0);
        if (n > 0) {
            T_MEM(text, t_text(w->out_read), (size_t)n);
            w->out_read += (uint64_t)n;
        }
    }
    if (n <= 0) {
        T_EQ(n, -1);
        T_EQ(errno, EAGAIN);
    }
}

static bool step(struct t_wire *w, uint64_t out, uint64_t in)
{
    we_write(w, out);
    kernel_reads(w, out);
    kernel_writes(w, in);
    we_read(w, in);
    return w->out_read == out && w->in_read == in;
}

void t_move(struct t_wire *w, uint64_t out, uint64_t in)
{
    uint64_t out_until = w->out_written + out;
    uint64_t in_until = w->in_written + in;

    T_WITHIN(w, T_LONG, step(w, out_until, in_until));
}
