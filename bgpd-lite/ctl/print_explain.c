/* `explain`: the sentence, then each step of the way. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <string.h>

static void put_text_field(struct text *out, const char *label, const struct text *value)
{
	put_field(out, label, value->s ? value->s : "");
}

/* "permitted by prefix-list services at FILE:LINE (contributor)" */
static void put_verdict(struct text *out, const char *label, const json_t *v, const char *none)
{
	struct text t = {0};

	if (!json_is_object(v))
		text_adds(&t, none);
	else if (!get_text(v, "list")[0])
		text_adds(&t, "no rule permits it");
	else
		text_addf(&t, "%s by %s %s at %s (%s)",
			get_bool(v, "permit") ? "permitted" : "denied",
			get_bool(v, "policy") ? "policy" : "prefix-list", get_text(v, "list"),
			get_text(v, "origin"), get_text(v, "contributor"));
	put_text_field(out, label, &t);
	text_free(&t);
}

/* What deny-import permits is refused. */
static void put_refusal(struct text *out, const json_t *v)
{
	struct text t = {0};

	if (get_bool(v, "permit"))
		text_addf(&t, "refused by prefix-list %s at %s (%s)", get_text(v, "list"),
			get_text(v, "origin"), get_text(v, "contributor"));
	put_text_field(out, "  deny-import", &t);
	text_free(&t);
}

static void put_attributes(struct text *out, const json_t *p)
{
	struct text t = {0};
	const char *communities = get_text(p, "communities");
	char cell[CELL_MAX];

	text_addf(&t, "AS path %s, origin %s, local preference %s", get_text(p, "as_path"),
		get_text(p, "origin"), get_cell(p, "local_preference", cell));
	if (get_bool(p, "graceful_shutdown"))
		text_adds(&t, " (graceful-shutdown)");
	if (!json_is_null(json_object_get(p, "med")))
		text_addf(&t, ", MED %s", get_cell(p, "med", cell));
	if (get_number(p, "link_bandwidth"))
		text_addf(&t, ", link bandwidth %s bit/s", get_cell(p, "link_bandwidth", cell));
	if (get_bool(p, "bad_link_bandwidth"))
		text_adds(&t, ", a link bandwidth of no use");
	if (communities[0])
		text_addf(&t, ", communities %s", communities);
	put_text_field(out, "  attributes", &t);
	text_free(&t);
}

static void put_decision(struct text *out, const json_t *p)
{
	struct text t = {0};
	const char *lost = get_text(p, "lost"), *to = get_text(p, "lost_to");
	char cell[CELL_MAX];

	if (!get_bool(p, "accepted"))
		text_addf(&t, "not considered: %s", get_text(p, "why"));
	else if (get_bool(p, "best"))
		text_adds(&t, "best");
	else if (get_bool(p, "multipath"))
		text_adds(&t, "shares the load with the best");
	else if (to[0])
		text_addf(&t, "lost to %s: %s", to, lost);
	else
		text_addf(&t, "not in the set: %s", lost);
	if (get_number(p, "weight") > 1)
		text_addf(&t, ", weight %s", get_cell(p, "weight", cell));
	if (get_bool(p, "fallback"))
		text_adds(&t, "; it is in the fallback set");
	put_text_field(out, "  decision", &t);
	text_free(&t);
}

/* Of another VRF: by which line, and what its list says. */
static void put_import_vrf(struct text *out, const json_t *v)
{
	struct text t = {0};

	if (!json_is_object(v))
		return;
	text_addf(&t, "VRF %s by import-vrf at %s", get_text(v, "vrf"), get_text(v, "origin"));
	put_text_field(out, "  imported from", &t);
	text_free(&t);
	put_verdict(out, "  import-vrf", json_object_get(v, "list"), "");
}

static void put_next_hop(struct text *out, const json_t *p)
{
	struct text t = {0};
	char b[3][CELL_MAX];

	text_addf(&t, "%s on %s", get_cell(p, "next_hop", b[0]), get_cell(p, "interface", b[1]));
	if (get_text(p, "resolved_by")[0])
		text_addf(&t, ", by the kernel's route %s to %s", get_text(p, "resolved_by"),
			get_cell(p, "next_hop_received", b[2]));
	else
		text_addf(&t, ", connected by %s", get_cell(p, "connected", b[2]));
	put_text_field(out, "  next hop", &t);
	text_free(&t);
}

static void put_path(struct text *out, const json_t *p)
{
	text_addf(out, "  from ");
	text_plain(out, get_text(p, "neighbor"));
	text_addf(out, " (%s)\n", get_bool(p, "external") ? "external" : "internal");
	put_import_vrf(out, json_object_get(p, "import_vrf"));
	put_attributes(out, p);
	put_verdict(out, "  import", json_object_get(p, "import"),
		"none for this neighbour: nothing is permitted");
	put_refusal(out, json_object_get(p, "deny_import"));
	put_verdict(out, "  ceiling", json_object_get(p, "ceiling"), "");
	put_next_hop(out, p);
	put_field(out, "  BFD", get_text(p, "bfd"));
	put_decision(out, p);
}

