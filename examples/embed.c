/* SPDX-License-Identifier: MIT
 *
 * examples/embed.c - two stacks and a clock of our own: a greeting, from SYN to FIN, and the
 * minute of TIME-WAIT in no time.  Needs libsynfin alone: no operating system, no heap.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <synfin/conn.h>

static _Alignas(64) uint8_t memory[2][4 << 20];

static void must(int good)
{
    good ? (void)0 : abort();
}

static struct sf_stack *make(uint8_t host, sf_time now)
{
    struct sf_addr addr = sf_addr_v4(10, 0, 0, host);
    struct sf_stack *stack = NULL;
    struct sf_config config;

    sf_config_default(&config);
    memset(config.seed, host, sizeof(config.seed)); /* a real one is random and secret */
    config.max_chunks = 64;
    must(sf_stack_octets(&config) <= sizeof(memory[0]) &&
         sf_stack_init(memory[host - 1], &config, now, &stack) == SF_OK &&
         sf_stack_add_address(stack, &addr, 24) == SF_OK);
    return stack;
}

/* The wire: what one has to send, the other receives. */
static size_t carry(struct sf_stack *from, struct sf_stack *to, sf_time now)
{
    struct sf_frame out, in = {.n_pieces = 1};
    uint8_t wire[2048];
    size_t n = 0;

    for (; sf_stack_tx(from, &out, 1, now) == 1; n++) {
        in.octets = (uint32_t)sf_frame_copy(&out, wire, sizeof(wire));
        in.pieces[0] = (struct sf_piece){wire, in.octets};
        sf_stack_tx_done(from, &out, 1);
        sf_stack_rx(to, &in, 1, now);
    }
    return n;
}

static sf_time sooner(sf_time a, sf_time b)
{
    return a.ns < b.ns ? a : b;
}

int main(void)
{
    struct sf_stack *a = make(1, (sf_time){0}), *b = make(2, (sf_time){0});
    struct sf_listen listen = {.local = {.port = 7}};
    struct sf_open open = {.remote = {sf_addr_v4(10, 0, 0, 1), 7}};
    struct sf_handle listener, server, client;
    struct sf_ready_event event;
    char text[64];
    size_t n;

    must(sf_listen(a, &listen, &listener, (sf_time){0}) == SF_OK &&
         sf_open(b, &open, &client, (sf_time){0}) == SF_OK);
    for (sf_time now = {0}; now.ns != UINT64_MAX;
         now = sooner(sf_stack_deadline(a), sf_stack_deadline(b))) {
        sf_stack_tick(a, now);
        sf_stack_tick(b, now);
        while (carry(a, b, now) + carry(b, a, now) > 0) {
            while (sf_stack_events(a, &event, 1) == 1) {
                must(sf_accept(a, listener, &server, now) == SF_OK &&
                     sf_send(a, server, "hello", 5, 0, &n, now) == SF_OK);
                sf_close(a, server, now); /* after what was sent */
            }
            while (sf_stack_events(b, &event, 1) == 1) {
                while (sf_recv(b, client, text, sizeof(text), &n, now) == SF_OK) {
                    printf("%.*s\n", (int)n, text);
                }
                if ((event.ready & SF_READY_EOF) != 0) {
                    sf_close(b, client, now);
                }
            }
        }
        printf("quiet at %.1f s\n", (double)now.ns / 1e9);
    }
    return 0;
}
