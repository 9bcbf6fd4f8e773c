/* The RIB without memory: a single allocation that fails, and an end to what there is. The peer
 * whose path was refused is ended, nothing else suffers, and it comes back when there is room. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/bed.h"

enum {
	PREFIXES = 3000, /* some chunks of each pool */
	OTHERS = 300,
};

/* ---- an allocator that can refuse, linked in by --wrap ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
void __wrap_free(void *p);

static struct {
	bool on;        /* inside the RIB: the bed has all it wants */
	long countdown; /* the allocation that fails; 0: none */
	size_t held;    /* bytes, by who was on when they were taken */
	size_t most;    /* that may be held */
	unsigned failed;
} m;

static bool refuses(size_t size, size_t instead)
{
	bool fails =
		m.on && ((m.countdown && --m.countdown == 0) || m.held - instead + size > m.most);
	m.failed += fails;
	return fails;
}

static void *counted(void *p)
{
	if (p)
		m.held += malloc_usable_size(p);
	return p;
}

void *__wrap_malloc(size_t size)
{
	return refuses(size, 0) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuses(n * size, 0) ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	if (refuses(size, old))
		return NULL;
	void *grown = __real_realloc(p, size);
	if (grown)
		m.held += malloc_usable_size(grown) - old;
	return grown;
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return __wrap_realloc(p, n * size);
}

char *__wrap_strdup(const char *s)
{
	return refuses(strlen(s) + 1, 0) ? NULL : counted(__real_strdup(s));
}

void __wrap_free(void *p)
{
	if (p)
		m.held -= malloc_usable_size(p);
	__real_free(p);
}

/* ---- */

/* Every path has attributes of its own, most prefixes a set of gateways of their own. */
static const struct attrs *attrs_of(struct bed *b, unsigned n, uint32_t i)
{
	return bed_attrs(
		b, n, (struct path_spec){.med = i, .local_pref = 100 + (i / 7 % 3 == n % 3) * 10});
}

static enum rib_result announce(struct bed *b, unsigned n, uint32_t i, bool own_id)
{
	struct prefix p = pfx_n(i);
	m.on = true;
	const struct attrs *a = attrs_of(b, n, i);
	enum rib_result r = a ? rib_announce_path(b->rib, b->peer[n], &p, own_id ? i + 1 : 0, a)
			      : RIB_NO_MEMORY;
	if (a)
		attr_put(rib_attrs(b->rib), a);
	m.on = false;
	return r;
}

static void rest(struct bed *b)
{
	m.on = true;
	bool more = rib_run(b->rib, 100, b->now_ms);
	m.on = false;
	while (more) {
		fake_take(b->fib, 1000);
		fake_answer(b->fib, 1000, b->now_ms);
		m.on = true;
		more = rib_run(b->rib, 100, b->now_ms);
		m.on = false;
	}
	bed_rest(b);
}

/* How many were taken before one was refused. */
static uint32_t load(struct bed *b, unsigned n, uint32_t prefixes, bool own_id)
{
	for (uint32_t i = 0; i < prefixes; i++) {
		if (announce(b, n, i, own_id) == RIB_NO_MEMORY)
			return i;
		if (i % 500 == 499)
			rest(b);
	}
	return prefixes;
}

static struct bed *bed_with_others(void)
{
	struct bed *b = bed_new();

	m.countdown = 0;
	m.most = SIZE_MAX / 2;
	for (unsigned n = 1; n < 3; n++) {
		bed_peer_up(b, n, b->all);
		assert_int_equal(load(b, n, OTHERS, false), OTHERS);
	}
	bed_wait(b, 3000);
	bed_peer_up(b, 0, b->all);
	return b;
}

static void others_are_there(struct bed *b)
{
	struct rib_peer_counts c;

	for (unsigned n = 1; n < 3; n++) {
		rib_peer_count(b->rib, b->peer[n], &c);
		assert_int_equal(c.received, OTHERS);
	}
	bed_check(b);
}

/* The first peer loads until the RIB refuses, goes, and comes back when there is memory. */
static void refused_and_back(struct bed *b, uint32_t got, bool own_id)
{
	struct rib_peer_counts c;

	if (got < PREFIXES) {
		m.on = true;
		rib_give_reserve(b->rib);
		bed_peer_down(b, 0, FIB_CAUSE_SESSION);
		m.on = false;
		rest(b);
		others_are_there(b);
		m.countdown = 0;
		m.most = SIZE_MAX / 2;
		bed_peer_up(b, 0, b->all);
		assert_int_equal(load(b, 0, PREFIXES, own_id), PREFIXES);
	}
	m.countdown = 0;
	m.most = SIZE_MAX / 2;
	bed_wait(b, 70000); /* what was left out as down is tried again */
	rib_peer_count(b->rib, b->peer[0], &c);
	assert_int_equal(c.received, PREFIXES);
	assert_int_equal(b->fib->routes_n, PREFIXES);
	others_are_there(b);
}

/* The n-th allocation of a load fails, for every n that there is. */
static void one_fails(bool own_id)
{
	unsigned step = 1;

	for (long n = 1;; n += step) {
		struct bed *b = bed_with_others();
		m.failed = 0;
		m.countdown = n;
		uint32_t got = load(b, 0, PREFIXES, own_id);
		rest(b);
		bool failed = m.failed != 0;
		refused_and_back(b, got, own_id);
		bed_free(b);
		if (!failed)
			break;
		step = n < 100 ? 1 : 397; /* then most are a set of attributes each */
	}
}

static void test_one_allocation_fails(void **state)
{
	(void)state;
	one_fails(false);
	one_fails(true);
}

/* There is no more than so much: the reserve carries what must not fail. */
static bool ends_with(size_t more)
{
	struct bed *b = bed_with_others();

	m.failed = 0;
	m.most = m.held + more;
	uint32_t got = load(b, 0, PREFIXES, false);
	bool whole = got == PREFIXES;
	assert_true(whole || m.failed);
	if (!whole)
		assert_int_equal(announce(b, 0, got, false), RIB_NO_MEMORY);
	rest(b);
	assert_false(rib_out_of_memory(b->rib));
	refused_and_back(b, got, false);
	bed_free(b);
	return whole;
}

static void test_memory_ends(void **state)
{
	size_t more = 0;

	(void)state;
	while (!ends_with(more))
		more += (size_t)13 << 10;
	assert_true(more > (size_t)100 << 10);
}

/* Routes that the kernel refuses, while there is no memory to remember them by. */
static int refuse_all(void *arg, const struct fib_route *r)
{
	(void)r;
	return *(int *)arg;
}

static void test_refused_routes_without_memory(void **state)
{
	struct bed *b = bed_with_others();
	int error = ENOBUFS;

	(void)state;
	b->fib->refuse = refuse_all;
	b->fib->refuse_arg = &error;
	assert_int_equal(load(b, 0, 400, false), 400);
	m.most = m.held;
	m.on = true;
	rib_run(b->rib, 1000, b->now_ms);
	fake_take(b->fib, 1000);
	fake_answer(b->fib, 1000, b->now_ms);
	m.on = false;
	assert_false(rib_out_of_memory(b->rib));
	m.most = SIZE_MAX / 2;
	error = 0;
	bed_wait(b, 70000);
	assert_int_equal(b->fib->routes_n, 400);
	others_are_there(b);
	bed_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_allocation_fails),
		cmocka_unit_test(test_memory_ends),
		cmocka_unit_test(test_refused_routes_without_memory),
	};
	m.most = SIZE_MAX / 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
