/* Capabilities of an OPEN, each cut and lengthened octet by octet with all lengths around it made
 * right: only what its RFC allows is accepted, all else is 2/0 (RFC 5492, 4760, 2918, 6793, 4724).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/bgp/codec.h"

enum {
	LEN_MAX = 64,
};

/* value: repeated from its start where it is lengthened. Lengths: least, and by how many it grows;
 * step 0: that length alone. */
struct capability_case {
	uint8_t code;
	const char *value;
	size_t least, step;
};

static const struct capability_case cases[] = {
	{1, "00010001", 4, 0},
	{2, "00", 0, 0},
	{5, "000100010002", 0, 6},
	{64, "0078 00010180 00020180", 2, 4},
	{65, "0000fde9", 4, 0},
	{69, "00010101", 0, 4},
	/* nobody's: whatever they hold */
	{0, "ff", 0, 1},
	{100, "01020304", 0, 1},
	{255, "00", 0, 1},
};

static size_t value_at(const struct capability_case *c, size_t len, uint8_t out[LEN_MAX])
{
	struct bytes value = {.len = 0};
	bytes_hex(&value, c->value);
	for (size_t i = 0; i < len; i++)
		out[i] = value.b[i % value.len];
	return len;
}

static void octet(struct bytes *b, size_t v)
{
	uint8_t o = (uint8_t)v;
	bytes_add(b, &o, 1);
}

/* The capability between two others, in a parameter of the short or the extended form. */
static void open_with(struct bytes *b, const struct capability_case *c, size_t len, bool extended)
{
	uint8_t value[LEN_MAX];
	size_t all = len + 2 + 6 + 2;
	b->len = 0;
	bytes_hex(b, extended ? "04 fde9 005a 0a000001 ff ff" : "04 fde9 005a 0a000001");
	if (extended) {
		bytes_u16(b, all + 3);
		octet(b, 2);
		bytes_u16(b, all);
	} else {
		octet(b, all + 2);
		octet(b, 2);
		octet(b, all);
	}
	bytes_hex(b, "0104 00010001");
	octet(b, c->code);
	octet(b, len);
	bytes_add(b, value, value_at(c, len, value));
	bytes_hex(b, "0200");
}

static bool accepted(const struct bytes *b, struct bgp_open *open, struct bgp_error *error)
{
	const struct bgp_open_expect expect = {
		.local_as = 65000, .remote_as = 65001, .local_id = addr_v4(0x0a0000fe)};
	uint8_t *exact = bytes_exact(b->b, b->len);
	bool good = bgp_open_decode(exact, b->len, &expect, open, error);
	free(exact);
	return good;
}

static bool is_right(const struct capability_case *c, size_t len)
{
	if (c->step == 0)
		return len == c->least;
	return len >= c->least && (len - c->least) % c->step == 0;
}

static void each_at_every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t len = 0; len < LEN_MAX * 2; len++) {
			struct bytes b;
			struct bgp_open open;
			struct bgp_error e = {0};
			open_with(&b, &cases[i], len / 2, len % 2);
			bool good = accepted(&b, &open, &e);
			if (good != is_right(&cases[i], len / 2))
				fail_msg("capability %u of length %zu", cases[i].code, len / 2);
			if (good)
				assert_true(open.route_refresh && open.families & BGP_FAMILY_IPV4);
			else
				assert_true(e.code == BGP_ERROR_OPEN && e.subcode == 0);
		}
	}
}

/* Its own length lies: it takes octets of the next one, or leaves some to it. */
static void each_with_a_length_that_lies(void **state)
{
	(void)state;
	static const size_t at = 9 + 1 + 2 + 6 + 1; /* of the short form */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned told = 0; told < 256; told++) {
			struct bytes b;
			struct bgp_open open;
			struct bgp_error e = {0};
			size_t len = cases[i].least;
			open_with(&b, &cases[i], len, false);
			b.b[at] = (uint8_t)told;
			if (told == len || !accepted(&b, &open, &e))
				continue;
			/* only one that holds anything, and the two octets behind it */
			assert_true(cases[i].step == 1 && told == len + 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_at_every_length),
		cmocka_unit_test(each_with_a_length_that_lies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
