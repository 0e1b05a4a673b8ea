/* SPDX-License-Identifier: MIT
 *
 * watch/beneath.c - what stands beneath a ladder: the signs that were used, why each
 * acknowledgement is the number that it is, how the connection opened and closed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "synfin/lang.h"
#include "watch/draw.h"

/* In the language of the drawing; ASCII alone is English. */
static bool is_zh(const struct sf_pen *pen)
{
    return pen->style->lang == SF_LANG_ZH && !pen->style->ascii;
}

static const char *either(const struct sf_pen *pen, const char *en, const char *zh)
{
    return is_zh(pen) ? zh : en;
}

static const char *side_of(const struct sf_pen *pen, bool client)
{
    return client ? either(pen, "client", "客户端") : either(pen, "server", "服务端");
}

/* A paragraph, wrapped, indented by two columns. */
static void paragraph(struct sf_pen *pen, const char *text)
{
    while (*text != '\0') {
        size_t skip = 0;
        size_t n = sf_line_break(text, pen->width - 2, &skip);

        sf_line_to(&pen->line, 2);
        sf_line_put_n(&pen->line, text, n);
        sf_line_end(&pen->line);
        text += n + skip;
    }
}

/* A sign and what it means; the items of the legend share lines as they fit. */
static void item(struct sf_pen *pen, bool used, const char *sign, const char *meaning)
{
    struct sf_line *line = &pen->line;
    unsigned takes = sf_columns(sign) + 1 + sf_columns(meaning);

    if (!used) {
        return;
    }
    if (line->columns == 0 || line->columns + 3 + takes > pen->width) {
        sf_line_end(line);
        sf_line_colour(line, SF_COLOUR_DIM);
    }
    sf_line_to(line, line->columns == 0 ? 2 : line->columns + 3);
    sf_line_put(line, sign);
    sf_line_put(line, " ");
    sf_line_put(line, meaning);
}

static void legend(struct sf_pen *pen)
{
    const struct sf_glyphs *g = pen->glyphs;
    char again[16];
    char lost[16];
    char dropped[16];

    (void)snprintf(again, sizeof(again), "%s%s%s", g->again, g->again, g->right);
    (void)snprintf(lost, sizeof(lost), "%s%s ", g->dash, g->cross);
    (void)snprintf(dropped, sizeof(dropped), "%s%s%s", g->dash, g->cross, g->bar);
    item(pen, pen->inferred, "~",
         either(pen, "inferred from what was sent to it", "由发给它的报文段推断"));
    item(pen, pen->possible, "?", either(pen, "only possible", "只是可能"));
    item(pen, (pen->marks & SF_MARK_AGAIN) != 0, again, either(pen, "sent again", "重传"));
    item(pen, (pen->marks & SF_MARK_LOST) != 0, lost, either(pen, "lost", "丢失"));
    item(pen, (pen->marks & SF_MARK_DROPPED) != 0, dropped,
         either(pen, "not taken", "未被接收"));
    if (pen->line.columns > 0) {
        sf_line_end(&pen->line);
    }
}

/* One line of the arithmetic: what was sent, its numbers, the acknowledgement it is due. */
struct sum {
    char what[SF_NUMBER_TEXT + 16];
    char numbers[2 * SF_NUMBER_TEXT + 2];
    char counts[SF_NUMBER_TEXT + 16];
    char ack[SF_NUMBER_TEXT + 24];
};

#define SUMS 6 /* SYN, text and FIN of both ends */

static void write_sum(const struct sf_pen *pen, unsigned side, int64_t first, uint64_t octets,
                      struct sum *sum)
{
    const struct sf_ladder_end *end = &pen->ladder->end[side];
    enum sf_side s = (enum sf_side)side;
    int64_t next = first + (int64_t)octets;
    char a[SF_NUMBER_TEXT];
    char b[SF_NUMBER_TEXT];
    char count[SF_NUMBER_TEXT];

