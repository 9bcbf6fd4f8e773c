/* Framing: every header fault, every cut, every type and length. RFC 4271 6.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/bgp/codec.h"

#define MARKER "ffffffffffffffffffffffffffffffff "

struct frame_case {
	const char *name;
	const char *hex;
	enum bgp_frame_state state;
	uint8_t subcode;
	const char *data;
};

#define WHOLE   BGP_FRAME_WHOLE, 0, ""
#define PARTIAL BGP_FRAME_PARTIAL, 0, ""

static const struct frame_case cases[] = {
	{"nothing", "", PARTIAL},
	{"18 octets", MARKER "0013", PARTIAL},
	{"keepalive", MARKER "0013 04", WHOLE},
	{"keepalive and more", MARKER "0013 04 ffffff", WHOLE},
	{"update", MARKER "0017 02 00000000", WHOLE},
	{"update to come", MARKER "0017 02 000000", PARTIAL},
	{"greatest update to come", MARKER "1000 02", PARTIAL},
	{"open to come", MARKER "001d 01", PARTIAL},
	{"notification", MARKER "0015 03 0602", WHOLE},
	{"route refresh", MARKER "0017 05 00010001", WHOLE},
	{"marker of zeros", "00000000000000000000000000000000 0013 04", BGP_FRAME_ERROR, 1, ""},
	{"marker, last octet", "fffffffffffffffffffffffffffffffe 0013 04", BGP_FRAME_ERROR, 1, ""},
	{"marker before length", "00ffffffffffffffffffffffffffffff 0000 00", BGP_FRAME_ERROR, 1,
		""},
	{"length 0", MARKER "0000 04", BGP_FRAME_ERROR, 2, "0000"},
	{"length 18", MARKER "0012 04", BGP_FRAME_ERROR, 2, "0012"},
	{"length 4097", MARKER "1001 02", BGP_FRAME_ERROR, 2, "1001"},
	{"length 65535", MARKER "ffff 02", BGP_FRAME_ERROR, 2, "ffff"},
	{"length before type", MARKER "0012 09", BGP_FRAME_ERROR, 2, "0012"},
	{"open of 28", MARKER "001c 01", BGP_FRAME_ERROR, 2, "001c"},
	{"update of 22", MARKER "0016 02", BGP_FRAME_ERROR, 2, "0016"},
	{"notification of 20", MARKER "0014 03", BGP_FRAME_ERROR, 2, "0014"},
	{"keepalive of 20", MARKER "0014 04", BGP_FRAME_ERROR, 2, "0014"},
	{"keepalive of 4096", MARKER "1000 04", BGP_FRAME_ERROR, 2, "1000"},
	{"route refresh of 22", MARKER "0016 05", BGP_FRAME_ERROR, 2, "0016"},
	{"route refresh of 24", MARKER "0018 05", BGP_FRAME_ERROR, 2, "0018"},
	{"type 0", MARKER "0013 00", BGP_FRAME_ERROR, 3, "00"},
	{"type 6", MARKER "0013 06", BGP_FRAME_ERROR, 3, "06"},
	{"type 255", MARKER "1000 ff", BGP_FRAME_ERROR, 3, "ff"},
};

static enum bgp_frame_state frame_exact(
	const uint8_t *bytes, size_t have, uint8_t *type, uint16_t *len, struct bgp_error *error)
{
	uint8_t *exact = bytes_exact(bytes, have);
	enum bgp_frame_state state = bgp_frame(exact, have, &bgp_frame_plain, type, len, error);
	free(exact);
	return state;
}

static void headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = {.len = 0}, data = {.len = 0};
		uint8_t type = 0xee;
		uint16_t len = 0xeeee;
		struct bgp_error e = {0};
		print_message("%s\n", cases[i].name);
		bytes_hex(&b, cases[i].hex);
		bytes_hex(&data, cases[i].data);
		assert_int_equal(frame_exact(b.b, b.len, &type, &len, &e), cases[i].state);
		assert_int_equal(e.subcode, cases[i].subcode);
		assert_int_equal(e.code, cases[i].subcode ? BGP_ERROR_HEADER : 0);
		assert_int_equal(e.data_len, data.len);
		assert_memory_equal(bgp_error_data(&e), data.b, data.len);
		if (cases[i].state == BGP_FRAME_WHOLE)
			assert_int_equal(type, b.b[18]);
		else
			assert_true(type == 0xee && len == 0xeeee);
	}
}

/* A stream of all five types, given octet by octet, comes out as the same five messages. */
static void octet_by_octet(void **state)
{
	(void)state;
	struct bytes stream = {.len = 0};
	bytes_hex(&stream, MARKER "001d 01 04 fde9 005a 0a000001 00");
	bytes_hex(&stream, MARKER "0013 04");
	bytes_hex(&stream, MARKER "0017 02 00000000");
	bytes_hex(&stream, MARKER "0017 05 00010001");
	bytes_hex(&stream, MARKER "0015 03 0602");
	static const uint8_t types[] = {1, 4, 2, 5, 3};
	size_t start = 0, messages = 0;
	for (size_t end = 0; end <= stream.len; end++) {
		uint8_t type;
		uint16_t len;
		struct bgp_error e;
		enum bgp_frame_state s =
			frame_exact(stream.b + start, end - start, &type, &len, &e);
		assert_true(s != BGP_FRAME_ERROR);
		if (s != BGP_FRAME_WHOLE)
			continue;
		assert_int_equal(type, types[messages++]);
		assert_int_equal(len, end - start);
		start = end;
	}
	assert_int_equal(messages, 5);
	assert_int_equal(start, stream.len);
}

