/* What we send, read back by our own decoder: attributes, full messages, exact limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bgpd-lite/bgp/update_encode.h"
#include "tests/unit/bgp/codec.h"

enum {
	MANY = 3000,
};

static struct attr_store *store;
static struct prefix many[MANY];
static struct bgp_update update;

static struct addr ip(const char *text)
{
	struct addr a = {0};
	assert_true(addr_parse(text, &a));
	return a;
}

static struct bgp_update_to to_kind(enum kind kind)
{
	struct bgp_update_session s = session_of(kind);
	return (struct bgp_update_to){.as4 = s.as4,
		.ebgp = s.ebgp,
		.local_as = s.remote_as,
		.next_hop = {ip("192.0.2.11"), ip("2001:db8::11")},
		.next_hop_link_local = ip("fe80::11")};
}

/* Attributes with so many communities, and a path of these AS numbers. */
static const struct attrs *make(size_t communities, const uint32_t *path, uint8_t path_n)
{
	static uint8_t list[4096], segments[4096];
	struct attr_view v = {.has_med = true, .med = 7, .communities = {list, 0}};

	for (size_t i = 0; i < communities; i++) {
		const uint8_t c[] = {0xfc, 0, (uint8_t)(i >> 8), (uint8_t)i};
		memcpy(list + 4 * i, c, 4);
	}
	v.communities.len = (uint16_t)(4 * communities);
	if (path_n) {
		v.as_path = (struct attr_bytes){segments, (uint16_t)(2 + 4 * path_n)};
		segments[0] = 2;
		segments[1] = path_n;
	}
	for (size_t i = 0; i < path_n; i++) {
		for (size_t b = 0; b < 4; b++)
			segments[2 + 4 * i + b] = (uint8_t)(path[i] >> (24 - 8 * b));
	}
	const struct attrs *a = attr_get(store, &v, (struct addr){0}, (struct addr){0});
	assert_non_null(a);
	return a;
}

/* n different prefixes of that length. */
static void fill(enum addr_family family, uint8_t len, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct addr a = {.family = (uint8_t)family, .b = {10}};
		size_t low = (len + 7u) / 8 - 1;
		a.b[low] = (uint8_t)i;
		a.b[low - 1] = (uint8_t)(i >> 8);
		many[i] = prefix_make(a, len);
	}
}

