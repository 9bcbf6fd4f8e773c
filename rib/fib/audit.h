/*
 * Compares the ledger with a dump of the kernel's nexthop objects. fib process, pure.
 *
 * The kernel loses objects without a word (carrier, admin down) or with one DELNEXTHOP, and others
 * may delete or change what is ours. Whatever the hint was, the dump says what is true:
 *   gateway's object missing, or another one under its id or its twin's: it is dead, and untold
 *   gateway's twin missing: it has none
 *   group missing: its routes are gone, it is dead
 *   group with other members: replaced; one that could not be created before: tried again
 *   object of this life that the ledger does not know: deleted
 */
#pragma once

#include "rib/fib/ledger.h"
#include "rib/fib/nlread.h"

void audit_begin(struct ledger *l);
/* One object of the dump that is ours by protocol; ids of others are ignored. */
void audit_object(struct ledger *l, const struct nlread_nexthop *o, struct kops *out);
typedef void audit_flushed(void *ctx, const struct group *g);
/* How many groups others had changed. */
uint32_t audit_end(struct ledger *l, struct kops *out, audit_flushed *flushed, void *ctx);
