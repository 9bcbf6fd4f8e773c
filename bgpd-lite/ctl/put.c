#include "bgpd-lite/ctl/put.h"

#include <stdio.h>
#include <string.h>

#include "bgpd-lite/bgp/msg.h"
#include "lib/log.h"

static_assert((int)CONF_FAMILY_IPV4 == (int)BGP_FAMILY_IPV4 &&
		      (int)CONF_FAMILY_IPV6 == (int)BGP_FAMILY_IPV6,
	"the families of configuration and protocol are the same bits");

void put_text(json_t *o, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : json_null();
	if (!value) {
		char plain[512];
		value = json_string(log_escape(text, strlen(text), plain, sizeof(plain)));
	}
	json_object_set_new(o, key, value);
}

void put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)n));
}

void put_bool(json_t *o, const char *key, bool b)
{
	json_object_set_new(o, key, json_boolean(b));
}

void put_addr(json_t *o, const char *key, struct addr a)
{
	char text[ADDR_TEXT_MAX];
	put_text(o, key, a.family == ADDR_NONE ? NULL : addr_text(a, text));
}

void put_us_as_ms(json_t *o, const char *key, uint64_t us)
{
	if (us % 1000 == 0)
		put_number(o, key, us / 1000);
	else
		json_object_set_new(o, key, json_real((double)us / 1000));
}

void put_age_s(json_t *o, const char *key, uint64_t then_ms, uint64_t now_ms)
{
	if (then_ms == 0)
		put_text(o, key, NULL);
	else
		put_number(o, key, now_ms > then_ms ? (now_ms - then_ms) / 1000 : 0);
}

void put_interface(json_t *o, const char *key, const struct host *h, uint32_t ifindex)
{
	char number[16];
	const struct fib_link *l = ifindex ? host_link_by_index(h, ifindex) : NULL;

	snprintf(number, sizeof(number), "#%u", ifindex);
	put_text(o, key, ifindex == 0 ? NULL : l ? l->name : number);
}

void put_origin(json_t *o, const char *key, struct conf_origin origin)
{
	char text[512];
	if (!origin.file || origin.line == 0) {
		put_text(o, key, origin.file);
		return;
	}
	snprintf(text, sizeof(text), "%s:%u", origin.file, origin.line);
	put_text(o, key, text);
}

void put_families(json_t *o, const char *key, uint32_t families)
{
	json_t *list = json_array();
	if (families & BGP_FAMILY_IPV4)
		json_array_append_new(list, json_string("ipv4"));
	if (families & BGP_FAMILY_IPV6)
		json_array_append_new(list, json_string("ipv6"));
	json_object_set_new(o, key, list);
}
