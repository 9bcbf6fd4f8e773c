#include "bgpd-lite/ctl/view.h"

#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "bgpd-lite/ctl/put.h"

static void put_prefix(json_t *o, const char *key, uint8_t family, const uint8_t b[16], uint8_t len)
{
	char text[PREFIX_TEXT_MAX];
	struct addr a = {.family = family};

	memcpy(a.b, b, sizeof(a.b));
	put_text(o, key, len ? prefix_text(prefix_make(a, len), text) : NULL);
}

static void put_mark(json_t *o, uint32_t mark, uint32_t mask)
{
	json_t *text = mask ? json_sprintf("0x%" PRIx32 "/0x%" PRIx32, mark, mask) : json_null();
	json_object_set_new(o, "fwmark", text);
}

/* Its VRF by the table; the same rule with table 0 is told as unreachable. */
static json_t *view_rule(const struct fib_rule *r)
{
	json_t *o = json_object();

	put_number(o, "priority", r->priority);
	put_text(o, "family", r->family == ADDR_V4 ? "ipv4" : "ipv6");
	put_prefix(o, "from", r->family, r->from, r->from_len);
	put_prefix(o, "to", r->family, r->to, r->to_len);
	put_mark(o, r->mark, r->mask);
	put_number(o, "table", r->table);
	return o;
}

json_t *view_rules(const struct rules_told *told)
{
	json_t *o = json_object(), *list = json_array();
	size_t shown = told->rule_n < VIEW_RULES_MAX ? told->rule_n : VIEW_RULES_MAX;

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list, view_rule(&told->rule[i]));
	put_number(o, "wanted", told->rule_n);
	put_number(o, "present", told->state.present);
	put_number(o, "healed", told->state.healed);
	put_number(o, "error", (uint64_t)told->state.error);
	put_text(o, "error_text", told->state.text);
	json_object_set_new(o, "list", list);
	return o;
}