    (void)sf_number_text(end, s, first, pen->numbers, a);
    (void)sf_number_text(end, s, next, pen->numbers, b);
    (void)sf_count_text(octets, count);
    if (octets == 1) {
        (void)snprintf(sum->numbers, sizeof(sum->numbers), "%s", a);
    } else {
        (void)snprintf(sum->numbers, sizeof(sum->numbers), "%s..%s", a, b);
    }
    (void)snprintf(sum->counts, sizeof(sum->counts), "counts %s", count);
    if (end->acked >= next) {
        (void)snprintf(sum->ack, sizeof(sum->ack), "ack=%s", b);
    } else {
        (void)snprintf(sum->ack, sizeof(sum->ack), "never acknowledged");
    }
}

static size_t sums_of(const struct sf_pen *pen, unsigned side, struct sum *sums)
{
    const struct sf_ladder_end *end = &pen->ladder->end[side];
    char count[SF_NUMBER_TEXT];
    size_t n = 0;

    if (end->isn_known) {
        (void)snprintf(sums[n].what, sizeof(sums[n].what), "SYN");
        write_sum(pen, side, 0, 1, &sums[n++]);
    }
    if (end->octets > 0 && end->isn_known) {
        (void)snprintf(sums[n].what, sizeof(sums[n].what), "%s octet%s",
                       sf_count_text(end->octets, count), end->octets == 1 ? "" : "s");
        write_sum(pen, side, 1, end->octets, &sums[n++]);
    }
    if (end->fin >= 0) {
        (void)snprintf(sums[n].what, sizeof(sums[n].what), "FIN");
        write_sum(pen, side, end->fin, 1, &sums[n++]);
    }
    return n;
}

static unsigned wider(unsigned a, const char *text)
{
    unsigned b = sf_columns(text);

    return a > b ? a : b;
}

static void isn_line(struct sf_pen *pen)
{
    const struct sf_ladder_end *end = pen->ladder->end;
    bool letters = pen->numbers == SF_NUMBERS_LETTERS;
    bool both = end[SF_SERVER].isn_known;
    uint32_t j = end[SF_CLIENT].isn;
    uint32_t k = end[SF_SERVER].isn;
    char text[200];

    sf_line_end(&pen->line);
    if (pen->numbers == SF_NUMBERS_ABSOLUTE || !end[SF_CLIENT].isn_known) {
        return;
    }
    if (letters && both) {
        (void)snprintf(text, sizeof(text),
                       is_zh(pen) ? "初始序号：j = %" PRIu32 "，k = %" PRIu32 "。"
                                  : "The initial sequence numbers are j = %" PRIu32
                                    " and k = %" PRIu32 ".",
                       j, k);
    } else if (letters) {
        (void)snprintf(text, sizeof(text),
                       is_zh(pen) ? "初始序号：j = %" PRIu32 "。"
                                  : "The initial sequence number is j = %" PRIu32 ".",
                       j);
    } else if (both) {
        (void)snprintf(text, sizeof(text),
                       is_zh(pen) ? "相对序号：客户端的 0 是 %" PRIu32
                                    "，服务端的 0 是 %" PRIu32 "。"
                                  : "Relative numbers: the client's 0 is %" PRIu32
                                    ", the server's 0 is %" PRIu32 ".",
                       j, k);
    } else {
        (void)snprintf(text, sizeof(text),
                       is_zh(pen) ? "相对序号：客户端的 0 是 %" PRIu32 "。"
                                  : "Relative numbers: the client's 0 is %" PRIu32 ".",
                       j);
    }
    paragraph(pen, text);
}

