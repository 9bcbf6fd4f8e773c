#include "bgpd-lite/ration.h"

#include <stdbool.h>

enum {
	KEPT = 16,          /* this part of the bound is for those that hardly grow */
	LITTLE = 64,        /* growth by this part of the bound is little */
	WAIT_FIRST = 30000, /* ms */
	WAIT_MAX = 1800000,
};

static uint64_t short_at(const struct ration_bound *b)
{
	return b->limit - b->limit / KEPT;
}

enum ration_level ration_level(const struct ration_bound *b)
{
	if (!b->limit || b->used <= short_at(b))
		return RATION_FREE;
	return b->used > b->limit ? RATION_OVER : RATION_SHORT;
}

uint64_t ration_room(const struct ration_bound *b)
{
	return b->used < short_at(b) ? short_at(b) - b->used : 0;
}

uint64_t ration_bytes(const struct ration_bound *b, uint64_t paths, uint64_t of)
{
	return of ? b->used / of * paths : 0;
}

static uint64_t total(const struct ration_share *shares, size_t n)
{
	uint64_t paths = 0;

	for (size_t i = 0; i < n; i++)
		paths += shares[i].paths;
	return paths;
}

static int most(const struct ration_share *shares, size_t n, bool grown)
{
	uint64_t best = 0;
	int found = -1;

	for (size_t i = 0; i < n; i++) {
		uint64_t v = !shares[i].paths ? 0 : grown ? shares[i].grown : shares[i].paths;
		if (v > best) {
			best = v;
			found = (int)i;
		}
	}
	return found;
}

int ration_pick(const struct ration_bound *b, const struct ration_share *shares, size_t n)
{
	enum ration_level level = ration_level(b);
	int grower = most(shares, n, true);
	uint64_t by = grower < 0 ? 0 : ration_bytes(b, shares[grower].grown, total(shares, n));

	if (level == RATION_FREE)
		return -1;
	if (level == RATION_SHORT)
		return by >= b->limit / LITTLE ? grower : -1;
	return by && by >= b->used - b->limit ? grower : most(shares, n, false);
}

uint64_t ration_wait_ms(unsigned before)
{
	uint64_t ms = WAIT_FIRST;

	while (before-- && ms < WAIT_MAX)
		ms *= 2;
	return ms < WAIT_MAX ? ms : WAIT_MAX;
}
