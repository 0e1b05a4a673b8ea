/* SPDX-License-Identifier: MIT
 *
 * watch/ladder_json.c - ladders in the schema "synfin.explain/1".
 */
#include "watch/json.h"
#include "watch/ladder.h"
#include "watch/note.h"

#include "trace/flags.h"
#include "wire/seg.h"

static const char *const sides[] = {"none", "client", "server", "both"};

static const char *certainty_word(unsigned certainty)
{
    static const char *const words[] = {"possible", "inferred", "seen"};

    return words[certainty];
}

static void put_end(struct sf_json *j, const char *key, const struct sf_ladder_end *end)
{
    char addr[SF_ADDR_TEXT];

    sf_json_key(j, key);
    sf_json_open(j, '{');
    sf_json_key(j, "addr");
    sf_json_string(j, sf_addr_text(&end->at.addr, addr));
    sf_json_key(j, "port");
    sf_json_int(j, end->at.port);
    sf_json_close(j, '}');
}

static void put_facts(struct sf_json *j, const struct sf_ladder *l)
{
    static const char *const opened[] = {
        [SF_OPENED_MIDSTREAM] = "midstream",       [SF_OPENED_UNANSWERED] = "unanswered",
        [SF_OPENED_REFUSED] = "refused",           [SF_OPENED_THREE_WAY] = "three-way",
        [SF_OPENED_SIMULTANEOUS] = "simultaneous", [SF_OPENED_FAST] = "fast-open",
    };
    static const char *const closed[] = {
        [SF_CLOSED_NONE] = "none",
        [SF_CLOSED_HALF] = "half-closed",
        [SF_CLOSED_FOUR] = "four-segment",
        [SF_CLOSED_THREE] = "three-segment",
        [SF_CLOSED_SIMULTANEOUS] = "simultaneous",
        [SF_CLOSED_RESET] = "reset",
    };
    struct sf_ladder_facts facts;

    sf_ladder_facts(l, &facts);
    sf_json_key(j, "open");
    sf_json_string(j, opened[facts.opened]);
    sf_json_key(j, "close");
    sf_json_string(j, closed[facts.closed]);
    sf_json_key(j, "first_closer");
    sf_json_string(j, sides[facts.first_closer]);
    sf_json_key(j, "time_wait");
    sf_json_string(j, sides[facts.time_wait]);
    sf_json_key(j, "half_close_bytes");
    sf_json_int(j, (int64_t)facts.half_close_octets);
}

static void put_state(struct sf_json *j, unsigned state, uint64_t from_ns, uint64_t to_ns,
                      unsigned certainty)
{
    sf_json_line(j);
    sf_json_open(j, '{');
    sf_json_key(j, "state");
    sf_json_string(j, sf_state_name((enum sf_state)state));
    sf_json_key(j, "from");
    sf_json_seconds(j, from_ns);
    sf_json_key(j, "to");
    sf_json_seconds(j, to_ns);
    sf_json_key(j, "certainty");
    sf_json_string(j, certainty_word(certainty));
    sf_json_close(j, '}');
}

/* The rows from i on in which an end is in one state, those that are only possible apart. */
static size_t stretch(const struct sf_ladder *l, unsigned side, size_t i)
{
    unsigned state = l->rows[i].state[side];
    bool possible = l->rows[i].certainty[side] == SF_POSSIBLE;
    size_t seen = 0;

    for (; i < l->n && l->rows[i].state[side] == state &&
           (l->rows[i].certainty[side] == SF_POSSIBLE) == possible;
         i++) {
        seen = l->rows[i].certainty[side] == SF_SEEN ? i + 1 : seen;
    }
    /* What follows the last proof is as certain as it is itself. */
    return seen != 0 ? seen : i;
}

/* The states of one end over time.  What follows from a segment sent to an end becomes as
 * certain as the end's own confirmation makes it; what was only possible stays that. */
static void put_states(struct sf_json *j, const struct sf_ladder *l, unsigned side)
{
    size_t end = 0;

    sf_json_open(j, '[');
    for (size_t i = 0; i < l->n; i = end) {
        uint64_t last_ns = l->rows[l->n - 1].at_ns;
        uint64_t to_ns = l->until_ns > last_ns ? l->until_ns : last_ns;
        unsigned certainty = SF_POSSIBLE;

        end = stretch(l, side, i);
        for (size_t k = i; k < end; k++) {
            unsigned here = l->rows[k].certainty[side];

            certainty = here > certainty ? here : certainty;
        }
        to_ns = end < l->n ? l->rows[end].at_ns : to_ns;
        put_state(j, l->rows[i].state[side], l->rows[i].at_ns, to_ns, certainty);
    }
    sf_json_close(j, ']');
}

static void put_number(struct sf_json *j, const struct sf_ladder_end *end, int64_t number,
                       bool absolute)
{
    sf_json_int(j, absolute ? (int64_t)(end->isn + (uint32_t)number) : number);
}

