/*
 * What the two halves of the ledger (ledger.c, ledger_group.c) use of each other. Nobody else.
 */
#pragma once

#include "rib/fib/ledger.h"

void group_free(struct group *g);
/* Applies the loss rule to one group; 1 where it was replaced by its fallback, else 0. */
uint32_t group_drop_dead(struct group *g, struct kops *out);
