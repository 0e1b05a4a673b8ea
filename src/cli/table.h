/* SPDX-License-Identifier: MIT
 *
 * cli/table.h - all connections of a stack as a table, as ss prints it.
 */
#ifndef SYNFIN_CLI_TABLE_H
#define SYNFIN_CLI_TABLE_H

#include <stdio.h>

#include "synfin/conn.h"

/* Print it: state, queues, both ends, and how long a timer that ends it still runs. */
void cli_table(const struct sf_stack *stack, FILE *to, sf_time now);

#endif
