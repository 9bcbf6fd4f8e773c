/* KEEPALIVE, NOTIFICATION, ROUTE-REFRESH, End-of-RIB: what we send is read back by our decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/bgp/codec.h"

static uint8_t out[BGP_MESSAGE_MAX];

static void framed(size_t n, uint8_t want)
{
	uint8_t type;
	uint16_t len;
	struct bgp_error e;
	assert_int_equal(bgp_frame(out, n, &bgp_frame_plain, &type, &len, &e), BGP_FRAME_WHOLE);
	assert_int_equal(type, want);
	assert_int_equal(len, n);
}

static bool notification(const char *hex, struct bgp_notification *n)
{
	struct bytes b = {.len = 0};
	bytes_hex(&b, hex);
	uint8_t *exact = bytes_exact(b.b, b.len);
	bool good = bgp_notification_decode(exact, b.len, n);
	n->data = NULL; /* its bytes go now */
	free(exact);
	return good;
}

static void keepalive(void **state)
{
	(void)state;
	assert_int_equal(bgp_keepalive_encode(out), 19);
	framed(19, BGP_TYPE_KEEPALIVE);
}

static void notification_there_and_back(void **state)
{
	(void)state;
	uint8_t big[5000];
	struct bgp_notification n;
	memset(big, 0x5a, sizeof(big));
	static const uint16_t lens[] = {0, 1, 8, 255, BGP_NOTIFICATION_DATA_MAX, 5000};
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct bgp_error e = {.code = 3, .subcode = 5, .data_len = lens[i], .data = big};
		size_t want =
			lens[i] > BGP_NOTIFICATION_DATA_MAX ? BGP_NOTIFICATION_DATA_MAX : lens[i];
		size_t len = bgp_notification_encode(&e, out);
		framed(len, BGP_TYPE_NOTIFICATION);
		assert_true(bgp_notification_decode(out + 19, len - 19, &n));
		assert_int_equal(n.code, 3);
		assert_int_equal(n.subcode, 5);
		assert_int_equal(n.data_len, want);
		assert_memory_equal(n.data, big, want);
		assert_string_equal(n.text, "");
	}
}

static void notification_with_inline_data(void **state)
{
	(void)state;
	struct bgp_error e = bgp_error_make(6, 1, "\0\1\1\0\0\0\7", 7);
	struct bgp_error copy = e;
	memset(&e, 0, sizeof(e));
	assert_int_equal(bgp_notification_encode(&copy, out), 28);
	assert_memory_equal(out + 19, "\6\1\0\1\1\0\0\0\7", 9);
	e = bgp_error_make(6, 1, "123456789", 9);
	assert_int_equal(e.data_len, 8);
}

struct text_case {
	const char *hex;
	const char *text;
};

static void shutdown_texts(void **state)
{
	(void)state;
	static const struct text_case cases[] = {
		{"0602", ""},
		{"0602 00", ""},
		{"0602 03 616263", "abc"},
		{"0604 03 616263", "abc"},
		{"0602 02 616263", "ab"},         /* octets behind the text */
		{"0602 ff 616263", "abc"},        /* a length that does not fit */
		{"0602 04 1b5b326a", "\\x1b[2j"}, /* a terminal's escape */
		{"0602 03 610a62", "a\\x0ab"},
		{"0602 03 612262", "a\\x22b"},
		{"0602 03 615c62", "a\\x5cb"},
		{"0602 02 c3a4", "\\xc3\\xa4"},
		{"0602 01 00", "\\x00"},
		{"0602 01 7f", "\\x7f"},
		{"0603 03 616263", ""}, /* no text in other subcodes */
		{"0302 03 616263", ""},
		{"ffff 03 616263", ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bgp_notification n;
		assert_true(notification(cases[i].hex, &n));
		assert_string_equal(n.text, cases[i].text);
	}
}

static void longest_text(void **state)
{
	(void)state;
	struct bgp_notification n;
	uint8_t b[3 + 255] = {6, 2, 255};
	assert_true(bgp_notification_decode(b, sizeof(b), &n));
	assert_int_equal(strlen(n.text), 4 * 255);
}

static void notification_too_short(void **state)
{
	(void)state;
	struct bgp_notification n;
	assert_false(notification("", &n));
	assert_false(notification("06", &n));
	assert_true(notification("0000", &n));
}

static void route_refresh(void **state)
{
	(void)state;
	uint32_t bit;
	uint8_t subtype;
	struct bgp_error e;
	for (unsigned i = 0; i < 6; i++) {
		uint32_t family = i % 2 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4;
		size_t len = bgp_route_refresh_encode(family, (enum bgp_refresh)(i / 2), out);
		framed(len, BGP_TYPE_ROUTE_REFRESH);
		assert_true(bgp_route_refresh_decode(out + 19, len - 19, &bit, &subtype, &e));
		assert_int_equal(bit, family);
		assert_int_equal(subtype, i / 2);
	}
	static const uint8_t ignored[][4] = {
		{0, 1, 3, 1}, {0, 1, 4, 1}, {0, 2, 255, 1}, {0, 1, 0, 2}, {0, 25, 1, 70}};
	for (size_t i = 0; i < sizeof(ignored) / 4; i++) {
		assert_true(bgp_route_refresh_decode(ignored[i], 4, &bit, &subtype, &e));
		assert_int_equal(bit, 0);
		assert_int_equal(subtype, ignored[i][2]);
	}
	for (size_t len = 0; len < 8; len++) {
		uint8_t *exact = bytes_exact("\0\1\0\1\0\0\0\0", len);
		bool good = bgp_route_refresh_decode(exact, len, &bit, &subtype, &e);
		assert_int_equal(good, len == 4);
		if (!good)
			assert_true(e.code == 7 && e.subcode == 1);
		free(exact);
	}
}

static void end_of_rib(void **state)
{
	(void)state;
	static struct bgp_update u;
	struct bgp_update_session session = session_of(E4);
	for (uint32_t family = BGP_FAMILY_IPV4; family <= BGP_FAMILY_IPV6; family++) {
		size_t len = bgp_end_of_rib_encode(family, out);
		framed(len, BGP_TYPE_UPDATE);
		bgp_update_decode(out + 19, len - 19, &session, &u);
		assert_int_equal(u.action, BGP_UPDATE_ACCEPT);
		assert_int_equal(u.end_of_rib, family);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keepalive),
		cmocka_unit_test(notification_there_and_back),
		cmocka_unit_test(notification_with_inline_data),
		cmocka_unit_test(shutdown_texts),
		cmocka_unit_test(longest_text),
		cmocka_unit_test(notification_too_short),
		cmocka_unit_test(route_refresh),
		cmocka_unit_test(end_of_rib),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
