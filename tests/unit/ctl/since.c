/* `since T`: each form that is accepted, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "bgpd-lite/ctl/since.h"

enum {
	NOW_S = 1000000000, /* 2001-09-09T01:46:40Z */
};

static int64_t parsed(const char *typed)
{
	int64_t ms = -1;

	return since_parse(typed, NOW_S, &ms) ? ms : -1;
}

static void test_durations(void **state)
{
	assert_int_equal(parsed("90s"), (NOW_S - 90) * 1000LL);
	assert_int_equal(parsed("10m"), (NOW_S - 600) * 1000LL);
	assert_int_equal(parsed("1h30m"), (NOW_S - 5400) * 1000LL);
	assert_int_equal(parsed("2d"), (NOW_S - 172800) * 1000LL);
	assert_int_equal(parsed("1000000d"), 0); /* before 1970 */
}

static void test_the_clock(void **state)
{
	assert_int_equal(parsed("01:46"), (NOW_S - 40) * 1000LL);
	assert_int_equal(parsed("01:46:40"), NOW_S * 1000LL);
	assert_int_equal(parsed("01:46:41"), (NOW_S + 1 - 86400) * 1000LL);
	assert_int_equal(parsed("23:00"), (NOW_S - 6400 - 3600) * 1000LL);
	setenv("TZ", "EAST-2", 1);
	tzset();
	assert_int_equal(parsed("03:46"), (NOW_S - 40) * 1000LL);
	assert_int_equal(parsed("2001-09-09T03:46"), (NOW_S - 40) * 1000LL);
	assert_int_equal(parsed("2001-09-09T01:46Z"), (NOW_S - 40) * 1000LL);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void test_dates(void **state)
{
	assert_int_equal(parsed("2001-09-09T01:46:40Z"), NOW_S * 1000LL);
	assert_int_equal(parsed("2001-09-09T01:46:40.25Z"), NOW_S * 1000LL + 250);
	assert_int_equal(parsed("2001-09-09 01:46:40.1234"), NOW_S * 1000LL + 123);
	assert_int_equal(parsed("2001-09-09"), (NOW_S - 6400) * 1000LL);
}

static void test_what_is_none(void **state)
{
	static const char *const bad[] = {"", "10", "m", "10x", "10m5", "-5m", "25:00", "12:61",
		"12:00:00x", "2001-13-01", "2001-09-09T", "2001-09-09T01:46:40z", "1960-01-01",
		"1000001s", "99999999999999999999d", "yesterday"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parsed(bad[i]), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_the_clock),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_what_is_none),
	};
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
