/*
 * What the parts of the ledger (ledger.c, ledger_group.c, ledger_twin.c) use of each other. Nobody
 * else.
 */
#pragma once

#include "rib/fib/ledger.h"

void group_free(struct group *g);
/* Applies the loss rule to one group; 1 where it was replaced by its fallback, else 0. */
uint32_t group_drop_dead(struct ledger *l, struct group *g, struct kops *out);
/* The gateway's twin exists, or is made by an operation; false: there is none. */
bool twin_get(struct ledger *l, struct gateway *g, struct kops *out);
void twin_leave(struct ledger *l, struct gateway *g); /* to be deleted by ledger_flush() */
