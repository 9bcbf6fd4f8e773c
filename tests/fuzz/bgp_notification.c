/* NOTIFICATION: its text is printable and fits; encoded again it is the same. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bgp/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const uint8_t *body, size_t size, const struct bgp_notification *n)
{
	static uint8_t out[BGP_MESSAGE_MAX];
	const struct bgp_error e = {
		.code = n->code, .subcode = n->subcode, .data_len = n->data_len, .data = n->data};
	size_t len = bgp_notification_encode(&e, out);
	if (len != BGP_HEADER_LEN + size || memcmp(out + BGP_HEADER_LEN, body, size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = bytes_exact(data, size);
	struct bgp_notification n;
	if (bgp_notification_decode(exact, size, &n)) {
		size_t len = strnlen(n.text, sizeof(n.text));
		if (len == sizeof(n.text))
			abort();
		for (size_t i = 0; i < len; i++) {
			if (n.text[i] < 0x20 || n.text[i] > 0x7e)
				abort();
		}
		there_and_back(exact, size, &n);
	}
	free(exact);
	return 0;
}
