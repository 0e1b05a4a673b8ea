/* SPDX-License-Identifier: MIT
 *
 * cli/whystates.c - the words about the eleven states (RFC 9293 s3.3.2).
 */
#include "cli/whystates.h"

/* clang-format off */
const struct cli_state_page cli_state_pages[SF_LANGS][SF_STATES] = {
    [SF_LANG_EN] = {
        [SF_CLOSED] = {
            .means = "There is no connection: no record, no memory. Every connection begins "
                     "here and ends here.",
            .left = "By listen(), which opens passively, or connect(), which sends a SYN.",
            .timer = "None. A segment that arrives for it is answered by a RST.",
            .see = "Not at all: there is nothing to see. A socket without a connection "
                   "stands in ss -ta as UNCONN.",
        },
        [SF_LISTEN] = {
            .means = "A server waits for SYNs. The listener itself never moves on: each SYN "
                     "makes a child, which begins in SYN_RECEIVED.",
            .left = "By close() of the listening socket.",
            .timer = "None.",
            .see = "ss -ltn: Recv-Q is the length of the accept queue now, Send-Q its limit.",
        },
        [SF_SYN_SENT] = {
            .means = "A client has sent its SYN and waits for the answer. connect() is "
                     "waiting.",
            .left = "SYN,ACK: ESTABLISHED. RST: refused. A SYN without ACK: both called at "
                    "once, SYN_RECEIVED. No answer: it gives up.",
            .timer = "The SYN is repeated: on Linux since 6.5 after 1, 2, 3, 4, 5, 7 s and "
                     "so on, before that after 1, 3, 7, 15 s; tcp_syn_retries (6) limits it "
                     "to about two minutes.",
            .see = "ss -tn state syn-sent. Many of them to one address: it does not answer.",
        },
        [SF_SYN_RECEIVED] = {
            .means = "A server has answered a SYN with its SYN,ACK and waits for the third "
                     "segment; or two clients called each other at once. accept() does not "
                     "know of it yet.",
            .left = "An acknowledgement of the SYN: ESTABLISHED, and into the accept queue. "
                    "RST: gone. With SYN cookies the state is kept in the sequence number "
                    "only, and there is no record at all.",
            .timer = "The SYN,ACK is repeated tcp_synack_retries times (5), about a minute.",
            .see = "ss -tn state syn-recv. Many: a flood, or clients whose answers are lost.",
        },
        [SF_ESTABLISHED] = {
            .means = "Both ends know that the other one is there and where it counts from. "
                     "Data flow both ways. The client gets here with the SYN,ACK, the server "
                     "with the third segment, half a round trip later.",
            .left = "close() or shutdown(): FIN_WAIT_1. The other end's FIN: CLOSE_WAIT. A "
                    "RST, or retransmissions or keepalives without an answer: CLOSED.",
            .timer = "None: without keepalives an idle connection lives for ever, even if "
                     "the other host is long gone. Unacknowledged data are given up after "
                     "tcp_retries2 (15 to 30 minutes) or TCP_USER_TIMEOUT.",
            .see = "ss -tno state established; -o shows the timer that runs.",
        },
        [SF_FIN_WAIT_1] = {
            .means = "This end closed first: its FIN is sent, and not acknowledged yet.",
            .left = "The FIN is acknowledged: FIN_WAIT_2. The other FIN comes with the "
                    "acknowledgement: TIME_WAIT. It comes without: CLOSING. Nothing comes: "
                    "it gives up.",
            .timer = "The FIN is repeated; an orphan (close() was called) gives up after "
                     "tcp_orphan_retries.",
            .see = "ss -tn state fin-wait-1. It should last a round trip; where many stay, "
                   "the path to their peers is broken.",
        },
        [SF_FIN_WAIT_2] = {
            .means = "This end closed first and the other one knows it. It has still the "
                     "right to send: this is the half-closed connection.",
            .left = "The other end's FIN: TIME_WAIT.",
            .timer = "If the program called close(), nobody can read any more, and Linux "
                     "gives the orphan up after tcp_fin_timeout (60 s). If it called "
                     "shutdown(), there is no timer at all.",
            .see = "ss -tnp state fin-wait-2: with a process it is owned, without it is an "
                   "orphan.",
        },
        [SF_CLOSE_WAIT] = {
            .means = "The other end has closed, and this kernel has acknowledged it. Now the "
                     "program must close: read() gives it 0.",
            .left = "close(): LAST_ACK. Nothing else: the other end has nothing more to say.",
            .timer = "None. A CLOSE_WAIT that stays is a close() that the program forgot.",
            .see = "ss -tnp state close-wait: Recv-Q 1 means that end of file was not read "
                   "yet, 0 that it was, and close() is missing.",
        },
        [SF_CLOSING] = {
            .means = "Both ends closed at the same time: each has sent its FIN and got the "
                     "other's, but not the acknowledgement of its own.",
            .left = "The FIN is acknowledged: TIME_WAIT.",
            .timer = "The FIN is repeated as in FIN_WAIT_1.",
            .see = "ss -tn state closing: hardly ever, it lasts half a round trip.",
        },
        [SF_LAST_ACK] = {
            .means = "This end closed second: its FIN is sent, and the last acknowledgement "
                     "of all is missing.",
            .left = "The FIN is acknowledged: CLOSED, at once. The second closer has no "
                    "TIME_WAIT.",
            .timer = "The FIN is repeated; an orphan gives up after tcp_orphan_retries.",
            .see = "ss -tn state last-ack. It should last a round trip.",
        },
        [SF_TIME_WAIT] = {
            .means = "This end closed first, and everything is done. It waits for two "
                     "reasons: to repeat the last acknowledgement if the other FIN comes "
                     "again, and until no old segment of this four-tuple can be on its way.",
            .left = "After 2MSL: CLOSED. Sooner, if a new SYN with a later timestamp or "
                    "higher number takes the four-tuple over (RFC 6191).",
            .timer = "2MSL. On Linux 60 s, fixed; tcp_fin_timeout does not change it.",
            .see = "ss -tn state time-wait, or ss -s for the sum. On the client each holds a "
                   "port towards one destination; on a server none.",
        },
    },
    [SF_LANG_ZH] = {
        [SF_CLOSED] = {
            .means = "没有连接：没有记录，不占内存。每个连接从这里开始，也在这里结束。",
            .left = "listen() 被动打开，或 connect() 发出 SYN。",
            .timer = "没有。发往它的报文段得到 RST。",
            .see = "看不到，因为什么都没有。没有连接的套接字在 ss -ta 里显示为 UNCONN。",
        },
        [SF_LISTEN] = {
            .means = "服务端等待 SYN。监听者自身的状态不再变化：每个 SYN 产生一个子连接，从 "
                     "SYN_RECEIVED 开始。",
            .left = "关闭监听套接字。",
            .timer = "没有。",
            .see = "ss -ltn：Recv-Q 是全连接队列的当前长度，Send-Q 是上限。",
        },
        [SF_SYN_SENT] = {
            .means = "客户端已发出 SYN，等待应答；connect() 正在等待。",
            .left = "收到 SYN,ACK：ESTABLISHED。收到 RST：被拒绝。收到不带 ACK 的 SYN：双方同"
                    "时打开，SYN_RECEIVED。没有应答：放弃。",
            .timer = "重传 SYN：Linux 6.5 起在 1、2、3、4、5、7 秒……，之前的版本在 1、3、7、"
                     "15 秒；tcp_syn_retries(6)限制在两分钟左右。",
            .see = "ss -tn state syn-sent。对同一地址大量出现：对方没有应答。",
        },
        [SF_SYN_RECEIVED] = {
            .means = "服务端以 SYN,ACK 应答了 SYN，等待第三次握手；或两个客户端同时呼叫对方。"
                     "此时 accept() 还不知道它。",
            .left = "SYN 得到确认：ESTABLISHED，进入全连接队列。收到 RST：消失。使用 SYN "
                    "cookie 时，状态只存在于序列号中，根本没有记录。",
            .timer = "SYN,ACK 重传 tcp_synack_retries(5)次，约一分钟。",
            .see = "ss -tn state syn-recv。数量多：洪水攻击，或客户端的应答在路上丢了。",
        },
        [SF_ESTABLISHED] = {
            .means = "双方都知道对方在，也知道对方从哪里计数。数据双向流动。客户端收到 "
                     "SYN,ACK 就到这里，服务端要等第三次握手，晚半个往返。",
            .left = "close() 或 shutdown()：FIN_WAIT_1。收到对方 FIN：CLOSE_WAIT。收到 RST，"
                    "或重传、保活始终没有应答：CLOSED。",
            .timer = "没有：没有保活的空闲连接永远存在，即使对端主机早已不在。未确认的数据在 "
                     "tcp_retries2（15 到 30 分钟）或 TCP_USER_TIMEOUT 后放弃。",
            .see = "ss -tno state established；-o 显示正在运行的定时器。",
        },
        [SF_FIN_WAIT_1] = {
            .means = "本端先关闭：FIN 已发出，尚未被确认。",
            .left = "FIN 被确认：FIN_WAIT_2。对方的 FIN 连同确认一起到：TIME_WAIT。对方的 "
                    "FIN 到而确认未到：CLOSING。什么都没到：放弃。",
            .timer = "重传 FIN；无主套接字（已 close()）在 tcp_orphan_retries 次后放弃。",
            .see = "ss -tn state fin-wait-1。正常只有一个往返；大量停留说明到对端的路径断了。",
        },
        [SF_FIN_WAIT_2] = {
            .means = "本端先关闭，对端已经知道。对端仍有权发送：这就是半关闭连接。",
            .left = "收到对方 FIN：TIME_WAIT。",
            .timer = "程序调用了 close()，就没有人能读了，Linux 在 tcp_fin_timeout（60 秒）后"
                     "放弃这个无主套接字。若调用的是 shutdown()，则没有任何定时器。",
            .see = "ss -tnp state fin-wait-2：显示进程的有主，不显示的无主。",
        },
        [SF_CLOSE_WAIT] = {
            .means = "对端已关闭，本端内核已确认。现在轮到程序关闭：read() 返回 0。",
            .left = "close()：LAST_ACK。别无他途：对端已无话可说。",
            .timer = "没有。一直停在 CLOSE_WAIT，就是程序忘了 close()。",
            .see = "ss -tnp state close-wait：Recv-Q 为 1 表示还没读到文件结束，为 0 表示读到"
                   "了但没有 close()。",
        },
        [SF_CLOSING] = {
            .means = "双方同时关闭：各自发出了 FIN，也收到了对方的 FIN，但自己的 FIN 还没被确"
                     "认。",
            .left = "FIN 被确认：TIME_WAIT。",
            .timer = "与 FIN_WAIT_1 一样重传 FIN。",
            .see = "ss -tn state closing：几乎看不到，只有半个往返。",
        },
        [SF_LAST_ACK] = {
            .means = "本端后关闭：FIN 已发出，只差最后一个确认。",
            .left = "FIN 被确认：立即 CLOSED。后关闭的一端没有 TIME_WAIT。",
            .timer = "重传 FIN；无主套接字在 tcp_orphan_retries 次后放弃。",
            .see = "ss -tn state last-ack。正常只有一个往返。",
        },
        [SF_TIME_WAIT] = {
            .means = "本端先关闭，一切都已完成。等待有两个理由：对方的 FIN 若再来，要能重发最"
                     "后的确认；还要等这个四元组的旧报文段在网络中消亡。",
            .left = "2MSL 之后：CLOSED。若新的 SYN 时间戳更新或序列号更高，可提前接管该四元组"
                    "（RFC 6191）。",
            .timer = "2MSL。Linux 上固定 60 秒；tcp_fin_timeout 不影响它。",
            .see = "ss -tn state time-wait，或用 ss -s 看总数。在客户端每个占用一个通往某目的"
                   "地的端口；在服务端不占端口。",
        },
    },
};
/* clang-format on */
