/* SPDX-License-Identifier: MIT
 *
 * watch/report/qlog.c - ladders as qlog: a sequence of JSON texts (RFC 7464), one for each
 * event.
 *
 * The frame is that of qlog's main schema; the events are our own, and docs/qlog-tcp.md says
 * what they mean.  Every record begins with the octet 0x1E and ends with a new line, so a
 * reader finds the next one even where a file is damaged.
 */
#include "watch/report/part.h"

#include <inttypes.h>
#include <time.h>

#include "trace/flags.h"
#include "watch/json.h"
#include "watch/note.h"
#include "wire/seg.h"

static const char *const sides[] = {"client", "server"};
static const char *const certainties[] = {"possible", "inferred", "seen"};

static void begin(struct sf_json *j, struct sf_sink sink)
{
    sf_put(sink, "\x1e");
    sf_json_init(j, sink);
    j->flat = true;
    sf_json_open(j, '{');
}

static void end(struct sf_json *j)
{
    sf_json_close(j, '}');
    sf_put(j->sink, "\n");
}

static void put(struct sf_json *j, const char *key, const char *value)
{
    sf_json_key(j, key);
    sf_json_string(j, value);
}

/* Milliseconds with all nine decimals of a second, which sf_json has no call for. */
static void put_ms(struct sf_json *j, const char *key, uint64_t zero_ns, uint64_t at_ns)
{
    uint64_t ns = at_ns >= zero_ns ? at_ns - zero_ns : zero_ns - at_ns;

    sf_json_key(j, key);
    sf_putf(j->sink, "%s%" PRIu64 ".%06" PRIu64, at_ns >= zero_ns ? "" : "-", ns / 1000000,
            ns % 1000000);
    j->keyed = false;
}

/* An event of connection id begins; its data is open. */
static void event(struct sf_json *j, const struct sf_report *report, const char *name,
                  uint64_t at_ns, uint32_t id)
{
    char group[16];

    begin(j, report->sink);
    put_ms(j, "time", report->zero_ns, at_ns);
    put(j, "name", name);
    if (id != 0) {
        (void)snprintf(group, sizeof(group), "%" PRIu32, id);
        put(j, "group_id", group);
    }
    sf_json_key(j, "data");
    sf_json_open(j, '{');
}

static void event_end(struct sf_json *j)
{
    sf_json_close(j, '}');
    end(j);
}

