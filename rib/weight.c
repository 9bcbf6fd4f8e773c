#include "rib/weight.h"

/* The distance of the weights that there are, just below this one; 1 up to 16. */
static unsigned step_below(unsigned weight)
{
	unsigned step = 1;
	while (weight > 16 * step)
		step *= 2;
	return step;
}

/* Numbers from low to high are rounded to that weight. */
static double low(unsigned weight)
{
	return weight - step_below(weight) / 2.0;
}

static double high(unsigned weight)
{
	return weight + step_below(weight + 1) / 2.0;
}

static uint8_t round_part(double part)
{
	unsigned step = step_below((unsigned)part + 1);
	unsigned weight = (unsigned)(part / step + 0.5) * step;
	return weight ? (uint8_t)weight : 1;
}

static bool all_are(const uint8_t *weight, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (weight[i] != value)
			return false;
	return true;
}

void weights_make(const double *bandwidth, size_t n, uint8_t *weight)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		if (bandwidth[i] > most)
			most = bandwidth[i];
	for (size_t i = 0; i < n; i++)
		weight[i] = most > 0 ? round_part(bandwidth[i] / most * WEIGHT_TOP) : 1;
	if (all_are(weight, n, WEIGHT_TOP))
		for (size_t i = 0; i < n; i++)
			weight[i] = 1;
}

bool weights_serve(const uint8_t *have, const uint8_t *wanted, size_t n)
{
	bool have_none = all_are(have, n, 1), wanted_none = all_are(wanted, n, 1);
	double least = 0, most = 2 * WEIGHT_TOP;

	for (size_t i = 0; i < n; i++) {
		unsigned h = have_none ? WEIGHT_TOP : have[i];
		unsigned w = wanted_none ? WEIGHT_TOP : wanted[i];
		if (low(h) / high(w) > least)
			least = low(h) / high(w);
		if (high(h) / low(w) < most)
			most = high(h) / low(w);
	}
	return least < most;
}
