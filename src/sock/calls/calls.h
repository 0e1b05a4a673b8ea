/* SPDX-License-Identifier: MIT
 *
 * sock/calls/calls.h - the socket calls as Linux has them, on synfin/conn.h, without a clock
 * and without waiting.
 *
 *   a script, a program --> [calls: descriptors, errno, options] --> synfin/conn.h
 *
 * Said once, for every function here:
 *   - now is the present; descriptors are those of sf_calls_socket() and sf_calls_accept();
 *   - the result is what the call returns, or -errno;
 *   - SF_CALLS_WAIT: a call on a descriptor that blocks would wait; call again, with the same
 *     arguments, when something has happened.  A descriptor with O_NONBLOCK, or MSG_DONTWAIT,
 *     gives -EAGAIN (connect: -EINPROGRESS) instead.
 */
#ifndef SYNFIN_SOCK_CALLS_CALLS_H
#define SYNFIN_SOCK_CALLS_CALLS_H

#include <sys/socket.h>

#include "synfin/conn.h"

#define SF_CALLS_WAIT INT64_MIN

/* Descriptors begin behind standard input, output and error. */
#define SF_CALLS_FIRST 3
#define SF_CALLS_MOST  64

/* FreeBSD's TCP_KEEPINIT and TCP_NOOPT, names that Linux has no numbers for. */
#define SF_CALLS_KEEPINIT 0x10001
#define SF_CALLS_NOOPT    0x10002

/* More than enum sf_option has. */
#define SF_CALLS_OPTIONS 32

/* What of Fast Open there is, as bits: those of Linux's net.ipv4.tcp_fastopen. */
enum {
    SF_CALLS_FAST_CLIENT = 0x1,
    SF_CALLS_FAST_SERVER = 0x2,
    SF_CALLS_FAST_CLIENT_FREE = 0x4,   /* SYNs carry text without a cookie */
    SF_CALLS_FAST_SERVER_FREE = 0x200, /* listeners take it so */
    SF_CALLS_FAST_LISTENERS = 0x400    /* also those that have not asked for Fast Open */
};

/* What waits in a descriptor's error queue, and how many sends whose moments are waited for. */
#define SF_CALLS_NOTES 32
#define SF_CALLS_MARKS 32

/* An entry of the error queue: the numbers of struct sock_extended_err, and when. */
struct sf_calls_note {
    uint8_t origin; /* SO_EE_ORIGIN_ZEROCOPY or SO_EE_ORIGIN_TIMESTAMPING */
    uint8_t code;
    bool cut; /* MSG_TRUNC: there was a packet, of which nothing is kept */
    int error;
    uint32_t info, data;
    sf_time at; /* of a timestamp */
};

/* A send whose last octet is to be followed. */
struct sf_calls_mark {
    uint32_t end;   /* octets written up to it, of the connection */
    uint32_t waits; /* SOF_TIMESTAMPING_TX_* that have not come */
};

/* How far a descriptor has come. */
enum sf_calls_stage {
    SF_CALLS_FREE = 0,
    SF_CALLS_EPOLL,     /* no socket: it watches others */
    SF_CALLS_NEW,       /* neither connected nor listening */
    SF_CALLS_LISTENING, /* handle is a listener */
    SF_CALLS_CONNECTING,
    SF_CALLS_CONNECTED
};

/* One descriptor. */
struct sf_calls_fd {
    enum sf_calls_stage stage;
    struct sf_handle handle;
    struct sf_endpoint local;  /* as bound; family SF_UNSPEC: any */
    struct sf_endpoint remote; /* of connect(), while deferred */
    uint8_t family;            /* enum sf_family of the socket */
    bool bound;
    bool nonblocking;
    bool told_error; /* an error is told once, as SO_ERROR does */
    bool shut_read, shut_write;
    bool reuse_address;
    bool inq;          /* TCP_INQ */
    bool transparent;  /* IP_TRANSPARENT: a listener for all addresses */
    bool no_room;      /* a write found none, and nobody was told of room since then */
    bool fast_connect; /* TCP_FASTOPEN_CONNECT */
    bool deferred;     /* and connect() has left the SYN to the first octets, to remote */
    bool fast_waits;   /* a send that opened the connection waits for its end */
    int mark;          /* SO_MARK */
    bool linger;
    uint32_t linger_s;
    uint32_t backlog;   /* of a listener, as the engine counts */
    uint32_t fast_open; /* TCP_FASTOPEN: of a listener, how many; else whether */
    bool fast_free;     /* TCP_FASTOPEN_NO_COOKIE */
    uint8_t n_keys;     /* TCP_FASTOPEN_KEY */
    uint8_t keys[SF_FAST_OPEN_KEYS][SF_FAST_OPEN_KEY];
    uint32_t defer_accept; /* TCP_DEFER_ACCEPT, seconds */
    bool zerocopy;         /* SO_ZEROCOPY */
    uint32_t zerocopies;   /* sends with MSG_ZEROCOPY */
    uint32_t stamps;       /* SO_TIMESTAMPING */
    uint32_t stamps_from;  /* the sequence number that they count from */
    uint32_t written;      /* octets that sends took */
    uint32_t notes_told;   /* how many there were, for an edge of epoll */
    uint8_t n_notes, n_marks;
    struct sf_calls_note notes[SF_CALLS_NOTES]; /* oldest first */
    struct sf_calls_mark marks[SF_CALLS_MARKS]; /* the same */
    uint32_t options_set;                       /* bits of enum sf_option */
    uint64_t options[SF_CALLS_OPTIONS]; /* by enum sf_option, as sf_set_option() takes them */
};

