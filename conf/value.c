#include "conf/value.h"

#include <stdio.h>
#include <string.h>

#include "conf/list.h"
#include "conf/number.h"
#include "conf/target.h"

bool conf_interface_ok(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= CONF_INTERFACE_NAME_MAX || strpbrk(name, "/: \t%,"))
		return false;
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool conf_name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(name);
	return len > 0 && len < 64 && strspn(name, allowed) == len;
}

bool conf_file_ok(const char *text)
{
	if (text[0] == '/')
		return text[1] != 0;
	return !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bool read_bool(const char *text, uint64_t *out)
{
	*out = strcmp(text, "yes") == 0;
	return *out || strcmp(text, "no") == 0;
}

const char *const conf_bfd_auth_words[6] = {
	"", "simple", "keyed-md5", "meticulous-keyed-md5", "keyed-sha1", "meticulous-keyed-sha1"};

static bool read_bfd_auth(const char *text, uint64_t *out)
{
	for (*out = 1; *out < 6; ++*out)
		if (strcmp(text, conf_bfd_auth_words[*out]) == 0)
			return true;
	return false;
}

static bool read_remote_as(const char *text, struct conf_value *v)
{
	v->remote_as = CONF_REMOTE_AS_NUMBER;
	if (strcmp(text, "external") == 0)
		v->remote_as = CONF_REMOTE_AS_EXTERNAL;
	else if (strcmp(text, "internal") == 0)
		v->remote_as = CONF_REMOTE_AS_INTERNAL;
	else
		return conf_number_as(text, &v->number);
	return true;
}

static bool usable_address(struct addr a)
{
	return !addr_is_unspecified(a) && !addr_is_multicast(a);
}

static bool read_address(const char *text, bool v4_only, struct conf_value *v)
{
	struct addr a;
	if (addr_parse(text, &a)) {
		v->addr = a;
		return usable_address(a) && (a.family == ADDR_V4 || !v4_only);
	}
	return conf_interface_ok(text);
}

bool conf_host_ok(struct addr a)
{
	return usable_address(a) && (a.family == ADDR_V4 || !addr_is_link_local(a));
}

static bool read_host(const char *text, enum addr_family family, struct conf_value *v)
{
	return addr_parse(text, &v->addr) && v->addr.family == family && conf_host_ok(v->addr);
}

static bool read_id_range(const char *text, struct conf_value *v)
{
	char first[16];
	const char *dash = strchr(text, '-');
	if (!dash || (size_t)(dash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = 0;
	return conf_number_plain(first, &v->number) && conf_number_plain(dash + 1, &v->last) &&
	       v->number >= 1 && v->number < v->last && v->last <= UINT32_MAX;
}

static bool read_word(const struct conf_key_row *k, const char *text, uint64_t *out)
{
	for (size_t i = 0; i < CONF_WORDS_MAX && k->words[i]; i++) {
		if (strcmp(k->words[i], text) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool read_mark(const char *text, struct conf_value *v)
{
	char value[16];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	if (len >= sizeof(value))
		return false;
	memcpy(value, text, len);
	value[len] = 0;
	v->last = UINT32_MAX;
	return conf_number_mark(value, &v->number) &&
	       (!slash || conf_number_mark(slash + 1, &v->last)) && v->number &&
	       !(v->number & ~v->last);
}

/* N, or [ge N] [le N]: *v's number and last. */
static bool read_length(const char *text, struct conf_value *v)
{
	char first[3], second[3], rest;
	unsigned a, b;
	v->number = 0;
	v->last = UINT16_MAX;
	if (conf_number_plain(text, &v->number)) {
		v->last = v->number;
		return v->last <= UINT16_MAX;
	}
	int n = strlen(text) > 20
			? 0
			: sscanf(text, "%2s %5u %2s %5u %c", first, &a, second, &b, &rest);
	if ((n != 2 && n != 4) || strchr(text, '-') || strchr(text, '+'))
		return false;
	bool ge = strcmp(first, "ge") == 0;
	if ((!ge && strcmp(first, "le") != 0) || (n == 4 && (!ge || strcmp(second, "le") != 0)))
		return false;
	if (ge)
		v->number = a;
	if (!ge || n == 4)
		v->last = ge ? b : a;
	return v->number <= v->last && v->last <= UINT16_MAX;
}

static bool in_range(const struct conf_key_row *k, uint64_t n)
{
	return (n >= k->min && n <= k->max) || (n == 0 && k->zero);
}

/* A scalar's text into *v: false where it is not what conf_key_range() says. */
static bool read_scalar(enum conf_key key, const char *text, struct conf_value *v)
{
	const struct conf_key_row *k = &conf_keys[key];
	switch (k->type) {
	case CONF_TYPE_NUMBER:
		return conf_number_plain(text, &v->number) && in_range(k, v->number);
	case CONF_TYPE_BOOL:
		return read_bool(text, &v->number);
	case CONF_TYPE_SECONDS:
		return conf_number_seconds(text, &v->number) && in_range(k, v->number);
	case CONF_TYPE_INTERVAL:
		return conf_number_interval_us(text, &v->number) && in_range(k, v->number);
	case CONF_TYPE_BANDWIDTH:
		return conf_number_bandwidth(text, &v->number) && in_range(k, v->number);
	case CONF_TYPE_SIZE:
		return conf_number_size(text, &v->number) && in_range(k, v->number);
	case CONF_TYPE_AS:
		return conf_number_as(text, &v->number);
	case CONF_TYPE_REMOTE_AS:
		return read_remote_as(text, v);
	case CONF_TYPE_TEXT:
		return true;
	case CONF_TYPE_FILE:
		return conf_file_ok(text);
	case CONF_TYPE_INTERFACE:
		return conf_interface_ok(text);
	case CONF_TYPE_ROUTER_ID:
		return read_address(text, true, v);
	case CONF_TYPE_SOURCE:
		return read_address(text, false, v);
	case CONF_TYPE_ADDRESS_IPV4:
		return read_host(text, ADDR_V4, v);
	case CONF_TYPE_ADDRESS_IPV6:
		return read_host(text, ADDR_V6, v);
	case CONF_TYPE_TABLE:
		return conf_number_plain(text, &v->number) && v->number >= 1 &&
		       v->number <= UINT32_MAX && v->number != 255;
	case CONF_TYPE_ID_RANGE:
		return read_id_range(text, v);
	case CONF_TYPE_FWMARK:
		return read_mark(text, v);
	case CONF_TYPE_LENGTH:
		return read_length(text, v);
	case CONF_TYPE_VRF:
	case CONF_TYPE_TEMPLATE:
	case CONF_TYPE_BFD_PROFILE:
		return conf_name_ok(text);
	case CONF_TYPE_WORD:
		return read_word(k, text, &v->number);
	case CONF_TYPE_WHEN:
		return conf_when_read(text, v);
	case CONF_TYPE_BFD_AUTH:
		return read_bfd_auth(text, &v->number);
	case CONF_TYPE_BFD_KEYS:
	case CONF_TYPE_IMPORT:
	case CONF_TYPE_PREFIX_LISTS:
	case CONF_TYPE_COMMUNITIES:
	case CONF_TYPE_LARGE_COMMUNITIES:
	case CONF_TYPE_EXT_COMMUNITIES:
	case CONF_TYPE_AS_NUMBERS:
	case CONF_TYPE_HOSTS:
	case CONF_TYPE_PREFIXES:
	case CONF_TYPE_RULES:
	case CONF_TYPE_VRF_IMPORTS:
	case CONF_TYPE_FAMILIES:
	case CONF_TYPE_GLOBS:
	case CONF_TYPE_RIGHTS:
	case CONF_TYPE_TARGETS:
		return false;
	}
	return false;
}

bool conf_value_read(struct conf_report *r, enum conf_key key, const char *text, unsigned line,
	struct conf_value *v)
{
	char range[CONF_RANGE_TEXT_MAX];
	const char *name = conf_keys[key].name;
	if (conf_key_is_list(key)) {
		if (!v->line) {
			v->line = line;
			v->text = text;
		}
		return conf_list_read(r, key, text, line, v);
	}
	if (v->line) {
		conf_report_error(r, line,
			"'%s' is set twice in this section, first in line %u; it is no list", name,
			v->line);
		return false;
	}
	struct conf_value found = {.line = line, .text = text};
	if (!read_scalar(key, text, &found)) {
		const char *unit = conf_keys[key].type == CONF_TYPE_INTERVAL &&
						   conf_number_plain(text, &(uint64_t){0})
					   ? " and must name its unit"
					   : "";
		conf_report_error(r, line, "%s is '%s'; must be %s%s", name, text,
			conf_key_range(key, range), unit);
		return false;
	}
	*v = found;
	return true;
}

uint64_t conf_value_number(const struct conf_value *v, enum conf_key key)
{
	struct conf_value fallback = {0};
	if (v->line)
		return v->number;
	if (conf_keys[key].fallback)
		(void)read_scalar(key, conf_keys[key].fallback, &fallback);
	return fallback.number;
}

bool conf_value_equal(enum conf_key key, const struct conf_value *a, const struct conf_value *b)
{
	if (!a->line || !b->line)
		return false;
	switch (conf_keys[key].type) {
	case CONF_TYPE_NUMBER:
	case CONF_TYPE_BOOL:
	case CONF_TYPE_SECONDS:
	case CONF_TYPE_INTERVAL:
	case CONF_TYPE_SIZE:
	case CONF_TYPE_AS:
	case CONF_TYPE_TABLE:
	case CONF_TYPE_FAMILIES:
	case CONF_TYPE_RIGHTS:
	case CONF_TYPE_WORD:
	case CONF_TYPE_BANDWIDTH:
	case CONF_TYPE_BFD_AUTH:
		return a->number == b->number;
	case CONF_TYPE_TARGETS:
		return conf_targets_equal(a, b);
	case CONF_TYPE_ID_RANGE:
	case CONF_TYPE_FWMARK:
	case CONF_TYPE_LENGTH:
		return a->number == b->number && a->last == b->last;
	case CONF_TYPE_REMOTE_AS:
		return a->remote_as == b->remote_as && a->number == b->number;
	case CONF_TYPE_ADDRESS_IPV4:
	case CONF_TYPE_ADDRESS_IPV6:
		return addr_equal(a->addr, b->addr);
	case CONF_TYPE_ROUTER_ID:
	case CONF_TYPE_SOURCE:
		if (a->addr.family != ADDR_NONE || b->addr.family != ADDR_NONE)
			return addr_equal(a->addr, b->addr);
		return strcmp(a->text, b->text) == 0;
	case CONF_TYPE_TEXT:
	case CONF_TYPE_FILE:
	case CONF_TYPE_GLOBS:
	case CONF_TYPE_INTERFACE:
	case CONF_TYPE_VRF:
	case CONF_TYPE_TEMPLATE:
	case CONF_TYPE_BFD_PROFILE:
	case CONF_TYPE_IMPORT:
	case CONF_TYPE_COMMUNITIES:
	case CONF_TYPE_LARGE_COMMUNITIES:
	case CONF_TYPE_EXT_COMMUNITIES:
	case CONF_TYPE_AS_NUMBERS:
	case CONF_TYPE_HOSTS:
	case CONF_TYPE_BFD_KEYS:
	case CONF_TYPE_PREFIX_LISTS:
	case CONF_TYPE_PREFIXES:
	case CONF_TYPE_RULES:
	case CONF_TYPE_VRF_IMPORTS:
	case CONF_TYPE_WHEN:
		return strcmp(a->text, b->text) == 0;
	}
	return false;
}
