#include "bgpd-lite/repairs.h"

/* One message takes a tenth of a millisecond, a fallback of a large table a second. */
const uint32_t repair_bound_us[REPAIR_BOUNDS_N] = {
	100, 250, 500, 1000, 2500, 5000, 10000, 50000, 250000, 1000000};

void repairs_add(struct repairs *r, uint64_t took_us)
{
	r->n++;
	r->sum_us += took_us;
	for (unsigned i = 0; i < REPAIR_BOUNDS_N; i++)
		r->within[i] += took_us <= repair_bound_us[i];
}
