/* UPDATE by exhaustion: every cut, every length, every attribute type with junk, every octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/bgp/update_cases.h"

static struct bgp_update update;

static void decode(const struct bytes *b, size_t len, enum kind kind)
{
	struct bgp_update_session session = session_of(kind);
	uint8_t *exact = bytes_exact(b->b, len);
	bgp_update_decode(exact, len, &session, &update);
	size_t prefixes = update_walk(&update);
	if (update.action == BGP_UPDATE_RESET)
		assert_true(update.error.code == BGP_ERROR_UPDATE && prefixes == 0);
	else
		assert_int_equal(update.error.code, 0);
	assert_true((update.action == BGP_UPDATE_ACCEPT) == (update.faults_n == 0));
	assert_true(update.faults_n <= BGP_FAULTS_MAX);
	free(exact);
}

struct table {
	const struct update_case *rows;
	size_t n;
};

static struct table table(int i)
{
	const struct table tables[3] = {
		{update_attribute_cases, update_attribute_cases_n},
		{update_as_cases, update_as_cases_n},
		{update_message_cases, update_message_cases_n},
	};
	return tables[i];
}

/* Each case of the tables on each kind of session, cut at each octet. */
static void every_cut_of_every_case(void **state)
{
	(void)state;
	static struct bytes b;
	for (int t = 0; t < 3; t++) {
		for (size_t i = 0; i < table(t).n; i++) {
			const struct update_case *c = &table(t).rows[i];
			bytes_update(&b, c->withdrawn, c->attrs, c->nlri);
			for (size_t len = 0; len <= b.len; len++) {
				for (int kind = 0; kind < KIND_N; kind++)
					decode(&b, len, (enum kind)kind);
			}
		}
	}
}

/* Each octet of some rich messages takes each value. */
static void every_value_of_every_octet(void **state)
{
	(void)state;
	static struct bytes b;
	const char *const attrs[] = {
		BASE2 "800404 00000007 c00706 5ba0 01020304 c01106 0201 000186a0" REACH6
		      "800f08 0002 01 20 20010db9 c00804 fde90064 ",
		BASE "c0200c 0000fde9 00000001 ffffffff c01008 0002fde900000064" REACH6,
	};
	for (size_t i = 0; i < 2; i++) {
		bytes_update(&b, NET, attrs[i], NET);
		for (size_t at = 0; at < b.len; at++) {
			uint8_t was = b.b[at];
			for (unsigned v = 0; v < 256; v++) {
				b.b[at] = (uint8_t)v;
				decode(&b, b.len, (enum kind)(v % KIND_N));
				decode(&b, b.len, i ? E4 : E2);
			}
			b.b[at] = was;
		}
	}
}

static void attribute_add(struct bytes *b, unsigned flags, unsigned type, size_t len, uint8_t fill)
{
	uint8_t head[2] = {(uint8_t)(flags | 0x10), (uint8_t)type};
	bytes_add(b, head, 2);
	bytes_u16(b, len);
	for (size_t i = 0; i < len; i++)
		bytes_add(b, &fill, 1);
}

/* All 256 types x flags x lengths with junk behind the base. Types we do not implement are kept
 * out of the way, or reset the session where they claim to be well-known. */
static void every_type_with_junk(void **state)
{
	(void)state;
	static struct bytes b, attrs;
	static const size_t lens[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 24, 255, 3900};
	static const unsigned flags[] = {0x00, 0x40, 0x80, 0xc0, 0xe0};
	for (unsigned i = 0; i < 256 * 5 * 17; i++) {
		unsigned type = i % 256, f = flags[i / 256 % 5];
		size_t len = lens[i / 256 / 5];
		attrs.len = b.len = 0;
		bytes_hex(&attrs, BASE);
		attribute_add(&attrs, f, type, len, (uint8_t)(i * 7));
		bytes_u16(&b, 0);
		bytes_u16(&b, attrs.len);
		bytes_add(&b, attrs.b, attrs.len);
		bytes_hex(&b, NET);
		decode(&b, b.len, (enum kind)(i % KIND_N));
		decode(&b, b.len, E4);
		if (strcmp(bgp_attribute_name((uint8_t)type), "unknown attribute") == 0)
			assert_int_equal(
				update.action, f & 0x80 ? BGP_UPDATE_ACCEPT : BGP_UPDATE_RESET);
	}
}

struct length_case {
	uint8_t type, flags;
	size_t good;
	enum bgp_update_action ebgp, ibgp;
};

/* Each attribute of fixed length or fixed step: only its length is accepted, all others give the
 * action of RFC 7606, up to the greatest that fits. */
