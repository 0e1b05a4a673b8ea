/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/scene.c - setup and inject of the table: what is done.
 */
#include "scene.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "pattern.h"
#include "wire/icmp6.h"
#include "wire/ip.h"

#define MAX_WAIT_S 300000 /* a timer that has not fired by then is not armed */

void scene_fail(const struct scene *s, const char *what, const char *word)
{
    printf("# %s: %s\n", word, what);
    _fail(SCENE_FILE, s->line);
    abort(); /* _fail() does not come back */
}

bool scene_word(const char **words, char separator, char *word)
{
    const char *p = *words + strspn(*words, " ");
    const char *end = strchr(p, separator);
    size_t n = end == NULL ? strlen(p) : (size_t)(end - p);

    *words = end == NULL ? p + n : end + 1;
    while (n > 0 && p[n - 1] == ' ') {
        n--;
    }
    if (n >= SCENE_TEXT) {
        n = SCENE_TEXT - 1;
    }
    memcpy(word, p, n);
    word[n] = '\0';
    return n != 0;
}

bool scene_arg(const char *args, const char *key, char *value)
{
    char word[SCENE_TEXT];
    size_t n = strlen(key);

    while (scene_word(&args, ' ', word)) {
        if (strncmp(word, key, n) == 0 && word[n] == '=') {
            memmove(value, word + n + 1, strlen(word + n + 1) + 1);
            return true;
        }
    }
    return false;
}

static uint32_t term(const struct scene *s, const char *name, size_t n)
{
    const struct {
        const char *name;
        uint32_t value;
    } names[] = {
        {"SND.UNA", s->n.snd_una},
        {"SND.NXT", s->n.snd_nxt},
        {"SND.WND", s->n.snd_wnd},
        {"RCV.NXT", s->n.rcv_nxt},
        {"RCV.WND", s->n.rcv_wnd},
        {"ISS", T_OURS - 1},
        {"SND.MSS", s->n.snd_mss},
        {"IRS", T_THEIRS - 1},
        {"SEG.SEQ", s->seg.seq.v},
        {"SEG.ACK", s->seg.ack.v},
        {"SEG.LEN",
         s->seg.text + ((s->seg.flags & SF_SYN) != 0) + ((s->seg.flags & SF_FIN) != 0)},
    };

    for (size_t i = 0; i < T_COUNT(names); i++) {
        if (strlen(names[i].name) == n && strncmp(names[i].name, name, n) == 0) {
            return names[i].value;
        }
    }
    if (n == 0 || isdigit((unsigned char)name[0]) == 0) {
        scene_fail(s, "not a number", name);
    }
    return (uint32_t)strtoul(name, NULL, 10);
}

uint32_t scene_number(const struct scene *s, const char *text)
{
    uint32_t sum = 0;
    bool minus = false;

    if (*text == '-') {
        minus = true;
        text++;
    }
    while (*text != '\0') {
        size_t n = strcspn(text, "+-");
        uint32_t value = term(s, text, n);

        sum += minus ? 0 - value : value;
        text += n;
        minus = *text == '-';
        text += *text != '\0';
    }
    return sum;
}

/* The value of a number among arguments, or what it is when not said. */
static uint32_t number_arg(const struct scene *s, const char *args, const char *key,
                           uint32_t otherwise)
{
    char value[SCENE_TEXT];

    return scene_arg(args, key, value) ? scene_number(s, value) : otherwise;
}

uint8_t scene_flags(const struct scene *s, const char *args)
{
    static const struct {
        const char *name;
        uint8_t flag;
    } names[] = {{"FIN", SF_FIN}, {"SYN", SF_SYN}, {"RST", SF_RST},
                 {"PSH", SF_PSH}, {"ACK", SF_ACK}, {"URG", SF_URG}};
    char all[SCENE_TEXT];
    char one[SCENE_TEXT];
    const char *rest = all;
    uint8_t flags = 0;

    scene_word(&args, ' ', all);
    while (strcmp(all, "none") != 0 && scene_word(&rest, ',', one)) {
        size_t i = 0;

        while (i < T_COUNT(names) && strcmp(names[i].name, one) != 0) {
            i++;
        }
        if (i == T_COUNT(names)) {
            scene_fail(s, "no such flag", one);
        }
        flags |= names[i].flag;
    }
    return flags;
}

