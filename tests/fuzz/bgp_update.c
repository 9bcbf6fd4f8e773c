/* UPDATE on a kind of session chosen by the first octet. Every prefix is walked, the attributes are
 * interned and put back; decoding twice gives the same. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bgp/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void outcome_check(const struct bgp_update *u)
{
	size_t prefixes = update_walk(u);
	if ((u->action == BGP_UPDATE_RESET) != (u->error.code == BGP_ERROR_UPDATE))
		abort();
	if (u->action == BGP_UPDATE_RESET && prefixes)
		abort();
	if ((u->action == BGP_UPDATE_ACCEPT) != (u->faults_n == 0))
		abort();
	if (u->end_of_rib && prefixes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bgp_update u, again;
	if (size == 0 || size > BGP_MESSAGE_EXTENDED_MAX - BGP_HEADER_LEN + 1)
		return 0;
	struct bgp_update_session session = session_of((enum kind)(data[0] % KIND_N));
	uint8_t *exact = bytes_exact(data + 1, size - 1);
	bgp_update_decode(exact, size - 1, &session, &u);
	outcome_check(&u);
	char *text = strdup(update_text(&u));
	memset(&again, 0xa5, sizeof(again));
	bgp_update_decode(exact, size - 1, &session, &again);
	if (again.action != u.action || strcmp(update_text(&again), text) != 0)
		abort();
	free(text);
	free(exact);
	return 0;
}
