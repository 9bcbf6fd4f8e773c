/*
 * The fake's kernel without nexthop objects: routes that have their next hops themselves. Only
 * fake_fib.c uses it.
 */
#pragma once

#include "tests/unit/rib/fake_fib.h"

/* The living gateways of the group become the route's; NULL: none. */
void plain_set(const struct fake_fib *f, struct fake_route *r, const struct fake_group *g);
bool plain_same(const struct fake_fib *f, const struct fake_route *r, const struct group_set *s);
/* Any group with just these next hops; FIB_GROUP_OTHER: none. */
uint32_t plain_group(const struct fake_fib *f, const struct fake_route *r);
/* A next hop of the group is on the dead link. */
bool plain_refused(const struct fake_fib *f, const struct fake_group *g);
bool plain_all_on(const struct fake_route *r, uint32_t ifindex);
/* Gateways and groups are those that routes of ours have; the routes get their handles. */
void plain_restart(struct fake_fib *f);