enum sf_state scene_state(const struct scene *s, const char *name)
{
    char text[SCENE_TEXT];

    snprintf(text, sizeof(text), "%s", name);
    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '-' ? '_' : *p;
    }
    for (int i = 0; i < SF_STATES; i++) {
        if (strcmp(sf_state_name((enum sf_state)i), text) == 0) {
            return (enum sf_state)i;
        }
    }
    scene_fail(s, "no such state", name);
}

/* What we said tells where we are. */
static void drain(struct scene *s)
{
    t_pull(&s->t);
    while (s->t.out_count != 0) {
        struct t_out out = t_next(&s->t);
        uint32_t end = out.seg.seq.v + sf_seg_len(&out.seg) - s->t.iss + (T_OURS - 1);

        if (out.dport != s->t.them.port || (out.seg.flags & SF_RST) != 0) {
            continue;
        }
        s->n.snd_nxt = (int32_t)(end - s->n.snd_nxt) > 0 ? end : s->n.snd_nxt;
        if ((out.seg.flags & SF_ACK) != 0) {
            s->n.rcv_nxt = out.seg.ack.v - s->t.peer_iss + (T_THEIRS - 1);
            s->n.rcv_wnd = out.seg.wnd;
        }
    }
}

static void peer_says(struct scene *s)
{
    uint32_t ack = s->seg.ack.v;

    t_peer_says(&s->t, &s->seg);
    if ((s->seg.flags & SF_ACK) != 0 && (int32_t)(ack - s->n.snd_una) > 0 &&
        (int32_t)(ack - s->n.snd_nxt) <= 0) {
        s->n.snd_una = ack;
    }
}

/* A segment as everybody expects it. */
static void plain(struct scene *s, uint8_t flags, uint32_t seq, uint32_t ack)
{
    drain(s);
    s->seg = (struct t_seg){.flags = flags, .seq = {seq}, .ack = {ack}};
    peer_says(s);
    drain(s);
}

static void start(struct scene *s)
{
    t_start(&s->t);
    sf_stack_trace(s->t.stack, &s->ring);
}

static void listens(struct scene *s)
{
    start(s);
    t_listen(&s->t);
    s->listens = true;
}

static void opens(struct scene *s)
{
    start(s);
    s->t.open.remote = s->t.them;
    T_EQ(sf_open(s->t.stack, &s->t.open, &s->t.conn, s->t.now), SF_OK);
    drain(s);
}

/* As far as SYN-RECEIVED, or beyond it. */
static void open_to(struct scene *s, bool active, bool whole)
{
    if (active) {
        opens(s);
        plain(s, whole ? SF_SYN | SF_ACK : SF_SYN, T_THEIRS - 1, T_OURS);
        return;
    }
    listens(s);
    plain(s, SF_SYN, T_THEIRS - 1, 0);
    if (whole) {
        plain(s, SF_ACK, T_THEIRS, T_OURS);
        t_accept(&s->t);
        drain(s);
    }
}

static void closes(struct scene *s, bool whole)
{
    s->status = t_status(&s->t);
    if (whole) {
        t_close(&s->t);
    } else {
        t_shutdown(&s->t);
    }
    drain(s);
}

