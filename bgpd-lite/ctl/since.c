#include "bgpd-lite/ctl/since.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

enum {
	DAY_S = 86400,
	NUMBER_MAX = 1000000, /* of one unit of a duration */
};

static bool take_number(const char **s, int64_t *n)
{
	*n = 0;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		*n = *n * 10 + (**s - '0');
		if (*n > NUMBER_MAX)
			return false;
	}
	return true;
}

static int64_t unit_s(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return DAY_S;
	default:
		return 0;
	}
}

static bool parse_duration(const char *s, int64_t *seconds)
{
	int64_t sum = 0, n;

	do {
		if (!take_number(&s, &n) || unit_s(*s) == 0)
			return false;
		sum += n * unit_s(*s++);
	} while (*s);
	*seconds = sum;
	return true;
}

/* The last time the clock showed it: today, or yesterday where that is still to come. */
static bool parse_clock(const char *s, int64_t now_s, int64_t *at_s)
{
	static const char *const forms[] = {"%H:%M", "%H:%M:%S"};
	time_t now = (time_t)now_s;

	for (size_t i = 0; i < 2; i++) {
		struct tm tm;
		localtime_r(&now, &tm);
		tm.tm_sec = 0;
		const char *end = strptime(s, forms[i], &tm);
		if (!end || *end)
			continue;
		tm.tm_isdst = -1;
		struct tm before = tm;
		before.tm_mday--;
		time_t at = mktime(&tm);
		*at_s = at <= now ? at : mktime(&before);
		return true;
	}
	return false;
}

/* ".25" as 250; s is moved behind it */
static int64_t take_fraction_ms(const char **s)
{
	int64_t ms = 0, place = 100;

	if (**s != '.')
		return 0;
	for (++*s; **s >= '0' && **s <= '9'; ++*s, place /= 10)
		ms += (**s - '0') * place;
	return ms;
}

static bool parse_date(const char *s, int64_t *at_ms)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(s, forms[i], &tm);
		if (!end)
			continue;
		int64_t ms = i < 2 ? take_fraction_ms(&end) : 0;
		bool utc = strcmp(end, "Z") == 0;
		if (*end && !utc)
			continue;
		*at_ms = (int64_t)(utc ? timegm(&tm) : mktime(&tm)) * 1000 + ms;
		return *at_ms >= 0;
	}
	return false;
}

bool since_parse(const char *typed, int64_t now_s, int64_t *at_ms)
{
	int64_t s, ms;

	if (parse_duration(typed, &s))
		ms = (s < now_s ? now_s - s : 0) * 1000;
	else if (parse_clock(typed, now_s, &s))
		ms = s * 1000;
	else if (!parse_date(typed, &ms))
		return false;
	*at_ms = ms;
	return true;
}
