/* `explain DST from SRC`: the way that the kernel gives a packet: rules, table, route, the gateway.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/kernel_flow.h"
#include "bgpd-lite/ctl/own.h"

struct passage {
	struct kernel_flow flow;
	int error;  /* 0, or -errno that the packet gets */
	bool stays; /* the interface it comes in by does not forward */
	struct kernel_way way;
	int rules_n; /* or -errno */
	struct kernel_rule rules[KERNEL_RULES_MAX];
};

/* ---- rules ---- */

static bool leads_there(const struct passage *p, const struct kernel_rule *r)
{
	if (p->error == 0)
		return r->action == FR_ACT_TO_TBL &&
		       (r->l3mdev ? p->flow.iif[0] != 0 : r->table == p->way.route.table);
	bool unreachable = p->error == -ENETUNREACH || (p->error == -EHOSTUNREACH && !p->stays);
	return (unreachable && r->action == FR_ACT_UNREACHABLE) ||
	       (p->error == -EACCES && r->action == FR_ACT_PROHIBIT) ||
	       (p->error == -EINVAL && r->action == FR_ACT_BLACKHOLE);
}

/* The kernel does not tell which rule it was: the first that takes the packet and leads to that
 * answer, one that names the table before the one of VRFs. -1: none does. */
static int deciding_rule(const struct passage *p)
{
	int vrf = -1;

	for (int i = 0; i < p->rules_n; i++) {
		const struct kernel_rule *r = &p->rules[i];
		if (!kernel_rule_takes(r, &p->flow) || !leads_there(p, r))
			continue;
		if (!r->l3mdev)
			return i;
		vrf = vrf < 0 ? i : vrf;
	}
	return vrf;
}

static const char *action_text(const struct kernel_rule *r, char out[32])
{
	switch (r->action) {
	case FR_ACT_TO_TBL:
		if (r->l3mdev)
			return "lookup of the VRF";
		snprintf(out, 32, "lookup %u", r->table);
		return out;
	case FR_ACT_UNREACHABLE:
		return "unreachable";
	case FR_ACT_PROHIBIT:
		return "prohibit";
	case FR_ACT_BLACKHOLE:
		return "blackhole";
	case FR_ACT_GOTO:
		return "goto";
	default:
		return "nothing";
	}
}

static void add_prefix(struct text *t, const char *word, struct prefix p)
{
	char text[PREFIX_TEXT_MAX];
	if (p.len)
		text_addf(t, " %s %s", word, prefix_text(p, text));
}

static json_t *view_rule(const struct kernel_rule *r, bool decides)
{
	struct text t = {0};
	char action[32];

	text_adds(&t, r->inverted ? "not" : "");
	add_prefix(&t, "from", r->from);
	add_prefix(&t, "to", r->to);
	if (r->mask)
		text_addf(&t, " fwmark 0x%x/0x%x", r->mark, r->mask);
	if (r->iif[0])
		text_addf(&t, " iif %s", r->iif);
	text_adds(&t, r->more ? " and more" : "");
	json_t *o = json_pack("{si,ss,ss,sb}", "priority", (int)r->priority, "selector",
		t.len ? t.s + (t.s[0] == ' ') : "all", "action", action_text(r, action), "decides",
		decides);
	text_free(&t);
	return o;
}

static json_t *view_rules(const struct passage *p)
{
	json_t *list = json_array();
	int last = deciding_rule(p);

	for (int i = 0; i < p->rules_n && (last < 0 || i <= last); i++)
		if (kernel_rule_takes(&p->rules[i], &p->flow))
			json_array_append_new(list, view_rule(&p->rules[i], i == last));
	return list;
}

/* ---- route and gateways ---- */

static json_t *optional_text(const char *s)
{
	return s && s[0] ? json_string(s) : json_null();
}

static json_t *view_leaving(const struct kernel_way *w)
{
	char name[IF_NAMESIZE], address[ADDR_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "interface", optional_text(if_indextoname(w->oif, name)));
	json_object_set_new(o, "gateway",
		optional_text(w->gateway.family ? addr_text(w->gateway, address) : NULL));
	return o;
}

static size_t count_members(const struct nlread_route *r)
{
	static struct nlread_nexthop n;
	uint32_t id = r->nh_id;
	if (r->hop_n > 1)
		return r->hop_n;
	return id && kernel_nexthop(id, &n) == 0 && n.group ? n.member_n : id != 0;
}

/* ---- the sentence ---- */

static void add_packet(struct text *t, const struct kernel_flow *f)
{
	char to[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX];

	text_addf(t, "A packet from %s to %s", addr_text(f->from, from), addr_text(f->to, to));
	if (f->iif[0])
		text_addf(t, " that comes in by %s", f->iif);
	if (f->mark)
		text_addf(t, " with mark 0x%x", f->mark);
}

static void add_route(struct text *t, const struct nlread_route *r)
{
	char prefix[PREFIX_TEXT_MAX], protocol[16];
	text_addf(t, "%s in table %u, proto %s", prefix_text(r->prefix, prefix), r->table,
		kernel_protocol_text(r->protocol, protocol));
}

static const char *refusal(int error, bool by_rule)
{
	switch (-error) {
	case EHOSTUNREACH:
	case ENETUNREACH:
		return by_rule ? "is refused as unreachable"
			       : "is refused: no table that a rule leads to has a route for it";
	case EACCES:
		return "is refused: prohibited";
	case EINVAL:
		return "is dropped: a blackhole, or an address that cannot come in there";
	case EXDEV:
		return "is dropped: rp_filter does not let it in there";
	default:
		return NULL;
	}
}