/* "An acknowledgement names the next number expected", line by line. */
static void arithmetic(struct sf_pen *pen)
{
    struct sum sums[SUMS];
    size_t first = sums_of(pen, SF_CLIENT, sums);
    size_t n = first + sums_of(pen, SF_SERVER, sums + first);
    unsigned what = 0;
    unsigned numbers = 0;
    unsigned counts = 0;

    if (n == 0) {
        return;
    }
    isn_line(pen);
    paragraph(pen,
              either(pen, "An ack names the next number expected; SYN and FIN count one each.",
                     "确认号是期望收到的下一个序号；SYN 和 FIN 各占一个序号。"));
    for (size_t i = 0; i < n; i++) {
        what = wider(what, sums[i].what);
        numbers = wider(numbers, sums[i].numbers);
        counts = wider(counts, sums[i].counts);
    }
    for (size_t i = 0; i < n; i++) {
        sf_line_to(&pen->line, 4);
        sf_line_put(&pen->line, i == 0 && first > 0 ? "client" : i == first ? "server" : "");
        sf_line_to(&pen->line, 12);
        sf_line_put(&pen->line, sums[i].what);
        sf_line_to(&pen->line, 14 + what);
        sf_line_put(&pen->line, sums[i].numbers);
        sf_line_to(&pen->line, 16 + what + numbers);
        sf_line_put(&pen->line, sums[i].counts);
        sf_line_to(&pen->line, 18 + what + numbers + counts);
        sf_line_put(&pen->line, pen->glyphs->leads);
        sf_line_put(&pen->line, " ");
        sf_line_put(&pen->line, sums[i].ack);
        sf_line_end(&pen->line);
    }
}

static const char *opened_words(const struct sf_pen *pen, unsigned opened)
{
    switch ((enum sf_opened)opened) {
    case SF_OPENED_MIDSTREAM:
        return either(pen, "It was open before the first row.", "第一行之前连接已经建立。");
    case SF_OPENED_UNANSWERED:
        if (sf_shape_answered(&pen->ladder->shape, SF_SERVER)) {
            return either(pen,
                          "The handshake was never completed: no acknowledgement of the "
                          "SYN,ACK.",
                          "握手没有完成：SYN,ACK 没有得到确认。");
        }
        return either(pen, "Nobody answered.", "没有人应答。");
    case SF_OPENED_REFUSED:
        return either(pen, "Refused: a RST answered the SYN, as nobody listens there.",
                      "被拒绝：SYN 得到的回答是 RST，那里没有人监听。");
    case SF_OPENED_THREE_WAY:
        return either(pen, "Opened by a three-way handshake.", "三次握手建立。");
    case SF_OPENED_SIMULTANEOUS:
        return either(pen,
                      "Opened by both ends at once: the SYNs crossed, and four segments opened "
                      "it.",
                      "两端同时打开：两个 SYN 交错，用了四个报文段。");
    case SF_OPENED_FAST:
        return either(pen, "Opened with text in the SYN (TCP Fast Open).",
                      "SYN 携带数据建立（TCP Fast Open）。");
    }
    return "";
}

/* "Closed in four segments: ...", how much later the second half followed among it. */
static void four_words(const struct sf_pen *pen, const struct sf_ladder_facts *facts,
                       char *text, size_t room)
{
    const char *first = side_of(pen, facts->first_closer == SF_SIDE_CLIENT);
    const char *second = side_of(pen, facts->first_closer != SF_SIDE_CLIENT);
    uint64_t ns = facts->between.ns;
    uint64_t unit = ns < 1000000000 ? 1000000 : 1000000000;
    char later[64] = "";

    if (ns >= 1000) {
        (void)snprintf(later, sizeof(later),
                       is_zh(pen) ? "%" PRIu64 ".%03" PRIu64 " %s 之后"
                                  : ", %" PRIu64 ".%03" PRIu64 " %s later,",
                       ns / unit, ns % unit / (unit / 1000), unit == 1000000 ? "ms" : "s");
    }
    if (is_zh(pen)) {
        (void)snprintf(text, room,
                       "四个报文段关闭：先是%s的 FIN 及其确认，%s再是%s的 FIN 及其确认。",
                       first, later, second);
    } else {
        (void)snprintf(
            text, room,
            "Closed in four segments: the %s's FIN and its ACK, then%s the %s's FIN and "
            "its ACK.",
            first, later, second);
    }
}