/* What an epoll descriptor watches. */
struct sf_calls_watch {
    int epoll, fd;   /* 0: a free one */
    uint32_t events; /* EPOLL* */
    uint64_t data;
    bool off;         /* EPOLLONESHOT, and it has been told */
    uint32_t ready;   /* as told last */
    uint32_t rcv_nxt; /* then */
    uint32_t notes;   /* the same: how many there had been */
};

/* One of the events that epoll_wait() gives. */
struct sf_calls_event {
    uint32_t events;
    uint64_t data;
};

#define SF_CALLS_WATCHES 32

struct sf_calls {
    struct sf_stack *stack;
    bool bsd;         /* where FreeBSD and Linux differ, as FreeBSD has it */
    uint32_t fast;    /* SF_CALLS_FAST_*; client and server to begin with */
    uint32_t segment; /* FreeBSD makes receive buffers a multiple of it: the link's MSS */
    uint32_t defaults_set;
    uint64_t defaults[SF_CALLS_OPTIONS]; /* of new sockets */
    struct sf_calls_fd fds[SF_CALLS_MOST];
    struct sf_calls_watch watches[SF_CALLS_WATCHES];
};

void sf_calls_init(struct sf_calls *calls, struct sf_stack *stack);

/* The descriptor, or a null pointer. */
struct sf_calls_fd *sf_calls_at(struct sf_calls *calls, int fd);

int64_t sf_calls_socket(struct sf_calls *calls, int domain, int type, int protocol);
int64_t sf_calls_bind(struct sf_calls *calls, int fd, const struct sf_endpoint *local);
int64_t sf_calls_listen(struct sf_calls *calls, int fd, int backlog, sf_time now);
int64_t sf_calls_accept(struct sf_calls *calls, int fd, int flags, sf_time now);
/* To a remote of family SF_UNSPEC: the connection is given up, and the descriptor as new. */
int64_t sf_calls_connect(struct sf_calls *calls, int fd, const struct sf_endpoint *remote,
                         sf_time now);
int64_t sf_calls_close(struct sf_calls *calls, int fd, sf_time now);
int64_t sf_calls_shutdown(struct sf_calls *calls, int fd, int how, sf_time now);
int64_t sf_calls_fcntl(struct sf_calls *calls, int fd, int command, int argument);

/* Octets and what is done with them. */
struct sf_calls_buffer {
    uint8_t *data;
    size_t octets;
    size_t done; /* of a send that waited: what was taken so far; 0 to begin with */
    int flags;   /* MSG_* */
};

int64_t sf_calls_recv(struct sf_calls *calls, int fd, struct sf_calls_buffer *buffer,
                      sf_time now);
int64_t sf_calls_send(struct sf_calls *calls, int fd, struct sf_calls_buffer *buffer,
                      sf_time now);

/*
 * With an address: a socket that is not connected is connected with the octets (RFC 7413
 * s4.2.1) if TCP_FASTOPEN is set on it, as on FreeBSD, or with MSG_FASTOPEN, as on Linux; else
 * the same.  With MSG_FASTOPEN the result is how many octets the SYN carries, or -EINPROGRESS
 * if none; of a call that waits, how many there were.
 */
int64_t sf_calls_sendto(struct sf_calls *calls, int fd, const struct sf_endpoint *remote,
                        struct sf_calls_buffer *buffer, sf_time now);

/* recvmsg(MSG_ERRQUEUE): the oldest note; -EAGAIN if there is none, as it never waits. */
int64_t sf_calls_recv_note(struct sf_calls *calls, int fd, struct sf_calls_note *note);

/* See what sent octets have come to, for SO_TIMESTAMPING: to be called after frames were handed
 * over, either way, at the time of which they were. */
