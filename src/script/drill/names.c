/* SPDX-License-Identifier: MIT
 *
 * script/drill/names.c - the names that stand in calls, as Linux numbers them.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "script/drill/run.h"

struct named {
    const char *name;
    int value;
};

/* clang-format off */
#define N(name) {#name, (int)(name)}
static const struct named constants[] = {
    N(AF_UNSPEC), N(AF_INET), N(AF_INET6), N(PF_INET), N(PF_INET6),
    N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_NONBLOCK), N(SOCK_CLOEXEC),
    N(IPPROTO_IP), N(IPPROTO_TCP), N(IPPROTO_UDP), N(IPPROTO_IPV6), {"SOL_TCP", IPPROTO_TCP},
    {"SOL_IP", IPPROTO_IP}, {"SOL_IPV6", IPPROTO_IPV6}, N(SOL_SOCKET),
    N(SO_REUSEADDR), N(SO_REUSEPORT), N(SO_ERROR), N(SO_LINGER), N(SO_KEEPALIVE), N(SO_RCVBUF),
    N(SO_SNDBUF), N(SO_TYPE), N(SO_ACCEPTCONN), N(SO_RCVLOWAT), N(SO_SNDLOWAT), N(SO_OOBINLINE),
    N(SO_MARK), N(SO_PRIORITY), N(SO_ZEROCOPY), N(SO_TIMESTAMPING), N(SO_TIMESTAMP),
    N(SO_MAX_PACING_RATE), N(SO_RCVTIMEO), N(SO_SNDTIMEO), N(SO_BINDTODEVICE),
    N(TCP_NODELAY), N(TCP_MAXSEG), N(TCP_CORK), N(TCP_KEEPIDLE), N(TCP_KEEPINTVL),
    N(TCP_KEEPCNT), N(TCP_SYNCNT), N(TCP_LINGER2), N(TCP_DEFER_ACCEPT), N(TCP_WINDOW_CLAMP),
    N(TCP_INFO), N(TCP_QUICKACK), N(TCP_CONGESTION), N(TCP_MD5SIG), N(TCP_USER_TIMEOUT),
    N(TCP_FASTOPEN), N(TCP_TIMESTAMP), N(TCP_NOTSENT_LOWAT), N(TCP_FASTOPEN_CONNECT),
    N(TCP_FASTOPEN_KEY), N(TCP_FASTOPEN_NO_COOKIE), N(TCP_INQ), N(TCP_SAVE_SYN),
    N(TCP_SAVED_SYN), N(TCP_REPAIR), N(TCP_THIN_LINEAR_TIMEOUTS),
    N(IP_TOS), N(IP_TTL), N(IP_MTU_DISCOVER), N(IP_MTU), N(IP_FREEBIND), N(IP_RECVERR),
    N(IP_TRANSPARENT), N(IPV6_TRANSPARENT),
    N(IPV6_TCLASS), N(IPV6_UNICAST_HOPS), N(IPV6_V6ONLY), N(IPV6_RECVERR),
    N(MSG_PEEK), N(MSG_DONTWAIT), N(MSG_TRUNC), N(MSG_MORE), N(MSG_OOB), N(MSG_WAITALL),
    N(MSG_NOSIGNAL), N(MSG_FASTOPEN), N(MSG_ERRQUEUE), N(MSG_ZEROCOPY), N(MSG_EOR),
    N(MSG_CTRUNC), N(MSG_CMSG_CLOEXEC),
    N(SHUT_RD), N(SHUT_WR), N(SHUT_RDWR),
    N(F_GETFL), N(F_SETFL), N(F_GETFD), N(F_SETFD), N(FD_CLOEXEC),
    N(O_RDONLY), N(O_WRONLY), N(O_RDWR), N(O_NONBLOCK),
    N(POLLIN), N(POLLOUT), N(POLLPRI), N(POLLERR), N(POLLHUP), N(POLLNVAL), N(POLLRDHUP),
    N(EPOLLIN), N(EPOLLOUT), N(EPOLLPRI), N(EPOLLERR), N(EPOLLHUP), N(EPOLLRDHUP),
    {"EPOLLET", INT32_MIN}, N(EPOLLONESHOT), N(EPOLLEXCLUSIVE),
    N(SO_EE_ORIGIN_ZEROCOPY), N(SO_EE_ORIGIN_TIMESTAMPING), N(SO_EE_ORIGIN_LOCAL),
    N(SO_EE_ORIGIN_ICMP), N(SO_EE_ORIGIN_ICMP6), N(SO_EE_CODE_ZEROCOPY_COPIED),
    N(SCM_TIMESTAMPING), N(SCM_TSTAMP_SND), N(SCM_TSTAMP_SCHED), N(SCM_TSTAMP_ACK),
    N(SOF_TIMESTAMPING_TX_SCHED), N(SOF_TIMESTAMPING_TX_SOFTWARE), N(SOF_TIMESTAMPING_TX_ACK),
    N(SOF_TIMESTAMPING_TX_HARDWARE), N(SOF_TIMESTAMPING_RX_SOFTWARE),
    N(SOF_TIMESTAMPING_RX_HARDWARE), N(SOF_TIMESTAMPING_SOFTWARE), N(SOF_TIMESTAMPING_OPT_ID),
    N(SOF_TIMESTAMPING_OPT_CMSG), N(SOF_TIMESTAMPING_OPT_TSONLY),
    N(EPOLL_CTL_ADD), N(EPOLL_CTL_MOD), N(EPOLL_CTL_DEL),
    N(POLLRDNORM), N(POLLWRNORM), N(POLLRDBAND), N(POLLWRBAND),
    N(SIOCINQ), N(SIOCOUTQ), N(SIOCOUTQNSD), N(FIONREAD), N(FIONBIO),
    {"TCP_KEEPINIT", SF_CALLS_KEEPINIT}, {"TCP_NOOPT", SF_CALLS_NOOPT},
    {"TCP_NOPUSH", TCP_CORK},
    {"IPTOS_LOWDELAY", 0x10}, {"IPTOS_THROUGHPUT", 0x08}, {"IPTOS_RELIABILITY", 0x04},
    {"IPTOS_MINCOST", 0x02},
    {"IPTOS_DSCP_CS0", 0x00}, {"IPTOS_DSCP_CS1", 0x20}, {"IPTOS_DSCP_CS2", 0x40},
    {"IPTOS_DSCP_CS3", 0x60}, {"IPTOS_DSCP_CS4", 0x80}, {"IPTOS_DSCP_CS5", 0xa0},
    {"IPTOS_DSCP_CS6", 0xc0}, {"IPTOS_DSCP_CS7", 0xe0}, {"IPTOS_DSCP_EF", 0xb8},
    N(SOMAXCONN), N(INADDR_ANY), N(INADDR_LOOPBACK),
};