static void put_segment(struct sf_json *j, const struct sf_ladder *l, const struct sf_row *row,
                        bool absolute)
{
    const struct sf_row_seg *seg = &row->u.seg;
    char flags[SF_FLAGS_TEXT];
    char note[SF_NOTE_TEXT];

    sf_json_line(j);
    sf_json_open(j, '{');
    sf_json_key(j, "n");
    sf_json_int(j, row->n);
    sf_json_key(j, "t");
    sf_json_seconds(j, row->at_ns);
    sf_json_key(j, "from");
    sf_json_string(j, row->from == SF_CLIENT ? "client" : "server");
    sf_json_key(j, "flags");
    sf_json_string(j, sf_flags_text(seg->flags, '+', flags));
    sf_json_key(j, "seq");
    put_number(j, &l->end[row->from], seg->seq, absolute);
    sf_json_key(j, "ack");
    if ((seg->flags & SF_ACK) != 0) {
        put_number(j, &l->end[row->from ^ 1U], seg->ack, absolute);
    } else {
        sf_json_null(j);
    }
    sf_json_key(j, "len");
    sf_json_int(j, seg->octets);
    sf_json_key(j, "client_state");
    sf_json_string(j, sf_state_name((enum sf_state)row->state[SF_CLIENT]));
    sf_json_key(j, "server_state");
    sf_json_string(j, sf_state_name((enum sf_state)row->state[SF_SERVER]));
    sf_json_key(j, "note");
    sf_json_string(j, sf_note_text(row, note));
    sf_json_close(j, '}');
}

static void put_finding(struct sf_json *j, const struct sf_finding *f, enum sf_lang lang)
{
    char text[SF_FINDING_TEXT];

    sf_json_line(j);
    sf_json_open(j, '{');
    sf_json_key(j, "id");
    sf_json_string(j, sf_finding_name(f->id));
    sf_json_key(j, "severity");
    sf_json_string(j, sf_severity_name(f->severity, SF_LANG_EN));
    sf_json_key(j, "segments");
    sf_json_open(j, '[');
    for (size_t i = 0; i < f->n_segments; i++) {
        sf_json_int(j, f->segments[i]);
    }
    sf_json_close(j, ']');
    sf_json_key(j, "text");
    sf_json_string(j, sf_finding_text(f, lang, text));
    sf_json_key(j, "rfc");
    sf_json_string(j, sf_finding_rfc(f->id));
    sf_json_key(j, "remedy");
    sf_json_string(j, sf_finding_page(f->id, lang)->remedy);
    sf_json_close(j, '}');
}

void sf_findings_json(struct sf_json *j, const struct sf_findings *found, enum sf_lang lang)
{
    sf_json_key(j, "findings");
    sf_json_open(j, '[');
    for (size_t i = 0; i < found->n; i++) {
        put_finding(j, &found->list[i], lang);
    }
    sf_json_close(j, ']');
}

static void put_ladder(struct sf_json *j, const struct sf_ladder *l, uint32_t id, bool absolute,
                       enum sf_lang lang)
{
    sf_json_line(j);
    sf_json_open(j, '{');
    sf_json_key(j, "id");
    sf_json_int(j, id);
    put_end(j, "client", &l->end[SF_CLIENT]);
    put_end(j, "server", &l->end[SF_SERVER]);
    sf_json_line(j);
    put_facts(j, l);
    sf_json_line(j);
    sf_json_key(j, "states");
    sf_json_open(j, '{');
    sf_json_key(j, "client");
    put_states(j, l, SF_CLIENT);
    sf_json_key(j, "server");
    put_states(j, l, SF_SERVER);
    sf_json_close(j, '}');
    sf_json_line(j);
    sf_json_key(j, "segments");
    sf_json_open(j, '[');
    for (size_t i = 0; i < l->n; i++) {
        if (l->rows[i].kind == SF_ROW_SEGMENT) {
            put_segment(j, l, &l->rows[i], absolute);
        }
    }
    sf_json_close(j, ']');
    sf_json_line(j);
    if (l->found != NULL) {
        sf_findings_json(j, l->found, lang);
    } else {
        static const struct sf_findings none = {0};

        sf_findings_json(j, &none, lang);
    }
    sf_json_close(j, '}');
}

void sf_ladder_json(const struct sf_ladder *ladder, uint32_t id, bool absolute,
                    struct sf_sink sink)
{
    struct sf_json j;

    sf_json_init(&j, sink);
    put_ladder(&j, ladder, id, absolute, SF_LANG_EN);
}

void sf_ladder_element(struct sf_json *j, const struct sf_ladder *ladder, uint32_t id,
                       bool absolute, enum sf_lang lang)
{
    put_ladder(j, ladder, id, absolute, lang);
}

void sf_watch_json(const struct sf_watch *watch, bool absolute, struct sf_sink sink)
{
    struct sf_json j;

    sf_json_init(&j, sink);
    sf_json_open(&j, '{');
    sf_json_key(&j, "schema");
    sf_json_string(&j, "synfin.explain/1");
    sf_json_key(&j, "connections");
    sf_json_open(&j, '[');
    for (size_t i = 0; i < sf_watch_count(watch); i++) {
        put_ladder(&j, sf_watch_ladder(watch, i), (uint32_t)i + 1, absolute, SF_LANG_EN);
    }
    sf_json_close(&j, ']');
    sf_json_close(&j, '}');
    sink.put(sink.context, "\n", 1);
}
