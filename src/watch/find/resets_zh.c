/* SPDX-License-Identifier: MIT
 *
 * watch/find/resets_zh.c - the causes of a reset, in Chinese.
 */
#include "watch/find/words.h"

/* clang-format off */
#define AT(id) [(id) - SF_FIND_RST_PORT_CLOSED]

const struct sf_find_words sf_find_resets_zh[12] = {
    AT(SF_FIND_RST_PORT_CLOSED) = {
        .page = {
            .title = "复位：端口无人监听",
            .when = "RST,ACK 的序列号为 0，且恰好确认了 SYN。",
            .cause = "主机内核收到 SYN，但该端口没有监听者。它没有自己的序列号可用，所以是 0。",
            .remedy = "启动服务，或检查它监听在哪个地址：ss -ltn。",
        },
        .says = {"{who}的该端口无人监听：对 SYN 回了序列号为 0 的 RST,ACK。",
                 "对 SYN 的 RST,ACK 用的是{who}的地址，但也可能是防火墙拒绝后代发的。"},
    },
    AT(SF_FIND_RST_NO_CONNECTION) = {
        .page = {
            .title = "复位：没有（或不再有）这个连接",
            .when = "RST 不带 ACK，其序列号等于对端报文段的确认号。",
            .cause = "主机没有这个连接的记录，只能从收到的报文段里取序号：它重启过、程序被杀"
                     "或超时放弃而对方没听到、无主套接字已到期，或者该地址现在属于另一台主机。",
            .remedy = "查那台主机上连接的下落：运行时间、程序重启、地址漂移、负载均衡选了另一"
                      "个后端。",
            .myth = "“Connection reset by peer 就是对端程序关的。”这里已经没有那个程序，是内"
                    "核说它不认识这个连接。",
        },
        .says = {"{who}没有这个连接：它的 RST 不带 ACK，序列号恰好是{peer}确认过的序号。上次"
                 "听到{who}是在 {0t} 之前。"},
    },
    AT(SF_FIND_RST_UNREAD_DATA) = {
        .page = {
            .title = "复位：关闭时还有数据未读",
            .when = "确认过数据之后发出 RST,ACK，序列号为其下一个序号，此前没有发过 FIN。",
            .cause = "套接字里还有收到的数据，程序就调用了 close()（或退出）。必须让对端知道"
                     "这些数据没有被取走，所以内核发 RST 而不是 FIN（RFC 9293、RFC 2525 2.17 "
                     "节）。程序此前写出的数据在对端也可能丢失。",
            .remedy = "close() 之前读到文件结束。典型情况：服务端不读请求体就回 413 或 401；"
                      "客户端没收完应答就走。",
            .myth = "“close() 总是发 FIN。”有数据未读时不是。",
        },
        .says = {"{who}已确认{peer}的 {0b}（最后一次在 {1t} 之前），然后发了 RST,ACK 而不是 "
                 "FIN：关闭时有数据未读。",
                 "{who}最后一次收到数据（{1t} 之前，共 {0b}）之后应答过：不太像有数据未读。"},
    },
    AT(SF_FIND_RST_ABORT) = {
        .page = {
            .title = "复位：程序主动中止",
            .when = "RST,ACK 的序列号为其下一个序号，此前没有 FIN，也没有可能未读的数据。",
            .cause = "SO_LINGER 时间为 0 再 close()，或 ABORT 调用：常常是故意的，例如健康检"
                     "查、压测工具、不想要 TIME_WAIT 的负载均衡。尚未发出的数据会被丢弃。",
            .remedy = "在该程序里找 SO_LINGER(Go:SetLinger(0)；Java:setSoLinger(true, 0))。用"
                      "它来躲 TIME_WAIT 是错的：未发出的数据会丢。",
        },
        .says = {"{who}在自己最后一个报文段之后 {1t} 中止了连接：它没有收到过数据，不存在未读。",
                 "{who}发的是 RST,ACK 而不是 FIN。收到的 {0b} 是否已被程序读完，线路上看不出"
                 "来：若已读完，就是主动中止（SO_LINGER 0）。",
                 "{who}在{peer}的 FIN 之后中止了连接：没有发自己的 FIN，而是 RST,ACK。"},
    },
    AT(SF_FIND_RST_KEEPALIVE) = {
        .page = {
            .title = "复位：保活无应答",
            .when = "连续至少两个保活探测没有应答，之后出现 RST,ACK。",
            .cause = "tcp_keepalive_probes 次探测、间隔 tcp_keepalive_intvl，都没有回音：放弃"
                     "连接，并发一个 RST，以防对面还有人。",
            .remedy = "见 KEEPALIVE-DEAD：对端主机或中间的设备不在了。",
        },
        .says = {"{who}在 {1t} 内做了 {0} 次保活探测没有应答，于是放弃。"},
    },
    AT(SF_FIND_RST_TIMEOUT) = {
        .page = {
            .title = "放弃：重传次数或用户超时耗尽",
            .when = "同一份数据重传多次没有应答；然后是 RST，或者沉默的时间远超下一次超时。",
            .cause = "路径中断或对端不在。Linux 在 tcp_retries2（15 次重传，15 到 30 分钟）或"
                     " TCP_USER_TIMEOUT 之后放弃，多半不发 RST。",
            .remedy = "找到应答停止的时刻，看路径上发生了什么。TCP_USER_TIMEOUT 能让程序早些"
                      "发现。",
            .myth = "“超时会发 RST。”Linux 多半只是忘掉连接；对端要到发送时才知道。",
        },
        .says = {"{who}在 {1t} 内把同一份数据又发了 {0} 次，没有应答，然后发 RST。",
                 "{who}在 {1t} 内把同一份数据又发了 {0} 次，没有应答，此后 {2t} 没有动静：它"
                 "放弃了，没有发 RST。"},
    },
    AT(SF_FIND_RST_ACCEPTQ) = {
        .page = {
            .title = "复位：全连接队列溢出且设为告知",
            .when = "第三次握手的 ACK 得到不带 ACK 的 RST。",
            .cause = "net.ipv4.tcp_abort_on_overflow=1：全连接队列满时，Linux 默认忽略第三次"
                     "握手，此时则复位。",
            .remedy = "同 ACCEPTQ-FULL：让 accept() 更快、队列更长。除非希望客户端立即失败，"
                      "否则保持 tcp_abort_on_overflow=0。",
        },
        .says = {"{who}在 {0t} 后用 RST 应答了第三次握手：tcp_abort_on_overflow=1 时全连接队"
                 "列溢出，或监听刚被关闭。"},
    },
    AT(SF_FIND_RST_MIDDLEBOX) = {
        .page = {
            .title = "复位：来自中间设备",
            .when = "RST 与该主机的其他报文不像（TTL、IP id、窗口、选项），或在长时间空闲后恢"
                    "复通信时出现。",
            .cause = "NAT、防火墙或负载均衡忘掉了空闲连接（云上负载均衡为 60 到 350 秒），以"
                     "主机的名义应答；或者过滤设备掐断它不喜欢的连接。",
            .remedy = "保活间隔短于该超时（net.ipv4.tcp_keepalive_time，或按套接字 "
                      "TCP_KEEPIDLE），或调大设备的超时。由 TTL 可知设备在几跳之外。",
            .myth = "“Connection reset by peer” 不一定是对端干的。",
        },
        .says = {"静默 {0t} 之后，出现以{who}名义发出的 RST；其 TTL 为 {1}，而{who}的其他报文"
                 "为 {2}：是中间设备发的。",
                 "静默 {0t} 之后，出现以{who}名义发出的 RST;NAT 和负载均衡常在这样的时间后忘"
                 "掉连接，但报文本身与{who}自己的没有区别。",
                 "以{who}名义发出的 RST 的 TTL 为 {1}，而它的其他报文为 {2}：是中间设备发的。",
                 "该报文段 {0t} 后得到 RST，所有序号都取自该报文段：过滤设备就是这样做的。"},
    },
    AT(SF_FIND_RST_CONNTRACK) = {
        .page = {
            .title = "复位：连接跟踪判定报文无效",
            .when = "不带 ACK 的 RST 应答了迟到、重复或窗口外的报文段，而名义上的发送端仍在继"
                    "续通信。",
            .cause = "中间的 NAT（kube-proxy、容器网桥）认为某个报文段在窗口之外，没有做地址"
                     "转换就放行，于是它到了一台不认识该连接的主机，后者如实回了 RST。",
            .remedy = "net.netfilter.nf_conntrack_tcp_be_liberal=1，或丢弃 INVALID 状态的报文。"
                      "conntrack -S 有 invalid 计数。",
        },
        .says = {"{who}对一个迟到或重复的报文段回了 RST，之后却继续通信（又发了 {0} 个报文段）："
                 "NAT 的连接跟踪未做转换就放行了该报文段。",
                 "{who}的 RST 应答的是迟到、重复或窗口外的报文段，距{who}自己上次发送 {0t}。"},
    },
    AT(SF_FIND_RST_BLIND) = {
        .page = {
            .title = "复位：序号不精确，未被采信",
            .when = "RST 在窗口内但不在期望的序号上，或在窗口之外；连接继续，或得到挑战 ACK。",
            .cause = "有人看不到连接、在猜序号；或某个设备发的 RST 用了过时的序号。",
            .remedy = "什么也没有被复位：RFC 5961 要求序号精确。比较 TTL 与该主机的其他报文，"
                      "看是谁发的。",
        },
        .says = {"以{who}名义发出的 RST 与期望的序号相差 {0}；{peer}没有采信。",
                 "以{who}名义发出的 RST 与期望的序号相差 {0}；{peer}回了挑战 ACK，连接继续。"},
    },
    AT(SF_FIND_RST_TIME_WAIT) = {
        .page = {
            .title = "复位：来自 TIME_WAIT",
            .when = "处于 TIME_WAIT 的一端发出 RST。",
            .cause = "到来的报文不可能属于已关闭的连接：序号落在旧连接中间的 SYN，或新数据。",
            .remedy = "偶尔出现无需处理。在 2MSL 之内复用端口的客户端收到 RST 后会再试。",
        },
        .says = {"{who}处于 TIME_WAIT，用 RST 应答了{peer}的一个不可能属于已关闭连接的报文段。"},
    },
    AT(SF_FIND_RST_CRASH) = {
        .page = {
            .title = "许多连接同时复位",
            .when = "同一主机在一秒内复位了至少三个连接，且不少于它所有连接的一半。",
            .cause = "进程死掉或被杀：内核关闭它的所有套接字，有未读数据的发 RST。如果是主机"
                     "重启，则要等对端下一次发送时才会出现 RST。",
            .remedy = "查该主机那一刻的日志：OOM killer、段错误、发布、重启。",
        },
        .says = {"{about} 在 {2t} 内复位了它 {1} 个连接中的 {0} 个：进程死掉或被重启。"},
    },
};
/* clang-format on */
