/* lib: readers and writers that cannot run over, addresses and prefixes as values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/addr.h"
#include "lib/wire.h"

static void reader_error_sticks(void **state)
{
	(void)state;
	const uint8_t b[] = {1, 2, 3, 4, 5};
	struct rd r = rd_init(b, sizeof(b));
	assert_int_equal(rd_u16(&r), 0x0102);
	assert_int_equal(rd_u32(&r), 0);
	assert_true(r.err);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_left(&r), 0);
	assert_null(rd_bytes(&r, 0));
}

static void sub_reader_ends_where_told(void **state)
{
	(void)state;
	const uint8_t b[] = {1, 2, 3, 4, 5};
	struct rd r = rd_init(b, sizeof(b));
	struct rd s = rd_sub(&r, 2);
	assert_int_equal(rd_left(&s), 2);
	assert_int_equal(rd_u16(&s), 0x0102);
	(void)rd_u8(&s);
	assert_true(s.err);
	assert_false(r.err);
	assert_int_equal(rd_u8(&r), 3);
	s = rd_sub(&r, 3);
	assert_true(s.err && r.err);
}

static void writer_stops_at_the_end(void **state)
{
	(void)state;
	uint8_t b[4] = {0};
	struct wr w = wr_init(b, sizeof(b));
	wr_u16(&w, 0xabcd);
	wr_put_u16(&w, 0, 0x1234);
	assert_int_equal(b[0], 0x12);
	wr_u32(&w, 1);
	assert_true(w.err);
	assert_int_equal(wr_len(&w), 2);
	assert_int_equal(wr_left(&w), 0);
}

static void prefixes_parse_exactly(void **state)
{
	(void)state;
	static const char *const good[][2] = {{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.1.2.3", "10.1.2.3/32"}, {"0.0.0.0/0", "0.0.0.0/0"},
		{"2001:db8::/32", "2001:db8::/32"}, {"::/0", "::/0"}};
	static const char *const bad[] = {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8",
		"10.0.0.0/08", "10.0.0.0/8x", "::/129", " 10.0.0.0/8", "10.0.0.0/ 8",
		"fe80::1%eth0/64"};
	char text[PREFIX_TEXT_MAX];
	struct prefix p;
	bool host_bits;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(prefix_parse(good[i][0], &p, &host_bits));
		assert_string_equal(prefix_text(p, text), good[i][1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(prefix_parse(bad[i], &p, &host_bits));
		assert_false(host_bits);
	}
	assert_false(prefix_parse("10.0.0.1/8", &p, &host_bits));
	assert_true(host_bits);
}

static void prefix_containment(void **state)
{
	(void)state;
	struct prefix a, b, c;
	bool hb;
	assert_true(prefix_parse("10.128.0.0/9", &a, &hb));
	assert_true(prefix_parse("10.129.0.0/16", &b, &hb));
	assert_true(prefix_parse("10.0.0.0/9", &c, &hb));
	assert_true(prefix_contains(a, b));
	assert_true(prefix_contains(a, a));
	assert_false(prefix_contains(b, a));
	assert_false(prefix_contains(c, b));
	assert_true(prefix_has_addr(a, addr_v4(0x0aff0001)));
	assert_false(prefix_has_addr(c, addr_v4(0x0aff0001)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_error_sticks),
		cmocka_unit_test(sub_reader_ends_where_told),
		cmocka_unit_test(writer_stops_at_the_end),
		cmocka_unit_test(prefixes_parse_exactly),
		cmocka_unit_test(prefix_containment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
