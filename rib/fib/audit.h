/*
 * Compares the ledger with a dump of the kernel's nexthop objects. fib process, pure.
 *
 * The kernel loses objects without a word (carrier, admin down) or with one DELNEXTHOP, and others
 * may delete or change what is ours. Whatever the hint was, the dump says what is true:
 *   gateway's object missing or another one under its id: the gateway is dead
 *   group missing although it has living members: its routes are gone; it is created again, and
 *     its living members are retired so that bgp, told that they are lost, writes the routes again
 *   group with other members: replaced; one that could not be created before: tried again
 *   object of this life that the ledger does not know: deleted
 */
#pragma once

#include "rib/fib/ledger.h"
#include "rib/fib/nlread.h"

void audit_begin(struct ledger *l);
/* One object of the dump; those of others are ignored. */
void audit_object(struct ledger *l, const struct nlread_nexthop *o, struct kops *out);
/* group: told because of a group that was deleted, the object itself lives. */
typedef void audit_lost(void *ctx, const struct gateway *g, bool group);
void audit_end(struct ledger *l, struct kops *out, audit_lost *lost, void *ctx);