void sf_qlog_begin(struct sf_report *report, uint64_t zero_ns)
{
    const time_t s = (time_t)(zero_ns / 1000000000);
    struct tm tm = {0};
    char day[32] = "";
    char epoch[48];
    struct sf_json j;

    report->zero_ns = zero_ns;
    (void)gmtime_r(&s, &tm);
    (void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(epoch, sizeof(epoch), "%s.%09" PRIu64 "Z", day, zero_ns % 1000000000);
    begin(&j, report->sink);
    put(&j, "file_schema", "urn:ietf:params:qlog:file:sequential");
    put(&j, "serialization_format", "application/qlog+json-seq");
    put(&j, "title", report->title != NULL ? report->title : "synfin");
    sf_json_key(&j, "trace");
    sf_json_open(&j, '{');
    sf_json_key(&j, "common_fields");
    sf_json_open(&j, '{');
    put(&j, "time_format", "relative_to_epoch");
    sf_json_key(&j, "reference_time");
    sf_json_open(&j, '{');
    put(&j, "clock_type", "system");
    put(&j, "epoch", epoch);
    sf_json_close(&j, '}');
    sf_json_close(&j, '}');
    sf_json_key(&j, "vantage_point");
    sf_json_open(&j, '{');
    put(&j, "type", "network");
    sf_json_close(&j, '}');
    sf_json_key(&j, "event_schemas");
    sf_json_open(&j, '[');
    sf_json_string(&j, "urn:synfin:qlog:tcp-1");
    sf_json_close(&j, ']');
    sf_json_close(&j, '}');
    end(&j);
}

static void put_started(const struct sf_report *report, const struct sf_ladder *l, uint32_t id)
{
    struct sf_json j;
    char addr[SF_ADDR_TEXT];

    event(&j, report, "tcp:connection_started", l->zero_ns, id);
    for (size_t side = 0; side < 2; side++) {
        const struct sf_ladder_end *e = &l->end[side];

        sf_json_key(&j, sides[side]);
        sf_json_open(&j, '{');
        put(&j, "ip", sf_addr_text(&e->at.addr, addr));
        sf_json_key(&j, "port");
        sf_json_int(&j, e->at.port);
        if (e->isn_known) {
            sf_json_key(&j, "isn");
            sf_json_int(&j, e->isn);
        }
        sf_json_close(&j, '}');
    }
    event_end(&j);
}

static void put_options(struct sf_json *j, const struct sf_row_seg *seg)
{
    sf_json_key(j, "options");
    sf_json_open(j, '{');
    if ((seg->options & SF_ROW_MSS) != 0) {
        sf_json_key(j, "mss");
        sf_json_int(j, seg->mss);
    }
    if ((seg->options & SF_ROW_WSCALE) != 0) {
        sf_json_key(j, "window_scale");
        sf_json_int(j, seg->wscale);
    }
    if ((seg->options & SF_ROW_TS) != 0) {
        sf_json_key(j, "ts_val");
        sf_json_int(j, seg->tsval);
        sf_json_key(j, "ts_ecr");
        sf_json_int(j, seg->tsecr);
    }
    if ((seg->options & SF_ROW_SACK_OK) != 0) {
        sf_json_key(j, "sack_permitted");
        sf_json_int(j, 1);
    }
    sf_json_close(j, '}');
}

static void put_segment(const struct sf_report *report, const struct sf_ladder *l,
                        const struct sf_row *row, uint32_t id)
{
    const struct sf_row_seg *seg = &row->u.seg;
    char flags[SF_FLAGS_TEXT];
    const char *note = NULL;
    size_t at = 0;
    struct sf_json j;

    event(&j, report, "tcp:segment", l->zero_ns + row->at_ns, id);
    sf_json_key(&j, "packet");
    sf_json_int(&j, row->n);
    put(&j, "from", sides[row->from]);
    put(&j, "flags", sf_flags_text(seg->flags, '+', flags));
    sf_json_key(&j, "seq");
    sf_json_int(&j, seg->seq);
    if ((seg->flags & SF_ACK) != 0) {
        sf_json_key(&j, "ack");
        sf_json_int(&j, seg->ack);
    }
    sf_json_key(&j, "length");
    sf_json_int(&j, seg->octets);
    sf_json_key(&j, "window");
    sf_json_int(&j, seg->wnd);
    if (seg->options != 0) {
        put_options(&j, seg);
    }
    sf_json_key(&j, "notes");
    sf_json_open(&j, '[');
    while ((note = sf_part_note(row, &at)) != NULL) {
        sf_json_string(&j, note);
    }
    sf_json_close(&j, ']');
    event_end(&j);
}

static void put_fold(const struct sf_report *report, const struct sf_ladder *l,
                     const struct sf_row *row, uint32_t id)
{
    const struct sf_row_fold *f = &row->u.fold;
    struct sf_json j;

    event(&j, report, "tcp:segments_counted", l->zero_ns + row->at_ns, id);
    put_ms(&j, "until", report->zero_ns, l->zero_ns + f->to_ns);
    for (size_t side = 0; side < 2; side++) {
        sf_json_key(&j, sides[side]);
        sf_json_open(&j, '{');
        sf_json_key(&j, "segments");
        sf_json_int(&j, (int64_t)f->segments[side] + f->others[side]);
        sf_json_key(&j, "length");
        sf_json_int(&j, (int64_t)f->octets[side]);
        sf_json_close(&j, '}');
    }
    event_end(&j);
}

static void put_error(const struct sf_report *report, const struct sf_ladder *l,
                      const struct sf_row *row, uint32_t id)
{
    const struct sf_row_error *error = &row->u.error;
    char addr[SF_ADDR_TEXT];
    struct sf_json j;

    event(&j, report, "tcp:icmp_error", l->zero_ns + row->at_ns, id);
    put(&j, "about", sides[row->from]);
    put(&j, "reporter", sf_addr_text(&error->reporter, addr));
    sf_json_key(&j, "type");
    sf_json_int(&j, error->type);
    sf_json_key(&j, "code");
    sf_json_int(&j, error->code);
    event_end(&j);
}

/* States that are others, or better or worse known, than before. */
static void put_states(const struct sf_report *report, const struct sf_ladder *l,
                       const struct sf_row *row, const struct sf_row *before, uint32_t id)
{
    for (unsigned side = 0; side < 2; side++) {
        unsigned state = row->state[side];
        unsigned certainty = row->certainty[side];
        struct sf_json j;

        if (before != NULL && before->state[side] == state &&
            before->certainty[side] == certainty) {
            continue;
        }
        event(&j, report, "tcp:state_updated", l->zero_ns + row->at_ns, id);
        put(&j, "of", sides[side]);
        if (before != NULL) {
            put(&j, "old", sf_state_name((enum sf_state)before->state[side]));
        }
        put(&j, "new", sf_state_name((enum sf_state)state));
        put(&j, "certainty", certainties[certainty]);
        event_end(&j);
    }
}

static void put_finding(const struct sf_report *report, const struct sf_finding *f, uint32_t id)
{
    char text[SF_FINDING_TEXT];
    struct sf_json j;

    event(&j, report, "tcp:finding", f->at_ns, id);
    put(&j, "id", sf_finding_name(f->id));
    put(&j, "severity", sf_severity_name(f->severity, SF_LANG_EN));
    sf_json_key(&j, "packets");
    sf_json_open(&j, '[');
    for (size_t i = 0; i < f->n_segments; i++) {
        sf_json_int(&j, f->segments[i]);
    }
    sf_json_close(&j, ']');
    if (f->weight != 0) {
        sf_json_key(&j, "weight");
        sf_json_int(&j, f->weight);
    }
    put(&j, "text", sf_finding_text(f, report->lang, text));
    put(&j, "rfc", sf_finding_rfc(f->id));
    event_end(&j);
}

static void put_row(const struct sf_report *report, const struct sf_ladder *l,
                    const struct sf_row *row, uint32_t id)
{
    struct sf_json j;

    switch ((enum sf_row_kind)row->kind) {
    case SF_ROW_SEGMENT:
        put_segment(report, l, row, id);
        break;
    case SF_ROW_FOLD:
        put_fold(report, l, row, id);
        break;
    case SF_ROW_ERROR:
        put_error(report, l, row, id);
        break;
    case SF_ROW_CALL:
        event(&j, report, "tcp:call", l->zero_ns + row->at_ns, id);
        put(&j, "of", sides[row->from]);
        put(&j, "call", sf_part_call(row->u.call));
        event_end(&j);
        break;
    case SF_ROW_MISSED:
        event(&j, report, "tcp:records_missed", l->zero_ns + row->at_ns, id);
        sf_json_key(&j, "records");
        sf_json_int(&j, (int64_t)row->u.missed);
        event_end(&j);
        break;
    case SF_ROW_STATE:
        break; /* the states themselves say it */
    }
}

void sf_qlog_add(struct sf_report *report, const struct sf_ladder *ladder, uint32_t id)
{
    const struct sf_row *before = NULL;

    put_started(report, ladder, id);
    for (size_t i = 0; i < ladder->n; i++) {
        put_row(report, ladder, &ladder->rows[i], id);
        put_states(report, ladder, &ladder->rows[i], before, id);
        before = &ladder->rows[i];
    }
    for (size_t i = 0; ladder->found != NULL && i < ladder->found->n; i++) {
        put_finding(report, &ladder->found->list[i], id);
    }
}

void sf_qlog_end(struct sf_report *report, const struct sf_findings *found)
{
    if (report->told == 0) {
        sf_qlog_begin(report, 0);
    }
    for (size_t i = 0; found != NULL && i < found->n; i++) {
        put_finding(report, &found->list[i], 0);
    }
}
