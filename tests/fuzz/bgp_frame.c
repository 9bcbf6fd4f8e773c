/* A stream in chunks: framing must find the same messages as in one piece. The first octet seeds
 * the sizes of the chunks, its bits are what was negotiated. */
#include <stdlib.h>

#include "tests/unit/bgp/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	MESSAGES_MAX = 512,
};

struct found {
	unsigned n;
	uint16_t len[MESSAGES_MAX];
	uint8_t last_error; /* subcode, 0 for none */
};

/* Takes whole messages off data[*start..end). */
static void take(const uint8_t *data, size_t *start, size_t end,
	const struct bgp_frame_rules *rules, struct found *f)
{
	while (f->last_error == 0 && f->n < MESSAGES_MAX) {
		uint8_t type;
		uint16_t len;
		struct bgp_error e;
		uint8_t *exact = bytes_exact(data + *start, end - *start);
		enum bgp_frame_state s = bgp_frame(exact, end - *start, rules, &type, &len, &e);
		free(exact);
		if (s == BGP_FRAME_PARTIAL)
			return;
		if (s == BGP_FRAME_ERROR) {
			if (e.code != BGP_ERROR_HEADER || e.subcode == 0)
				abort();
			f->last_error = e.subcode;
			return;
		}
		if (len < BGP_HEADER_LEN || len > end - *start)
			abort();
		f->len[f->n++] = len;
		*start += len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct found whole = {0}, chunked = {0};
	size_t whole_start = 0, start = 0, end = 0;
	if (size == 0)
		return 0;
	uint32_t random = data[0];
	const struct bgp_frame_rules rules = {
		.enhanced_refresh = data[0] & 1, .extended = data[0] & 2};
	data++;
	size--;
	take(data, &whole_start, size, &rules, &whole);
	while (end < size) {
		random = random * 1664525u + 1013904223u;
		size_t chunk = 1 + (random >> 16) % 64;
		end = chunk < size - end ? end + chunk : size;
		take(data, &start, end, &rules, &chunked);
	}
	if (start != whole_start || whole.n != chunked.n || whole.last_error != chunked.last_error)
		abort();
	for (unsigned i = 0; i < whole.n; i++) {
		if (whole.len[i] != chunked.len[i])
			abort();
	}
	return 0;
}