static void go_to(struct scene *s, enum sf_state state, bool active, bool gone)
{
    switch (state) {
    case SF_CLOSED:
        start(s);
        return;
    case SF_LISTEN:
        listens(s);
        return;
    case SF_SYN_SENT:
        opens(s);
        return;
    case SF_SYN_RECEIVED:
        open_to(s, active, false);
        return;
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_1:
    case SF_FIN_WAIT_2:
    case SF_CLOSE_WAIT:
    case SF_CLOSING:
    case SF_LAST_ACK:
    case SF_TIME_WAIT:
        open_to(s, active, true);
        break;
    }
    if (state == SF_CLOSE_WAIT || state == SF_LAST_ACK) {
        plain(s, SF_FIN | SF_ACK, T_THEIRS, T_OURS);
    }
    if (state != SF_ESTABLISHED && state != SF_CLOSE_WAIT) {
        closes(s, gone);
    }
    if (state == SF_FIN_WAIT_2) {
        plain(s, SF_ACK, T_THEIRS, T_OURS + 1);
    } else if (state == SF_CLOSING) {
        plain(s, SF_FIN | SF_ACK, T_THEIRS, T_OURS);
    } else if (state == SF_TIME_WAIT) {
        plain(s, SF_FIN | SF_ACK, T_THEIRS, T_OURS + 1);
    }
}

static void with(struct scene *s, const char *args)
{
    char name[SCENE_TEXT];
    char text[SCENE_TEXT];
    uint32_t value = 0;

    scene_word(&args, ' ', name);
    value = scene_word(&args, ' ', text) ? (uint32_t)strtoul(text, NULL, 10) : 1;
    if (strcmp(name, "timestamps") == 0) {
        s->t.config.timestamps = 1;
        s->t.options |= SF_OPT_TS;
    } else if (strcmp(name, "timestamps-of-ours") == 0) {
        s->t.config.timestamps = 1;
    } else if (strcmp(name, "sack") == 0) {
        s->t.config.sack = 1;
        s->t.options |= SF_OPT_SACK_OK;
    } else if (strcmp(name, "connections") == 0) {
        s->t.config.max_connections = value;
    } else if (strcmp(name, "listeners") == 0) {
        s->t.config.max_listeners = value;
    } else if (strcmp(name, "ports") == 0) {
        s->t.config.port_low = 40000;
        s->t.config.port_high = (uint16_t)(40000 + value - 1);
    } else if (strcmp(name, "syn-queue") == 0) {
        s->t.listen.syn_queue = value;
    } else if (strcmp(name, "cookies") == 0) {
        s->t.config.syn_cookies = SF_COOKIES_PRESSURE;
    } else if (strcmp(name, "cookies-always") == 0) {
        s->t.listen.syn_cookies = SF_COOKIES_ALWAYS;
    } else if (strcmp(name, "fast-open") == 0) {
        s->t.listen.fast_open = value;
        s->t.open.fast_open = 1;
    } else if (strcmp(name, "accept-queue") == 0) {
        s->t.listen.accept_queue = value;
    } else if (strcmp(name, "sndbuf") == 0) {
        s->t.config.sndbuf_octets = value;
    } else if (strcmp(name, "user-timeout") == 0) {
        s->t.config.user_timeout = SF_MS(value);
    } else {
        scene_fail(s, "no such setting", name);
    }
}

/* An address that no segment may come from, or go to. */
static struct sf_addr group(const struct scene *s, bool everybody)
{
    struct sf_addr addr = sf_addr_v4(224, 0, 0, 1);

    if (s->t.us.addr.family == SF_IPV4) {
        return everybody ? sf_addr_v4(255, 255, 255, 255) : addr;
    }
    T_EQ(sf_addr_parse(everybody ? "ff02::1" : "ff05::7", &addr), SF_OK);
    return addr;
}