static const struct bgp_update *decode(const uint8_t *message, size_t len, enum kind kind)
{
	struct bgp_update_session session = session_of(kind);
	struct bgp_error error = {0};
	uint8_t type;
	uint16_t framed;

	assert_int_equal(
		bgp_frame(message, len, &bgp_frame_plain, &type, &framed, &error), BGP_FRAME_WHOLE);
	assert_int_equal(framed, len);
	assert_int_equal(type, BGP_TYPE_UPDATE);
	uint8_t *exact = bytes_exact(message + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
	static uint8_t body[BGP_MESSAGE_MAX];
	memcpy(body, exact, len - BGP_HEADER_LEN);
	free(exact);
	bgp_update_decode(body, len - BGP_HEADER_LEN, &session, &update);
	if (update.faults_n)
		fail_msg("attribute %u: %s", update.faults[0].attribute, update.faults[0].why);
	assert_int_equal(update.action, BGP_UPDATE_ACCEPT);
	return &update;
}

static const char *sent(enum kind kind, const struct attrs *a, struct prefix p)
{
	struct bgp_update_to to = to_kind(kind);
	uint8_t message[BGP_MESSAGE_MAX];
	size_t taken = 0;
	size_t len = bgp_announce_encode(&to, a, &p, 1, &taken, message);

	assert_int_equal(taken, 1);
	attr_put(store, a);
	return update_text(decode(message, len, kind));
}

static struct prefix prefix(const char *text)
{
	struct prefix p;
	bool host_bits;
	assert_true(prefix_parse(text, &p, &host_bits));
	return p;
}

static void attributes_by_kind_of_session(void **state)
{
	static const uint32_t prepended[] = {65001, 65001}, own[] = {65000, 65000, 65020};
	(void)state;
	assert_string_equal(sent(E4, make(1, NULL, 0), prefix("198.51.100.10/32")),
		"+198.51.100.10/32@192.0.2.11 origin=0 path=65001 med=7 com=64512:0");
	assert_string_equal(sent(E4, make(0, prepended, 2), prefix("0.0.0.0/0")),
		"+0.0.0.0/0@192.0.2.11 origin=0 path=65001 65001 65001 med=7");
	assert_string_equal(sent(I4, make(0, own, 3), prefix("198.51.100.0/25")),
		"+198.51.100.0/25@192.0.2.11 origin=0 path=65020 med=7 lp=100");
	assert_string_equal(sent(E4, make(0, NULL, 0), prefix("2001:db8:5::/48")),
		"+2001:db8:5::/48@2001:db8::11 ll=fe80::11 origin=0 path=65001 med=7");
}

/* RFC 4456 8: our identifier before the list; none of it to external neighbours. */
static void reflected(void **state)
{
	static const uint8_t cluster[] = {1, 1, 1, 9};
	struct attr_view v = {.has_originator_id = true, .originator_id = ip("1.1.1.2")};
	struct prefix p = prefix("198.51.100.0/24");
	uint8_t message[BGP_MESSAGE_MAX];
	size_t taken = 0;
	(void)state;

	for (int external = 0; external < 2; external++) {
		enum kind kind = external ? E4 : I4;
		struct bgp_update_to to = to_kind(kind);
		v.cluster_list = (struct attr_bytes){cluster, sizeof(cluster)};
		to.router_id = ip("10.0.0.11");
		const struct attrs *a = attr_get(store, &v, (struct addr){0}, (struct addr){0});
		size_t len = bgp_announce_encode(&to, a, &p, 1, &taken, message);
		const struct bgp_update *u = decode(message, len, kind);
		assert_int_equal(u->attrs.has_originator_id, !external);
		assert_int_equal(u->attrs.cluster_list.len, external ? 0 : 8);
		if (!external) {
			assert_true(addr_equal(u->attrs.originator_id, ip("1.1.1.2")));
			assert_memory_equal(
				u->attrs.cluster_list.bytes, "\x0a\0\0\x0b\1\1\1\x09", 8);
		}
		attr_put(store, a);
	}
}

/* RFC 9234 5: added where there is none, kept as it is where there is one. */
static void only_to_customer(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		bool has = i & 1, add = i & 2, v6 = i & 4;
		struct attr_view v = {.has_otc = has, .otc = 65020};
		const struct attrs *a = attr_get(store, &v, (struct addr){0}, (struct addr){0});
		struct prefix p = prefix(v6 ? "2001:db8:5::/48" : "198.51.100.0/24");
		struct bgp_update_to to = to_kind(E4);
		uint8_t message[BGP_MESSAGE_MAX];
		size_t taken = 0;
		to.otc_add = add;
		size_t len = bgp_announce_encode(&to, a, &p, 1, &taken, message);
		const struct bgp_update *u = decode(message, len, E4);
		assert_int_equal(u->attrs.has_otc, has || add);
		if (has || add)
			assert_int_equal(u->attrs.otc, has ? 65020 : 65001);
		attr_put(store, a);
	}
}

static const char *sent_drained(enum kind kind, const struct attrs *a)
{
	struct bgp_update_to to = to_kind(kind);
	struct prefix p = prefix("198.51.100.10/32");
	uint8_t message[BGP_MESSAGE_MAX];
	size_t taken;

	to.graceful_shutdown = true;
	size_t len = bgp_announce_encode(&to, a, &p, 1, &taken, message);
	attr_put(store, a);
	return update_text(decode(message, len, kind));
}

