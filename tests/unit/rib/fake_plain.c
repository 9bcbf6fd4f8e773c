#include "tests/unit/rib/fake_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void plain_set(const struct fake_fib *f, struct fake_route *r, const struct fake_group *g)
{
	const struct group_set *s = g ? &g->id.live : NULL;

	r->hop_n = s ? (uint8_t)s->n : 0;
	assert_true(r->hop_n <= FAKE_HOPS_MAX);
	if (r->hop_n && !r->hop)
		r->hop = calloc(FAKE_HOPS_MAX, sizeof(*r->hop));
	for (uint8_t i = 0; i < r->hop_n; i++) {
		const struct fake_gateway *via = fake_gateway(f, s->gateway[i]);
		r->hop[i] = (struct fake_hop){via->ifindex, via->addr, s->weight[i]};
	}
}

static bool has_hop(const struct fake_route *r, const struct fake_gateway *g, uint8_t weight)
{
	for (uint8_t i = 0; g && i < r->hop_n; i++)
		if (r->hop[i].ifindex == g->ifindex && addr_equal(r->hop[i].addr, g->addr) &&
			(r->hop_n == 1 || r->hop[i].weight == weight))
			return true;
	return false;
}

bool plain_same(const struct fake_fib *f, const struct fake_route *r, const struct group_set *s)
{
	if (r->hop_n != s->n)
		return false;
	for (uint16_t i = 0; i < s->n; i++)
		if (!has_hop(r, fake_gateway(f, s->gateway[i]), s->weight[i]))
			return false;
	return s->n > 0;
}

uint32_t plain_group(const struct fake_fib *f, const struct fake_route *r)
{
	for (size_t i = 0; i < f->groups_n; i++)
		if (plain_same(f, r, &f->groups[i].id.live))
			return f->groups[i].handle;
	return FIB_GROUP_OTHER;
}

bool plain_refused(const struct fake_fib *f, const struct fake_group *g)
{
	for (uint16_t i = 0; i < g->id.live.n; i++)
		if (fake_gateway(f, g->id.live.gateway[i])->ifindex == f->dead_link)
			return true;
	return false;
}

bool plain_all_on(const struct fake_route *r, uint32_t ifindex)
{
	for (uint8_t i = 0; i < r->hop_n; i++)
		if (r->hop[i].ifindex != ifindex)
			return false;
	return true;
}

static uint32_t adopted_gateway(struct fake_fib *f, const struct fake_hop *h)
{
	for (size_t i = 0; i < f->gateways_n; i++)
		if (f->gateways[i].ifindex == h->ifindex &&
			addr_equal(f->gateways[i].addr, h->addr))
			return f->gateways[i].handle;
	f->gateways[f->gateways_n] =
		(struct fake_gateway){.handle = FIB_ADOPTED_FIRST + (uint32_t)f->gateways_n,
			.ifindex = h->ifindex,
			.addr = h->addr,
			.alive = true,
			.object = h->ifindex != f->dead_link};
	return f->gateways[f->gateways_n++].handle;
}

static uint32_t adopted_group(struct fake_fib *f, const struct fake_route *r)
{
	uint32_t known = plain_group(f, r);
	struct fake_group *g = &f->groups[f->groups_n];

	if (known != FIB_GROUP_OTHER)
		return known;
	*g = (struct fake_group){.handle = FIB_ADOPTED_FIRST + (uint32_t)f->groups_n,
		.present = true,
		.created = true};
	for (uint8_t i = 0; i < r->hop_n; i++)
		group_set_add(&g->id.live, adopted_gateway(f, &r->hop[i]), r->hop[i].weight);
	g->has = g->id.live;
	f->groups_n++;
	return g->handle;
}

void plain_restart(struct fake_fib *f)
{
	f->gateways_n = f->groups_n = 0;
	for (size_t i = 0; i < f->routes_room; i++)
		if (f->routes[i].group && f->routes[i].group != FAKE_FOREIGN)
			f->routes[i].group = adopted_group(f, &f->routes[i]);
}