static void put_silent(struct text *out, const json_t *n)
{
	const char *trouble = get_text(n, "trouble");

	text_adds(out, "  not from ");
	text_plain(out, get_text(n, "neighbor"));
	text_adds(out, "\n");
	put_field(out, "  state",
		get_bool(n, "established") && !trouble[0] ? "Established; it does not send it"
							  : trouble);
	put_verdict(out, "  import would say", json_object_get(n, "import"), "none");
}

static void put_members(struct text *out, const char *label, const json_t *list)
{
	struct text t = {0};

	print_members(list, &t);
	put_text_field(out, label, &t);
	text_free(&t);
}

static void put_decided(struct text *out, const json_t *e)
{
	const json_t *group = json_object_get(e, "group");
	const json_t *block = json_object_get(e, "always_block");
	struct text t = {0};

	if (json_is_object(block)) {
		text_addf(&t, "%s at %s", get_text(block, "prefix"), get_text(block, "origin"));
		put_text_field(out, "always-block", &t);
	}
	put_field(out, "state", get_text(e, "state"));
	put_members(out, "gateways", json_object_get(group, "live"));
	put_members(out, "fallback", json_object_get(group, "fallback"));
	put_field(out, "covered by", get_text(e, "covered_by"));
	text_free(&t);
}

static void put_kernel_route(struct text *out, const char *label, const json_t *r)
{
	struct text t = {0};
	char b[3][CELL_MAX];

	text_addf(&t, "%s %s table %s metric %s proto %s", get_text(r, "type"),
		get_text(r, "prefix"), get_cell(r, "table", b[0]), get_cell(r, "metric", b[1]),
		get_text(r, "protocol"));
	if (get_number(r, "nexthop_id"))
		text_addf(&t, " nexthop %s", get_cell(r, "nexthop_id", b[2]));
	if (get_text(r, "source")[0])
		text_addf(&t, " source %s", get_text(r, "source"));
	put_text_field(out, label, &t);
	text_free(&t);
}

static bool is_asked(const char *state)
{
	return strcmp(state, "installed") == 0 || strcmp(state, "failed") == 0 ||
	       strcmp(state, "waiting") == 0;
}

static void put_kernel(struct text *out, const json_t *e)
{
	const json_t *asked = json_object_get(e, "asked"), *k = json_object_get(e, "kernel");
	const json_t *routes = json_object_get(k, "routes"), *r;
	const json_t *takes = json_object_get(k, "packets_take");
	const char *source = get_text(asked, "source");
	struct text t = {0};
	char b[2][CELL_MAX];
	size_t i;

	if (!is_asked(get_text(e, "state")))
		text_adds(&t, "nothing");
	else
		text_addf(&t, "table %s metric %s%s%s; its answer: %s", get_cell(e, "table", b[0]),
			get_cell(asked, "metric", b[1]), source[0] ? " source " : "", source,
			get_text(asked, "error_text")[0] ? get_text(asked, "error_text")
							 : "no error");
	put_text_field(out, "asked for", &t);
	text_free(&t);
	if (json_array_size(routes) == 0)
		put_field(out, "has", "nothing of this prefix in this table");
	json_array_foreach(routes, i, r) put_kernel_route(out, "has", r);
	put_members(out, "members", json_object_get(k, "members"));
	if (json_is_object(takes))
		put_kernel_route(out, "packets take", takes);
	else
		put_field(out, "packets take", get_text(k, "packets_error"));
	put_field(out, "not known", get_text(k, "error"));
}

static void put_passed_on(struct text *out, const json_t *n)
{
	text_adds(out, "  to ");
	text_plain(out, get_text(n, "neighbor"));
	text_adds(out, "\n");
	put_field(out, "  state", get_text(n, "why"));
	put_verdict(out, "  export", json_object_get(n, "export"), "");
}

static void put_explanation(struct text *out, const json_t *e)
{
	size_t i;
	const json_t *item;

	text_plain(out, get_text(e, "sentence"));
	text_adds(out, "\n\nReceived\n");
	json_array_foreach(json_object_get(e, "paths"), i, item) put_path(out, item);
	json_array_foreach(json_object_get(e, "silent"), i, item) put_silent(out, item);
	text_adds(out, "Decided\n");
	put_decided(out, e);
	text_adds(out, "Kernel\n");
	put_kernel(out, e);
	if (json_array_size(json_object_get(e, "passed_on")))
		text_adds(out, "Passed on\n");
	json_array_foreach(json_object_get(e, "passed_on"), i, item) put_passed_on(out, item);
}

void print_explain(const json_t *reply, const struct ask *a, struct text *out)
{
	size_t i;
	const json_t *e;
	const json_t *list = json_object_get(reply, "explanations");

	if (json_array_size(list) == 0)
		text_adds(out, "No VRF has a neighbour: nothing can be learnt.\n");
	json_array_foreach(list, i, e)
	{
		text_adds(out, i ? "\n" : "");
		put_explanation(out, e);
	}
}
