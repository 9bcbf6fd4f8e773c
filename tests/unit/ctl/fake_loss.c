/* What rib/loss.h defines, for gateways 1 and 2: peer 0 is the session through gateway 1. */
#include "rib/loss.h"

enum {
	RED = 3, /* its slot in fake.c */
	PREFIXES = 4,
};

static struct prefix prefix_n(uint32_t n)
{
	return prefix_make(addr_v4(0xcb007100 + (n << 8)), 24); /* 203.0.113.0 */
}

bool rib_loss_walk(struct rib *r, const bool *lost, struct rib_cursor *c, unsigned budget,
	void (*visit)(void *arg, const struct rib_loss *x), void *arg)
{
	static const struct group_set both = {2, {1, 2}, {1, 3}}, one = {1, {1}, {1}},
				      two = {1, {2}, {1}}, none = {0};
	const struct group_set *const now[PREFIXES] = {&both, &both, &one, &two};
	const struct group_set *const then[PREFIXES] = {&two, &two, &none, &two};
	uint32_t n = c->position[0]++;

	if (n == PREFIXES)
		return false;
	struct rib_loss x = {.vrf = RED,
		.prefix = prefix_n(n),
		.now = now[n],
		.then = lost[0] ? then[n] : now[n]};
	visit(arg, &x); /* one a step */
	return true;
}
