/* bfd: the control packet, byte by byte (RFC 5880 4.1, 6.8.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bfd/packet.h"

/* Up, no flags, mult 3, discriminators 1 and 2, 50 ms both ways. */
static const uint8_t GOOD[24] = {
	0x20, 0xc0, 3, 24, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50, 0, 0, 0, 0};

/* In memory of exactly len bytes, so that the sanitizer sees a read past its end. */
static enum bfd_drop decode(const uint8_t *bytes, size_t len, struct bfd_packet *out)
{
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, bytes, len);
	enum bfd_drop drop = bfd_packet_decode(copy, len, out);
	free(copy);
	return drop;
}

static enum bfd_drop decode_with(size_t at, uint8_t value)
{
	struct bfd_packet p;
	uint8_t b[24];
	memcpy(b, GOOD, sizeof(b));
	b[at] = value;
	return decode(b, sizeof(b), &p);
}

static void good_packet_decodes(void **state)
{
	struct bfd_packet p;
	(void)state;
	assert_int_equal(decode(GOOD, sizeof(GOOD), &p), BFD_DROP_NONE);
	assert_int_equal(p.state, 3);
	assert_int_equal(p.multiplier, 3);
	assert_int_equal(p.my_discr, 1);
	assert_int_equal(p.your_discr, 2);
	assert_int_equal(p.desired_tx_us, 50000);
	assert_int_equal(p.required_rx_us, 50000);
	assert_false(p.poll || p.final || p.auth || p.demand || p.control_plane_independent);
}

static void each_flag_is_its_own(void **state)
{
	struct bfd_packet p;
	uint8_t b[26] = {0};
	(void)state;
	memcpy(b, GOOD, sizeof(GOOD));
	b[3] = 26;
	for (unsigned bit = 1; bit < 6; bit++) {
		b[1] = (uint8_t)(1u << bit);
		assert_int_equal(decode(b, sizeof(b), &p), BFD_DROP_NONE);
		assert_int_equal(p.demand, bit == 1);
		assert_int_equal(p.auth, bit == 2);
		assert_int_equal(p.control_plane_independent, bit == 3);
		assert_int_equal(p.final, bit == 4);
		assert_int_equal(p.poll, bit == 5);
		assert_int_equal(p.state, 0);
	}
}

static void bad_fields_are_named(void **state)
{
	(void)state;
	for (unsigned version = 0; version < 8; version++)
		assert_int_equal(decode_with(0, (uint8_t)(version << 5)),
			version == 1 ? BFD_DROP_NONE : BFD_DROP_VERSION);
	for (unsigned length = 0; length < 256; length++)
		assert_int_equal(decode_with(3, (uint8_t)length), length < 24 ? BFD_DROP_LENGTH
								  : length == 24
									  ? BFD_DROP_NONE
									  : BFD_DROP_TRUNCATED);
	assert_int_equal(decode_with(2, 0), BFD_DROP_MULTIPLIER);
	assert_int_equal(decode_with(1, 0xc1), BFD_DROP_MULTIPOINT);
	assert_int_equal(decode_with(7, 0), BFD_DROP_MY_DISCR);
	assert_int_equal(decode_with(1, 0xc4), BFD_DROP_LENGTH); /* A needs 26 */
}

static void every_cut_is_refused(void **state)
{
	struct bfd_packet p = {.my_discr = 77};
	(void)state;
	for (size_t len = 0; len < sizeof(GOOD); len++)
		assert_int_equal(decode(GOOD, len, &p), BFD_DROP_TRUNCATED);
	assert_int_equal(p.my_discr, 77); /* untouched */
}

static void padding_is_accepted(void **state)
{
	struct bfd_packet p;
	uint8_t b[1400] = {0};
	(void)state;
	memcpy(b, GOOD, sizeof(GOOD));
	assert_int_equal(decode(b, sizeof(b), &p), BFD_DROP_NONE);
	b[3] = 255;
	assert_int_equal(decode(b, 254, &p), BFD_DROP_TRUNCATED);
	assert_int_equal(decode(b, 255, &p), BFD_DROP_NONE);
}

/* Several things wrong: the first check of 6.8.6 names it. */
static void checks_are_in_order(void **state)
{
	static const struct {
		size_t at;
		uint8_t bad, good;
		enum bfd_drop drop;
	} wrong[] = {
		{0, 0x40, 0x20, BFD_DROP_VERSION},
		{3, 23, 25, BFD_DROP_LENGTH},
		{3, 25, 24, BFD_DROP_TRUNCATED},
		{2, 0, 3, BFD_DROP_MULTIPLIER},
		{1, 0x01, 0x40, BFD_DROP_MULTIPOINT},
		{7, 0, 1, BFD_DROP_MY_DISCR},
	};
	struct bfd_packet p;
	uint8_t b[24] = {0};
	(void)state;
	memcpy(b, GOOD, sizeof(b));
	for (size_t i = sizeof(wrong) / sizeof(wrong[0]); i--;)
		b[wrong[i].at] = wrong[i].bad;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(decode(b, sizeof(b), &p), wrong[i].drop);
		b[wrong[i].at] = wrong[i].good;
	}
	assert_int_equal(decode(b, sizeof(b), &p), BFD_DROP_NONE);
}

static void encode_and_decode_agree(void **state)
{
	struct bfd_packet p = {.diag = 31,
		.state = 2,
		.poll = true,
		.demand = true,
		.multiplier = 255,
		.my_discr = 0xfffffffe,
		.your_discr = 0x01020304,
		.desired_tx_us = 0xffffffff,
		.required_rx_us = 10000,
		.required_echo_rx_us = 5};
	struct bfd_packet q;
	uint8_t b[BFD_PACKET_LEN];
	(void)state;
	memset(&q, 0xff, sizeof(q));
	bfd_packet_encode(&p, b);
	assert_int_equal(b[3], 24);
	assert_int_equal(decode(b, sizeof(b), &q), BFD_DROP_NONE);
	assert_int_equal(q.diag, p.diag);
	assert_int_equal(q.state, p.state);
	assert_true(q.poll && q.demand && !q.final && !q.auth && !q.control_plane_independent);
	assert_int_equal(q.my_discr, p.my_discr);
	assert_int_equal(q.your_discr, p.your_discr);
	assert_int_equal(q.desired_tx_us, p.desired_tx_us);
	assert_int_equal(q.required_rx_us, p.required_rx_us);
	assert_int_equal(q.required_echo_rx_us, p.required_echo_rx_us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_packet_decodes),
		cmocka_unit_test(each_flag_is_its_own),
		cmocka_unit_test(bad_fields_are_named),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(padding_is_accepted),
		cmocka_unit_test(checks_are_in_order),
		cmocka_unit_test(encode_and_decode_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
