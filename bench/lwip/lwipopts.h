/* SPDX-License-Identifier: MIT
 *
 * bench/lwip/lwipopts.h - lwIP 2.1.3 set for speed, as somebody who cares would.
 *
 * BENCH_WND is the window: 65535, or 524280 with window scaling.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS                    1
#define SYS_LIGHTWEIGHT_PROT      0
#define LWIP_NETCONN              0
#define LWIP_SOCKET               0
#define LWIP_NETIF_API            0
#define LWIP_UDP                  0
#define LWIP_DHCP                 0
#define LWIP_ARP                  0
#define LWIP_ETHERNET             0
#define LWIP_ICMP                 0
#define LWIP_IPV6                 0
#define LWIP_STATS                0
#define LWIP_NETIF_LOOPBACK       0
#define LWIP_HAVE_LOOPIF          0
#define LWIP_SINGLE_NETIF         1
#define LWIP_TIMERS               1
#define LWIP_NETIF_TX_SINGLE_PBUF 1

#define MEM_ALIGNMENT           8
#define MEM_LIBC_MALLOC         1
#define MEMP_MEM_MALLOC         0
#define MEMP_OVERFLOW_CHECK     0
#define MEMP_SANITY_CHECK       0
#define MEMP_NUM_TCP_PCB        70000
#define MEMP_NUM_TCP_PCB_LISTEN 4
#define MEMP_NUM_TCP_SEG        32768
#define MEMP_NUM_PBUF           32768
#define PBUF_POOL_SIZE          8192
#define PBUF_POOL_BUFSIZE       1600

#define TCP_MSS                    1460
#define TCP_WND                    BENCH_WND
#define TCP_SND_BUF                (2 * (BENCH_WND))
#define TCP_SND_QUEUELEN           (4 * (TCP_SND_BUF) / (TCP_MSS))
#define TCP_SNDLOWAT               32768
#define TCP_QUEUE_OOSEQ            1
#define TCP_LISTEN_BACKLOG         1
#define TCP_DEFAULT_LISTEN_BACKLOG 255
#define LWIP_TCP_SACK_OUT          0
#define LWIP_TCP_TIMESTAMPS        0
#define TCP_MSL                    BENCH_MSL
#if BENCH_WND > 65535
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE  3
#endif

#define CHECKSUM_GEN_IP       1
#define CHECKSUM_GEN_TCP      1
#define CHECKSUM_CHECK_IP     1
#define CHECKSUM_CHECK_TCP    1
#define LWIP_CHKSUM           bench_chksum
#define LWIP_CHECKSUM_ON_COPY 0

#endif
