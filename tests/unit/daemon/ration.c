/* Who has to give way when memory is short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bgpd-lite/ration.h"

static void test_level(void **state)
{
	(void)state;
	static const struct {
		struct ration_bound b;
		enum ration_level level;
		uint64_t room;
	} rows[] = {
		{{0, 1000}, RATION_FREE, 0},
		{{1600, 0}, RATION_FREE, 1500},
		{{1600, 1500}, RATION_FREE, 0},
		{{1600, 1501}, RATION_SHORT, 0},
		{{1600, 1600}, RATION_SHORT, 0},
		{{1600, 1601}, RATION_OVER, 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(ration_level(&rows[i].b), rows[i].level);
		if (rows[i].b.limit)
			assert_int_equal(ration_room(&rows[i].b), rows[i].room);
	}
}

/* 64000 bytes, 10 a path. */
static int pick(uint64_t used, struct ration_share a, struct ration_share b, struct ration_share c)
{
	struct ration_bound bound = {64000, used};
	const struct ration_share shares[] = {a, b, c};
	return ration_pick(&bound, shares, 3);
}

static void test_pick(void **state)
{
	const struct ration_share none = {0, 0}, large = {5000, 0}, loads = {1300, 1300},
				  changes = {5000, 3}, small = {20, 2};

	(void)state;
	assert_int_equal(pick(60000, large, loads, none), -1); /* there is room */
	assert_int_equal(pick(63000, large, loads, none), 1);  /* who loads goes first */
	assert_int_equal(pick(63000, changes, loads, small), 1);
	assert_int_equal(pick(63000, changes, large, small), -1); /* changes go on */
	assert_int_equal(pick(64001, changes, loads, small), 1);
	assert_int_equal(pick(64010, changes, small, none), 0); /* until there is none left */
	assert_int_equal(pick(90000, small, large, none), 1);   /* the limit was lowered */
	assert_int_equal(pick(90000, small, large, loads), 1);  /* and what loads is not enough */
	assert_int_equal(pick(90000, none, none, none), -1);    /* routes are not the reason */
}

static void test_wait(void **state)
{
	(void)state;
	assert_int_equal(ration_wait_ms(0), 30000);
	assert_int_equal(ration_wait_ms(1), 60000);
	assert_int_equal(ration_wait_ms(5), 960000);
	assert_int_equal(ration_wait_ms(6), 1800000);
	assert_int_equal(ration_wait_ms(4000000000u), 1800000);
}

static void test_bytes(void **state)
{
	const struct ration_bound b = {1000, 900};

	(void)state;
	assert_int_equal(ration_bytes(&b, 10, 90), 100);
	assert_int_equal(ration_bytes(&b, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
