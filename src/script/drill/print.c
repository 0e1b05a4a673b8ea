/* SPDX-License-Identifier: MIT
 *
 * script/drill/print.c - a script as the language has it.
 */
#include <ctype.h>
#include <inttypes.h>

#include "base/time.h"
#include "script/drill/ast.h"

static void print_seconds(uint64_t ns, FILE *out)
{
    char fraction[16];
    int n = snprintf(fraction, sizeof(fraction), "%09" PRIu64, ns % SF_NS_PER_S);

    while (n > 0 && fraction[n - 1] == '0') {
        n--;
    }
    fprintf(out, "%" PRIu64 "%s%.*s", ns / SF_NS_PER_S, n > 0 ? "." : "", n, fraction);
}

static void print_when(const struct drill_when *when, FILE *out)
{
    bool relative = when->kind == DRILL_RELATIVE || when->kind == DRILL_RELATIVE_RANGE;

    if (when->kind == DRILL_ANY) {
        fputc('*', out);
        return;
    }
    fputs(relative ? "+" : "", out);
    print_seconds(when->ns, out);
    if (when->kind == DRILL_RANGE || when->kind == DRILL_RELATIVE_RANGE) {
        fputs(relative ? "~+" : "~", out);
        print_seconds(when->end_ns, out);
    }
}

static void print_string(const char *text, uint32_t octets, FILE *out)
{
    fputc('"', out);
    for (uint32_t i = 0; i < octets; i++) {
        if (text[i] == '"' || text[i] == '\\') {
            fputc('\\', out);
        }
        if (text[i] == '\n') {
            fputs("\\n", out);
        } else {
            fputc(text[i], out);
        }
    }
    fputc('"', out);
}

static void print_expr(const struct drill_expr *expr, FILE *out);

static void print_parts(const struct drill_expr *part, const char *between, FILE *out)
{
    for (; part != NULL; part = part->next) {
        print_expr(part, out);
        fputs(part->next != NULL ? between : "", out);
    }
}

static void print_expr(const struct drill_expr *expr, FILE *out)
{
    switch (expr->kind) {
    case DRILL_INTEGER:
        fprintf(out, "%" PRId64, expr->number);
        break;
    case DRILL_NAME:
        fputs(expr->text, out);
        break;
    case DRILL_QUOTED:
        print_string(expr->text, expr->octets, out);
        break;
    case DRILL_DOTS:
        fputs("...", out);
        break;
    case DRILL_LIST:
        fputc('[', out);
        print_parts(expr->parts, ", ", out);
        fputc(']', out);
        break;
    case DRILL_STRUCT:
        fputc('{', out);
        print_parts(expr->parts, ", ", out);
        fputc('}', out);
        break;
    case DRILL_APPLY:
        fprintf(out, "%s(", expr->text);
        print_parts(expr->parts, ", ", out);
        fputc(')', out);
        break;
    case DRILL_FIELD:
        print_parts(expr->parts, "=", out);
        break;
    case DRILL_OR:
        print_parts(expr->parts, "|", out);
        break;
    }
}

static void print_bytes(const char *name, const struct drill_opt *opt, FILE *out)
{
    fprintf(out, "%s%s", name, opt->n > 0 ? " " : "");
    for (uint8_t i = 0; i < opt->n; i++) {
        fprintf(out, "%02x", opt->bytes[i]);
    }
}

static void print_accecn(const struct drill_opt *opt, FILE *out)
{
    static const char *const names[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};

    fputs("ECN", out);
    for (unsigned i = 0; i + 2 < opt->n && i < 9; i += 3) {
        fprintf(out, " %s %u", names[opt->kind == DRILL_OPT_ACCECN1][i / 3],
                (unsigned)opt->bytes[i] << 16 | (unsigned)opt->bytes[i + 1] << 8 |
                    opt->bytes[i + 2]);
    }
}

static void print_ts(const struct drill_opt *opt, FILE *out)
{
    if (opt->any_a) {
        fputs("TS val ...", out);
    } else {
        fprintf(out, "TS val %u", opt->a);
    }
    fprintf(out, " ecr %u%s", opt->b, opt->real ? "!" : "");
}

static void print_opt(const struct drill_opt *opt, FILE *out)
{
    switch ((enum drill_opt_kind)opt->kind) {
    case DRILL_OPT_EOL:
        fputs("eol", out);
        return;
    case DRILL_OPT_NOP:
        fputs("nop", out);
        return;
    case DRILL_OPT_MSS:
        fprintf(out, "mss %u", opt->a);
        return;
    case DRILL_OPT_WSCALE:
        fprintf(out, "wscale %u", opt->a);
        return;
    case DRILL_OPT_SACK_OK:
        fputs("sackOK", out);
        return;
    case DRILL_OPT_SACK:
        fputs("sack", out);
        for (unsigned i = 0; i < 2U * opt->n; i += 2) {
            fprintf(out, " %u:%u%s", opt->blocks[i], opt->blocks[i + 1], opt->real ? "!" : "");
        }
        return;
    case DRILL_OPT_TS:
        print_ts(opt, out);
        return;
    case DRILL_OPT_MD5:
        print_bytes("md5", opt, out);
        return;
    case DRILL_OPT_FO:
        print_bytes("FO", opt, out);
        return;
    case DRILL_OPT_FOEXP:
        print_bytes("FOEXP", opt, out);
        return;
    case DRILL_OPT_ACCECN0:
    case DRILL_OPT_ACCECN1:
        print_accecn(opt, out);
        return;
    }
    fprintf(out, "option-%u", opt->kind);
}

