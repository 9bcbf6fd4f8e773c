/* Extended messages (RFC 8654): packing at 4096 and 65535 octets, and what only those can hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bgpd-lite/bgp/update_encode.h"
#include "lib/wire.h"
#include "tests/unit/bgp/codec.h"

enum {
	MANY = 40000,
};

static struct attr_store *store;
static struct prefix many[MANY];
static struct bgp_update update;
static uint8_t message[BGP_MESSAGE_EXTENDED_MAX];

static struct bgp_update_to to_peer(bool extended)
{
	struct bgp_update_to to = {.as4 = true,
		.ebgp = true,
		.local_as = 65001,
		.next_hop = {addr_v4(0xc000020b), {.family = ADDR_V6, .b = {0x20, 1, 13, 0xb8}}},
		.extended = extended};
	return to;
}

static void fill(enum addr_family family, uint8_t len)
{
	for (size_t i = 0; i < MANY; i++) {
		struct addr a = {.family = (uint8_t)family, .b = {10}};
		size_t low = (len + 7u) / 8 - 1;
		a.b[low] = (uint8_t)i;
		a.b[low - 1] = (uint8_t)(i >> 8);
		many[i] = prefix_make(a, len);
	}
}

static const struct attrs *make(size_t communities)
{
	static uint8_t list[UINT16_MAX];
	struct attr_view v = {.communities = {list, (uint16_t)(4 * communities)}};
	struct wr w = wr_init(list, sizeof(list));

	for (uint32_t i = 0; i < communities; i++)
		wr_u32(&w, 0xfc000000 + i);
	const struct attrs *a = attr_get(store, &v, (struct addr){0}, (struct addr){0});
	assert_non_null(a);
	return a;
}

/* Read back exactly as a session with such a peer does. */
static void decode(size_t len, bool extended, enum kind kind)
{
	struct bgp_update_session session = session_of(kind);
	struct bgp_frame_rules rules = {.extended = extended};
	struct bgp_error error = {0};
	uint8_t type;
	uint16_t framed = 0;
	static uint8_t *exact;

	assert_int_equal(bgp_frame(message, len, &rules, &type, &framed, &error), BGP_FRAME_WHOLE);
	assert_int_equal(framed, len);
	free(exact);
	exact = bytes_exact(message + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
	bgp_update_decode(exact, len - BGP_HEADER_LEN, &session, &update);
}

static size_t same_prefixes(struct bgp_nlri n, size_t from)
{
	struct prefix p;
	size_t count = 0;

	for (; bgp_nlri_next(&n, &p); count++)
		assert_true(prefix_equal(p, many[from + count]));
	return count;
}

/* Messages for all prefixes, each as full as can be. */
static size_t announce_all(enum addr_family family, uint8_t len, size_t communities, bool extended)
{
	const struct bgp_update_to to = to_peer(extended);
	const struct attrs *a = make(communities);
	size_t at = 0, taken = 0, messages = 0, octets = 1 + (len + 7u) / 8;

	fill(family, len);
	for (; at < MANY; at += taken, messages++) {
		size_t n = bgp_announce_encode(&to, a, many + at, MANY - at, &taken, message);
		assert_in_range(n, 1, bgp_update_max(&to));
		assert_true(at + taken == MANY || n + octets > bgp_update_max(&to));
		decode(n, extended, E4);
		assert_int_equal(update.action, BGP_UPDATE_ACCEPT);
		assert_int_equal(same_prefixes(update.reachable[family == ADDR_V6], at), taken);
		assert_int_equal(update.attrs.communities.len, 4 * communities);
	}
	attr_put(store, a);
	return messages;
}

static void announcements(void **state)
{
	(void)state;
	for (size_t c = 0; c < 12; c++) {
		assert_in_range(announce_all(ADDR_V4, 32, c, true), 4, 4);
		assert_in_range(announce_all(ADDR_V4, 32, c, false), 49, 60);
		assert_in_range(announce_all(ADDR_V6, 64, c, true), 6, 6);
		assert_in_range(announce_all(ADDR_V6, 64, c, false), 88, 100);
	}
	announce_all(ADDR_V4, 24, 15000, true);
	announce_all(ADDR_V6, 128, 15000, true);
}

/* The last size of attributes beside which a prefix fits: one octet less and it does not. */
static void no_room_for_a_prefix(void **state)
{
	const struct bgp_update_to to = to_peer(true);

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		size_t taken = 0, last = 0, len;
		fill(v6 ? ADDR_V6 : ADDR_V4, v6 ? 128 : 32);
		for (size_t c = 16330;; c++) {
			const struct attrs *a = make(c);
			len = bgp_announce_encode(&to, a, many, 1, &taken, message);
			attr_put(store, a);
			if (!len)
				break;
			assert_int_equal(taken, 1);
			last = len;
		}
		assert_in_range(last, BGP_MESSAGE_EXTENDED_MAX - 3, BGP_MESSAGE_EXTENDED_MAX);
	}
}

