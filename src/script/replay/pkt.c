/* SPDX-License-Identifier: MIT
 *
 * script/replay/pkt.c - a connection as a script for synfin drill.
 *
 * The other side's segments are injected, the side's own are expected.  What its application
 * did is inferred: it opened with the first SYN or listened before, it gave what ends with a
 * PSH in one piece when the first octet of that appears, read whatever came at once, closed
 * its half with the first FIN, or all if a RST follows it; a RST that answers nothing is an
 * abort.  Numbers are relative to the initial ones; timestamps stay, as the player maps ours.
 */
#include <inttypes.h>

#include "base/bytes.h"
#include "base/time.h"
#include "script/replay/replay.h"

#define ANSWERED     (1 * SF_NS_PER_MS) /* what follows so soon is an answer */
#define OVERTAKEN    4096               /* segments that one may come after */
#define TOLERANCE_US 4000               /* as packetdrill's scripts have it */

struct script {
    const struct replay_conn *conn;
    FILE *to;
    const struct replay_seg *syn, *far;
    int fd; /* of the connection; 0: there is none yet */
    bool listens;
    bool shut, closed; /* half of it; all of it */
    sf_seq given;      /* behind what the application gave */
    sf_seq came;       /* behind what came in order */
    uint32_t unread;   /* octets of it before there was somebody to read */
};

static void at(const struct script *s, uint64_t at_ns)
{
    const uint64_t first = s->conn->segs[0].at_ns;
    const uint64_t ns = at_ns > first ? at_ns - first : 0;

    fprintf(s->to, "%" PRIu64 ".%09" PRIu64 " ", ns / SF_NS_PER_S, ns % SF_NS_PER_S);
}

static void put_sack(const struct script *s, const uint8_t *p, size_t n, bool mine)
{
    /* Blocks are of what the receiver of this segment has sent. */
    const struct replay_seg *syn = mine ? s->far : s->syn;
    const uint32_t from = syn != NULL ? syn->seq.v : 0;

    fputs("sack", s->to);
    for (size_t i = 0; i + 8 <= n; i += 8) {
        fprintf(s->to, " %" PRIu32 ":%" PRIu32, sf_get32(p + i) - from,
                sf_get32(p + i + 4) - from);
    }
}

/* One option of n octets, kind and length among them. */
static void put_option(const struct script *s, const uint8_t *p, size_t n, bool mine)
{
    if (p[0] == 2 && n == 4) {
        fprintf(s->to, "mss %u", (unsigned)sf_get16(p + 2));
    } else if (p[0] == 3 && n == 3) {
        fprintf(s->to, "wscale %u", (unsigned)p[2]);
    } else if (p[0] == 4 && n == 2) {
        fputs("sackOK", s->to);
    } else if (p[0] == 5) {
        put_sack(s, p + 2, n - 2, mine);
    } else if (p[0] == 8 && n == 10) {
        fprintf(s->to, "TS val %" PRIu32 " ecr %" PRIu32, sf_get32(p + 2), sf_get32(p + 6));
    } else if (p[0] == 34) {
        fputs("FO ", s->to);
        for (size_t i = 2; i < n; i++) {
            fprintf(s->to, "%02x", (unsigned)p[i]);
        }
    } else {
        /* Skipped by its length, as by who does not know it. */
        for (size_t i = 0; i < n; i++) {
            fputs(i > 0 ? ",nop" : "nop", s->to);
        }
    }
}

static void put_options(const struct script *s, const struct replay_seg *seg)
{
    const char *between = " <";

    for (size_t i = 0; i < seg->option_octets;) {
        const uint8_t *p = seg->option + i;
        const bool one = p[0] <= 1;
        const size_t n = one || i + 1 == seg->option_octets ? 1 : p[1];

        if (n == 0 || i + n > seg->option_octets || (!one && n < 2)) {
            break;
        }
        fputs(between, s->to);
        between = ",";
        if (one) {
            fputs(p[0] == 0 ? "eol" : "nop", s->to);
        } else {
            put_option(s, p, n, seg->mine);
        }
        i += n;
    }
    fputs(between[0] == ',' ? ">" : "", s->to);
}