/* RFC 8326: the community once, LOCAL_PREF 0 inside the AS. */
static void graceful_shutdown(void **state)
{
	static const uint8_t community[] = {0xff, 0xff, 0, 0};
	struct attr_view v = {.communities = {community, 4}};
	const struct attrs *has = attr_get(store, &v, (struct addr){0}, (struct addr){0});

	(void)state;
	assert_string_equal(sent_drained(E4, make(1, NULL, 0)),
		"+198.51.100.10/32@192.0.2.11 origin=0 path=65001 med=7 com=64512:0 65535:0");
	assert_string_equal(sent_drained(E4, has),
		"+198.51.100.10/32@192.0.2.11 origin=0 path=65001 com=65535:0");
	assert_string_equal(sent_drained(I4, make(0, NULL, 0)),
		"+198.51.100.10/32@192.0.2.11 origin=0 path= med=7 lp=0 com=65535:0");
}

static void wide_as_to_a_narrow_peer(void **state)
{
	static const uint32_t path[] = {4200000001, 65020};
	(void)state;
	assert_string_equal(sent(E2, make(0, path, 2), prefix("198.51.100.10/32")),
		"+198.51.100.10/32@192.0.2.11 origin=0 path=65001 4200000001 65020 med=7");
}

static void a_global_next_hop_alone(void **state)
{
	struct bgp_update_to to = to_kind(E4);
	struct prefix p = prefix("2001:db8:5::/48");
	uint8_t message[BGP_MESSAGE_MAX];
	const struct attrs *a = make(0, NULL, 0);
	size_t taken;

	(void)state;
	to.next_hop_link_local = (struct addr){0};
	size_t len = bgp_announce_encode(&to, a, &p, 1, &taken, message);
	assert_string_equal(update_text(decode(message, len, E4)),
		"+2001:db8:5::/48@2001:db8::11 origin=0 path=65001 med=7");
	attr_put(store, a);
}

/* RFC 8950: IPv4 prefixes in MP_REACH_NLRI, with the next hops that IPv6 has. */
static void ipv4_over_ipv6(void **state)
{
	struct bgp_update_to to = to_kind(E4_NH6);
	struct prefix p = prefix("198.51.100.10/32");
	uint8_t message[BGP_MESSAGE_MAX];
	const struct attrs *a = make(0, NULL, 0);
	size_t taken;

	(void)state;
	to.next_hop[0] = to.next_hop[1];
	size_t len = bgp_announce_encode(&to, a, &p, 1, &taken, message);
	assert_string_equal(update_text(decode(message, len, E4_NH6)),
		"+198.51.100.10/32@2001:db8::11 ll=fe80::11 origin=0 path=65001 med=7");
	to.next_hop_link_local = (struct addr){0};
	to.next_hop[0] = ip("fe80::11");
	len = bgp_announce_encode(&to, a, &p, 1, &taken, message);
	assert_string_equal(update_text(decode(message, len, E4_NH6)),
		"+198.51.100.10/32@fe80::11 origin=0 path=65001 med=7");
	attr_put(store, a);
}

/* What the field holds is many[from ..]; how many. */
static size_t same_prefixes(struct bgp_nlri n, size_t from)
{
	struct prefix p;
	size_t count = 0;

	for (; bgp_nlri_next(&n, &p); count++)
		assert_true(prefix_equal(p, many[from + count]));
	return count;
}

static void announce_all(enum kind kind, enum addr_family family, uint8_t len, size_t communities)
{
	struct bgp_update_to to = to_kind(kind);
	bool plain = family == ADDR_V4 && kind != E4_NH6;
	const struct attrs *a = make(communities, NULL, 0);
	uint8_t message[BGP_MESSAGE_MAX];
	size_t at = 0, taken = 0, octets = 1 + (len + 7u) / 8;

	if (kind == E4_NH6)
		to.next_hop[0] = to.next_hop[1];
	fill(family, len, MANY);
	for (; at < MANY; at += taken) {
		size_t n = bgp_announce_encode(&to, a, many + at, MANY - at, &taken, message);
		assert_in_range(n, 1, BGP_MESSAGE_MAX);
		assert_true(at + taken == MANY || n + octets > BGP_MESSAGE_MAX);
		const struct bgp_update *u = decode(message, n, kind);
		assert_int_equal(same_prefixes(u->reachable[!plain], at), taken);
		assert_int_equal(u->attrs.communities.len, 4 * communities);
	}
	attr_put(store, a);
}

