/* bfd: authentication sections, against digests made elsewhere; windows; key changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bfd/receive.h"

#define MS 1000000ull
static const uint64_t T0 = 1000 * 1000 * MS;

static struct bfd_auth keys(uint8_t type, uint8_t id, const char *key)
{
	struct bfd_auth a = {.type = type, .keys_n = 1, .keys = {{.id = id}}};
	a.keys[0].len = (uint8_t)strlen(key);
	memcpy(a.keys[0].bytes, key, strlen(key));
	return a;
}

static void add_key(struct bfd_auth *a, uint8_t id, const char *key)
{
	struct bfd_auth one = keys(a->type, id, key);
	a->keys[a->keys_n++] = one.keys[0];
}

static struct bfd_packet packet(void)
{
	return (struct bfd_packet){.state = BFD_STATE_UP,
		.multiplier = 3,
		.my_discr = 0x01020304,
		.your_discr = 1111,
		.desired_tx_us = 50000,
		.required_rx_us = 60000};
}

static size_t sign(const struct bfd_auth *a, uint32_t seq, uint8_t out[BFD_PACKET_MAX])
{
	struct bfd_packet p = packet();
	bfd_packet_encode(&p, out);
	return a->type ? bfd_auth_sign(a, seq, out) : BFD_PACKET_LEN;
}

static enum bfd_drop check(const struct bfd_auth *a, const uint8_t *bytes, size_t len,
	struct bfd_auth_window w, uint32_t *seq)
{
	struct bfd_packet p;
	enum bfd_drop drop = bfd_packet_decode(bytes, len, &p);
	uint8_t *copy = malloc(len);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	if (drop == BFD_DROP_NONE)
		drop = bfd_auth_check(a, copy, &p, w, seq);
	free(copy);
	return drop;
}

static void hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++, out += 2)
		sprintf(out, "%02x", bytes[i]);
}

/* Made by Python's hashlib over the packet with the key, padded with zeros, as its end. */
static const struct {
	uint8_t type;
	const char *key;
	const char *bytes;
} known[] = {
	{BFD_AUTH_SIMPLE, "s",
		"20c4031c01020304000004570000c3500000ea600000000001040773"
		""},
	{BFD_AUTH_SIMPLE, "0123456789abcdef",
		"20c4032b01020304000004570000c3500000ea6000000000011307303132"
		"33343536373839616263646566"},
	{BFD_AUTH_KEYED_MD5, "s",
		"20c4033001020304000004570000c3500000ea600000000002180700ffff"
		"fff0872940b512b2901d11526b8aa8fd6858"},
	{BFD_AUTH_KEYED_MD5, "0123456789abcdef",
		"20c4033001020304000004570000c3500000ea600000000002180700ffff"
		"fff0fce428fe1b4e586203e38b4f4c2bba3b"},
	{BFD_AUTH_METICULOUS_MD5, "s",
		"20c4033001020304000004570000c3500000ea600000000003180700ffff"
		"fff08088b821a81013293c71be9c7c413834"},
	{BFD_AUTH_METICULOUS_MD5, "0123456789abcdef",
		"20c4033001020304000004570000c3500000ea600000000003180700ffff"
		"fff0681053f18cd81645db5a89c172ef822d"},
	{BFD_AUTH_KEYED_SHA1, "s",
		"20c4033401020304000004570000c3500000ea6000000000041c0700ffff"
		"fff0a1ddb0f05aae4b0d323b29a3c4409da0ba0f5a86"},
	{BFD_AUTH_KEYED_SHA1, "0123456789abcdef",
		"20c4033401020304000004570000c3500000ea6000000000041c0700ffff"
		"fff0f671b1a59eb2cd8ffb8619095e8f11811a572626"},
	{BFD_AUTH_KEYED_SHA1, "0123456789abcdefghij",
		"20c4033401020304000004570000c3500000ea6000000000041c0700ffff"
		"fff01c7f4ea12f4b69d522294084e29d8fbd3e7ed517"},
	{BFD_AUTH_METICULOUS_SHA1, "s",
		"20c4033401020304000004570000c3500000ea6000000000051c0700ffff"
		"fff03ade5375bc8a331060a24f390910d43d01317d4d"},
	{BFD_AUTH_METICULOUS_SHA1, "0123456789abcdef",
		"20c4033401020304000004570000c3500000ea6000000000051c0700ffff"
		"fff0b2f1d1da91576741105494174c8a87fda89082fa"},
	{BFD_AUTH_METICULOUS_SHA1, "0123456789abcdefghij",
		"20c4033401020304000004570000c3500000ea6000000000051c0700ffff"
		"fff0d8862a45a995f7f32cbb0a8a29cef53a38107624"},
};

