/* SPDX-License-Identifier: MIT
 *
 * run/cpu.c - what the machine and the link offer, said to the engine, which cannot ask.
 */
#include "synfin/loop.h"

#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
static uint8_t cpu_level(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? SF_CPU_AVX2 : SF_CPU_PLAIN;
}
#else
static uint8_t cpu_level(void)
{
    return SF_CPU_PLAIN;
}
#endif

void sf_config_from_link(struct sf_config *config, const struct sf_link *link)
{
    config->mtu = link->mtu;
    config->ethernet = link->ethernet;
    memcpy(config->mac, link->mac, sizeof(config->mac));
    config->link_caps = link->caps;
    config->cpu = cpu_level();
}
