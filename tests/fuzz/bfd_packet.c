/*
 * Fuzz: one UDP payload: the decoder, and each authentication on what it accepts. What is accepted
 * is encoded again and must say the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bfd/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bfd_auth_key KEY = {.id = 1, .len = 6, .bytes = "secret"};

static void encode_again(const struct bfd_packet *p)
{
	uint8_t bytes[BFD_PACKET_LEN];
	struct bfd_packet want = *p, got;
	bfd_packet_encode(p, bytes);
	if (bfd_packet_decode(bytes, sizeof(bytes), &got) != BFD_DROP_NONE)
		abort();
	want.auth = false;
	want.length = BFD_PACKET_LEN;
	if (memcmp(&want, &got, sizeof(got)) != 0)
		abort();
}

static void check_auth(const uint8_t *bytes, const struct bfd_packet *p)
{
	for (uint8_t type = BFD_AUTH_NONE; type <= BFD_AUTH_METICULOUS_SHA1; type++) {
		struct bfd_auth a = {.type = type, .keys_n = 1, .keys = {KEY}};
		struct bfd_auth_window any = {0}, none = {.first = 5, .n = 1};
		uint32_t seq = 0;
		enum bfd_drop first = bfd_auth_check(&a, bytes, p, any, &seq);
		enum bfd_drop second = bfd_auth_check(&a, bytes, p, none, &seq);
		if (p->auth != (type != BFD_AUTH_NONE) && first != BFD_DROP_AUTH)
			abort();
		if (second == BFD_DROP_NONE && (first != BFD_DROP_NONE || (type > 1 && seq != 5)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bfd_packet p;
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (bfd_packet_decode(copy, size, &p) == BFD_DROP_NONE) {
		if (p.multiplier == 0 || p.my_discr == 0 || p.length > size)
			abort();
		encode_again(&p);
		/* Nothing behind Length may be looked at. */
		uint8_t *exact = malloc(p.length);
		if (!exact)
			abort();
		memcpy(exact, copy, p.length);
		check_auth(exact, &p);
		free(exact);
	}
	free(copy);
	return 0;
}