static void packets_are_as_made_elsewhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct bfd_auth a = keys(known[i].type, 7, known[i].key);
		uint8_t bytes[BFD_PACKET_MAX];
		char text[2 * BFD_PACKET_MAX + 1];
		size_t len = sign(&a, 0xfffffff0, bytes);
		uint32_t seq = 1;
		hex(bytes, len, text);
		assert_string_equal(text, known[i].bytes);
		assert_int_equal(
			check(&a, bytes, len, (struct bfd_auth_window){0}, &seq), BFD_DROP_NONE);
		assert_int_equal(seq, known[i].type == BFD_AUTH_SIMPLE ? 0 : 0xfffffff0);
	}
}

static void every_changed_bit_is_refused(void **state)
{
	(void)state;
	for (uint8_t type = BFD_AUTH_SIMPLE; type <= BFD_AUTH_METICULOUS_SHA1; type++) {
		struct bfd_auth a = keys(type, 7, "secret");
		uint8_t bytes[BFD_PACKET_MAX];
		size_t len = sign(&a, 5, bytes),
		       first = type == BFD_AUTH_SIMPLE ? BFD_PACKET_LEN : 0;
		for (size_t bit = 8 * first; bit < 8 * len; bit++) {
			uint32_t seq = 77;
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_not_equal(
				check(&a, bytes, len, (struct bfd_auth_window){0}, &seq),
				BFD_DROP_NONE);
			assert_int_equal(seq, 77);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void types_do_not_mix(void **state)
{
	(void)state;
	for (uint8_t theirs = 0; theirs <= BFD_AUTH_METICULOUS_SHA1; theirs++) {
		for (uint8_t ours = 0; ours <= BFD_AUTH_METICULOUS_SHA1; ours++) {
			struct bfd_auth a = keys(theirs, 7, "secret"), b = keys(ours, 7, "secret");
			uint8_t bytes[BFD_PACKET_MAX];
			size_t len = sign(&a, 5, bytes);
			uint32_t seq;
			enum bfd_drop want = theirs == ours     ? BFD_DROP_NONE
					     : !theirs || !ours ? BFD_DROP_AUTH
								: BFD_DROP_AUTH_TYPE;
			assert_int_equal(
				check(&b, bytes, len, (struct bfd_auth_window){0}, &seq), want);
		}
	}
}

static void reasons_are_told_apart(void **state)
{
	struct bfd_auth a = keys(BFD_AUTH_KEYED_SHA1, 7, "secret");
	struct bfd_auth other = keys(BFD_AUTH_KEYED_SHA1, 7, "Secret");
	struct bfd_auth another_id = keys(BFD_AUTH_KEYED_SHA1, 8, "secret");
	struct bfd_auth_window any = {0}, late = {.first = 6, .n = 10};
	uint8_t bytes[BFD_PACKET_MAX + 1] = {0};
	size_t len = sign(&a, 5, bytes);
	uint32_t seq;
	(void)state;
	assert_int_equal(check(&other, bytes, len, any, &seq), BFD_DROP_AUTH_DIGEST);
	assert_int_equal(check(&another_id, bytes, len, any, &seq), BFD_DROP_AUTH_KEY);
	assert_int_equal(check(&a, bytes, len, late, &seq), BFD_DROP_AUTH_SEQUENCE);
	bytes[25]--;
	assert_int_equal(check(&a, bytes, len, any, &seq), BFD_DROP_AUTH_LENGTH);
	bytes[25]++;
	bytes[3]++; /* Length says more than Auth Len */
	assert_int_equal(check(&a, bytes, len + 1, any, &seq), BFD_DROP_AUTH_LENGTH);
	bytes[3] = 26; /* the section is cut */
	bytes[25] = 2;
	assert_int_equal(check(&a, bytes, len, any, &seq), BFD_DROP_AUTH_LENGTH);
	bytes[24] = 1;
	struct bfd_auth simple = keys(BFD_AUTH_SIMPLE, 0, "secret");
	assert_int_equal(check(&simple, bytes, len, any, &seq), BFD_DROP_AUTH_LENGTH);
}

static void sequence_numbers_wrap(void **state)
{
	struct bfd_auth a = keys(BFD_AUTH_KEYED_MD5, 7, "secret");
	struct bfd_auth_window w = {.first = 0xfffffffe, .n = 5};
	(void)state;
	for (uint32_t i = 0; i < 12; i++) {
		uint8_t bytes[BFD_PACKET_MAX];
		uint32_t seq, sent = 0xfffffffb + i;
		size_t len = sign(&a, sent, bytes);
		bool in = i >= 3 && i < 8;
		assert_int_equal(check(&a, bytes, len, w, &seq),
			in ? BFD_DROP_NONE : BFD_DROP_AUTH_SEQUENCE);
	}
}

static void insane_keys_are_seen(void **state)
{
	struct bfd_auth a = keys(BFD_AUTH_KEYED_MD5, 7, "0123456789abcdef");
	(void)state;
	assert_true(bfd_auth_is_sane(&a));
	a.keys[0].len = 17;
	assert_false(bfd_auth_is_sane(&a));
	a.type = BFD_AUTH_KEYED_SHA1;
	assert_true(bfd_auth_is_sane(&a));
	a.keys[0].len = 0;
	assert_false(bfd_auth_is_sane(&a));
	a.keys[0].len = 5;
	a.keys_n = 5;
	assert_false(bfd_auth_is_sane(&a));
	a.keys_n = 0;
	assert_false(bfd_auth_is_sane(&a));
	a.type = 6;
	assert_false(bfd_auth_is_sane(&a));
	assert_true(bfd_auth_is_sane(&(struct bfd_auth){0}));
}

/* ---- a session ---- */

static struct bfd_table *table;
static struct bfd_session session;

static struct bfd_session make(struct bfd_auth a)
{
	struct bfd_session s = {.id = 1,
		.local = addr_v4(0x0a000001),
		.remote = addr_v4(0x0a000002),
		.tx_us = 50000,
		.rx_us = 50000,
		.multiplier = 3,
		.auth = a,
		.auth_tx_seq = 99};
	bfd_session_start(&s, 1111, T0);
	return s;
}

static int setup(void **state)
{
	(void)state;
	table = bfd_table_new(7);
	session = make(keys(BFD_AUTH_METICULOUS_SHA1, 1, "one"));
	return !bfd_table_add(table, &session);
}

static int teardown(void **state)
{
	(void)state;
	bfd_table_remove(table, &session);
	bfd_table_free(table);
	return 0;
}

static enum bfd_drop hear_as(const struct bfd_auth *a, uint32_t seq, uint64_t now)
{
	static const char none[16];
	uint8_t bytes[BFD_PACKET_MAX];
	struct bfd_packet p = packet();
	p.state = session.state == BFD_STATE_UP ? BFD_STATE_UP : BFD_STATE_INIT;
	bfd_packet_encode(&p, bytes);
	size_t len = a->type ? bfd_auth_sign(a, seq, bytes) : BFD_PACKET_LEN;
	struct bfd_arrival at = {.device = none,
		.local = session.local,
		.remote = session.remote,
		.ttl = 255,
		.at_ns = now};
	struct bfd_session before = session;
	enum bfd_drop drop = bfd_receive(table, bytes, len, &at, now).drop;
	if (drop != BFD_DROP_NONE) { /* nothing but its counters */
		before.rx_dropped++;
		before.drops[drop - BFD_DROP_OF_SESSION]++;
		assert_memory_equal(&before, &session, sizeof(before));
	}
	return drop;
}

static void replays_are_refused(void **state)
{
	struct bfd_auth a = session.auth, none = {0};
	(void)state;
	assert_int_equal(hear_as(&none, 0, T0), BFD_DROP_AUTH);
	assert_int_equal(hear_as(&a, 1000, T0), BFD_DROP_NONE);
	assert_int_equal(session.state, BFD_STATE_UP);
	assert_int_equal(hear_as(&a, 1000, T0), BFD_DROP_AUTH_SEQUENCE);
	assert_int_equal(hear_as(&a, 999, T0), BFD_DROP_AUTH_SEQUENCE);
	assert_int_equal(hear_as(&a, 1010, T0), BFD_DROP_AUTH_SEQUENCE); /* 3 x 3 = 9 ahead */
	assert_int_equal(hear_as(&a, 1009, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&a, 1001, T0), BFD_DROP_AUTH_SEQUENCE);
	assert_int_equal(hear_as(&a, 1010, T0), BFD_DROP_NONE);
}

static void keyed_may_repeat_its_number(void **state)
{
	struct bfd_auth a = keys(BFD_AUTH_KEYED_SHA1, 1, "one");
	(void)state;
	bfd_session_set_auth(&session, &a);
	assert_int_equal(hear_as(&a, 1000, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&a, 1000, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&a, 999, T0), BFD_DROP_AUTH_SEQUENCE);
	assert_int_equal(hear_as(&a, 1009, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&a, 1019, T0), BFD_DROP_AUTH_SEQUENCE);
}

static void numbers_are_forgotten_after_two_detection_times(void **state)
{
	struct bfd_auth a = session.auth;
	(void)state;
	assert_int_equal(hear_as(&a, 1000, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&a, 5, T0 + 300 * MS), BFD_DROP_AUTH_SEQUENCE);
	assert_int_equal(hear_as(&a, 5, T0 + 301 * MS), BFD_DROP_NONE);
	assert_int_equal(hear_as(&a, 1001, T0 + 301 * MS), BFD_DROP_AUTH_SEQUENCE);
}

static void keys_roll_over_without_a_loss(void **state)
{
	struct bfd_auth old = session.auth, both = old, new = keys(old.type, 2, "two"),
			swapped = new;
	uint8_t bytes[BFD_PACKET_MAX];
	(void)state;
	add_key(&both, 2, "two");
	add_key(&swapped, 1, "one");
	assert_int_equal(hear_as(&old, 1000, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&new, 1001, T0), BFD_DROP_AUTH_KEY);
	bfd_session_set_auth(&session, &both);
	bfd_session_encode(&session, false, bytes);
	assert_int_equal(bytes[26], 1);
	assert_int_equal(hear_as(&old, 1001, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&new, 1002, T0), BFD_DROP_NONE);
	bfd_session_set_auth(&session, &swapped);
	bfd_session_encode(&session, false, bytes);
	assert_int_equal(bytes[26], 2);
	bfd_session_set_auth(&session, &new);
	assert_int_equal(hear_as(&new, 1003, T0), BFD_DROP_NONE);
	assert_int_equal(hear_as(&old, 1004, T0), BFD_DROP_AUTH_KEY);
	assert_int_equal(session.state, BFD_STATE_UP);
}

static uint32_t sent_seq(bool final)
{
	uint8_t b[BFD_PACKET_MAX];
	assert_int_equal(bfd_session_encode(&session, final, b), 52);
	return (uint32_t)b[28] << 24 | (uint32_t)b[29] << 16 | (uint32_t)b[30] << 8 | b[31];
}

static void our_numbers_grow(void **state)
{
	struct bfd_auth keyed = keys(BFD_AUTH_KEYED_SHA1, 1, "one");
	(void)state;
	assert_int_equal(sent_seq(false), 100);
	assert_int_equal(sent_seq(false), 101);
	bfd_session_set_auth(&session, &keyed);
	assert_int_equal(sent_seq(false), 101); /* nothing new is said */
	session.diag = BFD_DIAG_TIME_EXPIRED;
	assert_int_equal(sent_seq(false), 102);
	assert_int_equal(sent_seq(true), 103);
	session.auth_tx_seq = UINT32_MAX;
	assert_int_equal(sent_seq(false), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_as_made_elsewhere),
		cmocka_unit_test(every_changed_bit_is_refused),
		cmocka_unit_test(types_do_not_mix),
		cmocka_unit_test(reasons_are_told_apart),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(insane_keys_are_seen),
		T(replays_are_refused),
		T(keyed_may_repeat_its_number),
		T(numbers_are_forgotten_after_two_detection_times),
		T(keys_roll_over_without_a_loss),
		T(our_numbers_grow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
