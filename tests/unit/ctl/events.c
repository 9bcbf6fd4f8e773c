/* The ring of events: bounded, the oldest go, numbers have no gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bgpd-lite/events.h"

static struct events ring;

static void the_last_are_kept(void **state)
{
	memset(&ring, 0, sizeof(ring));
	assert_null(events_find(&ring, 0));
	assert_null(events_find(&ring, 1));
	for (unsigned i = 1; i <= EVENTS_MAX + 3; i++)
		events_add(&ring, i, EVENT_BFD, "x", "%u", i);
	for (uint64_t i = 1; i <= 3; i++)
		assert_null(events_find(&ring, i));
	for (uint64_t i = 4; i <= EVENTS_MAX + 3; i++) {
		const struct event *e = events_find(&ring, i);
		assert_non_null(e);
		assert_int_equal(strtoull(e->text, NULL, 10), i);
		assert_int_equal(e->at_realtime_ns, i);
	}
	assert_null(events_find(&ring, EVENTS_MAX + 4));
}

static void long_texts_are_cut(void **state)
{
	char text[2 * EVENT_TEXT_MAX];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	memset(&ring, 0, sizeof(ring));
	events_add(&ring, 1, EVENT_ADMIN, text, "%s", text);
	assert_int_equal(strlen(events_find(&ring, 1)->subject), EVENT_SUBJECT_MAX - 1);
	assert_int_equal(strlen(events_find(&ring, 1)->text), EVENT_TEXT_MAX - 1);
	assert_string_equal(event_kind_text(events_find(&ring, 1)->kind), "admin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_are_kept), cmocka_unit_test(long_texts_are_cut)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