static void put_flags(const struct script *s, uint8_t flags)
{
    static const struct {
        uint8_t flag;
        char letter;
    } letters[] = {{SF_FIN, 'F'}, {SF_SYN, 'S'}, {SF_RST, 'R'}, {SF_PSH, 'P'},
                   {SF_ACK, '.'}, {SF_URG, 'U'}, {SF_ECE, 'E'}, {SF_CWR, 'W'}};

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if ((flags & letters[i].flag) != 0) {
            fputc(letters[i].letter, s->to);
        }
    }
}

static void put_segment(const struct script *s, const struct replay_seg *seg)
{
    const struct replay_seg *own = seg->mine ? s->syn : s->far;
    const struct replay_seg *other = seg->mine ? s->far : s->syn;
    const uint32_t seq = seg->seq.v - (own != NULL ? own->seq.v : 0);
    const uint32_t ack = seg->ack.v - (other != NULL ? other->seq.v : 0);

    at(s, seg->at_ns);
    fputs(seg->mine ? "> " : "< ", s->to);
    put_flags(s, seg->flags);
    fprintf(s->to, " %" PRIu32 ":%" PRIu32 "(%" PRIu32 ")", seq, seq + seg->text_octets,
            seg->text_octets);
    if ((seg->flags & SF_ACK) != 0) {
        fprintf(s->to, " ack %" PRIu32, ack);
    }
    /* What ours offers depends on how the application reads, which nobody has seen. */
    if (!seg->mine) {
        fprintf(s->to, " win %u", (unsigned)seg->wnd);
    }
    put_options(s, seg);
    fputc('\n', s->to);
}

static void call(const struct script *s, uint64_t at_ns, const char *what)
{
    at(s, at_ns);
    fprintf(s->to, "%s\n", what);
}

static void put_read(struct script *s, uint64_t at_ns)
{
    if (s->fd != 0 && s->unread > 0 && !s->closed) {
        at(s, at_ns);
        fprintf(s->to, "read(%d, ..., %" PRIu32 ") = %" PRIu32 "\n", s->fd, s->unread,
                s->unread);
        s->unread = 0;
    }
}