static void print_ip(const struct drill_packet *packet, FILE *out)
{
    static const char *const ecn[] = {"noecn", "ect1", "ect0", "ce"};
    const char *between = "";

    if (packet->tos_kind == DRILL_TOS_ANY && packet->ttl == 0) {
        return;
    }
    fputc('[', out);
    if (packet->tos_kind == DRILL_TOS_ECN) {
        fputs(ecn[packet->tos & 3], out);
    } else if (packet->tos_kind == DRILL_TOS_ECT01) {
        fputs("ect01", out);
    } else if (packet->tos_kind == DRILL_TOS_VALUE) {
        fprintf(out, "tos 0x%x", packet->tos);
    }
    between = packet->tos_kind != DRILL_TOS_ANY ? "," : "";
    if (packet->ttl != 0) {
        fprintf(out, "%sttl %u", between, packet->ttl);
    }
    fputs("] ", out);
}

static void print_seq(const struct drill_packet *packet, FILE *out)
{
    if (packet->any_seq) {
        fprintf(out, "...(%u)", packet->octets);
    } else {
        fprintf(out, "%u:%u(%u)", packet->seq, packet->end, packet->octets);
    }
    fputs(packet->real_seq ? "!" : "", out);
}

static void print_flags(const struct drill_packet *packet, FILE *out)
{
    static const char order[] = "SFRPEWUA"; /* the dot for ACK ends them */
    static const uint8_t bits[] = {0x02, 0x01, 0x04, 0x08, 0x40, 0x80, 0x20};

    for (size_t i = 0; i < sizeof(bits); i++) {
        if ((packet->flags & bits[i]) != 0) {
            fputc(order[i], out);
        }
    }
    fputs(packet->ae != 0 ? "A" : "", out);
    if ((packet->flags & 0x10) != 0) {
        fputc('.', out);
    } else if (packet->flags == 0 && packet->ae == 0) {
        fputc('-', out);
    }
}

static void print_tcp(const struct drill_packet *packet, FILE *out)
{
    if (packet->ported) {
        fprintf(out, "%u>%u ", packet->sport, packet->dport);
    }
    print_flags(packet, out);
    fputc(' ', out);
    print_seq(packet, out);
    if (packet->has_ack) {
        fprintf(out, " ack %u%s", packet->ack, packet->real_ack ? "!" : "");
    }
    if (packet->has_win) {
        fprintf(out, " win %u", packet->win);
    }
    if (packet->has_urg) {
        fprintf(out, " urg %u", packet->urg);
    }
    if (packet->any_opts) {
        fputs(" <...>", out);
    }
    for (uint8_t i = 0; i < packet->n_opts; i++) {
        fputs(i == 0 ? " <" : ",", out);
        print_opt(&packet->opts[i], out);
    }
    fputs(packet->n_opts > 0 ? ">" : "", out);
}

void drill_print_packet(const struct drill_packet *packet, FILE *out)
{
    fputs(packet->out ? "> " : "< ", out);
    print_ip(packet, out);
    if (packet->proto == DRILL_TCP) {
        print_tcp(packet, out);
        return;
    }
    uint8_t type = packet->type4 != 255 ? packet->type4 : packet->type6;
    uint8_t code = packet->code4 != 255 ? packet->code4 : packet->code6;
    fprintf(out, "icmp type_%u code_%u", type, code);
    if (packet->has_mtu) {
        fprintf(out, " mtu %u", packet->mtu);
    }
    if (packet->quoted) {
        fputs(" [", out);
        print_seq(packet, out);
        fputc(']', out);
    }
}

static void print_call(const struct drill_call *call, FILE *out)
{
    if (call->blocking) {
        fputs("...", out);
        print_seconds(call->end_ns, out);
    }
    fprintf(out, "%s%s(", call->blocking ? " " : "", call->name);
    print_parts(call->arguments, ", ", out);
    fputs(") = ", out);
    print_expr(call->result, out);
    if (call->error != NULL) {
        fprintf(out, " %s", call->error);
    }
}

void drill_print_event(const struct drill_event *event, FILE *out)
{
    print_when(&event->when, out);
    fputs(event->kind == DRILL_CALL && event->call.blocking ? "" : " ", out);
    switch (event->kind) {
    case DRILL_PACKET:
        drill_print_packet(&event->packet, out);
        break;
    case DRILL_CALL:
        print_call(&event->call, out);
        break;
    case DRILL_COMMAND:
        fprintf(out, "`%s`", event->text);
        break;
    case DRILL_PYTHON:
        fprintf(out, "%%{%s}%%", event->text);
        break;
    case DRILL_STRANGE:
        fprintf(out, "// %s", event->text);
        break;
    }
}

void drill_print(const struct drill_script *script, FILE *out)
{
    for (const struct drill_setting *s = script->settings; s != NULL; s = s->next) {
        fprintf(out, "--%s%s%s\n", s->name, s->value != NULL ? "=" : "",
                s->value != NULL ? s->value : "");
    }
    if (script->init != NULL) {
        fprintf(out, "`%s`\n", script->init);
    }
    for (const struct drill_event *e = script->events; e != NULL; e = e->next) {
        drill_print_event(e, out);
        fputc('\n', out);
    }
}
