/*
 * Sets of gateways and groups: identity (live set, fallback set) and the rule of loss. Pure.
 * See rib/fib/channel.h for the names. Handles in a set are sorted and unique. Weights:
 * rib/weight.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct group_set {
	uint16_t n;
	uint32_t gateway[FIB_GROUP_MEMBERS_MAX];
	uint8_t weight[FIB_GROUP_MEMBERS_MAX];
};

struct group_id {
	struct group_set live;
	struct group_set fallback; /* the ECMP set that the decision yields without the live set's
				    * gateways; shares no gateway with it */
};

/* Sorted, unique; silently full at max. */
void group_set_add(struct group_set *s, uint32_t gateway, uint8_t weight);
bool group_set_has(const struct group_set *s, uint32_t gateway);
uint8_t group_set_weight(const struct group_set *s, uint32_t gateway); /* 0: not in the set */
bool group_set_equal(const struct group_set *a, const struct group_set *b);
bool group_id_equal(const struct group_id *a, const struct group_id *b);
/* The same gateways, with weights that do for those that are wanted (weights_serve()). */
bool group_set_serves(const struct group_set *have, const struct group_set *wanted);
bool group_id_serves(const struct group_id *have, const struct group_id *wanted);
/* The rule of loss: the gateway leaves both sets; an empty live set takes the fallback set.
 * True when something changed. */
bool group_drop(struct group_id *g, uint32_t gateway);
