/* `what-if down`: what would go where, VRF by VRF. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <stdio.h>

#define N "%" JSON_INTEGER_FORMAT

static void put_head(const json_t *down, struct text *out)
{
	size_t i;
	const json_t *n;

	text_adds(out, "Without ");
	json_array_foreach(down, i, n)
	{
		text_adds(out, i ? ", " : "");
		text_plain(out, get_text(n, "neighbor"));
		text_adds(out, get_bool(n, "established") ? "" : " (not Established now)");
	}
	text_adds(out, ":\n");
}

static void put_percent(const json_t *o, const char *key, char out[CELL_MAX])
{
	snprintf(out, CELL_MAX, "%.1f %%", 100 * json_number_value(json_object_get(o, key)));
}

static void put_gateways(const json_t *list, struct text *out)
{
	static const struct column columns[] = {{"Gateway", false}, {"Interface", false},
		{"Prefixes now", true}, {"then", true}, {"Load now", true}, {"then", true}};
	struct table t;
	size_t i;
	const json_t *g;

	table_init(&t, columns, 6);
	json_array_foreach(list, i, g)
	{
		char b[6][CELL_MAX];
		put_percent(g, "load_now", b[4]);
		put_percent(g, "load_then", b[5]);
		table_add(&t,
			(const char *[]){get_cell(g, "address", b[0]),
				get_cell(g, "interface", b[1]), get_cell(g, "prefixes_now", b[2]),
				get_cell(g, "prefixes_then", b[3]), b[4], b[5]});
	}
	table_print(&t, out);
	table_free(&t);
}

static void put_sets(const json_t *list, struct text *out)
{
	static const struct column columns[] = {{"Prefixes", true}, {"Set then", false}};
	struct table t;
	size_t i, k;
	const json_t *s, *m;

	table_init(&t, columns, 2);
	json_array_foreach(list, i, s)
	{
		struct text members = {0};
		char b[3][CELL_MAX];
		json_array_foreach(json_object_get(s, "members"), k, m)
			text_addf(&members, "%s%s %s", k ? ", " : "", get_cell(m, "address", b[0]),
				get_cell(m, "interface", b[1]));
		table_add(&t, (const char *[]){
				      get_cell(s, "prefixes", b[2]), members.s ? members.s : ""});
		text_free(&members);
	}
	table_print(&t, out);
	table_free(&t);
}

static void put_vrf(const json_t *v, struct text *out)
{
	text_adds(out, "\nVRF ");
	text_plain(out, get_text(v, "vrf"));
	text_addf(out, ": " N " of " N " prefixes stay as they are, " N " move, " N " are lost\n",
		get_number(v, "same"), get_number(v, "prefixes"), get_number(v, "moved"),
		get_number(v, "lost"));
	put_gateways(json_object_get(v, "gateways"), out);
	if (json_array_size(json_object_get(v, "sets"))) {
		text_adds(out, "\n");
		put_sets(json_object_get(v, "sets"), out);
	}
}

static void put_lost(const json_t *reply, struct text *out)
{
	const json_t *list = json_object_get(reply, "lost"), *p;
	size_t i;

	if (json_array_size(list))
		text_adds(out, "\nLost\n");
	json_array_foreach(list, i, p)
	{
		text_addf(out, "  %s vrf ", get_text(p, "prefix"));
		text_plain(out, get_text(p, "vrf"));
		text_adds(out, "\n");
	}
	if (get_number(reply, "lost_left_out"))
		text_addf(out, "  and " N " more\n", get_number(reply, "lost_left_out"));
}

void print_what_if(const json_t *reply, const struct ask *a, struct text *out)
{
	size_t i;
	const json_t *v;

	put_head(json_object_get(reply, "down"), out);
	json_array_foreach(json_object_get(reply, "vrfs"), i, v) put_vrf(v, out);
	if (json_array_size(json_object_get(reply, "vrfs")) == 0)
		text_adds(out, "there is no prefix\n");
	if (get_number(reply, "sets_left_out"))
		text_addf(out, "(further sets, of " N " prefixes)\n",
			get_number(reply, "sets_left_out"));
	put_lost(reply, out);
}