static void peer(struct scene *s, const char *args)
{
    struct sf_addr us = s->t.us.addr;
    struct sf_addr them = s->t.them.addr;
    char value[SCENE_TEXT];

    s->seg = (struct t_seg){
        .flags = scene_flags(s, args),
        .seq = {number_arg(s, args, "seq", s->n.rcv_nxt)},
        .ack = {number_arg(s, args, "ack", s->n.snd_nxt)},
        .text = number_arg(s, args, "len", 0),
        .urg = (uint16_t)number_arg(s, args, "urg", 0),
    };
    if (scene_arg(args, "wnd", value)) {
        s->seg.wnd = strcmp(value, "0") == 0 ? T_WND_0 : (int32_t)scene_number(s, value);
    }
    if (scene_arg(args, "ts", value)) {
        bool none = strcmp(value, "none") == 0;

        s->seg.no_ts = none;
        s->seg.ts_ahead = none ? 0 : (int32_t)scene_number(s, value);
        if ((s->seg.flags & SF_SYN) != 0) {
            s->seg.options = (uint8_t)(none ? SF_OPT_MSS : SF_OPT_MSS | SF_OPT_TS);
            s->seg.mss = s->t.mss;
            s->t.ts = s->t.ts && !none;
        }
    }
    if (scene_arg(args, "cookie", value)) {
        s->seg.options |= SF_OPT_FAST_OPEN;
        s->seg.fast_open = s->cookie;
        s->seg.fast_open_octets = s->cookie_octets;
    }
    if (scene_arg(args, "from", value)) {
        s->t.them.addr = group(s, strcmp(value, "everybody") == 0);
    }
    if (scene_arg(args, "to", value)) {
        s->t.us.addr = group(s, strcmp(value, "everybody") == 0);
    }
    peer_says(s);
    s->t.us.addr = us;
    s->t.them.addr = them;
}

static struct sf_handle target(const struct scene *s, const char *args)
{
    char value[SCENE_TEXT];

    if (scene_arg(args, "on", value) && strcmp(value, "made-up") == 0) {
        return (struct sf_handle){.index = UINT32_C(1) << 29 | 3, .generation = 77};
    }
    if (s->t.conn.index == 0 && s->listens) {
        return s->t.listener;
    }
    return s->t.conn;
}

static void call_open(struct scene *s, const char *args)
{
    struct sf_open open = s->t.open;
    struct sf_handle handle;
    char value[SCENE_TEXT];

    open.remote = s->t.them;
    if (scene_arg(args, "to", value)) {
        if (strcmp(value, "nobody") == 0) {
            open.remote = (struct sf_endpoint){0};
        } else if (strcmp(value, "another") == 0) {
            open.remote.port++;
        } else {
            open.remote.addr = group(s, strcmp(value, "everybody") == 0);
        }
    }
    if (scene_arg(args, "from", value)) {
        open.local.port = 0;
    }
    s->returned = sf_open(s->t.stack, &open, &handle, s->t.now);
    if (s->returned == SF_OK && open.remote.port == s->t.them.port) {
        s->t.conn = handle;
    }
    if (scene_arg(args, "text", value)) {
        t_send(&s->t, scene_number(s, value));
    }
}

static void call_listen(struct scene *s, const char *args)
{
    struct sf_listen listen = s->t.listen;
    struct sf_handle handle;

    listen.local.port = (uint16_t)number_arg(s, args, "port", T_PORT);
    s->returned = sf_listen(s->t.stack, &listen, &handle, s->t.now);
    if (s->returned == SF_OK && !s->listens && listen.local.port == T_PORT) {
        s->t.listener = handle;
        s->listens = true;
    }
}

static void call_option(struct scene *s, const char *args)
{
    static const struct {
        const char *name;
        enum sf_option option;
    } names[] = {
        {"keepalive", SF_OPTION_KEEPALIVE},
        {"keepalive-probes", SF_OPTION_KEEPALIVE_PROBES},
        {"user-timeout", SF_OPTION_USER_TIMEOUT},
        {"nodelay", SF_OPTION_NODELAY},
    };
    char name[SCENE_TEXT];
    char value[SCENE_TEXT];

    scene_word(&args, ' ', name);
    scene_word(&args, ' ', value);
    for (size_t i = 0; i < T_COUNT(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            t_option(&s->t, names[i].option, strtoul(value, NULL, 10));
            return;
        }
    }
    scene_fail(s, "no such option", name);
}

