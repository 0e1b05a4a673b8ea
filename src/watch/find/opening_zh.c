/* SPDX-License-Identifier: MIT
 *
 * watch/find/opening_zh.c - the findings about opening, in Chinese.
 */
#include "watch/find/words.h"

/* clang-format off */
const struct sf_find_words sf_find_opening_zh[17] = {
    [SF_FIND_SYN_LOST] = {
        .page = {
            .title = "SYN 重传",
            .when = "同一个 SYN 被再次发送，而此前没有看到 SYN,ACK 或 RST。",
            .cause = "SYN（或尚未到达抓包点的应答）被丢弃：防火墙静默丢包、全连接队列或半连接"
                     "队列已满、链路丢包，或者该地址根本没有主机。",
            .remedy = "在服务端也抓包。SYN 到了服务端：查看 nstat 的 TcpExtListenDrops、"
                      "TcpExtListenOverflows、TcpExtTCPReqQFullDrop 以及本机防火墙；没到：查"
                      "路径。建连时间恰好多出 1 秒（或 3 秒）的，通常就是丢了一个 SYN。",
            .myth = "“Linux 按 1、3、7、15 秒重传 SYN。”从 6.5 起，前四次超时是线性的（"
                    "tcp_syn_linear_timeouts）：1、2、3、4 秒，之后是 5、7、11 秒。",
        },
        .says = {
            "{who}重传了 {0} 次 SYN，最后一次在首个 SYN 之后 {1t}。",
            "{who}重传了 {0} 次 SYN，最后一次在首个 SYN 之后 {1t}。时间间隔符合 Linux 6.5 及"
            "以后的版本：先是四次线性超时（1、2、3、4、5、7 秒）。",
            "{who}重传了 {0} 次 SYN，最后一次在首个 SYN 之后 {1t}。超时从一开始就翻倍（1、3、"
            "7、15 秒）：Linux 6.5 之前的版本，或其他系统。",
        },
    },
    [SF_FIND_SYNACK_LOST] = {
        .page = {
            .title = "SYN,ACK 重传",
            .when = "已经看到 SYN,ACK，客户端却仍然重传 SYN；或者 SYN,ACK 一再重传，客户端始"
                    "终不应答。",
            .cause = "服务端应答了，但应答没有到达客户端：丢包、回程绕过了有状态防火墙（路由"
                     "不对称），或者源地址是伪造的。",
            .remedy = "在客户端抓包。SYN,ACK 没有到达时检查回程：路由、rp_filter、只看到单向"
                      "流量的连接跟踪。",
        },
        .says = {
            "SYN,ACK 没有到达{peer}：SYN 又来了 {0} 次，{who}每次都应答了。",
            "{who}在 {1t} 内又发了 {0} 次 SYN,ACK，{peer}始终没有应答。",
        },
    },
    [SF_FIND_THIRD_ACK_LOST] = {
        .page = {
            .title = "第三次握手的 ACK 丢失",
            .when = "客户端已经确认了 SYN,ACK，服务端却再次发送；或者服务端重传 SYN,ACK 时客"
                    "户端并没有重传 SYN。",
            .cause = "客户端已是 ESTABLISHED，服务端仍是 SYN_RECEIVED。收到确认之前，服务端会"
                     "重传 SYN,ACK；客户端的任何数据段也带确认，同样可以顶替这个 ACK。",
            .remedy = "偶尔出现无需处理。服务端先说话的协议（SSH、SMTP、MySQL）会慢约 1 秒；"
                      "客户端先说话的协议几乎没有感觉。",
            .myth = "“第三次握手丢了，连接就失败了。”SYN,ACK 会重传并再次得到确认，或者由客户"
                    "端的数据顶替。",
        },
        .says = {
            "对 SYN,ACK 的确认没有到达{peer}，{0t} 后{peer}重传了 SYN,ACK。",
            "{peer}在 {0t} 后重传了 SYN,ACK，而{who}没有重传 SYN：确认在到达抓包点之前就丢了。",
            "第三次握手的 ACK 丢失，{0t} 后由{who}的数据顶替。",
        },
    },
    [SF_FIND_REFUSED] = {
        .page = {
            .title = "连接被拒绝",
            .when = "收到恰好确认该 SYN 的 RST。",
            .cause = "该地址和端口没有程序监听，或者防火墙以 RST 拒绝。",
            .remedy = "在服务端执行 ss -ltn 'sport = ：端口'。注意监听地址：只监听 127.0.0.1 "
                      "的程序会拒绝外部连接。如果确实在监听，看 RST 是谁发的：防火墙代发的 "
                      "RST,TTL 与服务端的其他报文不同。",
        },
        .says = {"{who}拒绝了连接：SYN 之后 {0t} 返回 RST。"},
    },
    [SF_FIND_REFUSED_ICMP] = {
        .page = {
            .title = "被 ICMP 差错拒绝",
            .when = "ICMP 目的不可达（或超时）报文引用了该 SYN，且没有其他应答。",
            .cause = "某台路由器到不了目的主机，或者防火墙以 ICMP 拒绝。对 SYN 而言，TCP 把代"
                     "码 2 到 4 当作最终结论，其余只当作提示，继续重试。",
            .remedy = "去查发出这个 ICMP 报文的设备。类型 3 代码 1:ARP 没有应答；9、10、13："
                      "防火墙策略。",
        },
        .says = {"SYN 之后 {2t}，收到 ICMP 类型 {0} 代码 {1}。"},
    },
    [SF_FIND_ACCEPTQ_FULL] = {
        .page = {
            .title = "全连接队列溢出",
            .when = "客户端至少两次确认了 SYN,ACK，或已在其后发出数据，服务端却一再重传 "
                    "SYN,ACK，什么都不确认。",
            .cause = "服务端内核已完成握手，但全连接（accept）队列没有位置：程序调用 "
                     "accept() 太慢。此时 Linux 会忽略第三次握手的 ACK 和数据，于是客户端以为"
                     "连接已建立，服务端却没有这个连接。",
            .remedy = "ss -ltn:Recv-Q 大于 Send-Q 即队列已满；nstat -az "
                      "TcpExtListenOverflows 有计数。先让 accept() 快起来；要加长队列，"
                      "listen() 的参数和 net.core.somaxconn 都得改。",
            .myth = "“把 net.core.somaxconn 调大就行了。”它只是 listen() 参数的上限，而且在调"
                    "用 listen() 时才生效。",
        },
        .says = {
            "{peer}以为连接已建立，{0} 次确认了 SYN,ACK；{who}没有理会，在 {2t} 内重传了 {1} "
            "次 SYN,ACK。",
        },
    },
    [SF_FIND_SYN_FLOOD] = {
        .page = {
            .title = "大量 SYN 没有第三次握手",
            .when = "同一个服务地址和端口，一秒内至少 50 次握手停在第三步之前，并且占多数。",
            .cause = "伪造的源地址从不应答 SYN,ACK；或者客户端是真实的，但应答在路上丢失。真"
                     "实客户端会重传 SYN，伪造的多半不会。",
            .remedy = "net.ipv4.tcp_syncookies=1（默认）可以保住服务。如果客户端是真实的，那"
                      "是半连接队列太短：调大 listen() 参数、net.core.somaxconn 和 "
                      "tcp_max_syn_backlog。",
            .myth = "“SYN 洪水会塞满 accept 队列。”塞满的是半连接队列；accept 队列里是已完成"
                    "握手的连接。",
        },
        .says = {
            "{about} 收到 {0} 个没有后续第三次握手的 SYN，来自 {1} 个地址，而完成的握手只有 "
            "{2} 次：SYN 洪水。",
            "{about} 让 {1} 个客户端的 {0} 个 SYN 没能建立连接，而这些客户端都重试过：更像是"
            "半连接队列太短，而不是攻击。",
        },
    },
    [SF_FIND_COOKIE_LIKELY] = {
        .page = {
            .title = "SYN,ACK 很可能是 SYN cookie",
            .when = "客户端提供了 SACK 和窗口扩大选项，SYN,ACK 两者皆无，也没有时间戳。",
            .cause = "半连接队列满时，Linux 以 cookie 应答：状态藏在序列号里，只装得下 MSS。"
                     "只有客户端带了时间戳，其他选项才能保留。",
            .remedy = "用 nstat TcpExtSyncookiesSent 确认。没有窗口扩大，在途数据不超过 64 "
                      "KiB，高带宽长时延路径会变慢。加长半连接队列，或者找出谁在发洪水。",
        },
        .says = {
            "{who}的 SYN,ACK 丢掉了{peer}提供的 SACK 和窗口扩大，MSS 为 {0}：很可能是 SYN "
            "cookie，也可能服务端关闭了这些选项。",
            "{who}的 SYN,ACK 除 MSS {0} 外没有任何选项，而同一服务端在其他连接上接受了 SACK "
            "或窗口扩大：这是 SYN cookie。",
        },
    },
    [SF_FIND_SIM_OPEN] = {
        .page = {
            .title = "同时打开",
            .when = "双方都在收到对方的 SYN 之前发出了不带 ACK 的 SYN。",
            .cause = "双方都以固定端口调用 connect()：TCP 打洞，或两个对等方同时重启。结果是"
                     "一个连接而不是两个，双方都经过 SYN_RECEIVED，共四个报文段。",
            .remedy = "没有问题。没有谁调用过 accept()，双方都是主动打开。",
            .myth = "“TCP 必须有服务端。”两个互相呼叫的客户端也能连上。",
        },
        .says = {"两个 SYN 交叉：双方都由 SYN_SENT 经 SYN_RECEIVED 到 ESTABLISHED。"},
    },
    [SF_FIND_SELF_CONNECT] = {
        .page = {
            .title = "套接字连到了自己",
            .when = "两端的地址和端口完全相同。",
            .cause = "程序反复连接本机上临时端口范围内、无人监听的端口；大约每 28,000 次，内"
                     "核恰好选中该端口作源端口，SYN 就遇上了它的发送者：与自己同时打开。",
            .remedy = "让服务监听 net.ipv4.ip_local_port_range 以下的端口，或写入 "
                      "ip_local_reserved_ports。客户端可以比较 getsockname() 与 getpeername()，"
                      "相同则关闭。",
        },
        .says = {"两端都是 {about}：套接字连到了自己，写什么就读到什么。"},
    },
    [SF_FIND_TW_REUSE] = {
        .page = {
            .title = "复用处于 TIME_WAIT 的四元组",
            .when = "某一端还在 TIME_WAIT，同一四元组又来了 SYN。",
            .cause = "客户端在 2MSL 内选了同一个源端口。处于 TIME_WAIT 的服务端，若时间戳更新，"
                     "或序列号超过旧连接，就接受该 SYN；否则回一个 ACK，客户端随即发 RST。",
            .remedy = "被接受：合法无害。被质询：客户端端口转得太快，增加地址或延长连接，并打"
                      "开时间戳。",
            .myth = "“Port numbers reused”不是错误：RFC 6191 和 RFC 1122 允许这样做。",
        },
        .says = {
            "{who}再次使用已结束连接的四元组，{peer}从 TIME_WAIT 直接接受。",
            "{who}再次使用同一四元组；{peer}处于 TIME_WAIT，回的是 ACK 而不是 SYN,ACK。",
        },
    },
    [SF_FIND_PAWS_DROP_LIKELY] = {
        .page = {
            .title = "时间戳倒退，SYN 被忽略",
            .when = "同一源地址的部分 SYN 没有应答、另一部分有，且被忽略的每个 SYN 的时间戳都"
                    "早于最近被接受的那个。",
            .cause = "同一 NAT 地址后面有多台主机，时间戳时钟各不相同。按地址只记一个时钟的服"
                     "务端（tcp_tw_recycle,Linux 4.12 起已删除；某些中间设备也是）会丢弃时钟"
                     "落后的主机；处于 TIME_WAIT 的端口对同一四元组也会如此。",
            .remedy = "查看 nstat TcpExtPAWSPassive、TcpExtPAWSActive。关闭 tcp_tw_recycle 或"
                      "升级内核；负载均衡器上应按连接处理时间戳。",
            .myth = "“tcp_tw_recycle 是调优参数。”它让所有 NAT 后面的客户端连不上，因此被删除。",
        },
        .says = {
            "{about} 有 {0} 个 SYN 被忽略，时间戳都早于同一地址已被应答的 SYN（最多落后 {1} "
            "毫秒）。",
        },
    },
    [SF_FIND_OLD_DUP_SYN] = {
        .page = {
            .title = "来自过去的 SYN",
            .when = "SYN 得到应答，客户端却用应答所确认的序号发了 RST。",
            .cause = "一个迟到的旧 SYN 副本到达。服务端无从知道；客户端看到对方确认了自己没发"
                     "过的东西，于是复位。第三次握手正是为此而设。",
            .remedy = "无需处理：握手起了作用。若频繁出现，查找延迟或重放报文的中间设备。",
            .myth = "“两次握手就够了。”那样每个旧 SYN 都会打开一个连接。",
        },
        .says = {"{who}应答了一个{peer}并不（或不再）想要的 SYN，{peer}发 RST 撤销。"},
    },
    [SF_FIND_TFO] = {
        .page = {
            .title = "TCP Fast Open",
            .when = "SYN 带有 Fast Open cookie（或请求 cookie），或带有数据。",
            .cause = "客户端持有以前连接得到的 cookie 时，可以在 SYN 里带数据，省一个往返。",
            .remedy = "没有问题。如果数据总被忽略：中间设备丢掉了该选项，或服务端的 "
                      "net.ipv4.tcp_fastopen 没有置第 2 位。",
        },
        .says = {
            "{who}请求 Fast Open cookie。",
            "{who}在 SYN 里带了 {0b}，{peer}收下了。",
            "{who}在 SYN 里带了 {0b}，{peer}只确认了 SYN：数据得重发。",
        },
    },
    [SF_FIND_OPT_MISMATCH] = {
        .page = {
            .title = "选项不一致",
            .when = "某一端使用了握手时没有商定的选项，或漏掉了商定的时间戳。",
            .cause = "中间设备改了其中一个 SYN 的选项，两端以为的约定不同；协议栈自身出错的情"
                     "况很少。",
            .remedy = "两端同时抓包，比较 SYN：找出中间改写选项的设备。",
        },
        .says = {
            "{who}发送了没有商定的 SACK 块。",
            "{who}发送了没有商定的时间戳。",
            "{who}漏掉了双方已商定的时间戳。",
        },
    },
    [SF_FIND_SPLIT_HANDSHAKE] = {
        .page = {
            .title = "四段握手",
            .when = "服务端用不带 ACK 的 SYN 应答（在 ACK 之后或代替它），客户端对其确认。",
            .cause = "按状态机是合法的：客户端看到的是同时打开。可用来绕过把“裸 SYN 的发送者”"
                     "当客户端的入侵检测。",
            .remedy = "很少见，值得看看服务端是谁。",
        },
        .says = {"{who}拆开了 SYN,ACK：来的是不带 ACK 的 SYN，握手用了四个报文段。"},
    },
    [SF_FIND_MIDSTREAM] = {
        .page = {
            .title = "抓包晚于建连",
            .when = "会话的第一个报文段不是 SYN。",
            .cause = "抓包从中途开始，或建连走了别的路径。",
            .remedy = "握手时商定的内容未知：窗口按未扩大读取，首个报文段之前的状态最多是“可"
                      "能”。需要时请从头抓包。",
        },
        .says = {"抓包里没有建连过程：窗口扩大因子和初始序列号未知。"},
    },
};
/* clang-format on */