static void add_way(struct text *t, const struct kernel_way *w, size_t members)
{
	char name[IF_NAMESIZE], address[ADDR_TEXT_MAX];

	if (w->type == RTN_LOCAL) {
		text_adds(t, " is for this host (");
	} else {
		text_addf(t, " leaves by %s", if_indextoname(w->oif, name) ? name : "?");
		if (w->gateway.family)
			text_addf(t, " to %s", addr_text(w->gateway, address));
		text_adds(t, " (");
	}
	add_route(t, &w->route);
	if (members > 1)
		text_addf(t, "; one of %zu gateways: other flows take the others", members);
	text_adds(t, ")");
}

/* Does that interface keep to itself what is not for this host? */
static bool forwards_nothing(const struct kernel_flow *f)
{
	char path[96], value = '1';

	snprintf(path, sizeof(path), "/proc/sys/net/ipv%d/conf/%s/forwarding",
		f->to.family == ADDR_V6 ? 6 : 4, f->iif);
	FILE *file = f->iif[0] ? fopen(path, "re") : NULL;
	if (!file)
		return false;
	bool known = fread(&value, 1, 1, file) == 1;
	fclose(file);
	return known && value == '0';
}

static void add_sentence(struct text *t, const struct passage *p)
{
	int rule = deciding_rule(p);
	const char *why = refusal(p->error, rule >= 0);

	add_packet(t, &p->flow);
	if (p->error == 0)
		add_way(t, &p->way, count_members(&p->way.route));
	else if (p->error == -EHOSTUNREACH && p->stays)
		text_addf(t, " is refused: it is not for this host, and %s forwards nothing",
			p->flow.iif);
	else if (why)
		text_addf(t, " %s", why);
	else
		text_addf(t, " is refused: %s", strerror(-p->error));
	if (p->error && rule >= 0)
		text_addf(t, " by rule %u", p->rules[rule].priority);
}

static json_t *view_passage(const struct passage *p)
{
	struct text sentence = {0};
	json_t *o = json_object();

	add_sentence(&sentence, p);
	json_object_set_new(o, "sentence", json_string(sentence.s ? sentence.s : ""));
	json_object_set_new(o, "error", json_string(p->error ? strerror(-p->error) : ""));
	json_object_set_new(o, "rules", view_rules(p));
	json_object_set_new(o, "route", p->error ? json_null() : kernel_view_route(&p->way.route));
	json_object_set_new(
		o, "members", p->error ? json_array() : kernel_view_members(&p->way.route));
	json_object_set_new(o, "leaves", p->error ? json_null() : view_leaving(&p->way));
	text_free(&sentence);
	return o;
}

/* ---- as text ---- */

static void print_rule(const json_t *rule, struct text *out)
{
	struct text t = {0};
	char label[CELL_MAX], number[CELL_MAX];

	snprintf(label, sizeof(label), "rule %s", get_cell(rule, "priority", number));
	text_addf(&t, "%s: %s%s", get_text(rule, "selector"), get_text(rule, "action"),
		get_bool(rule, "decides") ? " (decides)" : "");
	put_field(out, label, t.s ? t.s : "");
	text_free(&t);
}

static void print_passage(const json_t *o, struct text *out)
{
	const json_t *item, *route = json_object_get(o, "route");
	struct text t = {0};
	char b[2][CELL_MAX];
	size_t i;

	text_plain(out, get_text(o, "sentence"));
	text_adds(out, "\n");
	json_array_foreach(json_object_get(o, "rules"), i, item) print_rule(item, out);
	if (json_is_object(route))
		text_addf(&t, "%s %s table %s metric %s proto %s", get_text(route, "type"),
			get_text(route, "prefix"), get_cell(route, "table", b[0]),
			get_cell(route, "metric", b[1]), get_text(route, "protocol"));
	put_field(out, "route", t.s ? t.s : "");
	json_array_foreach(json_object_get(o, "members"), i, item)
	{
		t.len = 0;
		text_addf(&t, "%s %s", get_cell(item, "address", b[0]),
			get_cell(item, "interface", b[1]));
		put_field(out, i ? "" : "gateways", t.s);
	}
	text_free(&t);
}

/* ---- the verb ---- */

static const char *read_flow(const json_t *asked, struct kernel_flow *f)
{
	const char *iif = get_text(asked, "iif");

	addr_parse(get_text(asked, "to"), &f->to);
	addr_parse(get_text(asked, "from"), &f->from);
	f->mark = (uint32_t)get_number(asked, "mark");
	snprintf(f->iif, sizeof(f->iif), "%s", iif);
	return iif[0] && !if_nametoindex(iif) ? iif : NULL;
}

int packet_run(const json_t *asked, bool json)
{
	static struct passage p;
	struct text out = {0};
	const char *absent = read_flow(asked, &p.flow);

	if (absent) {
		fprintf(stderr, "bgpd-litectl: there is no interface '%s'\n", absent);
		return 1;
	}
	p.stays = forwards_nothing(&p.flow);
	p.error = kernel_way(&p.flow, &p.way);
	p.rules_n = kernel_rules(p.flow.to.family, p.rules, KERNEL_RULES_MAX);
	json_t *o = view_passage(&p);
	if (json)
		json_dumpf(o, stdout, JSON_INDENT(2));
	else
		print_passage(o, &out);
	text_adds(&out, json ? "\n" : "");
	fputs(out.s ? out.s : "", stdout);
	text_free(&out);
	json_decref(o);
	return 0;
}
