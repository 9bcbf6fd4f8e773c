#include "rib/reserve.h"

#include <stdlib.h>

bool reserve_take(struct reserve *r)
{
	if (!r->bytes)
		r->bytes = malloc(RESERVE_BYTES);
	return r->bytes != NULL;
}

bool reserve_yield(struct reserve *r)
{
	bool had = r->bytes != NULL;

	free(r->bytes);
	r->bytes = NULL;
	return had;
}

void *reserve_malloc(struct reserve *r, size_t size)
{
	void *p = malloc(size);

	if (!p && reserve_yield(r))
		p = malloc(size);
	return p;
}
