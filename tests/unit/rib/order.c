/* Ordered walks of a table that changes meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/order.h"

enum {
	STABLE = 30000, /* prefixes that exist all the time */
	A_STEP = 1000,
};

static struct prefix nth(enum addr_family family, uint32_t n)
{
	uint8_t b[16] = {0};
	uint32_t mixed = n * 2654435761u; /* odd: each n has its own */

	b[0] = (uint8_t)(mixed >> 24);
	b[1] = (uint8_t)(mixed >> 16);
	b[2] = (uint8_t)(mixed >> 8);
	b[family == ADDR_V4 ? 3 : 15] = (uint8_t)mixed;
	return prefix_make(addr_from_bytes(family, b), addr_bits(family));
}

static struct table *filled(enum addr_family family)
{
	struct table *t = table_new(0, family, 7);
	assert_non_null(t);
	for (uint32_t i = 0; i < STABLE; i++) {
		struct prefix p = nth(family, i);
		assert_true(table_add(t, &p));
	}
	return t;
}

/* Prefixes that come and go while somebody looks. */
static void disturb(struct table *t, enum addr_family family, uint32_t step)
{
	struct prefix gone = nth(family, STABLE + step % 50),
		      come = nth(family, STABLE + (step + 9) % 50);
	uint32_t e = table_find(t, &gone);

	if (e)
		table_remove(t, e);
	if (!table_find(t, &come))
		assert_true(table_add(t, &come));
}

static void check_walk(enum addr_family family, bool changes)
{
	struct table *t = filled(family), *stable = filled(family);
	struct order *o = malloc(sizeof(*o));
	struct prefix last = {0};
	size_t n = 0, steps = 0;
	bool more = true;

	order_begin(o, NULL);
	while (more) {
		while (!order_scan(o, t, A_STEP))
			if (changes)
				disturb(t, family, (uint32_t)steps++);
		for (uint32_t i = 0; i < o->picks_n; i++) {
			const struct entry *x = order_pick(o, t, i);
			if (!x)
				continue;
			struct prefix p = table_prefix(t, x);
			assert_true(last.addr.family == ADDR_NONE || prefix_compare(last, p) < 0);
			last = p;
			n += table_find(stable, &p) != 0;
		}
		more = o->picks_n == ORDER_PICKS;
		order_next(o);
	}
	assert_int_equal(n, STABLE);
	free(o);
	table_free(t);
	table_free(stable);
}

static void in_order(void **state)
{
	check_walk(ADDR_V4, false);
	check_walk(ADDR_V6, false);
}

static void while_it_changes(void **state)
{
	check_walk(ADDR_V4, true);
	check_walk(ADDR_V6, true);
}

static void shorter_ones_first_and_only_within(void **state)
{
	struct table *t = table_new(0, ADDR_V4, 7);
	struct order *o = malloc(sizeof(*o));
	static const char *const texts[] = {
		"10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/24", "10.1.255.0/24", "10.2.0.0/16"};

	for (size_t i = 5; i-- > 0;) {
		struct prefix p;
		bool host_bits;
		assert_true(prefix_parse(texts[i], &p, &host_bits));
		assert_true(table_add(t, &p));
	}
	struct prefix within = prefix_make(addr_v4(0x0a010000), 16);
	order_begin(o, &within);
	assert_true(order_scan(o, t, 100));
	assert_int_equal(o->picks_n, 3);
	for (uint32_t i = 0; i < 3; i++) {
		char text[PREFIX_TEXT_MAX];
		prefix_text(table_prefix(t, order_pick(o, t, i)), text);
		assert_string_equal(text, texts[i + 1]);
	}
	/* One that has gone since is not shown, nor another one in its place. */
	table_remove(t, o->picks[1].entry);
	struct prefix other = prefix_make(addr_v4(0xc0000200), 24);
	assert_int_equal(table_add(t, &other), o->picks[1].entry);
	assert_null(order_pick(o, t, 1));
	free(o);
	table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(while_it_changes),
		cmocka_unit_test(shorter_ones_first_and_only_within),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