static void call_io(struct scene *s, bool send, struct sf_handle handle, const char *args)
{
    static uint8_t text[1 << 17];
    struct t_talk *t = &s->t;
    char value[SCENE_TEXT];
    size_t n = scene_word(&args, ' ', value) && isdigit((unsigned char)value[0]) != 0
                   ? strtoul(value, NULL, 10)
                   : 1;

    T_TRUE(n <= sizeof(text));
    if (!send) {
        s->returned = sf_recv(t->stack, handle, text, n, &s->octets, t->now);
        return;
    }
    t_pattern_fill(T_STREAM_OURS, t->sent, text, n);
    s->returned = sf_send(t->stack, handle, text, n, 0, &s->octets, t->now);
    t->sent += s->octets;
}

static void call(struct scene *s, const char *args)
{
    struct t_talk *t = &s->t;
    struct sf_handle handle = target(s, args);
    char name[SCENE_TEXT];

    scene_word(&args, ' ', name);
    s->octets = 0;
    if (strcmp(name, "OPEN") == 0) {
        call_open(s, args);
    } else if (strcmp(name, "LISTEN") == 0) {
        call_listen(s, args);
    } else if (strcmp(name, "SEND") == 0) {
        call_io(s, true, handle, args);
    } else if (strcmp(name, "RECEIVE") == 0) {
        call_io(s, false, handle, args);
    } else if (strcmp(name, "HALF-CLOSE") == 0) {
        s->returned = sf_shutdown(t->stack, handle, t->now);
    } else if (strcmp(name, "CLOSE") == 0) {
        s->returned = sf_close(t->stack, handle, t->now);
    } else if (strcmp(name, "ABORT") == 0) {
        s->returned = sf_abort(t->stack, handle, t->now);
    } else if (strcmp(name, "STATUS") == 0) {
        s->returned = sf_status(t->stack, handle, &s->told, t->now);
    } else if (strcmp(name, "OPTION") == 0) {
        call_option(s, args);
    } else {
        scene_fail(s, "no such call", name);
    }
    t_pull(t);
}

/* What the records since `from` say of a timer: fired, the state changed, or neither. */
enum fired { NOTHING, FIRED, CHANGED };

static enum fired look(struct scene *s, uint64_t from, int want)
{
    enum fired found = NOTHING;
    bool traced = false;

    for (uint64_t i = from; i < s->ring.written; i++) {
        const struct sf_trace_record *r = &s->records[i % SCENE_TRACE];

        if (r->kind == SF_TRACE_TIMER) {
            traced = true;
            s->last_timer = r->what == SF_TIMER_SYN_ACK ? SF_TIMER_RTO : r->what;
            found = s->last_timer == want ? FIRED : found;
        } else if (r->kind == SF_TRACE_STATE && found == NOTHING) {
            /* Giving up at R2 is no expiry of its own kind: it is the timer before. */
            found =
                !traced && r->what == SF_EV_TIMEOUT && s->last_timer == want ? FIRED : CHANGED;
        }
    }
    return found;
}

static enum fired until_it_fires(struct scene *s, int want)
{
    sf_time end = sf_time_add(s->t.now, SF_S(MAX_WAIT_S));

    for (int ticks = 0; ticks < 5000; ticks++) {
        sf_time due = sf_stack_deadline(s->t.stack);
        uint64_t from = s->ring.written;
        enum fired found = NOTHING;

        if (sf_time_is_never(due) || sf_time_before(end, due)) {
            return NOTHING;
        }
        t_forget(&s->t); /* what other timers made us say on the way */
        t_advance(&s->t, sf_time_before(s->t.now, due) ? sf_time_sub(due, s->t.now) : SF_NS(0));
        found = look(s, from, want);
        if (found != NOTHING) {
            return found;
        }
    }
    return NOTHING;
}