static void every_length_of_every_attribute(void **state)
{
	(void)state;
	static struct bytes b, attrs;
	static const struct length_case cases[] = {
		{BGP_ATTRIBUTE_MED, 0x80, 4, W, W},
		{BGP_ATTRIBUTE_LOCAL_PREF, 0x40, 4, D, W},
		{BGP_ATTRIBUTE_ATOMIC_AGGREGATE, 0x40, 0, D, D},
		{BGP_ATTRIBUTE_AGGREGATOR, 0xc0, 8, D, D},
		{BGP_ATTRIBUTE_COMMUNITIES, 0xc0, 4, W, W},
		{BGP_ATTRIBUTE_ORIGINATOR_ID, 0x80, 4, D, W},
		{BGP_ATTRIBUTE_CLUSTER_LIST, 0x80, 4, D, W},
		{BGP_ATTRIBUTE_EXT_COMMUNITIES, 0xc0, 8, W, W},
		{BGP_ATTRIBUTE_LARGE_COMMUNITIES, 0xc0, 12, W, W},
		{BGP_ATTRIBUTE_OTC, 0xc0, 4, W, W},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct length_case *c = &cases[i];
		bool many = c->type == BGP_ATTRIBUTE_COMMUNITIES ||
			    c->type == BGP_ATTRIBUTE_CLUSTER_LIST ||
			    c->type == BGP_ATTRIBUTE_EXT_COMMUNITIES ||
			    c->type == BGP_ATTRIBUTE_LARGE_COMMUNITIES;
		bool inside_only = c->ebgp != c->ibgp;
		for (size_t len = 0; len < 4000; len += len < 300 ? 1 : 61) {
			attrs.len = b.len = 0;
			bytes_hex(&attrs, BASE);
			attribute_add(&attrs, c->flags, c->type, len, 1);
			bytes_u16(&b, 0);
			bytes_u16(&b, attrs.len);
			bytes_add(&b, attrs.b, attrs.len);
			bytes_hex(&b, NET);
			bool good = len == c->good || (many && len && len % c->good == 0);
			decode(&b, b.len, I4);
			assert_int_equal(update.action, good ? A : c->ibgp);
			decode(&b, b.len, E4);
			assert_int_equal(update.action, good && !inside_only ? A : c->ebgp);
		}
	}
}

/* A told length one too many or few shifts all that follows: never accepted as it was. */
static void attribute_lengths_that_lie(void **state)
{
	(void)state;
	static struct bytes b;
	static const int by[] = {-1, 1};
	static const size_t at[] = {4 + 2, 4 + 4 + 2, 4 + 4 + 9 + 2};
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 2; k++) {
			bytes_update(&b, "", BASE, NET);
			b.b[at[i]] = (uint8_t)(b.b[at[i]] + by[k]);
			decode(&b, b.len, E4);
			assert_true(update.action >= BGP_UPDATE_WITHDRAW);
		}
		bytes_update(&b, "", BASE, NET);
		b.b[at[i]] = 255;
		decode(&b, b.len, E4);
		assert_int_equal(update.action, BGP_UPDATE_WITHDRAW);
	}
}

/* Every length octet of a prefix, both families. */
static void every_prefix_length(void **state)
{
	(void)state;
	static struct bytes b;
	char hex[128];
	for (unsigned bits = 0; bits < 256; bits++) {
		snprintf(hex, sizeof(hex), "%02x 01020304", bits);
		bytes_update(&b, "", BASE, hex);
		decode(&b, b.len, E4);
		bool first_fits = bits <= 32;
		if (!first_fits || update.action == BGP_UPDATE_RESET)
			assert_int_equal(update.error.subcode, 10);
		assert_true(first_fits || update.action == BGP_UPDATE_RESET);
		if (bits > 24 && bits <= 32)
			assert_int_equal(update.action, BGP_UPDATE_ACCEPT);
		snprintf(hex, sizeof(hex), "800f14 0002 01 %02x " NH6, bits);
		bytes_update(&b, "", hex, "");
		decode(&b, b.len, E4);
		if (bits > 120 && bits <= 128)
			assert_int_equal(update.action, BGP_UPDATE_ACCEPT);
		if (bits > 128)
			assert_int_equal(update.error.subcode, 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_of_every_case),
		cmocka_unit_test(every_value_of_every_octet),
		cmocka_unit_test(every_type_with_junk),
		cmocka_unit_test(every_length_of_every_attribute),
		cmocka_unit_test(attribute_lengths_that_lie),
		cmocka_unit_test(every_prefix_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
