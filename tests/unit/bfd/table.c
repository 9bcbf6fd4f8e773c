/* bfd: the table finds each session three ways; the heap gives them by time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bfd/table.h"

enum {
	N = 5000
};

static struct bfd_session sessions[N];

static void fill(struct bfd_table *t)
{
	for (uint32_t i = 0; i < N; i++) {
		sessions[i] = (struct bfd_session){.id = i + 1,
			.device = "red",
			.ifindex = i % 2 ? 9 : 0,
			.local = addr_v4(0x0a000001),
			.remote = addr_v4(0x0a010000 + i),
			.tx_us = 50000,
			.rx_us = 50000,
			.multiplier = 3};
		bfd_session_start(&sessions[i], 100000 + i, 1);
		bfd_session_rephase(&sessions[i], 0, (i * 7919u % N + 1) * 1000000ull);
		assert_true(bfd_table_add(t, &sessions[i]));
	}
}

static void empty(struct bfd_table *t)
{
	while (bfd_heap_first(&t->heap))
		bfd_table_remove(t, bfd_heap_first(&t->heap));
	bfd_table_free(t);
}

static void every_session_is_found_until_removed(void **state)
{
	struct bfd_table *t = bfd_table_new(1);
	static const char red[16] = "red", other[16] = "re";
	(void)state;
	fill(t);
	for (uint32_t i = 0; i < N; i++) {
		struct bfd_arrival a = {.device = red,
			.ifindex = 9,
			.local = sessions[i].local,
			.remote = sessions[i].remote};
		assert_ptr_equal(bfd_table_find_id(t, i + 1), &sessions[i]);
		assert_ptr_equal(bfd_table_find_discr(t, 100000 + i), &sessions[i]);
		assert_ptr_equal(bfd_table_find_path(t, &a), &sessions[i]);
		a.ifindex = 8;
		assert_ptr_equal(bfd_table_find_path(t, &a), i % 2 ? NULL : &sessions[i]);
		a.device = other;
		assert_null(bfd_table_find_path(t, &a));
	}
	for (uint32_t i = 0; i < N; i += 2)
		bfd_table_remove(t, &sessions[i]);
	for (uint32_t i = 0; i < N; i++) {
		struct bfd_session *want = i % 2 ? &sessions[i] : NULL;
		assert_ptr_equal(bfd_table_find_id(t, i + 1), want);
		assert_ptr_equal(bfd_table_find_discr(t, 100000 + i), want);
	}
	assert_null(bfd_table_find_id(t, 0));
	empty(t);
}

static void rivals_share_a_path(void **state)
{
	struct bfd_table *t = bfd_table_new(1);
	(void)state;
	fill(t);
	struct bfd_session s = {.id = N + 1,
		.device = "red",
		.ifindex = 9,
		.local = sessions[4].local,
		.remote = sessions[4].remote};
	assert_ptr_equal(bfd_table_find_rival(t, &s), &sessions[4]);
	s.ifindex = 8;
	s.remote = sessions[5].remote;
	assert_null(bfd_table_find_rival(t, &s));
	assert_null(bfd_table_find_rival(t, &sessions[4]));
	empty(t);
}

static void interface_is_enough_without_a_device(void **state)
{
	struct bfd_table *t = bfd_table_new(1);
	static const char red[16] = "red", none[16];
	(void)state;
	fill(t);
	for (uint32_t i = 0; i < 2; i++) {
		struct bfd_arrival a = {
			.ifindex = 9, .local = sessions[i].local, .remote = sessions[i].remote};
		memset(sessions[i].device, 0, sizeof(sessions[i].device));
		a.device = none;
		assert_ptr_equal(bfd_table_find_path(t, &a), &sessions[i]);
		a.device = red; /* session 0 names no interface: it may be another VRF's */
		assert_ptr_equal(bfd_table_find_path(t, &a), i ? &sessions[i] : NULL);
		a.ifindex = 8;
		assert_null(bfd_table_find_path(t, &a));
	}
	empty(t);
}

static void heap_gives_them_in_order(void **state)
{
	struct bfd_table *t = bfd_table_new(1);
	uint64_t last = 0;
	(void)state;
	fill(t);
	for (uint32_t i = 0; i < N; i += 3) {
		bfd_session_rephase(&sessions[i], 0, (i * 104729u % N + 1) * 1000000ull);
		bfd_table_update(t, &sessions[i], true);
	}
	for (size_t n = 0; n < N; n++) {
		struct bfd_session *s = bfd_heap_first(&t->heap);
		assert_true(s->due_ns >= last);
		last = s->due_ns;
		bfd_table_remove(t, s);
	}
	assert_null(bfd_heap_first(&t->heap));
	bfd_table_free(t);
}

static void later_moments_are_lazy(void **state)
{
	struct bfd_table *t = bfd_table_new(1);
	(void)state;
	fill(t);
	struct bfd_session *s = &sessions[10];
	uint64_t due = s->due_ns;
	bfd_session_rephase(s, 0, due);
	bfd_table_update(t, s, false);
	assert_int_equal(s->due_ns, due);
	bfd_table_update(t, s, true);
	assert_int_equal(s->due_ns, due + 1000000000);
	s->wake_ns = 5;
	bfd_table_update(t, s, false);
	assert_ptr_equal(bfd_heap_first(&t->heap), s);
	empty(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_session_is_found_until_removed),
		cmocka_unit_test(rivals_share_a_path),
		cmocka_unit_test(interface_is_enough_without_a_device),
		cmocka_unit_test(heap_gives_them_in_order),
		cmocka_unit_test(later_moments_are_lazy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
