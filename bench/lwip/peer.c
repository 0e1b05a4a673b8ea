/* SPDX-License-Identifier: MIT
 *
 * bench/lwip/peer.c - the measurements of bench/engine.c on lwIP, by its raw interface, in
 * one process: what goes out of its one interface is copied and comes back in.
 *
 *   peer-lwip bulk SECONDS            Gbit/s
 *   peer-lwip connections TIMEWAITS SECONDS    thousands a second
 *   peer-lwip rtt CONNECTIONS SECONDS          microseconds
 *   peer-lwip tun send|receive|latency FD      our side of `bench-tun with`
 *
 * The last prints nothing: it serves one connection through a TUN device, until its end.
 */
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lwip/init.h"
#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

uint32_t sf_sum_avx2(const void *data, size_t octets, uint32_t sum);
uint16_t sf_sum_fold(uint32_t sum);

enum { QUEUE = 8192, FRAME = 1600, PORT = 80, TUN_PORT = 5000, SHORT_US = 40 };

static uint8_t queue[QUEUE][FRAME];
static uint16_t lengths[QUEUE];
static uint32_t head, tail;
static struct netif nif;
static uint64_t clock_us = 1000000;
static uint64_t received;
static struct tcp_pcb *accepted;
static uint8_t text[65536];

u32_t sys_now(void)
{
    return (u32_t)(clock_us / 1000);
}

uint16_t bench_chksum(const void *data, int octets)
{
    /* lwIP wants the folded sum in memory order. */
    uint16_t sum = sf_sum_fold(sf_sum_avx2(data, (size_t)octets, 0));

    return (uint16_t)((uint16_t)(sum << 8) | (sum >> 8));
}

static double seconds_used(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double number(const char *word)
{
    return strtod(word, NULL);
}

static err_t put(struct netif *n, struct pbuf *p, const ip4_addr_t *to)
{
    (void)n;
    (void)to;
    if (head - tail == QUEUE) {
        return ERR_MEM;
    }
    pbuf_copy_partial(p, queue[head % QUEUE], p->tot_len, 0);
    lengths[head % QUEUE] = p->tot_len;
    head++;
    return ERR_OK;
}

static void settle(void)
{
    while (tail != head) {
        uint16_t octets = lengths[tail % QUEUE];
        struct pbuf *p = pbuf_alloc(PBUF_RAW, octets, PBUF_POOL);

        if (p == NULL) {
            tail++;
            continue;
        }
        pbuf_take(p, queue[tail % QUEUE], octets);
        tail++;
        if (nif.input(p, &nif) != ERR_OK) {
            pbuf_free(p);
        }
    }
}

static err_t nif_init(struct netif *n)
{
    n->mtu = 1500;
    n->output = put;
    n->flags = NETIF_FLAG_UP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* The application copies what it reads, as with a socket. */
static err_t take(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    static uint8_t into[65536];

    (void)arg;
    (void)err;
    if (p == NULL) {
        tcp_close(pcb);
        return ERR_OK;
    }
    pbuf_copy_partial(p, into, p->tot_len, 0);
    received += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)err;
    accepted = pcb;
    tcp_recv(pcb, take);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)pcb;
    return err;
}

static void fail(const char *what)
{
    fprintf(stderr, "peer-lwip: %s\n", what);
    exit(1);
}

static void begin(void)
{
    ip4_addr_t addr;
    ip4_addr_t mask;
    struct tcp_pcb *listener = NULL;

    lwip_init();
    IP4_ADDR(&addr, 10, 0, 0, 1);
    IP4_ADDR(&mask, 255, 0, 0, 0);
    netif_add(&nif, &addr, &mask, IP4_ADDR_ANY4, NULL, nif_init, ip4_input);
    netif_set_default(&nif);
    listener = tcp_new();
    if (tcp_bind(listener, IP_ADDR_ANY, PORT) != ERR_OK) {
        fail("bind");
    }
    listener = tcp_listen_with_backlog(listener, 255);
    tcp_accept(listener, on_accept);
}

static struct tcp_pcb *open_one(uint16_t port)
{
    struct tcp_pcb *pcb = tcp_new();
    ip_addr_t to;

    IP4_ADDR(&to, 10, 0, 0, 1);
    if (pcb == NULL || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK) {
        fail("bind a client");
    }
    tcp_recv(pcb, take);
    accepted = NULL;
    if (tcp_connect(pcb, &to, PORT, on_connected) != ERR_OK) {
        fail("connect");
    }
    settle();
    if (accepted == NULL) {
        fail("accept");
    }
    return pcb;
}

static void pass(uint32_t us)
{
    clock_us += us;
    sys_check_timeouts();
}

