/*
 * Import filters, compiled for speed. Pure.
 *
 * A list is tried rule by rule, the first that matches decides; a chain tries lists and policies
 * (rib/policy.h) in order; a
 * filter is the OR of chains: at least one chain must permit (one chain a contributor). What no
 * chain permits is denied. The default route matches only a rule whose prefix is 0.0.0.0/0 (::/0)
 * and that permits the length 0 (`0.0.0.0/0` and `0.0.0.0/0 le 32` do, `0.0.0.0/0 ge 1` does not).
 *
 * Look-up cost grows with the number of different rule lengths, not with the number of rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/attr.h"

struct filter_rule {
	struct prefix prefix;
	uint8_t ge;
	uint8_t le;
	bool permit;
	unsigned line; /* where it was written; for explain */
};

/* What a policy sets on the route in the kernel. */
struct filter_kernel {
	struct addr source; /* preferred source of packets; ADDR_NONE: not set */
	uint32_t metric;    /* 0: not set */
};
bool filter_kernel_equal(const struct filter_kernel *a, const struct filter_kernel *b);

/* What a policy, or how old a path is, sets on it. */
struct filter_effect {
	uint32_t local_pref;
	uint32_t med;
	bool set_local_pref;
	bool set_med;
	struct filter_kernel kernel;
	bool last_choice; /* behind all others: long-lived stale (RFC 9494); no policy sets it */
};
bool filter_effect_equal(const struct filter_effect *a, const struct filter_effect *b);

struct filter_list;
struct policy;
/* Copies the rules and the two texts. Counted: new gives one reference. NULL: no memory. */
struct filter_list *filter_list_new(
	const char *name, const char *file, const struct filter_rule *rules, size_t rules_n);
struct filter_list *filter_list_ref(struct filter_list *l);
void filter_list_put(struct filter_list *l);
/* Does the first rule that matches permit? */
bool filter_list_permits(const struct filter_list *l, const struct prefix *p);
bool filter_list_equal(const struct filter_list *a, const struct filter_list *b);
/* Different rule lengths of a family: the hash probes that one look-up in this list takes. */
size_t filter_list_lengths(const struct filter_list *l, enum addr_family family);

/* An OR of chains of lists. An empty filter (no chains) permits nothing. */
struct filter;
struct filter *filter_new(void);
/* Adds a chain that tries these lists in order (takes references of its own). 0 or -ENOMEM. */
int filter_add_chain(struct filter *f, const char *contributor, struct filter_list *const *lists,
	size_t lists_n);
/* One of the two. */
struct filter_step {
	struct filter_list *list;
	struct policy *policy;
};
int filter_add_steps(
	struct filter *f, const char *contributor, const struct filter_step *steps, size_t steps_n);
/* No chain of it is the owner's: the import of the next hop's interface stands in for that. */
void filter_disown(struct filter *f);
bool filter_owned(const struct filter *f);
struct filter *filter_ref(struct filter *f);
void filter_put(struct filter *f);
/* The same verdict for every prefix? (equal rules in equal order; names and lines do not matter) */
bool filter_equal(const struct filter *a, const struct filter *b);

/* Which rule decided. rule NULL: nothing matched (or no chain). */
struct filter_verdict {
	bool permit;
	const char *contributor; /* of the chain that permitted, or of the last that denied */
	const char *list;        /* or policy */
	bool policy;
	const char *file;
	unsigned line;
};
/* a NULL: for filters of lists alone. *effect: what the chain that permits sets (NULL: not wanted).
 */
bool filter_permits(const struct filter *f, const struct prefix *p, const struct attrs *a,
	struct filter_effect *effect);
/* The same answer with its reason, slower; the texts live as long as the filter. */
struct filter_verdict filter_explain(
	const struct filter *f, const struct prefix *p, const struct attrs *a);
