#include "lib/ext_community.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	AS_TRANS = 23456, /* RFC 6793 */
};

static uint64_t get(const uint8_t *at, size_t octets)
{
	uint64_t value = 0;
	for (size_t i = 0; i < octets; i++)
		value = value << 8 | at[i];
	return value;
}

bool ext_community_bandwidth(const struct ext_community *c, float *out)
{
	uint32_t bits = (uint32_t)get(c->octet + 4, 4);
	float value;

	if ((c->octet[0] & ~EXT_COMMUNITY_NOT_TRANSITIVE) != EXT_COMMUNITY_AS2 ||
		c->octet[1] != EXT_COMMUNITY_LINK_BANDWIDTH)
		return false;
	memcpy(&value, &bits, sizeof(value));
	*out = isfinite(value) && value > 0 ? value : 0;
	return true;
}

struct ext_community ext_community_of_bandwidth(uint32_t as, float octets)
{
	uint32_t number = as > UINT16_MAX ? AS_TRANS : as, bits;
	memcpy(&bits, &octets, sizeof(bits));
	return (struct ext_community){{EXT_COMMUNITY_AS2, EXT_COMMUNITY_LINK_BANDWIDTH,
		(uint8_t)(number >> 8), (uint8_t)number, (uint8_t)(bits >> 24),
		(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits}};
}

const char *ext_community_text(const struct ext_community *c, char out[EXT_COMMUNITY_TEXT_MAX])
{
	const uint8_t *o = c->octet;
	const char *kind = o[1] == EXT_COMMUNITY_RT    ? "rt"
			   : o[1] == EXT_COMMUNITY_SOO ? "soo"
						       : NULL;

	if (kind && o[0] == EXT_COMMUNITY_AS2)
		snprintf(out, EXT_COMMUNITY_TEXT_MAX, "%s %u:%u", kind, (unsigned)get(o + 2, 2),
			(unsigned)get(o + 4, 4));
	else if (kind && o[0] == EXT_COMMUNITY_AS4)
		snprintf(out, EXT_COMMUNITY_TEXT_MAX, "%s %u:%u", kind, (unsigned)get(o + 2, 4),
			(unsigned)get(o + 6, 2));
	else if (kind && o[0] == EXT_COMMUNITY_IPV4)
		snprintf(out, EXT_COMMUNITY_TEXT_MAX, "%s %u.%u.%u.%u:%u", kind, o[2], o[3], o[4],
			o[5], (unsigned)get(o + 6, 2));
	else
		snprintf(out, EXT_COMMUNITY_TEXT_MAX, "0x%016llx", (unsigned long long)get(o, 8));
	return out;
}