static void timer(struct scene *s, const char *args)
{
    static const char *const names[] = {
        [SF_TIMER_RTO] = "RTO",
        [SF_TIMER_PERSIST] = "PERSIST",
        [SF_TIMER_DELAYED_ACK] = "DELAYED-ACK",
        [SF_TIMER_KEEPALIVE] = "KEEPALIVE",
        [SF_TIMER_FIN_WAIT_2] = "FIN-WAIT-2",
        [SF_TIMER_2MSL] = "2MSL",
        [SF_TIMER_USER] = "USER",
    };
    uint32_t times = number_arg(s, args, "times", 1);
    char name[SCENE_TEXT];
    size_t i = 1;

    scene_word(&args, ' ', name);
    while (i < T_COUNT(names) && strcmp(names[i], name) != 0) {
        i++;
    }
    if (i == T_COUNT(names)) {
        scene_fail(s, "no such timer", name);
    }
    s->never = false;
    while (times-- > 0 && !s->never) {
        s->never = until_it_fires(s, (int)i) != FIRED;
    }
}

/* An error of a router's, about a segment of ours that begins at seq. */
static void icmp(struct scene *s, const char *args)
{
    uint8_t frame[256] = {0};
    enum sf_family family = (enum sf_family)s->t.us.addr.family;
    bool v4 = family == SF_IPV4;
    size_t head = sf_ip_head_octets(family);
    uint8_t *body = frame + head + SF_ICMP_HEAD;
    struct sf_ip quoted = {
        .src = s->t.us.addr.octets,
        .dst = s->t.them.addr.octets,
        .payload_octets = 20,
        .family = (uint8_t)family,
        .protocol = SF_PROTO_TCP,
        .hop_limit = 63,
        .dont_fragment = true,
    };
    struct sf_ip ip = quoted;
    struct sf_icmp_out out = {.body = body, .body_octets = (uint32_t)head + 20};
    char kind[SCENE_TEXT];
    uint32_t seq = number_arg(s, args, "seq", s->n.snd_una);

    out.word = number_arg(s, args, "mtu", 0);
    scene_word(&args, ' ', kind);
    if (strcmp(kind, "hard") == 0) {
        out.type = v4 ? 3 : 1; /* port unreachable */
        out.code = v4 ? 3 : 4;
    } else if (strcmp(kind, "soft") == 0) {
        out.type = v4 ? 3 : 1; /* host unreachable, no route */
        out.code = v4 ? 1 : 0;
    } else {
        out.type = v4 ? 3 : 2;
        out.code = v4 ? 4 : 0;
    }
    sf_ip_build(body, &quoted);
    sf_put16(body + head, s->t.us.port);
    sf_put16(body + head + 2, s->t.them.port);
    sf_put32(body + head + 4, seq - (T_OURS - 1) + s->t.iss);
    ip.src = s->t.them.addr.octets;
    ip.dst = s->t.us.addr.octets;
    ip.protocol = v4 ? SF_PROTO_ICMP : SF_PROTO_ICMPV6;
    ip.payload_octets = SF_ICMP_HEAD + out.body_octets;
    sf_ip_build(frame, &ip);
    if (v4) {
        (void)sf_icmp4_build(frame + head, &out);
    } else {
        (void)sf_icmp6_build(frame + head, &out, ip.src, ip.dst);
    }
    t_raw(&s->t, frame, head + ip.payload_octets);
}

static void fill(struct scene *s, const char *args)
{
    if (strcmp(args, "window") == 0) {
        while (t_status(&s->t).rcv_wnd != 0) {
            drain(s);
            s->seg = (struct t_seg){
                .flags = SF_ACK, .seq = {s->n.rcv_nxt}, .ack = {s->n.snd_una}, .text = 1024};
            peer_says(s);
            t_advance(&s->t, SF_MS(40)); /* the delayed acknowledgement */
        }
        drain(s);
    } else {
        while (t_status(&s->t).room != 0) {
            call(s, "SEND 1000");
        }
    }
}

