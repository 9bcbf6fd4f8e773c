#include "rib/resolver.h"

#include <stdlib.h>
#include <string.h>

static uint16_t find(const struct resolver *x, uint32_t vrf_ifindex, struct addr a)
{
	for (uint16_t i = 0; i < x->top; i++)
		if (x->at[i].users && x->at[i].is.vrf_ifindex == vrf_ifindex &&
			addr_equal(x->at[i].is.addr, a))
			return (uint16_t)(i + 1);
	return 0;
}

/* Slot + 1 of a free one; 0: none, and no more may be. */
static uint16_t take(struct resolver *x)
{
	for (uint16_t i = 0; i < x->top; i++)
		if (!x->at[i].users)
			return (uint16_t)(i + 1);
	if (x->top == FIB_RESOLVE_MAX)
		return 0;
	if (x->top == x->room) {
		uint16_t room = x->room ? (uint16_t)(x->room * 2) : 16;
		struct resolving *grown = realloc(x->at, room * sizeof(*grown));
		if (!grown)
			return 0;
		x->at = grown;
		x->room = room;
	}
	return ++x->top;
}

uint16_t resolver_get(struct resolver *x, uint32_t vrf_ifindex, struct addr a)
{
	uint16_t slot = find(x, vrf_ifindex, a);

	if (!slot) {
		slot = take(x);
		if (!slot)
			return 0;
		x->at[slot - 1] = (struct resolving){
			.is = {.vrf_ifindex = vrf_ifindex, .addr = a, .way = FIB_WAY_ASKED}};
	}
	x->at[slot - 1].users++;
	return slot;
}

bool resolver_put(struct resolver *x, uint16_t slot, struct fib_resolve *was)
{
	struct resolving *r = &x->at[slot - 1];

	if (--r->users)
		return false;
	*was = (struct fib_resolve){.vrf_ifindex = r->is.vrf_ifindex, .addr = r->is.addr};
	while (x->top && !x->at[x->top - 1].users)
		x->top--;
	return true;
}

static bool same(const struct fib_resolved *a, const struct fib_resolved *b)
{
	return a->way == b->way && a->ifindex == b->ifindex && addr_equal(a->gateway, b->gateway) &&
	       a->len == b->len && a->onlink == b->onlink;
}

/* What comes from the other process is what it says it is: numbers may still be nonsense. */
static bool sound(const struct fib_resolved *m)
{
	bool whole = m->ifindex && addr_bits((enum addr_family)m->gateway.family);
	return m->way > FIB_WAY_ASKED && m->way <= FIB_WAY_HOST &&
	       m->len <= addr_bits((enum addr_family)m->addr.family) &&
	       (m->way != FIB_WAY_FOUND || whole);
}

uint16_t resolver_answer(struct resolver *x, const struct fib_resolved *m)
{
	uint16_t slot = find(x, m->vrf_ifindex, m->addr);

	if (!slot || !sound(m) || same(&x->at[slot - 1].is, m))
		return 0;
	x->at[slot - 1].is = *m;
	return slot;
}

const char *resolver_text(enum fib_way way)
{
	switch (way) {
	case FIB_WAY_ASKED:
		return "the kernel is being asked for its route";
	case FIB_WAY_FOUND:
		return "";
	case FIB_WAY_NONE:
		return "the kernel has no route to it";
	case FIB_WAY_REFUSES:
		return "the kernel's route to it refuses packets";
	case FIB_WAY_OURS:
		return "only a route that BGP brought leads to it";
	case FIB_WAY_HOST:
		return "it is this host, or not one host";
	}
	return "";
}

void resolver_clear(struct resolver *x)
{
	free(x->at);
	*x = (struct resolver){0};
}