/* Every size of the attributes modulo the size of a prefix, below and above 255 octets. */
static void full_messages(void **state)
{
	(void)state;
	for (size_t c = 0; c < 80; c++) {
		announce_all(E4, ADDR_V4, 32, c);
		announce_all(I4, ADDR_V4, 23, c);
		announce_all(E2, ADDR_V4, 16, c);
		announce_all(E4, ADDR_V6, 64, c);
		announce_all(I4, ADDR_V6, 128, c);
		announce_all(E4_NH6, ADDR_V4, 32, c);
	}
}

/* The last size of attributes beside which a prefix fits: one octet less and it does not. */
static void no_room_for_a_prefix(void **state)
{
	struct bgp_update_to to = to_kind(E4);
	uint8_t message[BGP_MESSAGE_MAX];
	size_t taken, len, c = 0;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		fill(v6 ? ADDR_V6 : ADDR_V4, v6 ? 128 : 32, 2);
		size_t last = 0, octets = v6 ? 17 : 5;
		for (c = 900;; c++) {
			const struct attrs *a = make(c, NULL, 0);
			taken = 0;
			len = bgp_announce_encode(&to, a, many, 2, &taken, message);
			attr_put(store, a);
			if (!len)
				break;
			last = len - taken * octets;
		}
		assert_int_equal(taken, 0);
		assert_in_range(last + octets, BGP_MESSAGE_MAX - 3, BGP_MESSAGE_MAX);
	}
}

static void a_path_that_no_message_holds(void **state)
{
	static uint8_t segments[5 * (2 + 255 * 4)];
	struct bgp_update_to to = to_kind(E4);
	struct attr_view v = {.as_path = {segments, sizeof(segments)}};
	uint8_t message[BGP_MESSAGE_MAX];
	size_t taken;

	(void)state;
	for (size_t at = 0; at < sizeof(segments); at += 2 + 255 * 4) {
		segments[at] = 2;
		segments[at + 1] = 255;
		for (size_t i = 0; i < 255; i++)
			segments[at + 2 + 4 * i + 3] = 1;
	}
	const struct attrs *a = attr_get(store, &v, (struct addr){0}, (struct addr){0});
	fill(ADDR_V4, 32, 1);
	assert_int_equal(bgp_announce_encode(&to, a, many, 1, &taken, message), 0);
	attr_put(store, a);
}

static void withdrawals(void **state)
{
	static const struct {
		enum addr_family family;
		uint8_t len;
		size_t full; /* prefixes in a full message */
	} cases[] = {{ADDR_V4, 32, 4073 / 5}, {ADDR_V4, 24, 4073 / 4}, {ADDR_V6, 64, 4066 / 9},
		{ADDR_V6, 128, 4066 / 17}};
	const struct bgp_update_to to = to_kind(E4);
	uint8_t message[BGP_MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool v6 = cases[i].family == ADDR_V6;
		size_t taken = 0;
		fill(cases[i].family, cases[i].len, MANY);
		for (size_t at = 0; at < MANY; at += taken) {
			size_t n = bgp_withdraw_encode(&to, many + at, MANY - at, &taken, message);
			const struct bgp_update *u = decode(message, n, E4);
			assert_int_equal(same_prefixes(u->withdrawn[v6], at), taken);
			assert_true(at + taken == MANY || taken == cases[i].full);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_by_kind_of_session),
		cmocka_unit_test(reflected),
		cmocka_unit_test(only_to_customer),
		cmocka_unit_test(graceful_shutdown),
		cmocka_unit_test(wide_as_to_a_narrow_peer),
		cmocka_unit_test(a_global_next_hop_alone),
		cmocka_unit_test(ipv4_over_ipv6),
		cmocka_unit_test(full_messages),
		cmocka_unit_test(no_room_for_a_prefix),
		cmocka_unit_test(a_path_that_no_message_holds),
		cmocka_unit_test(withdrawals),
	};

	store = attr_store_new(5);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	attr_store_free(store);
	return failed;
}
