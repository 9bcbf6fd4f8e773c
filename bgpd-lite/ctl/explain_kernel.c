/* What the kernel has of an explained prefix, and what that means for the sentence. The client. */
#include "bgpd-lite/ctl/commands.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/kernel_ask.h"

enum {
	MEMBERS_SHOWN_MAX = 128,
	TABLE_MAIN = 254,
};

/* One explanation beside what the kernel has. */
struct findings {
	struct prefix prefix;
	uint32_t table;
	uint32_t metric;
	uint8_t protocol;
	bool other_way; /* match is what packets take, and its table is the one to look in */
	int match_error;
	struct nlread_route match;
	int routes_n; /* or -errno */
	struct nlread_route routes[KERNEL_ROUTES_MAX];
};

static bool is_ours(const struct findings *f, const struct nlread_route *r)
{
	return prefix_equal(r->prefix, f->prefix) && r->table == f->table &&
	       r->protocol == f->protocol && r->metric == f->metric;
}

static const struct nlread_route *our_route(const struct findings *f)
{
	for (int i = 0; i < f->routes_n; i++)
		if (is_ours(f, &f->routes[i]))
			return &f->routes[i];
	return NULL;
}

/* Of the same prefix and table, and preferred by the kernel; IPv6 counts a missing metric as 1024.
 */
static const struct nlread_route *preferred_route(const struct findings *f)
{
	const struct nlread_route *best = NULL;
	for (int i = 0; i < f->routes_n; i++)
		if (f->routes[i].metric < f->metric &&
			(!best || f->routes[i].metric < best->metric))
			best = &f->routes[i];
	return best;
}

static void look(struct findings *f, const json_t *e)
{
	const char *device = get_text(e, "device");
	uint32_t oif = device[0] ? if_nametoindex(device) : 0;

	f->other_way = oif != 0 || f->table == TABLE_MAIN;
	f->match_error = kernel_match(f->prefix.addr, oif, &f->match);
	if (f->match_error == 0 && is_ours(f, &f->match)) {
		f->routes[0] = f->match;
		f->routes_n = 1;
		return;
	}
	f->routes_n =
		f->table ? kernel_routes(&f->prefix, f->table, f->routes, KERNEL_ROUTES_MAX) : 0;
}

/* ---- as JSON ---- */

json_t *kernel_view_route(const struct nlread_route *r)
{
	char text[PREFIX_TEXT_MAX], protocol[16], source[ADDR_TEXT_MAX];

	return json_pack("{ss,ss,si,ss,si,si,ss?}", "prefix", prefix_text(r->prefix, text), "type",
		kernel_type_text(r->type), "table", (int)r->table, "protocol",
		kernel_protocol_text(r->protocol, protocol), "metric", (int)r->metric, "nexthop_id",
		(int)r->nh_id, "source", r->source.family ? addr_text(r->source, source) : NULL);
}

/* id 0: of no object. */
static json_t *view_member(uint32_t id, struct addr a, uint32_t ifindex, unsigned weight)
{
	char name[IF_NAMESIZE], address[ADDR_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "id", json_integer(id));
	json_object_set_new(
		o, "address", a.family ? json_string(addr_text(a, address)) : json_null());
	json_object_set_new(
		o, "interface", if_indextoname(ifindex, name) ? json_string(name) : json_null());
	json_object_set_new(o, "weight", json_integer(weight));
	return o;
}

static json_t *view_object(uint32_t id, unsigned weight)
{
	static struct nlread_nexthop n;
	static const struct nlread_nexthop none;

	if (kernel_nexthop(id, &n) < 0)
		n = none;
	return view_member(id, n.gateway, n.ifindex, weight);
}

