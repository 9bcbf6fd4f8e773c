#include "bgpd-lite/ctl/get.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bgpd-lite/ctl/people.h"

enum {
	FIELD_WIDTH = 24,
};

const char *get_cell(const json_t *o, const char *key, char out[CELL_MAX])
{
	const json_t *v = json_object_get(o, key);

	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v))
		snprintf(out, CELL_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_real(v))
		snprintf(out, CELL_MAX, "%.3f", json_real_value(v));
	else if (json_is_boolean(v))
		snprintf(out, CELL_MAX, "%s", json_is_true(v) ? "yes" : "no");
	else
		snprintf(out, CELL_MAX, "-");
	return out;
}

static const char *duration(const json_t *v, json_int_t divisor, char out[CELL_MAX])
{
	char text[PEOPLE_DURATION_MAX];

	if (!json_is_integer(v))
		return "-";
	json_int_t n = json_integer_value(v) / divisor;
	snprintf(out, CELL_MAX, "%s", people_duration(n > 0 ? (uint64_t)n : 0, text));
	return out;
}

const char *get_duration(const json_t *o, const char *key, char out[CELL_MAX])
{
	return duration(json_object_get(o, key), 1, out);
}

const char *get_duration_ms(const json_t *o, const char *key, char out[CELL_MAX])
{
	return duration(json_object_get(o, key), 1000, out);
}

const char *get_when(const json_t *o, const char *key, char out[CELL_MAX])
{
	json_int_t ms = get_number(o, key);
	time_t at = (time_t)(ms / 1000);
	struct tm tm;

	localtime_r(&at, &tm);
	size_t n = strftime(out, CELL_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + n, CELL_MAX - n, ".%03d", (int)(ms % 1000));
	return out;
}

const char *get_installed(const json_t *vrf, char out[CELL_MAX])
{
	json_int_t n = get_number(vrf, "installed");
	bool flushed = get_number(vrf, "flushed_at_s") != 0;

	if (flushed && !n)
		return "flushed";
	snprintf(out, CELL_MAX, "%" JSON_INTEGER_FORMAT "%s", n, flushed ? ", flushed" : "");
	return out;
}

const char *get_neighbor(const json_t *o, const char *key, char out[CELL_MAX])
{
	const char *name = get_text(o, key);
	const char *vrf = strstr(name, " vrf ");

	if (!vrf)
		return name;
	snprintf(out, CELL_MAX, "%.*s", (int)(vrf - name), name);
	return out;
}

void put_list(struct text *out, const json_t *array)
{
	size_t i;
	const json_t *item;

	if (json_array_size(array) == 0)
		text_adds(out, "-");
	json_array_foreach(array, i, item)
	{
		text_adds(out, i ? ", " : "");
		text_plain(out, json_is_string(item) ? json_string_value(item) : "?");
	}
}

void put_field(struct text *out, const char *label, const char *value)
{
	size_t len = strlen(label);

	if (!value[0])
		return;
	text_addf(out, "  %s", label);
	text_pad(out, len < FIELD_WIDTH ? FIELD_WIDTH - len : 1);
	text_plain(out, value);
	text_adds(out, "\n");
}
