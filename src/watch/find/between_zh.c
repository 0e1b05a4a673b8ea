/* SPDX-License-Identifier: MIT
 *
 * watch/find/between_zh.c - the findings about an open connection, in Chinese.
 */
#include "watch/find/words.h"

/* clang-format off */
const struct sf_find_words sf_find_between_zh[13] = {
    [0 /* SF_FIND_KEEPALIVE_OK */] = {
        .page = {
            .title = "保活探测，有应答",
            .when = "静默之后，出现序号比下一个序号小 1 的报文段，每个都得到确认。",
            .cause = "一端打开了 SO_KEEPALIVE，另一端还活着。探测重复一个早已确认过的序号，迫"
                     "使对方应答。",
            .remedy = "没有问题。这个应答既不是重复 ACK 也不是窗口更新，不管别的工具怎么叫它。",
            .myth = "“保活让连接保持打开。”它的作用是发现死连接；顺带刷新 NAT 表项只是副作用，"
                    "而且间隔得短于 NAT 超时。Linux 默认要静默两小时才探测。",
        },
        .says = {"静默 {1t} 后，{who}探测了 {0} 次{peer}是否还在，都得到了应答。"},
    },
    [SF_FIND_KEEPALIVE_DEAD - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "保活探测，无应答",
            .when = "连续至少两个保活探测，对端没有任何报文。",
            .cause = "对端主机宕机或不可达，或者 NAT、防火墙已忘掉该连接并静默丢包。主机在线"
                     "但连接已丢失时，会回 RST。",
            .remedy = "检查对端主机是否在线，以及路径上是否有设备会忘掉空闲连接（见 "
                      "RST-MIDDLEBOX）。放弃所需时间是 tcp_keepalive_intvl 乘以 "
                      "tcp_keepalive_probes。",
        },
        .says = {
            "{who}在 {1t} 内探测了 {0} 次{peer}是否还在，没有任何应答。",
        },
    },
    [SF_FIND_HALF_OPEN - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "半开连接：一端已不记得该连接",
            .when = "连接中的报文段被 RST 应答，且 RST 的序号恰好等于该报文段的确认号；或者 "
                    "SYN 得到的是旧连接的 ACK。",
            .cause = "一端崩溃、重启、漂移到了别的主机，或者已经放弃而对方没有听到。另一端在"
                     "发送数据之前一直以为连接还在。",
            .remedy = "留下的一端只有发送时才会发现：使用保活、TCP_USER_TIMEOUT 或应用层心跳。",
            .myth = "“拔掉网线、机器断电，连接就断了。”那时什么也没有发出，谁也不会知道。",
        },
        .says = {
            "{who}已不记得这个连接，而{peer}在最后一次听到它之后 {0t} 仍在连接中。",
            "{who}用同一端口重新发起连接，{peer}却还在旧连接中：它用旧连接的序号应答。",
        },
    },
    [SF_FIND_ZERO_WINDOW - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "接收窗口关闭（零窗口）",
            .when = "已建立的连接中，一端通告的窗口为 0。",
            .cause = "它的程序不读，或者读得比数据来得慢。发送方只能等待，并不时探测窗口是否"
                     "重新打开。",
            .remedy = "卡住的是接收端程序，不是网络。在该主机上看 ss -tm:Recv-Q 已满。加大缓"
                      "冲区只是推迟问题。",
            .myth = "“零窗口是网络问题。”恰恰相反，这是唯一一种怪不到网络头上的停顿。",
        },
        .says = {
            "{who}的窗口共有 {0t} 为零：它的程序没有读数据。",
            "{who}的窗口从此为零，直到抓包结束，持续 {0t}。",
            "{who}的窗口有 {0t} 为零，{peer}探测了 {1} 次。",
        },
    },
    [SF_FIND_WINDOW_FULL - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "发送方填满了接收窗口",
            .when = "数据恰好到通告窗口的右边沿为止。",
            .cause = "限制速度的是接收窗口而不是链路：吞吐量至多为 窗口 / 往返时间。",
            .remedy = "如果一直如此且路径时延长，让接收缓冲区能够增长：net.ipv4.tcp_rmem，并"
                      "且程序里不要设 SO_RCVBUF（会关闭自动调节）。",
        },
        .says = {"{who} {0} 次填满了{peer}的窗口，第一次时窗口为 {1b}。"},
    },
    [SF_FIND_SPURIOUS_RTO - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "不必要的重传",
            .when = "已被确认的数据再次发送，或 D-SACK 报告收到两份，或确认的时间戳回显的是第"
                    "一份。",
            .cause = "确认来得比超时还晚，或被乱序：时延突然升高（移动网络、虚拟机暂停、队列"
                     "过深），并非丢包。",
            .remedy = "查当时的时延。什么都没有丢；支持 F-RTO 或 Eifel 的发送方会撤销降速。",
        },
        .says = {"{who}重传了 {0} 个报文段，而第一份其实已经到达；当时时延升到了 {1t}。",
                 "{who}重传了 {0} 个报文段，而第一份其实已经到达。"},
    },
    [SF_FIND_RETRANSMISSION - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "重传",
            .when = "数据被再次发送，而第一份没有得到确认。",
            .cause = "报文段或其确认丢失。快速重传由重复 ACK 或 SACK 触发，约一个往返时间；超"
                     "时重传（RTO）要等 200 毫秒以上，并从头慢启动；尾部丢包探测（TLP）把最后"
                     "一个报文段再发一次，免得等超时。",
            .remedy = "零星的快速重传是 TCP 探知路径速度的方式。超时代价大：查突发尾部的丢包、"
                      "队列满（tc -s qdisc、ethtool -S）和坏链路。",
            .myth = "“有重传就是网络差。”没有 ECN 时，拥塞控制要靠丢包找到上限；要看的是数量，"
                    "以及是不是超时重传。",
        },
        .says = {
            "{who}重传了 {0} 个报文段（{1b}），其中 {2} 个是超时重传；最长等待 {3t}。",
            "{who}重传了 {0} 个报文段（{1b}），都是快速重传，没有超时。",
            "{who}把同一份数据又发了 {0} 次（{1b}），历时 {3t}，间隔越来越长，始终没有回音。",
            "{who}以尾部探测重发了 {0} 次（{1b}），早于超时。",
        },
    },
    [SF_FIND_REORDERING - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "乱序",
            .when = "空洞被填补得太快，不可能是重传。",
            .cause = "多条路径或多个队列：按包分摊的链路聚合、多个接收队列、会重发帧的无线链"
                     "路。乱序发生在抓包点之前。",
            .remedy = "少量无害：现代协议栈会再等四分之一个往返时间才认定丢包（RACK）。数量大"
                      "时，应按流而不是按包做哈希。",
        },
        .says = {"{who}有 {0} 个报文段晚到，最多晚 {1t}，排在了后发的报文段之后。"},
    },
    [SF_FIND_CHALLENGE_ACK - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "挑战 ACK",
            .when = "连接中的 SYN、在窗口内但序号不精确的 RST，或超出范围的确认，得到的应答是"
                    " ACK。",
            .cause = "RFC 5961：想结束连接，就得知道精确的序号。这个 ACK 把序号告诉真正的对端，"
                     "它就能正确复位；瞎猜的人看不到这个 ACK。",
            .remedy = "如果对端确实重启过，随后会有 RST，新连接在下一个 SYN（约一秒后）建立。"
                      "否则，是有人在猜序号（RST-BLIND）。",
        },
        .says = {
            "{who}用 ACK 应答了连接中的 SYN。",
            "{who}用 ACK 应答了序号不精确的 RST，没有复位。",
            "对超出窗口的序号或从未发送过的数据的确认，{who}用 ACK 应答。",
        },
    },
    [SF_FIND_ACK_UNSEEN - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "确认了抓包中没有的数据",
            .when = "确认号覆盖了抓包里没有的序号。",
            .cause = "报文段确实存在并且到达了，因为接收方确认了它；是抓包漏掉了，或者它走了"
                     "别的路。",
            .remedy = "不要在网络里找丢包。加大抓包缓冲区（tcpdump -B）、减小 snap length，或"
                      "在能看到双向流量的接口上抓。",
        },
        .says = {"{who}确认了抓包中没有的 {0b}，共 {1} 次：是抓包漏了，不是网络丢了。"},
    },
    [SF_FIND_CAPTURE_DROP - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "抓包丢包",
            .when = "多个连接，或同一连接多次，确认了没有抓到的序号；或者抓包程序自己的计数如"
                    "此说。",
            .cause = "抓包跟不上：缓冲区溢出、磁盘太慢，或镜像口丢包。",
            .remedy = "tcpdump 结束时会打印 “packets dropped by kernel”。加大 -B、写到内存、"
                      "收窄过滤条件、减小 snap length。",
            .myth = "“[TCP Previous segment not captured] 就是丢包。”只要接收方确认了，丢的就"
                    "是抓包，不是网络。",
        },
        .says = {
            "{1} 个连接中至少有 {0} 个报文段抓包里没有，而接收方收到了：是抓包丢的，不是网络"
            "丢的。",
        },
    },
    [SF_FIND_OFFLOAD_ARTEFACT - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "网卡卸载造成的假象",
            .when = "一个报文段的数据超过 MSS，或校验和尚未填写。",
            .cause = "抓包所在主机的网卡负责切分大段（TSO、GSO）、合并（GRO、LRO），或在抓包"
                     "之后才补上校验和。",
            .remedy = "没有问题。想看线路上的真实样子，在别的设备上抓，或临时关闭：ethtool "
                      "-K eth0 tso off gso off gro off tx off。",
            .myth = "“校验和错误：网卡坏了。”对抓包主机发出的报文，校验和只是还没算。",
        },
        .says = {
            "{who}的报文段最大有 {0b}，超过 MSS：由网卡切分或合并。",
            "{who}的校验和尚未填写：抓包就在这台主机上。",
            "{who}的报文段最大有 {0b}，校验和也尚未填写：抓包就在这台主机上，由网卡切分。",
        },
    },
    [SF_FIND_NAGLE_DELACK - SF_FIND_KEEPALIVE_OK] = {
        .page = {
            .title = "Nagle 算法遇上延迟确认",
            .when = "小报文段要等前一个被确认才发出，而那个不带数据的确认晚了 35 到 250 毫秒；"
                    "至少两次，或多数交互如此。",
            .cause = "发送方把一个请求分两小块写出，然后去读。Nagle 扣住第二块，等第一块被确"
                     "认；接收方在等剩下的部分，于是推迟确认。",
            .remedy = "一次写完：合并缓冲区、writev() 或 MSG_MORE。实在不行再设 TCP_NODELAY。",
            .myth = "“都怪延迟确认。”两者各自都合理，是“写-写-读”让它们撞到一起。",
        },
        .says = {"{who}有 {0} 次扣住小报文段等{peer}确认，最长 {1t}，共损失 {2t}。"},
    },
};
/* clang-format on */
