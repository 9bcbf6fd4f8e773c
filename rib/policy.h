/*
 * One rule of import policy: what a path must have, and what happens then. Pure.
 *
 * All conditions that are given must hold; of several values of one condition one is enough. A rule
 * that permits takes a default route only where one of its lists permits it by name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/attr.h"
#include "rib/filter.h"

enum policy_action {
	POLICY_DENY,
	POLICY_PERMIT,
	POLICY_NEXT, /* the effect counts, the chain goes on */
};

struct policy_large {
	uint32_t number[3]; /* RFC 8092 */
};

/* Counts of 0 are conditions that are not given. Names and lines are for explain. */
struct policy_rule {
	const char *name;
	const char *file;
	unsigned line;
	size_t lists_n; /* one of them permits the prefix */
	struct filter_list *const *lists;
	size_t communities_n;
	const uint32_t *communities;
	size_t large_n;
	const struct policy_large *large;
	size_t origin_as_n;
	const uint32_t *origin_as;
	size_t contains_n; /* somewhere in the AS path */
	const uint32_t *contains;
	uint16_t length_min; /* of the AS path, as the decision counts it */
	uint16_t length_max;
	struct filter_effect effect;
	struct addr source[2]; /* IPv4, IPv6: goes into the effect by the prefix's family */
	enum policy_action action;
};

struct policy;
/* Copies all of it, takes references to the lists. Counted: new gives one. NULL: no memory. */
struct policy *policy_new(const struct policy_rule *rule);
struct policy *policy_ref(struct policy *p);
void policy_put(struct policy *p);
const struct policy_rule *policy_rule_of(const struct policy *p);
bool policy_matches(const struct policy *p, const struct prefix *prefix, const struct attrs *a);
/* The same outcome for every path? (names and lines do not matter) */
bool policy_equal(const struct policy *a, const struct policy *b);
