#include "rib/fib/hop.h"

uint32_t hops_sum(const struct hop *h, size_t n)
{
	uint32_t sum = (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		sum += hash_bytes(&h[i].addr, sizeof(h[i].addr),
			h[i].ifindex << 9 ^ (n > 1 ? h[i].weight : 1));
	return sum;
}