void sf_calls_look(struct sf_calls *calls, sf_time now);

/* What poll() would put into revents, if events were asked for. */
short sf_calls_poll(struct sf_calls *calls, int fd, short events, sf_time now);

/* As for poll(), it is the caller who waits: sf_calls_epoll_wait() gives how many descriptors
 * are ready, of up to most, and 0 if none is. */
int64_t sf_calls_epoll_create(struct sf_calls *calls, int size);
int64_t sf_calls_epoll_ctl(struct sf_calls *calls, int operation,
                           const struct sf_calls_watch *wanted);
int64_t sf_calls_epoll_wait(struct sf_calls *calls, int epoll, struct sf_calls_event *events,
                            int most, sf_time now);

/* SIOCINQ, SIOCOUTQ, SIOCOUTQNSD. */
int64_t sf_calls_ioctl(struct sf_calls *calls, int fd, unsigned long request, int *value,
                       sf_time now);

/* TCP_CM_INQ: octets that wait, and one for the end. */
int sf_calls_inq(struct sf_calls *calls, int fd, sf_time now);

/* An option's value: numbers, the second of them for SO_LINGER alone; or octets, for
 * TCP_FASTOPEN_KEY alone. */
struct sf_calls_option {
    int level, name;
    int value, second;
    uint8_t *octets;
    size_t n_octets; /* of getsockopt(): in, how many fit; out, how many there are */
};

/* -ENOPROTOOPT for an option that we do not have. */
int64_t sf_calls_setsockopt(struct sf_calls *calls, int fd,
                            const struct sf_calls_option *option, sf_time now);
int64_t sf_calls_getsockopt(struct sf_calls *calls, int fd, struct sf_calls_option *option,
                            sf_time now);

/* What new sockets begin with, as sf_set_option() takes it. */
void sf_calls_default(struct sf_calls *calls, enum sf_option option, uint64_t value);

/* The connection's or listener's status; false if there is none. */
bool sf_calls_status(struct sf_calls *calls, int fd, struct sf_status *status, sf_time now);

/* The errno of an error of the stack's. */
int sf_calls_errno(enum sf_err err);

/* What a listener takes into account only when it begins has changed: begin again.  Fails
 * while somebody waits.  For calls/ alone. */
int64_t sf_calls_relisten(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now);

/* A descriptor of nothing yet, or -EMFILE.  For calls/ alone. */
int sf_calls_new(struct sf_calls *calls);

/* It is closed: nobody watches it any more.  For calls/ alone. */
void sf_calls_epoll_forget(struct sf_calls *calls, int fd);

/* An error that the connection died of and that nobody was told of yet, as errno; else 0.
 * For calls/ alone. */
int sf_calls_take_error(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now);

/* What sf_open() of a descriptor with Fast Open takes.  For calls/ alone. */
uint8_t sf_calls_fast_open(const struct sf_calls *calls, const struct sf_calls_fd *f);

/* So many octets were taken with those MSG_* flags, by one send, the last ones of it.  For
 * calls/ alone. */
void sf_calls_took(struct sf_calls_fd *f, size_t octets, int flags);

/* May a send with those flags be made?  Each with MSG_ZEROCOPY is told of.  For calls/
 * alone. */
bool sf_calls_may_note(const struct sf_calls_fd *f, int flags);

/* SO_TIMESTAMPING.  For calls/ alone. */
int64_t sf_calls_set_stamps(struct sf_calls *calls, struct sf_calls_fd *f, int value,
                            sf_time now);

/* Send a SYN, with Fast Open or without; 0 or -errno.  For calls/ alone. */
int64_t sf_calls_begin(struct sf_calls *calls, struct sf_calls_fd *f,
                       const struct sf_endpoint *remote, bool fast, sf_time now);

/* The same with Fast Open, and with as many of the octets as the SYN takes.  The result is that
 * of sf_calls_sendto() with MSG_FASTOPEN.  For calls/ alone. */
int64_t sf_calls_open_with(struct sf_calls *calls, struct sf_calls_fd *f,
                           const struct sf_endpoint *remote, struct sf_calls_buffer *buffer,
                           sf_time now);

/* TCP_FASTOPEN_CONNECT: if a cookie is known, connect() succeeds, and the SYN leaves with the
 * first octets sent.  False if not so.  For calls/ alone. */
bool sf_calls_defer(struct sf_calls *calls, struct sf_calls_fd *f,
                    const struct sf_endpoint *remote, sf_time now);

/* Set on a new connection what was set before there was one.  For calls/ alone. */
void sf_calls_apply(struct sf_calls *calls, const struct sf_calls_fd *f, sf_time now);

#endif
