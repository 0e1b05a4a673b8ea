/* SPDX-License-Identifier: MIT
 *
 * watch/find/closing_zh.c - the findings about closing, in Chinese.
 */
#include "watch/find/words.h"

/* clang-format off */
#define AT(id) [(id) - SF_FIND_CLOSE_4SEG]

const struct sf_find_words sf_find_closing_zh[15] = {
    AT(SF_FIND_CLOSE_4SEG) = {
        .page = {
            .title = "四次挥手",
            .when = "FIN、对它的确认、另一端的 FIN、对它的确认。",
            .cause = "两个方向各自关闭。后关闭的一端先确认了 FIN（立即或延迟确认），程序稍后"
                     "才关闭。",
            .remedy = "没有问题。",
            .myth = "“关闭必须四次挥手。”需要的是两个 FIN 和两个确认；后关闭的一端若马上关闭，"
                    "三个报文段就够了。",
        },
        .says = {"{who}先关闭；{peer}确认后，过了 {0t} 才关闭：四个报文段。"},
    },
    AT(SF_FIND_CLOSE_3SEG) = {
        .page = {
            .title = "三次挥手",
            .when = "后关闭一端的 FIN 与它对前一个 FIN 的确认在同一个报文段里。",
            .cause = "程序在内核单独确认 FIN 之前就关闭了；Linux 会把这个确认推迟约 40 毫秒。",
            .remedy = "没有问题。",
        },
        .says = {"{who}先关闭；{peer}在 {0t} 后关闭，其 FIN 捎带了确认：三个报文段。"},
    },
    AT(SF_FIND_HALF_CLOSE) = {
        .page = {
            .title = "半关闭：首个 FIN 之后仍有数据",
            .when = "一端已发 FIN，另一端继续发送数据并得到确认。",
            .cause = "先关闭的一端调用了 shutdown（SHUT_WR）：“我说完了，但还在听”。FIN 只关"
                     "闭一个方向。",
            .remedy = "如果本意如此（rsh、nc -N、某些 RPC），没有问题。中间设备常对这种连接用"
                      "更短的超时。",
            .myth = "“FIN 之后就没有数据了。”只是那一端没有了，另一端还可以发几个小时。",
        },
        .says = {"{who}发出 FIN 之后，{peer}又发送了 {0b}，持续 {1t}。"},
    },
    AT(SF_FIND_SIM_CLOSE) = {
        .page = {
            .title = "同时关闭",
            .when = "双方都在看到对方的 FIN 之前发出了 FIN。",
            .cause = "两个程序在一个单程时延之内先后关闭。双方都是主动关闭：FIN_WAIT_1、"
                     "CLOSING、TIME_WAIT。",
            .remedy = "没有问题。两端各有一个 TIME_WAIT。",
        },
        .says = {"两个 FIN 交叉：双方都是主动关闭，都经过 CLOSING，都进入 TIME_WAIT。"},
    },
    AT(SF_FIND_FIN_LOST) = {
        .page = {
            .title = "FIN 重传",
            .when = "FIN 再次发送，而对端此前没有确认它。",
            .cause = "FIN 或对它的确认丢失。FIN 占一个序号，所以像数据一样重传。",
            .remedy = "偶尔出现无需处理，只是关闭晚了一个超时。",
            .myth = "“FIN 里重传了一个字节的数据。”FIN 占一个序号，并没有数据。",
        },
        .says = {"{who}又发送了 {0} 次 FIN，最后一次在首个 FIN 之后 {1t}。"},
    },
    AT(SF_FIND_FIN_REORDERED) = {
        .page = {
            .title = "FIN 先于它之前的数据到达",
            .when = "序号更小的数据在 FIN 之后到达，且快得不可能是重传。",
            .cause = "报文乱序。接收方先留着 FIN，直到空洞被填上：之前的数据都读完，才会读到"
                     "文件结束。",
            .remedy = "没有问题。",
        },
        .says = {"{who}的 FIN 超过了自己的 {0b} 数据；{peer}等到了它们。"},
    },
    AT(SF_FIND_LAST_ACK_LOST) = {
        .page = {
            .title = "最后一个 ACK 丢失",
            .when = "第二个 FIN 在被确认之后再次发送，并再次得到确认。",
            .cause = "处于 TIME_WAIT 的一端无从知道最后的 ACK 是否到达。这次没有到：FIN 又来"
                     "了，而 TIME_WAIT 还在，可以应答。2MSL 正是为此而设。",
            .remedy = "无需处理：TIME_WAIT 起了作用。没有它，这个 FIN 会得到 RST。",
            .myth = "“TIME_WAIT 没用，应该关掉。”这里就用上了。",
        },
        .says = {
            "最后的 ACK 没有到达{who}，{0t} 后它重传 FIN；{peer}在 TIME_WAIT 中应答。",
            "{who}的 FIN 被确认 {0t} 后又重传，（已）无人应答。",
        },
    },
    AT(SF_FIND_WHO_HAS_TW) = {
        .page = {
            .title = "TIME_WAIT 在哪一端",
            .when = "双方都以 FIN 关闭了连接。",
            .cause = "先关闭的一端等待 2MSL：一是能够重发最后的 ACK，二是让该四元组的旧报文消"
                     "亡。Linux 上是 60 秒，写死在内核里。",
            .remedy = "在客户端，每个 TIME_WAIT 占用一个通往该服务地址和端口的源端口；在服务"
                      "端只占一小块内存（约 250 字节），不占端口。想换一边，就让另一端先关闭。",
            .myth = "“调小 tcp_fin_timeout 可以缩短 TIME_WAIT。”不能：它只限制无主的 "
                    "FIN_WAIT_2。TIME_WAIT 固定 60 秒（TCP_TIMEWAIT_LEN）。",
        },
        .says = {
            "{who}先关闭，进入 TIME_WAIT；{peer}没有。",
            "两端都进入 TIME_WAIT。",
        },
    },
    AT(SF_FIND_TW_BUDGET) = {
        .page = {
            .title = "TIME_WAIT 允许每秒多少个连接",
            .when = "客户端对同一服务地址和端口，至少在 10 个连接上先关闭。",
            .cause = "每个连接占用一个通往该目的地的源端口 60 秒。Linux 默认有 28,232 个端口，"
                     "所以对一个目的地每秒约 470 个新连接。",
            .remedy = "保持连接（HTTP keep-alive、连接池）。否则：增加源地址或目的地址、放宽 "
                      "ip_local_port_range、在客户端设 tcp_tw_reuse=1（需要时间戳）。",
            .myth = "“服务端的 TIME_WAIT 会耗尽端口。”监听端口的所有连接共用一个端口；会耗尽"
                    "的只有客户端的端口。",
        },
        .says = {
            "通往 {about}，同一客户端最多有 {0} 个端口同时处于 TIME_WAIT（Linux 默认共 "
            "28,232 个）；这里每秒最多新建 {1} 个连接，上限约 470 个。",
        },
    },
    AT(SF_FIND_CLOSE_WAIT_LEAK) = {
        .page = {
            .title = "CLOSE_WAIT：忘了 close()",
            .when = "一端的 FIN 已被确认，另一端始终没有发自己的 FIN，并且从此沉默。",
            .cause = "内核已经告诉程序对端结束了（read() 返回 0），程序却没有关闭：错误分支里"
                     "漏了 close()、连接池没有检查、线程卡住。没有任何定时器会结束 CLOSE_WAIT。",
            .remedy = "找出程序：ss -tnp state close-wait。Recv-Q 为 1（那个 FIN）说明从未读"
                      "到文件结束；为 0 说明读到了，但忘了 close()。然后改程序；重启只能管一"
                      "阵。",
            .myth = "“调 sysctl 给 CLOSE_WAIT 设超时。”没有这种参数：只有应用程序能结束它。",
        },
        .says = {
            "{who}收到并确认了{peer}的 FIN，但 {0t} 以来直到抓包结束，始终没有发送自己的 FIN。",
            "{who}收到并确认了{peer}的 FIN，但一直没有发送自己的 FIN；{0t} 后连接被复位。",
        },
    },
    AT(SF_FIND_FW2_ORPHAN_TIMEOUT) = {
        .page = {
            .title = "无主的 FIN_WAIT_2 超时",
            .when = "处于 FIN_WAIT_2 的一端，用 RST 应答对端迟来的数据或 FIN。",
            .cause = "程序调用的是 close() 而不是 shutdown()：已经没有人能读了。Linux 把这种"
                     "无主套接字保留 tcp_fin_timeout（60 秒）后丢弃，此后来的报文会得到 RST。",
            .remedy = "对端早该关闭：去那里查 CLOSE_WAIT。",
            .myth = "“tcp_fin_timeout 就是 TIME_WAIT 的时长。”它管的是这里的情形。",
        },
        .says = {"{who}在 FIN_WAIT_2 等了 {0t}，之后{peer}发来的报文得到 RST：无主的套接字已"
                 "超时。"},
    },
    AT(SF_FIND_FW2_OWNED) = {
        .page = {
            .title = "FIN_WAIT_2，应用仍持有套接字",
            .when = "一端处于 FIN_WAIT_2 的时间超过无主套接字的 60 秒，或在此状态下仍确认数据，"
                    "且连接到最后都没有关闭。",
            .cause = "程序调用了 shutdown（SHUT_WR），但仍持有套接字：它还要读。没有定时器，"
                     "可以一直等下去。",
            .remedy = "需要另一端关闭。若它可能永远不关，程序就得自己设超时（SO_RCVTIMEO、"
                      "poll）或用保活。",
            .myth = "“FIN_WAIT_2 过 60 秒就结束。”只有套接字无主时才是这样。",
        },
        .says = {
            "{who}处于 FIN_WAIT_2 已 {0t}，仍在接收数据：应用还持有套接字。",
            "{who}处于 FIN_WAIT_2 已 {0t}，超过了无主定时器：应用还持有套接字，或该系统没有这"
            "种定时器。",
            "{who}处于 FIN_WAIT_2 已 {0t}，并在发送保活探测：应用还持有套接字。",
        },
    },
    AT(SF_FIND_FW1_STUCK) = {
        .page = {
            .title = "FIN 始终无人确认",
            .when = "FIN 至少发送了三次，始终没有得到确认。",
            .cause = "对端主机不在了，或防火墙忘掉了该连接。关闭方停在 FIN_WAIT_1（或 "
                     "LAST_ACK），以越来越长的间隔重传 FIN，最后放弃。",
            .remedy = "Linux 对无主套接字重试 tcp_orphan_retries 次（8 次，约 100 秒）后放弃。"
                      "数量多时（ss -tn state fin-wait-1）说明某条路径断了。",
        },
        .says = {"{who}在 {1t} 内发送了 {0} 次 FIN，没有得到任何应答。"},
    },
    AT(SF_FIND_LATE_DATA_RST) = {
        .page = {
            .title = "数据到达时连接已经没有了",
            .when = "一端已完全关闭（close()，FIN 已发），用 RST 应答另一端的数据。",
            .cause = "程序没有等对端把话说完就关闭。内核无处交付这些数据，按 RFC 9293 用 RST "
                     "告知；对端可能因此丢掉还没读的数据。",
            .remedy = "有序地结束：shutdown（SHUT_WR），读到文件结束，再 close()。提前返回错"
                      "误的服务端应先把请求读完。",
        },
        .says = {"{who}已发出 FIN；{1t} 后{peer}的 {0b} 到达，得到的是 RST。"},
    },
    AT(SF_FIND_TW_ASSASSINATION) = {
        .page = {
            .title = "RST 终止了 TIME_WAIT",
            .when = "RST 到达处于 TIME_WAIT 的一端。",
            .cause = "旧报文让 TIME_WAIT 重发 ACK；另一端早已关闭，对此回了 RST，使 "
                     "TIME_WAIT 提前结束。",
            .remedy = "net.ipv4.tcp_rfc1337=1 让 Linux 在 TIME_WAIT 中忽略 RST。影响很小；同"
                      "一端口上的新连接有可能收到旧报文。",
        },
        .says = {"{who}向处于 TIME_WAIT 的{peer}发送了 RST：可能使它在开始 {0t} 后提前结束。",
                 "{who}重新使用该四元组，得到{peer}在 TIME_WAIT 中按旧连接给出的应答，于是复"
                 "位：这结束了 TIME_WAIT，下一个 SYN 会被接受。"},
    },
};
/* clang-format on */
