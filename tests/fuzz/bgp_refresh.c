/* ROUTE-REFRESH: four octets are read, everything else is 7/1; what is about a family of ours is
 * what we would send. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bgp/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const uint8_t *body, uint32_t family, uint8_t subtype)
{
	static uint8_t out[BGP_MESSAGE_MAX];
	size_t len = bgp_route_refresh_encode(family, (enum bgp_refresh)subtype, out);
	if (len != BGP_HEADER_LEN + 4 || memcmp(out + BGP_HEADER_LEN, body, 4) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = bytes_exact(data, size);
	uint32_t family = 0;
	uint8_t subtype = 0;
	struct bgp_error e = {0};
	bool good = bgp_route_refresh_decode(exact, size, &family, &subtype, &e);
	if (good != (size == 4))
		abort();
	if (!good && (e.code != BGP_ERROR_ROUTE_REFRESH || e.subcode != 1))
		abort();
	if (good && family != 0 && family != BGP_FAMILY_IPV4 && family != BGP_FAMILY_IPV6)
		abort();
	if (good && family)
		there_and_back(exact, family, subtype);
	free(exact);
	return 0;
}
