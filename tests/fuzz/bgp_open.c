/* OPEN with an expectation chosen by the first octet; what is accepted must be acceptable. */
#include <stdlib.h>

#include "tests/unit/bgp/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void accepted(const struct bgp_open *o, const struct bgp_open_expect *expect)
{
	if (o->as == 0 || o->as == BGP_AS_TRANS || addr_is_unspecified(o->id))
		abort();
	if (o->hold_time_s == 1 || o->hold_time_s == 2)
		abort();
	if (expect->remote_as ? o->as != expect->remote_as
			      : (o->as == expect->local_as) != expect->internal)
		abort();
	if (o->families & ~(uint32_t)(BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bgp_open_expect expects[] = {
		{.local_as = 65000, .remote_as = 65001},
		{.local_as = 65000, .external = true},
		{.local_as = 65000, .internal = true},
		{.local_as = 65000, .remote_as = 100000},
	};
	if (size == 0)
		return 0;
	const struct bgp_open_expect *expect = &expects[data[0] % 4];
	uint8_t *exact = bytes_exact(data + 1, size - 1);
	struct bgp_open open;
	struct bgp_error e = {0};
	if (bgp_open_decode(exact, size - 1, expect, &open, &e))
		accepted(&open, expect);
	else if (e.code != BGP_ERROR_OPEN)
		abort();
	free(exact);
	return 0;
}
