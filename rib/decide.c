#include "rib/decide.h"

#include <string.h>

#include "rib/weight.h"

/* -1, 0, 1 */
static int compare_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* The VRF, the last choice, LOCAL_PREF, AS_PATH length and ORIGIN: 0 when equal in all. */
static int compare_first(const struct candidate *a, const struct candidate *b)
{
	int c = (int)b->leaked - (int)a->leaked;

	if (c)
		return c * DECIDE_VRF;
	c = (int)b->last_choice - (int)a->last_choice;
	if (c)
		return c * DECIDE_STALE;
	c = compare_u32(a->local_pref, b->local_pref);

	if (c)
		return c * DECIDE_LOCAL_PREF;
	c = compare_u32(b->attrs->as_path_length, a->attrs->as_path_length);
	if (c)
		return c * DECIDE_AS_PATH;
	return compare_u32(b->attrs->origin, a->attrs->origin) * DECIDE_ORIGIN;
}

static int compare_med(const struct candidate *a, const struct candidate *b)
{
	if (a->attrs->first_as != b->attrs->first_as)
		return 0;
	return compare_u32(b->med, a->med) * DECIDE_MED;
}

static const struct addr *identifier(const struct candidate *c)
{
	return c->attrs->originator_id.family ? &c->attrs->originator_id : &c->router_id;
}

/* What only chooses one among equals; 0 only for the same path. */
static int compare_last(const struct candidate *a, const struct candidate *b)
{
	int c = sign(addr_compare(*identifier(b), *identifier(a)));

	if (c)
		return c * DECIDE_ROUTER_ID;
	c = compare_u32(b->attrs->cluster_list_len, a->attrs->cluster_list_len);
	if (c)
		return c * DECIDE_CLUSTER_LIST;
	c = sign(addr_compare(b->peer_address, a->peer_address));
	if (c)
		return c * DECIDE_PEER_ADDRESS;
	return compare_u32(b->path_id, a->path_id) * DECIDE_PATH_ID;
}

int decide_compare(const struct candidate *a, const struct candidate *b)
{
	int c = compare_first(a, b);

	if (!c)
		c = compare_med(a, b);
	if (!c)
		c = ((int)a->ebgp - (int)b->ebgp) * DECIDE_EBGP;
	return c ? c : compare_last(a, b);
}

/* Keeps those that no other beats in LOCAL_PREF, AS_PATH length and ORIGIN. */
static void keep_first(struct candidate *c, size_t n)
{
	const struct candidate *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (c[i].considered && (!best || compare_first(&c[i], best) > 0))
			best = &c[i];
	for (size_t i = 0; i < n; i++)
		if (c[i].considered && compare_first(&c[i], best) < 0)
			c[i].considered = false;
}

/* RFC 4271 9.1.2.2 c: each is compared with all of its neighbouring AS, before any goes. */
static void keep_med(struct candidate *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n && c[i].considered; j++)
			if (c[j].considered && compare_med(&c[i], &c[j]) < 0)
				c[i].considered = false;
}

static void keep_ebgp(struct candidate *c, size_t n)
{
	bool ebgp = false;

	for (size_t i = 0; i < n; i++)
		ebgp = ebgp || (c[i].considered && c[i].ebgp);
	for (size_t i = 0; i < n; i++)
		c[i].considered = c[i].considered && c[i].ebgp == ebgp;
}

static struct candidate *best_of(struct candidate *c, size_t n)
{
	struct candidate *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (c[i].considered && (!best || compare_last(&c[i], best) > 0))
			best = &c[i];
	return best;
}

/* May the path share the load with the best one where ASes must not be mixed? */
static bool alike(const struct candidate *c, const struct candidate *best)
{
	const struct attrs *a = c->attrs, *b = best->attrs;

	if (c->ebgp)
		return a->first_as == b->first_as;
	return a->as_path_len == b->as_path_len && memcmp(a->bytes, b->bytes, a->as_path_len) == 0;
}

/* Takes the considered ones into the set, the best first, up to the cap. */
static void fill(struct candidate *c, size_t n, uint16_t cap, uint8_t mark, struct group_set *out)
{
	struct candidate *next;

	while ((next = best_of(c, n))) {
		next->considered = false;
		if (!group_set_has(out, next->gateway)) {
			if (out->n == cap)
				continue;
			group_set_add(out, next->gateway, 1);
		}
		next->decided |= mark;
	}
}

static void skip_missing(struct candidate *c, size_t n)
{
	bool some = false;

	for (size_t i = 0; i < n; i++)
		some = some || (c[i].considered && c[i].bandwidth > 0);
	for (size_t i = 0; i < n && some; i++)
		c[i].considered = c[i].considered && c[i].bandwidth > 0;
}

/* The bandwidth of each member: the largest of those paths of the set that lead there. */
static void set_bandwidths(const struct candidate *c, size_t n, uint8_t mark,
	const struct group_set *s, double bandwidth[FIB_GROUP_MEMBERS_MAX])
{
	for (uint16_t k = 0; k < s->n; k++) {
		bandwidth[k] = 0;
		for (size_t i = 0; i < n; i++)
			if ((c[i].decided & mark) && c[i].gateway == s->gateway[k] &&
				(double)c[i].bandwidth > bandwidth[k])
				bandwidth[k] = (double)c[i].bandwidth;
	}
}

static void weigh(const struct candidate *c, size_t n, const struct decide_rules *rules,
	uint8_t mark, struct group_set *s)
{
	double bandwidth[FIB_GROUP_MEMBERS_MAX];

	set_bandwidths(c, n, mark, s, bandwidth);
	for (uint16_t k = 0; k < s->n && rules->bandwidth == DECIDE_BANDWIDTH_ALL; k++)
		if (bandwidth[k] <= 0)
			return;
	weights_make(bandwidth, s->n, s->weight);
}

/* The ECMP set of those considered; returns the best one, NULL: none was. */
static struct candidate *choose(struct candidate *c, size_t n, const struct decide_rules *rules,
	uint8_t mark, struct group_set *out)
{
	keep_first(c, n);
	keep_med(c, n);
	keep_ebgp(c, n);
	if (rules->bandwidth == DECIDE_BANDWIDTH_SKIP_MISSING)
		skip_missing(c, n);
	struct candidate *best = best_of(c, n);
	if (!best)
		return NULL;
	for (size_t i = 0; i < n && !rules->relax; i++)
		c[i].considered = c[i].considered && alike(&c[i], best);
	fill(c, n, rules->maximum_paths, mark, out);
	if (rules->bandwidth != DECIDE_BANDWIDTH_IGNORE && out->n > 1)
		weigh(c, n, rules, mark, out);
	return best;
}

void decide(struct candidate *c, size_t n, const struct decide_rules *rules, struct group_id *out)
{
	bool more = false;

	out->live.n = 0;
	out->fallback.n = 0;
	for (size_t i = 0; i < n; i++) {
		c[i].considered = true;
		c[i].decided = 0;
	}
	struct candidate *best = choose(c, n, rules, DECIDED_LIVE, &out->live);
	if (best)
		best->decided |= DECIDED_BEST;
	for (size_t i = 0; i < n; i++) {
		c[i].considered = !group_set_has(&out->live, c[i].gateway);
		more = more || c[i].considered;
	}
	if (more)
		choose(c, n, rules, DECIDED_FALLBACK, &out->fallback);
}