static void listen_first(struct script *s)
{
    s->listens = true;
    call(s, s->conn->segs[0].at_ns, "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
    call(s, s->conn->segs[0].at_ns, "bind(3, ..., ...) = 0");
    call(s, s->conn->segs[0].at_ns, "listen(3, 1) = 0");
}

/* True if a segment that is not full leaves while others are not acknowledged: with Nagle's
 * algorithm (RFC 9293 s3.7.4) it would have waited. */
static bool no_delay(const struct replay_conn *conn)
{
    const struct replay_seg *syn = replay_syn(conn, true);
    const struct replay_seg *far = replay_syn(conn, false);
    sf_seq end = sf_seq_add(syn != NULL ? syn->seq : (sf_seq){0}, 1);
    sf_seq acked = end;

    for (size_t i = 0; i < conn->n; i++) {
        const struct replay_seg *seg = &conn->segs[i];
        const bool full = far != NULL && seg->text_octets + 40U >= far->mss;

        if (!seg->mine && (seg->flags & SF_ACK) != 0) {
            acked = sf_seq_max(acked, seg->ack);
        }
        if (!seg->mine || seg->text_octets == 0 || sf_seq_before(seg->seq, end)) {
            continue;
        }
        if (!full && sf_seq_after(end, acked) && (seg->flags & SF_FIN) == 0) {
            return true;
        }
        end = sf_seq_max(end, sf_seq_add(seg->seq, seg->text_octets));
    }
    return false;
}

static void put_no_delay(const struct script *s, uint64_t at_ns)
{
    if (no_delay(s->conn)) {
        at(s, at_ns);
        fprintf(s->to, "setsockopt(%d, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n", s->fd);
    }
}

static void connect_now(struct script *s, uint64_t at_ns)
{
    s->fd = 3;
    call(s, at_ns, "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
    call(s, at_ns, "fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
    put_no_delay(s, at_ns);
    call(s, at_ns, "connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)");
}

/* True if a RST of the side's own comes after its FIN: then nobody reads any more. */
static bool reset_after(const struct replay_conn *conn, size_t fin)
{
    for (size_t i = fin + 1; i < conn->n; i++) {
        if (conn->segs[i].mine && (conn->segs[i].flags & SF_RST) != 0) {
            return true;
        }
    }
    return false;
}

/* What the application gave at once: up to a PSH, or as far as it goes. */
static sf_seq end_of_piece(const struct replay_conn *conn, size_t i)
{
    sf_seq end = sf_seq_add(conn->segs[i].seq, conn->segs[i].text_octets);

    for (; i < conn->n; i++) {
        const struct replay_seg *seg = &conn->segs[i];

        if (!seg->mine || seg->text_octets == 0) {
            continue;
        }
        if (sf_seq_after(sf_seq_add(seg->seq, seg->text_octets), end)) {
            end = sf_seq_add(seg->seq, seg->text_octets);
        }
        if ((seg->flags & (SF_PSH | SF_FIN)) != 0) {
            break;
        }
    }
    return end;
}

static void put_write(struct script *s, size_t i)
{
    const struct replay_seg *seg = &s->conn->segs[i];
    const sf_seq end = end_of_piece(s->conn, i);
    const uint32_t octets = sf_seq_span(s->given, end);

    if (s->fd != 0 && octets < (1U << 30)) {
        at(s, seg->at_ns);
        fprintf(s->to, "write(%d, ..., %" PRIu32 ") = %" PRIu32 "\n", s->fd, octets, octets);
    }
    s->given = end;
}

/* What the application did so that this was sent. */
static void act(struct script *s, size_t i)
{
    const struct replay_seg *seg = &s->conn->segs[i];
    const struct replay_seg *before = i > 0 ? &s->conn->segs[i - 1] : NULL;
    const bool answer =
        before != NULL && !before->mine && seg->at_ns - before->at_ns < ANSWERED;

    if ((seg->flags & (SF_SYN | SF_ACK)) == SF_SYN && s->fd == 0) {
        connect_now(s, seg->at_ns);
    }
    if (seg->text_octets > 0 &&
        sf_seq_after(sf_seq_add(seg->seq, seg->text_octets), s->given)) {
        put_write(s, i);
    }
    if (s->fd == 0 || s->closed) {
        return;
    }
    if ((seg->flags & SF_FIN) != 0 && !s->shut) {
        s->shut = true;
        s->closed = reset_after(s->conn, i);
        at(s, seg->at_ns);
        fprintf(s->to, s->closed ? "close(%d) = 0\n" : "shutdown(%d, SHUT_WR) = 0\n", s->fd);
    } else if ((seg->flags & SF_RST) != 0 && !answer) {
        s->closed = true;
        at(s, seg->at_ns);
        fprintf(s->to, "setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0\n",
                s->fd);
        at(s, seg->at_ns);
        fprintf(s->to, "close(%d) = 0\n", s->fd);
    }
}

/* True if seg brings what is next in order; then it is counted. */
static bool take_next(struct script *s, const struct replay_seg *seg)
{
    const sf_seq first = sf_seq_add(seg->seq, (seg->flags & SF_SYN) != 0 ? 1 : 0);
    const sf_seq end = sf_seq_add(first, seg->text_octets);

    if (seg->mine || seg->damaged || (seg->flags & SF_RST) != 0 ||
        sf_seq_after(first, s->came) || !sf_seq_after(end, s->came)) {
        return false;
    }
    s->unread += sf_seq_span(s->came, end);
    s->came = end;
    return true;
}

/* Octets that came in order, and those behind a gap that this fills: who overtook it is not
 * far before it. */
static void take_text(struct script *s, size_t i)
{
    const size_t first = i > OVERTAKEN ? i - OVERTAKEN : 0;

    if (!take_next(s, &s->conn->segs[i])) {
        return;
    }
    for (size_t k = first; k < i; k++) {
        (void)take_next(s, &s->conn->segs[k]);
    }
}

static void theirs(struct script *s, size_t i)
{
    const struct replay_seg *seg = &s->conn->segs[i];

    put_segment(s, seg);
    if ((seg->flags & SF_RST) != 0) {
        /* An exact one: there is nobody to read any more (RFC 5961 s3.2). */
        s->closed = s->closed || sf_seq_eq(seg->seq, s->came);
        return;
    }
    if (seg == s->far) {
        s->came = sf_seq_add(seg->seq, 1);
    }
    if (s->listens && s->fd == 0 && s->syn != NULL && seg != s->far &&
        (seg->flags & (SF_SYN | SF_RST | SF_ACK)) == SF_ACK &&
        seg->ack.v == s->syn->seq.v + 1) {
        s->fd = 4;
        call(s, seg->at_ns, "accept(3, ..., ...) = 4");
        put_no_delay(s, seg->at_ns);
    }
    if (s->far != NULL && seg->text_octets > 0) {
        take_text(s, i);
    }
    put_read(s, seg->at_ns);
}

/* What its SYN shows of how the side is configured. */
static void settings(const struct script *s)
{
    static const struct {
        uint16_t option;
        const char *name;
    } switches[] = {
        {SF_OPT_TS, "timestamps"}, {SF_OPT_SACK_OK, "sack"}, {SF_OPT_WSCALE, "window_scaling"}};
    const bool asked = (s->syn->flags & SF_ACK) == 0;
    const bool scales = replay_is(s->syn, SF_OPT_WSCALE) != 0;
    uint32_t buffer = s->syn->wnd;

    if (scales && s->syn->wscale > 0) {
        buffer = 65535U << replay_shift(s->syn);
    }
    fprintf(s->to, "`sysctl -q net.ipv4.tcp_rmem=\"4096 %" PRIu32 " %" PRIu32 "\"", buffer,
            buffer);
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        const bool offered =
            asked || (s->far != NULL && replay_is(s->far, switches[i].option) != 0);

        if (offered && replay_is(s->syn, switches[i].option) == 0) {
            fprintf(s->to, "\nsysctl -q net.ipv4.tcp_%s=0", switches[i].name);
        }
    }
    fputs("`\n", s->to);
}

static void head(const struct script *s)
{
    const bool six = s->conn->client.addr.family == SF_IPV6;

    fputs("// One side of a captured connection: its segments are expected, the other side's\n"
          "// injected.  What the application did is inferred from them.\n",
          s->to);
    fprintf(s->to, "--ip_version=%s\n", six ? "ipv6" : "ipv4");
    if (s->syn != NULL && replay_is(s->syn, SF_OPT_MSS) != 0) {
        fprintf(s->to, "--mtu=%u\n", s->syn->mss + (six ? 60U : 40U));
    }
    fprintf(s->to, "--tolerance_usecs=%d\n--together=1\n", TOLERANCE_US);
    if (s->syn != NULL) {
        settings(s);
    }
}

void replay_pkt(const struct replay_conn *conn, FILE *to)
{
    struct script s = {
        .conn = conn, .to = to, .syn = replay_syn(conn, true), .far = replay_syn(conn, false)};

    s.given = s.syn != NULL ? sf_seq_add(s.syn->seq, 1) : (sf_seq){0};
    head(&s);
    if (s.syn != NULL && (s.syn->flags & SF_ACK) != 0) {
        listen_first(&s);
    } else if (s.syn != NULL && !conn->segs[0].mine) {
        connect_now(&s, conn->segs[0].at_ns);
    }
    for (size_t i = 0; i < conn->n; i++) {
        if (conn->segs[i].damaged) {
            continue;
        }
        if (conn->segs[i].mine) {
            act(&s, i);
            put_segment(&s, &conn->segs[i]);
        } else {
            theirs(&s, i);
        }
    }
}