/* Every length of every type: whole and partial exactly where section A allows it. */
static void every_length_of_every_type(void **state)
{
	(void)state;
	static const unsigned min[6] = {0, 29, 23, 21, 19, 23};
	static const unsigned max[6] = {0, 4096, 4096, 4096, 19, 23};
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned len = 0; len <= UINT16_MAX; len += len < 5000 ? 1 : 997) {
			uint8_t b[19];
			uint8_t t;
			uint16_t l;
			struct bgp_error e = {0};
			memset(b, 0xff, sizeof(b));
			b[16] = (uint8_t)(len >> 8);
			b[17] = (uint8_t)len;
			b[18] = (uint8_t)type;
			enum bgp_frame_state s =
				bgp_frame(b, sizeof(b), &bgp_frame_plain, &t, &l, &e);
			bool known = type >= 1 && type <= 5;
			bool good = known && len >= min[type] && len <= max[type];
			assert_true((s != BGP_FRAME_ERROR) == good);
			bool length_first = known || len < 19 || len > 4096;
			if (!good)
				assert_int_equal(e.subcode, length_first ? 2 : 3);
		}
	}
}

/* RFC 8654 4: all types but OPEN and KEEPALIVE. */
static void extended_lengths(void **state)
{
	(void)state;
	const struct bgp_frame_rules rules = {.extended = true};
	static const unsigned max[6] = {0, 4096, 65535, 65535, 19, 23};
	static uint8_t b[BGP_MESSAGE_EXTENDED_MAX];
	memset(b, 0xff, sizeof(b));
	for (unsigned type = 1; type < 6; type++) {
		for (unsigned len = 23; len <= UINT16_MAX; len += len < 5000 ? 1 : 7) {
			uint8_t t;
			uint16_t l = 0;
			struct bgp_error e = {0};
			b[16] = (uint8_t)(len >> 8);
			b[17] = (uint8_t)len;
			b[18] = (uint8_t)type;
			enum bgp_frame_state s = bgp_frame(b, sizeof(b), &rules, &t, &l, &e);
			bool good = len <= max[type] && (type != BGP_TYPE_OPEN || len >= 29);
			assert_int_equal(s, good ? BGP_FRAME_WHOLE : BGP_FRAME_ERROR);
			assert_int_equal(l, good ? len : 0);
			assert_int_equal(e.subcode, good ? 0 : BGP_HEADER_LENGTH);
		}
	}
}

/* RFC 7313 5: another length is for the decoder of ROUTE-REFRESH to refuse, and whole. */
static void route_refresh_of_any_length(void **state)
{
	(void)state;
	const struct bgp_frame_rules rules = {.enhanced_refresh = true};
	static uint8_t b[BGP_MESSAGE_MAX];
	memset(b, 0xff, sizeof(b));
	for (unsigned len = 0; len <= UINT16_MAX; len += len < 5000 ? 1 : 997) {
		uint8_t type;
		uint16_t l;
		struct bgp_error e = {0};
		b[16] = (uint8_t)(len >> 8);
		b[17] = (uint8_t)len;
		b[18] = BGP_TYPE_ROUTE_REFRESH;
		bool good = len >= BGP_HEADER_LEN && len <= BGP_MESSAGE_MAX;
		assert_int_equal(bgp_frame(b, sizeof(b), &rules, &type, &l, &e),
			good ? BGP_FRAME_WHOLE : BGP_FRAME_ERROR);
		assert_int_equal(e.subcode, good ? 0 : BGP_HEADER_LENGTH);
	}
}

static void error_texts(void **state)
{
	(void)state;
	char text[96];
	assert_string_equal(bgp_error_text(3, 11, text, sizeof(text)),
		"UPDATE Message Error/Malformed AS_PATH");
	assert_string_equal(bgp_error_text(4, 0, text, sizeof(text)), "Hold Timer Expired");
	assert_string_equal(bgp_error_text(6, 10, text, sizeof(text)), "Cease/BFD Down");
	assert_string_equal(bgp_error_text(6, 99, text, sizeof(text)), "Cease/subcode 99");
	assert_string_equal(
		bgp_error_text(2, 5, text, sizeof(text)), "OPEN Message Error/subcode 5");
	assert_string_equal(bgp_error_text(77, 3, text, sizeof(text)), "code 77/subcode 3");
	assert_string_equal(bgp_error_text(3, 11, text, 7), "UPDATE");
	for (unsigned i = 0; i < 65536; i++)
		assert_true(*bgp_error_text((uint8_t)(i >> 8), (uint8_t)i, text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(octet_by_octet),
		cmocka_unit_test(every_length_of_every_type),
		cmocka_unit_test(extended_lengths),
		cmocka_unit_test(route_refresh_of_any_length),
		cmocka_unit_test(error_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