/* Somebody else at the same listener. */
static void another(struct scene *s, const char *args)
{
    struct t_talk *t = &s->t;
    uint32_t iss = t->iss;
    bool known = t->iss_known;

    t->them.port++;
    t->iss_known = false;
    t_peer(t, SF_SYN, .seq = {T_THEIRS - 1});
    if (strcmp(args, "open") == 0) {
        t_peer(t, SF_ACK, .seq = {T_THEIRS}, .ack = {T_OURS});
    }
    t_forget(t);
    t->them.port--;
    t->iss = iss;
    t->iss_known = known;
}

static void act(struct scene *s, const char *word)
{
    static const struct {
        const char *verb;
        void (*act)(struct scene *s, const char *args);
    } verbs[] = {{"with", with},       {"peer", peer},          {"call", call},
                 {"timer", timer},     {"icmp", icmp},          {"fill", fill},
                 {"another", another}, {"cookie", scene_cookie}};
    char verb[SCENE_TEXT];
    const char *args = word;

    if (strchr(word, ':') == NULL) {
        scene_word(&args, ' ', verb);
        go_to(s, scene_state(s, verb), strstr(args, "active") != NULL,
              strstr(args, "reader-gone") != NULL);
        return;
    }
    scene_word(&args, ':', verb);
    args += strspn(args, " ");
    if (strcmp(verb, "wait") == 0) {
        t_advance(&s->t, SF_MS(scene_number(s, args)));
        return;
    }
    for (size_t i = 0; i < T_COUNT(verbs); i++) {
        if (strcmp(verbs[i].verb, verb) == 0) {
            verbs[i].act(s, args);
            return;
        }
    }
    scene_fail(s, "no such word", word);
}

void scene_act(struct scene *s, const char *words, bool keep)
{
    char word[SCENE_TEXT];

    while (scene_word(&words, ';', word)) {
        act(s, word);
        if (s->t.stack != NULL && !keep) {
            drain(s);
        }
    }
}

void scene_begin(struct scene *s, enum sf_family family, bool wrap, int line)
{
    memset(s, 0, sizeof(*s));
    s->line = line;
    s->ring = (struct sf_trace_ring){.records = s->records, .capacity = SCENE_TRACE};
    s->n = (struct scene_numbers){T_OURS - 1, T_OURS, 4096, T_THEIRS, 4096, 536};
    t_begin(&s->t, family);
    if (wrap) {
        t_iss_at(&s->t, 0 - UINT32_C(3));
        s->t.peer_iss = 0 - UINT32_C(3);
    }
}

void scene_end(struct scene *s)
{
    t_end(&s->t);
}

void scene_mark(struct scene *s)
{
    struct t_talk *t = &s->t;

    drain(s);
    s->counters = *sf_stack_counters(t->stack);
    s->level = sf_ready(t->stack, t->conn);
    if (sf_status(t->stack, t->conn, &s->status, t->now) == SF_OK &&
        s->status.state > SF_LISTEN && t->iss_known) {
        s->n.snd_una = s->status.snd_una - t->iss + (T_OURS - 1);
        s->n.snd_nxt = s->status.snd_nxt - t->iss + (T_OURS - 1);
        s->n.snd_wnd = s->status.snd_wnd;
        if (s->status.state != SF_SYN_SENT) {
            s->n.rcv_nxt = s->status.rcv_nxt - t->peer_iss + (T_THEIRS - 1);
            s->n.rcv_wnd = s->status.rcv_wnd;
        }
    }
    t->ready = 0;
    t->listener_ready = 0;
    s->returned = SF_OK;
}