static const struct named errors[] = {
    N(EPERM), N(EINTR), N(EIO), N(EBADF), N(EAGAIN), N(EWOULDBLOCK), N(ENOMEM), N(EACCES),
    N(EFAULT),
    N(EBUSY), N(EEXIST), N(EINVAL), N(EMFILE), N(ENOTTY), N(ENOSPC), N(EPIPE), N(EDOM),
    N(ENOTSOCK), N(EDESTADDRREQ), N(EMSGSIZE), N(EPROTOTYPE), N(ENOPROTOOPT),
    N(EPROTONOSUPPORT), N(EOPNOTSUPP), N(EAFNOSUPPORT), N(EADDRINUSE), N(EADDRNOTAVAIL),
    N(ENOMSG), N(ENETDOWN), N(ENETUNREACH), N(ENETRESET), N(ECONNABORTED), N(ECONNRESET),
    N(ENOBUFS),
    N(EISCONN), N(ENOTCONN), N(ENOENT), N(ESHUTDOWN), N(ETIMEDOUT), N(ECONNREFUSED),
    N(EHOSTDOWN),
    N(EHOSTUNREACH), N(EALREADY), N(EINPROGRESS), N(EPROTO), N(ENOPROTOOPT),
};
#undef N
/* clang-format on */

static const struct named *find(const struct named *all, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

bool drill_constant(const char *name, int64_t *value)
{
    const struct named *found = find(constants, sizeof(constants) / sizeof(constants[0]), name);

    if (found == NULL) {
        found = find(errors, sizeof(errors) / sizeof(errors[0]), name);
    }
    *value = found != NULL ? found->value : 0;
    return found != NULL;
}

const char *drill_errno_name(int number)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].value == number) {
            return errors[i].name;
        }
    }
    return "an unknown error";
}
