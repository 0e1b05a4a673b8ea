/* SPDX-License-Identifier: MIT
 *
 * link/faultfate.c - what happens to a frame, by the rules.
 */
#include "link/fault.h"

#include "base/time.h"
#include "link/peek.h"

static bool passes(const struct sf_fault_rule *rule, const struct sf_peek *seen)
{
    if (rule->family != SF_UNSPEC && rule->family != seen->family) {
        return false;
    }
    if (!rule->tcp) {
        return true;
    }
    if (!seen->tcp || (seen->flags & rule->flags) != rule->flags ||
        (rule->only && seen->flags != rule->flags)) {
        return false;
    }
    return rule->text == SF_FAULT_ANY ||
           (rule->text == SF_FAULT_DATA) == (seen->text_octets != 0);
}

/* True if the rule strikes this frame, which has passed its filter. */
static bool strikes(struct sf_fault_rule *rule)
{
    rule->matched++;
    if (rule->matched < rule->first || rule->matched > rule->last) {
        return false;
    }
    return rule->chance >= SF_FAULT_CERTAIN ||
           sf_rng_below(&rule->rng, SF_FAULT_CERTAIN) < rule->chance;
}

static void strike(struct sf_fault_rule *rule, const struct sf_frame *frame,
                   struct sf_fate *fate)
{
    switch ((enum sf_fault_kind)rule->kind) {
    case SF_FAULT_DROP:
        fate->drop = true;
        break;
    case SF_FAULT_DUP:
        fate->copies++;
        break;
    case SF_FAULT_DELAY:
        fate->delay = sf_span_max(fate->delay, rule->delay);
        break;
    case SF_FAULT_CORRUPT:
        if (frame->octets != 0) {
            fate->corrupt = true;
            fate->bit = sf_rng_below(&rule->rng, frame->octets * 8);
        }
        break;
    }
}

struct sf_fate sf_fault_decide(struct sf_faults *faults, const struct sf_frame *frame,
                               enum sf_fault_way way)
{
    struct sf_fate fate = {0};
    struct sf_peek seen = {0};

    if (faults->count == 0) {
        return fate;
    }
    seen = sf_peek(frame, faults->ethernet);
    for (uint32_t i = 0; i < faults->count; i++) {
        struct sf_fault_rule *rule = &faults->rules[i];

        if ((rule->ways & (uint8_t)way) != 0 && passes(rule, &seen) && strikes(rule)) {
            strike(rule, frame, &fate);
        }
    }
    return fate;
}