static double bulk(double seconds)
{
    struct tcp_pcb *pcb = open_one(2000);
    double start = seconds_used();
    double end = start;

    received = 0;
    while (end - start < seconds) {
        for (int i = 0; i < 16; i++) {
            for (;;) {
                u16_t n = (u16_t)LWIP_MIN(tcp_sndbuf(pcb), 65535);

                if (n == 0 || tcp_write(pcb, text, n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
                    break;
                }
            }
            tcp_output(pcb);
            settle();
            pass(10);
        }
        end = seconds_used();
    }
    return 8e-9 * (double)received / (end - start);
}

static void one_short(uint32_t n)
{
    struct tcp_pcb *a = open_one((uint16_t)(1024 + n % 60000));
    struct tcp_pcb *b = accepted;

    tcp_write(a, text, 1, TCP_WRITE_FLAG_COPY);
    tcp_output(a);
    settle();
    tcp_write(b, text, 1, TCP_WRITE_FLAG_COPY);
    tcp_output(b);
    settle();
    tcp_close(a);
    settle(); /* take() closes the other end when the FIN comes */
    settle();
    pass(SHORT_US);
}

static double connections(uint32_t time_waits, double seconds)
{
    double start = 0;
    double end = 0;
    uint32_t n = 0;
    uint32_t done = 0;

    for (; n < time_waits; n++) {
        one_short(n);
    }
    start = seconds_used();
    do {
        for (int i = 0; i < 16; i++, n++, done++) {
            one_short(n);
        }
        end = seconds_used();
    } while (end - start < seconds);
    return 1e-3 * (double)done / (end - start);
}

static double rtt(uint32_t n, double seconds)
{
    struct tcp_pcb **a = calloc(n, sizeof(*a));
    struct tcp_pcb **b = calloc(n, sizeof(*b));
    double start = 0;
    double end = 0;
    uint64_t rounds = 0;

    for (uint32_t i = 0; i < n; i++) {
        a[i] = open_one((uint16_t)(1024 + i));
        b[i] = accepted;
        pass(10);
    }
    start = seconds_used();
    do {
        for (int i = 0; i < 64; i++, rounds++) {
            uint32_t k = (uint32_t)(rounds * 2654435761U) % n;

            tcp_write(a[k], text, 1, TCP_WRITE_FLAG_COPY);
            tcp_output(a[k]);
            settle();
            tcp_write(b[k], text, 1, TCP_WRITE_FLAG_COPY);
            tcp_output(b[k]);
            settle();
            pass(10);
        }
        end = seconds_used();
    } while (end - start < seconds);
    return 1e6 * (end - start) / (double)rounds;
}

/* Through a TUN device; the kernel's own clock. */
static struct {
    int fd;
    bool sends, answers, over;
    struct tcp_pcb *pcb;
} tun;

static err_t tun_put(struct netif *n, struct pbuf *p, const ip4_addr_t *to)
{
    static uint8_t packet[FRAME];

    (void)n;
    (void)to;
    pbuf_copy_partial(p, packet, p->tot_len, 0);
    return write(tun.fd, packet, p->tot_len) == p->tot_len ? ERR_OK : ERR_MEM;
}

static void tun_fill(void)
{
    while (tun.sends && tun.pcb != NULL) {
        u16_t n = (u16_t)LWIP_MIN(tcp_sndbuf(tun.pcb), 65535);

        if (n == 0 || tcp_write(tun.pcb, text, n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            break;
        }
    }
    if (tun.sends && tun.pcb != NULL) {
        tcp_output(tun.pcb);
    }
}

static err_t tun_take(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    tun.over = p == NULL;
    if (p != NULL && tun.answers) {
        tcp_write(pcb, text, p->tot_len, TCP_WRITE_FLAG_COPY);
        tcp_output(pcb);
    }
    return p == NULL ? ERR_OK : take(arg, pcb, p, err);
}

static void tun_error(void *arg, err_t err)
{
    (void)arg;
    (void)err;
    tun.over = true;
    tun.pcb = NULL;
}

static err_t tun_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg;
    (void)err;
    tun.pcb = pcb;
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, tun_take);
    tcp_err(pcb, tun_error);
    return ERR_OK;
}

static void tun_input(void)
{
    static uint8_t packet[FRAME];
    ssize_t octets = read(tun.fd, packet, sizeof(packet));

    for (int i = 0; octets > 0 && i < 64; i++) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)octets, PBUF_POOL);

        if (p != NULL) {
            pbuf_take(p, packet, (u16_t)octets);
            if (nif.input(p, &nif) != ERR_OK) {
                pbuf_free(p);
            }
        }
        octets = read(tun.fd, packet, sizeof(packet));
    }
}

static void serve_tun(const char *word, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    struct tcp_pcb *listener = tcp_new();
    ip4_addr_t addr;

    IP4_ADDR(&addr, 10, 9, 8, 2);
    netif_set_ipaddr(&nif, &addr);
    nif.output = tun_put;
    tun.fd = fd;
    tun.sends = strcmp(word, "send") == 0;
    tun.answers = strcmp(word, "latency") == 0;
    if (tcp_bind(listener, IP_ADDR_ANY, TUN_PORT) != ERR_OK) {
        fail("bind");
    }
    listener = tcp_listen_with_backlog(listener, 255);
    tcp_accept(listener, tun_accept);
    while (!tun.over) {
        struct timespec t;

        tun_fill();
        (void)poll(&ready, 1, 10);
        clock_gettime(CLOCK_MONOTONIC, &t);
        clock_us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
        tun_input();
        sys_check_timeouts();
    }
}

int main(int argc, char **argv)
{
    double result = 0;

    begin();
    if (argc == 3 && strcmp(argv[1], "bulk") == 0) {
        result = bulk(number(argv[2]));
    } else if (argc == 4 && strcmp(argv[1], "connections") == 0) {
        result = connections((uint32_t)number(argv[2]), number(argv[3]));
    } else if (argc == 4 && strcmp(argv[1], "rtt") == 0) {
        result = rtt((uint32_t)number(argv[2]), number(argv[3]));
    } else if (argc == 4 && strcmp(argv[1], "tun") == 0) {
        serve_tun(argv[2], (int)strtol(argv[3], NULL, 10));
        return 0;
    } else {
        fprintf(stderr, "peer-lwip: bulk, connections, rtt or tun; see bench/lwip/peer.c\n");
        return 2;
    }
    printf("%.4f\n", result);
    return 0;
}
