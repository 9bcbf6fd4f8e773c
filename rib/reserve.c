#include "rib/reserve.h"

#include <stdlib.h>

bool reserve_take(struct reserve *r)
{
	for (size_t n = RESERVE_BYTES; !r->bytes && n >= RESERVE_LEAST; n /= 2)
		r->bytes = malloc(n);
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
