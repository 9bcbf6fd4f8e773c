/* Sets of gateways and the rule of loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rib/group.h"

static void test_set(void **state)
{
	struct group_set s = {0}, t = {0};

	group_set_add(&s, 30);
	group_set_add(&s, 10);
	group_set_add(&s, 20);
	group_set_add(&s, 10);
	assert_int_equal(s.n, 3);
	assert_int_equal(s.gateway[0], 10);
	assert_int_equal(s.gateway[2], 30);
	assert_true(group_set_has(&s, 20));
	assert_false(group_set_has(&s, 25));
	assert_false(group_set_has(&s, 31));
	group_set_add(&t, 20);
	group_set_add(&t, 30);
	assert_false(group_set_equal(&s, &t));
	group_set_add(&t, 10);
	assert_true(group_set_equal(&s, &t));
	for (uint32_t i = 0; i < 2 * FIB_GROUP_MEMBERS_MAX; i++)
		group_set_add(&t, 100 + i);
	assert_int_equal(t.n, FIB_GROUP_MEMBERS_MAX);
}

static void test_drop(void **state)
{
	struct group_id g = {.live = {2, {1, 2}}, .fallback = {2, {3, 4}}};

	assert_false(group_drop(&g, 9));
	assert_true(group_drop(&g, 3));
	assert_true(
		group_id_equal(&g, &(struct group_id){.live = {2, {1, 2}}, .fallback = {1, {4}}}));
	assert_true(group_drop(&g, 1));
	assert_true(group_id_equal(&g, &(struct group_id){.live = {1, {2}}, .fallback = {1, {4}}}));
	assert_true(group_drop(&g, 2));
	assert_true(group_id_equal(&g, &(struct group_id){.live = {1, {4}}}));
	assert_true(group_drop(&g, 4));
	assert_int_equal(g.live.n + g.fallback.n, 0);
	assert_false(group_drop(&g, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