static void withdrawals(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool v6 = i & 1, extended = i & 2;
		const struct bgp_update_to to = to_peer(extended);
		size_t room = bgp_update_max(&to) - (v6 ? 30 : 23), taken = 0;
		fill(v6 ? ADDR_V6 : ADDR_V4, v6 ? 64 : 24);
		for (size_t at = 0; at < MANY; at += taken) {
			size_t n = bgp_withdraw_encode(&to, many + at, MANY - at, &taken, message);
			decode(n, extended, E4);
			assert_int_equal(same_prefixes(update.withdrawn[v6], at), taken);
			assert_true(at + taken == MANY || taken == room / (v6 ? 9 : 4));
		}
	}
}

/* ---- only received ---- */

static void attribute(struct wr *w, uint8_t flags, uint8_t type, uint16_t len)
{
	wr_u8(w, flags | 0x10);
	wr_u8(w, type);
	wr_u16(w, len);
}

/* An UPDATE of a 2-octet peer: a path of so many AS, so many communities. Its length. */
static size_t narrow(size_t path_n, size_t communities)
{
	struct wr w = wr_init(message, sizeof(message));
	size_t path_len = path_n * 2 + (path_n + 254) / 255 * 2;

	for (size_t i = 0; i < 16; i++)
		wr_u8(&w, 0xff);
	wr_u16(&w, 0);
	wr_u8(&w, BGP_TYPE_UPDATE);
	wr_u16(&w, 0);
	wr_u16(&w, (uint16_t)(5 + 8 + 4 + path_len + 4 + 4 * communities));
	attribute(&w, 0x40, BGP_ATTRIBUTE_ORIGIN, 1);
	wr_u8(&w, 0);
	attribute(&w, 0x40, BGP_ATTRIBUTE_NEXT_HOP, 4);
	wr_u32(&w, 0x0a000001);
	attribute(&w, 0x40, BGP_ATTRIBUTE_AS_PATH, (uint16_t)path_len);
	for (size_t left = path_n; left > 0;) {
		size_t n = left < 255 ? left : 255;
		wr_u8(&w, 2);
		wr_u8(&w, (uint8_t)n);
		for (size_t i = 0; i < n; i++)
			wr_u16(&w, 65001);
		left -= n;
	}
	attribute(&w, 0xc0, BGP_ATTRIBUTE_COMMUNITIES, (uint16_t)(4 * communities));
	for (size_t i = 0; i < communities; i++)
		wr_u32(&w, (uint32_t)i);
	wr_u8(&w, 24);
	wr_bytes(&w, "\12\1\2", 3);
	assert_false(w.err);
	wr_put_u16(&w, 16, (uint16_t)wr_len(&w));
	return wr_len(&w);
}

/* Its path grows to twice its length: what the attributes cannot hold then is withdrawn. */
static void a_path_that_is_too_long_when_widened(void **state)
{
	(void)state;
	static const struct {
		size_t path_n, communities;
		enum bgp_update_action action;
	} rows[] = {{100, 1, BGP_UPDATE_ACCEPT}, {16000, 100, BGP_UPDATE_ACCEPT},
		{16000, 8000, BGP_UPDATE_WITHDRAW}, {16255, 1, BGP_UPDATE_ACCEPT},
		{16384, 1, BGP_UPDATE_WITHDRAW}, {32000, 1, BGP_UPDATE_WITHDRAW}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		decode(narrow(rows[i].path_n, rows[i].communities), true, E2);
		assert_int_equal(update.action, rows[i].action);
		assert_int_equal(update_walk(&update), 1);
		if (rows[i].action == BGP_UPDATE_WITHDRAW)
			assert_string_equal(update.faults[0].why, "too long in 4 octets");
	}
}

static void a_long_notification(void **state)
{
	(void)state;
	struct bgp_notification n;
	memset(message, 3, sizeof(message));
	size_t len = BGP_MESSAGE_EXTENDED_MAX - BGP_HEADER_LEN;
	assert_true(bgp_notification_decode(message, len, &n));
	assert_int_equal(n.data_len, len - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announcements),
		cmocka_unit_test(no_room_for_a_prefix),
		cmocka_unit_test(withdrawals),
		cmocka_unit_test(a_path_that_is_too_long_when_widened),
		cmocka_unit_test(a_long_notification),
	};

	store = attr_store_new(5);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	attr_store_free(store);
	return failed;
}