json_t *kernel_view_members(const struct nlread_route *r)
{
	static struct nlread_nexthop group;
	json_t *list = json_array();

	for (size_t i = 0; r && i < r->hop_n; i++)
		json_array_append_new(
			list, view_member(0, r->hop[i].addr, r->hop[i].ifindex, r->hop[i].weight));
	if (!r || !r->nh_id || kernel_nexthop(r->nh_id, &group) < 0)
		return list;
	if (!group.group)
		json_array_append_new(list, view_object(r->nh_id, 1));
	for (size_t i = 0; group.group && i < group.member_n && i < MEMBERS_SHOWN_MAX; i++)
		json_array_append_new(
			list, view_object(group.member[i].id, group.member[i].weight));
	return list;
}

static const char *match_error_text(int error)
{
	switch (-error) {
	case 0:
		return "";
	case EINVAL:
		return "blackhole";
	case EHOSTUNREACH:
		return "unreachable";
	case EACCES:
		return "prohibit";
	case ENETUNREACH:
		return "no route";
	default:
		return strerror(-error);
	}
}

static json_t *view_findings(const struct findings *f)
{
	const struct nlread_route *ours = our_route(f);
	json_t *o = json_object();
	json_t *routes = json_array();

	for (int i = 0; i < f->routes_n; i++)
		json_array_append_new(routes, kernel_view_route(&f->routes[i]));
	json_object_set_new(o, "routes", routes);
	json_object_set_new(o, "members", kernel_view_members(ours));
	json_object_set_new(
		o, "packets_take", f->match_error ? json_null() : kernel_view_route(&f->match));
	json_object_set_new(o, "packets_error", json_string(match_error_text(f->match_error)));
	json_object_set_new(o, "error", json_string(f->routes_n < 0 ? strerror(-f->routes_n) : ""));
	return o;
}

/* ---- the sentence ---- */

static void rewrite(json_t *e, const char *code, const struct text *t)
{
	json_object_set_new(e, "code", json_string(code));
	json_object_set_new(e, "sentence", json_string(t->s ? t->s : ""));
}

static void add_route(struct text *t, const struct nlread_route *r)
{
	char text[PREFIX_TEXT_MAX], protocol[16];
	text_addf(t, "`%s %s metric %u proto %s` in table %u", kernel_type_text(r->type),
		prefix_text(r->prefix, text), r->metric,
		kernel_protocol_text(r->protocol, protocol), r->table);
}

static void correct(json_t *e, const struct findings *f)
{
	const struct nlread_route *ours = our_route(f), *better = preferred_route(f);
	struct text t = {0};

	if (strcmp(get_text(e, "code"), "installed") != 0 || f->routes_n < 0)
		return;
	text_addf(&t, "%s of VRF %s ", get_text(e, "prefix"), get_text(e, "vrf"));
	if (!ours) {
		text_addf(&t,
			"was installed in table %u, but the kernel does not have it now: another "
			"program removed it, or its interface went down",
			f->table);
		rewrite(e, "missing", &t);
	} else if (better) {
		text_adds(&t, "is installed, but packets do not take it: the kernel prefers ");
		add_route(&t, better);
		rewrite(e, "shadowed", &t);
	} else if (f->other_way && f->match_error == 0 && f->match.table != f->table) {
		text_adds(&t, "is installed, but packets do not get there: a rule leads them to ");
		add_route(&t, &f->match);
		rewrite(e, "shadowed", &t);
	}
	text_free(&t);
}

static void explain_one(json_t *e)
{
	const json_t *asked = json_object_get(e, "asked");
	struct findings f = {.table = (uint32_t)get_number(e, "table"),
		.metric = (uint32_t)get_number(asked, "metric"),
		.protocol = (uint8_t)get_number(asked, "protocol")};
	bool host_bits;

	if (!prefix_parse(get_text(e, "prefix"), &f.prefix, &host_bits))
		return;
	look(&f, e);
	correct(e, &f);
	json_object_set_new(e, "kernel", view_findings(&f));
}

void explain_kernel(json_t *reply)
{
	size_t i;
	json_t *e;

	json_array_foreach(json_object_get(reply, "explanations"), i, e) explain_one(e);
}
