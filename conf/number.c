#include "conf/number.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	DIGITS_MAX = 10,
};

/* The digits at the start of text; *end is behind them. */
static bool digits(const char *text, uint64_t *out, const char **end)
{
	size_t n = strspn(text, "0123456789");
	uint64_t value = 0;
	if (n == 0 || n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	*out = value;
	*end = text + n;
	return true;
}

bool conf_number_plain(const char *text, uint64_t *out)
{
	uint64_t n;
	const char *end;
	if (!digits(text, &n, &end) || *end)
		return false;
	*out = n;
	return true;
}

/* Milliseconds of a unit; bare is that of no unit. */
static uint64_t unit_ms(const char *unit, uint64_t bare)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	if (!*unit)
		return bare;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, unit) == 0)
			return units[i].ms;
	return 0;
}

static bool duration_ms(const char *text, uint64_t bare, uint64_t *out)
{
	uint64_t n;
	const char *end;
	if (!digits(text, &n, &end))
		return false;
	if (*end == ' ')
		end++;
	uint64_t unit = unit_ms(end, bare);
	if (!unit)
		return false;
	*out = n * unit;
	return true;
}

bool conf_number_mark(const char *text, uint64_t *out)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t n = 0;
	if (strncmp(text, "0x", 2) != 0)
		return conf_number_plain(text, &n) && n <= UINT32_MAX && (*out = n, true);
	size_t len = strlen(text += 2);
	if (len == 0 || len > 8)
		return false;
	for (; *text; text++) {
		const char *d = strchr(hex, *text >= 'A' && *text <= 'F' ? *text | 0x20 : *text);
		if (!d)
			return false;
		n = n * 16 + (uint64_t)(d - hex);
	}
	*out = n;
	return true;
}

bool conf_number_seconds(const char *text, uint64_t *out)
{
	uint64_t ms;
	if (!duration_ms(text, 1000, &ms) || ms % 1000)
		return false;
	*out = ms / 1000;
	return true;
}

bool conf_number_interval_us(const char *text, uint64_t *out)
{
	uint64_t ms;
	if (!duration_ms(text, 0, &ms))
		return false;
	*out = ms * 1000;
	return true;
}

static const struct {
	const char *name;
	uint64_t bits;
} speeds[] = {{"T", 1000000000000}, {"G", 1000000000}, {"M", 1000000}, {"k", 1000}};

bool conf_number_bandwidth(const char *text, uint64_t *out)
{
	uint64_t n;
	const char *end;
	if (!digits(text, &n, &end) || n > UINT32_MAX)
		return false;
	if (*end == ' ')
		end++;
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (strcmp(speeds[i].name, end) == 0 && n <= UINT64_MAX / speeds[i].bits) {
			*out = n * speeds[i].bits;
			return true;
		}
	return false;
}

const char *conf_bandwidth_text(uint64_t bits, char out[CONF_BANDWIDTH_TEXT_MAX])
{
	size_t i = 0;
	while (bits % speeds[i].bits && i + 1 < sizeof(speeds) / sizeof(speeds[0]))
		i++;
	snprintf(out, CONF_BANDWIDTH_TEXT_MAX, "%" PRIu64 "%s", bits / speeds[i].bits,
		speeds[i].name);
	return out;
}

bool conf_number_size(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	uint64_t n;
	const char *end;
	if (!digits(text, &n, &end))
		return false;
	const char *unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1]))
		return false;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	if (n > UINT64_MAX >> shift)
		return false;
	*out = n << shift;
	return true;
}

bool conf_number_as(const char *text, uint64_t *out)
{
	uint64_t as, low;
	const char *end;
	if (!digits(text, &as, &end))
		return false;
	if (*end == '.') {
		if (as > 65535 || !conf_number_plain(end + 1, &low) || low > 65535)
			return false;
		as = as << 16 | low;
	} else if (*end) {
		return false;
	}
	if (as == 0 || as == 23456 || as == 65535 || as >= UINT32_MAX)
		return false;
	*out = as;
	return true;
}
