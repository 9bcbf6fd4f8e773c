#include "rib/reach.h"

#include <stdlib.h>

uint16_t reach_find(const struct reach *x, uint32_t ifindex, struct addr a)
{
	for (uint16_t i = 0; i < x->top; i++)
		if (x->at[i].users && x->at[i].ifindex == ifindex && addr_equal(x->at[i].addr, a))
			return (uint16_t)(i + 1);
	return 0;
}

/* Slot + 1 of a free one; 0: none, and no more may be. */
static uint16_t take(struct reach *x)
{
	for (uint16_t i = 0; i < x->top; i++)
		if (!x->at[i].users)
			return (uint16_t)(i + 1);
	if (x->top == FIB_NEIGHBORS_MAX)
		return 0;
	if (x->top == x->room) {
		uint16_t room = x->room ? (uint16_t)(x->room * 2) : 16;
		struct reached *grown = realloc(x->at, room * sizeof(*grown));
		if (!grown)
			return 0;
		x->at = grown;
		x->room = room;
	}
	return ++x->top;
}

uint16_t reach_get(struct reach *x, uint32_t ifindex, struct addr a)
{
	uint16_t slot = reach_find(x, ifindex, a);

	if (!slot) {
		slot = take(x);
		if (!slot)
			return 0;
		x->at[slot - 1] = (struct reached){.ifindex = ifindex, .addr = a};
	}
	x->at[slot - 1].users++;
	return slot;
}

bool reach_put(struct reach *x, uint16_t slot)
{
	if (--x->at[slot - 1].users)
		return false;
	while (x->top && !x->at[x->top - 1].users)
		x->top--;
	return true;
}

void reach_clear(struct reach *x)
{
	free(x->at);
	*x = (struct reach){0};
}