static void closed_words(const struct sf_pen *pen, const struct sf_ladder_facts *facts,
                         char *text, size_t room)
{
    const char *first = side_of(pen, facts->first_closer == SF_SIDE_CLIENT);
    const char *second = side_of(pen, facts->first_closer != SF_SIDE_CLIENT);
    bool zh = is_zh(pen);

    text[0] = '\0';
    switch ((enum sf_closed_how)facts->closed) {
    case SF_CLOSED_NONE:
        break;
    case SF_CLOSED_HALF:
        (void)snprintf(text, room,
                       zh ? "半关闭：%s发了 FIN，%s始终没有发。"
                          : "Half closed: the %s sent its FIN, the %s never did.",
                       first, second);
        break;
    case SF_CLOSED_FOUR:
        four_words(pen, facts, text, room);
        break;
    case SF_CLOSED_THREE:
        (void)snprintf(text, room,
                       zh ? "三个报文段关闭：%s在收到%s的 FIN 时也要关闭，"
                            "所以一个报文段同时带着确认和自己的 FIN。"
                          : "Closed in three segments: the %s was ready to close when the %s's "
                            "FIN came, so one segment carried both its ACK and its own FIN.",
                       second, first);
        break;
    case SF_CLOSED_SIMULTANEOUS:
        (void)snprintf(text, room, "%s",
                       zh ? "两端同时关闭：两个 FIN 交错，双方都经过 CLOSING。"
                          : "Closed by both ends at once: the FINs crossed, so both went "
                            "through CLOSING.");
        break;
    case SF_CLOSED_RESET:
        (void)snprintf(text, room, zh ? "被%s的 RST 终止。" : "Ended by a RST of the %s.",
                       side_of(pen, pen->ladder->shape.rst == SF_SIDE_CLIENT));
        break;
    }
}

static void time_wait_words(const struct sf_pen *pen, const struct sf_ladder_facts *facts,
                            char *text, size_t room)
{
    text[0] = '\0';
    if (facts->time_wait == SF_SIDE_BOTH) {
        (void)snprintf(text, room, "%s",
                       either(pen, "Both ends have a TIME_WAIT.", "两端都有 TIME_WAIT。"));
    } else if (facts->time_wait != SF_SIDE_NONE) {
        (void)snprintf(text, room,
                       is_zh(pen) ? "TIME_WAIT 在先关闭的%s。"
                                  : "TIME_WAIT is the %s's, who closed first.",
                       side_of(pen, facts->time_wait == SF_SIDE_CLIENT));
    }
}

static void story(struct sf_pen *pen)
{
    struct sf_ladder_facts facts;
    char text[700];
    char closed[320];
    char wait[100];
    bool repeated = pen->ladder->shape.answered;
    const char *gap = is_zh(pen) ? "" : " ";
    const char *again =
        either(pen,
               " A FIN came again in TIME_WAIT and was answered once more: this "
               "is what that state is for.",
               "FIN 在 TIME_WAIT 中再次到达，又被确认一次：这个状态正是为此而设。");

    sf_ladder_facts(pen->ladder, &facts);
    closed_words(pen, &facts, closed, sizeof(closed));
    time_wait_words(pen, &facts, wait, sizeof(wait));
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s%s", opened_words(pen, facts.opened),
                   closed[0] != '\0' ? gap : "", closed, wait[0] != '\0' ? gap : "", wait,
                   repeated ? again : "");
    sf_line_end(&pen->line);
    paragraph(pen, text);
}

void sf_draw_beneath(struct sf_pen *pen)
{
    legend(pen);
    arithmetic(pen);
    story(pen);
    for (size_t i = 0; i < pen->style->n_notes; i++) {
        sf_line_end(&pen->line);
        paragraph(pen, pen->style->notes[i]);
    }
}
